"""Answers that are one of a few given texts, whatever else the model would rather say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Node:
    """A place in the tree of the choices' tokens."""

    next: dict[int, "Node"] = field(default_factory=dict[int, "Node"])
    choice: str | None = None
    """The choice whose tokens end here."""


class Choices:
    """The tree (trie) of the choices' tokens: which tokens may come next, and what has been said.

    An answer is looked up, not decoded, so that it is a choice letter for letter. A choice that begins
    another (「良い」,「良いとは言えない」) is told from it by the model's end-of-sequence token.

    Raises:
        ValueError: if two choices are the same to the model, or one cannot be told from a longer one.
    """

    def __init__(self, texts: Sequence[str], tokenizer: Any, ends: frozenset[int]) -> None:
        self.root = Node()
        self._ends = sorted(ends)
        for text in texts:
            self._add(text, tokenizer(text, add_special_tokens=False)["input_ids"])

    def _add(self, text: str, tokens: Sequence[int]) -> None:
        node = self.root
        for token in tokens:
            node = node.next.setdefault(token, Node())
        if node is self.root or node.choice not in (None, text):
            raise ValueError(f"the model has no tokens that tell the choice {text!r} from the others")
        node.choice = text

    def allowed(self, node: Node) -> list[int]:
        """The tokens that may come next."""
        if node.choice is None:
            return [*node.next]
        if not self._ends:
            raise ValueError(
                f"the choice {node.choice!r} begins another, and the model has no end of sequence"
            )
        return [*node.next, *self._ends]

    def after(self, node: Node, token: int) -> Node:
        """The place after a token; the same place where the token ends the answer."""
        return node.next.get(token, node)

    def is_over(self, node: Node, token: int) -> bool:
        """Whether `token`, which led to `node`, ended the answer."""
        return node.choice is not None and (not node.next or token in self._ends)
