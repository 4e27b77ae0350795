"""Signals of markup, boilerplate, compression and damage, by hand on small rows."""

import polars as pl
import pytest

from curate.signals import measure


def of(text: str, *names: str) -> tuple[object, ...]:
    return measure(pl.DataFrame({"text": [text]}), names).row(0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("見よhttps://example.jp/a?b=c", (1, 24 / 26, 0.0, 0.0)),
        ("見よwww.example.jpを", (1, 14 / 17, 0.0, 0.0)),
        ("[米](/a.html)", (0, 0.0, 1.0, 0.0)),
        ("<a href=x>米</a>", (0, 0.0, 1.0, 14 / 14)),
        ("<br>米&amp;&#12354;水[[酒]]", (0, 0.0, 0.0, 21 / 24)),
        ("a<b、x>y、R&D、[注]、http://", (0, 0.0, 0.0, 0.0)),
    ],
)
def test_urls_links_and_markup(text: str, found: tuple[float, ...]) -> None:
    assert of(text, "urls", "url_ratio", "link_ratio", "markup_ratio") == pytest.approx(found)


def test_boilerplate_is_words_of_menus_and_the_lines_that_they_fill() -> None:
    text = "ログイン\nCopyright 2024\nログインの手順を述べる。\n玄米"
    assert of(text, "boilerplate_ratio", "boilerplate_line_ratio") == (17 / 31, 2 / 4)


def test_repeated_text_compresses_and_noise_does_not() -> None:
    noise = "".join(map(chr, range(0x4E00, 0x5E00)))
    same, other = measure(
        pl.DataFrame({"text": ["玄米を磨く。" * 500, noise]}), ["compression_ratio"]
    ).to_series()
    assert same < 0.02 < 0.4 < other


@pytest.mark.parametrize(
    "misread",
    [
        "玄米を磨いて精米にする。".encode().decode("cp932", "replace"),
        "玄米を磨いて精米にする。".encode("cp932").decode("latin-1"),
        "玄米を磨いて精米にする。".encode("cp932").decode("cp1252", "replace"),
        "玄米を磨いて精米にする。".encode().decode("latin-1"),
        "玄米を磨いて精米にする。".encode().decode("cp1252", "replace"),
        "玄米を磨いて精米にする。".encode("euc_jp").decode("latin-1"),
        "かなをかなのままによむ。".encode("euc_jp").decode("cp932", "replace"),
    ],
)
def test_mojibake_shows(misread: str) -> None:
    (share,) = of(misread, "mojibake_ratio")
    assert isinstance(share, float)
    assert share > 0.2


@pytest.mark.parametrize(
    "sound", ["糸が縺れる。縺れ縺れて。", "café à la carte, «être» naïve", "¥100 は ｱｲｳ、ﾃｽﾄ､ﾃｽﾄ", "ﾃｽﾄ"]
)
def test_odd_but_sound_text_is_no_mojibake(sound: str) -> None:
    (share,) = of(sound, "mojibake_ratio")
    assert isinstance(share, float)
    assert share < 0.1


def test_letters_spaced_out_and_symbols_strewn_in() -> None:
    assert of("州 都 で あ る", "lone_letter_ratio") == (3 / 5,)
    assert of("八戸市　三沢市　米　水", "lone_letter_ratio") == (1 / 8,)
    assert of("玄★米を●磨■◆く", "embedded_symbol_ratio") == (4 / 9,)
    assert of("★玄米\n●水→酒", "embedded_symbol_ratio") == (1 / 7,)


def test_runs_and_clauses() -> None:
    assert of("米ーーーーーーー水・・・", "run_ratio", "max_run_chars") == (7 / 12, 7)
    assert of("玄米を磨いて、精米にする。\n水", "max_clause_chars") == (6,)


def test_letters_out_of_order() -> None:
    text = "玄米を磨いて精米にする。糠は捨てずに漬物の床とし、米は水に浸してから蒸し上げる。"
    shuffled = "".join(sorted(text, key=lambda c: (ord(c) * 7919) % 101))
    (order,), (disorder,), (none,) = (of(t, "kana_order_bits") for t in (text, shuffled, "plain ASCII"))
    assert isinstance(order, float)
    assert isinstance(disorder, float)
    assert order > 0.5 > 0 > disorder
    assert none == 0
