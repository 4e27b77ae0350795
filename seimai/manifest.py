"""The manifest: what a dataset is, what made it, and where every row of its input went.

It holds no time and no place of a machine, so that the same inputs give the same manifest.
"""

import importlib.metadata
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seimai.dataset import Dataset, Shard
from seimai.errors import SeimaiError

if TYPE_CHECKING:
    from seimai.plan import Pass


@dataclass
class Parts:
    """What a pass has written so far."""

    made: bool = False
    """Whether the rows are new ones: then kept and dropped need not add up to the input."""
    kept: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    dropped: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    files: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    reasons: dict[str, int] = field(default_factory=dict[str, int])
    metrics: dict[str, Any] = field(default_factory=dict[str, Any])
    times: dict[str, Any] = field(default_factory=dict[str, Any])
    """For the ledger, not the manifest."""
    rows_in: int = 0
    bytes_in: int = 0

    def add(self, record: dict[str, Any], shard: Shard | None = None) -> None:
        """Add the record of one shard, made from the rows of `shard` and of no others."""
        entry = {"entry": shard.entry} if shard and shard.entry else {}
        self.kept += [{**written, **entry} for written in record["kept"]]
        self.dropped += record["dropped"]
        if not self.made:
            self.rows_in += record["rows_in"]
        self.bytes_in += record["bytes_in"]
        for reason, count in record["reasons"].items():
            self.reasons[reason] = self.reasons.get(reason, 0) + count


def finish(todo: "Pass", parts: Parts) -> dict[str, Any]:
    """The manifest of a pass; the dropped rows of the entry's earlier passes are linked in.

    Raises:
        SeimaiError: if kept and dropped do not add up to the rows that came in.
    """
    kept, dropped = _count(parts.kept), _count(parts.dropped)
    if not parts.made and todo.kind != "model" and kept + dropped != parts.rows_in:
        raise SeimaiError(f"{todo.name}: {parts.rows_in} rows came in, but {kept} kept and {dropped} dropped")
    before = [Dataset(p.directory) for p in todo.parents if p.entry == todo.entry]
    earlier = [
        _link(d.path, shard, todo.directory) for d in before for shard in d.manifest["shards"]["dropped"]
    ]
    return {
        "kind": todo.kind,
        "name": todo.entry,
        "pass": todo.name,
        "hash": todo.hash,
        "source": todo.source.spec.model_dump(mode="json") if todo.source else None,
        "parents": [{"name": p.name, "hash": p.hash} for p in todo.parents],
        "references": {
            value: place.hash for value, place in todo.references.items() if not isinstance(place, Path)
        },
        "steps": [{"step": s.path(), "version": s.version, "parameters": s.shape()} for s in todo.steps],
        "signals": dict(todo.signals),
        "seed": todo.seed,
        "rows": {"in": parts.rows_in, "kept": kept, "dropped": dropped},
        "bytes": {"in": parts.bytes_in, "kept": sum(s["bytes"] for s in parts.kept)},
        "funnel": [line for d in before for line in d.manifest["funnel"]] + _funnel(todo, parts),
        "metrics": _metrics(parts, before),
        "shards": {"kept": parts.kept, "dropped": earlier + parts.dropped},
        "files": parts.files,
        "versions": {p: importlib.metadata.version(p) for p in ("seimai", "polars", "pyarrow")},
    }


def _metrics(parts: Parts, before: list[Dataset]) -> dict[str, Any]:
    """What was measured; `measures` and `usage` of the entry's earlier passes come first, as in the funnel.

    A line about usage from an earlier pass names its dataset, under which the ledger has the times.
    """
    metrics = dict(parts.metrics)
    for name in ("measures", "usage"):
        earlier = [
            {**line, "dataset": line.get("dataset", d.path.name)} if name == "usage" else line
            for d in before
            for line in d.manifest["metrics"].get(name, [])
        ]
        if earlier:
            metrics[name] = [*earlier, *metrics.get(name, [])]
    return metrics


def _count(shards: list[dict[str, Any]]) -> int:
    return sum(s["rows"] for s in shards)


def _funnel(todo: "Pass", parts: Parts) -> list[dict[str, Any]]:
    """One line a step: rows that reach it, and those that it drops by reason."""
    lines: list[dict[str, Any]] = []
    left = parts.rows_in
    for path in dict.fromkeys([*(["curate.read"] if todo.source else []), *(s.path() for s in todo.steps)]):
        reasons = {r: n for r, n in sorted(parts.reasons.items()) if r.rpartition(".")[0] == path}
        lines.append({"step": path, "in": left, "dropped": reasons})
        left -= sum(reasons.values())
    if lines and parts.made:
        lines[-1]["out"] = _count(parts.kept)
    return lines


def _link(source: Path, shard: dict[str, Any], directory: Path) -> dict[str, Any]:
    """Show an earlier pass's dropped shard in this dataset too, without a second copy where the disk can."""
    target = directory / shard["path"]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source / shard["path"], target)
    except OSError:
        shutil.copyfile(source / shard["path"], target)
    return shard
