"""How probable a model holds each response, by itself or against a second model."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from math import exp
from typing import ClassVar

import polars as pl
from pydantic import Field

from generate.asks import model_name
from generate.engine import Candidate
from generate.judging.llm_judge import judge_name
from generate.judging.measuring import Measurements, measured
from generate.judging.scores import Score
from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind
from seimai.step import Ref, Rewrite


class JudgeLikelihood(Rewrite):
    """Score each response by how probable a model holds its tokens after the prompt.

    Alone, the score is the geometric mean of the tokens' probabilities, exp(mean ln p): what the model finds
    natural, which is not what is right. With `reference` it is 1 / (1 + exp(-beta * margin)), the margin
    being ln p under the model less ln p under the reference, summed over the response: DPO's implicit reward
    (Rafailov et al. 2023, https://arxiv.org/abs/2305.18290, section 4), which says how far training has moved
    the model towards a response. The models are loaded one after the other, in this process.
    """

    takes: ClassVar[Kind | None] = "candidates"
    keeps_columns: ClassVar[bool] = True

    model: Ref = Field(description="an entry, a model's folder or a hub id")
    reference: Ref | None = Field(None, description="the model to compare with, such as the one before DPO")
    beta: float = Field(0.1, gt=0, description="what the margin is multiplied with, as in training")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Measure what is not measured yet, then add the scores, in the order of the rows.

        Raises:
            SeimaiError: if a model cannot be loaded.
        """
        from generate.engines.model_files import find_model
        from generate.judging.likelihood import LikelihoodModel

        models = [m for m in (self.model, self.reference) if m is not None]
        with ExitStack() as stack:
            taken: list[Measurements] = []
            for number, model in enumerate(models):
                place = job.locate(model)
                file = f"likelihoods-{number}.jsonl"
                taken.append(stack.enter_context(closing(Measurements(job, model_name(model), place, file))))
                taken[-1].take(rows, lambda place=place: LikelihoodModel(find_model(place)))
            setting = f"beta{self.beta:g}" if self.reference and self.beta != 0.1 else ""
            judge = judge_name("likelihood", *map(model_name, models), setting)
            yield from measured(rows, job, self.path(), judge, taken, self._score)

    def _score(self, found: Sequence[Candidate]) -> Score:
        own, tokens = found[0].logprob or 0.0, found[0].tokens
        mean = own / tokens
        why = f"mean ln p {mean:.4f} over {tokens} tokens"
        if len(found) == 1:
            return Score(round(exp(mean), 6), why)
        margin = own - (found[1].logprob or 0.0)
        # Beyond this exp overflows, and the score is 0 or 1 to any precision.
        scaled = max(-500.0, min(500.0, self.beta * margin))
        return Score(round(1 / (1 + exp(-scaled)), 6), f"margin {margin:.4f}; {why}")
