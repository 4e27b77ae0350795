"""Decoders for what Japanese text is really encoded in, where Python's codecs stop short.

Python's `euc_jp` and `iso2022_jp` follow the JIS tables to the letter. Text from Windows and from the
Web also holds NEC row 13 (①, ㈱, Ⅳ) and the IBM extensions (髙, 﨑) at the same row and cell, which the
WHATWG Encoding Standard decodes (https://encoding.spec.whatwg.org/#legacy-multi-byte-japanese-encodings);
so do we, through `cp932`, which has them.
"""

import codecs
import re

_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([DOPQ]|\([BIJ])")
_EIGHT_BITS = bytes(b | 0x80 if 0x21 <= b <= 0x7E else b for b in range(256))


def _extension(error: UnicodeError) -> tuple[str, int]:
    """A row and cell that `euc_jp` lacks, by way of Shift_JIS; U+FFFD where `cp932` has none either."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    width = 3 if error.object[error.start] == 0x8F else 2  # three bytes: JIS X 0212 or 0213
    cells = error.object[error.start + width - 2 : error.start + width]
    if len(cells) < 2 or min(cells) < 0xA1:
        return "\ufffd", max(error.end, error.start + 1)
    row, cell = cells[0] - 0xA1, cells[1] - 0xA1
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + (0x9F if row % 2 else 0x40 if cell < 63 else 0x41)
    character = bytes((lead, trail)).decode("cp932", "replace") if width == 2 else "\ufffd"
    known = len(character) == 1 and not "\ue000" <= character <= "\uf8ff"
    return character if known else "\ufffd", error.start + width


codecs.register_error("seimai.euc", _extension)


def decode_euc_jp(data: bytes) -> str:
    """EUC-JP with the extensions of Windows (eucJP-ms); U+FFFD for what is no character.

    >>> decode_euc_jp("日本".encode("euc_jp") + bytes([0xAD, 0xA1]))
    '日本①'
    """
    return data.decode("euc_jp", "seimai.euc")


def is_iso_2022_jp(data: bytes) -> bool:
    """Whether the bytes switch to a Japanese set by escape sequences and stay within seven bits.

    One byte in a thousand may have its eighth bit set: mail gateways and editors leave such traces.
    """
    if b"\x1b" not in data or not any(m[1] not in (b"(B", b"(J") for m in _ESCAPE.finditer(data)):
        return False
    return len(data.translate(None, bytes(range(128)))) * 1000 <= len(data)


def decode_iso_2022_jp(data: bytes) -> str:
    """ISO-2022-JP and its extensions: half-width kana, JIS X 0212, JIS X 0213, NEC row 13.

    Every line starts in ASCII (RFC 1468), so a lost escape costs the rest of its line.

    >>> decode_iso_2022_jp("米を「磨く」".encode("iso2022_jp"))
    '米を「磨く」'
    """
    pieces = _ESCAPE.split(data)
    text = [pieces[0].decode("ascii", "replace")]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        head, newline, rest = piece.partition(b"\n")
        text += [_one_set(escape, head), (newline + rest).decode("ascii", "replace")]
    return "".join(text)


def _one_set(escape: bytes, piece: bytes) -> str:
    if escape in (b"(B", b"(J"):
        return piece.decode("ascii", "replace")
    eight = piece.translate(_EIGHT_BITS)
    if escape == b"(I":
        return eight.decode("cp932", "replace")
    if escape in (b"$(D", b"$(P"):  # the second plane of EUC: each pair after 0x8F
        eight = b"".join(b"\x8f" + eight[i : i + 2] for i in range(0, len(eight), 2))
    if escape in (b"$@", b"$B", b"$(D"):
        return decode_euc_jp(eight)
    return eight.decode("euc_jis_2004", "replace")


def decode_jis_2004(data: bytes, encoding: str) -> str | None:
    """JIS X 0213 in Shift_JIS or EUC form, if every byte fits; None if not.

    `shift_jis_2004` reads 0x5C and 0x7E as yen sign and overline; pages mean backslash and tilde.
    """
    try:
        text = data.decode({"cp932": "shift_jis_2004", "euc_jp": "euc_jis_2004"}[encoding])
    except (UnicodeDecodeError, KeyError):
        return None
    return text.replace("\u00a5", "\\").replace("\u203e", "~") if encoding == "cp932" else text
