"""An audit through a real Argilla: blind, in a shuffled order, and back."""

import json

import pytest

from label.client import Argilla
from seimai.auditing.sheet import read_key

pytestmark = pytest.mark.slow

RECIPE = "corpus:\n  from: {files: texts.jsonl}\n  steps: [curate.length: {min_chars: 12}]\n"


def judge(person, record: dict, verdict: str) -> None:
    """As the page submits it."""
    body = {"values": {"verdict": {"value": verdict}}, "status": "submitted"}
    person.argilla.request("POST", f"records/{record['id']}/responses", json=body)


def test_people_judge_blind_and_the_rules_get_their_precision(tmp_path, served, reviewer, seimai) -> None:
    texts = [
        *(f"短い文書{i}" for i in range(30)),
        *(f"十分に長い文書の第{i}号です。" for i in range(30)),
        "<b>$'</b>",
    ]
    lines = (json.dumps({"text": t}, ensure_ascii=False) for t in texts)
    (tmp_path / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, "utf-8")
    assert seimai("run", "recipe.yaml").returncode == 0
    command = ("audit", "runs/recipe", "curate.length", "--n", "40", "--argilla", "--server", served.url)

    first = seimai(*command, SEIMAI_ARGILLA_API_KEY=served.api_key)
    assert first.returncode == 75, first.stderr
    (folder,) = (tmp_path / "runs/recipe/audits").iterdir()
    key = read_key(folder)
    assert first.stderr.startswith(f"0 of {len(key.ids)} documents are judged at {served.url}/dataset/")

    person, second = reviewer(), reviewer()
    with Argilla.connect(served.url, served.api_key) as owner:
        name = f"audit-corpus-curate.length-{key.tag}"
        dataset = owner.dataset(name, owner.workspace("seimai"))
        assert dataset is not None
        search = f"me/datasets/{dataset['id']}/records/search"
        seen = person.argilla.request("POST", search, json={})["items"]
        # What a reviewer's browser gets tells neither verdicts nor reasons nor ids of rows.
        assert len(seen) == len(key.ids)
        assert not any(word in json.dumps(seen) for word in ("too_short", "dropped", "kept", "suggestion"))
        assert not any(row in json.dumps(seen) for row in key.ids.values())
        found = {i["record"]["external_id"]: i["record"] for i in seen}
        dropped = {d for s in key.strata if s.side == "dropped" for d in s.documents}
        order = [r["external_id"] in dropped for r in owner.records(dataset["id"])]
        assert True in order[: len(order) // 2]
        assert False in order[: len(order) // 2]

        # A third of the short ones is good; half is judged, then all, one of them twice and otherwise.
        short = sorted(d for d in found if found[d]["fields"]["text"].startswith(("短い", "<b>")))
        good = set(short[: len(short) // 3])
        verdicts = {d: "good" if d in good or d not in short else "bad" for d in found}
        half = list(found)[: len(found) // 2]
        for document in half:
            judge(person, found[document], verdicts[document])
        waits = seimai(*command, SEIMAI_ARGILLA_API_KEY=served.api_key)
        assert waits.returncode == 75
        assert waits.stderr.startswith(f"{len(half)} of {len(found)} documents are judged at ")
        assert owner.count(dataset["id"]) == len(found)  # nothing is shown twice
        for document in set(found) - set(half):
            judge(person, found[document], verdicts[document])
        judge(second, found[short[-1]], "good")

    done = seimai(*command, SEIMAI_ARGILLA_API_KEY=served.api_key)
    assert done.returncode == 0, done.stderr
    judged = sum(d in dropped for d in found)
    assert f"this rule drops good documents: {len(good)} of {judged - 1}" in done.stdout
    assert f"1 documents have as many good as bad answers ({short[-1]})" in done.stdout


def test_no_server_is_said(tmp_path, seimai) -> None:
    (tmp_path / "texts.jsonl").write_text(
        '{"text": "短い"}\n{"text": "十分に長い文書の第一号です。"}\n', "utf-8"
    )
    (tmp_path / "recipe.yaml").write_text(RECIPE, "utf-8")
    seimai("run", "recipe.yaml")
    options = ("--n", "10", "--argilla", "--server", "http://127.0.0.1:1")
    done = seimai("audit", "runs/recipe", "curate.length", *options, SEIMAI_ARGILLA_API_KEY="key")
    assert done.returncode == 1
    assert done.stderr.startswith("seimai: no Argilla answers at http://127.0.0.1:1")
