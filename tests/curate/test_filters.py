"""The first filters: the reason is what is asserted, not only the verdict."""

import polars as pl
import pytest
from pydantic import ValidationError

from curate.kana import KanaRatio
from curate.length import Length
from curate.repetition import Repetition
from curate.sentences import Sentences
from curate.signals import SIGNALS, measure
from curate.symbols import Symbols
from seimai.signal import named
from seimai.step import Filter

PROSE = "精米とは、玄米の表面を磨いて白くすることをいう。磨かれた米は、雑味の少ない澄んだ酒になる。"


def reasons_for(step: Filter, text: str) -> list[str]:
    reasons = step.reasons()
    signals = measure(pl.DataFrame({"text": [text]}), named(reasons.values()))
    return [reason for reason, bad in reasons.items() if signals.select(bad).item()]


@pytest.mark.parametrize("step", [KanaRatio(), Repetition(), Sentences(), Symbols(), Length(min_chars=40)])
def test_prose_stays(step: Filter) -> None:
    assert reasons_for(step, PROSE) == []
    assert named(step.reasons().values()) <= set(SIGNALS)


@pytest.mark.parametrize(
    ("step", "text", "reasons"),
    [
        (KanaRatio(), "碾米是将糙米磨成白米的过程。", ["too_few"]),
        (KanaRatio(at_least=0), "碾米是将糙米磨成白米的过程。", []),
        (Length(), PROSE, ["too_short"]),
        (Length(min_chars=1, max_chars=10), PROSE, ["too_long"]),
        (Length(min_chars=len(PROSE), max_chars=len(PROSE)), PROSE, []),
        (
            Repetition(),
            "米\n" + "トップへ戻る\n" * 3,
            ["repeated_lines", "repeated_text", "repeated_phrases"],
        ),
        (Repetition(max_lines=1, max_line_chars=1), "米を磨く。水を汲む。" * 9, ["repeated_phrases"]),
        (Sentences(), "ホーム\n製品\n会社\n採用", ["too_short"]),
        (Sentences(), "米" * 91, ["too_long"]),
        (Sentences(min_mean=0), "発売記念の催しが…\n新しい精米機が・", ["cut_off"]),
        (Symbols(), "★☆■今だけ！■☆★", ["too_many_symbols"]),
        (Symbols(), "700 720 740発", ["too_many_digits"]),
    ],
)
def test_what_goes_says_why(step: Filter, text: str, reasons: list[str]) -> None:
    assert reasons_for(step, text) == reasons


def test_length_bounds_must_be_ordered() -> None:
    with pytest.raises(ValidationError, match=r"max_chars \(10\) is less than min_chars \(200\)"):
        Length(max_chars=10)
