"""Drafts of prompts: how they are read from what a model wrote, and what is no prompt that can be answered.

A model's words are data: nothing is guessed from an answer that has not the form that was asked for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generate.engine import Candidate, Message
from generate.faults.exchange import KANA, Exchange
from generate.faults.wording import rubbish

NUMBERED = re.compile(r"^[ \t　]*([0-9０-９]{1,3})[.．。)）、:：][ \t　]*(.*)$")
TAGGED = re.compile(r"<指示>(.*?)</指示>", re.DOTALL)

BEYOND_TEXT = re.compile(
    r"https?://|www\.|"
    r"(?:画像|写真|イラスト|絵|図|グラフ|動画|映像|音声|録音|曲|ファイル|添付|スクリーンショット|リンク|URL)(?:の内容)?[をに]"
    r"(?:[^。]{0,8})(?:見|観|聞|聴|描|表示|生成|作成|作っ|添付|解析|分析|編集|加工|開|読み(?:込|取)|撮|送|再生|クリック|参照|アップ)"
    r"|(?:この|次の|以下の|下の|上の|添付の|添付した|リンク先の)(?:画像|写真|イラスト|図|グラフ|動画|映像|音声|ファイル|ページ|サイト|リンク|URL)"
)
"""Seeing, hearing, drawing, opening: what a model that only reads and writes cannot do. Self-Instruct drops
whatever names an image or a graph; how to take a photograph can well be answered."""
DECLINES = re.compile(
    r"^(?:大変)?(?:申し訳|恐れ入りますが|残念ながら|すみませんが|ごめんなさい)[^。]{0,80}(?:ません|かねます|ないです)"
    r"|(?:AI|言語モデル|アシスタント)(?:である|です(?!か)|として|なので)"
)
"""The model declines to write a prompt, or speaks of itself."""
ANSWERS = re.compile(
    r"^(?:(?:はい|いいえ|もちろん(?:です)?|了解です)[、。！!]"
    r"|(?:承知(?:し|いたし)|かしこまり|了解(?:し|いたし)|[わ分]かり)ました[、。！!]"
    r"|(?:以下(?:に|の|が|は)|次(?:に|のよう))[^。]{0,40}(?:です|ます|示し|まとめ|説明し))"
)
"""The assistant's turn in place of the user's."""
CUT = "cut"
SHORTEST, LONGEST = 8, 350
"""Characters: what 3 and 150 English words come to, between which Self-Instruct keeps an instruction."""


@dataclass(frozen=True)
class Draft:
    """A prompt that a model wrote, or what it wrote in its place, and then why it is none."""

    text: str
    reason: str | None = None
    detail: str | None = None


def numbered(candidate: Candidate) -> Iterator[Draft]:
    r"""The items of a list that counts from 1, an item a line; other lines belong to the item before.

    What stands before the list is passed over. Where the answer was cut, so was its last item.

    >>> [d.text for d in numbered(Candidate(0, "新しい指示\n1. 米の選び方は?\n２．旬の魚を三つ。"))]
    ['米の選び方は?', '旬の魚を三つ。']
    >>> [(d.reason, d.detail) for d in numbered(Candidate(0, "米の選び方は?"))]
    [('unparsable', 'no line begins with 1.')]
    """
    if candidate.error is not None:
        yield Draft("", "failed", candidate.error)
        return
    items: list[list[str]] = []
    for line in candidate.text.splitlines():
        found = NUMBERED.match(line)
        if found and int(found[1]) == len(items) + 1:
            items.append([found[2]])
        elif items:
            items[-1].append(line)
    if not items:
        yield Draft(candidate.text.strip(), "unparsable", "no line begins with 1.")
    for number, item in enumerate(items, 1):
        is_cut = candidate.finish == "length" and number == len(items)
        yield Draft("\n".join(item).strip(), CUT if is_cut else None)


def tagged(candidate: Candidate) -> Draft:
    r"""The one text between <指示> and </指示>.

    >>> tagged(Candidate(0, "<指示>\n旬の魚を三つ挙げて。\n</指示>")).text
    '旬の魚を三つ挙げて。'
    """
    if candidate.error is not None:
        return Draft("", "failed", candidate.error)
    found = TAGGED.findall(candidate.text)
    if len(found) == 1 and found[0].strip():
        return Draft(found[0].strip())
    if candidate.finish == "length" and not found:
        return Draft(candidate.text.strip(), CUT)
    return Draft(candidate.text.strip(), "unparsable", f"{len(found)} texts between <指示> and </指示>")


def checked(draft: Draft, shortest: int = SHORTEST, longest: int = LONGEST) -> Draft:
    """The draft, with a reason if it is no prompt in Japanese that can be answered in writing.

    >>> checked(Draft("この写真の花の名前を教えてください。")).reason
    'beyond_text'
    >>> checked(Draft("花の写真を上手に残すには、何時ごろがよいですか。")).reason
    >>> checked(Draft("はい、承知しました。どの花でしょうか。")).reason
    'is_answer'
    """
    if draft.reason is not None:
        return draft
    reason = _flaw(draft.text, shortest, longest)
    return Draft(draft.text, reason) if reason else draft


def _flaw(text: str, shortest: int, longest: int) -> str | None:
    if not re.search(r"[^\W_]", text):
        return "empty"
    if rubbish(Exchange.of([Message(role="user", content="")], text)) >= 1:
        return "rubbish"
    if len(text) < shortest:
        return "too_short"
    if len(KANA.findall(text)) < 2:
        return "not_japanese"
    if DECLINES.search(text):
        return "refusal"
    if ANSWERS.search(text):
        return "is_answer"
    if BEYOND_TEXT.search(text):
        return "beyond_text"
    return "too_long" if len(text) > longest else None
