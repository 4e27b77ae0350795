"""The YAML at the top of a card, by which `datasets` and the Hub know files, columns and licences."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from ruamel.yaml import YAML

from seimai.exporting.shards import Written

CREATIVE_COMMONS = {
    "cc-by": ("2.0", "2.5", "3.0", "4.0"),
    "cc-by-sa": ("3.0", "4.0"),
    "cc-by-nc": ("2.0", "3.0", "4.0"),
    "cc-by-nd": ("4.0",),
    "cc-by-nc-nd": ("3.0", "4.0"),
    "cc-by-nc-sa": ("2.0", "3.0", "4.0"),
    "cc0": ("1.0",),
}
SOFTWARE = ("apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "mpl-2.0", "isc", "zlib", "unlicense")
COPYLEFT = ("gfdl", "gpl", "gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "agpl-3.0", "artistic-2.0")
DATA = ("odc-by", "odbl", "pddl")
LICENSES = {*SOFTWARE, *COPYLEFT, *DATA} | {f"{n}-{v}" for n, some in CREATIVE_COMMONS.items() for v in some}
"""Names that the Hub knows (huggingface.co/docs/hub/repositories-licenses); all others are `other`."""

SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
)
LARGER = ((10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"))


def front_matter(
    name: str,
    languages: Sequence[str],
    licenses: Iterable[str | None],
    schema: pl.Schema,
    files: Mapping[str, Sequence[Written]],
    pattern: str,
) -> str:
    """The YAML between its two lines; `pattern` has the place of the split's name as `{split}`."""
    rows = {split: sum(w.rows for w in written) for split, written in files.items()}
    fields: dict[str, Any] = {
        "pretty_name": name,
        "language": list(languages),
        "license": license_names(licenses),
        "size_categories": [size_category(sum(rows.values()))],
        "task_categories": ["text-generation"],
        "tags": ["seimai"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": pattern.format(split=split)} for split in files],
            }
        ],
        "dataset_info": {
            "features": [_feature(column, kind) for column, kind in schema.items()],
            "splits": [{"name": split, "num_examples": n} for split, n in rows.items()],
        },
    }
    text = io.StringIO()
    writer: Any = YAML()
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.dump(fields, text)
    return f"---\n{text.getvalue()}---\n"


def license_names(licenses: Iterable[str | None]) -> list[str]:
    """Licences by the Hub's names.

    >>> license_names(["CC-BY-4.0", "CC BY-SA 3.0", "Public domain", None])
    ['cc-by-4.0', 'cc-by-sa-3.0', 'other', 'unknown']
    """
    found = {"unknown" if n is None else "-".join(n.lower().split()) for n in licenses}
    return sorted({n if n in LICENSES or n == "unknown" else "other" for n in found}) or ["unknown"]


def size_category(rows: int) -> str:
    """The Hub's size category.

    >>> size_category(999), size_category(1000), size_category(2 * 10**9)
    ('n<1K', '1K<n<10K', '1B<n<10B')
    """
    return next((name for limit, name in (*SIZES, *LARGER) if rows < limit), "n>1T")


def _feature(name: str, kind: Any) -> dict[str, Any]:
    return {"name": name, **_type(kind)}


def _type(kind: Any) -> dict[str, Any]:
    """A column's type in the notation of `datasets`."""
    if isinstance(kind, pl.List | pl.Array):
        inner = _type(kind.inner)
        fields = inner.get("struct")
        return {"list": fields or inner.get("dtype", inner)}
    if isinstance(kind, pl.Struct):
        return {"struct": [_feature(field.name, field.dtype) for field in kind.fields]}
    if isinstance(kind, pl.Datetime):
        return {"dtype": f"timestamp[{kind.time_unit}]"}
    return {"dtype": _SCALARS.get(kind.base_type(), str(kind).lower())}


_SCALARS: dict[Any, str] = {
    pl.Boolean: "bool",
    pl.Binary: "binary",
    pl.Date: "date32",
    pl.Null: "null",
}
