"""All judges one after the other, in a recipe, by the runner."""

import json

import polars as pl
from test_judge_measures import save_reward

from seimai.dataset import Dataset
from seimai.executor import LocalExecutor
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

RECIPE = """
name: judges
seed: 5
judged:
  from: {files: candidates.jsonl, kind: candidates, license: CC0-1.0}
  steps:
    - generate.judge
    - generate.judge_reference: {by: chrf}
    - generate.judge_reference: {by: support}
    - generate.judge_score: {model: ./judge/model, votes: 2}
    - generate.judge_score: {model: ./judge/model, rubric: own.jinja, explain: true, explain_tokens: 16}
    - generate.judge_pairwise: {model: ./judge/model, rubric: faithful}
    - generate.judge_likelihood: {model: ./judge/model}
    - generate.judge_reward: {model: ./reward}
pairs:
  from: judged
  steps:
    - generate.pairs: {judges: [rules, reference, pairwise], min_margin: 0.01}
"""


def test_a_panel_in_a_recipe(tmp_path, tiny_judge):
    save_reward(tmp_path / "reward", labels=1, pad=True)
    (tmp_path / "judge").symlink_to(tiny_judge)
    (tmp_path / "own.jinja").write_text("---\nversion: 2\n---\n【観点】短いか\n", "utf-8")
    texts = ["涼しい所に置いてください。送料は800円です。", "冷蔵庫。"]
    record = {
        "prompt": "お米の保存方法と送料を教えてください。",
        "responses": [{"text": t} for t in texts],
        "reference": "涼しい所に置きます。送料は800円です。",
        "evidence": "送料は全国一律800円です。お米は涼しい所に置きます。",
    }
    (tmp_path / "candidates.jsonl").write_text(json.dumps(record, ensure_ascii=False), "utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, "utf-8")
    made = run(tmp_path)
    (row,) = made["judged"].kept.read().to_dicts()
    names = [s["judge"] for s in row["responses"][0]["scores"]]
    assert [n.partition("-")[0] for n in names] == [
        "rules",
        "reference:chrf",
        "reference:support",
        "score:helpful",
        "score:own",
        "pairwise:faithful",
        "likelihood:./judge/model",
        "reward:./reward",
    ]
    assert all(0 <= s["score"] <= 1 for r in row["responses"] for s in r["scores"])
    assert set(json.loads(row["meta"])["verdicts"]) == {names[5]}
    metrics = made["judged"].manifest["metrics"]
    assert len(metrics["agreement"]) == 8 * 7 // 2
    told = [line["measure"] for line in metrics["measures"]]
    assert any("turn with the order" in line for line in told)
    assert any(line.startswith("reward:./reward: of 1 pairs: the same winner as ") for line in told)
    assert made["pairs"].kept.read().height + made["pairs"].dropped.read().height >= 1
    assert {name: d.path for name, d in run(tmp_path).items()} == {n: d.path for n, d in made.items()}
    own = tmp_path / "own.jinja"
    own.write_text(own.read_text("utf-8").replace("短いか", "長いか"), "utf-8")
    assert run(tmp_path)["judged"].path != made["judged"].path  # a rubric's text enters the hash


def run(folder) -> dict[str, Dataset]:
    loaded = load_recipe(folder / "recipe.yaml")
    passes, _ = Runner(loaded, folder / "out", LocalExecutor(1), Display()).run(["pairs"])
    found = {p.name: Dataset(p.directory) for p in passes}
    assert all(isinstance(d.kept.read(), pl.DataFrame) for d in found.values())
    return found
