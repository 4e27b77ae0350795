"""Rows: the column names and types that all stages agree on.

The names are those of `datasets`, TRL and Argilla, so a result loads anywhere. Every row has an
`id` and an `origin`; the other columns make its kind.
"""

from typing import Literal

import polars as pl
import xxhash

Kind = Literal["documents", "chat", "prompts", "candidates", "pairs", "labels", "packed", "index", "model"]

ORIGIN = pl.Struct(
    {
        "file": pl.String,  # as the recipe reaches it: relative to the recipe's folder where it lies below it
        "member": pl.String,  # the member of an archive, the record id of a WARC
        "record": pl.Int64,  # number of the record in the file or member, from 0
        "start": pl.Int64,  # byte range in the (decompressed) file or member
        "end": pl.Int64,
        "parents": pl.List(pl.String),  # ids of the rows this one was made from
    }
)
"""Where a row comes from: a file and byte range, or parent rows, or both."""

MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
"""A conversation, as `transformers` chat templates and TRL take it."""

RESPONSES = pl.List(
    pl.Struct(
        {
            "id": pl.String,
            "text": pl.String,
            "engine": pl.String,
            "model": pl.String,
            "sampling": pl.String,  # JSON: temperature, seed, max_tokens, ...
            "scores": pl.List(pl.Struct({"judge": pl.String, "score": pl.Float64, "why": pl.String})),
        }
    )
)
"""The candidate answers to one prompt; each judge adds a score and never overwrites another's."""

SCHEMAS: dict[Kind, dict[str, pl.DataType]] = {
    "documents": {
        "text": pl.String(),
        "source": pl.String(),
        "url": pl.String(),
        "license": pl.String(),
        "meta": pl.String(),
    },
    "chat": {"messages": MESSAGES, "source": pl.String(), "license": pl.String(), "meta": pl.String()},
    "prompts": {
        "prompt": MESSAGES,
        "responses": RESPONSES,
        "source": pl.String(),
        "license": pl.String(),
        "meta": pl.String(),
    },
    "candidates": {
        "prompt": MESSAGES,
        "responses": RESPONSES,
        "source": pl.String(),
        "license": pl.String(),
        "meta": pl.String(),
    },
    "pairs": {
        "prompt": MESSAGES,
        "chosen": MESSAGES,
        "rejected": MESSAGES,
        "label_source": pl.String(),  # human, judge, rule
        "votes": pl.String(),  # JSON: {"chosen": 2, "rejected": 0, "tie": 1}
        "agreement": pl.Float64(),
        "margin": pl.Float64(),
        "source": pl.String(),
        "license": pl.String(),
        "meta": pl.String(),
    },
    "labels": {  # TRL's unpaired preference format, as KTO takes it
        "prompt": MESSAGES,
        "completion": MESSAGES,
        "label": pl.Boolean(),
        "label_source": pl.String(),
        "source": pl.String(),
        "license": pl.String(),
        "meta": pl.String(),
    },
    "packed": {
        "source": pl.String(),
        "license": pl.String(),
        "file": pl.String(),  # a pair of token files, without the suffixes .bin and .idx
        "start": pl.Int64(),  # the document's first token in it
        "tokens": pl.Int64(),  # its tokens, with the end-of-text token
    },
    "index": {"minhash": pl.Binary(), "digest": pl.Binary(), "chars": pl.Int64()},
}
"""Columns of each kind beside `id` and `origin`. `meta` is JSON: the keys of a record that have no column."""


def schema(kind: Kind) -> pl.Schema:
    """The full schema of a kind of row, `id` and `origin` first."""
    return pl.Schema({"id": pl.String(), "origin": ORIGIN, **SCHEMAS[kind]})


def row_id(*parts: object) -> str:
    """A row's name: 96 bits of XXH3 over what tells the row apart, as 24 hexadecimal digits.

    Two of a billion rows share a name with a chance of about 1 in 10^11.

    >>> row_id("pages/a.html", None, 0)
    '8eac0b45eb56e0c16b903885'
    """
    return xxhash.xxh3_128_hexdigest("\x1f".join("" if p is None else str(p) for p in parts).encode())[:24]


def origin_of(parents: list[str]) -> dict[str, object]:
    """The origin of a row that was made from other rows."""
    return {"file": None, "member": None, "record": None, "start": None, "end": None, "parents": parents}
