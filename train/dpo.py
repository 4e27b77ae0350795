"""Teach a model a preference directly from pairs (Rafailov et al. 2023, arXiv:2305.18290).

python -m train.dpo --config dpo.yaml
"""

from collections import Counter
from typing import Any, ClassVar, Literal

from pydantic import Field

from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind
from seimai.step import Ref, Training
from train import shards
from train.before_after import Texts, general_texts, perplexity_metrics, perplexity_rows, row
from train.chat_template import give_template
from train.held_out import read, split
from train.lora import Lora
from train.model import full_model, load_config, load_tokenizer, save
from train.preference import EncodedPair, Messages, Preference, encode, preference
from train.process import run
from train.script import Config, main
from train.trainer import arguments, last_checkpoint, progress, weights_type

SIDES = ["prompt", "chosen", "rejected"]


class Dpo(Training):
    """A model that prefers the chosen answers.

    Pairs with an empty side or the same answer twice (also when that is so only within `max_length`) are
    left out and counted: their gradient is nothing, and yet Adam moves the weights by it. Measured before
    and after: accuracy and margin of the preference on held-out pairs, and perplexity on `general`, since a
    model can learn the preference perfectly and forget its language; DPO's own rewards do not show that.
    """

    takes: ClassVar[Kind | None] = "pairs"

    model: Ref = Field(
        description="the model to start from: an entry, a folder or a hub id; an adapter is merged"
    )
    lora: Lora | None = Field(None, description="train an adapter, as {r: 16}; null: all weights")
    beta: float = Field(0.1, gt=0, description="how much a step away from the model at the start costs")
    loss: Literal["sigmoid", "sigmoid_norm", "hinge", "ipo", "apo_zero", "apo_down"] = Field(
        "sigmoid",
        description="TRL's loss type; sigmoid is the paper's, ipo and sigmoid_norm weigh tokens, not answers",
    )
    max_length: int = Field(
        1024, ge=8, description="tokens of prompt and answer; longer ones are cut at the end"
    )
    epochs: float = Field(1.0, gt=0, description="passes over the pairs")
    learning_rate: float | None = Field(
        None, gt=0, description="peak; null: 5e-7 for all weights, 5e-6 for an adapter (TRL's examples)"
    )
    batch_size: int = Field(8, ge=1, description="pairs a step")
    held_out: Ref | None = Field(
        None,
        description="JSONL of pairs, or an entry, to measure on; null: a part of the rows, not trained on",
    )
    general: Ref | None = Field(
        None, description="JSONL with `text`, or an entry: general text to measure on"
    )
    save_steps: int | None = Field(None, ge=1, description="steps between checkpoints; null: none")

    def train(self, rows: Rows, job: Job) -> dict[str, Any]:
        """Train in a process of its own; the model or adapter lies in `job.out`."""
        return run(self, rows, job)


def fit(step: Dpo, config: Config) -> dict[str, Any]:
    """Train on the pairs."""
    from trl import DPOConfig, DPOTrainer  # pyright: ignore[reportPrivateImportUsage]

    place = config.locate(step.model)
    tokenizer = load_tokenizer(place)
    base = full_model(place, into=(config.out if step.lora else config.work) / "base")
    load_config(base, tokenizer)
    give_template(tokenizer)
    pairs = shards.load(config, SIDES)
    left_out = Counter(empty=0, same=0)
    usable: dict[int, EncodedPair] = {}
    for number, pair in enumerate(pairs):
        reason, encoded = _check(tokenizer, pair, step.max_length)
        if encoded is None:
            left_out[reason] += 1
        else:
            usable[number] = encoded
    shards.need(len(usable), len(pairs), left_out)
    numbers = list(usable)
    if step.held_out is None:
        seen, held_out = split(len(numbers), config.seed)
        measured = [usable[numbers[i]] for i in held_out]
    else:
        seen = list(range(len(numbers)))
        checked = [
            _check(tokenizer, p, step.max_length)[1] for p in read(config.locate(step.held_out), SIDES)
        ]
        measured = [encoded for encoded in checked if encoded is not None]
    texts = Texts(general_texts(config, step.general), step.max_length)
    trainer: Any = DPOTrainer(
        model=base,
        args=DPOConfig(
            **arguments(config, save_steps=step.save_steps),
            model_init_kwargs={"dtype": weights_type(frozen=step.lora is not None)},
            num_train_epochs=step.epochs,
            per_device_train_batch_size=step.batch_size,
            learning_rate=step.learning_rate or (5e-6 if step.lora else 5e-7),
            beta=step.beta,
            loss_type=[step.loss],
            max_length=step.max_length,
            # The reference is asked once for each pair, not once an epoch, and need not stay in memory.
            precompute_ref_log_probs=True,
        ),
        train_dataset=pairs.select([numbers[i] for i in seen]),
        processing_class=tokenizer,
        peft_config=step.lora.for_peft() if step.lora else None,
        callbacks=[progress(step.path())],
    )
    before, liked = texts.measure(trainer.model, tokenizer), _liked(trainer.model, measured)
    trainer.train(resume_from_checkpoint=last_checkpoint(config))
    after, likes = texts.measure(trainer.model, tokenizer), _liked(trainer.model, measured)
    save(trainer.model, tokenizer, config.out, base=base if step.lora else None, given=step.model)
    on = step.held_out or "held-out pairs"
    return {
        "rows": {
            "trained": len(seen),
            "held_out": len(measured),
            "left_out": dict(left_out),
            "cut": sum(usable[numbers[i]].truncated for i in seen),
        },
        "steps": trainer.state.global_step,
        "perplexity": perplexity_metrics(before, after),
        "preference": {"before": vars(liked), "after": vars(likes)} if liked and likes else None,
        "before_after": [*_preference_rows(on, liked, likes), *perplexity_rows(before, after)],
    }


def _check(tokenizer: Any, pair: dict[str, Messages], max_length: int) -> tuple[str, EncodedPair | None]:
    """The pair as tokens, or the reason why nothing can be learnt from it."""
    if not all(pair[side] and any((m["content"] or "").strip() for m in pair[side]) for side in SIDES):
        return "empty", None
    encoded = encode(tokenizer, pair, max_length=max_length)
    return ("same", None) if encoded.is_same else ("", encoded)


def _liked(model: Any, pairs: list[EncodedPair]) -> Preference | None:
    return preference(model, pairs) if pairs else None


def _preference_rows(
    on: str, before: Preference | None, after: Preference | None
) -> list[dict[str, str | float]]:
    if before is None or after is None:
        return []
    return [
        row("preference accuracy", on, before.accuracy, after.accuracy, better="higher"),
        row("preference margin", on, before.margin, after.margin, better="higher"),
    ]


if __name__ == "__main__":
    main(Dpo, fit)
