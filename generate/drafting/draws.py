"""Draws that stay the same whatever else is drawn from, and in whatever order."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import xxhash

T = TypeVar("T")


def drawn(items: Sequence[T], n: int, *names: object, key: Callable[[T], object] = str) -> list[T]:
    """`n` different items, or all, in the order of their hashes with `names` (a seed, a row's id).

    An item more or less among `items` changes only the draws that it is in (rendezvous hashing).

    >>> drawn(["要約", "翻訳", "分類"], 2, 17, "row")
    ['要約', '翻訳']
    """

    def place(item: T) -> int:
        return xxhash.xxh3_64_intdigest("\x1f".join(map(str, (*names, key(item)))).encode())

    return sorted(items, key=place)[:n]
