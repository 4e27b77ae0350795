"""Judges beside recorded preferences, and the position bias that recorded verdicts hold.

    python benchmarks/judges.py ../shared/data [--models DIR ...] [--sample 40] [--ways pairwise likelihood]

`instruct/pref_pairs_shaberi` has 1,976 pairs that LLM judges agree on, `instruct/pref_human_edit_vs_mt` 525
machine translations and what people made of them. A pair counts for a judge that scores its two responses
differently. Each of `--models` (folders of Hugging Face's format) judges a sample of the short ones in three
ways: two at a time, by points (the mean of eight votes), and by likelihood.
`pref_ja_vicuna_pairwise_gpt4` has GPT-4's verdicts in both orders, which our report counts.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from generate.judge import Judge
from generate.judge_likelihood import JudgeLikelihood
from generate.judge_pairwise import JudgePairwise
from generate.judge_score import JudgeScore
from generate.judging.position import BothOrders, Winner, position_report
from seimai.dataset import Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.interval import wilson
from seimai.job import Job
from seimai.progress import Display
from seimai.rows import origin_of, row_id, schema
from seimai.step import Rewrite

SETS = ("pref_pairs_shaberi", "pref_human_edit_vs_mt")
VICUNA = "pref_ja_vicuna_pairwise_gpt4"
WINNERS: dict[str, Winner] = {"model_1": "first", "model_2": "second", "tie": "tie"}
WAYS: dict[str, Callable[[str], Rewrite]] = {
    "pairwise": lambda place: JudgePairwise(model=place),
    "score": lambda place: JudgeScore(model=place, votes=8),
    "likelihood": lambda place: JudgeLikelihood(model=place),
}
LONGEST = 300
"""Characters of prompt and both responses of a pair that a model judges, so that small models see all."""


def records(file: Path) -> Iterator[dict[str, Any]]:
    """The records of a file."""
    import zstandard

    with file.open("rb") as f:
        for line in zstandard.ZstdDecompressor().stream_reader(f).read().splitlines():
            yield json.loads(line)


def candidates(file: Path) -> pl.DataFrame:
    """One row a pair; which response stands first is drawn from the id."""
    rows: list[dict[str, Any]] = []
    for number, record in enumerate(records(file)):
        name = row_id(record["id"], number)
        prompt: Any = record["prompt"]
        turns = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        responses = [
            {"id": side, "text": record[side], "engine": "written", "scores": []}
            for side in sorted(("chosen", "rejected"), reverse=int(name, 16) % 2 == 1)
        ]
        rows.append({"id": name, "origin": origin_of([]), "prompt": turns, "responses": responses})
    columns = schema("candidates")
    return pl.DataFrame([{c: row.get(c) for c in columns} for row in rows], schema=columns)


def sample(rows: pl.DataFrame, n: int) -> pl.DataFrame:
    """Short pairs, drawn by their ids."""
    texts = pl.col("prompt").list.eval(pl.element().struct.field("content").str.len_chars()).list.sum()
    answers = pl.col("responses").list.eval(pl.element().struct.field("text").str.len_chars()).list.sum()
    return rows.filter(texts + answers <= LONGEST).sort("id").head(n)


def run(step: Rewrite, rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, Any]]:
    """What a step makes of the rows, and its metrics."""
    with TemporaryDirectory() as folder, Display() as display:
        path = Path(folder) / "rows.parquet"
        write_parquet(rows, path)
        work = Path(folder) / "work"
        work.mkdir()
        job = Job("judges", 17, work, work / "out", LocalExecutor(1), display.bar)
        frames = list(step.rewrite(Rows((Shard(path, rows.height),)), job))
        return pl.concat(frames, how="diagonal_relaxed"), job.metrics


def line(name: str, data: str, judged: pl.DataFrame, seconds: float) -> str:
    """A row of the table: pairs, decided share, right share with its interval."""
    right = wrong = 0
    for responses in judged["responses"].to_list():
        found = {r["id"]: r["scores"][-1]["score"] for r in responses}
        if None not in found.values():
            right += found["chosen"] > found["rejected"]
            wrong += found["chosen"] < found["rejected"]
    decided = right + wrong
    share = wilson(right, decided) if decided else None
    told = f"{share.share:.1%} | {share.low:.1%} to {share.high:.1%}" if share else "- | -"
    return (
        f"| {name} | {data} | {judged.height:,} | {decided / judged.height:.1%} | {told} "
        f"| {seconds / judged.height:.2f} |"
    )


def recorded(folder: Path) -> dict[str, Any]:
    """The position-bias report of GPT-4's verdicts."""
    found = Counter[BothOrders]()
    for record in records(folder / f"{VICUNA}.jsonl.zst"):
        found[BothOrders(WINNERS[record["winner_order1"]], WINNERS[record["winner_order2"]])] += 1
    return position_report(found)


def main(folder: Path, models: list[Path], size: int, ways: list[str]) -> None:
    """Print the table and the reports."""
    folder = folder / "instruct"
    print(f"GPT-4's verdicts in both orders: {json.dumps(recorded(folder))}\n")
    print(
        "| judge | pairs of | pairs | decided | right | 95 % | CPU s a pair |\n|---|---|--:|--:|--:|--:|--:|"
    )
    for data in SETS:
        rows = candidates(folder / f"{data}.jsonl.zst")
        started = time.process_time()
        print(line("rules", data, Judge().apply(rows), time.process_time() - started), flush=True)
        for model in models:
            place, short = str(model.resolve()), sample(rows, size)
            for way in ways:
                step = WAYS[way](place)
                started = time.process_time()
                judged, metrics = run(step, short)
                name = judged["responses"][0][0]["scores"][-1]["judge"]
                print(line(name, data, judged, time.process_time() - started), flush=True)
                if "position" in metrics:
                    print(f"|  position | {json.dumps(metrics['position'])} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", type=Path, nargs="*", default=[])
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--ways", nargs="*", choices=list(WAYS), default=list(WAYS))
    given = parser.parse_args()
    main(given.data, given.models, given.sample, given.ways)
