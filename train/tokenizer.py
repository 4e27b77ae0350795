"""Train a tokenizer: byte-level BPE with a chat template.

    python -m train.tokenizer --config tokenizer.yaml

Bytes below, so no text is unknown and decoding gives back every byte. Text is cut before the merges at
changes between letters, digits and other signs, but not between kanji and kana: Japanese words cross
them (食べる). On 490,000 characters of Wikipedia, law, novels and manuals with 16,000 tokens that gave 2.06
characters a token, cuts at every change of script 1.78.
"""

import random
from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.rows import Kind
from seimai.step import Training
from train.chat_template import CHATML, TURN_END, TURN_START
from train.process import run
from train.script import Config, main, report

END_OF_TEXT = "<|endoftext|>"
PAD = "<|pad|>"
SPECIAL = [END_OF_TEXT, PAD, TURN_START, TURN_END]
WORDS = (
    r"[^\r\n\p{L}\p{N}]?\p{L}+"  # letters of all scripts, with one sign or space before them
    r"|\p{N}{1,3}"  # digits, at most three: numbers are cut the same way everywhere
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


class Tokenizer(Training):
    """A tokenizer trained on the documents: byte-level BPE, ChatML template, `<|endoftext|>`, `<|pad|>`."""

    takes: ClassVar[Kind | None] = "documents"

    vocab_size: int = Field(32_000, ge=260, description="tokens, with the 256 bytes and 4 special ones")
    max_chars: int = Field(
        100_000_000,
        ge=1,
        description="characters to learn from; more documents are sampled down to this many",
    )

    def train(self, rows: Rows, job: Job) -> dict[str, Any]:
        """Train in a process of its own; the tokenizer lies in `job.out`."""
        return run(self, rows, job)


def fit(step: Tokenizer, config: Config) -> dict[str, Any]:
    """Train the tokenizer and measure how many characters a token covers."""
    from tokenizers import Regex, decoders, models, pre_tokenizers, trainers
    from tokenizers import Tokenizer as Model
    from transformers import PreTrainedTokenizerFast

    chars = sum(int(frame["text"].str.len_chars().sum()) for frame in config.read().frames(["text"]))
    if not chars:
        raise SeimaiError("there is no text to train a tokenizer on")
    report(label="train.tokenizer", total=1)
    model = Model(models.BPE())
    model.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    model.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=step.vocab_size,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    model.train_from_iterator(_sample(config, step.max_chars / chars), trainer)
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=model,
        eos_token=END_OF_TEXT,
        pad_token=PAD,
        additional_special_tokens=[TURN_START, TURN_END],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(config.out)
    report(step=1)
    sample = list(_sample(config, min(1.0, 1_000_000 / chars)))
    tokens = sum(len(encoding.ids) for encoding in model.encode_batch(sample))
    return {
        "vocab_size": model.get_vocab_size(),
        "chars_per_token": sum(map(len, sample)) / max(tokens, 1),
        "before_after": [],
    }


def _sample(config: Config, share: float) -> Iterator[str]:
    """Texts, each with the chance `share`, the same ones for the same seed."""
    chance = random.Random(config.seed)
    for frame in config.read().frames(["text"]):
        for text in frame["text"]:
            if text and chance.random() < share:
                yield text


if __name__ == "__main__":
    main(Tokenizer, fit)
