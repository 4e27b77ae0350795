"""Pairs, chats and labels from real answers: how many come, how many are right, what length has to do.

    python benchmarks/pairs.py ../shared/data

`instruct/scored_answers_shaberi` has 249 prompts with 16 models' answers, scored by one to six LLM judges.
Pairs are made from the scores of GPT-4.1, which saw all answers, and from the rules'. Right is a pair that
the other judges, where one of them saw both answers, decide the same way; pairs on which they are even do not
count. The same seed gives the same pairs.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from generate.chats import Chats
from generate.judge import Judge
from generate.labels import Labels
from generate.pairs import Pairs
from seimai.dataset import Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from seimai.rows import origin_of, row_id, schema
from seimai.step import Rewrite

ANSWERS = "instruct/scored_answers_shaberi.jsonl.zst"
JUDGE = "gpt-4.1-2025-04-14"
POLICY = "sbintuitions/sarashina2.2-3b-instruct-v0.1"

Scores = dict[str, dict[str, float]]
"""From a response's id to the judges' scores, from 0 to 1."""


def answers(folder: Path) -> Iterator[dict[str, Any]]:
    """The records of the file."""
    import zstandard

    with (folder / ANSWERS).open("rb") as f:
        for line in zstandard.ZstdDecompressor().stream_reader(f).read().splitlines():
            yield json.loads(line)


def candidates(folder: Path) -> tuple[pl.DataFrame, Scores]:
    """One row a prompt, judged by GPT-4.1 and by the rules; and the scores of the other judges."""
    prompts: dict[str, dict[str, Any]] = {}
    others: Scores = {}
    for record in answers(folder):
        key = row_id(record["dataset"], record["qid"])
        row = prompts.setdefault(
            key,
            {
                "id": key,
                "origin": origin_of([]),
                "prompt": [{"role": "user", "content": record["prompt"]}],
                "responses": [],
                "source": record["source"],
                "license": record["license"],
                "meta": None,
            },
        )
        scores = {judge: score / record["scale"] for judge, score in record["scores"].items()}
        name = row_id(key, record["model"])
        given = {"judge": JUDGE, "score": scores.pop(JUDGE), "why": None}
        others[name] = scores
        row["responses"].append(
            {
                "id": name,
                "text": record["answer"],
                "engine": "written",
                "model": record["model"],
                "sampling": None,
                "scores": [given],
            }
        )
    frame = pl.DataFrame(list(prompts.values()), schema=schema("candidates"))
    return Judge().apply(frame), others


def made(step: Rewrite, rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, Any]]:
    """What a step makes of the rows, and what it measures."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        write_parquet(rows, path)
        executor = LocalExecutor(1)
        work = Path(folder)
        job = Job("pairs", 17, work, work / "out", executor, Display().bar)
        frames = list(step.rewrite(Rows((Shard(path, rows.height),)), job))
        executor.close()
    measured = {line["measure"]: line["value"] for line in job.metrics["measures"]}
    return pl.concat(frames, how="diagonal_relaxed"), measured


def right(pairs: pl.DataFrame, others: Scores) -> str:
    """Of the pairs that other judges decide, how many they decide the same way."""
    same = decided = 0
    for meta in pairs["meta"].drop_nulls():
        judged = json.loads(meta)["judged"]
        better, worse = (others[judged[side]["response"]] for side in ("better", "worse"))
        shared = better.keys() & worse.keys()
        gap = mean(better[j] - worse[j] for j in shared) if shared else 0
        decided += gap != 0
        same += gap > 0
    return f"{100 * same / decided:.1f} % of {decided:,}" if decided else "-"


def table(judge: str, rows: pl.DataFrame, others: Scores) -> None:
    """Each pick, without and with caps on length."""
    picks: list[dict[str, Any]] = [
        {"pick": "best_worst"},
        {"pick": "best_worst", "min_margin": 0.4},
        {"pick": "best_worst", "max_length_gap": 200},
        {"pick": "best_worst", "max_length_ratio": 1.5},
        {"pick": "top_random"},
        {"pick": "top_random", "max_length_ratio": 1.5},
        {"pick": "all_above_margin"},
        {"pick": "all_above_margin", "at_most": 4},
        {"pick": "all_above_margin", "at_most": 4, "max_length_ratio": 1.5},
    ]
    print(f"\n{judge}\n| step | pairs | prompts without | right | longer chosen | median gap | gamma |")
    print("|---|---|---|---|---|---|---|")
    for parameters in picks:
        step = Pairs(judges=[judge], **parameters)
        found, measured = made(step, rows)
        pairs = found.filter(pl.col("chosen").is_not_null())
        gamma, longer, gap = measured.values()
        name = ", ".join(str(v) if k == "pick" else f"{k}: {v}" for k, v in parameters.items())
        print(
            f"| {name} | {pairs.height:,} | {found.height - pairs.height} | {right(pairs, others)} "
            f"| {100 * longer:.1f} % | {gap:+.0f} | {gamma} |"
        )


def main() -> None:
    """Print the tables."""
    rows, others = candidates(Path(sys.argv[1]))
    for judge in (JUDGE, "rules"):
        table(judge, rows, others)
    print()
    found, measured = made(Pairs(judges=[JUDGE], policy=POLICY, pick="all_above_margin", at_most=4), rows)
    print("with a policy:", measured)
    for chats in (Chats(judges=[JUDGE], at_least=0.8), Chats(judges=["rules"], at_least=0.95)):
        found, measured = made(chats, rows)
        print(f"chats by {chats.judges}: {found['messages'].drop_nulls().len()}", measured)
    for good, bad in ((0.8, 0.4), (0.9, 0.3)):
        for judge in (JUDGE, "rules"):
            found, measured = made(Labels(judges=[judge], good=good, bad=bad), rows)
            print(f"labels by {judge}, {good} and {bad}: right {labelled_right(found, others)}", measured)


def labelled_right(labels: pl.DataFrame, others: Scores) -> str:
    """Share of good responses whose other judges give 0.5 and more, and of bad ones below it."""
    shares: list[str] = []
    for good in (True, False):
        scores = [
            mean(others[json.loads(meta)["judged"]["response"]].values())
            for meta in labels.filter(pl.col("label") == good)["meta"]
            if others[json.loads(meta)["judged"]["response"]]
        ]
        agreeing = sum((s >= 0.5) == good for s in scores)
        shares.append(f"{'good' if good else 'bad'} {100 * agreeing / max(1, len(scores)):.0f} %")
    return ", ".join(shares)


if __name__ == "__main__":
    main()
