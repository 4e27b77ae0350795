"""Normalisation as the originals do it, byte for byte, on real documents."""

from pathlib import Path

import polars as pl
import pytest

from curate.fix_text import FixText
from curate.kutoten import Kutoten
from curate.neologd import Neologdn
from curate.normalizing.kutoten import majorities
from curate.symbol_lines import SymbolLines
from curate.unicode_form import UnicodeForm
from seimai.step import Transform

GOLDEN = Path(__file__).parents[2] / "../shared/golden"
STEPS: dict[str, Transform] = {
    "nfc": UnicodeForm(form="NFC"),
    "nfkc": UnicodeForm(),
    "hojichar_nfkc": UnicodeForm(),
    "neologdn": Neologdn(),
    "swallow_kutoten": Kutoten(),
    "datatrove_symbol_lines": SymbolLines(),
    "datatrove_ftfy": FixText(),
    "ftfy": FixText(arguments="ftfy"),
}


@pytest.fixture(scope="module")
def golden() -> pl.DataFrame:
    """Documents with what each original made of them."""
    if not GOLDEN.exists():
        pytest.skip(f"no {GOLDEN}: the originals' decisions are not beside the repository")
    docs = pl.read_parquet(GOLDEN / "docs.parquet", columns=["id", "text"])
    made = pl.read_parquet(GOLDEN / "transforms.parquet").filter(pl.col("transform").is_in(list(STEPS)))
    out = pl.when("changed").then("out").otherwise("text")
    return docs.join(made, on="id", maintain_order="left").with_columns(out=out)


@pytest.mark.parametrize("name", STEPS)
def test_every_document_is_equal(golden: pl.DataFrame, name: str) -> None:
    if "ftfy" in name:
        pytest.importorskip("ftfy", reason="ftfy is not installed")
    rows = golden.filter(transform=name)
    made = STEPS[name].apply(rows)["text"]
    different = rows.filter(made != pl.col("out"))["id"].to_list()
    changed = int((made != rows["text"]).sum())
    print(f"{name:24} {rows.height} documents, {changed} changed, {len(different)} different")
    assert (rows.height, different) == (1859, [])


def test_majorities_are_swallows(golden: pl.DataFrame) -> None:
    rows = golden.filter(transform="swallow_kutoten")
    toten, kuten = majorities(rows["text"], exact=True)
    flags = [f"{t:d}{k:d}" for t, k in zip(toten.wins, kuten.wins, strict=True)]
    assert flags == rows["flags"].to_list()
