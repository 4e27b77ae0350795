"""A reward model scores each response."""

from collections.abc import Iterator
from contextlib import closing
from math import exp
from typing import ClassVar

import polars as pl
from pydantic import Field

from generate.asks import model_name
from generate.judging.llm_judge import judge_name
from generate.judging.measuring import Measurements, measured
from generate.judging.scores import Score
from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind
from seimai.step import Ref, Rewrite


class JudgeReward(Rewrite):
    """Score each response by a reward model: a sequence classifier with one output and a chat template.

    The reward r has no scale of its own; the score is 1 / (1 + exp(-r / temperature)), as such models are
    trained to the Bradley-Terry probability 1 / (1 + exp(r2 - r1)) that one response is better than another
    (Ouyang et al. 2022, https://arxiv.org/abs/2203.02155, section 3.5): a score says how likely the response
    beats one of reward 0. A model whose rewards lie far from 0 puts all scores near 1: raise `temperature`
    until the margins spread. `why` holds the reward itself.
    """

    takes: ClassVar[Kind | None] = "candidates"
    keeps_columns: ClassVar[bool] = True

    model: Ref = Field(description="an entry, a model's folder or a hub id")
    temperature: float = Field(1.0, gt=0, description="what the reward is divided by before the sigmoid")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Measure what is not measured yet, then add the scores, in the order of the rows.

        Raises:
            SeimaiError: if the model cannot be loaded, or has not one output and a chat template.
        """
        from generate.engines.model_files import find_model
        from generate.judging.reward_model import RewardModel

        place, name = job.locate(self.model), model_name(self.model)
        setting = "" if self.temperature == 1 else f"t{self.temperature:g}"
        with closing(Measurements(job, name, place, "rewards.jsonl")) as rewards:
            rewards.take(rows, lambda: RewardModel(find_model(place)))
            judge = judge_name("reward", name, setting)
            yield from measured(
                rows, job, self.path(), judge, [rewards], lambda found: self._score(found[0].text)
            )

    def _score(self, reward: str) -> Score:
        # Beyond this exp overflows, and the score is 0 or 1 to any precision.
        scaled = max(-500.0, min(500.0, float(reward) / self.temperature))
        return Score(round(1 / (1 + exp(-scaled)), 6), f"reward {float(reward):.4f}")
