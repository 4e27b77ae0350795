"""Tune a model on conversations: what the assistant says is learnt, what it is told is not.

python -m train.sft --config sft.yaml
"""

from collections import Counter
from typing import Any, ClassVar

from pydantic import Field

from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind
from seimai.step import Ref, Training
from train import shards
from train.before_after import Texts, general_texts, perplexity_metrics, perplexity_rows
from train.chat_template import give_template, training_template
from train.held_out import split
from train.likelihood import Scored
from train.lora import Lora
from train.model import full_model, load_config, load_tokenizer, save
from train.perplexity import Perplexity, of_answers
from train.process import run
from train.script import Config, main
from train.trainer import arguments, last_checkpoint, progress, weights_type


class Sft(Training):
    """A model that answers as the assistant of the conversations does.

    Conversations without an assistant's turn within `max_length` are left out and counted, as are those
    that are cut. Measured before and after: perplexity of held-out answers, and of `general` text.
    """

    takes: ClassVar[Kind | None] = "chat"

    model: Ref = Field(
        description="the model to start from: an entry, a folder or a hub id; an adapter is merged"
    )
    lora: Lora | None = Field(None, description="train an adapter, as {r: 16}; null: all weights")
    max_length: int = Field(1024, ge=8, description="tokens a conversation; longer ones are cut at the end")
    epochs: float = Field(2.0, gt=0, description="passes over the conversations")
    learning_rate: float | None = Field(
        None, gt=0, description="peak; null: 2e-5 for all weights, 2e-4 for an adapter (TRL's examples)"
    )
    batch_size: int = Field(8, ge=1, description="conversations a step")
    general: Ref | None = Field(
        None, description="JSONL with `text`, or an entry: general text to measure on"
    )
    save_steps: int | None = Field(None, ge=1, description="steps between checkpoints; null: none")

    def train(self, rows: Rows, job: Job) -> dict[str, Any]:
        """Train in a process of its own; the model or adapter lies in `job.out`."""
        return run(self, rows, job)


def fit(step: Sft, config: Config) -> dict[str, Any]:
    """Train on the assistant's turns."""
    from trl import SFTConfig, SFTTrainer  # pyright: ignore[reportPrivateImportUsage]

    place = config.locate(step.model)
    tokenizer = load_tokenizer(place)
    base = full_model(place, into=(config.out if step.lora else config.work) / "base")
    load_config(base, tokenizer)
    give_template(tokenizer)
    template = training_template(tokenizer)
    chats = shards.load(config, ["messages"])
    encoded = [_encode(tokenizer, messages, template) for messages in chats["messages"]]
    left_out = Counter(no_assistant_turn=0, cut_before_the_answer=0, cut=0)
    usable: list[int] = []
    for number, chat in enumerate(encoded):
        if not any(chat.counts):
            left_out["no_assistant_turn"] += 1
        elif not any(chat.counts[: step.max_length]):
            left_out["cut_before_the_answer"] += 1
        else:
            usable.append(number)
            left_out["cut"] += len(chat.ids) > step.max_length
    cut = left_out.pop("cut")
    shards.need(len(usable), len(chats), left_out)
    seen, held_out = split(len(usable), config.seed)
    answers = [_cut(encoded[usable[i]], step.max_length) for i in held_out]
    contents = [_answers(chats[usable[i]]["messages"]) for i in held_out]
    texts = Texts(general_texts(config, step.general), step.max_length)
    trainer: Any = SFTTrainer(
        model=base,
        args=SFTConfig(
            **arguments(config, save_steps=step.save_steps),
            model_init_kwargs={"dtype": weights_type(frozen=step.lora is not None)},
            num_train_epochs=step.epochs,
            per_device_train_batch_size=step.batch_size,
            learning_rate=step.learning_rate or (2e-4 if step.lora else 2e-5),
            max_length=step.max_length,
            assistant_only_loss=True,
        ),
        train_dataset=chats.select([usable[i] for i in seen]),
        processing_class=tokenizer,
        peft_config=step.lora.for_peft() if step.lora else None,
        callbacks=[progress(step.path())],
    )

    def measure() -> dict[str, Perplexity]:
        held = {"held-out answers": of_answers(trainer.model, answers, contents)} if answers else {}
        return texts.measure(trainer.model, tokenizer) | held

    before = measure()
    trainer.train(resume_from_checkpoint=last_checkpoint(config))
    after = measure()
    save(trainer.model, tokenizer, config.out, base=base if step.lora else None, given=step.model)
    return {
        "rows": {"trained": len(seen), "held_out": len(held_out), "left_out": dict(left_out), "cut": cut},
        "steps": trainer.state.global_step,
        "perplexity": perplexity_metrics(before, after),
        "before_after": perplexity_rows(before, after),
    }


def _encode(tokenizer: Any, messages: list[dict[str, str]], template: str | None) -> Scored:
    encoded = tokenizer.apply_chat_template(
        messages, return_dict=True, return_assistant_tokens_mask=True, chat_template=template
    )
    return Scored(encoded["input_ids"], [bool(m) for m in encoded["assistant_masks"]])


def _cut(chat: Scored, length: int) -> Scored:
    return Scored(chat.ids[:length], chat.counts[:length])


def _answers(messages: list[dict[str, str]]) -> str:
    return "".join(m["content"] for m in messages if m["role"] == "assistant")


if __name__ == "__main__":
    main(Sft, fit)
