"""Every step of normalisation on bytes that are no UTF-8, on empty columns and on one character."""

import random

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from curate.dashes import Dashes
from curate.fix_text import FixText
from curate.kutoten import Kutoten
from curate.neologd import Neologdn
from curate.normalize import Normalize
from curate.runs import Runs
from curate.symbol_lines import SymbolLines
from curate.unicode_form import UnicodeForm
from seimai.step import Transform

STEPS = [Normalize(), Dashes(), Runs(), Kutoten(), Neologdn(), SymbolLines(), UnicodeForm(), FixText()]
each_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)


def rows_of(parts: list[bytes]) -> pl.DataFrame:
    """A column that Polars did not check."""
    ends = pa.py_buffer(np.cumsum([0, *map(len, parts)]))
    made = pa.LargeStringArray.from_buffers(len(parts), ends, pa.py_buffer(b"".join(parts)))
    return pl.DataFrame({"text": pl.Series("text", made, dtype=pl.String)})


@each_step
def test_bytes_that_are_no_utf_8(step: Transform) -> None:
    if isinstance(step, FixText):
        pytest.importorskip("ftfy", reason="ftfy is not installed")
    draw = random.Random(7)
    base = "か\u3099，．！！！！！サ−バ|〜ｶﾞ👩\u200d(笑)(笑)(笑)(笑)".encode()
    for _ in range(50):
        parts = [
            bytes(draw.choice(base) if draw.random() < 0.7 else draw.randrange(256) for _ in range(size))
            for size in range(0, 40, 5)
        ]
        valid = [part.decode(errors="replace").encode() for part in parts]
        assert step.apply(rows_of(parts)).rows() == step.apply(rows_of(valid)).rows()


@each_step
@pytest.mark.parametrize(
    "text", [[], [None], [""], ["米"], ["\u3099"], ["\x00"], ["\u200d"], ["𠮷\U000e0100"]]
)
def test_nothing_and_one_character(step: Transform, text: list[str | None]) -> None:
    if isinstance(step, FixText):
        pytest.importorskip("ftfy", reason="ftfy is not installed")
    rows = pl.DataFrame({"text": text}, schema={"text": pl.String})
    got = step.apply(rows)
    assert got.schema == rows.schema
    assert got.height == rows.height
    assert got["text"].is_null().equals(rows["text"].is_null())
    if text == ["𠮷\U000e0100"]:
        assert got.rows() == rows.rows()
