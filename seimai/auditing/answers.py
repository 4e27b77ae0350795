"""People's answers: read from a file that went through a spreadsheet, made into one verdict a document."""

import csv
import io
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from seimai.errors import SeimaiError

Verdict = Literal["good", "bad", "cannot_tell"]

_WORDS: dict[str, Verdict] = {
    **dict.fromkeys(("good", "良い", "良い文書", "良", "○", "〇"), "good"),
    **dict.fromkeys(("bad", "悪い", "悪い文書", "悪", "×", "✕"), "bad"),
    **dict.fromkeys(("cannot tell", "cannot_tell", "判断できない", "?", "？"), "cannot_tell"),
}


@dataclass(frozen=True)
class Answer:
    """One person's answer to one document."""

    document: str
    verdict: Verdict


@dataclass(frozen=True)
class Verdicts:
    """What people say of the documents of an audit."""

    of: Mapping[str, Verdict]
    unanswered: Sequence[str]
    contradictory: Sequence[str]
    """Answered good as often as bad: they count as `cannot_tell`."""


def read_answers(path: Path) -> list[Answer]:
    """The answers of a CSV or JSON Lines file; rows without an answer are left out.

    CSV may come back from a spreadsheet in another encoding (UTF-8, UTF-16 or Shift_JIS) and with tabs or
    semicolons between the cells.

    Raises:
        SeimaiError: if it cannot be read, lacks the columns `document` and `answer`, or has an answer that is
            none of good, bad, cannot tell; the line is named.
    """
    if path.suffix.lower() in (".xlsx", ".xls", ".ods", ".numbers"):
        raise SeimaiError(f"{path}: save the sheet as CSV (UTF-8) and name that file")
    try:
        data = path.read_bytes()
    except OSError as e:
        raise SeimaiError(f"{path}: cannot be read: {e.strerror or e}") from None
    lines = _records(path, data) if path.suffix.lower() in (".jsonl", ".ndjson") else _cells(path, data)
    answers: list[Answer] = []
    for line, document, word in lines:
        verdict = _WORDS.get(word.strip().lower())
        if word.strip() and verdict is None:
            raise SeimaiError(
                f"{path}:{line}: {word.strip()!r} is no answer; write good, bad or cannot tell "
                "(良い, 悪い, 判断できない)"
            )
        if verdict:
            answers.append(Answer(document.strip(), verdict))
    return answers


def _records(path: Path, data: bytes) -> Iterable[tuple[int, str, str]]:
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = cast("dict[str, Any]", json.loads(line))
            yield number, str(record["document"]), str(record["answer"] or "")
        except (ValueError, KeyError, TypeError):
            raise SeimaiError(f"{path}:{number}: no JSON record with `document` and `answer`") from None


def _cells(path: Path, data: bytes) -> Iterable[tuple[int, str, str]]:
    text = _decoded(path, data)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        if not {"document", "answer"} <= set(rows.fieldnames or ()):
            raise SeimaiError(f"{path}:1: the first line must name the columns document and answer")
        for row in rows:
            document, answer = row["document"] or "", row["answer"] or ""
            if document.strip() or answer.strip():
                yield rows.line_num, document, answer
    except csv.Error as e:
        raise SeimaiError(f"{path}: not valid CSV: {e}") from None


def _decoded(path: Path, data: bytes) -> str:
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SeimaiError(f"{path}: neither UTF-8 nor Shift_JIS; save it as CSV (UTF-8)")


def verdicts(answers: Sequence[Answer], documents: Collection[str]) -> Verdicts:
    """One verdict a document: the majority of good and bad; those who could not tell have no vote.

    Raises:
        SeimaiError: if an answer is about a document that is not of this audit.
    """
    unknown = sorted({a.document for a in answers} - set(documents))
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise SeimaiError(f"{unknown[0]!r}{more} in the answers: no such document in this audit")
    votes: dict[str, Counter[Verdict]] = {}
    for answer in answers:
        votes.setdefault(answer.document, Counter())[answer.verdict] += 1
    found: dict[str, Verdict] = {}
    for document, given in votes.items():
        good, bad = given["good"], given["bad"]
        found[document] = "cannot_tell" if good == bad else "good" if good > bad else "bad"
    level = [d for d, given in votes.items() if given["good"] == given["bad"] > 0]
    return Verdicts(found, [d for d in documents if d not in votes], level)
