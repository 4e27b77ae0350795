"""Traces of damage that show between neighbouring code points."""

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, uint8, uint32

# Numbers of curate.signals.classes.
HIRAGANA, KATAKANA, KANJI, KUTEN, TOTEN, SPACE, NEWLINE, SYMBOL = 1, 2, 3, 4, 5, 10, 11, 12
EMOJI, CONTROL, REPLACEMENT, PRIVATE, EXCLAMATION = 15, 16, 17, 18, 23

MOJIBAKE, LONE, EMBEDDED, IN_RUNS, LONGEST_RUN, LONGEST_CLAUSE = 0, 1, 2, 3, 4, 5
RUN = 5


@njit(boolean(uint32), cache=True, nogil=True)
def _of_windows(p: np.uint32) -> np.bool_:
    """What windows-1252 has between 0x80 and 0x9F, and Latin-1 from there to 0xBF."""
    return np.bool_(
        (p >= 0x80 and p <= 0xBF)
        or p == 0x192
        or p == 0x2C6
        or p == 0x2DC
        or p == 0x152
        or p == 0x153
        or p == 0x160
        or p == 0x161
        or p == 0x178
        or p == 0x17D
        or p == 0x17E
        or (p >= 0x2013 and p <= 0x203A)
        or p == 0x20AC
        or p == 0x2122
    )


@njit(int64(uint32, uint32, uint32), cache=True, nogil=True)
def _misread(p: np.uint32, q: np.uint32, r: np.uint32) -> int:
    """How many code points at p, q, r are what Japanese bytes look like in a wrong encoding."""
    if p < 0x80:
        return 0
    if p <= 0x9F or p == 0xFFFD:  # Shift_JIS read as Latin-1; any encoding with its bad bytes replaced
        return 1
    if p == 0x7E3A or p == 0x7E67 or p == 0x7E5D:  # 縺繧繝: kana in UTF-8 read as Shift_JIS; but 縺れる
        return 0 if q >= 0x3041 and q <= 0x30FF else 2
    if p >= 0xE3 and p <= 0xEF:  # UTF-8 read as windows-1252
        return 2 if _of_windows(q) else 0
    if p == 0x201A or p == 0x192:  # Shift_JIS read as windows-1252
        return 1
    if p == 0xA4 or p == 0xA5:  # kana in EUC-JP read as Latin-1
        return 2 if q >= 0xA1 and q <= 0xF6 else 0
    if p == 0xFF64 or p == 0xFF65:  # kana in EUC-JP read as Shift_JIS: ､ﾎ､ﾏ
        return 2 if q >= 0xFF61 and q <= 0xFF9F and (r == 0xFF64 or r == 0xFF65) else 0
    return 0


@njit(int64[:, ::1](uint32[::1], uint8[::1], int64[::1]), cache=True, nogil=True)
def damage(
    points: npt.NDArray[np.uint32], classes: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Per document: the six numbers that the constants above name."""
    found = np.zeros((starts.size - 1, 6), np.int64)
    letters = np.zeros(256, np.bool_)
    letters[HIRAGANA] = letters[KATAKANA] = letters[KANJI] = True
    letters[19] = letters[20] = letters[13] = True  # ゝ, ー, kanji beyond the Basic Multilingual Plane
    symbols = np.zeros(256, np.bool_)
    symbols[SYMBOL] = symbols[EMOJI] = symbols[PRIVATE] = symbols[REPLACEMENT] = True
    pauses = np.zeros(256, np.bool_)
    pauses[KUTEN] = pauses[TOTEN] = pauses[NEWLINE] = pauses[EXCLAMATION] = True
    none = np.uint32(0)
    for d in range(starts.size - 1):
        own = found[d]
        start = starts[d]
        stop = starts[d + 1]
        run = 0
        clause = 0
        for i in range(start, stop):
            p = points[i]
            kind = classes[i]
            before = classes[i - 1] if i > start else NEWLINE
            after = classes[i + 1] if i + 1 < stop else NEWLINE
            if p >= 0x80:
                q = points[i + 1] if i + 1 < stop else none
                r = points[i + 2] if i + 2 < stop else none
                own[MOJIBAKE] += _misread(p, q, r)
            own[LONE] += letters[kind] and before == SPACE and after == SPACE
            if symbols[kind]:
                left = letters[before] or (symbols[before] and points[i - 1] != p)
                own[EMBEDDED] += left and (letters[after] or (symbols[after] and points[i + 1] != p))
            run = run + 1 if i > start and p == points[i - 1] and kind != SPACE and kind != NEWLINE else 1
            own[LONGEST_RUN] = max(own[LONGEST_RUN], run)
            if run >= RUN:
                own[IN_RUNS] += RUN if run == RUN else 1
            clause = 0 if pauses[kind] or p == 0x2E or p == 0x2C or p == 0x3A or p == 0x3B else clause + 1
            own[LONGEST_CLAUSE] = max(own[LONGEST_CLAUSE], clause)
    return found
