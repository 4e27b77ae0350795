"""Mask what points at a person: e-mail addresses, telephone numbers, My Numbers, card numbers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl
from pydantic import Field

from curate.fields import KINDS, columns_of, replaced, texts
from seimai import rows as kinds
from seimai.step import Transform

Kind = Literal["email", "phone", "my_number", "card"]

_D: Final = "[0-9０-９]"
_HYPHEN: Final = "[-\u2010-\u2015\u2212\u30fc\uff0d\uff70]"
_GAP: Final = "[-\u2010-\u2015\u2212\u30fc\uff0d\uff70 \u00a0\u3000]?"
_LETTER: Final = "A-Za-zＡ-Ｚａ-ｚ0-9０-９"
# Not inside a longer number, a decimal fraction, an identifier, or a run of hyphenated groups.
_BEFORE: Final = f"(?<![{_LETTER}_.．])(?<!{_D}{_HYPHEN})"
_AFTER: Final = f"(?!{_HYPHEN}?{_D})"
_NUMBER_DIGITS: Final = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True)
class _Pattern:
    token: str
    quick: str
    """For Rust, which has no look-around: finds the documents worth the exact pattern."""
    exact: re.Pattern[str]
    valid: Callable[[re.Match[str]], bool]


class Pii(Transform):
    """Replace personal data by a token that says what stood there.

    | kind | token | what is found, half- or full-width |
    |---|---|---|
    | email | 〈メール〉 | addresses, but not file names such as `logo@2x.png` |
    | phone | 〈電話番号〉 | 10 digits from 0, 11 from 020/050/070/080/090/0800, and after +81; any hyphen |
    | my_number | 〈マイナンバー〉 | 12 digits, in fours or not, whose check digit is right |
    | card | 〈カード番号〉 | 14 to 16 digits of a card issuer's range that pass the Luhn check |

    One in ten random numbers has the right check digit (My Number: ordinance no. 85 of 2014 of the
    Ministry of Internal Affairs, article 5; cards: Luhn, ISO/IEC 7812), so an order number of 12 digits is
    sometimes masked too, which costs less than a My Number that is not.

    In chats, prompts, candidates, pairs and labels every message and response is masked, by the same tokens:
    what a prompt and its answers share stays the same in both.

    >>> text = "連絡先：ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ、（０３）１２３４−５６７８。注文番号2024-0001。"
    >>> Pii().apply(pl.DataFrame({"text": [text]}))["text"].item()
    '連絡先：〈メール〉、〈電話番号〉。注文番号2024-0001。'
    """

    mask: list[Kind] = Field(
        default=["email", "card", "my_number", "phone"], min_length=1, description="what to mask"
    )

    def accepts(self, kind: kinds.Kind) -> bool:
        """All rows that hold text."""
        return kind in KINDS

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with personal data replaced; a null stays null."""
        columns = columns_of(rows.schema, ())
        if columns == ["text"]:
            return rows.with_columns(self._masked(rows["text"]))
        flat = texts(rows, columns)
        masked = flat.with_columns(new=self._masked(flat["text"])).filter(pl.col("new") != pl.col("text"))
        changed = {(row, field): new for row, field, new in masked.select("row", "field", "new").iter_rows()}
        return replaced(rows, columns, changed)

    def _masked(self, text: pl.Series) -> pl.Series:
        # Longest numbers first: a card number holds twelve digits too.
        for kind, pattern in _PATTERNS.items():
            if kind not in self.mask:
                continue
            some = text.str.contains(pattern.quick).fill_null(value=False).arg_true()
            if len(some):
                text = text.scatter(some, [_masked(t, pattern) for t in text.gather(some)])
        return text


def _masked(text: str, pattern: _Pattern) -> str:
    return pattern.exact.sub(lambda m: pattern.token if pattern.valid(m) else m[0], text)


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match[0]).translate(_NUMBER_DIGITS)


def _is_address(match: re.Match[str]) -> bool:
    # logo@2x.png is a file name.
    return match[0].rpartition(".")[2].lower() not in {
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "js",
        "css",
    }


def _is_phone(match: re.Match[str]) -> bool:
    if "ISBN" in match.string[max(0, match.start() - 7) : match.start()].upper():
        return False
    digits = _digits(match)
    if match[0][0] in "+＋":
        digits = "0" + digits.removeprefix("81").removeprefix("0")
    if digits[1:2] == "0" or digits == "0123456789":
        return False
    if match[0].count(" ") == 1 and len(re.split(r"\D+", match[0])) == 2:
        return False  # two columns of a table, not two parts of a number
    if len(digits) == 11:
        return digits.startswith(("020", "050", "070", "080", "090", "0800"))
    return len(digits) == 10


def _is_my_number(match: re.Match[str]) -> bool:
    *body, check = (int(d) for d in _digits(match))
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(d * w for d, w in zip(body, weights, strict=True)) % 11
    return check == (0 if rest <= 1 else 11 - rest)


def _is_card(match: re.Match[str]) -> bool:
    digits = _digits(match)
    doubled = (sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (sum(doubled) + sum(int(d) for d in digits[-1::-2])) % 10 == 0


_FOUR: Final = f"{_D}{{4}}"
_CARD: Final = (
    f"(?:[2-6２-６]{_D}{{3}}{_GAP}{_FOUR}{_GAP}{_FOUR}{_GAP}{_FOUR}"
    f"|[3３][47４７]{_D}{{2}}{_GAP}{_D}{{6}}{_GAP}{_D}{{5}}"
    f"|[3３][068０６８]{_D}{{2}}{_GAP}{_D}{{6}}{_GAP}{_FOUR})"
)
_TWELVE: Final = f"{_FOUR}{_GAP}{_FOUR}{_GAP}{_FOUR}"
_OPEN, _CLOSE = "[(（]?", "[)）]?"
_PHONE: Final = (
    f"(?:[+＋][8８][1１]{_GAP}(?:[(（][0０][)）])?{_D}{{1,4}}|{_OPEN}[0０]{_D}{{1,4}})"
    f"{_CLOSE}{_GAP}{_OPEN}{_D}{{1,4}}{_CLOSE}{_GAP}{_D}{{3,4}}"
)
_NAME: Final = f"[{_LETTER}._%+．＿＋-]"
_ADDRESS: Final = f"(?<!{_NAME}){_NAME}{{1,64}}[@＠](?:[{_LETTER}-]+[.．])+[A-Za-zＡ-Ｚａ-ｚ]{{2,}}"

_PATTERNS: Final[dict[Kind, _Pattern]] = {
    "email": _Pattern("〈メール〉", f"[{_LETTER}][@＠][{_LETTER}]", re.compile(_ADDRESS), _is_address),
    "card": _Pattern("〈カード番号〉", _CARD, re.compile(_BEFORE + _CARD + _AFTER), _is_card),
    "my_number": _Pattern("〈マイナンバー〉", _TWELVE, re.compile(_BEFORE + _TWELVE + _AFTER), _is_my_number),
    "phone": _Pattern("〈電話番号〉", _PHONE, re.compile(_BEFORE + _PHONE + _AFTER), _is_phone),
}
