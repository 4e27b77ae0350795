"""Position bias: a judge that is shown two responses in both orders, and what it says each time.

Judges of all kinds favour a place (Zheng et al. 2023, https://arxiv.org/abs/2306.05685, section 3.3): GPT-4
gave the same verdict in both orders in 65 % of the cases, Claude-v1 in 24 %. A verdict that turns with the
order says nothing about the responses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb
from typing import Any, Literal

from seimai.interval import wilson

Winner = Literal["first", "second", "tie"]
"""The better one of two responses; `first` is the one that stands first in the row, in whatever order the
judge was shown them."""


@dataclass(frozen=True)
class BothOrders:
    """The winner by the verdict with the first response shown first, and with the second shown first."""

    forward: Winner
    backward: Winner

    @property
    def winner(self) -> Winner | None:
        """The winner in both orders; None: the verdict depends on the order."""
        return self.forward if self.forward == self.backward else None


def position_report(verdicts: Mapping[BothOrders, int]) -> dict[str, Any]:
    """How often verdicts depend on the order, and whether the place shown first or last gains by it.

    `favours_first` counts pairs of which each response won where it stood first, `favours_last` the
    opposite; in the rest one order is a tie. `p` is the exact two-sided probability of a split at least
    as uneven if neither place were favoured. `low` and `high` are the 95 % interval of the share.

    >>> report = position_report({BothOrders("first", "second"): 3, BothOrders("tie", "tie"): 1})
    >>> report["inconsistent"], report["share"], report["favours_first"], report["ties"]
    (3, 0.75, 3, 1)
    """
    pairs = sum(verdicts.values())
    turned = sum(n for both, n in verdicts.items() if both.winner is None)
    first = verdicts.get(BothOrders("first", "second"), 0)
    last = verdicts.get(BothOrders("second", "first"), 0)
    found: dict[str, Any] = {
        "pairs": pairs,
        "consistent": pairs - turned,
        "ties": verdicts.get(BothOrders("tie", "tie"), 0),
        "inconsistent": turned,
    }
    if pairs:
        share = wilson(turned, pairs)
        found |= {"share": _short(share.share), "low": _short(share.low), "high": _short(share.high)}
    found |= {"favours_first": first, "favours_last": last, "tie_in_one": turned - first - last}
    if first + last:
        found |= _favour(first, first + last)
    return found


def _favour(first: int, turned: int) -> dict[str, float]:
    share = wilson(first, turned)
    tail = sum(comb(turned, k) for k in range(min(first, turned - first) + 1)) / 2**turned
    return {
        "first_share": _short(share.share),
        "first_low": _short(share.low),
        "first_high": _short(share.high),
        "p": float(f"{min(1.0, 2 * tail):.3g}"),
    }


def _short(number: float) -> float:
    return round(number, 4)
