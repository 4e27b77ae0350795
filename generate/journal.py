"""A journal of answers: what a model has said is never asked again, also after a kill.

One line of JSON for each answer, with the seconds since the one before it, appended as it comes. A kill
loses nothing that was written; a power cut may lose the last second, and a line that it tore is cut off when
the journal is opened again. The texts stay on disk: only their places are held in memory.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from generate.engine import Answer, Candidate
from generate.usage import Usage

SYNC_SECONDS = 1.0


class Journal:
    """The answers of one run of a step, by the key of the request and the seed of the candidate.

    `usage` counts each of them once, also those of a run before a kill.
    """

    def __init__(self, path: Path, usage: Usage) -> None:
        self._usage = usage
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("a+b")
        self._places: dict[str, dict[int, int]] = {}
        self._synced = time.monotonic()
        self._load()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Bring everything to the disk and close the file."""
        if not self._file.closed:
            self._sync()
            self._file.close()

    def add(self, answer: Answer) -> None:
        """Append an answer; it survives a kill from here on."""
        place = self._file.seek(0, os.SEEK_END)
        seconds = round(self._usage.lap(answer.candidates), 4)
        record = asdict(answer) | {"seconds": seconds}
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        if time.monotonic() - self._synced > SYNC_SECONDS:
            self._sync()
        self._remember(answer, place, seconds)

    def seeds(self, key: str) -> set[int]:
        """The seeds that are answered for a request."""
        return set(self._places.get(key, ()))

    def candidates(self, key: str) -> dict[int, Candidate]:
        """The candidates of a request, by seed."""
        places = self._places.get(key, {})
        found: dict[int, Candidate] = {}
        for place in dict.fromkeys(places.values()):
            self._file.seek(place)
            found |= {c.seed: c for c in _answer(json.loads(self._file.readline())).candidates}
        return found

    def _remember(self, answer: Answer, place: int, seconds: float) -> None:
        self._usage.spent(seconds)
        places = self._places.setdefault(answer.key, {})
        for candidate in answer.candidates:
            if candidate.seed not in places:
                places[candidate.seed] = place
                self._usage.count(candidate)

    def _load(self) -> None:
        end = 0
        for place, line in self._lines():
            if not line.endswith(b"\n"):
                break
            end = place + len(line)
            try:
                record: dict[str, Any] = json.loads(line)
                self._remember(_answer(record), place, float(record.get("seconds", 0)))
            except (ValueError, TypeError, KeyError):
                continue  # zeros that a power cut left inside the file
        self._file.truncate(end)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        place = self._file.seek(0)
        while line := self._file.readline():
            yield place, line
            place += len(line)

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()


def _answer(record: dict[str, Any]) -> Answer:
    return Answer(record["key"], tuple(Candidate(**c) for c in record["candidates"]))
