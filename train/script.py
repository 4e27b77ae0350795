"""What `python -m train.<name> --config FILE` does: the same for every training.

The file (YAML or JSON) holds the keys of `Config`. Progress goes to standard output, one line of JSON
behind `@seimai`, so that `train.process` can show it; everything else that the libraries print is log.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seimai.dataset import Rows, Shard, write_atomically
from seimai.errors import SeimaiError
from seimai.executor import end_with
from seimai.places import load
from seimai.step import Training

MARK = "@seimai "
METRICS = "metrics.json"
PARENT = "SEIMAI_PARENT"
"""Environment variable with the process id of the run that a training belongs to, and with which it ends."""
S = TypeVar("S", bound=Training)


class Config(BaseModel):
    """One training: parameters, rows, places. The runner writes it; a person can as well."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: dict[str, Any] = Field(description="parameters of the step, as in a recipe")
    rows: list[Path] = Field(description="Parquet shards of the rows, in order")
    out: Path = Field(description="folder for the model's files")
    work: Path = Field(description="scratch folder: checkpoints, caches, metrics.json")
    seed: int = 0
    places: dict[str, str] = Field(
        default_factory=dict, description="where references lie, if not where they say"
    )

    def locate(self, reference: str) -> str:
        """The place a `Ref` parameter stands for: an entry's folder, a path, or the hub id as it is."""
        return self.places.get(reference, reference)

    def read(self) -> Rows:
        """The rows."""
        return Rows(
            tuple(Shard(path, pl.scan_parquet(path).select(pl.len()).collect().item()) for path in self.rows)
        )


def main(kind: type[S], fit: Callable[[S, Config], dict[str, Any]]) -> None:
    """Train as the file behind `--config` says, and leave the metrics in `work/metrics.json`.

    Exits with 2 when the user can mend what is wrong; the one sentence goes out as progress does.
    """
    # TRL asks the hub at every start to count its users, unless this is set before it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if PARENT in os.environ:
        end_with(int(os.environ[PARENT]))
    parser = argparse.ArgumentParser(description=kind.__doc__)
    parser.add_argument(
        "--config", type=Path, required=True, help="YAML or JSON: parameters, rows, out, work, seed"
    )
    try:
        config, step = _read(parser.parse_args().config, kind)
        for folder in (config.work, config.out):
            folder.mkdir(parents=True, exist_ok=True)
        metrics = fit(step, config)
    except SeimaiError as e:
        report(error=str(e))
        sys.exit(2)
    write_atomically(config.work / METRICS, json.dumps(metrics, ensure_ascii=False, indent=1).encode())


def report(**what: object) -> None:
    """Tell the process that started this one: `label`, `step`, `total`, `note` or `error`."""
    print(MARK + json.dumps(what, ensure_ascii=False), flush=True)


def _read(path: Path, kind: type[S]) -> tuple[Config, S]:
    tree: Any = json.loads(path.read_text("utf-8")) if path.suffix == ".json" else load(path)[0]
    try:
        config = Config.model_validate(tree)
        return config, kind.model_validate(config.parameters)
    except ValidationError as e:
        first = e.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SeimaiError(f"{path}: {key}: {first['msg']}") from None
