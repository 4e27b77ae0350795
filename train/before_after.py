"""The same measurement before and after training, as rows of one table."""

from dataclasses import dataclass, field
from typing import Any, Literal

from train.held_out import read
from train.perplexity import Perplexity, of_sequences, of_texts
from train.script import Config


@dataclass(frozen=True)
class Texts:
    """Texts to measure perplexity on, by the name under which the table shows them."""

    sets: dict[str, list[str]]
    max_length: int
    sequences: dict[str, list[list[int]]] = field(default_factory=dict[str, list[list[int]]])
    """Sets that are tokens already."""

    def measure(self, model: Any, tokenizer: Any) -> dict[str, Perplexity]:
        """Perplexity on each set that is not empty."""
        texts = {
            name: of_texts(model, tokenizer, texts, max_length=self.max_length)
            for name, texts in self.sets.items()
            if texts
        }
        return texts | {
            name: of_sequences(model, tokenizer, some) for name, some in self.sequences.items() if some
        }


def general_texts(config: Config, general: str | None) -> dict[str, list[str]]:
    """The general texts that a recipe names, under that name."""
    if general is None:
        return {}
    return {general: [record["text"] for record in read(config.locate(general), ["text"])]}


def row(
    measure: str, on: str, before: float, after: float, *, better: Literal["lower", "higher"]
) -> dict[str, str | float]:
    """A row of the table."""
    return {"measure": measure, "on": on, "before": before, "after": after, "better": better}


def perplexity_rows(
    before: dict[str, Perplexity], after: dict[str, Perplexity]
) -> list[dict[str, str | float]]:
    """Rows for sets that were measured twice."""
    return [row("perplexity", on, before[on].per_token, after[on].per_token, better="lower") for on in before]


def perplexity_metrics(before: dict[str, Perplexity], after: dict[str, Perplexity]) -> dict[str, Any]:
    """The full measurements, for the manifest."""
    return {on: {"before": before[on].as_metrics(), "after": after[on].as_metrics()} for on in before}
