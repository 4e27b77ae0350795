"""Pairs to Argilla; may be repeated after a kill at any point."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl
import xxhash

from label.client import PAGE, Argilla
from label.screen import shown
from label.sides import Side
from seimai.job import Job


def dataset_name(entry: str, pairs: pl.DataFrame, seed: int) -> str:
    """The name of the pairs' dataset in Argilla: other pairs, or other sides, are another dataset.

    The hash covers the texts beside the ids, so that an id whose text changed does not inherit labels.
    """
    digest = xxhash.xxh3_64(str(seed).encode())
    for row in pairs.select("id", "prompt", "chosen", "rejected").iter_rows():
        digest.update(json.dumps(row).encode("ascii") + b"\n")
    return f"{entry}-{digest.hexdigest()[:8]}"


def ensure_dataset(
    argilla: Argilla,
    name: str,
    *,
    workspace: str,
    guidelines: str,
    reviewers: int,
    field: dict[str, Any],
    questions: list[dict[str, Any]],
) -> dict[str, Any]:
    """The dataset, ready for records: made, or finished where a kill left it half made."""
    workspace_id = argilla.workspace(workspace)
    wanted = {"strategy": "overlap", "min_submitted": reviewers}
    dataset = argilla.dataset(name, workspace_id)
    if dataset is None:
        body = {"name": name, "workspace_id": workspace_id, "guidelines": guidelines, "distribution": wanted}
        dataset = argilla.request("POST", "datasets", json=body)
    if dataset["status"] == "draft":
        _add_missing(argilla, dataset["id"], "fields", [field])
        _add_missing(argilla, dataset["id"], "questions", questions)
        dataset = argilla.request("PUT", f"datasets/{dataset['id']}/publish")
    return dataset


def _add_missing(argilla: Argilla, dataset_id: str, kind: str, wanted: list[dict[str, Any]]) -> None:
    path = f"datasets/{dataset_id}/{kind}"
    there = {item["name"] for item in argilla.request("GET", path)["items"]}
    for item in wanted:
        if item["name"] not in there:
            argilla.request("POST", path, json=item)


def push(
    argilla: Argilla,
    dataset: Mapping[str, Any],
    pairs: pl.DataFrame,
    sides: Mapping[str, Side],
    *,
    reviewers: int,
    job: Job,
) -> None:
    """Write the pairs that are to be labelled, unless all are there.

    Records are named by their pair, so a repeated push makes none twice. No suggestion is sent: Argilla
    would show it as already chosen. Nothing that is sent says which response is `chosen`.
    """
    wanted = {"strategy": "overlap", "min_submitted": reviewers}
    changed = dataset["distribution"] != wanted
    if changed:
        argilla.request("PATCH", f"datasets/{dataset['id']}", json={"distribution": wanted})
    # Writing a record also counts its responses anew, against the number that is wanted now.
    if not changed and argilla.count(dataset["id"]) == pairs.height:
        return
    bar = job.bar("pairs to Argilla", pairs.height, "rows")
    for batch in pairs.iter_slices(PAGE):
        argilla.upsert(dataset["id"], [_record(row, sides[row["id"]]) for row in batch.iter_rows(named=True)])
        bar.advance(batch.height)


def _record(row: Mapping[str, Any], left: Side) -> dict[str, Any]:
    right: Side = "rejected" if left == "chosen" else "chosen"
    return {"external_id": row["id"], "fields": {"pair": shown(row["prompt"], row[left], row[right])}}
