"""The recipe from prompts to pairs, chats and labels, with a tiny model."""

import json
import shutil
from pathlib import Path

import polars as pl

from seimai.dataset import Dataset
from seimai.executor import LocalExecutor
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

RECIPES = Path(__file__).parents[2] / "recipes"


def test_the_recipe_makes_pairs_chats_and_labels(tiny: Path, tmp_path: Path):
    (tmp_path / "data").mkdir()
    shutil.copytree(tiny, tmp_path / "data/model")
    prompts = (RECIPES / "quickstart/prompts.jsonl").read_text("utf-8").splitlines()[:12]
    (tmp_path / "data/prompts.jsonl").write_text("\n".join([*prompts, prompts[0]]) + "\n", "utf-8")
    text = (RECIPES / "preference.yaml").read_text("utf-8")
    # The written answers of the prompts are good; a tiny model's are cut early, so as to wait for nothing.
    text = text.replace("n: 4,", "n: 2,").replace("max_tokens: 512", "max_tokens: 8")
    recipe = tmp_path / "preference.yaml"
    recipe.write_text(text.replace("max_length_ratio: 1.5", "max_length_ratio: 50"), "utf-8")
    runner = Runner(load_recipe(recipe), tmp_path / "out", LocalExecutor(1), Display())
    passes, _ = runner.run(["pairs", "chats", "labels"])
    made = {p.entry: Dataset(p.directory) for p in passes}
    assert made["prompts"].manifest["rows"] == {"in": 13, "kept": 12, "dropped": 1}

    pairs = made["pairs"].kept.read()
    assert 6 <= pairs.height <= 12
    assert (pairs["margin"] >= 0.2).all()
    assert not any(json.loads(meta)["on_policy"] for meta in pairs["meta"])  # the better ones are written
    measures = [line["measure"] for line in made["pairs"].manifest["metrics"]["measures"]]
    assert "median of chosen minus rejected" in measures
    assert made["chats"].kept.read()["messages"].list.last().struct.field("role").unique().to_list() == [
        "assistant"
    ]
    labels = made["labels"].kept.read()
    assert labels.filter("label").height == labels.filter(~pl.col("label")).height == pairs.height
    parents = labels["origin"].struct.field("parents").explode()
    assert set(parents) == set(pairs["id"])
