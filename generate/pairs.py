"""Preference pairs from judged candidates."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from generate.asker import fault
from generate.meta import with_keys
from generate.pairing.length_bias import LengthBias
from generate.pairing.scored import Scored, label_source, scored
from generate.pairing.terms import NoPair, Pick, Terms, best_worst, top_random, widest
from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.rows import Kind, origin_of, row_id, schema
from seimai.step import Rewrite


@dataclass
class _Seen:
    """What was met on the way, over all rows."""

    scored: bool = False
    models: set[str] = field(default_factory=set[str])
    on_policy: int = 0
    pairs: int = 0
    bias: LengthBias = field(default_factory=LengthBias)


class Pairs(Rewrite):
    """Pair responses to one prompt, the better scored against the worse; the margin is their difference.

    A response's score is the mean over its judges. A pair is made only of texts that differ, and only when
    the margin is wide enough to mean something: among the rules' verdicts on pairs that LLM judges agree on
    (shaberi), those with a margin of 0.2 are right in 89 of 100, all of them in 79.

    - `best_worst`: the pair with the widest margin.
    - `top_random`: the best response and, drawn at random, one that is worse by the margin, which keeps more
      of the middle (Zephyr: Tunstall et al. 2023, arXiv:2310.16944).
    - `all_above_margin`: every two responses as far apart as that, the widest margins first; `at_most` keeps
      one prompt with many candidates from outweighing the others.

    Judges like long answers. `max_length_gap` and `max_length_ratio` leave only pairs of responses that are
    about as long; what length still has to do with the choice is measured either way.

    `policy` names the model that will be trained, as the responses name it: DPO learns most from its own
    answers. `meta.on_policy` then says of each pair whether both are its own; `meta.judged` has scores,
    models and lengths of the `better` and the `worse`.

    Prompts without a pair are given back as `too_few_responses` (fewer than two that every judge has seen),
    `off_policy` (fewer than two of the policy's, with `only_on_policy`), `no_margin`, `length_gap`,
    `near_identical`, or `failed` where the prompt has no messages.

    >>> texts = {"棚。": 0.3, "密閉して冷蔵庫に入れます。": 0.9}
    >>> found = Pairs().picked([Scored(t, t, None, {"rules": s}) for t, s in texts.items()])
    >>> [(pick.chosen.text, pick.rejected.text, pick.margin) for pick in found]
    [('密閉して冷蔵庫に入れます。', '棚。', 0.6)]
    """

    version: ClassVar[int] = 2
    takes: ClassVar[Kind | None] = "candidates"
    gives: ClassVar[Kind | None] = "pairs"

    pick: Literal["best_worst", "top_random", "all_above_margin"] = Field(
        "best_worst", description="which responses make the pairs"
    )
    min_margin: float = Field(0.2, ge=0, description="least difference between the two scores")
    judges: list[str] = Field(
        [], description="whose scores count, such as [rules, score]; everyone's if left out"
    )
    at_most: int | None = Field(None, ge=1, description="with all_above_margin: most pairs of one prompt")
    max_length_gap: int | None = Field(
        None, ge=0, description="most characters by which one response may be longer than the other"
    )
    max_length_ratio: float | None = Field(
        None, ge=1, description="how many times as long as the other one response may be at most"
    )
    policy: str | None = Field(None, description="the model that will be trained, as responses name it")
    only_on_policy: bool = Field(False, description="pairs of the policy's own responses only")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.at_most is not None and self.pick != "all_above_margin":
            raise ValueError(f"at_most goes with pick: all_above_margin; {self.pick} makes one pair")
        if self.only_on_policy and self.policy is None:
            raise ValueError("only_on_policy needs policy: the model that will be trained")
        return self

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the pairs, then the rows without one, shard by shard.

        Raises:
            SeimaiError: if no response of all has a score, or none is by the policy.
        """
        bar = job.bar(f"{job.entry}: pairing", len(rows), "rows")
        seen = _Seen()
        for frame in rows.frames():
            yield from self._paired(frame, job.seed, seen)
            bar.advance(frame.height)
            bar.note(f"{seen.pairs:,} pairs")
        if len(rows) and not seen.scored:
            whose = f" by {' and '.join(self.judges)}" if self.judges else ""
            raise SeimaiError(f"{self.path()}: no response has a score{whose}: put generate.judge before it")
        if self.policy is not None and seen.models and self.policy not in seen.models:
            raise SeimaiError(
                f"{self.path()}: no response is by policy: {self.policy}; they are by "
                + ", ".join(sorted(seen.models))
            )
        job.metrics["measures"] = self._measures(seen)

    def _paired(self, frame: pl.DataFrame, seed: int, seen: _Seen) -> Iterator[pl.DataFrame]:
        pairs, reasons, details = list[dict[str, Any]](), list[str | None](), list[str | None]()
        for row in frame.iter_rows(named=True):
            responses = scored(row["responses"], self.judges)
            seen.scored = seen.scored or bool(responses)
            seen.models |= {r.model for r in responses if r.model is not None}
            seen.bias.saw(responses)
            reason, detail = None, fault(row["prompt"])
            try:
                if detail is not None:
                    raise NoPair("failed")
                for pick in self.picked(responses, row_id(seed, row["id"])):
                    pairs.append(self._pair(row, pick))
                    seen.bias.made(pick)
                    seen.pairs += 1
                    seen.on_policy += self._is_on_policy(pick)
            except NoPair as e:
                reason = str(e)
            reasons.append(reason)
            details.append(detail)
        yield pl.DataFrame(pairs, schema=schema("pairs"))
        back = frame.with_columns(
            pl.Series("reason", reasons, pl.String), pl.Series("detail", details, pl.String)
        )
        yield back.filter(pl.col("reason").is_not_null())

    def picked(self, responses: list[Scored], draw: str = "") -> list[Pick]:
        """The pairs of one prompt; `draw` is what its random choices hang on.

        Raises:
            NoPair: if there is none; its text is the reason.
        """
        if self.only_on_policy:
            own = [r for r in responses if r.model == self.policy]
            if len(own) < 2 <= len(responses):
                raise NoPair("off_policy")
            responses = own
        terms = Terms(self.min_margin, self.max_length_gap, self.max_length_ratio)
        match self.pick:
            case "best_worst":
                return best_worst(responses, terms)
            case "top_random":
                return top_random(responses, terms, lambda r: row_id(draw, r.id))
            case "all_above_margin":
                return widest(responses, terms, self.at_most)

    def _is_on_policy(self, pick: Pick) -> bool:
        return self.policy is not None and pick.chosen.model == pick.rejected.model == self.policy

    def _pair(self, row: dict[str, Any], pick: Pick) -> dict[str, Any]:
        # Not `chosen` and `rejected`: people who disagree swap those, and the judges' opinion stays.
        judged = {"better": pick.chosen.account(), "worse": pick.rejected.account()}
        own = {"on_policy": self._is_on_policy(pick)} if self.policy is not None else {}
        return {
            "id": row_id(row["id"], pick.chosen.id, pick.rejected.id),
            "origin": origin_of([row["id"]]),
            "prompt": row["prompt"],
            "chosen": [{"role": "assistant", "content": pick.chosen.text}],
            "rejected": [{"role": "assistant", "content": pick.rejected.text}],
            "label_source": label_source(*pick),
            "votes": None,
            "agreement": None,
            "margin": pick.margin,
            "source": row.get("source"),
            "license": row.get("license"),
            "meta": with_keys(row.get("meta"), judged=judged, **own),
        }

    def _measures(self, seen: _Seen) -> list[dict[str, Any]]:
        found = seen.bias.measures()
        if self.policy is not None and seen.pairs:
            share = round(seen.on_policy / seen.pairs, 4)
            found.append({"measure": "pairs on policy", "value": share, "unit": "share"})
        return [{"step": self.path(), **line} for line in found]
