"""Language: scripts first, and fastText where they leave a doubt.

Kana and Japanese kanji settle most Japanese documents without a model (`curate.signals.evidence`); of all
others fastText's `lid.176.ftz` is asked, and where the scripts leave only Japanese and Chinese, they and the
model decide together. docs/language.md has the measurements.
"""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals import lid176
from curate.signals.text import Text, Values
from seimai.signal import Signal

_SOURCE: Final = f"seimai, with {lid176.SOURCE}"

SIGNALS: Final[Mapping[str, Signal]] = {
    "language": Signal(
        "likeliest language: ISO 639 code, `und` for text without letters; by kana and the character sets "
        "that have its kanji, and by fastText where these leave a doubt",
        "code",
        _SOURCE,
        pl.String,
        version=2,
    ),
    "language_probability": Signal(
        "probability of `language`, at most 1: by the scripts, by fastText, or by both",
        "share",
        _SOURCE,
        version=2,
    ),
    "fasttext_language": Signal(
        "fastText's likeliest language of the whole text, newlines read as spaces; `und` for blank text",
        "code",
        lid176.SOURCE,
        pl.String,
    ),
    "fasttext_probability": Signal(
        "fastText's own probability of `fasttext_language`, at most 1", "share", lid176.SOURCE
    ),
}

_CHINESE: Final = ("zh", "yue", "wuu")
"""fastText's codes of languages that are written in kanji alone."""
_MOST: Final = 8
"""Languages to ask of the model where its share of Japanese and Chinese counts, and not only the first."""


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family; loads no model where none is needed."""
    values: dict[str, Values] = {}
    if {"language", "language_probability"} & set(names):
        values["language"], values["language_probability"] = _identify(text)
    if {"fasttext_language", "fasttext_probability"} & set(names):
        # Of blank text fastText says English or Chinese.
        answers = [{} if t.isspace() or not t else lid176.ask([t])[0] for t in text.column]
        values["fasttext_language"] = np.array([next(iter(a), "und") for a in answers], object)
        values["fasttext_probability"] = np.array(
            [min(max(a.values(), default=0.0), 1.0) for a in answers], np.float64
        )
    return {name: values[name] for name in names}


def _identify(text: Text) -> tuple[Values, Values]:
    """Language and probability of each document."""
    from curate.signals import scripts
    from curate.signals.evidence import weigh
    from curate.signals.kernels.script_counts import script_counts

    found = weigh(script_counts(text.points, text.starts, scripts.table(), scripts.CLASSES))
    languages: Values = np.where(found.settled, "ja", "und").astype(object)
    probabilities = np.where(found.settled, found.probability, 0.0)
    asked = np.flatnonzero(~found.settled & (found.letters > 0))
    answers = lid176.ask_samples(text.column[asked].to_list(), most=_MOST, at_least=0.001)
    for at, answer in zip(asked, answers, strict=True):
        weighed = _weighed(answer, found.lead[at], found.mass[at]) if found.usable[at] else answer
        languages[at] = max(weighed, key=weighed.__getitem__, default="und")
        probabilities[at] = min(weighed.get(languages[at], 0.0), 1.0)
    return languages, probabilities


def _weighed(answer: lid176.Answer, lead: float, mass: float) -> lid176.Answer:
    """The model's answer with its share of Japanese and Chinese divided anew by the scripts."""
    from curate.signals.evidence import join

    chinese = sum(answer.get(code, 0.0) for code in _CHINESE)
    japanese = answer.get("ja", 0.0)
    others = {code: p for code, p in answer.items() if code != "ja" and code not in _CHINESE}
    if mass == 0:
        return others
    share = join(lead, japanese, chinese)
    both = 1.0 if mass == 1 else japanese + chinese
    kind = max(_CHINESE, key=lambda code: answer.get(code, 0.0))
    # Chinese first: a draw is Chinese.
    return {kind: both * (1 - share), "ja": both * share} | ({} if mass == 1 else others)
