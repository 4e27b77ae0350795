"""Characters that Aozora Bunko's files describe because Shift_JIS has none: gaiji notes and accents.

The notation is described in https://www.aozora.gr.jp/annotation/external_character.html and
https://www.aozora.gr.jp/accent_separation.html.
"""

import re
import unicodedata

GETA = "〓"
"""What stands for a character that the note only describes; printers set this sign for a missing type."""

_UNICODE = re.compile(r"U\+([0-9A-Fa-f]{4,6})(?![0-9A-Fa-f])")
_PLACE = re.compile(r"(?<![0-9-])([12])-([0-9]{1,2})-([0-9]{1,2})(?![0-9-])")
_SMALL = re.compile("^小書き(?:平|片)仮名([ぁ-ヺ])")
_VOICED = re.compile("^(半?)濁点付き(?:平|片)仮名([ぁ-ヺ])")


def character(note: str) -> str:
    """The character that a gaiji note means: by Unicode, by JIS X 0213, or by the kana it names.

    A small kana that Unicode lacks is given in full size.

    >>> character("「口＋世」、U+546D、ページ数-行数"), character("「目＋匡」、第3水準1-88-81")
    ('呭', '眶')
    >>> character("小書き片仮名ン、426-4"), character("「敝／犬」、12-3")
    ('ン', '〓')
    """
    if (code := _UNICODE.search(note)) and (found := _printable(int(code[1], 16))):
        return found
    if (place := _PLACE.search(note)) and (found := jis_x_0213(*map(int, place.groups()))):
        return found
    if small := _SMALL.match(note):
        return small[1]
    if voiced := _VOICED.match(note):
        mark = "\u309a" if voiced[1] else "\u3099"
        return unicodedata.normalize("NFC", voiced[2] + mark)
    return GETA


def _printable(code: int) -> str | None:
    """The character of a code point that can stand in a text."""
    if code > 0x10FFFF or unicodedata.category(found := chr(code)) in ("Cc", "Cs", "Cn"):
        return None
    return found


def jis_x_0213(plane: int, row: int, cell: int) -> str | None:
    """The character at a plane, row and cell of JIS X 0213; None where there is none.

    >>> jis_x_0213(1, 2, 22), jis_x_0213(1, 95, 1)
    ('〻', None)
    """
    if not (1 <= row <= 94 and 1 <= cell <= 94):
        return None
    prefix = b"\x8f" if plane == 2 else b""
    try:
        return (prefix + bytes((0xA0 + row, 0xA0 + cell))).decode("euc_jis_2004")
    except UnicodeDecodeError:
        return None


_LETTERS = {  # the mark after a letter, the combining mark, and the letters that take it
    "`": ("\u0300", "AEIOUaeiou"),
    "'": ("\u0301", "AEIOUYaeiouy"),
    "^": ("\u0302", "AEIOUaeiou"),
    "~": ("\u0303", "ANOano"),
    ":": ("\u0308", "AEIOUaeiouy"),
    "&": ("\u030a", "Aa"),
    "_": ("\u0304", "AEIOUaeiou"),
    ",": ("\u0327", "Cc"),
}
_ACCENTS = {
    **{
        letter + mark: unicodedata.normalize("NFC", letter + combining)
        for mark, (combining, letters) in _LETTERS.items()
        for letter in letters
    },
    **{"AE&": "Æ", "ae&": "æ", "OE&": "Œ", "oe&": "œ", "s&": "ß", "O/": "Ø", "o/": "ø", "!@": "¡", "?@": "¿"},
}
_SEPARATED = re.compile("|".join(map(re.escape, sorted(_ACCENTS, key=len, reverse=True))))
_BRACKETED = re.compile("〔([^〔〕\n]*)〕")


def with_accents(text: str) -> str:
    """The text with letters and marks inside 〔〕 put together; brackets that hold no such pair stay.

    >>> with_accents("〔Spha:re〕と〔附記〕、〔L'homme traque'〕")
    "Sphäreと〔附記〕、L'homme traqué"
    """
    return _BRACKETED.sub(_composed, text)


def _composed(bracket: re.Match[str]) -> str:
    text, count = _SEPARATED.subn(lambda pair: _ACCENTS[pair[0]], bracket[1])
    return text if count else bracket[0]
