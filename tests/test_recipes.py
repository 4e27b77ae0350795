"""Every recipe that we give away can be planned, and those of curation run on a handful of pages."""

import shutil
from pathlib import Path

import pytest

from seimai.dataset import Dataset
from seimai.executor import LocalExecutor
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

RECIPES = sorted((Path(__file__).parents[1] / "recipes").glob("*.yaml"))
ASKING_A_MODEL = (
    "quickstart",
    "preference",
)  # tests/test_quickstart.py and tests/generate/test_preference.py
CURATION = [r for r in RECIPES if r.stem not in ASKING_A_MODEL]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.stem)
def test_recipes_are_valid(recipe: Path):
    assert load_recipe(recipe).name == recipe.stem


@pytest.mark.parametrize("recipe", CURATION, ids=lambda r: r.stem)
def test_recipes_of_curation_run(recipe: Path, tmp_path: Path):
    if recipe.stem == "fineweb2-ja":
        pytest.importorskip("sudachipy")
    if recipe.stem == "hojichar":
        pytest.importorskip("fugashi")
    pages = sorted((recipe.parent / "quickstart/pages").rglob("*.html"))
    (tmp_path / "data").mkdir()
    for page in pages[:40]:
        shutil.copy(page, tmp_path / "data")
    (tmp_path / "words").mkdir()
    for category in ("adult", "adult_en", "discrimination", "violence", "ads"):
        (tmp_path / f"words/{category}.txt").write_text("ぬかどこ\n", "utf-8")
    shutil.copy(recipe, tmp_path)
    loaded = load_recipe(tmp_path / recipe.name)
    passes, _ = Runner(loaded, tmp_path / "out", LocalExecutor(1), Display()).run(["corpus"])
    made = Dataset(passes[-1].directory)
    funnel = made.manifest["funnel"]
    assert funnel[0]["in"] == 40
    assert len(made.kept) + sum(sum(line["dropped"].values()) for line in funnel) == 40
