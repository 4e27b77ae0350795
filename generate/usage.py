"""What a model was asked and what it said, in tokens; and how fast."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from generate.engine import Candidate
from seimai.job import Job


@dataclass
class Usage:
    """Counts of one model on one engine. Those of all answers enter the manifest; times only the ledger."""

    engine: str
    model: str
    answers: int = 0
    failed: int = 0
    tokens_in: int = 0
    """Tokens of the prompts, once for each candidate: what engines that share the reading save is theirs."""
    tokens_out: int = 0
    _now_in: int = field(default=0, repr=False)
    _now_out: int = field(default=0, repr=False)
    _now_failed: int = field(default=0, repr=False)
    _seconds: float = field(default=0.0, repr=False)

    def count(self, candidate: Candidate) -> None:
        """Count an answer that is there, from this run or one before it."""
        self.answers += 1
        self.failed += candidate.error is not None
        self.tokens_in += candidate.prompt_tokens
        self.tokens_out += candidate.tokens

    def came(self, candidates: Iterable[Candidate]) -> None:
        """Count answers that came just now, for the speed."""
        for candidate in candidates:
            self._now_failed += candidate.error is not None
            self._now_in += candidate.prompt_tokens
            self._now_out += candidate.tokens

    def spent(self, seconds: float) -> None:
        """Count the time that the answers of one round took."""
        self._seconds += seconds

    def speed(self, seconds: float) -> str:
        """The speed of this run so far, `seconds` being those of the round that goes on."""
        seconds = max(self._seconds + seconds, 1e-6)
        failed = f", {self._now_failed:,} failed" if self._now_failed else ""
        return f"{self._now_in / seconds:,.0f} tokens/s in, {self._now_out / seconds:,.0f} out{failed}"

    def tell(self, job: Job) -> None:
        """Hand the counts to the manifest and the times to the ledger."""
        counts = {name: value for name, value in asdict(self).items() if not name.startswith("_")}
        job.metrics.setdefault("usage", []).append(counts)
        if self._seconds:
            spent = {"in": self._now_in, "out": self._now_out, "seconds": round(self._seconds, 3)}
            job.times.setdefault("usage", []).append({"engine": self.engine, "model": self.model, **spent})
