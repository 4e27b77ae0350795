"""Long runs of the same emoji, emoticon, mark or laugh, made short."""

import re
from functools import cache
from typing import Final

import polars as pl
from pydantic import Field

from curate.normalizing.rare import apply_where
from seimai.step import Transform

_PICTOGRAPH: Final = "\U0001f300-\U0001faff\U0001f000-\U0001f0ff"
_ONE: Final = f"(?:[{_PICTOGRAPH}][\U0001f3fb-\U0001f3ff]?\ufe0f?|[\u2190-\u2bff]\ufe0f)"
_EMOJI: Final = f"[\U0001f1e6-\U0001f1ff]{{2}}|{_ONE}(?:\u200d{_ONE}){{0,8}}"
_ARMS: Final = r"ヽヾ＼\\٩oO", "ノﾉ／/۶シツ彡oO"
_EMOTICON: Final = f"[{_ARMS[0]}]?[(（][^()（）\n]{{1,16}}[)）][{_ARMS[1]}]?"
_MARKS: Final = "！!？?。、…・♪〜～"
_LATIN: Final = "A-Za-z0-9_./:@-"


class Runs(Transform):
    """Shorten runs of the same emoji, emoticon, mark, long vowel or laugh.

    Three are emphasis; thirty say no more and teach a model to loop. A run is one thing over and over
    (★★★★☆ is a rating and stays, and so do rulers such as ----). The class of rules is that of EleutherAI's
    dps for Japanese and Korean; the sets of characters are ours.

    >>> rows = pl.DataFrame({"text": ["すごーーーーい！！！！！😂😂😂😂 (笑)(笑)(笑)(笑) ｗｗｗｗｗ"]})
    >>> Runs().apply(rows)["text"].item()
    'すごーーーい！！！😂😂😂 (笑)(笑)(笑) ｗｗｗ'
    """

    emoji: int | None = Field(default=3, ge=1, description="most of one emoji in a row; null: any number")
    emoticons: int | None = Field(
        default=3, ge=1, description="most of one bracketed emoticon in a row: (笑), (´・ω・｀), ヽ(´ー｀)ノ"
    )
    marks: int | None = Field(default=3, ge=1, description="most of one of ！!？?。、…・♪〜～ in a row")
    long_vowels: int | None = Field(default=3, ge=1, description="most ー in a row")
    laughs: int | None = Field(default=3, ge=1, description="most w, ｗ, 笑 or 草 in a row")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their runs shortened; a null stays null."""
        rules = {k: v for k in type(self).model_fields if (v := getattr(self, k)) is not None}
        if not rules:
            return rows
        some = rows["text"].str.contains("|".join(_SIGNS[k].format(n=n + 1) for k, n in rules.items()))
        return rows.with_columns(apply_where(rows["text"], some, lambda text: _shortened(text, rules)))


_SIGNS: Final = {
    "emoji": r"[\x{{1F000}}-\x{{1FAFF}}\x{{2190}}-\x{{2BFF}}\x{{FE0F}}\x{{200D}}]{{{n}}}",
    "emoticons": f"[)）][{_ARMS[1]}]?[{_ARMS[0]}]?[(（]",
    "marks": "|".join(f"{re.escape(c)}{{{{{{n}}}}}}" for c in _MARKS),
    "long_vowels": "ー{{{n}}}",
    "laughs": "w{{{n}}}|ｗ{{{n}}}|笑{{{n}}}|草{{{n}}}",
}
"""Regular expressions without references, for Polars: what a text with such a run certainly holds."""


def _shortened(text: str, rules: dict[str, int]) -> str:
    for name, most in rules.items():
        text = _run(name, most).sub(lambda m, n=most: (m["one"] or m["w"]) * n, text)
    return text


@cache
def _run(name: str, most: int) -> re.Pattern[str]:
    """A run of more than `most`; its group `one` (or `w`) is what repeats."""
    one = {
        "emoji": _EMOJI,
        "emoticons": _EMOTICON,
        "marks": f"[{_MARKS}]",
        "long_vowels": "ー",
        "laughs": "[ｗ笑草]",
    }[name]
    # An ASCII w inside an address or a word is no laugh.
    latin = f"(?<![{_LATIN}])(?P<w>w)w{{{most},}}(?![{_LATIN}])" if name == "laughs" else "(?P<w>(?!))"
    return re.compile(f"(?P<one>{one})(?P=one){{{most},}}|{latin}")
