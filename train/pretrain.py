"""Pre-train a small Llama from scratch.

    python -m train.pretrain --config pretrain.yaml

Documents are joined by the end-of-text token and cut into sequences of `max_length` tokens, so that no
position is padding (as GPT-2 and Llama were trained).
"""

from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind
from seimai.step import Ref, Training
from train import shards
from train.before_after import Texts, general_texts, perplexity_metrics, perplexity_rows
from train.held_out import split
from train.model import load_tokenizer, save
from train.process import run
from train.script import Config, main
from train.trainer import arguments, last_checkpoint, progress


class Pretrain(Training):
    """A Llama with new weights, trained on the documents.

    Measured before (with random weights) and after: perplexity on held-out documents, and on `general`.
    The optimiser is that of Llama 2 (Touvron et al. 2023, arXiv:2307.09288): AdamW with betas 0.9 and 0.95,
    weight decay 0.1, a cosine schedule after a short warm-up.
    """

    takes: ClassVar[Kind | None] = "documents"

    tokenizer: Ref = Field(description="an entry made by train.tokenizer, a folder or a hub id")
    hidden_size: int = Field(256, ge=8, description="width of the model")
    layers: int = Field(6, ge=1, description="transformer blocks")
    heads: int = Field(4, ge=1, description="attention heads; divides hidden_size")
    max_length: int = Field(512, ge=8, description="tokens a sequence")
    epochs: float = Field(1.0, gt=0, description="passes over the documents")
    learning_rate: float = Field(1e-3, gt=0, description="peak; small models bear more (Llama 2 7B: 3e-4)")
    batch_size: int = Field(16, ge=1, description="sequences a step")
    general: Ref | None = Field(
        None, description="JSONL with `text`, or an entry: general text to measure on"
    )
    save_steps: int | None = Field(None, ge=1, description="steps between checkpoints; null: none")

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.hidden_size % (2 * self.heads):
            raise ValueError(f"hidden_size {self.hidden_size} is no even multiple of {self.heads} heads")
        return self

    def train(self, rows: Rows, job: Job) -> dict[str, Any]:
        """Train in a process of its own; the model lies in `job.out`."""
        return run(self, rows, job)


def fit(step: Pretrain, config: Config) -> dict[str, Any]:
    """Train from random weights."""
    from transformers import set_seed
    from trl import SFTConfig, SFTTrainer  # pyright: ignore[reportPrivateImportUsage]

    tokenizer = load_tokenizer(config.locate(step.tokenizer))
    documents = shards.load(config, ["text"])
    full = [number for number, text in enumerate(documents["text"]) if text and text.strip()]
    left_out = {"empty": len(documents) - len(full)}
    shards.need(len(full), len(documents), left_out)
    seen, held_out = ([full[i] for i in part] for part in split(len(full), config.seed))
    texts = Texts(
        general_texts(config, step.general) | {"held-out documents": documents.select(held_out)["text"][:]},
        step.max_length,
    )
    set_seed(config.seed)
    trainer: Any = SFTTrainer(
        model=_llama(step, tokenizer),
        args=SFTConfig(
            **arguments(config, save_steps=step.save_steps),
            num_train_epochs=step.epochs,
            per_device_train_batch_size=step.batch_size,
            learning_rate=step.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=0.05,
            adam_beta2=0.95,
            weight_decay=0.1,
            max_length=step.max_length,
            packing=True,
            packing_strategy="wrapped",
        ),
        train_dataset=documents.select(seen),
        processing_class=tokenizer,
        callbacks=[progress(step.path())],
    )
    before = texts.measure(trainer.model, tokenizer)
    trainer.train(resume_from_checkpoint=last_checkpoint(config))
    after = texts.measure(trainer.model, tokenizer)
    save(trainer.model, tokenizer, config.out)
    return {
        "rows": {"trained": len(seen), "held_out": len(held_out), "left_out": left_out},
        "parameters": trainer.model.num_parameters(),
        "steps": trainer.state.global_step,
        "perplexity": perplexity_metrics(before, after),
        "before_after": perplexity_rows(before, after),
    }


def _llama(step: Pretrain, tokenizer: Any) -> Any:
    """A model with random weights; input and output embeddings are shared, which suits small models."""
    from transformers import LlamaConfig, LlamaForCausalLM

    turn_end = tokenizer.get_vocab().get("<|im_end|>")
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=step.hidden_size,
            # 8/3 of the width keeps the size of a block with a plain feed-forward layer (Shazeer 2020,
            # arXiv:2002.05202).
            intermediate_size=-(-step.hidden_size * 8 // 3 // 8) * 8,
            num_hidden_layers=step.layers,
            num_attention_heads=step.heads,
            max_position_embeddings=step.max_length,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    ends = [token for token in (tokenizer.eos_token_id, turn_end) if token is not None]
    model.generation_config.eos_token_id = ends
    return model


if __name__ == "__main__":
    main(Pretrain, fit)
