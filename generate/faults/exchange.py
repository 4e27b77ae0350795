"""A prompt and one response to it, cut up once for all the rules that look at them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from generate.engine import Message

CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")
ITEM = re.compile(
    r"(?m)^[ \t　]*(?:[-*+•・◦●○■□◆▪‣⁃]|\(?[0-9０-９]{1,2}[.)．）:：、]|[①-⑳]|[(（][0-9０-９一-十]{1,2}[)）])"
)
NUMBERED = re.compile(
    r"(?m)^[ \t　*#]*(?:\(?[0-9０-９]{1,2}[.)．）:：、]|[①-⑳]|[(（][0-9０-９一-十]{1,2}[)）])"
)
KANA = re.compile(r"[ぁ-ゖァ-ヺー]")


@dataclass(frozen=True)
class Exchange:
    """What was asked last, what was said before it, and the response."""

    prompt: str
    context: str
    text: str
    finish: str = ""
    system: str = ""
    """What the system messages say."""
    risk: str = ""
    """`risky` or `harmless` where the prompt was written as one of these (`generate.safety`)."""

    @classmethod
    def of(cls, messages: Sequence[Message], text: str, finish: str = "", risk: str = "") -> "Exchange":
        """The exchange that ends a conversation."""
        asked = [m["content"] or "" for m in messages if m["role"] == "user"]
        return cls(
            prompt=asked[-1] if asked else "",
            context="\n".join(m["content"] or "" for m in messages),
            text=text.strip(),
            finish=finish,
            system="\n".join(m["content"] or "" for m in messages if m["role"] == "system"),
            risk=risk,
        )

    @cached_property
    def prose(self) -> str:
        """The response without code."""
        return CODE.sub("", self.text).strip()

    @cached_property
    def sentences(self) -> list[str]:
        """The sentences and lines of the prose."""
        return [s.strip() for s in SENTENCE.findall(self.prose) if s.strip()]

    @cached_property
    def items(self) -> list[str]:
        """The lines that are items of a list, indented ones too."""
        return [line for line in self.text.splitlines() if ITEM.match(line)]

    @cached_property
    def numbered(self) -> list[str]:
        """The lines that begin with a number."""
        return [line for line in self.text.splitlines() if NUMBERED.match(line)]

    @cached_property
    def is_japanese(self) -> bool:
        """Whether the prompt is in Japanese: a prompt of two kana is, a Chinese one has none."""
        return len(KANA.findall(self.prompt)) >= 2

    @property
    def wants_code(self) -> bool:
        """Whether the prompt is about code or data, of which Latin letters are a part."""
        return bool(
            re.search(
                r"(?i)コード|プログラム|関数|スクリプト|正規表現|python|sql|html|json|csv|url", self.prompt
            )
        )

    @property
    def wants_text(self) -> bool:
        """Whether a text is to be written or changed, whose tone is its own."""
        return bool(
            re.search(r"書いて|書き|作って|作成|考えて|直し|変換|要約|訳|まとめ|口調|弁で|風に", self.prompt)
        )
