"""What FineWeb-2's rules ask of lines and marks, as datatrove counts it.

datatrove cuts lines in three ways: at runs of newlines (Gopher's repetition rules), at each newline without
the lines that are blank (FineWeb's), and as `str.splitlines` does (Gopher's quality rules).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.signals.text import FACTOR, Text, Values, ratio
from seimai.signal import Signal

GOPHER: Final = "datatrove 0.10.1 (Gopher's rules)"
FINEWEB: Final = "datatrove 0.10.1 (FineWeb's rules)"

Ranges = tuple[tuple[int, int], ...]

TERMINAL: Final[Ranges] = (
    (0x21, 0x21), (0x2E, 0x2E), (0x3F, 0x3F), (0x589, 0x589), (0x61D, 0x61F), (0x6D4, 0x6D4), (0x700, 0x702),
    (0x7F9, 0x7F9), (0x837, 0x837), (0x839, 0x839), (0x83D, 0x83E), (0x964, 0x965), (0x104A, 0x104B),
    (0x1362, 0x1362), (0x1367, 0x1368), (0x166E, 0x166E), (0x1735, 0x1736), (0x17D4, 0x17D6),
    (0x17D9, 0x17DA), (0x1803, 0x1803), (0x1809, 0x1809), (0x1944, 0x1945), (0x1AA8, 0x1AAB),
    (0x1B5A, 0x1B5B), (0x1B5E, 0x1B5F), (0x1B7D, 0x1B7E), (0x1C3B, 0x1C3C), (0x1C7E, 0x1C7F),
    (0x203C, 0x203D), (0x2047, 0x2049), (0x2E2E, 0x2E2E), (0x2E3C, 0x2E3C), (0x2E53, 0x2E54),
    (0x3002, 0x3002), (0xA4FF, 0xA4FF), (0xA60E, 0xA60F), (0xA6F3, 0xA6F3), (0xA6F7, 0xA6F7),
    (0xA876, 0xA877), (0xA8CE, 0xA8CF), (0xA92F, 0xA92F), (0xA9C8, 0xA9C9), (0xAA5D, 0xAA5F),
    (0xAAF0, 0xAAF1), (0xABEB, 0xABEB), (0xFE52, 0xFE52), (0xFE56, 0xFE57), (0xFF01, 0xFF01),
    (0xFF0E, 0xFF0E), (0xFF1F, 0xFF1F), (0xFF61, 0xFF61), (0x10A56, 0x10A57), (0x10F55, 0x10F59),
    (0x10F86, 0x10F89), (0x11047, 0x11048), (0x110BE, 0x110C1), (0x11141, 0x11143), (0x111C5, 0x111C6),
    (0x111CD, 0x111CD), (0x111DE, 0x111DF), (0x11238, 0x11239), (0x1123B, 0x1123C), (0x112A9, 0x112A9),
    (0x1144B, 0x1144C), (0x115C2, 0x115C3), (0x115C9, 0x115D7), (0x11641, 0x11642), (0x1173C, 0x1173E),
    (0x11944, 0x11944), (0x11946, 0x11946), (0x11A42, 0x11A43), (0x11A9B, 0x11A9C), (0x11C41, 0x11C42),
    (0x11EF7, 0x11EF8), (0x11F43, 0x11F44), (0x16A6E, 0x16A6F), (0x16AF5, 0x16AF5), (0x16B37, 0x16B38),
    (0x16B44, 0x16B44), (0x16E98, 0x16E98), (0x1BC9F, 0x1BC9F), (0x1DA88, 0x1DA88),
)  # fmt: skip
"""Marks that end a sentence in any script: Unicode's Sentence_Terminal, as datatrove has it."""
SYMBOLS: Final[Ranges] = (
    *TERMINAL,
    (0x00, 0x08), (0x0B, 0x1F), (0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x9F), (0xAB, 0xAB),
    (0xB4, 0xB4), (0xBB, 0xBB), (0x2013, 0x2014), (0x2019, 0x2019), (0x201C, 0x201E), (0x2026, 0x2026),
    (0x2236, 0x2236), (0x2501, 0x2501), (0x25BA, 0x25BA), (0x3001, 0x3002), (0x3008, 0x300D),
    (0x3010, 0x3011), (0xFF01, 0xFF01), (0xFF05, 0xFF05), (0xFF08, 0xFF09), (0xFF0C, 0xFF0C),
    (0xFF0E, 0xFF0E), (0xFF11, 0xFF11), (0xFF1A, 0xFF1B), (0xFF1F, 0xFF1F), (0xFF5E, 0xFF5E),
)  # fmt: skip
"""What datatrove takes for punctuation: full-width １ is on the list, 『 and ・ are not."""
_CLOSING: Final = "」』）)】〕〉》］]｝}”’\"'"
_BULLETS: Final = "•-・●○◎■□◆◇▪▶▼★※*"

_LINES: Final = "lines"
_SHARE: Final = "share"
SIGNALS: Final[Mapping[str, Signal]] = {
    "newlines": Signal("newlines", "newlines", FINEWEB, pl.Int64),
    "gopher_duplicate_line_ratio": Signal(
        "pieces between runs of newlines equal to an earlier one, among all; empty ones at the ends count",
        _SHARE,
        GOPHER,
    ),
    "gopher_duplicate_line_char_ratio": Signal(
        "code points of the pieces counted in gopher_duplicate_line_ratio, among all of the text",
        _SHARE,
        GOPHER,
    ),
    "fineweb_lines": Signal("lines that are not blank", _LINES, FINEWEB, pl.Int64),
    "fineweb_line_punct_ratio": Signal(
        "lines whose last code point ends a sentence, among lines not blank", _SHARE, FINEWEB
    ),
    "closed_line_punct_ratio": Signal(
        "lines that end a sentence, closing brackets and quotes behind it passed over, among lines not blank",
        _SHARE,
    ),
    "fineweb_duplicate_line_char_ratio": Signal(
        "code points of lines not blank equal to an earlier one, among all but newlines", _SHARE, FINEWEB
    ),
    "gopher_hashes": Signal("occurrences of #", "marks", GOPHER, pl.Int64),
    "gopher_ellipses": Signal("occurrences of … and of three dots", "marks", GOPHER, pl.Int64),
    "gopher_bullet_line_ratio": Signal(
        "lines (`str.splitlines`) that begin with • or - behind white space, among all", _SHARE, GOPHER
    ),
    "bullet_line_ratio": Signal(
        f"lines (`str.splitlines`) that begin with one of {_BULLETS} behind white space, among all", _SHARE
    ),
    "gopher_ellipsis_line_ratio": Signal(
        "lines (`str.splitlines`) that end with … or three dots before white space, among all", _SHARE, GOPHER
    ),
}  # fmt: skip


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    from curate.signals.kernels import fineweb_lines as k

    repeats = int(any("duplicate" in name for name in names))
    terminal, closing, bullets = _tables()
    n = k.lines(text.points, text.starts, terminal, closing, bullets, FACTOR, repeats)
    how: dict[str, Callable[[], Values]] = {
        "newlines": lambda: n[:, k.NEWLINES],
        "gopher_duplicate_line_ratio": lambda: ratio(n[:, k.AGAIN], n[:, k.PIECES]),
        "gopher_duplicate_line_char_ratio": lambda: ratio(n[:, k.AGAIN_CHARS], text.chars),
        "fineweb_lines": lambda: n[:, k.LINES],
        "fineweb_line_punct_ratio": lambda: ratio(n[:, k.ENDED], n[:, k.LINES]),
        "closed_line_punct_ratio": lambda: ratio(n[:, k.ENDED_BEHIND], n[:, k.LINES]),
        "fineweb_duplicate_line_char_ratio": lambda: ratio(
            n[:, k.LINE_AGAIN_CHARS], text.chars - n[:, k.NEWLINES]
        ),
        "gopher_hashes": lambda: n[:, k.HASHES],
        "gopher_ellipses": lambda: n[:, k.ELLIPSES],
        "gopher_bullet_line_ratio": lambda: ratio(n[:, k.BULLETS], n[:, k.BREAKS]),
        "bullet_line_ratio": lambda: ratio(n[:, k.MORE_BULLETS], n[:, k.BREAKS]),
        "gopher_ellipsis_line_ratio": lambda: ratio(n[:, k.TRAILING], n[:, k.BREAKS]),
    }
    return {name: how[name]() for name in names}


@lru_cache(maxsize=1)
def _tables() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    terminal = [c for first, last in TERMINAL for c in range(first, last + 1)]
    return _sorted(terminal), _sorted(map(ord, _CLOSING)), _sorted(map(ord, _BULLETS))


def _sorted(points: Iterable[int]) -> npt.NDArray[np.uint32]:
    return np.array(sorted(points), np.uint32)
