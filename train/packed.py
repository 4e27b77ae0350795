"""Packed documents (`curate.pack`) as sequences for the Trainer: a view of the token files, without a copy.

The files' ids are one stream. It is cut every `max_length` ids, over the ends of documents and of files, so
every id is in exactly one sequence; only the last sequence may be shorter.
"""

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seimai.errors import SeimaiError
from seimai.exporting.packed import PROBE, PackedFiles, open_packed
from train.script import Config

pa: Any = importlib.import_module("pyarrow")  # it has no types


def is_packed(config: Config) -> bool:
    """Whether the rows say where tokens lie, and are not documents."""
    return (
        {"file", "start", "tokens"} <= set(pl.read_parquet_schema(config.rows[0])) if config.rows else False
    )


def load(config: Config, tokenizer: Any, max_length: int) -> Any:
    """The sequences as a `datasets.Dataset` with `input_ids`.

    Raises:
        SeimaiError: if the tokens are not the model's, or do not belong to the rows.
    """
    from datasets import Dataset  # pyright: ignore[reportMissingTypeStubs]

    folders = dict.fromkeys(path.parent.parent / "captured" for path in config.rows)
    packed = [open_packed(folder) for folder in folders]
    for files in packed:
        _check(files, tokenizer)
    opened = [file for files in packed for file in files.open()]
    stored = sum(len(file.ids) for file in opened)
    named = int(pl.scan_parquet(config.rows).select(pl.col("tokens").sum()).collect().item())
    if named != stored:
        raise SeimaiError(
            f"the rows name {named} tokens, their files hold {stored}: pack the documents again"
        )
    table = pa.table({"input_ids": pa.chunked_array(list(sequences([f.ids for f in opened], max_length)))})
    dataset: Any = Dataset
    # Without a name of its own `datasets` would read all of the table to make one.
    return dataset(table, fingerprint="packed")


def _check(files: PackedFiles, tokenizer: Any) -> None:
    if tuple(tokenizer(PROBE, add_special_tokens=False)["input_ids"]) != files.probe:
        raise SeimaiError(f"the tokens in {files.folder} are of another tokenizer than the model's")


def sequences(streams: Sequence[NDArray[Any]], max_length: int) -> Iterator[Any]:
    """The stream of all files, cut every `max_length` ids: views of a file, and copies across two.

    >>> cut = sequences([np.arange(5, dtype=np.int32), np.arange(5, 7, dtype=np.int32)], 3)
    >>> [ids for chunk in cut for ids in chunk.to_pylist()]
    [[0, 1, 2], [3, 4, 5], [6]]
    """
    begun: list[NDArray[Any]] = []
    length = 0
    for ids in streams:
        to_end = min((max_length - length) % max_length, len(ids))
        if to_end:
            begun.append(ids[:to_end])
            length += to_end
        if length == max_length:
            yield _lists(np.concatenate(begun), max_length)
            begun, length = [], 0
        whole = (len(ids) - to_end) // max_length * max_length
        if whole:
            yield _lists(ids[to_end : to_end + whole], max_length)
        rest = ids[to_end + whole :]
        if len(rest):
            begun.append(rest)
            length += len(rest)
    if length:
        yield _lists(np.concatenate(begun), length)


def _lists(ids: NDArray[Any], length: int) -> Any:
    values = pa.Array.from_buffers(pa.from_numpy_dtype(ids.dtype), len(ids), [None, pa.py_buffer(ids)])
    offsets = np.arange(0, len(ids) + 1, length, dtype=np.int64)
    return pa.LargeListArray.from_arrays(offsets, values)
