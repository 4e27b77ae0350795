"""A tiny model made on the spot, and the surroundings of a step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from seimai.dataset import Rows, Shard, write_parquet
from seimai.job import Job
from seimai.rows import origin_of, schema

TEXT = [
    "精米とは、玄米からぬかと胚芽を取り除いて白米にすることです。",
    "お米は涼しい場所で保存してください。",
    "機械の電源を切ってから掃除をしてください。",
]
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@dataclass
class Count:
    """A progress bar that only counts."""

    total: float
    done: float = 0
    notes: list[str] = field(default_factory=list)

    def advance(self, amount: float = 1) -> None:
        self.done += amount

    def already(self, amount: float) -> None:
        self.done += amount

    def note(self, text: str) -> None:
        self.notes.append(text)


class Serial:
    workers = 1

    def map(self, work: Callable[[Any], Any], tasks: Any) -> Iterator[Any]:
        return map(work, tasks)


def make_job(work: Path, places: dict[str, Path] | None = None, seed: int = 17) -> tuple[Job, list[Count]]:
    """A job, and the bars that it opens."""
    bars: list[Count] = []

    def bar(label: str, total: float, unit: str) -> Count:
        bars.append(Count(total))
        return bars[-1]

    work.mkdir(parents=True, exist_ok=True)
    return Job("candidates", seed, work, work / "out", Serial(), bar, places or {}), bars


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def make_rows(folder: Path, kind: Any, rows: list[dict[str, Any]], shards: int = 1) -> Rows:
    """Rows on disk; what a literal row leaves out is null."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(shards):
        part = [{"origin": origin_of([]), **row} for row in rows[number::shards]]
        columns = schema(kind)
        frame = pl.DataFrame([{c: r.get(c) for c in columns} for r in part], schema=columns)
        path = folder / f"{number:05d}.parquet"
        write_parquet(frame, path)
        made.append(Shard(path, frame.height))
    return Rows(tuple(made))


def save_tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["<unk>", "</s>", "<|system|>", "<|user|>", "<|assistant|>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXT * 3, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    return fast


def save_model(folder: Path) -> Path:
    """A Llama of 100,000 random weights whose answers end now and then; returns the entry's folder."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = folder / "base-1a2b3c4d" / "model"
    fast = save_tokenizer(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,  # vLLM's CPU kernels want heads of 32 or more
        num_key_value_heads=1,
        max_position_embeddings=256,
        eos_token_id=fast.eos_token_id,
        bos_token_id=None,
        pad_token_id=None,
        initializer_range=0.2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder.parent


PROMPTS_FOR_KILL = [{"id": f"k{i}", "prompt": user(f"質問{i}：精米とは何ですか。")} for i in range(60)]
