"""Text that was decoded by the wrong table: repaired where every byte can be had back, else recognised.

A wrong decoding is undone by encoding with the wrong table and decoding with the right one. That is
certain where both go through without an error and rare signs become plain Japanese. Where characters were
lost on the way, the same attempt still shows what the text once was, but not what it said.
"""

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from curate.reading.japanese import decode_iso_2022_jp, is_iso_2022_jp
from curate.reading.plausible import japanese

_PLAIN = 0.5  # a repaired text is Japanese: prose reaches 0.9, tables of symbols 0.5
_GAIN = 0.35  # and more so than before: garbled kanji reach 0.5, as half of them are common
_LOST = 0.35  # share of characters that may be missing from a text that is still recognised
_LEAST = 4  # characters outside ASCII that a verdict needs
_SHARE = 0.2  # share of garbled characters above which a document is refused
_DEEPEST = 3  # times that a text was decoded wrongly
_REPLACED = 0.05  # share of U+FFFD above which a text is damaged, whatever it was


def _windows_1252(error: UnicodeError) -> tuple[bytes | str, int]:
    """The controls that browsers give for the five bytes which windows-1252 leaves open."""
    if isinstance(error, UnicodeEncodeError):
        piece = error.object[error.start : error.end]
        if all("\x80" <= c <= "\x9f" for c in piece):
            return piece.encode("latin-1"), error.end
    raise error


def _missing(error: UnicodeError) -> tuple[bytes | str, int]:
    """A byte that no table has, for each character that the wrong table cannot have given."""
    if isinstance(error, UnicodeEncodeError):
        piece = error.object[error.start : error.end]
        return b"".join(c.encode("latin-1") if "\x80" <= c <= "\x9f" else b"\xff" for c in piece), error.end
    raise error


codecs.register_error("seimai.c1", _windows_1252)
codecs.register_error("seimai.missing", _missing)


class _Table(NamedTuple):
    """A table that text was wrongly read with."""

    codec: str
    errors: str
    name: str


_WRONG = (
    _Table("latin-1", "strict", "Latin-1"),
    _Table("cp1252", "seimai.c1", "windows-1252"),
    _Table("cp932", "strict", "Shift_JIS"),
    _Table("gb18030", "strict", "GBK"),
    _Table("euc_jp", "strict", "EUC-JP"),
)
_RIGHT = {"utf-8": "UTF-8", "cp932": "Shift_JIS", "euc_jp": "EUC-JP"}

_SHIFT_JIS_KANA = [bytes((0x82, cell)) for cell in range(0x9F, 0xF2)] + [
    bytes((0x83, cell)) for cell in range(0x40, 0x7F)
]
_AS_GBK = "".join(pair.decode("gb18030") for pair in _SHIFT_JIS_KANA)  # kana of Shift_JIS, read as GBK
SUSPECT = (
    "[\x1b\u0080-\u009f\u00a1-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u20ac"
    f"\uf8f0-\uf8f3\uff61-\uff9f\ufffd縺繧繝銇銈銉{_AS_GBK}]"
)
"""A class of characters of which every Japanese text that was read by a wrong table has some: what becomes of
kana, accented letters, half-width kana, controls, U+FFFD."""

_suspect = re.compile(SUSPECT)
_LOST_RUN = re.compile("\ufffd+")
_LETTER = re.compile("[A-Za-z]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_NOT_ASCII = re.compile("[^\x00-\x7f]+")
_OUTSIDE = re.compile("[^\x00-\x7f\ufffd]")
_LATIN = re.compile(
    "[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{2,}"
)
_LEADS = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u2122]")


class Verdict(NamedTuple):
    """The text, repaired where `failed` is null and it differs; `failed` says what it was."""

    text: str
    failed: str | None = None


def mended(text: str) -> Verdict:
    """The text as it was meant, or why that cannot be told.

    >>> mended("米を磨いて酒を造る。".encode().decode("latin-1")).text
    '米を磨いて酒を造る。'
    >>> mended("米を磨いて酒を造る。".encode().decode("cp932", "replace")).failed
    'mojibake: UTF-8 read as Shift_JIS, with characters lost'
    >>> mended("半角ｶﾅとcaféは正しい。").text
    '半角ｶﾅとcaféは正しい。'
    """
    if is_iso_2022_jp(data := text.encode("utf-8", "replace")):
        return Verdict(decode_iso_2022_jp(data))
    if 10 * len(_suspect.findall(text)) >= _outside(text):
        whole = _repaired(text, japanese(text), _DEEPEST)
        if whole is not None:
            return Verdict(whole)
    lines = [_line(line) for line in _latin_mended(text).split("\n")]
    bad = sum(_outside(line.text) for line in lines if line.failed)
    if bad >= _LEAST and bad > _SHARE * sum(_outside(line.text) for line in lines):
        return Verdict(text, next(line.failed for line in lines if line.failed))
    return Verdict("\n".join(line.text for line in lines))


def _outside(text: str) -> int:
    """Characters outside ASCII, U+FFFD among them."""
    return len(text) - len(_NOT_ASCII.sub("", text))


def _line(text: str) -> Verdict:
    """A line, repaired or judged for itself: documents are pasted together from several sources."""
    suspect = len(_suspect.findall(text))
    if not suspect:
        return Verdict(text)
    lost = text.count("\ufffd")
    outside = _outside(text) - lost
    if outside + lost < _LEAST or suspect < 0.1 * (outside + lost):
        return Verdict(text)
    before = japanese(text.replace("\ufffd", ""))
    if outside >= 2 * _LEAST and (repaired := _repaired(text, before, _DEEPEST)) is not None:
        return Verdict(repaired)
    if was := _recognised(text, before):
        return Verdict(text, f"mojibake: {was}, with characters lost")
    if lost > _REPLACED * (outside + lost) and lost >= _LEAST:
        return Verdict(text, "mojibake: characters lost")
    return Verdict(text)


def _repaired(text: str, before: float, depth: int) -> str | None:
    """The text with its wrong decodings undone without loss; None if it does not become plain Japanese."""
    for found in _undone(text):
        after = japanese(found)
        if after >= _PLAIN and after - before >= _GAIN and _prose(found):
            return _repaired(found, after, depth - 1) or found if depth > 1 else found
        if depth > 1 and _suspect.search(found) and (deeper := _repaired(found, before, depth - 1)):
            return deeper
    return None


def _prose(text: str) -> bool:
    """Whether there is kana enough: a few accented letters make common kanji by chance, but no sentence."""
    kana = len(_KANA.findall(text))
    return 10 * kana >= len(_OUTSIDE.findall(text)) and (kana >= _LEAST or not _LETTER.search(text))


def _undone(text: str) -> Iterator[str]:
    """What the text may have been before it was decoded, without loss."""
    for wrong in _WRONG:
        try:
            data = text.encode(wrong.codec, wrong.errors)
        except UnicodeError:
            continue
        for right in _RIGHT:
            if right == wrong.codec:
                continue
            try:
                found = data.decode(right)
            except UnicodeError:
                continue
            if found != text and len(_OUTSIDE.findall(found)) >= 2:
                yield found


def _recognised(text: str, before: float) -> str | None:
    """Which wrong decoding the text shows, though it cannot be undone."""
    best, told = _PLAIN, None
    for wrong in _WRONG:
        data = text.encode(wrong.codec, "seimai.missing")
        for right, name in _RIGHT.items():
            if right == wrong.codec:
                continue
            found = data.decode(right, "replace").replace("\uf8f3", "\ufffd")  # cp932 reads 0xFF
            kept = "".join(_OUTSIDE.findall(found))
            lost = len(_LOST_RUN.findall(found))
            if len(kept) < 2 * _LEAST or lost > _LOST * (len(kept) + lost) or not _prose(kept):
                continue
            after = japanese(kept)
            if after >= best and after - before >= _GAIN:
                best, told = after, f"{name} read as {wrong.name}"
    return told


def _latin_mended(text: str) -> str:
    """The text with each run of Latin signs that is UTF-8 to the byte put right: cafÃ© in a Japanese page."""
    return _LATIN.sub(_utf_8, text) if _LEADS.search(text) else text


def _utf_8(run: re.Match[str]) -> str:
    """What the run is as UTF-8.

    Left alone are a single pair that touches no letter, for a text about mojibake speaks of 「Ã©」 so, and
    a run inside a Western word of which a kanji would be made: é, a no-break space and » are one by chance.
    """
    try:
        found = run[0].encode("cp1252", "seimai.c1").decode()
    except UnicodeError:
        return run[0]
    before, after = run.string[max(0, run.start() - 1) : run.start()], run.string[run.end() : run.end() + 1]
    latin = (before + after).isascii() and any(c.isalpha() for c in before + after)
    if found >= "\u2e80" and (latin or len(found) < 2):
        return run[0]
    return found if latin or len(run[0]) >= 4 or found >= "\u2000" else run[0]
