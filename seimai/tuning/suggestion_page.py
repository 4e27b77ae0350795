"""What `seimai tune --suggest` prints about the suggestion itself."""

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seimai.tuning.page import new_table
from seimai.tuning.suggest import Suggestion
from seimai.tuning.thresholds import written
from seimai.tuning.trusted import Trusted


def suggestion_title(found: Suggestion, trusted: Trusted, loss: float) -> Text:
    """What the suggestion comes from."""
    what = f"Suggested from {found.documents:,} trusted documents ({trusted.how}), at most {loss:.1%} lost"
    return Text(what, style="bold")


def suggestion(found: Suggestion) -> Table:
    """Suggested thresholds, and what each loses of the trusted documents."""
    table = new_table("", "threshold", "now", "suggested", "", "lost", "share")
    for column in (table.columns[i] for i in (1, 2, 4, 5)):
        column.justify = "right"
    for name, (threshold, value, lost) in found.values.items():
        table.add_row(
            name,
            written(threshold.now),
            written(value),
            _direction(found, name),
            f"{lost:,}",
            f"{lost / found.documents:.1%}",
        )
    table.add_section()
    if found.fixed:
        table.add_row(
            "rules without such a number",
            "",
            "",
            "",
            f"{found.fixed:,}",
            f"{found.fixed / found.documents:.1%}",
        )
    table.add_row("all together", "", "", "", f"{found.lost:,}", f"{found.lost / found.documents:.1%}")
    return table


def _direction(found: Suggestion, name: str) -> str:
    threshold, value, _ = found.values[name]
    if value == threshold.now:
        return ""
    moved = threshold.moves[0]
    up = moved.compared is not None and moved.compared.low == (moved.scale > 0)
    return "stricter" if (value > threshold.now) == up else "milder"


def suggestion_notes(found: Suggestion, trusted: Trusted, loss: float, console: Console) -> None:
    """How far the stated loss can be believed."""

    def say(text: str) -> None:
        console.print(Text(f"- {text}"))

    low, high = found.interval()
    say(
        f"Chosen without some of them and counted on those, in turn, such thresholds lose "
        f"{found.lost_unseen:,} of {found.documents:,}: of other documents like these expect "
        f"{found.lost_unseen / found.documents:.1%} to go, with 95 % confidence {low:.1%} to {high:.1%}."
    )
    if 0 < found.documents * loss < 1:
        say(
            f"{found.documents:,} documents are too few for a loss of {loss:.1%}: none of them is given up, "
            f"so the thresholds are their extremes. To give up one takes {math.ceil(1 / loss):,} documents."
        )
    elif found.lost > loss * found.documents:
        say("Rules without a number that could be moved lose more than that by themselves.")
    if trusted.failed:
        say(f"{trusted.failed:,} trusted documents could not be read and are not counted.")
    if found.kept_as_is:
        say(f"Left as they are, since the rule's form shows no bound: {', '.join(found.kept_as_is)}.")
