"""`swallow-v1-ng`: Swallow's rule for NG words, to stand beside `swallow-v1`."""

from typing import Final

import polars as pl

from curate.presets.preset import Preset, Rule


def ng_share() -> pl.Expr:
    """Code points in NG words among Japanese letters; 0 without any letter."""
    letters = pl.col("swallow_japanese_chars")
    return pl.when(letters > 0).then(pl.col("ng_chars") / letters).otherwise(0.0)


NG_WORDS: Final = Rule(
    "ng_words",
    0.05,
    lambda t: ng_share() >= t,
    "ngword.py: the characters of NG words are 5 % of the Japanese letters or more",
)

PRESETS: Final = {
    "swallow-v1-ng": Preset(
        source="Swallow corpus v1 (swallow-llm/swallow-corpus at 2d03507, ngword.py), MIT",
        rules=(NG_WORDS,),
    )
}
