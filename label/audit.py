"""Documents of an audit in Argilla: one question, and nothing that says what a filter made of them."""

from collections.abc import Sequence
from typing import Any

from label.client import PAGE, Argilla
from label.push import ensure_dataset
from seimai.auditing.answers import Answer

_TEXT, _VERDICT, _COMMENT = "text", "verdict", "comment"

GUIDELINES = """\
## お願い

それぞれの文書が、日本語の言語モデルの学習に使える**良い文書**かどうかを判断してください。

- **良い文書**: 人が読んで意味のある、まとまった日本語の文章です。題材の好みや長さだけで決めないでください。
- **悪い文書**: 文字化け、途中で切れた断片、同じ言い回しの繰り返し、メニューや広告だけのページなどです。
- どちらとも言えないときは「判断できない」を選んでください。

文書の並びは無作為です。長い文書は途中までを示しています。

## 操作

キーボードの 1〜3 で選び、Enter で提出します。
"""

_FIELD: dict[str, Any] = {
    "name": _TEXT,
    "title": "文書",
    "required": True,
    "settings": {"type": "text", "use_markdown": False},
}

_QUESTIONS: list[dict[str, Any]] = [
    {
        "name": _VERDICT,
        "title": "この文書は良い文書ですか？",
        "required": True,
        "settings": {
            "type": "label_selection",
            # The UI gives the keys 1 to 3 in this order.
            "options": [
                {"value": "good", "text": "良い文書"},
                {"value": "bad", "text": "悪い文書"},
                {"value": "cannot_tell", "text": "判断できない"},
            ],
        },
    },
    {
        "name": _COMMENT,
        "title": "コメント（任意）",
        "required": False,
        "settings": {"type": "text", "use_markdown": False},
    },
]


def exchange(
    url: str, workspace: str, name: str, documents: Sequence[tuple[str, str]]
) -> tuple[list[Answer], str]:
    """Show documents (name, text) where they are not shown yet; the answers so far, and where people answer.

    Records are named by their document, so a repeated call makes none twice.

    Raises:
        SeimaiError: if Argilla cannot be reached.
    """
    with Argilla.connect(url) as argilla:
        dataset = ensure_dataset(
            argilla,
            name,
            workspace=workspace,
            guidelines=GUIDELINES,
            reviewers=1,
            field=_FIELD,
            questions=_QUESTIONS,
        )
        if argilla.count(dataset["id"]) != len(documents):
            for first in range(0, len(documents), PAGE):
                argilla.upsert(dataset["id"], [_record(*d) for d in documents[first : first + PAGE]])
        answers = [answer for record in argilla.records(dataset["id"]) for answer in _answers(record)]
    return answers, f"{argilla.url}/dataset/{dataset['id']}/annotation-mode"


def _record(document: str, text: str) -> dict[str, Any]:
    # A required text must not be empty.
    return {"external_id": document, "fields": {_TEXT: text if text.strip() else "（空の文書）"}}


def _answers(record: dict[str, Any]) -> list[Answer]:
    given: list[dict[str, Any]] = record.get("responses") or []
    submitted = [r for r in given if r["status"] == "submitted"]
    return [Answer(record["external_id"], r["values"][_VERDICT]["value"]) for r in submitted]
