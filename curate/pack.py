"""Pack documents into token files that trainings map into memory."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import polars as pl
from pydantic import Field

from curate.packing.files import FILE_TOKENS
from seimai.rows import Kind
from seimai.step import Ref, Rewrite

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class Pack(Rewrite):
    """Encode all documents into token files in Megatron-LM's format, in the order of the dataset.

    The ids of the documents lie behind each other, each document's with the end-of-text token behind them.
    `train.cpt` cuts this stream every `max_length` tokens, and Megatron-LM and NeMo cut it as they like: a
    document that a cut falls into goes on in the next sequence, so no token is lost and none is padding.

    In the place of the documents come rows that say where each lies (`file`, `start`, `tokens`), so that
    a training's batches can be told back to documents. Files and their checksums are in `captured/`
    beside them; tokenizers of fewer than 65,500 tokens give 16-bit ids.

    Shuffle before packing where the order of the sources is not that of the training: readers shuffle
    sequences, and neighbours stay together in those.

    >>> from curate.packing.parts import with_ends
    >>> import numpy as np
    >>> rice, wash = [4, 5, 6], [7]  # 米を研ぐ, 洗う
    >>> with_ends(np.array(rice + wash, np.int32), np.array([3, 1], np.int32), end=2)[0].tolist()
    [4, 5, 6, 2, 7, 2]
    """

    takes: ClassVar[Kind | None] = "documents"
    gives: ClassVar[Kind | None] = "packed"

    tokenizer: Ref = Field(
        description="an entry made by train.tokenizer, a folder or its tokenizer.json, a SentencePiece .model"
    )
    end: str | None = Field(
        None, description="the token behind each document; by the tokenizer's configuration if left out"
    )
    file_tokens: int = Field(
        FILE_TOKENS, ge=1, description="tokens of a file; the last document of a file may go beyond"
    )

    def rewrite(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Write the token files and yield the documents' places; documents without text are `empty`."""
        from curate.packing.packer import Packer

        yield from Packer(job.locate(self.tokenizer), self.end, self.file_tokens).pack(rows, job)
