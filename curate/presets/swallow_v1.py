"""Swallow Corpus v1: the text-quality rules of a large Japanese web corpus."""

from collections.abc import Callable
from typing import Final

import polars as pl

from curate.presets.preset import Preset, Rule

SOURCE: Final = (
    "swallow-llm/swallow-corpus@2d035073, quality.py, apply_v1 (MIT; Okazaki et al. 2024, COLM). Its other "
    "two filters, NG words (ngword.py) and NG hosts (ngurl.py), are left out: they need lists that the "
    "project does not publish (`swallow-v1-ng` takes a list of yours)."
)

_GOPHER: Final = "text that repeats itself (Gopher's table A1, over characters)"


def _above(signal: str) -> Callable[[float], pl.Expr]:
    return lambda t: pl.col(signal) > t


def _below(signal: str) -> Callable[[float], pl.Expr]:
    return lambda t: pl.col(signal) < t


def _rules(*, lines: str, letters: str, ngrams: str, share: Callable[[float], float]) -> tuple[Rule, ...]:
    """The rules in the order of apply_v1.

    `lines` is what a duplicated paragraph is, `letters` the prefix of the shares of Japanese letters,
    `ngrams` the end of the name of duplicated n-grams and `share` their bound, from Swallow's.
    """
    duplicated = zip(range(5, 11), (0.15, 0.14, 0.13, 0.12, 0.11, 0.10), strict=True)
    return (
        Rule("chars", 400, _below("chars"), "too short to tell its quality"),
        Rule("duplicate_paragraph_ratio", 0.30, _above(f"{lines}_ratio"), _GOPHER),
        Rule("duplicate_sentence_ratio", 0.30, _above("duplicate_sentence_ratio"), _GOPHER),
        Rule("duplicate_paragraph_char_ratio", 0.20, _above(f"{lines}_char_ratio"), _GOPHER),
        Rule("duplicate_sentence_char_ratio", 0.20, _above("duplicate_sentence_char_ratio"), _GOPHER),
        *(
            Rule(f"top_{n}gram_ratio", most, _above(f"top_{n}gram_ratio"), _GOPHER)
            for n, most in ((2, 0.20), (3, 0.18), (4, 0.16))
        ),
        *(
            Rule(f"duplicate_{n}gram_ratio", share(most), _above(f"duplicate_{n}gram_{ngrams}"), _GOPHER)
            for n, most in duplicated
        ),
        Rule("hiragana_ratio", 0.2, _below(f"{letters}hiragana_ratio"), "Japanese prose has kana"),
        Rule(
            "katakana_ratio", 0.5, _above(f"{letters}katakana_ratio"), "lists of names and goods for search"
        ),
        Rule("japanese_ratio", 0.5, _below(f"{letters}japanese_ratio"), "mostly no Japanese"),
        Rule("japanese_chars", 400, _below(f"{letters}japanese_chars"), "too little Japanese"),
        Rule("least_mean_sentence_chars", 20, _below("mean_sentence_chars"), "lists, menus"),
        Rule("most_mean_sentence_chars", 90, _above("mean_sentence_chars"), "text without punctuation"),
        Rule("max_sentence_chars", 200, _above("max_sentence_chars"), "a sentence that does not end"),
        Rule("ellipsis_ending_ratio", 0.2, _above("ellipsis_ending_ratio"), "teasers, cut off with … or ・"),
    )


def _occurrences(share: float) -> float:
    """A share of kinds as a share of occurrences, where all that is repeated occurs twice."""
    return round(2 * share / (1 + share), 3)


PRESETS: Final = {
    "swallow-v1": Preset(
        source=SOURCE,
        rules=_rules(
            lines="swallow_duplicate_paragraph", letters="swallow_", ngrams="ratio", share=lambda t: t
        ),
    ),
    "swallow-v1-fixed": Preset(
        source=SOURCE,
        rules=_rules(lines="duplicate_line", letters="", ngrams="occurrence_ratio", share=_occurrences),
        mends=(
            "Duplicated paragraphs are lines that are not blank, stripped of white space: the original "
            "counts the blank lines between paragraphs as duplicates of each other, so that a text of short "
            "paragraphs set apart goes and the same text without blank lines stays.",
            "Japanese letters are all hiragana, katakana and kanji: the original leaves out ー, ゝ, "
            "half-width kana and kanji beyond the Basic Multilingual Plane (its pattern for 𠮷 never "
            "matches).",
            "japanese_ratio is among code points that are not white space: in the original, indentation and "
            "blank lines make a text less Japanese.",
            "Duplicated n-grams are counted by occurrence, as the README defines them: the code counts "
            "kinds, so that a phrase said a hundred times weighs no more than one said twice. The bound t "
            "becomes 2t / (1 + t), the same for a text whose repeated n-grams occur twice.",
            "Texts of under four code points, and texts without a sentence, are dropped with a reason: the "
            "original stops with an IndexError or a ValueError (so does `swallow-v1` drop them).",
        ),
    ),
}
