"""`curate.line_dedup`: what keeps steady company in few places goes, a text's own wording stays."""

import json
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.line_dedup import LineDedup
from curate.units import account, tally
from curate.units.pieces import pieces
from seimai.dataset import Dataset
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

Cleaned = Callable[..., tuple[pl.DataFrame, list[dict[str, object]]]]

NOTICE = "当店の写真と文章を無断で転載することは、固くお断りいたします。"
ADDRESS = "お問い合わせは、糠屋本店の代表電話までお気軽にどうぞ。"
CLAUSE = "前項の申請書には、次に掲げる書類を添付しなければならない。以下同じとする。"


@pytest.fixture
def clean(rewritten: Callable[..., tuple[pl.DataFrame, Path]]) -> Cleaned:
    """The rows that a step makes, and its list of removed units."""

    def run(step: LineDedup, rows: pl.DataFrame, *sizes: int, workers: int = 1):
        result, folder = rewritten(step, rows, *sizes, workers=workers)
        lines = (folder / "removed_units.jsonl").read_text("utf-8").splitlines()
        return result, [json.loads(line) for line in lines]

    return run


def documents(*texts: str | None, **columns: list[str]) -> pl.DataFrame:
    data = {"id": [f"d{n}" for n in range(len(texts))], "text": pl.Series(texts, dtype=pl.String), **columns}
    return pl.DataFrame(data)


def pages(*lines: str, number: int = 12) -> pl.DataFrame:
    """Documents of these lines, with their number where a line has `#`."""
    return documents(*("\n".join(lines).replace("#", str(n)) for n in range(number)))


def test_a_passage_goes_from_all_documents_but_the_first(clean: Cleaned):
    rows = pages("その#の話。", NOTICE, "　" + ADDRESS, "", "続きの#。")
    result, units = clean(LineDedup(), rows)
    chars = len(NOTICE) + len(ADDRESS) + 3
    expected = rows.with_columns(
        text=pl.Series([rows["text"][0], *(f"その{n}の話。\n\n続きの{n}。" for n in range(1, 12))]),
        units_removed=pl.Series([0] + [2] * 11, dtype=pl.Int64),
        unit_chars_removed=pl.Series([0] + [chars] * 11, dtype=pl.Int64),
        reason=pl.lit(None, pl.String),
    )
    assert_frame_equal(result, expected)
    assert units == [{"text": t, "documents": 12, "removed": 11} for t in sorted([NOTICE, ADDRESS])]


def test_fewer_documents_and_shorter_passages_stay(clean: Cleaned):
    rows = pages("その#の話。", NOTICE, ADDRESS, "続き#。", number=9)
    assert clean(LineDedup(), rows)[0]["text"].to_list() == rows["text"].to_list()
    rows = pages("その#の話。", "お知らせ", "糠床の会", "続き#。")
    assert clean(LineDedup(), rows)[0]["text"].to_list() == rows["text"].to_list()
    assert clean(LineDedup(min_chars=8), rows)[0]["units_removed"].to_list() == [0] + [2] * 11


def test_shared_wording_in_changing_company_and_many_places_stays(clean: Cleaned):
    law = ["第#条をここに置く。", CLAUSE, "別の#の定め。", CLAUSE, "また#の定め。"]
    assert not clean(LineDedup(), pages(*law))[0]["units_removed"].sum()
    one_place = pages("その#の定め。", CLAUSE, "別の#の定め。")
    assert clean(LineDedup(), one_place)[0]["units_removed"].sum() == 11
    everywhere = clean(LineDedup(places=None, keep="none"), pages(*law))[0]
    assert everywhere["units_removed"].to_list() == [2] * 12


def test_many_places_with_company_stay(clean: Cleaned):
    form = [
        "甲の#。",
        NOTICE,
        ADDRESS,
        "乙の#。",
        CLAUSE,
        "以上の書類。",
        "丙の#。",
        ADDRESS + "乙",
        NOTICE + "甲",
        "丁の#",
    ]
    assert not clean(LineDedup(), pages(*form))[0]["units_removed"].sum()
    assert clean(LineDedup(places=3), pages(*form))[0]["units_removed"].sum() == 11 * 6


def test_laws_licences_and_code_stay(clean: Cleaned):
    law = "この法律の施行前にした行為に対する罰則の適用については、なお従前の例による。"
    licence = "Permission is granted to copy and distribute this document with changes."
    code = [
        "```",
        'printf("糠床をよくかき混ぜる仕事の時間です\\n");',
        "return exit_status_of(process);",
        "```",
    ]
    for lines in ([law], [licence], code):
        result, units = clean(LineDedup(), pages("その#。", *lines, "あとの#。"))
        assert not result["units_removed"].sum()
        assert units == []


def test_what_the_user_protects_stays(clean: Cleaned, tmp_path: Path):
    rows = pages("その#の話。", NOTICE, "続き#。").with_columns(
        source=pl.Series(["laws"] * 6 + ["web"] * 6), url=pl.Series(["http://a.example.jp/"] * 9 + [None] * 3)
    )
    listed = tmp_path / "stays.txt"
    listed.write_text(f"\n　{NOTICE}\n", "utf-8")
    counts = [
        (LineDedup(protect=["無断"]), 0),
        (LineDedup(protected=str(listed)), 0),
        (LineDedup(protect_rows={"source": ["^law"]}), 6),
        (LineDedup(protect_rows={"host": [r"example\.jp$"]}), 3),
    ]
    for step, number in counts:
        assert clean(step, rows)[0]["units_removed"].sum() == number
    with pytest.raises(SeimaiError, match="protect_rows names 'licence'"):
        clean(LineDedup(protect_rows={"licence": ["CC"]}), rows)
    with pytest.raises(SeimaiError, match="cannot be read"):
        clean(LineDedup(protected=str(tmp_path / "none")), rows)
    with pytest.raises(ValidationError, match="is no regular expression"):
        LineDedup(protect_rows={"source": ["("]})


def test_what_an_earlier_document_has_goes(clean: Cleaned):
    rows = documents(f"{NOTICE}\n\n糠。", "米。", f"酒。\n\n{NOTICE}\n\n麹。", NOTICE, NOTICE[:-1])
    step = LineDedup(unit="paragraph", documents=2, places=None)
    result, _ = clean(step, rows)
    assert result["text"].to_list() == [f"{NOTICE}\n\n糠。", "米。", "酒。\n\n麹。", NOTICE, NOTICE[:-1]]
    assert result["reason"].to_list() == [None, None, None, "emptied", None]
    assert result["units_removed"].to_list() == [0, 0, 1, 1, 0]


def test_sentences_go_and_lines_stay_lines(clean: Cleaned):
    step = LineDedup(unit="sentence", documents=2, places=None, keep="none")
    rows = documents(f"甲。{NOTICE}\n乙。", f"{NOTICE}丙。\n{NOTICE}\n丁。")
    assert clean(step, rows)[0]["text"].to_list() == ["甲。\n乙。", "丙。\n丁。"]
    masked = step.model_copy(update={"mask": "〈略〉"})
    result, _ = clean(masked, rows)
    assert result["text"].to_list() == ["甲。〈略〉\n乙。", "〈略〉丙。\n〈略〉\n丁。"]
    assert result["unit_chars_removed"].to_list() == [len(NOTICE), 2 * len(NOTICE)]


def test_a_heading_stays_with_what_follows(clean: Cleaned):
    rows = pages("その#の話。", NOTICE, "== 糠漬けのこと", "つける#。")
    assert clean(LineDedup(), rows)[0]["text"][3] == "その3の話。\n== 糠漬けのこと\nつける3。"


def test_empty_documents_and_one_document(clean: Cleaned):
    result, units = clean(LineDedup(documents=2, places=None), documents("", None, "\n \n", NOTICE * 3))
    assert result["text"].to_list() == ["", None, "\n \n", NOTICE * 3]
    assert result["reason"].null_count() == 4
    assert units == []


@given(st.lists(st.text("ab米。\n 　」", max_size=30), max_size=6))
@settings(max_examples=200)
def test_units_are_the_whole_text(texts: list[str]):
    for unit in ("line", "paragraph", "sentence"):
        found = pieces(pl.Series(texts, dtype=pl.String), unit)
        data = bytes(found.text.data)
        bounds = found.bounds.tolist()
        assert bounds == sorted(set(bounds)) or not texts
        for d, text in enumerate(texts):
            ends = bounds[found.of[d] : found.of[d + 1] + 1]
            cut = [data[a:b].decode() for a, b in pairwise(ends)]
            assert "".join(cut) == text
            if unit == "line":
                assert cut == text.splitlines(keepends=True)


@given(
    texts=st.lists(
        st.lists(st.sampled_from(["甲", "乙", "丙丁", "", " 乙"]), max_size=6), min_size=1, max_size=12
    ),
    keep=st.sampled_from(["first", "none"]),
    least=st.integers(2, 4),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_without_a_guard_exactly_what_recurs_goes(
    clean: Cleaned, texts: list[list[str]], keep: str, least: int
):
    step = LineDedup(documents=least, keep=keep, places=None, min_chars=1, protect=["^丙"])
    result, _ = clean(step, documents(*("\n".join(lines) for lines in texts)))
    has = {
        u: [n for n, lines in enumerate(texts) if u in [x.strip() for x in lines]]
        for u in ("甲", "乙", "丙丁")
    }
    for n, (lines, new) in enumerate(zip(texts, result["text"].to_list(), strict=True)):
        every = [x.strip() for x in lines if x.strip()]
        stays = [
            x for x in every if x == "丙丁" or len(has[x]) < least or (keep == "first" and has[x][0] == n)
        ]
        emptied = bool(every) and not stays
        assert (result["reason"][n] == "emptied") == emptied
        assert [x.strip() for x in new.split("\n") if x.strip()] == (every if emptied else stays)


def test_shards_workers_and_parts_change_nothing(clean: Cleaned, monkeypatch: pytest.MonkeyPatch):
    dice = random.Random(5)
    pool = [f"{n}番目の言い回しをここに置くことにする。" for n in range(12)] + [NOTICE, ADDRESS, "", "　"]
    texts = ["\n".join([*dice.sample(pool, 4), NOTICE, ADDRESS, str(n)]) for n in range(80)]
    for step in (LineDedup(), LineDedup(documents=3, places=None, unit="sentence")):
        expected = clean(step, documents(*texts))
        assert expected[0]["units_removed"].sum() > 40
        for sizes, workers, part in (((1, 0, 50, 29), 1, 7), ((40, 40), 2, 1 << 21)):
            monkeypatch.setattr(tally, "MERGED", part)
            monkeypatch.setattr(account, "PART_UNITS", part)
            result, units = clean(step, documents(*texts), *sizes, workers=workers)
            assert_frame_equal(result, expected[0])
            assert units == expected[1]


def test_a_recipe_runs_it_and_keeps_the_account(tmp_path: Path):
    pl.DataFrame({"text": [f"{n}の話。\n{NOTICE}" for n in range(12)] + [NOTICE]}).write_ndjson(
        tmp_path / "in.jsonl"
    )
    (tmp_path / "r.yaml").write_text(
        "name: r\nseed: 1\ncorpus:\n  from: {files: in.jsonl}\n  steps:\n    - curate.line_dedup\n"
    )
    executor = LocalExecutor(1)
    passes, _ = Runner(load_recipe(tmp_path / "r.yaml"), tmp_path / "out", executor, Display()).run(
        ["corpus"]
    )
    made = Dataset(passes[-1].directory)
    assert made.kept.read()["text"].to_list() == [f"0の話。\n{NOTICE}", *(f"{n}の話。" for n in range(1, 12))]
    assert made.dropped.read().select("dropped_by", "text").rows() == [("curate.line_dedup.emptied", NOTICE)]
    assert (made.path / "captured/removed_units.jsonl").exists()


def test_laws_are_not_shredded_and_menus_go(clean: Cleaned, shared: Path):
    import zstandard

    shares: dict[str, float] = {}
    for name in ("egov_law", "debian_docs_ja"):
        with (shared / f"data/corpora/{name}.jsonl.zst").open("rb") as f:
            rows = pl.read_ndjson(zstandard.ZstdDecompressor().stream_reader(f).read())
        result, _ = clean(LineDedup(), rows.select("id", "text"))
        shares[name] = result["unit_chars_removed"].sum() / rows["text"].str.len_chars().sum()
    assert shares["egov_law"] < 0.005
    assert shares["debian_docs_ja"] > 0.15


@pytest.mark.slow
def test_a_million_equal_lines_and_a_book_of_a_hundred_megabytes(clean: Cleaned):
    step = LineDedup(documents=2, places=None)
    result, units = clean(step, documents(*[NOTICE] * 1_000_000), 500_000, 500_000)
    assert result["reason"].null_count() == 1
    assert units == [{"text": NOTICE, "documents": 1_000_000, "removed": 999_999}]
    book = "米" * 33_000_000
    result, _ = clean(step, documents(book, (NOTICE + "\n") * 1_000_000, f"酒\n{NOTICE}"))
    assert result["units_removed"].to_list() == [0, 0, 1]
