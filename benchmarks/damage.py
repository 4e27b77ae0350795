"""What single signals catch of each kind of damage, and what they would cost of sound text.

    python benchmarks/damage.py ../shared/data

*Caught* is the share of the damaged documents of `eval/quality_synth` (125 of each kind) beyond the bound,
*lost* the share of its 1,500 natural ones. The last columns are the shares of whole corpora, documents of
100 code points and more. The bounds stand well away from the natural documents, not at the best for this
set.
"""

import sys
from pathlib import Path

import polars as pl
import zstandard

from curate.signals import measure
from seimai.signal import named

CORPORA = ("aozora", "egov_law", "jawiki_jaquad", "techdocs", "debian_docs_ja")

BOUNDS = (
    ("mojibake utf8->cp932", "mojibake_ratio > 0.005"),
    ("mojibake sjis->latin1", "mojibake_ratio > 0.005"),
    ("repeated sentence", "duplicate_5gram_ratio > 0.57"),
    ("repeated sentence", "duplicate_10gram_occurrence_ratio > 0.8"),
    ("char shuffle", "kana_order_bits < -0.3"),
    ("navigation only", "boilerplate_line_ratio > 0.3"),
    ("navigation only", "duplicate_line_char_ratio > 0.4"),
    ("keyword stuffing", "boilerplate_ratio > 0.15"),
    ("keyword stuffing", "stop_ratio > 0.18"),
    ("no punctuation run-on", "max_clause_chars > 430"),
    ("no punctuation run-on", "stop_ratio < 0.004 and mean_sentence_chars > 110"),
    ("symbol noise", "embedded_symbol_ratio > 0.03"),
    ("truncated list lines", "ellipsis_line_ratio > 0.35"),
    ("spaced characters", "lone_letter_ratio > 0.1"),
    ("too short", "chars < 100"),
    ("sentence shuffle (locally fluent)", "kana_order_bits < -0.3"),
)
"""Kind of damage, and the bound beyond which a document shows it."""


def records(path: Path) -> pl.DataFrame:
    """A file of records."""
    with path.open("rb") as f:
        return pl.read_ndjson(zstandard.ZstdDecompressor().stream_reader(f).read(), infer_schema_length=None)


def documents(folder: Path) -> pl.DataFrame:
    """Text and kind: of damage, `natural`, or the name of a corpus."""
    parts = [records(folder / "eval/quality_synth.jsonl.zst").select("text", "kind")]
    for name in CORPORA:
        corpus = records(folder / f"corpora/{name}.jsonl.zst").select("text", kind=pl.lit(name))
        parts.append(corpus.filter(pl.col("text").str.len_chars() >= 100))
    return pl.concat(parts)


def main(folder: Path) -> None:
    """Print the table in Markdown."""
    bounds = {bound: pl.sql_expr(bound) for _, bound in BOUNDS}
    rows = documents(folder)
    beyond = rows.select("kind").hstack(measure(rows, named(bounds.values()))).select("kind", **bounds)
    shares = beyond.group_by("kind").mean()
    print(
        f"| damage | bound | caught | lost | {' | '.join(CORPORA)} |\n|---|---|{'--:|' * (2 + len(CORPORA))}"
    )
    for kind, bound in BOUNDS:
        share = dict(shares.select("kind", bound).iter_rows())
        of = [f"{share[k]:.1%}" for k in (kind, "natural", *CORPORA)]
        print(f"| {kind} | `{bound}` | {' | '.join(of)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
