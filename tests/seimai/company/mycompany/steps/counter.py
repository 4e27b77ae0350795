"""A user's training, that writes one file."""

import json
from pathlib import Path
from typing import Any

from seimai.dataset import Rows
from seimai.job import Job
from seimai.step import Ref, Training


class Counter(Training):
    """Counts characters; with a base, goes on from the base's counts."""

    base: Ref | None = None

    def train(self, rows: Rows, job: Job) -> dict[str, Any]:
        before = 0
        if self.base:
            before = json.loads((Path(job.locate(self.base)) / "model" / "count.json").read_text())["letters"]
        after = before + int(rows.read(["text"])["text"].str.len_chars().sum())
        (job.out / "count.json").write_text(json.dumps({"letters": after}))
        line = {"measure": "letters", "on": "all texts", "before": before, "after": after, "better": "higher"}
        return {"before_after": [line]}
