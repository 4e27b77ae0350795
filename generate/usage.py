"""What a model was asked and what it said, in tokens; and how fast."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from generate.engine import Candidate
from seimai.job import Job


@dataclass
class Usage:
    """Counts of one model on one engine. Those of all answers enter the manifest; times only the ledger.

    Time is what passes between `start` and the last answer, in this run and, as the journal tells, in those
    before a kill; loading the model is no part of it.
    """

    engine: str
    model: str
    answers: int = 0
    failed: int = 0
    tokens_in: int = 0
    """Tokens of the prompts, once for each candidate: what engines that share the reading save is theirs."""
    tokens_out: int = 0
    _seconds: float = field(default=0.0, repr=False)
    _since: float | None = field(default=None, repr=False)
    _now: "Usage | None" = field(default=None, repr=False)
    """The counts of this run alone."""

    def start(self) -> None:
        """The model is asked from now on."""
        self._since = time.monotonic()

    def lap(self, candidates: Iterable[Candidate]) -> float:
        """Count answers that came just now for the speed; returns the seconds since those before them."""
        now = time.monotonic()
        seconds = now - self._since if self._since is not None else 0.0
        self._since = now
        self._now = self._now or Usage(self.engine, self.model)
        for candidate in candidates:
            self._now.count(candidate)
        self._now.spent(seconds)
        return seconds

    def count(self, candidate: Candidate) -> None:
        """Count an answer that is there, from this run or one before it."""
        self.answers += 1
        self.failed += candidate.error is not None
        self.tokens_in += candidate.prompt_tokens
        self.tokens_out += candidate.tokens

    def spent(self, seconds: float) -> None:
        """Count the time that an answer took, in this run or one before it."""
        self._seconds += seconds

    def speed(self) -> str:
        """The speed of this run so far, and what failed in it."""
        now = self._now or Usage(self.engine, self.model)
        seconds = max(now._seconds, 1e-6)
        failed = f", {now.failed:,} failed" if now.failed else ""
        return f"{now.tokens_in / seconds:,.0f} tokens/s in, {now.tokens_out / seconds:,.0f} out{failed}"

    def tell(self, job: Job) -> None:
        """Hand the counts to the manifest and the times to the ledger."""
        who = {"engine": self.engine, "model": self.model}
        tokens = {"tokens_in": self.tokens_in, "tokens_out": self.tokens_out}
        counts = {"answers": self.answers, "failed": self.failed}
        job.metrics.setdefault("usage", []).append({**who, **counts, **tokens})
        job.times.setdefault("usage", []).append({**who, **tokens, "seconds": round(self._seconds, 3)})
