"""Literal candidates for the tests of pairs, chats and labels."""

from typing import Any

from tiny_model import user

from seimai.rows import origin_of

PROMPT = user("お米の保存方法を教えてください。")
TEXTS = {
    "a": "湿気と高温を避け、密閉した容器に入れて冷蔵庫の野菜室で保存してください。",
    "b": "涼しい場所に置くのがよく、とくに夏は冷蔵庫の野菜室が向いています。",
    "c": "冷蔵庫。",
}


def response(
    name: str, text: str | None, *scores: float | None, judge: str = "rules", model: str | None = None
) -> dict[str, Any]:
    return {
        "id": name,
        "text": text,
        "engine": "written",
        "model": model,
        "sampling": None,
        "scores": [{"judge": judge, "score": s, "why": ""} for s in scores],
    }


def candidates(*responses: dict[str, Any], name: str = "p", **columns: Any) -> dict[str, Any]:
    row = {"id": name, "prompt": PROMPT, "responses": list(responses), "origin": origin_of([])}
    return {**row, **columns}
