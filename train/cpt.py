"""Continue the pre-training of a model on documents of a domain.

python -m train.cpt --config cpt.yaml
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind
from seimai.step import Ref, Training
from train import packed, shards
from train.before_after import Texts, general_texts, perplexity_metrics, perplexity_rows
from train.held_out import split
from train.lora import Lora
from train.model import full_model, load_config, load_tokenizer, save
from train.process import run
from train.script import Config, main
from train.trainer import arguments, last_checkpoint, progress, weights_type


class Cpt(Training):
    """A model that has read the documents.

    Measured before and after: perplexity on held-out documents (it should fall) and on `general` (it should
    not rise much: what is new may not cost what was known). Documents held out here are new to the model
    only if it was not made from the same corpus before.

    Packed documents (`curate.pack`) are trained on as their token files have them, mapped into memory; what
    is held out and counted then are sequences of `max_length` tokens.
    """

    takes: ClassVar[Kind | None] = "documents"

    model: Ref = Field(
        description="the model to start from: an entry, a folder or a hub id; an adapter is merged"
    )
    lora: Lora | None = Field(None, description="train an adapter, as {r: 16}; null: all weights")
    max_length: int = Field(1024, ge=8, description="tokens a sequence")
    epochs: float = Field(1.0, gt=0, description="passes over the documents")
    learning_rate: float | None = Field(
        None,
        gt=0,
        description="peak; null: 2e-5 for all weights, 2e-4 for an adapter (TRL's example for SFT)",
    )
    batch_size: int = Field(8, ge=1, description="sequences a step")
    general: Ref | None = Field(
        None, description="JSONL with `text`, or an entry: general text to measure on"
    )
    save_steps: int | None = Field(None, ge=1, description="steps between checkpoints; null: none")

    def accepts(self, kind: Kind) -> bool:
        """Documents, also packed."""
        return kind in ("documents", "packed")

    def train(self, rows: Rows, job: Job) -> dict[str, Any]:
        """Train in a process of its own; the model or adapter lies in `job.out`."""
        return run(self, rows, job)


@dataclass(frozen=True)
class _Data:
    """What to train on, what to measure on, and how the Trainer is to take it."""

    train: Any
    texts: Texts
    rows: dict[str, Any]
    arguments: dict[str, Any]


def _documents(step: Cpt, config: Config) -> _Data:
    """Documents, joined and cut into full sequences as in pre-training."""
    documents = shards.load(config, ["text"])
    full = [number for number, text in enumerate(documents["text"]) if text and text.strip()]
    left_out = {"empty": len(documents) - len(full)}
    shards.need(len(full), len(documents), left_out)
    seen, held_out = ([full[i] for i in part] for part in split(len(full), config.seed))
    sets = {"held-out documents": documents.select(held_out)["text"][:]}
    return _Data(
        documents.select(seen),
        Texts(general_texts(config, step.general) | sets, step.max_length),
        {"trained": len(seen), "held_out": len(held_out), "left_out": left_out},
        {"max_length": step.max_length, "packing": True, "packing_strategy": "wrapped"},
    )


def _packed(step: Cpt, config: Config, tokenizer: Any) -> _Data:
    """Sequences of packed documents, as they are."""
    sequences = packed.load(config, tokenizer, step.max_length)
    seen, held_out = split(len(sequences), config.seed)
    measured = {"held-out sequences": sequences.select(held_out)["input_ids"][:]}
    return _Data(
        sequences.select(seen),
        Texts(general_texts(config, step.general), step.max_length, measured),
        {"trained": len(seen), "held_out": len(held_out), "left_out": {}},
        {"max_length": None, "dataset_kwargs": {"skip_prepare_dataset": True}},
    )


def fit(step: Cpt, config: Config) -> dict[str, Any]:
    """Train on documents or on packed documents."""
    from trl import SFTConfig, SFTTrainer  # pyright: ignore[reportPrivateImportUsage]

    place = config.locate(step.model)
    tokenizer = load_tokenizer(place)
    base = full_model(place, into=(config.out if step.lora else config.work) / "base")
    load_config(base, tokenizer)
    data = _packed(step, config, tokenizer) if packed.is_packed(config) else _documents(step, config)
    trainer: Any = SFTTrainer(
        model=base,
        args=SFTConfig(
            **arguments(config, save_steps=step.save_steps),
            model_init_kwargs={"dtype": weights_type(frozen=step.lora is not None)},
            num_train_epochs=step.epochs,
            per_device_train_batch_size=step.batch_size,
            learning_rate=step.learning_rate or (2e-4 if step.lora else 2e-5),
            lr_scheduler_type="cosine",
            warmup_steps=0.05,
            **data.arguments,
        ),
        train_dataset=data.train,
        processing_class=tokenizer,
        peft_config=step.lora.for_peft() if step.lora else None,
        callbacks=[progress(step.path())],
    )
    before = data.texts.measure(trainer.model, tokenizer)
    trainer.train(resume_from_checkpoint=last_checkpoint(config))
    after = data.texts.measure(trainer.model, tokenizer)
    save(trainer.model, tokenizer, config.out, base=base if step.lora else None, given=step.model)
    return {
        "rows": data.rows,
        "steps": trainer.state.global_step,
        "perplexity": perplexity_metrics(before, after),
        "before_after": perplexity_rows(before, after),
    }


if __name__ == "__main__":
    main(Cpt, fit)
