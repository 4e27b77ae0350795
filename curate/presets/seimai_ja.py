"""`seimai-ja`: our own rules for Japanese documents."""

from typing import Final

import polars as pl

from curate.presets.preset import Preset, Rule

PRESETS: Final = {
    "seimai-ja": Preset(
        source="seimai",
        rules=(
            Rule("too_short", 100, lambda t: pl.col("chars") < t, "nothing is learnt from a title alone"),
            Rule("hiragana_ratio", 0.2, lambda t: pl.col("hiragana_ratio") < t, "Swallow v1; prose has kana"),
            Rule(
                "repeated",
                0.4,
                lambda t: pl.col("duplicate_5gram_ratio") > t,
                "the same wording over and over",
            ),
        ),
        domains={"law": {"hiragana_ratio": 0.15}},
    )
}
