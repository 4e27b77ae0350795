"""`hojichar` and `hojichar-fixed`: all filters of HojiChar with their default arguments."""

from typing import Final

import polars as pl

from curate.presets.preset import Preset, Rule

HOJICHAR: Final = "HojiChar 0.18.1 (HojiChar/HojiChar, hojichar/filters/document_filters.py), Apache-2.0"


def too_few_ends(per_end: float, ends: str) -> pl.Expr:
    """Fewer ends of sentences than one in `per_end` characters."""
    return pl.col(ends) < pl.col("chars") / per_end


def _rules(*, mended: bool) -> tuple[Rule, ...]:
    """The filters in the order of HojiChar's module; DocumentLengthFilter has no limit by default."""
    some = "_mended" if mended else ""
    anywhere = "" if mended else "_anywhere"
    shortest, longest = (200, 50_000) if mended else (0, 0)
    return (
        Rule("too_short", shortest, lambda t: pl.col("chars") < t, "DocumentLengthFilter, min_doc_len"),
        Rule(
            "too_long",
            longest,
            lambda t: (pl.col("chars") > t) & pl.lit(t > 0),
            "DocumentLengthFilter, max_doc_len; 0: no limit",
        ),
        Rule(
            "adult",
            1,
            lambda t: pl.col(f"ng_adult{anywhere}") >= t,
            "DiscardAdultContentJa: one word is enough",
        ),
        Rule(
            "adult_en", 1, lambda t: pl.col("ng_adult_en") >= t, "DiscardAdultContentEn: one word is enough"
        ),
        Rule(
            "discrimination",
            1,
            lambda t: pl.col(f"ng_discrimination{anywhere}") >= t,
            "DiscardDiscriminationContentJa: one word is enough",
        ),
        Rule(
            "violence",
            1,
            lambda t: pl.col(f"ng_violence{anywhere}") >= t,
            "DiscardViolenceContentJa: one word is enough",
        ),
        Rule(
            "bbs",
            14,
            lambda t: pl.col(f"hojichar_bbs{some}") > t,
            "DiscardBBSComments: more phrases of boards and shops than 14",
        ),
        Rule(
            "ads", 14, lambda t: pl.col(f"ng_ads{anywhere}") > t, "DiscardAds: more advertising words than 14"
        ),
        Rule(
            "not_japanese",
            1,
            lambda t: pl.col(f"hojichar_opening_kana{some}") < t,
            "AcceptJapanese: one kana in the opening",
        ),
        Rule(
            "rare_kuten",
            100,
            lambda t: too_few_ends(t, f"hojichar_kuten{some}"),
            "DiscardRareKuten: more than 100 characters to a 。",
        ),
        Rule(
            "too_many_nouns",
            0.8,
            lambda t: pl.col("hojichar_noun_ratio") >= t,
            "DiscardTooManyNouns: advertising and word salad",
        ),
        Rule(
            "repeated_characters",
            0.33,
            lambda t: pl.col("hojichar_repeated_5gram_ratio") >= t,
            "CharRepetitionRatioFilter, after BigScience",
        ),
        Rule(
            "repeated_words",
            0.4,
            lambda t: pl.col("hojichar_repeated_word_7gram_ratio") >= t,
            "WordRepetitionRatioFilter, after BigScience",
        ),
        Rule(
            "too_special",
            0.4,
            lambda t: pl.col(f"hojichar_special_ratio{some}") > t,
            "DiscardTooManySpecialToken, after BigScience",
        ),
        Rule(
            "long_run",
            200,
            lambda t: pl.col("hojichar_longest_run") >= t,
            "SingleCharacterRepetitionFilter: one character 200 times in a row",
        ),
        Rule(
            "cut_off_lines",
            0.7,
            lambda t: pl.col(f"hojichar_ellipsis_ratio{some}") > t,
            "DiscardTooManyEndingEllipsis: lists of teasers",
        ),
        Rule(
            "short_lines",
            0.5,
            lambda t: pl.col(f"hojichar_short_line_ratio{some}") > t,
            "DiscardTooShortLines: menus and breadcrumbs",
        ),
    )


PRESETS: Final = {
    "hojichar": Preset(source=HOJICHAR, rules=_rules(mended=False)),
    "hojichar-fixed": Preset(
        source=HOJICHAR,
        rules=_rules(mended=True),
        mends=(
            "Length: 200 to 50,000 characters, as the docstring of DocumentLengthFilter says; its default "
            "arguments set no limit, so that even an empty text passes it.",
            "NG words: a word of katakana counts only where no katakana stands beside it, and nothing counts "
            "within a word that the list marks as harmless; by default アスパラガス is adult content.",
            "Boards: a bare hyphen-minus is no phrase of a board; it stands as a branch of its own in the "
            "original's pattern, so that 15 hyphens reject a text.",
            "Japanese: ゔゕゖ, ヴヵヶ and half-width kana are kana; the original's range ends at ン, so that "
            "it rejects ﾃｽﾄ and ヴー.",
            "Japanese: kanji do not use up the 50 characters of the opening; in the original a title or a "
            "list of names in kanji hides the prose after it.",
            "Sentence ends: ．！？ and ｡ end a sentence as 。 does, a run of them once; a text with ， and "
            "． throughout has no 。 at all.",
            "Special characters: letters and digits are none; 士, １ (alone of the full-width digits), π and "
            "some letters of other scripts stand in the original's list.",
            "Ellipses: a line that ends with one counts without a newline after it; in the original the last "
            "line of a text never counts.",
            "Short lines: blank lines are no lines; in the original a blank line after each paragraph makes "
            "half of all lines short.",
        ),
    ),
}
