"""Tiny trainings, each in its own process as in a run: their rows, and what they leave."""

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import polars as pl

from seimai.dataset import Rows, Shard
from seimai.job import Job
from seimai.rows import MESSAGES
from seimai.step import Training

SUBJECTS = ("精米機", "石抜機", "色彩選別機", "計量器", "除糠網", "搗精ばね", "主軸受", "昇降機")
ACTIONS = ("点検する", "掃除する", "交換する", "調整する", "注文する", "記録する")
TIMES = ("毎朝", "月に一度", "始業の前に", "冬のあいだ", "運転を止めてから")


def documents() -> list[str]:
    return [
        f"{when}{what}を{do}。{what}は米を白くする大切な機械なので、{when}必ず{do}こと。"
        for what in SUBJECTS
        for do in ACTIONS
        for when in TIMES
    ]


def said(role: str, content: str) -> list[dict[str, str]]:
    return [{"role": role, "content": content}]


def chats() -> list[list[dict[str, str]]]:
    return [
        said("user", f"{what}はいつ{do}のですか。")
        + said("assistant", f"{what}は{when}{do}ことになっています。")
        for what in SUBJECTS
        for do in ACTIONS[:3]
        for when in TIMES[:2]
    ]


def pairs() -> list[dict[str, Any]]:
    return [
        {
            "prompt": said("user", f"{what}を{do}にはどうしますか。"),
            "chosen": said("assistant", f"{when}{what}を{do}ようお願いいたします。"),
            "rejected": said("assistant", f"知らない。{what}など{do}な。"),
        }
        for what in SUBJECTS
        for do in ACTIONS[:4]
        for when in TIMES[:2]
    ]


@dataclass
class Recorded:
    """A bar that remembers, and can interrupt as a person does."""

    label: str
    total: float
    unit: str
    stop_at: float | None = None
    done: float = 0
    notes: list[str] = field(default_factory=list[str])

    def advance(self, amount: float = 1) -> None:
        self.done += amount
        if self.stop_at is not None and self.done >= self.stop_at:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass(frozen=True)
class Made:
    """What one training left."""

    folder: Path
    metrics: dict[str, Any]
    bars: list[Recorded]

    @property
    def model(self) -> Path:
        return self.folder / "model"

    def measured(self, measure: str, on: str) -> tuple[float, float]:
        """Before and after."""
        lines = [m for m in self.metrics["before_after"] if (m["measure"], m["on"]) == (measure, on)]
        assert len(lines) == 1
        return lines[0]["before"], lines[0]["after"]


def rows_of(frame: pl.DataFrame, folder: Path, shards: int = 2) -> Rows:
    """Write a frame as shards."""
    folder.mkdir(parents=True, exist_ok=True)
    size = -(-frame.height // shards)
    made: list[Shard] = []
    for number in range(shards):
        part = frame.slice(number * size, size)
        part.write_parquet(folder / f"{number}.parquet")
        made.append(Shard(folder / f"{number}.parquet", part.height))
    return Rows(tuple(made))


def do(
    step: Training, frame: pl.DataFrame | Rows, folder: Path, *, stop_at: float | None = None, **places: Path
) -> Made:
    """Train as the runner does, with the same seed always."""
    bars: list[Recorded] = []

    def bar(label: str, total: float, unit: str) -> Recorded:
        bars.append(Recorded(label, total, unit, stop_at))
        return bars[-1]

    (folder / "model").mkdir(parents=True, exist_ok=True)
    job = Job(
        entry=folder.name,
        seed=7,
        work=folder / "work",
        out=folder / "model",
        executor=cast("Any", Executor()),
        bar=bar,
        places=places,
    )
    rows = frame if isinstance(frame, Rows) else rows_of(frame, folder / "rows")
    return Made(folder, step.train(rows, job), bars)


def text_frame(texts: Iterable[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})


def chat_frame(messages: list[list[dict[str, str]]]) -> pl.DataFrame:
    return pl.DataFrame({"messages": messages}, schema={"messages": MESSAGES})


def pair_frame(records: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(records, schema=dict.fromkeys(("prompt", "chosen", "rejected"), MESSAGES))
