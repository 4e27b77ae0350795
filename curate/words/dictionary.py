"""Sudachi's system dictionary as arrays that a kernel can walk.

The file format is that of SudachiPy 0.7 (`SudachiBinaryDic`, version 1; read from the sources of sudachi.rs,
Apache-2.0): a matrix of connection costs, a double array over UTF-8 that gives for each headword the words
written so, and for each word its connection numbers, its cost, and the short units that it consists of.
"""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from curate.words.characters import CATEGORIES, Characters, characters, resource_folder
from seimai.errors import SeimaiError

NUMBER_POS: Final = ("名詞", "数詞", "*", "*", "*", "*")
"""Part of speech of the words that Sudachi joins to numbers."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Lexicon:
    """What the kernel looks up, as arrays; a *word* is a row of `words`, a *form* a spelling."""

    matrix: npt.NDArray[np.int16]
    """Cost of a word's left number after a word's right number: row left, column right."""
    trie: npt.NDArray[np.uint32]
    """Double array over UTF-8; its values are forms."""
    first_state: npt.NDArray[np.uint32]
    """Place in the trie after each code point of the first plane; 0 where no headword goes on."""
    first_form: npt.NDArray[np.int32]
    """The form that is this one code point; -1 where there is none."""
    words: npt.NDArray[np.uint64]
    """Left number, right number, cost (16 bits each) and flags: 1 a numeral, 2 normalised to other digits."""
    units_at: npt.NDArray[np.int32]
    """Where in `units` the short units of each word are; 0 for a word that is not split."""
    units: npt.NDArray[np.uint16]
    """How many units, then the bytes of each."""
    unknown: npt.NDArray[np.int64]
    """Unknown words: a row each with category, numbers and cost as in `words`, 1 for numerals, and how they
    arise: 1 beside known words, 1 as a whole run, and up to how many characters. The last row (category 0) is
    for a character that nothing else begins at."""
    boundary: int
    """Left and right number of a newline."""
    characters: Characters


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The installed dictionary, loaded once a process.

    Raises:
        SeimaiError: if SudachiPy or its dictionary is missing, or the dictionary has another format.
    """
    sudachi = system()
    path = dictionary_path()
    data = np.asarray(np.memmap(path, np.uint8, "r"))
    blocks = _blocks(bytes(data[:4096]), path)

    def block(name: str) -> Array:
        start, size = blocks[name]
        return data[start : start + size]

    from curate.words.kernels.loading import FORM_BITS, first_states, short_units, word_lists

    connections = block("ConnMatrix")
    rights, lefts = (int(n) for n in connections[:4].view(np.int16))
    matrix = connections[4:].view(np.int16)[: lefts * rights].reshape(lefts, rights)
    form_at, entry = word_lists(block("WordPointers"))
    if entry.size >> FORM_BITS:
        raise SeimaiError(f"{path}: more than {1 << FORM_BITS:,} words")
    trie = np.array(block("TrieIndex").view(np.uint32))
    leaf = (trie >> 31) == 1
    trie[leaf] = form_at[trie[leaf] & 0x7FFFFFFF] | 0x80000000
    entries = block("Entries")
    offsets = entry.astype(np.int64) * 8
    parameters = entries.view(np.uint64)[entry] & np.uint64(0xFFFFFFFFFFFF)
    number_pos = next(n for n in range(1 << 15) if sudachi.pos_of(n) == NUMBER_POS)
    pos = entries[offsets + 6].astype(np.int64) | entries[offsets + 7].astype(np.int64) << 8
    words = parameters | ((pos == number_pos).astype(np.uint64) << np.uint64(48))
    units_at, units = short_units(entries, entry.astype(np.int64))
    first_state, first_form = first_states(trie)
    unknown = _unknown()
    found = Lexicon(
        matrix,
        trie,
        first_state,
        first_form,
        words,
        units_at,
        units,
        unknown,
        int(unknown[unknown[:, 0] == CATEGORIES["SPACE"], 1][0]) & 0xFFFFFFFF,
        characters(sudachi),
    )
    _flag_odd_numbers(found, sudachi)
    return _without_useless_words(found)


def _without_useless_words(found: Lexicon) -> Lexicon:
    """The same lexicon with forms of those words only that a cheapest path may have."""
    from curate.words.kernels.loading import FORM_BITS, useful_first

    leaf = (found.trie >> 31) == 1
    at_leaves = found.trie[leaf] & 0x7FFFFFFF
    forms = np.unique(at_leaves).astype(np.int64)
    alone = np.searchsorted(forms, np.unique(found.first_form[found.first_form >= 0]))
    words, order, useful = useful_first(found.words, forms, alone, found.matrix)
    smaller = forms & (1 << FORM_BITS) - 1 | useful << FORM_BITS
    found.trie[leaf] = smaller[np.searchsorted(forms, at_leaves)] | 0x80000000
    known = found.first_form >= 0
    found.first_form[known] = smaller[np.searchsorted(forms, found.first_form[known])]
    return replace(found, words=words, units_at=found.units_at[order])


@lru_cache(maxsize=1)
def system() -> Any:
    """SudachiPy's dictionary.

    Raises:
        SeimaiError: if SudachiPy or its dictionary is missing.
    """
    try:
        importlib.import_module("sudachidict_core")
        sudachipy: Any = importlib.import_module("sudachipy")
    except ModuleNotFoundError:
        raise SeimaiError("words need SudachiPy and its dictionary: pip install 'seimai[words]'") from None
    return sudachipy.Dictionary()


def dictionary_path() -> Path:
    """The file of the dictionary that SudachiPy uses by default."""
    package: Any = importlib.import_module("sudachidict_core")
    return Path(package.__file__).parent / "resources" / "system.dic"


def _blocks(head: bytes, path: Path) -> dict[str, tuple[int, int]]:
    """Where each part of the file is, and its size."""
    if head[:16] != b"SudachiBinaryDic" or head[16:24] != (1).to_bytes(8, "little"):
        raise SeimaiError(f"{path}: not a dictionary of SudachiPy 0.7; install sudachidict-core>=20260723")
    at = 40
    for _ in range(3):  # comment, signature, reference
        size, at = _varint(head, at)
        at += size
    for _ in range(2):  # how many entries
        _, at = _varint(head, at)
    count, at = _varint(head, at)
    blocks: dict[str, tuple[int, int]] = {}
    for _ in range(count):
        size, at = _varint(head, at)
        name, at = head[at : at + size].decode(), at + size
        start, at = _varint(head, at)
        length, at = _varint(head, at)
        blocks[name] = (start, length)
    return blocks


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _unknown() -> npt.NDArray[np.int64]:
    """Unknown words by category, from SudachiPy's `char.def`, `unk.def` and `sudachi.json`."""
    resources = resource_folder()
    arise: dict[str, list[int]] = {}
    for line in (resources / "char.def").read_text("utf-8").splitlines():
        fields = line.split("#")[0].split()
        if fields and not line.startswith("0x"):
            arise[fields[0]] = [int(n) for n in fields[1:4]]
    rows: list[tuple[int, ...]] = []
    for line in (resources / "unk.def").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, left, right, cost, *pos = line.split(",")
            numeral = int(tuple(pos[:6]) == NUMBER_POS)
            rows.append((CATEGORIES[name], _packed(left, right, cost), numeral, *arise[name]))
    rows.sort(key=lambda row: row[0])
    simple = json.loads((resources / "sudachi.json").read_text("utf-8"))["oovProviderPlugin"][-1]
    rows.append((0, _packed(simple["leftId"], simple["rightId"], simple["cost"]), 0, 0, 0, 0))
    return np.array(rows, np.int64)


def _packed(left: str | int, right: str | int, cost: str | int) -> int:
    return int(left) | int(right) << 16 | (int(cost) & 0xFFFF) << 32


def _flag_odd_numbers(found: Lexicon, sudachi: Any) -> None:
    """Flag the words that Sudachi's joining of numbers reads otherwise than they are written.

    It reads normalised forms: those of words made of digits only, and whether one is a comma or a point.
    """
    numeric = CATEGORIES["NUMERIC"] | CATEGORIES["KANJINUMERIC"]
    digits = "".join(map(chr, np.flatnonzero(found.characters.categories & numeric)))
    for text, form in _forms_over(found, digits):
        _flag(found, form, [m.normalized_form() != text for m in sudachi.lookup(text)])
    alone = np.flatnonzero(found.first_form >= 0).tolist()
    for text, form in [*_forms_over(found, ",."), *((chr(c), int(found.first_form[c])) for c in alone)]:
        if text not in (",", "."):
            _flag(found, form, [m.normalized_form() in (",", ".") for m in sudachi.lookup(text)])


def _flag(found: Lexicon, form: int, odd: list[bool]) -> None:
    from curate.words.kernels.loading import FORM_BITS

    if any(odd):
        first = form & (1 << FORM_BITS) - 1
        words = found.words[first : first + (form >> FORM_BITS)]
        words[odd if len(odd) == len(words) else slice(None)] |= np.uint64(1 << 49)


def _forms_over(found: Lexicon, letters: str) -> Iterator[tuple[str, int]]:
    """All headwords that are written with the letters only, and their forms."""
    ways = [(c, int(found.first_state[ord(c)]), int(found.first_form[ord(c)])) for c in letters]
    while ways:
        text, state, form = ways.pop()
        if form >= 0:
            yield text, form
        if not state:
            continue
        for c in letters:
            at, form = state, -1
            for byte in c.encode():
                at ^= byte
                unit = int(found.trie[at])
                if unit & 0x800000FF != byte:
                    break
                at ^= (unit >> 10) << ((unit & 512) >> 6)
                form = int(found.trie[at]) & 0x7FFFFFFF if unit >> 8 & 1 else -1
            else:
                ways.append((text + c, at, form))
