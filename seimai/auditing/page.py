"""An audit in words: what was drawn, and what the answers say of each rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seimai.auditing.answers import Verdicts
from seimai.auditing.estimate import Judged, joined
from seimai.auditing.sheet import Key, KeyRule, KeyStratum
from seimai.interval import Share, wilson

_NAMED = 3
"""Documents that a sentence names before it says how many more there are."""


@dataclass(frozen=True)
class Told:
    """Answers to one stratum's documents."""

    stratum: KeyStratum
    judged: Judged


def told(key: Key, found: Verdicts) -> list[Told]:
    """The answers by stratum."""
    result: list[Told] = []
    for stratum in key.strata:
        given = [found.of.get(d) for d in stratum.documents]
        bad, good = given.count("bad"), given.count("good")
        result.append(Told(stratum, Judged(stratum.size, bad + good, bad)))
    return result


def of_rule(answers: Sequence[Told], reason: str | None, side: str, how: str | None = None) -> list[Judged]:
    """The answers that count for a rule."""
    return [
        t.judged
        for t in answers
        if t.stratum.reason == reason and t.stratum.side == side and how in (None, t.stratum.how)
    ]


def drawn_table(key: Key) -> Table:
    """What was drawn for which rule."""
    table = Table(box=box.SIMPLE_HEAD, title=f"{key.step}: {len(key.ids)} documents to judge")
    _columns(table, "dropped", "by it alone", "nearest", "random", "just kept")
    count = {(s.reason, s.side, s.how): len(s.documents) for s in key.strata}
    for rule in key.rules:
        near = count[rule.reason, "dropped", "nearest"], count[rule.reason, "kept", "nearest"]
        drawn = (near[0], count[rule.reason, "dropped", "random"], near[1])
        cells = (f"{n}" if rule.stored or i == 1 else "–" for i, n in enumerate(drawn))
        table.add_row(rule.reason, rule.bound or "–", f"{rule.dropped:,}", f"{rule.alone:,}", *cells)
    table.add_row("(kept)", "", f"{key.kept:,} kept", "", "", f"{count[None, 'kept', 'random']}", "")
    return table


def _columns(table: Table, *numbers: str) -> None:
    table.add_column("rule", no_wrap=True)
    table.add_column("threshold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)


def result(key: Key, found: Verdicts, console: Console) -> None:
    """Each rule's precision, and what the answers lack."""
    answers = told(key, found)
    table = Table(
        box=box.SIMPLE_HEAD, title=f"{key.step}: {len(found.of)} of {len(key.ids)} documents judged"
    )
    _columns(table, "dropped", "precision", "95 %", "bad: nearest", "random", "just kept")
    for rule in key.rules:
        share = joined(of_rule(answers, rule.reason, "dropped"))
        table.add_row(
            rule.reason,
            rule.bound or "–",
            f"{rule.dropped:,}",
            "–" if share is None else f"{share.share:.1%}",
            "–" if share is None else f"{share.low:.1%} to {share.high:.1%}",
            *(
                _counts(of_rule(answers, rule.reason, side, how))
                for side, how in (("dropped", "nearest"), ("dropped", "random"), ("kept", "nearest"))
            ),
        )
    console.print(table)
    lines = [f"{rule.reason}: {reading(rule, answers)}" for rule in key.rules]
    for line in (*lines, _kept(key, answers), "", *_lacking(key, found), *EXPLAINED):
        console.print(Text(line), soft_wrap=True)


EXPLAINED = (
    "Precision: of all rows that a rule drops, the share that people call bad. The dropped rows nearest to",
    "its threshold are all shown and count once each; the others are drawn at random, and each counts for as",
    "many rows as the rest has for one drawn. Rows just kept count in their own column only. What is drawn",
    "for two rules counts for both. Intervals: Wilson's, for finite populations, joined by MOVER.",
)


def _counts(judged: Sequence[Judged]) -> str:
    told, bad = sum(j.told for j in judged), sum(j.bad for j in judged)
    return f"{bad} of {told}" if told else "–"


def reading(rule: KeyRule, answers: Sequence[Told]) -> str:
    """One line for a rule."""
    dropped = of_rule(answers, rule.reason, "dropped")
    kept = of_rule(answers, rule.reason, "kept", "nearest")
    judged, bad = sum(j.told for j in dropped), sum(j.bad for j in dropped)
    if not judged:
        return "nothing that it dropped is judged yet"
    good = judged - bad
    line = (
        f"this rule drops good documents: {good} of {judged}"
        if good
        else f"bad documents alone among those that it dropped: {judged} of {judged}"
    )
    near, through = sum(j.told for j in kept), sum(j.bad for j in kept)
    if through:
        line += f"; of those that it just kept, {through} of {near} are bad"
    return line


def _kept(key: Key, answers: Sequence[Told]) -> str:
    (judged,) = of_rule(answers, None, "kept") or [Judged(0, 0, 0)]
    if not judged.told:
        return "Of the kept documents that were drawn at random none is judged yet."
    share: Share = wilson(judged.bad, judged.told, judged.size)
    return (
        f"Of all {key.kept:,} kept documents {share.share:.1%} are bad ({share.low:.1%} to {share.high:.1%}; "
        f"{judged.bad} of {judged.told} drawn at random)."
    )


def _lacking(key: Key, found: Verdicts) -> list[str]:
    """What to know about incomplete and contradictory answers."""
    sentences: list[str] = []
    if found.unanswered:
        sentences.append(
            f"{len(found.unanswered)} of {len(key.ids)} documents have no answer "
            f"({_some(found.unanswered)}): the estimates take them to be like the others of their kind."
        )
    if found.contradictory:
        sentences.append(
            f"{len(found.contradictory)} documents have as many good as bad answers "
            f"({_some(found.contradictory)}) and count as cannot tell."
        )
    unsure = sum(v == "cannot_tell" for v in found.of.values()) - len(found.contradictory)
    if unsure:
        sentences.append(f"Of {unsure} documents people could not tell; they count neither way.")
    return sentences


def _some(documents: Sequence[str]) -> str:
    more = len(documents) - _NAMED
    return ", ".join(documents[:_NAMED]) + (f" and {more} more" if more > 0 else "")
