"""`fineweb2-ja`: FineWeb-2's rules for Japanese pages, in the order of its pipeline.

FineWeb-2 applies three filters of datatrove with thresholds made for Japanese (configs/jpn_Jpan.yml):
Gopher's rules of repetition, FineWeb's rules, Gopher's rules of quality. C4's filters are left out there, and
Gopher's rules on paragraphs and on characters of repeated lines are switched off. The rules bear the reasons
that datatrove gives; `empty` is Gopher's, `blank` is what FineWeb's filter calls empty.

Rules on lines and marks decide first; words are looked for in the documents that these keep.
"""

from collections.abc import Callable
from typing import Final

import polars as pl

from curate.presets.preset import Preset, Rule

SOURCE: Final = (
    "huggingface/fineweb-2 d0defb24 (Apache-2.0): configs/jpn_Jpan.yml and fineweb-2-pipeline.py; the "
    "filters are datatrove 0.10.1's (Apache-2.0)"
)
_CONFIG: Final = "FineWeb-2, jpn_Jpan.yml"


def _over(name: str) -> Callable[[float], pl.Expr]:
    return lambda t: pl.col(name) > t


def _under(name: str) -> Callable[[float], pl.Expr]:
    return lambda t: pl.col(name) < t


def _per_word(count: pl.Expr) -> Callable[[float], pl.Expr]:
    """More of something than so many a word; where there is none of it, no word need be counted."""
    return lambda t: (count > 0) & (count / pl.col("words") > t)


def _tops(signal: str) -> tuple[Rule, ...]:
    why = f"one phrase over and over ({_CONFIG}; Gopher has 0.20, 0.18, 0.16)"
    limits = ((2, 0.239), (3, 0.196), (4, 0.172))
    return tuple(Rule(f"top_{n}_gram", t, _over(signal.format(n)), why) for n, t in limits)


_DUPLICATES: Final = tuple(
    Rule(
        f"duplicated_{n}_n_grams",
        limit,
        _over(f"gopher_duplicate_{n}gram_ratio"),
        f"the same wording again and again ({_CONFIG}; Gopher has 0.15 down to 0.10)",
    )
    for n, limit in ((5, 0.243), (6, 0.225), (7, 0.207), (8, 0.19), (9, 0.175), (10, 0.159))
)
_EMPTY: Final = Rule("empty", None, lambda _: pl.col("chars") == 0, "datatrove's Gopher filter: no text")
_BLANK: Final = Rule(
    "blank", None, lambda _: pl.col("fineweb_lines") == 0, "datatrove's FineWeb filter: white space only"
)
_LINES_AGAIN: Final = Rule(
    "char_dup_ratio",
    0.1,
    _over("fineweb_duplicate_line_char_ratio"),
    "menus and repeated blocks (fineweb-2-pipeline.py; FineWeb has 0.01)",
)
_LONG: Final = Rule("gopher_long_doc", 100_000, _over("gopher_words"), "Gopher: dumps of data")
_LETTERS: Final = Rule(
    "gopher_below_alpha_threshold",
    0.759,
    _under("letter_word_ratio"),
    f"tables, lists of numbers and marks ({_CONFIG}; Gopher has 0.8)",
)
_STOP_WORDS: Final = Rule(
    "gopher_enough_stop_words",
    2,
    _under("fineweb_stop_words"),
    f"what has none of fifteen commonest words is no Japanese prose ({_CONFIG})",
)
_ENDINGS: Final = Rule(
    "gopher_too_many_end_ellipsis", 0.3, _over("gopher_ellipsis_line_ratio"), "Gopher: teasers cut short"
)


def _hashes_and_ellipses() -> tuple[Rule, ...]:
    return (
        Rule("gopher_too_many_hashes", 0.1, _per_word(pl.col("gopher_hashes")), "Gopher: tag clouds"),
        Rule("gopher_too_many_ellipsis", 0.1, _per_word(pl.col("gopher_ellipses")), "Gopher: teasers"),
    )


_RULES: Final = (
    _EMPTY,
    Rule(
        "dup_line_frac",
        0.328,
        _over("gopher_duplicate_line_ratio"),
        f"menus, logs, forms ({_CONFIG}; Gopher has 0.3)",
    ),
    *_tops("gopher_top_{}gram_ratio"),
    *_DUPLICATES,
    _BLANK,
    Rule(
        "line_punct_ratio",
        0.096,
        _under("fineweb_line_punct_ratio"),
        f"lists and menus: few lines end a sentence ({_CONFIG}; FineWeb has 0.12)",
    ),
    _LINES_AGAIN,
    Rule(
        "list_ratio",
        0.13,
        _per_word(pl.col("newlines")),
        f"lists: a newline every few words ({_CONFIG}; FineWeb has 0.3)",
    ),
    Rule("gopher_short_doc", 50, _under("gopher_words"), "Gopher: nothing to learn from"),
    _LONG,
    Rule("gopher_below_avg_threshold", 1, _under("gopher_mean_word_chars"), f"{_CONFIG}; Gopher has 3"),
    Rule(
        "gopher_above_avg_threshold",
        6,
        _over("gopher_mean_word_chars"),
        f"other languages, code, encoded data ({_CONFIG}; Gopher has 10)",
    ),
    *_hashes_and_ellipses(),
    Rule("gopher_too_many_bullets", 0.9, _over("gopher_bullet_line_ratio"), "Gopher: lists"),
    _ENDINGS,
    _LETTERS,
    _STOP_WORDS,
)

_FIXED: Final = (
    _EMPTY,
    Rule("dup_line_frac", 0.328, _over("duplicate_line_ratio"), f"menus, logs, forms ({_CONFIG})"),
    *_tops("top_word_{}gram_ratio"),
    *_DUPLICATES,
    _BLANK,
    Rule(
        "line_punct_ratio",
        0.096,
        _under("closed_line_punct_ratio"),
        f"lists and menus: few lines end a sentence ({_CONFIG})",
    ),
    _LINES_AGAIN,
    Rule(
        "list_ratio",
        0.13,
        _per_word(pl.col("fineweb_lines") - 1),
        f"lists: a line every few words ({_CONFIG})",
    ),
    Rule("gopher_short_doc", 50, _under("readable_words"), "Gopher: nothing to learn from"),
    _LONG,
    Rule(
        "gopher_above_avg_threshold",
        6,
        _over("mean_readable_word_chars"),
        f"other languages, code, encoded data ({_CONFIG})",
    ),
    *_hashes_and_ellipses(),
    Rule("gopher_too_many_bullets", 0.9, _over("bullet_line_ratio"), "Gopher: lists"),
    _ENDINGS,
    _LETTERS,
    _STOP_WORDS,
)

_MENDS: Final = (
    "top_2_gram to top_4_gram: an n-gram counts by its own letters, not with spaces between its words, and "
    "only if it occurs twice or more: datatrove drops 「猫は走る。」 for a pair of words that occurs once.",
    "top_2_gram to top_4_gram: occurrences that overlap count once, and of all n-grams the one that takes "
    "most of the text decides, not the first of those that occur most often.",
    "dup_line_frac: the empty piece before a leading newline and behind a trailing one is no line.",
    "line_punct_ratio: a line that ends with 。」 ends a sentence; datatrove looks at the bracket.",
    "list_ratio: lines that are not blank count, so a blank line between paragraphs changes nothing.",
    "gopher_short_doc, gopher_above_avg_threshold: words with a letter or digit count; datatrove's list of "
    "punctuation has full-width １ and lacks 『, ・ and others.",
    "gopher_below_avg_threshold is gone: no word is shorter than one character.",
    "gopher_too_many_bullets: ・, ●, ■, ◆ and other marks of Japanese lists are bullets too.",
)

PRESETS: Final = {
    "fineweb2-ja": Preset(SOURCE, _RULES),
    "fineweb2-ja-fixed": Preset(SOURCE, _FIXED, _MENDS),
}
