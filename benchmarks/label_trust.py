"""A simulated labelling session with planted faults, for docs/label-trust.md.

Run as: python benchmarks/label_trust.py FOLDER, then in FOLDER:
seimai label report session.answers.jsonl --pairs pairs --gold gold.jsonl
"""

import json
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from label.pull import Response, write_capture
from label.sides import on_the_left
from label.trust.dawid_skene import truths
from label.trust.votes import tabulate
from label.verdict import KINDS, decide
from seimai.dataset import write_manifest
from seimai.rows import origin_of, row_id, schema

PAIRS = 400
# Share of answers that are read; the others are guesses. Tanaka presses A in 35 % of the answers that
# choose, Watanabe reads 25 % from the middle on, Kyu takes 2 to 6 seconds.
READS = {"佐藤": 0.92, "鈴木": 0.88, "高橋": 0.85, "田中": 0.8, "渡辺": 0.85, "急": 0.35}


def pairs(generator: np.random.Generator) -> tuple[pl.DataFrame, dict[str, str]]:
    """Pairs of texts of 80 to 500 characters, and what is true of each."""
    rows, true = [], {}
    for i in range(PAIRS):
        chosen, rejected = (int(generator.integers(80, 500)) for _ in range(2))
        texts = (f"問い{i}。" * 5, "あ" * chosen, "い" * rejected)
        roles = ("user", "assistant", "assistant")
        turns = [[{"role": role, "content": text}] for role, text in zip(roles, texts, strict=True)]
        row = dict(zip(("prompt", "chosen", "rejected"), turns, strict=True))
        rows.append({"id": row_id(*texts), "origin": origin_of(["p"]), "label_source": "rule", **row})
        true[rows[-1]["id"]] = str(generator.choice(KINDS, p=[0.5, 0.3, 0.12, 0.08]))
    return pl.DataFrame(rows, schema=schema("pairs")), true


def answers(generator: np.random.Generator, true: dict[str, str]) -> list[Response]:
    """Three reviewers a pair."""
    given = []
    clock = {who: datetime(2026, 11, 2, 9) + timedelta(minutes=3 * k) for k, who in enumerate(READS)}
    for k, (pair, kind) in enumerate(true.items()):
        left = on_the_left(pair, 17)
        for who in generator.choice(list(READS), size=3, replace=False).tolist():
            reads = 0.25 if who == "渡辺" and k >= PAIRS / 2 else READS[who]
            said = kind if generator.random() < reads else str(generator.choice(KINDS[:3]))
            if who == "田中" and said in ("chosen", "rejected") and generator.random() < 0.35:
                said = left
            seconds = generator.uniform(2, 6) if who == "急" else generator.lognormal(np.log(75), 0.4)
            clock[who] += timedelta(seconds=float(seconds))
            press = "a" if said == left else "b" if said in ("chosen", "rejected") else said
            given.append(Response(pair, who, press, None, clock[who].isoformat(), left))
    return given


def main(folder: Path) -> None:
    """Write the session and say how often each way of joining the answers is right."""
    generator = np.random.default_rng(17)
    frame, true = pairs(generator)
    given = answers(generator, true)
    dataset = folder / "pairs"
    (dataset / "kept").mkdir(parents=True, exist_ok=True)
    frame.write_parquet(dataset / "kept/0.parquet")
    shards = {"kept": [{"path": "kept/0.parquet", "rows": PAIRS}], "dropped": []}
    write_manifest(dataset, {"kind": "pairs", "hash": "0", "shards": shards})
    write_capture(folder / "session.answers.jsonl", given)
    gold = (json.dumps({"pair": pair, "answer": true[pair]}) + "\n" for pair in list(true)[::8])
    (folder / "gold.jsonl").write_text("".join(gold), "utf-8")

    votes, by_pair = tabulate(given), defaultdict(list)
    for response in votes.responses:
        by_pair[response.pair].append(response)
    majority = np.mean([decide(by_pair[p]).winner == true[p] for p in votes.pairs])
    best = truths(votes).posterior.argmax(axis=1)
    model = np.mean([KINDS[j] == true[p] for p, j in zip(votes.pairs, best, strict=True)])
    print(f"right: majority {majority:.1%}, Dawid-Skene {model:.1%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
