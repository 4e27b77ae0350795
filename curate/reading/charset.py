"""The encoding of bytes, and their text: what a page declares is a hint, what its bytes are is proof.

The order: byte order mark; escapes of ISO-2022-JP; valid UTF-8; then every candidate is decoded and the
most plausible text wins, with a small bonus for what the page declares.
"""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from resiliparse.parse.encoding import map_encoding_to_html5

from curate.reading.japanese import decode_euc_jp, decode_iso_2022_jp, decode_jis_2004, is_iso_2022_jp
from curate.reading.plausible import japanese, letters, western

SAMPLE = 16384
"""Bytes that the candidates are judged on, from the first byte outside ASCII."""

_DECLARED_BONUS = 0.15
_PLAUSIBLE = 0.25  # the least score of a guess: rare kanji and symbols alone do not reach it
_MOST_BAD = 0.1  # the greatest share of undecodable characters among those outside ASCII
_MOST_CONTROLS = 0.02  # random bytes and compressed data hold 11 %

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PYTHON = {  # what the WHATWG labels stand for, in Python's names
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "gbk": "gb18030",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
    "macintosh": "mac_roman",
    "iso-8859-8-i": "iso8859-8",
}
_WIDE = ("utf-16-le", "utf-16-be")
_NEVER = frozenset({"utf-8", "utf-16", "utf-32", "utf-7", "iso2022_jp", "hz"})
"""Encodings whose marks, escapes or validity would have shown before candidates are compared."""
_CONTROLS = bytes([*range(9), *range(14, 27), *range(28, 32), 127])
_OUTSIDE = re.compile(rb"[\x80-\xff]")
_ASCII = re.compile("[\u0000-\u007f]+")
_PRINTABLE = re.compile(r"[ -~\r\n\t]+")
_C0 = re.compile("[\u0000-\u001f]+")
_UP_TO_TWO_BYTES = re.compile("[\u0000-\u07ff]+")
_THREE_BYTES = re.compile("[\u0800-\U0010ffff]")
_META = re.compile(rb"""<meta[^>]{0,500}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)""", re.I)


@dataclass(frozen=True)
class Decoded:
    """A text and how its encoding was found.

    `how` is `bom`, `escapes`, `valid`, `declared` or `guessed`. `failed` says why there is no text.
    """

    text: str
    encoding: str | None
    how: str
    failed: str | None = None


def decode(data: bytes, declared: Sequence[str] = ()) -> Decoded:
    """Decode bytes by what they are, with the declared labels (HTTP, meta) as hints.

    A few invalid bytes become U+FFFD; above one in ten of the characters outside ASCII, and for bytes
    that are no text at all, the result has `failed`. Never raises.

    >>> page = "米を磨いて、酒を造る。".encode("euc_jp")
    >>> decode(page, ["utf-8"])
    Decoded(text='米を磨いて、酒を造る。', encoding='euc_jp', how='guessed', failed=None)
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _checked(data.decode(encoding, "replace"), encoding, "bom")
    if is_iso_2022_jp(data):
        return _checked(decode_iso_2022_jp(data), "iso2022_jp", "escapes")
    start = data[:SAMPLE]
    if len(start) - len(start.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(start):
        wide = _utf_16(start)
        if not wide:
            return Decoded("", None, "guessed", "binary data, not text")
        return _checked(data.decode(wide, "replace"), wide, "guessed")
    return _utf_8(data) or _best(data, [codec for label in declared if (codec := codec_of(label))])


def declared_in(data: bytes) -> list[str]:
    """The labels that a page declares in its XML declaration or in a meta element near its start."""
    head = data[:4096]
    found = [*_XML.findall(head), *_META.findall(head)]
    return [label.decode("ascii", "replace") for label in found]


def codec_of(label: str) -> str | None:
    """Python's name for a label, by the aliases of the WHATWG; None for what nobody knows.

    >>> codec_of("x-sjis"), codec_of("Windows-31J"), codec_of("x-euc-jp"), codec_of("nonsense")
    ('cp932', 'cp932', 'euc_jp', None)
    """
    label = label.strip()
    if not re.fullmatch(r"[\w.:-]{1,40}", label, re.ASCII):
        return None
    standard = map_encoding_to_html5(label, fallback_utf8=False) or label
    codec = _PYTHON.get(standard, standard)
    try:
        b"a".decode(codec, "replace")
        name = codecs.lookup(codec).name
    except (LookupError, UnicodeError):  # nobody's, or no encoding of text (base64, zip)
        return None
    return _PYTHON.get(name, name)


def _sample(data: bytes) -> bytes:
    first = _OUTSIDE.search(data)
    start = max(0, first.start() - 1024) // 2 * 2 if first else 0  # even: the pairs of UTF-16 stay whole
    return data[start : start + SAMPLE]


def _utf_16(data: bytes) -> str | None:
    """UTF-16 without a mark: half of its ASCII are zero bytes, and the second bytes of kana are controls."""
    sample = data[:SAMPLE]
    scores = {codec: _wide_score(sample, codec) for codec in _WIDE}
    best = max(scores, key=lambda codec: scores[codec])
    return best if scores[best] > 2 * _PLAUSIBLE else None


def _wide_score(sample: bytes, codec: str) -> float:
    """Japanese weight of all characters, ASCII among them: in UTF-16 every pair of bytes is evidence."""
    text = sample[: len(sample) // 2 * 2].decode(codec, "replace")
    rest = _PRINTABLE.sub("", text)
    score = japanese(rest) if rest and not rest.isascii() else 0.0
    controls = len(rest) - len(_C0.sub("", rest))
    plain = len(text) - len(rest)
    return (0.9 * plain + score * (len(rest) - controls) - 3 * controls) / max(len(text), 1)


def _utf_8(data: bytes) -> Decoded | None:
    """Valid UTF-8, or all but valid: nine in ten sequences, where other encodings make almost none."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _mostly_utf_8(data)
    # Two-byte sequences alone may be a few kanji of EUC-JP, so plausibility decides on short ones.
    if len(data) < 64 and not text.isascii() and not _THREE_BYTES.search(text):
        return None if japanese(decode_euc_jp(data)) > 0.6 else Decoded(text, "utf-8", "valid")
    return Decoded(text, "utf-8", "valid")


def _mostly_utf_8(data: bytes) -> Decoded | None:
    sample = _sample(data)
    text = sample.decode("utf-8", "replace")
    bad = text.count("\ufffd") - sample.count(b"\xef\xbf\xbd")
    valid = len(_UP_TO_TWO_BYTES.sub("", text)) - text.count("\ufffd")
    return _checked(data.decode("utf-8", "replace"), "utf-8", "valid") if valid >= 9 * bad else None


def _score(sample: bytes, codec: str) -> float:
    if codec == "euc_jp":
        return japanese(decode_euc_jp(sample[: SAMPLE // 2]))  # slow on what is not EUC-JP
    if codec in _WIDE:
        return _wide_score(sample, codec)
    # The incremental decoder does not take a character that the sample's end cuts for an error.
    text = codecs.getincrementaldecoder(codec)("replace").decode(sample)
    if codec == "cp932":
        return japanese(text)
    if codec == "cp1252":
        return 0.5 * western(text)
    if "\ufffd" in text:
        return -1.0
    # A legacy encoding of another script is believed only if its text is nearly all letters and it does not
    # merely read kana that Japanese encodings read as well (GB2312 and EUC-JP place them alike).
    kana = sum("\u3041" <= c <= "\u30ff" for c in text)
    return letters(text) - 0.5 if kana * 20 < len(text) else 0.0


def _best(data: bytes, declared: list[str]) -> Decoded:
    sample = _sample(data)
    scores: dict[str, float] = {}
    for codec in dict.fromkeys([*declared, "cp932", "euc_jp", *_WIDE, "cp1252"]):
        if codec in _NEVER or (codec == "cp1252" and max(scores.values(), default=0) > 0.5):
            continue
        try:
            scores[codec] = _score(sample, codec) + _DECLARED_BONUS * (codec in declared)
        except (UnicodeError, LookupError, ValueError):
            continue
    best = max(scores, key=lambda codec: scores[codec])
    how = "declared" if best in declared else "guessed"
    if scores[best] < _PLAUSIBLE:
        return Decoded("", None, how, f"no encoding gives plausible text (best: {best})")
    text = decode_euc_jp(data) if best == "euc_jp" else data.decode(best, "replace")
    if "\ufffd" in text and (exact := decode_jis_2004(data, best)):
        return Decoded(exact, {"cp932": "shift_jis_2004"}.get(best, "euc_jis_2004"), how)
    return _checked(text, best, how)


def _checked(text: str, encoding: str, how: str) -> Decoded:
    bad = text.count("\ufffd")
    if bad > 1:
        outside = len(text) - sum(map(len, _ASCII.findall(text)))
        if bad > _MOST_BAD * outside:
            return Decoded("", None, how, f"{bad} of {outside} characters cannot be decoded as {encoding}")
    return Decoded(text, encoding, how)
