"""The items of benchmarks: records of files, of datasets that `datasets` saved, of entries of the recipe."""

import glob
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from curate.reading import arrow, hf_disk, jsonl, parquet
from curate.reading.files import absolute
from curate.reading.found import LARGEST, Found
from curate.reading.streams import BROKEN, named, opened, words
from seimai.dataset import Dataset
from seimai.errors import SeimaiError

Role = Literal["question", "answer"]
Keys = Mapping[Role, Sequence[str]]
"""The keys of a record that hold an item's question and answer."""

QUESTIONS: Final = (
    ("question",),
    ("instruction", "input"),
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("prompt",),
    ("query",),
    ("problem",),
    ("text",),
    ("sentence",),
    ("turns",),
    ("messages",),
)
"""Where benchmarks keep their questions: the first of these of which a record has a key."""
ANSWERS: Final = (
    ("answer",),
    ("answers",),
    ("output",),
    ("response",),
    ("target",),
    ("solution",),
    ("label",),
)
_NAMES: Final = ("id", "question_id", "qid", "q_id", "task_id", "idx")


@dataclass(frozen=True)
class Item:
    """One item of a benchmark. Any of the questions is the question, any of the answers the answer."""

    file: str
    number: int
    name: str
    """What its file calls it, or its number there."""
    questions: tuple[str, ...]
    answers: tuple[str, ...]


def items(named_by: Mapping[str, str], keys: Keys) -> Iterator[Item]:
    """The items of benchmarks; `named_by` says where what the recipe names lies.

    Raises:
        SeimaiError: if a file cannot be read, or no record of it has a question.
    """
    for value, place in named_by.items():
        for name, path in _files(value, place):
            some = False
            for record, number in _records(name, path):
                item = _item(name, number, record, keys)
                some = some or bool(item.questions)
                yield item
            if not some:
                wanted = ", ".join(keys.get("question") or [k for group in QUESTIONS for k in group])
                raise SeimaiError(
                    f"{name} has no item with a text under {wanted}; say where: fields: {{question: KEY}}"
                )


def _files(value: str, place: str) -> Iterator[tuple[str, Path]]:
    """The files that a reference stands for, by the names that the account has for them."""
    pattern = Path(place)
    if not glob.has_magic(place) or pattern.exists():
        found = [pattern]
    else:
        found = [Path(p) for p in sorted(glob.glob(place, recursive=True))]  # noqa: PTH207 (may be absolute)
    if not found or not any(p.exists() for p in found):
        raise SeimaiError(f"no benchmark is at {value!r}: {place} is not there")
    for path in found:
        name = _name(value, place, path)
        if Dataset.is_whole(path):
            for shard in Dataset(path).kept.shards:
                yield value, shard.path
        elif hf_disk.is_saved(path):
            for file in hf_disk.arrow_files(path):
                yield f"{name}/{file.relative_to(path).as_posix()}", file
        elif path.is_dir():
            inside = sorted(p for p in absolute(path).rglob("*") if p.is_file() and _is_read(p))
            if not inside:
                raise SeimaiError(f"the folder {name} has no .jsonl, .json, .parquet or .arrow file")
            for file in inside:
                yield f"{name}/{file.relative_to(absolute(path)).as_posix()}", file
        else:
            yield name, path


def _name(value: str, place: str, path: Path) -> str:
    """The path as the recipe would write it: without the recipe's folder."""
    folder = place[: -len(value)] if place.endswith(value) else ""
    return path.as_posix().removeprefix(folder)


def _is_read(path: Path) -> bool:
    form, codec = named(path.name)
    return path.suffix == ".json" or form == "jsonl" or (form in ("parquet", "arrow") and codec is None)


def _records(name: str, path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    if not _is_read(path):
        raise SeimaiError(f"{name} is no benchmark: .jsonl, .json, .parquet, .arrow or a saved dataset are")
    number = 0
    try:
        for found in _found(name, path):
            if found.failed is not None or found.record is None:
                raise SeimaiError(f"{name}, record {number}: {found.failed}")
            yield found.record, number
            number += 1
    except BROKEN as e:
        raise SeimaiError(f"{name} cannot be read: {words(e)}") from None


def _found(name: str, path: Path) -> Iterator[Found]:
    base = Found(name)
    form, codec = named(path.name)
    if form == "parquet":
        yield from parquet.records(str(path), base, None, None)
    elif form == "arrow":
        yield from arrow.records(str(path), base, None, None, 0)
    elif path.suffix == ".json" and (listed := _listed(path)) is not None:
        for record in listed:
            good = isinstance(record, dict)
            yield base._replace(record=record if good else None, failed=None if good else "is no object")
    else:
        with opened(str(path), codec) as stream:
            yield from jsonl.records(stream, base, number=0, start=0, limit=None)


def _listed(path: Path) -> list[Any] | None:
    """The list of a JSON file; None if it holds JSON lines, as JGLUE's files do."""
    if path.stat().st_size > LARGEST:
        return None
    try:
        found: Any = json.loads(path.read_bytes())
    except ValueError:
        return None
    if isinstance(found, dict):
        lists = [cast(list[Any], v) for v in cast(dict[str, Any], found).values() if isinstance(v, list)]
        return lists[0] if len(lists) == 1 else [found]
    return cast(list[Any], found) if isinstance(found, list) else None


def _item(file: str, number: int, record: dict[str, Any], keys: Keys) -> Item:
    ids = [record[k] for k in _NAMES if isinstance(record.get(k), str | int)]
    question = _chosen(record, keys.get("question"), QUESTIONS)
    answer = _chosen(record, keys.get("answer"), ANSWERS)
    return Item(
        file,
        number,
        str(ids[0]) if ids else str(number),
        tuple(_alternatives([record[k] for k in question], asked=True)),
        tuple(_alternatives([_choice(record[k], record) for k in answer], asked=False)),
    )


def _chosen(
    record: Mapping[str, Any], given: Sequence[str] | None, defaults: Sequence[Sequence[str]]
) -> list[str]:
    if given:
        return [k for k in given if record.get(k) is not None]
    for group in defaults:
        if has := [k for k in group if record.get(k) is not None]:
            return has
    return []


def _choice(value: Any, record: Mapping[str, Any]) -> Any:
    """The text of an answer that is the number or the letter of one of the choices."""
    choices = record.get("choices")
    if not isinstance(choices, list):
        return value
    listed = cast(list[Any], choices)
    number = ord(value.upper()) - ord("A") if isinstance(value, str) and len(value) == 1 else value
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(listed):
        return value
    return listed[number]


def _alternatives(values: list[Any], *, asked: bool) -> list[str]:
    """The texts that a question may be found as: those of several keys joined, those of a list each alone."""
    every = [t for t in (_texts(v, asked=asked) for v in values) if t]
    if not every:
        return []
    if all(len(t) == 1 for t in every):
        return ["\n".join(t[0] for t in every)]
    return list(dict.fromkeys(text for texts in every for text in texts))


def _texts(value: Any, *, asked: bool) -> list[str]:
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int | float):
        return [str(value)]
    if isinstance(value, list):
        return [t for v in cast(list[Any], value) for t in _texts(v, asked=asked)]
    if isinstance(value, dict):
        return _of_object(cast(dict[str, Any], value), asked=asked)
    return []


def _of_object(value: dict[str, Any], *, asked: bool) -> list[str]:
    """A message of a chat, if the right one speaks, or SQuAD's answers."""
    if "content" in value:
        wanted = "assistant" if not asked else "user"
        return _texts(value["content"], asked=asked) if value.get("role", wanted) == wanted else []
    return _texts(value.get("text"), asked=asked)
