"""neologdn's rules: by hand, against the package itself, and what the mended version adds."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.neologd import Neologdn

NASTY = "\ufeffｶｱハﾞﾟ゛゜かはうあ  　　aA１~〜～ー―—‐−－*＊！（）()、，漢字\n\té😀𠮷“”’‘¥$．ｰ"
SETTINGS = st.fixed_dictionaries(
    {
        "tilde": st.sampled_from(["remove", "normalize", "normalize_zenkaku", "ignore"]),
        "remove_space": st.booleans(),
        "repeat": st.integers(0, 2),
        "max_repeat_length": st.integers(1, 9),
    }
)


def normalized(text: str, step: Neologdn | None = None) -> str:
    return (step or Neologdn()).apply(pl.DataFrame({"text": [text]}))["text"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("　", ""),
        ("ﾊﾝｶｸ０", "ハンカク0"),
        ("う゛ほﾟ", "ゔぽ"),
        ("o₋o―‐−ー", "o-oー-ー"),
        ("スーパ〜カー", "スーパカー"),
        ("検索 エンジン 自作", "検索エンジン自作"),
        ("　天然水-　Ｓｐａｒｋｉｎｇ*　Ｌｅｍｏｎ+　レモン", "天然水- Sparking*Lemon+レモン"),
        ("（米）、「酒」。", "(米)、「酒」。"),
        ("𠮷野家 葛\U000e0100", "𠮷野家葛\U000e0100"),
    ],
)
def test_rules(text: str, expected: str) -> None:
    assert normalized(text) == expected


def test_each_rule_can_be_turned_off() -> None:
    assert normalized("10〜20", Neologdn(tilde="ignore")) == "10〜20"
    assert normalized("10~20", Neologdn(tilde="normalize_zenkaku")) == "10〜20"
    assert normalized("巴 マミ", Neologdn(remove_space=False)) == "巴 マミ"
    assert normalized("無駄無駄無駄無駄ァ", Neologdn(repeat=1)) == "無駄ァ"


def test_rows_and_nulls_stay() -> None:
    rows = pl.DataFrame({"text": ["Ａ", None, "　ｶﾞ"], "id": [1, 2, 3]})
    assert Neologdn().apply(rows).rows() == [("A", 1), (None, 2), ("ガ", 3)]


@given(st.one_of(st.text(NASTY), st.text()), SETTINGS)
def test_bytes_are_those_of_the_package(text: str, settings: dict[str, object]) -> None:
    neologdn = pytest.importorskip("neologdn", reason="the original is not installed")
    theirs = {k.replace("repeat_length", "repeat_substr_length"): v for k, v in settings.items()}
    assert normalized(text, Neologdn.model_validate(settings)) == neologdn.normalize(text, **theirs)


@given(st.text(NASTY), SETTINGS)
def test_the_mended_version_is_idempotent(text: str, settings: dict[str, object]) -> None:
    step = Neologdn.model_validate({**settings, "exact": False})
    once = normalized(text, step)
    assert normalized(once, step) == once


def test_the_original_is_not() -> None:
    assert normalized("\ufeff\ufeff米") == "\ufeff米"
    assert normalized("\ufeff\ufeff米", Neologdn(exact=False)) == "米"
    assert normalized("　　", Neologdn(remove_space=False)) == " "
    assert normalized("うー\n\nー\n字", Neologdn(repeat=1)) == "うー\nー\n字"
    assert normalized("うー\n\nー\n字", Neologdn(repeat=1, exact=False)) == "うー\n字"
