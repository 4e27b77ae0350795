"""Lines with a label, as `質問：…`: the form in which models are asked to write what has several parts.

Small models manage it where they break JSON's quotes. It is read leniently in what carries no meaning
(bullets, bold type, the colon's width, a preface) and strictly in what does: each label once, each with a
text. A model's words are data, so nothing is guessed from what has another form.
"""

import re
from collections.abc import Sequence

BULLET = r"[ \t　]*(?:[-*・#>]+[ \t　]*|[0-9０-９]{1,2}[.．)）][ \t　]*)?[*_【「［\[]*"
QUOTES = {"「": "」", "『": "』", "（": "）", '"': '"', "“": "”"}


class Unreadable(ValueError):
    """What a model wrote has not the form that it was asked for."""


def labelled(text: str, labels: Sequence[str]) -> dict[str, str]:
    r"""The text behind each label; lines without one belong to the label before, those before all to none.

    What a reasoning model thinks aloud is passed over, as is a second set after a whole one.

    >>> labelled("以下の通りです。\n**質問**: 精米とは何ですか。\n- 答え：ぬかを除くこと", ["質問", "答え"])
    {'質問': '精米とは何ですか。', '答え': 'ぬかを除くこと'}
    >>> labelled("精米とは何ですか。", ["質問"])
    Traceback (most recent call last):
    generate.drafting.labelled.Unreadable: no line begins with 質問：

    Raises:
        Unreadable: if a label is missing, has no text or comes twice in one set.
    """
    names = "|".join(map(re.escape, labels))
    label = re.compile(rf"^{BULLET}({names})[*_】」］\]]*[ \t　]*[:：][*_]*[ \t　]*(.*)$")
    found = dict[str, list[str]]()
    last: list[str] | None = None
    for line in text.rpartition("</think>")[2].splitlines():
        match = label.match(line)
        if match and match[1] in found:
            if len(found) == len(labels) > 1:
                break
            raise Unreadable(f"{match[1]}： comes twice")
        if match:
            last = found[match[1]] = [match[2]]
        elif last is not None:
            last.append(line)
    for name in labels:
        if name not in found:
            raise Unreadable(f"no line begins with {name}：")
        if not bare("\n".join(found[name])):
            raise Unreadable(f"nothing follows {name}：")
    return {name: bare("\n".join(found[name])) for name in labels}


def bare(text: str) -> str:
    """The text without bold type, and without the quotes or brackets that stand around all of it.

    >>> bare("「精米とは何ですか。」"), bare("「精米」と「玄米」")
    ('精米とは何ですか。', '「精米」と「玄米」')
    """
    text = text.strip().removeprefix("**").removesuffix("**").strip()
    close = QUOTES.get(text[:1])
    if close and len(text) > 1 and text.endswith(close) and not set(text[:1] + close) & set(text[1:-1]):
        return text[1:-1].strip()
    return text
