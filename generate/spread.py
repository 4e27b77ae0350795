"""How a set of prompts is spread over topics and wordings: measured and shown, nothing changes."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import polars as pl
import xxhash
from pydantic import Field

from generate.drafting.novelty import Pool
from generate.spreading.listing import page
from generate.spreading.topics import effective_topics, topics
from generate.spreading.vectors import effective_number, plain
from generate.spreading.wording import distinct, ending, most_common, opening
from seimai.dataset import Rows, write_atomically
from seimai.job import Job
from seimai.rows import Kind
from seimai.step import Rewrite

LOOKED_UP = 1000
"""Prompts whose most similar other one is looked for."""
ALIKE = 0.7
"""ROUGE-L over characters from which two prompts count as one (`generate.drafting.novelty`)."""


class Spread(Rewrite):
    """Measure how diverse prompts are, and list their topics; the rows go through as they are.

    What the user says last is measured, of up to `sample` rows. `effective_prompts` says to how many prompts
    without anything in common the set comes (the Vendi score of order 2); as a share of the prompts it is the
    figure to watch. `effective_topics` is the exponential of the entropy of the topics' sizes: it says
    whether a few topics dominate, not how far they lie apart: a narrow set falls into topics, too. `alike` is
    the share of prompts that have another one as similar as ROUGE-L 0.7; `generate.self_instruct` would not
    have kept both. `distinct_2` to `distinct_4` are the shares of different character n-grams. All of them
    depend on the number of prompts: compare sets of equal size, and know that `effective_prompts` cannot
    exceed the 1,024 places of a vector.

    The figures are in the manifest, under `metrics.spread`; `captured/topics.md` in the dataset lists the
    topics with examples, and the most common openings and ends.

    >>> from generate.spreading.vectors import effective_number, plain
    >>> round(effective_number(plain(["精米の手順は?", "自転車の修理は?", "俳句の季語は?"])), 2)
    2.98
    """

    takes: ClassVar[Kind | None] = "prompts"
    keeps_columns: ClassVar[bool] = True

    sample: int = Field(5000, ge=1, description="most prompts that are measured")

    def accepts(self, kind: Kind) -> bool:
        """Whatever a user's turn is in."""
        return kind in ("prompts", "candidates", "pairs", "labels", "chat")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the rows, and leave the figures and the list of topics in the dataset."""
        yield from rows.frames()
        texts = _texts(rows)
        drawn = sorted(texts, key=lambda text: (xxhash.xxh3_64_intdigest(text.encode(), job.seed), text))
        drawn = sorted(drawn[: self.sample])
        found = topics(drawn, job.seed)
        figures = _figures(drawn, job.seed)
        sizes = [topic.size for topic in found]
        figures |= {
            "prompts": len(texts),
            "topics": len(sizes),
            "effective_topics": round(effective_topics(sizes), 1),
            "largest_topic": round(max(sizes, default=0) / max(1, len(drawn)), 3),
        }
        job.metrics["spread"] = figures
        job.metrics["measures"] = [{"step": self.path(), **line} for line in _measures(figures)]
        job.out.mkdir(parents=True, exist_ok=True)
        write_atomically(job.out / "topics.md", page(figures, found).encode())


def _figures(texts: list[str], seed: int) -> dict[str, Any]:
    effective = effective_number(plain(texts))
    nearest = _nearest(texts, seed)
    lengths = np.quantile([len(t) for t in texts] or [0], [0.05, 0.5, 0.95])
    return {
        "measured": len(texts),
        "different": round(len(set(texts)) / max(1, len(texts)), 3),
        "effective_prompts": round(effective, 1),
        "effective_share": round(effective / max(1, len(texts)), 3),
        "alike": round(float((nearest >= ALIKE).mean()) if nearest.size else 0.0, 3),
        "nearest": {f"p{round(100 * q)}": round(float(np.quantile(nearest, q)), 3) for q in (0.5, 0.9, 0.99)}
        if nearest.size
        else {},
        **{f"distinct_{n}": round(distinct(texts, n), 3) for n in (2, 3, 4)},
        "characters": {f"p{q}": int(v) for q, v in zip((5, 50, 95), lengths, strict=True)},
        "openings": most_common([opening(t) for t in texts]),
        "ends": most_common([ending(t) for t in texts]),
    }


def _nearest(texts: list[str], seed: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Of up to 1,000 drawn prompts the similarity with the most similar other one."""
    pool = Pool()
    for number, text in enumerate(texts):
        pool.add(str(number), text)
    order = sorted(
        range(len(texts)), key=lambda i: (xxhash.xxh3_64_intdigest(f"{i} {texts[i]}".encode(), seed), i)
    )
    found = [pool.nearest(texts[i], but=str(i)) for i in order[:LOOKED_UP]]
    return np.array([near.similarity if near else 0.0 for near in found])


def _measures(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, measure, unit in (
        ("effective_prompts", "effective number of prompts", f"of {figures['measured']:,}"),
        ("effective_topics", "effective number of topics", f"of {figures['topics']:,}"),
        ("alike", "prompts with one that is alike", "share"),
        ("distinct_3", "different character trigrams", "share"),
    ):
        yield {"measure": measure, "value": figures[name], "unit": unit}


def _texts(rows: Rows) -> list[str]:
    """What the user says last in each row that has a user's turn, in an order that is not the rows'."""
    found: list[str] = []
    for frame in rows.frames():
        column = "messages" if "messages" in frame.columns else "prompt"
        for turns in frame[column].to_list():
            said = [t["content"] for t in turns or () if t and t["role"] == "user" and t["content"]]
            found += said[-1:]
    return sorted(found)
