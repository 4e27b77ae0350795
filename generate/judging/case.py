"""What a judge is shown beside the responses: the conversation, evidence, a reference answer."""

from dataclasses import dataclass
from typing import Any, cast

from generate.asker import fault
from generate.meta import parsed
from generate.template import Template

TURNS = {"system": "システムの設定", "user": "質問者の発言", "assistant": "回答者の発言"}
OTHER_TURN = "発言"
EVIDENCE = "根拠となる文章"
REFERENCE = "模範解答"

Exhibit = dict[str, str]
"""A text and the name that it is shown under."""


@dataclass(frozen=True)
class Case:
    """One row, as a judge's template takes it."""

    conversation: tuple[Exhibit, ...]
    evidence: Exhibit | None
    reference: Exhibit | None

    @staticmethod
    def of(row: dict[str, Any], needs: frozenset[str]) -> "Case | str":
        """The case of a row, or why there is none; what is not needed is not shown."""
        if (said := fault(row["prompt"])) is not None:
            return said
        turns = tuple({"name": TURNS.get(m["role"], OTHER_TURN), "text": m["content"]} for m in row["prompt"])
        shown = {name: text_of(row["meta"], name) for name in sorted(needs)}
        if missing := [name for name, text in shown.items() if text is None]:
            return f"meta has no {' and no '.join(missing)}"
        evidence, reference = shown.get("evidence"), shown.get("reference")
        return Case(
            turns,
            {"name": EVIDENCE, "text": evidence} if evidence else None,
            {"name": REFERENCE, "text": reference} if reference else None,
        )

    def shown(self) -> dict[str, Any]:
        """The values that a judge's template takes."""
        return {
            "conversation": self.conversation,
            "evidence": self.evidence,
            "reference": self.reference,
        }


def needs(rubric: Template) -> frozenset[str]:
    """Which of `evidence` and `reference` a rubric speaks of: rows without it cannot be judged by it."""
    from jinja2 import meta
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    names = meta.find_undeclared_variables(ImmutableSandboxedEnvironment().parse(rubric.body))
    return frozenset(names) & {"evidence", "reference"}


def text_of(meta: str | None, key: str) -> str | None:
    """A text in a row's `meta`, or several of them joined; None: there is none."""
    found: Any = parsed(meta).get(key)
    texts: list[Any] = cast("list[Any]", found) if isinstance(found, list) else [found]
    said = "\n\n".join(t for t in texts if isinstance(t, str))
    return said if said.strip() else None
