"""Good and bad rows for KTO: how many, and how TRL wants them weighed."""

from typing import Any

HEAVIER = 4 / 3
"""Most that good rows should weigh in all, as a multiple of what bad rows weigh; the least is 1 (TRL's
kto_trainer.py, which refers to equation 8 of arXiv:2402.01306)."""


def balance(good: int, bad: int) -> list[dict[str, Any]]:
    """The figures, as a run's report shows them.

    >>> balance(300, 100)[2]["value"]
    '0.33 to 0.44'
    """
    found: list[dict[str, Any]] = [
        {"measure": "good responses", "value": good, "unit": ""},
        {"measure": "bad responses", "value": bad, "unit": ""},
    ]
    if good and bad:
        least = bad / good
        weights = f"{least:.2f} to {HEAVIER * least:.2f}"
        found.append(
            {"measure": "desirable_weight for TRL (undesirable_weight: 1)", "value": weights, "unit": ""}
        )
    return found
