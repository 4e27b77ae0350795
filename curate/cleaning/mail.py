"""What in a mail was not written for it: quoted lines, the original message below, the signature."""

import re
from collections.abc import Iterator

SIGNATURE_LINES = 12
"""Lines from the end in which a signature begins. RFC 1855 allows four; Japanese ones have two rules, a
company, a department, a name, an address, telephone, fax, mail and web address."""

LEAST_CONTACTS = 2
"""Lines with an address, a number or an organisation that make a ruled block a signature."""

_LOOK_AT = 200
"""Characters of a line that the patterns see: they back up, and a line may have a million."""

_QUOTED = re.compile(r"[ \t\u3000]{0,3}[>＞]")
_SAYS = re.compile(
    r"(?:書きました|書かれました|書いた|書いています|のメール|の投稿|の発言|wrote|writes)\s*[:：]?\s*$"
    r"|^\s*(?:\d{4}[年/.-]|(?:On|Le|Am)\s).*(?:[:：]|<[^<>\s]+@[^<>\s]+>)\s*$"
)
_ORIGINAL = re.compile(
    r"^\s*[-_=]{3,}\s*(?:original (?:message|mail)|元の(?:メッセージ|メール)|オリジナルメッセージ)"
    r"\s*[-_=]{3,}\s*$",
    re.I,
)
_SENDER = re.compile(r"^\s*\*?(?:from|差出人|送信者)\*?\s*[:：]\s*\S", re.I)
_HEADER = re.compile(
    r"^\s*\*?(?:from|sent|to|cc|date|subject|差出人|送信者|送信日時|日時|日付|宛先|件名)\*?\s*[:：]", re.I
)
_DASHES = re.compile(r"^-- ?$")
_RULE = re.compile(r"^\s*(?:[-=*_~+#＊‐－―━─═☆★◆◇■□●○∞〜～/\\.:：・^]\s?){5,}\s*$")
_CONTACT = re.compile(
    r"[\w.+-]+@[\w-]+\.\w|〒\s?\d|(?:tel|fax|mail|電話|携帯|直通)\s*[:：.]?\s*[\d(（+@\w]|"
    r"株式会社|有限会社|（株）|\(株\)|㈱|大学|研究所|研究室|事務所|営業所|[部課室]$|[都道府県市区町村].*\d",
    re.I,
)


def heads(lines: list[str]) -> list[str]:
    """What the functions here look at of each line."""
    return [line if len(line) <= _LOOK_AT else f"{line[:_LOOK_AT]}…" for line in lines]


def quoted(lines: list[str]) -> Iterator[range]:
    """Lines that begin with `>`, each run with the line that says who wrote it."""
    number = 0
    while number < len(lines):
        if not _QUOTED.match(lines[number]):
            number += 1
            continue
        end = number
        while end < len(lines) and _QUOTED.match(lines[end]):
            end += 1
        yield range(_said(lines, number), end)
        number = end


def _said(lines: list[str], quote: int) -> int:
    """Where a quotation begins: at the line before it, or before one blank line, that says whose it is."""
    above = quote - 1
    if above > 0 and not lines[above].strip():
        above -= 1
    if above < 0 or not _SAYS.search(lines[above]):
        return quote
    # Mail programs break the line: 「On Mon, 5 Feb 2024, Nuka\n<nuka@example.jp> wrote:」
    wrapped = above > 0 and re.match(r"\s*(?:On\s|\d{4}[年/.-])", lines[above - 1])
    return above - 1 if wrapped and not _SAYS.search(lines[above - 1]) else above


def original(lines: list[str]) -> Iterator[range]:
    """The message below that a mail answers, to the end: by its marker, or by its own headers.

    Headers are three lines in a row of which the first names the sender. At the start of the text they are
    the mail's own.
    """
    written = False
    for number, line in enumerate(lines):
        headers = _SENDER.match(line) and all(map(_HEADER.match, lines[number + 1 : number + 3]))
        if written and (_ORIGINAL.match(line) or (headers and number + 2 < len(lines))):
            ruled = number > 1 and _RULE.match(lines[number - 1])
            yield range(number - 1 if ruled else number, len(lines))
            return
        written = written or not (_HEADER.match(line) or _RULE.match(line) or not line.strip())


def signature(lines: list[str]) -> Iterator[range]:
    """Signatures, to the end: after `-- `, or after a rule and made of addresses; one may follow another."""
    written = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    end = len(lines)
    while (start := _signature(lines, written + 1, end)) is not None:
        end = start
        while end and not lines[end - 1].strip():
            end -= 1
    if end < len(lines):
        yield range(end, len(lines))


def _signature(lines: list[str], first: int, end: int) -> int | None:
    """Where the signature of the lines before `end` begins; something stands before it."""
    for number in range(max(first, end - SIGNATURE_LINES), end):
        line, below = lines[number], lines[number + 1 : end]
        contacts = sum(bool(_CONTACT.search(b)) for b in below)
        ruled = _RULE.match(line) and contacts >= LEAST_CONTACTS and not any("。" in b for b in below)
        if ruled or (_DASHES.match(line) and below):
            return number
    return None
