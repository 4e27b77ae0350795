"""Numbers and names in a text: what can be checked against evidence without understanding either.

Found by their shape, so that not all claims are found: a number, or a name that has a title or a kind behind
it (さん, 市, 大学), is in Latin letters with a capital, in quotation marks, or katakana with a dot.
"""

import re
import unicodedata

ITEM = re.compile(r"^[ \t]*(?:[①-⑳]|[（(]?\d{1,2}[.)．）、:：](?!\d))[ \t]*", re.MULTILINE)
"""The number of a list's item, which claims nothing."""
DIGITS = "〇一二三四五六七八九"
SMALL = {"十": 10, "百": 100, "千": 1000}
LARGE = {"万": 10**4, "億": 10**8, "兆": 10**12}
NUMBER = re.compile(
    r"\d+(?:,\d{3})*(?:\.\d+)?(?:[十百千万億兆]+(?:\d+(?:,\d{3})*[十百千万億兆]*)*)?|[〇一二三四五六七八九十百千万億兆]+"
)
COUNTED = re.compile(
    r"年|月|日|時|分|秒|人|円|個|本|枚|回|台|名|歳|件|社|条|項|章|番|冊|匹|頭|軒|階|割|倍|つ"
)
NO_NUMBER = re.compile(r"十分(?!\d|間|後|前|ほど)|万一|千葉|三重|四国|九州|五十音|八百屋|百科|万能")
NAME = re.compile(
    r"[「『]([^「」『』\n]{2,20})[」』]"
    r"|([A-Z][A-Za-z0-9+#.-]*[A-Za-z0-9+#])"
    r"|([ァ-ヺー]+(?:[・=][ァ-ヺー]+)+)"
    r"|((?:[ァ-ヺー]{2,}|[々一-龥]{1,5})(?:さん|氏|県|市(?![場民販街内])|大学|駅|銀行|病院|神社|株式会社))"
)
NO_NAME = frozenset(
    {"都市", "同氏", "両氏", "同県", "同市", "各県", "全県", "大都市", "皆さん", "奥さん", "総合病院"}
)


def numbers(text: str) -> dict[str, float]:
    """The numbers of a text, as they are written and what they are worth.

    >>> numbers("1. 玄米1万5千円、三十kg、1,200人、二〇二四年。一つで十分です。")
    {'1万5千': 15000.0, '三十': 30.0, '1,200': 1200.0, '二〇二四': 2024.0}
    """
    plain = NO_NUMBER.sub(" ", _plain(ITEM.sub("", text)))
    found: dict[str, float] = {}
    for match in NUMBER.finditer(plain):
        written = match.group()
        alone = len(written) == 1 and not written.isdigit()
        if alone and (written in "一十百千万億兆" or not COUNTED.match(plain, match.end())):
            continue
        found[written] = _worth(written)
    return found


def every_number(text: str) -> frozenset[float]:
    """What may be a number in a text: evidence is read more freely than a response."""
    read = {_worth(m.group()) for m in NUMBER.finditer(_plain(text))}
    return frozenset(read | set(numbers(text).values()))


def names(text: str) -> list[str]:
    """The names of a text, each once.

    >>> names("トヨタ銀行の山田さんはSQLとジョン・スミス著『米の本』に詳しい。")
    ['トヨタ銀行', '山田さん', 'SQL', 'ジョン・スミス', '米の本']
    """
    found = (next(filter(None, match.groups())) for match in NAME.finditer(_plain(text)))
    return list(dict.fromkeys(name for name in found if name not in NO_NAME))


def unsupported(text: str, evidence: str) -> tuple[list[str], int]:
    """The numbers and names of a text that its evidence does not have; and how many there are at all.

    >>> unsupported("山田さんは1,200円払いました。", "山田さんの払いは千二百円だった。")
    ([], 2)
    >>> unsupported("鈴木さんは1,300円払いました。", "山田さんの払いは千二百円だった。")
    (['1,300', '鈴木さん'], 2)
    """
    claimed, known = numbers(text), every_number(evidence)
    shown, called = _squeezed(evidence), names(text)
    missing = [written for written, worth in claimed.items() if worth not in known]
    missing += [name for name in called if _squeezed(_bare(name)) not in shown]
    return missing, len(claimed) + len(called)


def _bare(name: str) -> str:
    """The name without さん or 氏: evidence may call a person otherwise."""
    return re.sub(r"(?:さん|氏)$", "", name)


def _worth(written: str) -> float:
    digits = written.replace(",", "")
    if re.fullmatch(r"\d+(?:\.\d+)?", digits):
        return float(digits)
    if all(c in DIGITS for c in digits):
        return float("".join(str(DIGITS.index(c)) for c in digits))
    total = section = 0.0
    held: float | None = None
    for part in re.findall(r"\d+(?:\.\d+)?|.", digits):
        if part in SMALL:
            section += (1 if held is None else held) * SMALL[part]
            held = None
        elif part in LARGE:
            section += held or 0
            total += (section or 1) * LARGE[part]
            section, held = 0.0, None
        else:
            held = float(part) if part[0].isdigit() else float(DIGITS.index(part))
    return total + section + (held or 0)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", _plain(text)).casefold()
