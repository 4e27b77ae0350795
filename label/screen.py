"""What a reviewer sees: the two answers side by side, the questions, the guidelines."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

Answer = Literal["a", "b", "tie", "both_bad"]

QUESTION = "better"
COMMENT = "comment"
FIELD = "pair"

GUIDELINES = """\
## お願い

質問（上）に対する二つの回答 A・B を読み比べ、より良いほうを選んでください。

- **正しさ**を最も重く見てください。誤りや作り話のある回答は、読みやすくても良い回答ではありません。
- 次に、質問に**過不足なく**答えているか、**日本語として自然**かを見てください。長さだけで決めないでください。
- 差がほとんどなければ「同じくらい」、どちらも使えなければ「どちらも不可」を選んでください。
- A と B の並びは無作為です。

## 操作

キーボードの 1〜4 で選び、Enter で提出します。判断できないときは「回答を放棄」（Discard）で飛ばしてください。
"""

QUESTIONS: list[dict[str, Any]] = [
    {
        "name": QUESTION,
        "title": "どちらの回答が良いですか？",
        "required": True,
        "settings": {
            "type": "label_selection",
            # The UI gives the keys 1 to 4 in this order.
            "options": [
                {"value": "a", "text": "A"},
                {"value": "b", "text": "B"},
                {"value": "tie", "text": "同じくらい"},
                {"value": "both_bad", "text": "どちらも不可"},
            ],
        },
    },
    {
        "name": COMMENT,
        "title": "コメント（任意）",
        "required": False,
        "settings": {"type": "text", "use_markdown": False},
    },
]


def field() -> dict[str, Any]:
    """The one field: a template, because chat fields would stack the answers one below the other."""
    template = Path(__file__).with_name("template.html").read_text("utf-8")
    settings = {"type": "custom", "template": template, "advanced_mode": False}
    return {"name": FIELD, "title": "質問と二つの回答", "required": True, "settings": settings}


# Argilla 2.8.0 puts a record's JSON unescaped into a <script> of the page, by String.replace: a text
# with </script> would run as code with the reviewer's session, one with $' or #TEMPLATE# would break
# the page. The three characters travel as Unicode noncharacters, which the template turns back into
# text after the page is built.
_STAND_INS = str.maketrans({"<": "\ufdd0", "$": "\ufdd1", "#": "\ufdd2"})


def shown(
    prompt: Sequence[Mapping[str, str]], a: Sequence[Mapping[str, str]], b: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """The field's value for a pair: all text made safe for Argilla's page."""
    return {"prompt": _turns(prompt), "a": _turns(a), "b": _turns(b)}


def _turns(messages: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [
        {
            "role": (turn["role"] or "").translate(_STAND_INS),
            "content": (turn["content"] or "").translate(_STAND_INS),
        }
        for turn in messages
    ]
