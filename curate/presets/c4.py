"""`c4` and `mc4`: the rules of C4 and mC4 as datatrove applies them to Japanese.

FineWeb-2 leaves them out, for a reason: they ask for lines that end in . ? ! or a straight quote, so hardly a
Japanese page passes `c4`. The page's other lines go with `curate.c4_lines`, which stands behind the rules.
"""

from typing import Final

import polars as pl

from curate.presets.preset import Preset, Rule

SOURCE: Final = "datatrove 0.10.1 (Apache-2.0), c4_filters.py with language jpn_Jpan"

PRESETS: Final = {
    "c4": Preset(
        SOURCE,
        (
            Rule("lorem_ipsum", None, lambda _: pl.col("c4_filler_lines") > 0, "C4: pages with filler text"),
            Rule("curly_bracket", None, lambda _: pl.col("c4_bracket_lines") > 0, "C4: pages with code"),
            Rule(
                "too_few_sentences",
                5,
                lambda t: pl.col("c4_sentences") < t,
                "C4: fewer than five sentences in the lines that are kept",
            ),
        ),
    ),
    "mc4": Preset(
        SOURCE,
        (
            Rule(
                "too_few_paragraphs",
                200,
                lambda t: pl.col("third_longest_line") < t,
                "mC4: fewer than three lines of 200 characters",
            ),
        ),
    ),
}
