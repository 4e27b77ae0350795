"""Instruction data from judged candidates: rejection sampling."""

from collections.abc import Iterator
from typing import Any, ClassVar

import polars as pl
from pydantic import Field

from generate.asker import fault
from generate.meta import with_keys
from generate.pairing.likeness import ALIKE, similarity
from generate.pairing.scored import Scored, scored
from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.rows import Kind, origin_of, row_id, schema
from seimai.step import Rewrite


class Chats(Rewrite):
    """Keep the best response to each prompt as a chat, if it is good enough: rejection sampling.

    A response's score is the mean over its judges. Training on the best of several own answers is how Llama 2
    was tuned before PPO (Touvron et al. 2023, arXiv:2307.09288, section 3.2.3), and gives data for
    `train.sft` where there are prompts and no answers. With `at_most`, further responses that differ follow.

    Prompts that give no chat are given back as `unscored`, `too_low`, or `failed` where they have no
    messages. How many candidates were better than chance is measured: the share of responses that reach
    `at_least`, and the mean score of what is kept beside the mean of all.

    >>> texts = {"密閉して冷蔵庫に入れます。": 0.9, "棚。": 0.3}
    >>> found = Chats(at_least=0.7).kept([Scored(t, t, None, {"rules": s}) for t, s in texts.items()])
    >>> [response.text for response in found]
    ['密閉して冷蔵庫に入れます。']
    """

    takes: ClassVar[Kind | None] = "candidates"
    gives: ClassVar[Kind | None] = "chat"

    at_least: float = Field(0.8, description="least score of a response that is kept")
    at_most: int = Field(1, ge=1, description="most responses of one prompt, the best first")
    judges: list[str] = Field([], description="whose scores count; everyone's if left out")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the chats, then the rows without one, shard by shard.

        Raises:
            SeimaiError: if no response of all has a score.
        """
        bar = job.bar(f"{job.entry}: choosing", len(rows), "rows")
        seen, kept = list[float](), list[float]()
        for frame in rows.frames():
            chats, reasons, details = list[dict[str, Any]](), list[str | None](), list[str | None]()
            for row in frame.iter_rows(named=True):
                responses = scored(row["responses"], self.judges)
                seen += [r.score for r in responses]
                detail = fault(row["prompt"])
                found = self.kept(responses) if detail is None else []
                kept += [r.score for r in found]
                chats += [_chat(row, response) for response in found]
                reason = None if found else "failed" if detail else "too_low" if responses else "unscored"
                reasons.append(reason)
                details.append(detail)
            bar.advance(frame.height)
            bar.note(f"{len(kept):,} chats")
            yield pl.DataFrame(chats, schema=schema("chat"))
            back = frame.with_columns(
                pl.Series("reason", reasons, pl.String), pl.Series("detail", details, pl.String)
            )
            yield back.filter(pl.col("reason").is_not_null())
        if len(rows) and not seen:
            raise SeimaiError(f"{self.path()}: no response has a score: put generate.judge before it")
        job.metrics["measures"] = [{"step": self.path(), **line} for line in self._measures(seen, kept)]

    def kept(self, responses: list[Scored]) -> list[Scored]:
        """The best responses that are good enough and no near copies; of equals the earlier one."""
        found: list[Scored] = []
        for response in sorted(responses, key=lambda r: -r.score):
            if len(found) == self.at_most or response.score < self.at_least:
                break
            if all(similarity(response.text, other.text) < ALIKE for other in found):
                found.append(response)
        return found

    def _measures(self, seen: list[float], kept: list[float]) -> Iterator[dict[str, Any]]:
        reach = sum(score >= self.at_least for score in seen) / max(1, len(seen))
        yield {
            "measure": f"responses that reach {self.at_least:g}",
            "value": round(reach, 4),
            "unit": "share",
        }
        for measure, scores in (("mean score of all responses", seen), ("mean score of those kept", kept)):
            if scores:
                yield {"measure": measure, "value": round(sum(sorted(scores)) / len(scores), 3), "unit": ""}


def _chat(row: dict[str, Any], response: Scored) -> dict[str, Any]:
    return {
        "id": row_id(row["id"], response.id),
        "origin": origin_of([row["id"]]),
        "messages": [*row["prompt"], {"role": "assistant", "content": response.text}],
        "source": row.get("source"),
        "license": row.get("license"),
        "meta": with_keys(row.get("meta"), judged=response.account()),
    }
