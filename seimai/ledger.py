"""The ledger: one line of JSON for each dataset made below an output folder, with when and how fast.

The manifests say what; the ledger keeps what would make two equal runs differ: times and machines.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seimai.plan import Pass

NOTHING: Mapping[str, Any] = {}


class Ledger:
    """`ledger.jsonl` of an output folder; lines are only ever added."""

    def __init__(self, out: Path) -> None:
        self.path = out / "ledger.jsonl"

    def made(
        self,
        made: "Pass",
        manifest: dict[str, Any],
        seconds: float,
        workers: int,
        times: Mapping[str, Any] = NOTHING,
    ) -> None:
        """Record that a dataset was made; `times` are what its steps tell of their own speed."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "dataset": f"{made.name}-{made.hash[:8]}",
            "rows": manifest["rows"],
            "bytes": manifest["bytes"],
            "seconds": round(seconds, 3),
            "workers": workers,
            **times,
        }
        with self.path.open("a", encoding="utf-8") as f:
            f.write(json.dumps(line, ensure_ascii=False) + "\n")

    def lines(self) -> Iterator[dict[str, Any]]:
        """What was recorded; a line torn by a kill is passed over."""
        if not self.path.exists():
            return
        for line in self.path.read_text("utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue
