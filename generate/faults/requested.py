"""What a prompt asks the answer to look like, and whether it does."""

import json
import re

from generate.faults.exchange import Exchange
from generate.faults.wording import QUOTED

DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")}
NUMBER = r"([0-9０-９]+|[一二三四五六七八九十百千]+)"
COUNTED = re.compile(
    NUMBER
    + r"(?:つ|個|項目|点|行|案|件|選)(?!月|日|目)[^。]{0,16}(?:挙げ|箇条書き|まとめ|教え|書い|答え|考え|提案)"
)
UNITS = {"十": 10, "百": 100, "千": 1000}


def number(written: str) -> int:
    """A number as prompts write it.

    >>> [number(n) for n in ("３", "六十", "百二十", "200")]
    [3, 60, 120, 200]
    """
    if written.isdecimal():
        return int(written)
    total = digit = 0
    for c in written:
        if c in UNITS:
            total += (digit or 1) * UNITS[c]
            digit = 0
        else:
            digit = DIGITS[c]
    return total + digit


def ignored(e: Exchange) -> float:
    """The worst of the requests for a form that the response does not meet, from 0 to 1."""
    return max(check(e) for check in (_json, _items, _table, _length, _sentence))


def has_json(text: str) -> bool:
    """Whether a text holds a whole JSON object or array.

    >>> has_json('結果です。 {"型番": "RM-12"} 以上です。')
    True
    >>> has_json("{型番: RM-12}")
    False
    """
    decoder = json.JSONDecoder()
    for start in re.finditer(r"[{\[]", text):
        try:
            found, _ = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        if found:
            return True
    return False


def _json(e: Exchange) -> float:
    if not re.search(r"(?i)json[^。？]{0,20}(?:で|形式|返|出力|示|表)", e.prompt):
        return 0.0
    if re.search(r"(?i)json(?:だけ|のみ)", e.prompt):
        bare = re.sub(r"^```(?:json)?\s*|\s*```$", "", e.text.strip())
        try:
            json.loads(bare)
        except (ValueError, RecursionError):
            return 1.0
        return 0.0
    return 0.0 if has_json(e.text) else 1.0


def _items(e: Exchange) -> float:
    """Bullets, numbers, and how many of them."""
    if re.search(r"箇条書き(?:で|に|を使|の形)|箇条書き(?:して|で)", e.prompt) and len(e.items) < 2:
        return 1.0
    if re.search(r"番号(?:つき|付き|を(?:つけ|付け|振))", e.prompt) and len(e.numbered) < 2:
        return 1.0
    wanted = COUNTED.search(e.prompt)
    top = [line for line in e.items if not line[0].isspace()]
    if wanted and len(top) >= 2 and len(top) < number(wanted.group(1)):
        return 0.6
    return 0.0


def _table(e: Exchange) -> float:
    if not re.search(r"表形式|(?:表|テーブル)に(?:して|まとめ)|一覧表(?:で|に)", e.prompt):
        return 0.0
    rows = [line for line in e.text.splitlines() if "|" in line or "\t" in line or line.count(",") >= 2]
    return 0.0 if len(rows) >= 2 else 1.0


def _length(e: Exchange) -> float:
    """A limit in characters: 30% over (or under) is as bad as it gets."""
    length = len(re.sub(r"\s", "", e.text))
    over = re.search(NUMBER + r"(?:文)?字(?:以内|以下|まで)", e.prompt)
    if over and (limit := number(over.group(1))) and length > limit:
        return min(1.0, 0.3 + (length / limit - 1) / 0.3 * 0.7)
    under = re.search(NUMBER + r"(?:文)?字以上", e.prompt)
    if under and (limit := number(under.group(1))) and length < limit:
        return min(1.0, (1 - length / limit) / 0.3)
    return 0.0


def _sentence(e: Exchange) -> float:
    """One sentence: two are a slip, three are not one sentence."""
    ends = len(re.findall(r"[。！？!?]", e.prose))
    if re.search(r"(?:一|1|１)文(?:だけ)?で(?!始|終)|(?:一|1|１)文だけ|一言で", e.prompt):
        return 1.0 if ends > 2 else 0.0
    if re.search(r"(?:文|結果|もの|答え)だけを?(?:書|出力|答|返)", e.prompt):
        given = max((len(re.findall("[。！？]", q)) for q in QUOTED.findall(e.prompt)), default=1)
        return 0.7 if ends > max(1, given) else 0.0
    return 0.0
