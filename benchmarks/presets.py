"""What each preset catches and what it costs, on natural and damaged documents.

Run as:

    python benchmarks/presets.py [--data ../shared/data/eval] [--preset seimai-ja] [--rules]

The data are `quality_synth` (1,500 natural Japanese documents of seven sources, and 1,500 that were damaged
in twelve known ways). Printed is a Markdown table: one row a preset, the share of natural documents that it
drops, and of the damaged ones by kind; `--rules` adds each rule's own share. Presets that name NG words get
the word lists of the same folder.
"""

import argparse
import io
import sys
from pathlib import Path

import polars as pl
import zstandard

from curate.ng_words import NgWords
from curate.presets.preset import presets
from curate.rules import Rules
from seimai.chain import compile_chain, run_chain


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(__file__).resolve().parents[2] / "shared/data/eval"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--preset", nargs="*", default=list(presets()))
    parser.add_argument("--rules", action="store_true")
    options = parser.parse_args()
    if not (options.data / "quality_synth.jsonl.zst").is_file():
        sys.exit(f"{options.data}: has no quality_synth.jsonl.zst; --data names the folder")
    rows = documents(options.data)
    rows = counted(rows, options.data / "ng_words_ja.jsonl")
    kinds = [k for k in rows["kind"].unique().sort() if k != "natural"]
    head = ["preset", "natural lost", "damaged caught", *kinds]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for name in options.preset:
        chain = compile_chain([Rules(preset=name)], "documents", {}, [c for c in rows.columns])
        dropped = run_chain(rows, chain).dropped
        line(name, dropped, rows, kinds)
        if options.rules:
            for rule in Rules(preset=name).reasons():
                hit = dropped.filter(pl.col("reasons").list.contains(f"curate.rules.{rule}"))
                line(f"&nbsp;{rule}", hit, rows, kinds)


def documents(folder: Path) -> pl.DataFrame:
    """The documents of quality_synth, as rows."""
    raw = zstandard.ZstdDecompressor().stream_reader((folder / "quality_synth.jsonl.zst").open("rb")).read()
    rows = pl.read_ndjson(io.BytesIO(raw)).select("id", "text", "kind")
    return rows.with_columns(url=pl.lit(None, pl.String))


def counted(rows: pl.DataFrame, lists: Path) -> pl.DataFrame:
    """The rows with counts of NG words by the published lists' categories."""
    import json
    import tempfile

    ours = {
        "adult_keywords_ja": "adult",
        "adult_keywords_en": "adult_en",
        "discrimination_keywords_ja": "discrimination",
        "violence_keywords_ja": "violence",
        "advertisement_keywords_ja": "ads",
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.jsonl"
        with path.open("w", encoding="utf-8") as f:
            for record in map(json.loads, lists.open(encoding="utf-8")):
                if record["category"] in ours:
                    word = {"word": record["word"], "category": ours[record["category"]]}
                    f.write(json.dumps(word, ensure_ascii=False) + "\n")
        return NgWords(words=str(path)).apply(rows)


def line(name: str, dropped: pl.DataFrame, rows: pl.DataFrame, kinds: list[str]) -> None:
    """One row of the table."""

    def share(kind: pl.Expr) -> str:
        return f"{100 * dropped.filter(kind).height / rows.filter(kind).height:.1f} %"

    natural = pl.col("kind") == "natural"
    cells = [share(natural), share(~natural), *(share(pl.col("kind") == k) for k in kinds)]
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
