"""Signals of hostile text: broken UTF-8, endless documents, documents made to collide."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.signals import (
    boilerplate,
    characters,
    damage,
    lines,
    markup,
    measure,
    ngrams,
    paragraphs,
    sentences,
    swallow,
)
from curate.signals import classes as c
from curate.signals.kernels.decode import decode
from curate.signals.kernels.ngrams import ngrams as count_ngrams
from curate.signals.text import FACTOR, batches

FAMILIES = (characters, sentences, lines, paragraphs, ngrams, markup, boilerplate, damage, swallow)
NAMES = [name for family in FAMILIES for name in family.SIGNALS]

nasty = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("あア亜。！\n 　\t\0\x85\ufffdー𠮷😀\u200d\ufe0f[]<>&{}hw:/.縺繧ｶ…・「\U0010ffff"),
    ),
    max_size=200,
)


@given(st.lists(nasty, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_every_signal_is_finite_and_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    rows = pl.DataFrame({"text": texts})
    together = measure(rows, NAMES)
    assert together.select(pl.all_horizontal(pl.all().cast(pl.Float64).is_finite().all())).item()
    alone = pl.concat([measure(rows[i : i + 1], NAMES) for i in range(rows.height)])
    assert_frame_equal(together, alone)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_broken_utf8_is_read_within_its_document(documents: list[bytes]) -> None:
    data = np.frombuffer(b"".join(documents), np.uint8)
    offsets = np.cumsum([0, *map(len, documents)])
    points, classes, starts, counts = decode(data, offsets, c.table(), c.CLASSES)
    assert points.max(initial=0) <= 0x10FFFF
    assert (counts.sum(axis=1) == np.diff(starts)).all()
    assert (np.bincount(classes, minlength=c.CLASSES) == counts.sum(axis=0)).all()
    for i, document in enumerate(documents):
        alone = np.frombuffer(document, np.uint8)
        own = decode(alone, np.array([0, len(document)]), c.table(), c.CLASSES)[0]
        assert (own == points[starts[i] : starts[i + 1]]).all()
        try:
            text = document.decode()
        except UnicodeDecodeError:
            continue
        assert own.tolist() == [ord(character) for character in text]


@pytest.mark.parametrize(
    ("data", "points"),
    [
        (b"\xe3\x81", [0xFFFD, 0xFFFD]),  # cut off at the end of the document
        (b"\xf0\xa0\xae", [0xFFFD, 0xFFFD, 0xFFFD]),
        (b"\x80a", [0xFFFD, 0x61]),  # a stray byte
        (b"\xf7\xbf\xbf\xbf", [0xFFFD]),  # beyond U+10FFFF
    ],
)
def test_bytes_that_are_no_character_become_the_replacement_character(data: bytes, points: list[int]) -> None:
    whole = np.frombuffer(data + "あ".encode(), np.uint8)
    found = decode(whole, np.array([0, len(data), len(whole)]), c.table(), c.CLASSES)
    assert found[0].tolist() == [*points, ord("あ")]


def test_an_arrow_column_of_broken_utf8_is_measured() -> None:
    data = [b"\xe3\x81", b"\xff\xfe\xfd", "米".encode(), b"\xf4\x90\x80\x80"]
    pa: Any = pytest.importorskip("pyarrow")
    offsets = pa.py_buffer(np.cumsum([0, *map(len, data)]).astype(np.int64).tobytes())
    column = pa.LargeStringArray.from_buffers(len(data), offsets, pa.py_buffer(b"".join(data)))
    found = measure(pl.DataFrame({"text": pl.Series(column)}), NAMES)
    assert found["chars"].to_list() == [2, 3, 1, 1]
    assert found["replacement_ratio"].to_list() == [1.0, 1.0, 0.0, 1.0]


def counted(text: str, n: int) -> tuple[int, ...]:
    """Kinds, repeated kinds, their occurrences, the commonest's occurrences: by Python."""
    times = Counter(text[i : i + n] for i in range(len(text) - n + 1))
    again = [t for t in times.values() if t > 1]
    return len(times), len(again), sum(again), max(times.values(), default=0)


@given(
    st.lists(st.one_of(nasty, st.text("あい。", max_size=80)), min_size=1, max_size=4),
    st.integers(2, 10),
    st.integers(0, 8),
)
@settings(max_examples=120, deadline=None)
def test_ngrams_are_counted_as_python_counts_them(texts: list[str], smallest: int, more: int) -> None:
    (batch,) = batches(pl.Series(texts))
    largest = min(smallest + more, 10)
    found = count_ngrams(batch.points, batch.starts, smallest, largest, FACTOR)
    for text, own in zip(texts, found, strict=True):
        for n in range(smallest, largest + 1):
            assert tuple(own[n - smallest]) == counted(text, n)


@pytest.mark.parametrize("size", [65_530, 65_535, 65_536, 65_540, 140_000])
def test_ngrams_of_documents_about_the_size_where_the_table_changes(size: int) -> None:
    draw = np.random.default_rng(size)
    half = "".join(map(chr, draw.integers(0x3042, 0x3442, size // 2)))
    text = half + half[: size - size // 2]
    (batch,) = batches(pl.Series([text]))
    found = count_ngrams(batch.points, batch.starts, 2, 10, FACTOR)
    for n in (2, 3, 5, 10):
        assert tuple(found[0, n - 2]) == counted(text, n)


def test_the_random_factor_changes_no_value() -> None:
    (batch,) = batches(pl.Series(["玄米を磨いて精米にする。糠を除く。" * 20, "米" * 300, "あいうえお"]))
    one, other = (
        count_ngrams(batch.points, batch.starts, 2, 10, np.uint64(f)) for f in (3, 0x9E3779B97F4A7C15)
    )
    assert (one == other).all()


def duplicated(pieces: list[str]) -> tuple[int, int]:
    """Pieces equal to an earlier one, and their code points: by Python."""
    times = Counter(pieces)
    return sum(n - 1 for n in times.values()), sum(len(p) * (n - 1) for p, n in times.items())


@given(st.text("あア。！? 　\n", max_size=80))
def test_duplicates_are_those_of_python(text: str) -> None:
    whole = [line.strip() for line in text.split("\n")]
    kept = [line for line in whole if line]
    names = [
        "lines",
        "duplicate_line_ratio",
        "duplicate_line_char_ratio",
        "duplicate_sentence_ratio",
        "sentences",
    ]
    found = measure(pl.DataFrame({"text": [text]}), names).row(0, named=True)
    pieces, chars = duplicated(kept)
    assert found["lines"] == len(kept)
    assert found["duplicate_line_ratio"] == pytest.approx(pieces / max(len(kept), 1))
    assert found["duplicate_line_char_ratio"] == pytest.approx(chars / max(sum(map(len, kept)), 1))
    sentence = (
        pl.Series([line for line in text.split("\n")])
        .str.extract_all(r"[^。．！？!?]+[。．！？!?]?")
        .explode()
    )
    every = sentence.drop_nulls().to_list()
    assert found["sentences"] == len(every)
    assert found["duplicate_sentence_ratio"] == pytest.approx(duplicated(every)[0] / max(len(every), 1))


@pytest.mark.slow
def test_no_kernel_reads_or_writes_out_of_bounds(tmp_path: Path) -> None:
    """The kernels compiled with bounds checks, on text of all that they look for and on long documents."""
    code = """
import numpy as np, polars as pl, sys
sys.path.insert(0, "tests/curate")
from test_signals_hostile import NAMES, measure
draw = np.random.default_rng(1)
some = [0, 9, 10, 32, 33, 38, 47, 60, 62, 65, 91, 93, 97, 104, 119, 123, 125, 0x85, 0x3002, 0x3042, 0x30A2]
some += [0x4E00, 0x7E3A, 0xFF01, 0xFF71, 0xFFFD, 0x1F600, 0x20BB7, 0x10FFFF]
sizes = [0, 1, 2, 3, 4, 5, 11, *draw.integers(1, 900, 300)]
texts = ["".join(map(chr, draw.choice(some, n))) for n in sizes]
texts += ["a" * 200_000, "あ\\n" * 90_000, "玄米を磨く。" * 20_000]
texts += ["".join(map(chr, draw.integers(0x4E00, 0x9FFF, 70_000)))]
assert measure(pl.DataFrame({"text": texts}), NAMES).height == len(texts)
"""
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=Path(__file__).parents[2])


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["'a' * 100_000_000", "'玄米を磨いて精米にする。糠は捨てない。\\n' * 1_700_000", "'[<' * 50_000_000"],
)
def test_a_document_of_100_mb_takes_bounded_time_and_memory(text: str) -> None:
    code = f"""
import resource
import polars as pl
from tests_curate import NAMES, measure
rows = pl.DataFrame({{"text": [{text}]}})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert measure(rows, NAMES).height == 1
more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
chars = rows["text"].str.len_chars().item()
assert more < 50 * chars + (200 << 20), (more, chars)
"""
    code = code.replace(
        "from tests_curate", 'import sys; sys.path.insert(0, "tests/curate")\nfrom test_signals_hostile'
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300, cwd=Path(__file__).parents[2])
