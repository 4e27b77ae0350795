"""Tiny models, trained once and shared by the tests of this folder."""

import os
import sys
from pathlib import Path

import polars as pl
import pytest

from train.pretrain import Pretrain
from train.tokenizer import Tokenizer

sys.path.insert(0, str(Path(__file__).parent))

from tiny_trainings import SUBJECTS, TIMES, Made, do, documents, text_frame

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: entries side by side."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def tokenizer(runs: Path) -> Made:
    return do(Tokenizer(vocab_size=400), text_frame(documents()), runs / "tokenizer-0")


@pytest.fixture(scope="session")
def general(runs: Path) -> Path:
    texts = [f"{when}{what}を見る。" for what in SUBJECTS for when in TIMES]
    file = runs / "general.jsonl"
    pl.DataFrame({"text": texts}).write_ndjson(file)
    return file


@pytest.fixture(scope="session")
def pretrain() -> Pretrain:
    return Pretrain(
        tokenizer="tokenizer",
        hidden_size=32,
        layers=1,
        heads=2,
        max_length=64,
        epochs=2,
        batch_size=8,
        learning_rate=1e-2,
        general="general",
    )


@pytest.fixture(scope="session")
def base(pretrain: Pretrain, runs: Path, tokenizer: Made, general: Path) -> Made:
    """A model that knows its few sentences."""
    frame = text_frame([*documents(), "", None])
    return do(pretrain, frame, runs / "base-0", tokenizer=tokenizer.folder, general=general)
