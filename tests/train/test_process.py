"""A training's process: what it says when something is wrong, and that it can be run by hand."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_trainings import Made, do, documents, text_frame

from seimai.errors import SeimaiError
from train.cpt import Cpt
from train.tokenizer import Tokenizer


def by_hand(tmp_path: Path, text: str) -> "subprocess.CompletedProcess[str]":
    file = tmp_path / "tokenizer.yaml"
    file.write_text(text, "utf-8")
    command = [sys.executable, "-P", "-m", "train.tokenizer", "--config", str(file)]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


@pytest.mark.train
def test_a_file_written_by_hand_runs_the_same_code(tokenizer: Made, tmp_path: Path) -> None:
    rows = "".join(f"  - {p}\n" for p in sorted((tokenizer.folder / "rows").glob("*.parquet")))
    done = by_hand(tmp_path, f"parameters: {{vocab_size: 400}}\nrows:\n{rows}out: out\nwork: work\nseed: 7\n")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "tokenizer.json").read_bytes() == (
        tokenizer.model / "tokenizer.json"
    ).read_bytes()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "parameters: {}\nrows: []\nout: o\nwork: w\nlearning: 1\n",
            "learning: Extra inputs are not permitted",
        ),
        ("parameters: {vocab: 9}\nrows: []\nout: o\nwork: w\n", "vocab: Extra inputs are not permitted"),
        ("parameters: {vocab_size: 9}\nrows: []\nout: o\nwork: w\n", "greater than or equal to 260"),
    ],
)
def test_an_unknown_key_or_a_wrong_value_is_named(tmp_path: Path, text: str, reason: str) -> None:
    done = by_hand(tmp_path, text)
    assert done.returncode == 2
    assert reason in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.train
def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        SeimaiError, match=r"^train\.cpt: the model \./nowhere is not there; the log is .*train\.log$"
    ):
        do(Cpt(model="./nowhere"), text_frame(documents()[:9]), tmp_path / "out")


@pytest.mark.train
def test_a_crash_is_one_sentence_with_the_place_of_the_log(base: Made, tmp_path: Path) -> None:
    folder = shutil.copytree(base.model, tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(SeimaiError, match=r"^train\.cpt: failed: .+; the log is .*train\.log$") as caught:
        do(Cpt(model="broken"), text_frame(documents()), tmp_path / "out", broken=folder)
    assert "\n" not in str(caught.value)
    assert "Traceback" in (tmp_path / "out" / "work" / "train.log").read_text("utf-8")


@pytest.mark.train
def test_a_train_py_in_the_working_directory_does_not_shadow_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train.py").write_text("raise SystemExit('the wrong train')", "utf-8")
    monkeypatch.chdir(tmp_path)
    made = do(Tokenizer(vocab_size=300), text_frame(documents()[:20]), tmp_path / "out")
    assert made.metrics["vocab_size"] == 300


def test_importing_a_training_imports_nothing_heavy() -> None:
    code = (
        "import sys, train.tokenizer, train.pretrain, train.cpt, train.sft, train.dpo\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'tokenizers'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, env=os.environ.copy()
    )
    assert done.stdout.strip() == "[]"
