"""Are a filter's rules right? `seimai audit`: people judge what it dropped and kept near its thresholds.

Documents are drawn from a finished run by rule (seimai.auditing.draw says how) and shown without the verdict,
in an order that tells nothing, as a sheet or in Argilla; from the answers each rule gets its precision.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from rich.console import Console
from rich.text import Text

from seimai.auditing import page, sheet
from seimai.auditing.answers import Answer, Verdicts, read_answers, verdicts
from seimai.auditing.draw import draw
from seimai.auditing.rules import population, steps_of
from seimai.dataset import Dataset
from seimai.errors import SeimaiError, Waiting
from seimai.places import nearest
from seimai.tuning.lineage import Entry, open_entry

Ask = Callable[[str, Sequence[tuple[str, str]]], tuple[list[Answer], str]]
"""Shows documents (name, text) to people under a dataset's name; gives the answers so far and the place."""


@dataclass(frozen=True)
class Question:
    """What is to be audited, and where the audit lies."""

    run: Path
    step: str
    n: int = 200
    seed: int = 17
    out: Path | None = None
    """Folder of audits; `audits` beside the dataset by default."""
    answers: Path | None = None


def audit(question: Question, console: Console, ask: Ask | None = None) -> Verdicts | None:
    """Draw an audit, or go on with it; the verdicts once there are answers.

    Raises:
        SeimaiError: if the run has no such filter, or answers are not of this audit.
        Waiting: while people have not answered all documents that `ask` shows them.
    """
    path = find(question.run, question.step)
    audits = question.out or path.resolve().parent / "audits"
    if question.answers:
        given = read_answers(question.answers)
        key = _key_of(question, Dataset(path), audits, given)
        found = verdicts(given, key.ids)
        page.result(key, found, console)
        return found
    folder, key = _drawn(question, path, audits)
    if ask is None:
        _drawn_page(question, folder, key, console)
        return None
    given, place = ask(
        f"audit-{key.name}-{key.step}-{key.tag}", [(d, sheet.shown(t)) for d, t in sheet.read_texts(folder)]
    )
    found = verdicts(given, key.ids)
    if found.of:
        page.result(key, found, console)
    else:
        console.print(page.drawn_table(key))
    if found.unanswered:
        raise Waiting(
            f"{len(found.of)} of {len(key.ids)} documents are judged at {place}; "
            "run the same command to go on"
        )
    return found


def _drawn_page(question: Question, folder: Path, key: sheet.Key, console: Console) -> None:
    """What was drawn, and what to do now."""
    console.print(page.drawn_table(key))
    for line in (
        f"Have the column `answer` filled in (good, bad, cannot tell): {folder / sheet.SHEET}",
        f"Then: seimai audit {question.run} {question.step} --answers FILE",
        f"Reviewers must not see {folder / sheet.KEY}, which has the verdicts.",
    ):
        console.print(Text(line), soft_wrap=True)


def find(run: Path, step: str) -> Path:
    """The dataset whose filters have the step: the path itself, or one in a folder of runs.

    Raises:
        SeimaiError: if there is none or more than one.
    """
    if Dataset.is_whole(run):
        return run
    whole = sorted(p for p in run.iterdir() if Dataset.is_whole(p)) if run.is_dir() else []
    if not whole:
        raise SeimaiError(f"{run} is no finished dataset and holds none")
    entries = {p: e for p in whole if (e := _entry(p)) is not None}
    known = {s for e in entries.values() for s in steps_of(e)}
    having = [p for p, e in entries.items() if step in steps_of(e)]
    if not having:
        raise SeimaiError(f"{run}: no dataset has a filter {step!r}{nearest(step, known)}")
    if len(having) > 1:
        raise SeimaiError(
            f"{run}: {len(having)} datasets have {step}; name one: {', '.join(map(str, having))}"
        )
    return having[0]


def _entry(path: Path) -> Entry | None:
    try:
        return open_entry(path)
    except SeimaiError:
        return None


def _drawn(question: Question, path: Path, audits: Path) -> tuple[Path, sheet.Key]:
    """The audit of these parameters: the one that lies there, or a new one."""
    dataset = Dataset(path)
    tag = sheet.tag_of(dataset.hash, question.step, question.n, question.seed)
    folder = audits / f"{dataset.manifest['name']}-{question.step}-{tag}"
    if (folder / sheet.KEY).exists():
        return folder, sheet.read_key(folder)
    rows = population(open_entry(path), question.step)
    strata = draw(rows, question.n, question.seed)
    names = sheet.names(tag, [row for s in strata for row in s.drawn], question.seed)
    texts = rows.texts(list(names)).with_columns(document=pl.Series(list(names.values())))
    key = sheet.Key(
        tag,
        path.name,
        str(dataset.manifest["name"]),
        question.step,
        question.n,
        question.seed,
        len(rows.kept),
        tuple(
            sheet.KeyRule(r.reason, r.bound, len(r.dropped), r.alone, bool(np.isfinite(r.distance).any()))
            for r in rows.rules
        ),
        tuple(
            sheet.KeyStratum(s.reason, s.side, s.how, s.size, tuple(names[row] for row in s.drawn))
            for s in strata
        ),
        dict(zip(texts["document"], texts["id"], strict=True)),
    )
    sheet.write(folder, key, texts)
    return folder, key


def _key_of(question: Question, dataset: Dataset, audits: Path, given: Sequence[Answer]) -> sheet.Key:
    """The key of the audit that answers belong to.

    Raises:
        SeimaiError: if there are no answers, no such audit, or it is of another dataset or step.
    """
    if not given:
        raise SeimaiError(f"{question.answers} has no answer yet")
    tags = sorted({a.document.partition("_")[0] for a in given})
    keys = [sheet.read_key(p.parent) for p in sorted(audits.glob(f"*/{sheet.KEY}"))]
    found = next((k for k in keys if k.tag in tags), None)
    if found is None:
        raise SeimaiError(f"{question.answers}: {given[0].document!r} is of no audit in {audits}")
    if (found.dataset, found.step) != (dataset.path.name, question.step):
        raise SeimaiError(f"{question.answers} answers an audit of {found.step} in {found.dataset}")
    return found
