"""`seimai-ja`: our own rules for Japanese documents.

Each rule is for one kind of damage and lies outside what sound text of any kind reaches; style is no reason
to drop a document. The thresholds were set on seven sources of sound text (novels, statutes, encyclopedia,
manuals, programming documentation, old spelling, verse) and twelve kinds of damage: benchmarks/presets.py
prints what each rule catches and costs, docs/presets.md has the table.
"""

from typing import Final

import polars as pl

from curate.presets.preset import Preset, Rule

_KANA: Final = pl.col("hiragana_ratio") + pl.col("katakana_ratio")

RULES: Final = (
    Rule(
        "too_short",
        100,
        lambda t: pl.col("visible_chars") < t,
        "a title or a caption alone; the shortest sound documents of the seven sources have 189 characters",
    ),
    Rule(
        "mojibake",
        0.005,
        lambda t: pl.col("mojibake_ratio") > t,
        "bytes read in a wrong encoding: 0.015 and more, sound text at most 0.001",
    ),
    Rule(
        "undecodable",
        0.005,
        lambda t: pl.col("replacement_ratio") > t,
        "U+FFFD where characters were lost: in one damaged letter of 200 the sentence can still be read",
    ),
    Rule(
        "spaced_letters",
        0.2,
        lambda t: pl.col("lone_letter_ratio") > t,
        "日 本 語, as some PDFs have it (curate.normalize: {join_spaced: true} mends it); sound text at most "
        "0.05 (the numbering of statutes)",
    ),
    Rule(
        "symbol_noise",
        0.03,
        lambda t: pl.col("embedded_symbol_ratio") > t,
        "symbols between letters: 0.13 and more in noise, 0.027 in the worst programming page",
    ),
    Rule(
        "letters_out_of_order",
        -0.1,
        lambda t: pl.col("kana_order_bits") < t,
        "neighbouring letters that Japanese does not put together: shuffled, wrongly decoded, machine-made; "
        "sound text has 0.7 to 2, a list without kana 0",
    ),
    Rule(
        "brackets_apart",
        0.07,
        lambda t: pl.col("unmatched_bracket_ratio") > t,
        "sentences in another order than they were written: a third of shuffled documents, one sound one in "
        "200",
    ),
    Rule(
        "little_kana",
        0.1,
        lambda t: t > _KANA,
        "Chinese, tables of names, keyword lists; katakana counts, because statutes before 1946 have no "
        "hiragana (Swallow's 0.2 of hiragana alone costs 5 % of statutes)",
    ),
    Rule(
        "run_on",
        200,
        lambda t: pl.col("mean_sentence_chars") > t,
        "no sentence ever ends: text without punctuation, keywords strung together; statutes have 25 on "
        "average and 75 in the longest 0.5 %",
    ),
    Rule(
        "fragments",
        8.5,
        lambda t: pl.col("mean_sentence_chars") < t,
        "menus and tags: nothing is ever said; of sound text only verse and tables lie below",
    ),
    Rule(
        "cut_off_lines",
        0.5,
        lambda t: pl.col("ellipsis_line_ratio") > t,
        "teasers that end in … (HojiChar's kind of rule, 0.7 there)",
    ),
    Rule(
        "repeated",
        0.85,
        lambda t: pl.col("duplicate_9gram_occurrence_ratio") > t,
        "the same wording over and over; statutes reach 0.83, programming pages 0.8",
    ),
    Rule(
        "character_runs",
        0.3,
        lambda t: pl.col("run_ratio") > t,
        "one character in long runs: ruled lines, wwww; tables drawn with characters reach 0.2",
    ),
)

PRESETS: Final = {
    "seimai-ja": Preset(
        source="seimai",
        rules=RULES,
        domains={
            "law": {"run_on": 400, "repeated": 0.92},
            "patent": {"run_on": 400, "repeated": 0.92},
            "manual": {"repeated": 0.92, "character_runs": None, "symbol_noise": 0.06},
            "poetry": {"fragments": None, "run_on": 400, "cut_off_lines": None, "too_short": 20},
            "table": {"fragments": None, "little_kana": None, "character_runs": None, "run_on": None},
            "dialogue": {"fragments": 4, "cut_off_lines": 0.8, "too_short": 20},
        },
    )
}
