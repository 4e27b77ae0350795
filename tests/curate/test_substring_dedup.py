"""`curate.substring_dedup`: against a search that tries all places, whatever the blocks and shards."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

pytest.importorskip("pydivsufsort")

from curate.substring_dedup import SubstringDedup
from curate.suffixes import corpus
from curate.suffixes.across import equal_windows
from curate.suffixes.windows import (
    common_prefixes,
    leaders,
    suffix_array,
    window_bytes,
    window_hashes,
)
from seimai.dataset import Dataset
from seimai.executor import LocalExecutor
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

Rewritten = Callable[..., tuple[pl.DataFrame, pl.DataFrame]]

CLAUSE = (
    "この規約は、精米所の利用について必要な事項を定めるものとする。"
    "利用者は、玄米をいつでも持ち込むことができる。"
)


@pytest.fixture
def cut(rewritten: Callable[..., tuple[pl.DataFrame, Path]]) -> Rewritten:
    """The rows that a step makes, and the spans that went."""

    def run(step: SubstringDedup, rows: pl.DataFrame, *sizes: int, workers: int = 1):
        result, folder = rewritten(step, rows, *sizes, workers=workers)
        return result, pl.read_parquet(folder / "spans.parquet")

    return run


def documents(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"d{n}" for n in range(len(texts))], "text": pl.Series(texts, dtype=pl.String)}
    )


def all_places(texts: list[str], window: int, keep: str) -> list[list[tuple[int, int]]]:
    """The spans of repeated substrings, found by trying all places."""
    every = [t[i : i + window] for t in texts for i in range(len(t) - window + 1)]
    times, seen = Counter(every), set[str]()
    found: list[list[tuple[int, int]]] = []
    for text in texts:
        goes = [False] * len(text)
        for i in range(len(text) - window + 1):
            some = text[i : i + window]
            if (some in seen) if keep == "first" else times[some] > 1:
                goes[i : i + window] = [True] * window
            seen.add(some)
        edges = [i for i in range(len(text) + 1) if (i and goes[i - 1]) != (i < len(text) and goes[i])]
        found.append(list(zip(edges[::2], edges[1::2], strict=True)))
    return found


def without(text: str, spans: list[tuple[int, int]], mask: str) -> str:
    for start, end in reversed(spans):
        text = text[:start] + mask + text[end:]
    return text


@pytest.mark.parametrize("keep", ["first", "none"])
@given(
    texts=st.lists(st.text("a米😀\n", max_size=40), min_size=1, max_size=8),
    window=st.integers(1, 7),
    block=st.integers(4, 90),
)
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_repeated_substrings_are_found(
    cut: Rewritten, monkeypatch: pytest.MonkeyPatch, keep: str, texts: list[str], window: int, block: int
):
    monkeypatch.setattr(corpus, "BLOCK", block)
    step = SubstringDedup(min_chars=window, keep=keep, cut="character", mask="糠")
    result, spans = cut(step, documents(*texts))
    expected = all_places(texts, window, keep)
    found = [[(s["start"], s["end"]) for s in row] for row in result["substring_spans"].to_list()]
    assert found == expected
    assert result["text"].to_list() == [without(t, s, "糠") for t, s in zip(texts, expected, strict=True)]
    lines = [(f"d{n}", a, b, texts[n][a:b]) for n, some in enumerate(expected) for a, b in some]
    assert spans.rows() == lines


def test_any_shards_blocks_and_workers_give_the_same(cut: Rewritten, monkeypatch: pytest.MonkeyPatch):
    dice = random.Random(3)
    pool = ["".join(dice.choice("玄米を磨く。糠\n") for _ in range(dice.randrange(60))) for _ in range(30)]
    rows = documents(*("".join(dice.choice(pool) for _ in range(dice.randrange(5))) for _ in range(90)))
    expected = cut(SubstringDedup(min_chars=20), rows)
    assert expected[1].height > 20
    for sizes, block, workers in (((1, 0, 50, 39), 300, 1), ((45, 45), 1 << 22, 2), ((90,), 1000, 1)):
        monkeypatch.setattr(corpus, "BLOCK", block)
        for frame, same in zip(
            cut(SubstringDedup(min_chars=20), rows, *sizes, workers=workers), expected, strict=True
        ):
            assert_frame_equal(frame, same)


def test_the_first_place_stays_and_what_is_left_is_whole_sentences(cut: Rewritten):
    rows = documents(f"前書き。{CLAUSE}", f"案内{CLAUSE}\n以上。", f"{CLAUSE}糠。", None, "", CLAUSE)
    result, spans = cut(SubstringDedup(min_chars=40), rows)
    second = CLAUSE.index("利用者")
    expected = pl.DataFrame(
        {
            "id": [f"d{n}" for n in range(6)],
            "text": [f"前書き。{CLAUSE}", f"案内{CLAUSE[:second]}\n以上。", "糠。", None, "", CLAUSE],
            "substrings_removed": [0, 1, 1, 0, 0, 1],
            "substring_chars_removed": [0, len(CLAUSE) - second, len(CLAUSE), 0, 0, len(CLAUSE)],
            "reason": [None] * 5 + ["emptied"],
        }
    )
    assert_frame_equal(result.drop("substring_spans"), expected)
    assert spans.row(0) == ("d1", 2 + second, 2 + len(CLAUSE), CLAUSE[second:])


def test_all_places_go_when_asked_and_lines_stay_lines(cut: Rewritten):
    rows = documents(f"{CLAUSE}\n甲\n", f"乙\n{CLAUSE}\n丙", f"丁{CLAUSE}\n戊")
    result, _ = cut(SubstringDedup(min_chars=40, keep="none", cut="line"), rows)
    assert result["text"].to_list() == ["甲\n", "乙\n丙", f"丁{CLAUSE}\n戊"]
    masked, _ = cut(SubstringDedup(min_chars=40, keep="none", mask="〈略〉"), rows)
    assert masked["text"].to_list() == [
        "〈略〉\n甲\n",
        "乙\n〈略〉\n丙",
        f"丁{CLAUSE[: CLAUSE.index('利用者')]}〈略〉\n戊",
    ]


def test_what_is_left_of_a_span_is_a_passage_and_no_heading(cut: Rewritten):
    rows = documents(f"甲。\n{CLAUSE}\n２\n丙の話。", f"乙。\n{CLAUSE}\n２\n丁の話。")
    result, _ = cut(SubstringDedup(min_chars=40), rows)
    assert result["text"][1] == "乙。\n２\n丁の話。"
    short = documents(f"{'甲' * 60}。糠。２", f"{'乙' * 3}{'甲' * 57}。糠。３")
    assert not cut(SubstringDedup(min_chars=50), short)[0]["substrings_removed"].sum()


@given(st.text("ab米", max_size=60), st.integers(1, 5))
@settings(max_examples=100)
def test_windows_with_equal_hashes_are_equal_here(text: str, window: int):
    import numpy as np

    data = np.frombuffer(text.encode() + b"\xff", np.uint8)
    widths = window_bytes(data, data.size, window)
    order = suffix_array(data)
    first = leaders(order, common_prefixes(data, order), widths)
    places = np.flatnonzero(widths).astype(np.int32)
    windows = [bytes(data[p : p + widths[p]]) for p in places]
    hashes = window_hashes(data, widths, places).tolist()
    for a, wa in enumerate(windows):
        assert windows.index(wa) == places.tolist().index(first[places[a]])
        for b, wb in enumerate(windows):
            assert (hashes[a] == hashes[b]) == (wa == wb)
            one, other = np.array([places[a]], np.int64), np.array([places[b]], np.int64)
            assert equal_windows(data, one, other, window).tolist() == [wa == wb]


def test_windows_with_one_hash_are_told_apart(cut: Rewritten, monkeypatch: pytest.MonkeyPatch):
    import numpy as np

    from curate.suffixes import blocks

    def weak(text: object, widths: object, wanted: "np.ndarray[tuple[int], np.dtype[np.int32]]"):
        return np.zeros(wanted.size, np.uint64)

    texts = ["玄米を磨く", "白米を磨く", "玄米を炊く", "白米を磨く米"]
    monkeypatch.setattr(corpus, "BLOCK", 16)
    monkeypatch.setattr(blocks, "window_hashes", weak)
    result, _ = cut(SubstringDedup(min_chars=3, cut="character"), documents(*texts))
    expected = [without(t, s, "") for t, s in zip(texts, all_places(texts, 3, "first"), strict=True)]
    assert result["text"].to_list() == [new or old for new, old in zip(expected, texts, strict=True)]


def test_a_recipe_runs_it_and_keeps_the_account(tmp_path: Path):
    texts = [f"{n}番目の話。{CLAUSE}" for n in range(3)] + [CLAUSE]
    pl.DataFrame({"text": texts}).write_ndjson(tmp_path / "in.jsonl")
    (tmp_path / "r.yaml").write_text(
        "name: r\nseed: 1\ncorpus:\n  from: {files: in.jsonl}\n  steps:\n"
        "    - curate.substring_dedup: {min_chars: 40}\n"
    )
    executor = LocalExecutor(1)
    passes, _ = Runner(load_recipe(tmp_path / "r.yaml"), tmp_path / "out", executor, Display()).run(
        ["corpus"]
    )
    made = Dataset(passes[-1].directory)
    assert [t.split("。")[1:] for t in made.kept.read()["text"]] == [[*CLAUSE.split("。")], [""], [""]]
    gone = made.dropped.read()
    assert gone["dropped_by"].to_list() == ["curate.substring_dedup.emptied"]
    assert gone["text"].to_list() == [CLAUSE]
    assert pl.read_parquet(made.path / "captured/spans.parquet")["text"].to_list() == [CLAUSE] * 3


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["米", "a", "ab", "この文は百万回あり、同じことをいう。\n"])
def test_ten_megabytes_of_one_repeated_text(cut: Rewritten, unit: str):
    text = unit * (10_000_000 // len(unit.encode()))
    result, spans = cut(SubstringDedup(cut="character"), documents(text, "", "玄米"))
    assert result["text"].to_list() == [unit, "", "玄米"]
    assert spans["start"].to_list() == [len(unit)]


@pytest.mark.slow
def test_a_million_equal_lines_and_a_book_of_a_hundred_megabytes(cut: Rewritten):
    dice = random.Random(1)
    line = "".join(chr(dice.randrange(0x4E00, 0x9000)) for _ in range(120)) + "。"
    result, _ = cut(SubstringDedup(), documents(*[line] * 200_000), 100_000, 100_000)
    assert result["reason"].null_count() == 1
    letters = [chr(dice.randrange(0x4E00, 0x9000)) for _ in range(1 << 16)]
    book = "".join("".join(dice.choices(letters, k=1000)) + "。\n" for _ in range(33_000))
    result, spans = cut(SubstringDedup(), documents(book, book[3_000_000:3_001_500]), workers=2)
    assert result["substrings_removed"].to_list() == [0, 1]
    assert spans["end"].to_list() <= [1500]
