"""ftfy with datatrove's arguments and with its own."""

import sys

import polars as pl
import pytest

from curate.fix_text import FixText
from seimai.errors import SeimaiError

ROWS = pl.DataFrame({"text": ["cafÃ© で（米）", None, "", "米\x08"], "id": [1, 2, 3, 4]})


def test_datatroves_arguments_leave_good_text() -> None:
    pytest.importorskip("ftfy", reason="ftfy is not installed")
    assert FixText().apply(ROWS).rows() == [("café で（米）", 1), (None, 2), ("", 3), ("米", 4)]


def test_its_own_arguments_do_not() -> None:
    pytest.importorskip("ftfy", reason="ftfy is not installed")
    assert FixText(arguments="ftfy").apply(ROWS)["text"][0] == "café で(米)"


def test_without_ftfy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ftfy", None)
    with pytest.raises(SeimaiError, match=r"pip install 'seimai\[clean\]'"):
        FixText().apply(ROWS)
