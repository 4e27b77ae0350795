"""Where a text ends, and whether it was cut off there."""

import re

LEAST_CHARS = 20
"""A shorter last line is a heading, a name, a date; sentences of Japanese prose are 40 characters long."""

_CUT = re.compile(
    r"(?:…|\.{3})\s*"
    r"(?:[\[（(［【].{0,12}[\]）)］】]\W{0,3}|(?:続き|つづき|もっと|Read more|read more).{0,12})$"
)
_CLOSERS = "」』）)】〉》〕］]}”’\"'｣"
_ENDED = re.compile(rf"[。．.！？!?…‥♪☆★♡♥:：;；{re.escape(_CLOSERS)}—―─ー～〜]$")
_FINAL = re.compile(
    r"(?:です|ます|ました|でした|ません|ましょう|ください|だ|った|した|いた|んだ|ある|いる|する|なる|れる|せる|"
    r"ない|たい|しい|よ|ね|わ|ぞ|ぜ|さ|か|な|う|す|る|つ|く|ぬ|む|ぶ|ぐ)$"
)
_ITEM = re.compile(
    r"^\s*(?:[・●○■□◆◇▪▶▷▲△▼▽☆★※→►+*#|>–—-]|[0-9０-９]{1,3}[.)．、）:\s]|[①-⑳㋐-㋾]|[（(].{1,3}[）)]|"
    r"[ア-ンa-zA-Z][.)．）]|別[表紙記図]|"
    r"第[〇一二三四五六七八九十百0-9０-９]+)"
)
_COLUMNS = re.compile(r"\t|  |[|｜／`<]|\S\u3000|https?:|^\s*@")
_KANA = re.compile(r"[\u3041-\u3096]")


def without_unfinished(text: str) -> str:
    """The text without its last sentence, if that was cut off in the middle.

    It was cut off if the last line is prose (20 characters and more, hiragana, no list item, no columns) that
    ends neither with a mark nor with a word that may end a sentence, or with 「…続きを読む」. What goes is
    everything after the last 。！？ of the last paragraph; the whole paragraph if it has none and the one
    before it ends with one. Where there is no such mark to go back to, the text stays.
    """
    body = text.rstrip()
    start = body.rfind("\n") + 1
    last = body[start:]
    tail = last[-200:]
    teased = _CUT.search(tail)
    if not teased and not _is_unfinished(last, tail):
        return text
    paragraph = body.rfind("\n\n", 0, start) + 2 if "\n\n" in body[:start] else 0
    end = _last_end(body, paragraph)
    if end is None and paragraph:
        before = body[:paragraph].rstrip()
        end = len(before) if (_last_end(before, max(0, len(before) - 4)) or -1) == len(before) else None
    return text if end is None or not _KANA.search(body, end) else body[:end]


def _is_unfinished(last: str, tail: str) -> bool:
    if len(last) < LEAST_CHARS or not _KANA.search(last):
        return False
    if _ENDED.search(tail) or _FINAL.search(tail):
        return False
    return not _ITEM.match(last[:20]) and not _COLUMNS.search(last)


def _last_end(text: str, start: int) -> int | None:
    """Where the last sentence that ends after `start` ends."""
    marks = max(text.rfind(mark, start) for mark in "。！？")
    if marks < 0:
        return None
    end = marks + 1
    while end < len(text) and text[end] in _CLOSERS:
        end += 1
    return end
