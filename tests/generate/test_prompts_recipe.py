"""The steps that make new prompts, in a recipe, by the runner, with a real server."""

import json
from pathlib import Path

import pytest
from chat_server import serving
from prompt_writer import evolutions, lists, said

from seimai.dataset import Dataset
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

RECIPE = """
name: prompts
seed: 5
new:
  from: {{files: seeds.jsonl}}
  steps:
    - generate.self_instruct: {{model: local/rice, engine: server, url: "{url}", n: 12, rounds: 12}}
    - generate.safety: {{categories: [fraud, medical_advice]}}
    - generate.safety_prompts: {{model: local/rice, engine: server, url: "{url}", n: 2, categories: [fraud]}}
    - generate.evolve: {{model: local/rice, engine: server, url: "{url}", rounds: 1}}
    - curate.near_dedup: {{ngram: 2, threshold: 0.46}}
    - generate.spread
"""
SEEDS = [
    "お米の研ぎ方を教えてください。",
    "江戸時代の米相場を三つの観点で説明して。",
    "欠席のメールを書いて。",
]


def writer(body, number):
    return evolutions(body, number) if "［元の指示" in said(body) else lists(body, number)


def run(folder: Path, recipe: str) -> list[Dataset]:
    folder.mkdir(exist_ok=True)
    lines = (json.dumps({"prompt": text, "license": "CC0-1.0"}, ensure_ascii=False) for text in SEEDS)
    (folder / "seeds.jsonl").write_text("\n".join(lines), "utf-8")
    (folder / "recipe.yaml").write_text(recipe, "utf-8")
    loaded = load_recipe(folder / "recipe.yaml")
    passes, _ = Runner(loaded, folder / "out", LocalExecutor(1), Display()).run(["new"])
    return [Dataset(p.directory) for p in passes]


def test_a_recipe_makes_prompts_and_says_what_became_of_each_draft(tmp_path):
    with serving(writer) as there:
        made = run(tmp_path, RECIPE.format(url=there.url))
        asked = len(there.asked)
        again = run(tmp_path, RECIPE.format(url=there.url))
        assert len(there.asked) == asked
    assert [d.path for d in again] == [d.path for d in made]
    last = made[-1]
    funnel = {line["step"]: line for line in last.manifest["funnel"]}
    assert funnel["generate.self_instruct"]["in"] == 3
    assert funnel["generate.self_instruct"]["out"] == 15
    assert funnel["generate.safety"]["out"] == 15 + 8
    assert funnel["generate.safety_prompts"]["out"] == 23 + 4
    assert funnel["generate.spread"]["in"] == funnel["generate.spread"]["out"]
    dropped = last.dropped.read()
    assert set(dropped["dropped_by"].str.split(".").list.get(1)) == {
        "self_instruct",
        "safety_prompts",
        "evolve",
        "near_dedup",
    }
    assert last.manifest["metrics"]["spread"]["prompts"] == len(last.kept)
    assert [f["path"] for f in last.manifest["files"]] == ["captured/topics.md"]
    kept = last.kept.read()
    parents = set(kept["origin"].struct.field("parents").explode().drop_nulls())
    assert parents <= {*kept["id"], *dropped["id"]}
    assert last.manifest["metrics"]["spread"]["alike"] < 0.1


def test_an_edited_taxonomy_or_template_makes_another_dataset(tmp_path):
    recipe = "name: r\nnew:\n  from: {files: seeds.jsonl}\n  steps: [generate.safety: {taxonomy: own.yaml}]\n"
    shipped = Path(__file__).parents[2] / "generate/drafting/taxonomies/safety-ja.yaml"
    own = tmp_path / "own.yaml"
    own.write_text(shipped.read_text("utf-8"), "utf-8")
    first = run(tmp_path, recipe)[-1]
    own.write_text(shipped.read_text("utf-8").replace("先週うちに来た", "先月うちに来た"), "utf-8")
    second = run(tmp_path, recipe)[-1]
    assert first.hash != second.hash
    assert "先月うちに来た" in second.kept.read()["prompt"].to_list()[3][0]["content"]


def test_a_taxonomy_that_cannot_be_used_stops_before_any_work(tmp_path):
    recipe = "name: r\nnew:\n  from: {files: seeds.jsonl}\n  steps: [generate.safety: {taxonomy: safty-ja}]\n"
    with pytest.raises(SeimaiError, match=r"recipe.yaml.*safty-ja.*safety-ja"):
        run(tmp_path, recipe)
