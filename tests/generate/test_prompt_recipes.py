"""Recipes from files to prompts, through the command that users run."""

import json
import subprocess
import sys
from pathlib import Path

from chat_server import completion, serving

from seimai.dataset import open_dataset

RECIPE = """
name: p
seed: 17
mails:
  from: {files: mails.jsonl}
  steps:
    - generate.prompts: {templates: [osaka, business_reply, own.jinja], each: 3, personas: everyday}
talks:
  from: {files: talks.jsonl}
  steps: [generate.turns: {model: rice/m, engine: server, url: URL, end: assistant}]
questions:
  from: {files: notes.txt}
  steps: [generate.questions: {model: rice/m, engine: server, url: URL, each: 2, min_chars: 40}]
again:
  from: {dropped: questions, reasons: [failed]}
  steps: [generate.questions: {model: rice/other, engine: server, url: URL, each: 1, min_chars: 40}]
"""
NOTE = "精米とは、玄米の表面を磨いてぬかを取り除くことをいう。取り除いた後の割合を歩留まりという。"
QUESTION = (
    "質問：玄米を磨いて残る割合を何といいますか。\n答え：歩留まり\n根拠：取り除いた後の割合を歩留まりという。"
)


def run(folder: Path, url: str) -> None:
    (folder / "recipe.yaml").write_text(RECIPE.replace("URL", url), "utf-8")
    command = [
        sys.executable,
        "-c",
        "from seimai.cli import main; main()",
        "run",
        "recipe.yaml",
        "--out",
        "runs",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


def dataset(folder: Path, name: str):
    return open_dataset(next((folder / "runs").glob(f"{name}-*")))


def script(body: dict, number: int):
    asked = body["messages"][-1]["content"]
    if "資料" in asked:
        is_lost = body["model"] == "rice/m"
        return (400, {"error": {"message": "too long"}}) if is_lost else completion(QUESTION)
    is_player = "台本" in body["messages"][0]["content"]
    return completion("発言：では冬はどうしますか。" if is_player else "冷蔵庫に入れます。")


def test_prompts_conversations_and_questions_from_files(tmp_path):
    (tmp_path / "own.jinja").write_text("---\nversion: 1\n---\n一文で答えて：{{ text }}", "utf-8")
    (tmp_path / "mails.jsonl").write_text(json.dumps({"text": "納期はいつですか。"}), "utf-8")
    (tmp_path / "talks.jsonl").write_text(json.dumps({"instruction": "米の保存方法は?"}), "utf-8")
    (tmp_path / "notes.txt").write_text(NOTE, "utf-8")
    with serving(script) as server:
        run(tmp_path, server.url)
        asked = len(server.asked)
        run(tmp_path, server.url)
        assert len(server.asked) == asked
    mails = dataset(tmp_path, "mails").kept.read()
    assert mails.height == 3
    assert sorted(len(p) for p in mails["prompt"].to_list()) == [1, 1, 2]
    talk = dataset(tmp_path, "talks").kept.read()["messages"].to_list()[0]
    assert [m["content"] for m in talk] == [
        "米の保存方法は?",
        "冷蔵庫に入れます。",
        "では冬はどうしますか。",
        "冷蔵庫に入れます。",
    ]
    lost = dataset(tmp_path, "questions").dropped.read()
    assert lost["dropped_by"].to_list() == ["generate.questions.failed"] * 2
    again = dataset(tmp_path, "again").kept.read()
    assert again["prompt"].to_list()[0][0]["content"] == "玄米を磨いて残る割合を何といいますか。"
    assert json.loads(again["meta"][0])["evidence"] == NOTE
