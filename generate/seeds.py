"""Seeds: one for each prompt and candidate, so that no candidate depends on what else was asked."""

import json
from collections.abc import Sequence

import xxhash

from generate.engine import Message


def canonical(messages: Sequence[Message]) -> str:
    """A conversation as one line of JSON: equal conversations, equal text."""
    turns = [[m["role"], m["content"]] for m in messages]
    return json.dumps(turns, ensure_ascii=False, separators=(",", ":"))


def candidate_seeds(run_seed: int, text: str, n: int) -> tuple[int, ...]:
    """The seeds of `n` candidates for one prompt: all different, and the first of them the same for any `n`.

    They are below 2**31: llama.cpp's server reads 2**32 - 1 as "random", and some servers keep a seed
    in a signed 32-bit integer.

    >>> candidate_seeds(17, canonical([{"role": "user", "content": "精米とは何ですか。"}]), 2)
    (1740176445, 1799600420)
    """
    seeds: dict[int, None] = {}
    number = 0
    while len(seeds) < n:
        digest = xxhash.xxh3_64_intdigest(f"{run_seed}\x1f{text}\x1f{number}".encode())
        seeds.setdefault(digest & 0x7FFFFFFF)
        number += 1
    return tuple(seeds)
