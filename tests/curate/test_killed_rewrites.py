"""Steps that cut text out of documents, killed by SIGKILL: the next run ends as one that nobody killed."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from curate.line_dedup import LineDedup
from curate.substring_dedup import SubstringDedup
from seimai.dataset import Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from seimai.step import Rewrite

T = TypeVar("T")
R = TypeVar("R")

KILLED = """
import os, signal, sys
from pathlib import Path
import curate.suffixes.corpus
from curate.line_dedup import LineDedup
from curate.substring_dedup import SubstringDedup
from seimai.dataset import Rows, Shard
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display

curate.suffixes.corpus.BLOCK = {block}
folder, left = Path(sys.argv[1]), int(sys.argv[2])

class Killed(LocalExecutor):
    def map(self, work, tasks):
        global left
        for result in super().map(work, tasks):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            yield result

rows = Rows(tuple(Shard(folder.parent / f"{{n}}.parquet", 30) for n in range(3)))
job = Job("corpus", 1, folder / "work", folder / "out", Killed(1), Display().bar)
for frame in {step}.rewrite(rows, job):
    pass
"""
BLOCK = 8192
NOTICE = "当店の写真と文章を無断で転載することは、固くお断りいたします。お問い合わせは代表電話までどうぞ。"


def documents(folder: Path) -> Rows:
    """Three shards of documents that share a passage."""
    dice = random.Random(3)
    for shard in range(3):
        texts: list[str] = []
        for n in range(30):
            own = ["".join(chr(dice.randrange(0x4E00, 0x9000)) for _ in range(80)) + "。" for _ in range(3)]
            texts.append("\n".join([own[0], *([NOTICE] if n % 2 else []), *own[1:]]))
        ids = [f"d{30 * shard + n}" for n in range(30)]
        write_parquet(pl.DataFrame({"id": ids, "text": texts}), folder / f"{shard}.parquet")
    return Rows(tuple(Shard(folder / f"{n}.parquet", 30) for n in range(3)))


class Counted(LocalExecutor):
    """Counts results."""

    results = 0

    def map(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        for result in super().map(work, tasks):
            self.results += 1
            yield result


def made(
    step: Rewrite, rows: Rows, folder: Path, executor: LocalExecutor
) -> tuple[pl.DataFrame, list[bytes]]:
    """The rows that a step makes, and the files that it leaves."""
    (folder / "work").mkdir(parents=True, exist_ok=True)
    job = Job("corpus", 1, folder / "work", folder / "out", executor, Display().bar)
    frame = pl.concat(step.rewrite(rows, job), how="diagonal_relaxed")
    return frame, [f.read_bytes() for f in sorted(job.out.iterdir())]


@pytest.mark.parametrize("step", [LineDedup(), SubstringDedup(min_chars=30)], ids=["lines", "substrings"])
def test_a_run_killed_anywhere_goes_on_to_the_same_bytes(
    step: Rewrite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(step, SubstringDedup):
        pytest.importorskip("pydivsufsort")
    monkeypatch.setattr("curate.suffixes.corpus.BLOCK", BLOCK)
    rows = documents(tmp_path)
    straight = Counted(1)
    expected, files = made(step, rows, tmp_path / "straight", straight)
    assert expected["text"].str.len_chars().sum() < sum(
        f["text"].str.len_chars().sum() for f in rows.frames()
    )
    script = tmp_path / "killed.py"
    script.write_text(KILLED.format(block=BLOCK, step=repr(step)), "utf-8")
    for part in range(7):
        point = 1 + part * (straight.results - 1) // 6
        folder = tmp_path / f"killed{point}"
        (folder / "work").mkdir(parents=True)
        command = [sys.executable, str(script), str(folder), str(point)]
        killed = subprocess.run(command, capture_output=True, text=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        found, left = made(step, rows, folder, LocalExecutor(1))
        assert_frame_equal(found, expected)
        assert left == files
