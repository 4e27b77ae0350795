"""`curate.url_dedup`."""

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.url_dedup import UrlDedup
from curate.urls.address import normal

Select = Callable[..., pl.DataFrame]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.jp/a", "HTTPS://EXAMPLE.JP/a"),
        ("http://example.jp:80/a", "https://example.jp:443/a"),
        ("http://example.jp", "http://www.example.jp./"),
        ("http://example.jp/a/", "http://example.jp/a#top"),
        ("http://example.jp/a?utm_source=x&UTM_medium=y&gclid=1&_ga=2", "http://example.jp/a?"),
        ("http://example.jp/a?b=1&a=2", "http://example.jp/a?a=2&b=1&fbclid=z"),
        ("http://example.jp/%7euser/%e7%b1%b3", "http://example.jp/~user/米"),
        ("http://example.jp/s?q=a+b", "http://example.jp/s?q=a%20b"),
        ("http://日本語.jp/", "http://xn--wgv71a119e.jp"),
        ("http://日本語。ｊｐ/", "http://日本語.jp"),
        ("http://example.jp/a/./b/../c", "http://example.jp/a/c"),
        ("http://example.jp/../c", "http://example.jp/c"),
        ("http://example.jp/a;jsessionid=1F?x=1", "http://example.jp/a?x=1"),
        (" http://example.jp/a\n", "//example.jp/a"),
    ],
)
def test_one_page_has_one_address(one: str, other: str):
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.jp/a", "http://example.jp/A"),
        ("http://example.jp:8080/", "http://example.jp/"),
        ("http://example.jp/?id=1", "http://example.jp/?id=2"),
        ("http://example.jp/a%2Fb", "http://example.jp/a/b"),
        ("http://example.jp/?a=1%26b=2", "http://example.jp/?a=1&b=2"),
        ("http://example.jp/#!/a", "http://example.jp/#!/b"),
        ("http://example.jp/?a=1&a=2", "http://example.jp/?a=2&a=1"),
        ("http://example.jp/%83%8C", "http://example.jp/%83%8D"),
        ("ftp://example.jp/", "http://example.jp/"),
        ("http://a.example.jp/", "http://example.jp/"),
    ],
)
def test_pages_that_may_differ_stay_apart(one: str, other: str):
    assert normal(one) != normal(other)


@pytest.mark.parametrize(
    "broken", ["http://[::1", "http://example.jp:port/", "米", "mailto:a@b.jp", "http://"]
)
def test_what_is_no_web_address_stays_as_it_is(broken: str):
    assert normal(broken) == broken


@given(st.text("abWw.日本Ａｂ。-", min_size=1, max_size=15), st.text("abc米?&=%2F/#. +", max_size=30))
@settings(max_examples=300)
def test_the_normal_form_is_its_own_normal_form(host: str, rest: str):
    found = normal(f"http://{host}/{rest}")
    assert found is None or normal(found) == found


def documents(*urls: str | None) -> pl.DataFrame:
    texts = [f"{'米' * (n + 1)}。" for n in range(len(urls))]
    ids = [f"d{n}" for n in range(len(urls))]
    return pl.DataFrame(
        {"id": ids, "text": texts, "url": urls, "meta": [f'{{"date": "202{n}"}}' for n in range(len(urls))]}
    )


def test_the_longest_of_an_address_stays_and_rows_without_one(select: Select):
    rows = documents(
        "http://example.jp/a", None, "https://example.jp/a/", "", "http://example.jp/b", None, "  "
    )
    expected = pl.DataFrame(
        {
            "row": [0, 2],
            "reason": ["duplicate", None],
            "duplicate_of": ["d2", None],
            "cluster": ["d0"] * 2,
            "cluster_size": [2] * 2,
        },
        schema_overrides={"row": pl.UInt64, "cluster_size": pl.UInt32},
    )
    assert_frame_equal(select(UrlDedup(), rows), expected)


def test_the_first_or_the_newest_stays_when_asked(select: Select):
    rows = documents(*["http://example.jp/a"] * 3)
    first = select(UrlDedup(keep="first"), rows).filter(pl.col("reason") == "duplicate")
    assert first["row"].to_list() == [1, 2]
    newest = select(UrlDedup(keep="newest", by="meta.date"), rows).filter(pl.col("reason") == "duplicate")
    assert newest["row"].to_list() == [0, 1]
    with pytest.raises(ValidationError, match="by: COLUMN"):
        UrlDedup(keep="newest")


def test_verdicts_do_not_depend_on_shards_and_workers(select: Select):
    rows = documents(*(f"http://example.jp/{n % 17 if n % 3 else ''}" for n in range(200)))
    expected = select(UrlDedup(), rows)
    assert expected.filter(pl.col("reason") == "duplicate").height == 200 - 18
    assert_frame_equal(select(UrlDedup(), rows, 1, 0, 120, 79), expected)
    assert_frame_equal(select(UrlDedup(), rows, 120, 80, workers=2), expected)


def test_rows_without_the_column_stay(select: Select):
    assert not select(UrlDedup(), documents(None, None).drop("url")).height
