"""The index of benchmark texts: their windows in one sorted array, and what each letter of theirs weighs."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.buffers import Integers
from curate.contamination.letters import Letters, Symbols
from curate.contamination.rule import MOST_TEXTS, SHORT_TEXT

Hashes = npt.NDArray[np.uint64]

_BITS_A_WINDOW: Final = 16
"""Of the bitmap: one window in 16 that is not in the index goes on to the sorted array."""


@dataclass(frozen=True)
class Windows:
    """Windows of one length in ascending order of their hashes, and what finds one among them fast."""

    hashes: Hashes
    bitmap: Hashes
    buckets: Symbols
    """For the first bits of a hash, where to look for it."""

    @property
    def bitmap_bits(self) -> int:
        """Bits of a hash that choose a bit of the bitmap."""
        return (64 * self.bitmap.size).bit_length() - 1

    @property
    def bucket_bits(self) -> int:
        """Bits of a hash that choose a bucket."""
        return self.buckets.size.bit_length() - 1


@dataclass(frozen=True)
class Index:
    """Flat arrays; what is read from disk is mapped, so that all workers of a machine share one copy.

    Short texts are found by windows of n letters, so that one edit does not hide them; in longer ones, of
    which a longer run is left, windows of n + n/3 are looked for: they meet others' texts far less often.
    """

    symbols: Symbols
    starts: Integers
    """Where each text begins in `symbols`."""
    weights: npt.NDArray[np.float64]
    """Weight before each symbol, summed over all texts: a stretch weighs the difference of two."""
    letters: Integers
    """Letters before each symbol: those of words are several."""
    short: Windows
    long: Windows
    posts: Integers
    """Where the postings of each window, the short texts' first, begin in the next two."""
    post_text: npt.NDArray[np.int32]
    post_place: npt.NDArray[np.int32]
    """The first symbol of the text at which the window begins."""

    def weight(self) -> npt.NDArray[np.float64]:
        """Of each text, in letters that it has to itself."""
        return np.diff(self.weights[self.starts])

    def save(self, folder: Path) -> None:
        """Write one file an array."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in _arrays(self):
            np.save(folder / f"{name}.npy", array)


def _arrays(of: Index | Windows, prefix: str = "") -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for field in fields(of):
        value: Any = getattr(of, field.name)
        if isinstance(value, Windows):
            yield from _arrays(value, f"{field.name}-")
        else:
            yield prefix + field.name, value


@lru_cache(maxsize=2)
def load(folder: Path) -> Index:
    """The index that was saved in a folder, mapped into memory once a process."""

    def array(name: str) -> Any:
        path = folder / f"{name}.npy"
        # An empty file cannot be mapped.
        return np.load(path, mmap_mode="r") if np.load(path).size else np.load(path)

    short, long = (
        Windows(*(np.asarray(array(f"{kind}-{field.name}")) for field in fields(Windows)))
        for kind in ("short", "long")
    )
    plain = {f.name: np.asarray(array(f.name)) for f in fields(Index) if f.name not in ("short", "long")}
    return Index(**plain, short=short, long=long)


def long_ngram(ngram: int) -> int:
    """The window of longer texts."""
    return ngram + ngram // 3


def build(texts: Letters, widths: Integers, owners: pl.DataFrame, ngram: int) -> Index:
    """Index distinct texts.

    `widths` are the letters of each symbol; `owners` has a row for each text (`text`) and file (`file`) with
    the number of the file's `items` that have the text. A window counts the items of the file in which it
    has most: what is the same in two versions of one benchmark is not boilerplate for it.
    """
    from curate.contamination.kernels.scan import windows
    from curate.contamination.kernels.weigh import weights

    hashes = windows(texts.symbols, texts.starts, ngram)
    posts = _posts(texts, hashes, ngram)
    items = (
        posts.join(owners, on="text")
        .group_by("hash", "file")
        .agg(pl.col("items").sum())
        .group_by("hash")
        .agg(pl.col("items").max())
        .sort("hash")
    )
    inside = _inside(texts, ngram)
    number = np.where(inside, np.searchsorted(items["hash"].to_numpy(), hashes), -1)
    share = 1.0 / items["items"].to_numpy().astype(np.float64)
    wide = long_ngram(ngram)
    is_short = np.diff(texts.starts) <= SHORT_TEXT
    chosen = pl.Series(is_short[posts["text"].to_numpy()])
    short, short_posts = _seeds(posts.filter(chosen))
    posts = _posts(texts, windows(texts.symbols, texts.starts, wide), wide)
    long, long_posts = _seeds(posts.filter(~pl.Series(is_short[posts["text"].to_numpy()])))
    starts = [
        np.searchsorted(p["hash"].to_numpy(), w.hashes) for w, p in ((short, short_posts), (long, long_posts))
    ]
    every = pl.concat([short_posts, long_posts])
    return Index(
        symbols=texts.symbols,
        starts=texts.starts,
        weights=_before(weights(number, texts.starts, share, widths, ngram)),
        letters=_before(widths),
        short=short,
        long=long,
        posts=np.concatenate([starts[0], starts[1] + short_posts.height, [every.height]]).astype(np.int64),
        post_text=every["text"].to_numpy().astype(np.int32),
        post_place=every["place"].to_numpy().astype(np.int32),
    )


def _inside(texts: Letters, ngram: int) -> npt.NDArray[np.bool_]:
    """Symbols at which a whole window begins."""
    sizes = np.diff(texts.starts)
    return np.arange(texts.symbols.size) - np.repeat(texts.starts[:-1], sizes) <= np.repeat(
        sizes - ngram, sizes
    )


def _posts(texts: Letters, hashes: Hashes, ngram: int) -> pl.DataFrame:
    """Each window of each text, once, at its first place there."""
    text = np.repeat(np.arange(texts.starts.size - 1), np.diff(texts.starts))
    place = np.arange(texts.symbols.size) - texts.starts[text]
    inside = _inside(texts, ngram)
    found = pl.DataFrame({"hash": hashes[inside], "text": text[inside], "place": place[inside]})
    return found.group_by("hash", "text").agg(pl.col("place").min()).sort("hash", "text")


def _seeds(posts: pl.DataFrame) -> tuple[Windows, pl.DataFrame]:
    """The windows that begin matches, and their postings: those of too many texts are phrases."""
    counts = posts.group_by("hash").len().filter(pl.col("len") <= MOST_TEXTS)
    seeds = posts.join(counts, on="hash", how="semi", maintain_order="left")
    hashes = seeds["hash"].unique().sort().to_numpy()
    return Windows(hashes, _bitmap(hashes), _buckets(hashes)), seeds


def _before(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(1, values.dtype), np.cumsum(values)])


def _bitmap(hashes: Hashes) -> Hashes:
    bits = max(10, (_BITS_A_WINDOW * hashes.size).bit_length())
    bit = hashes >> np.uint64(64 - bits)
    bitmap = np.zeros(1 << (bits - 6), np.uint64)
    np.bitwise_or.at(bitmap, bit >> np.uint64(6), np.uint64(1) << (bit & np.uint64(63)))
    return bitmap


def _buckets(hashes: Hashes) -> Symbols:
    bits = max(4, hashes.size.bit_length())
    first = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    return np.searchsorted(hashes, first).astype(np.uint32)
