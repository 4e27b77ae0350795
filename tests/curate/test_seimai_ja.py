"""Our own preset: one reason for each kind of damage, and no loss where the published ones have much."""

from collections.abc import Callable

import polars as pl
import pytest

from curate.presets.preset import presets
from curate.rules import Rules
from curate.signals import measure
from seimai.chain import compile_chain, run_chain

PROSE = (
    "精米とは、玄米の表面を削り、ぬかと胚芽を取り除くことである。削る割合を精米歩合といい、酒米ではこれが味を左右する。"
    "昔は足踏みの臼で一日かけて搗いたが、いまは機械が数分で終える。それでも、米の乾き具合を見て力を加減するのは人の仕事だ。"
)


def dropped(text: str, **given: object) -> list[str]:
    rows = pl.DataFrame({"id": ["a"], "text": [text]})
    out = run_chain(rows, compile_chain([Rules.model_validate(given)], "documents", {})).dropped
    return [r.removeprefix("curate.rules.") for r in out["reasons"].to_list()[0]] if out.height else []


def test_prose_stays():
    assert dropped(PROSE) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("精米のご案内", "too_short"),
        (PROSE.encode().decode("cp932", "replace"), "mojibake"),
        (PROSE[:60] + "\ufffd" * 3 + PROSE[60:], "undecodable"),
        (" ".join(PROSE), "spaced_letters"),
        ("".join(c + "★■"[i % 2] * (i % 4 == 0) for i, c in enumerate(PROSE)), "symbol_noise"),
        ("".join(sorted(PROSE, key=lambda c: (ord(c) * 7919) % 101)), "letters_out_of_order"),
        ("東京都港区芝公園四丁目二番八号、大阪府大阪市北区梅田三丁目一番三号。" * 4, "little_kana"),
        (PROSE.replace("。", "").replace("、", "") * 3, "run_on"),
        (
            "\n".join(["ホーム", "会社概要", "お米の話", "よくある質問", "買い物かご", "ログイン"] * 6),
            "fragments",
        ),
        ("\n".join(f"{PROSE[i : i + 17]}…" for i in range(0, 100, 9)), "cut_off_lines"),
        (PROSE[:40] * 12, "repeated"),
        (PROSE + "w" * 80, "character_runs"),
        ("「なに」」と言う。（「」" * 12 + PROSE, "brackets_apart"),
    ],
)
def test_each_kind_of_damage_has_its_reason(text: str, reason: str):
    assert reason in dropped(text)


def test_domains_exempt_what_is_sound_there():
    first = ("米の花", "夜の水", "稲の香", "朝の風", "遠い声", "古い臼")
    verse = "\n".join(a + b for b in ("ゆれて", "ひかり", "しずか", "こぼれ", "きえて") for a in first)
    assert dropped(verse) == ["fragments"]
    assert dropped(verse, domain="poetry") == []
    table = "\n".join(f"{n}　令和六年　東京都　三百二十四　五百六十七" for n in range(30))
    assert "little_kana" in dropped(table)
    assert dropped(table, domain="table") == []


def test_brackets_without_a_partner():
    rows = pl.DataFrame({"text": ["「『米』」（麦）", "」米「", "「米（麦」", None, "("]})
    found = measure(rows, ["unmatched_bracket_ratio"]).to_series().to_list()
    assert found == [0, pytest.approx(2 / 17), pytest.approx(1 / 18), None, 0]


def test_a_thousand_open_brackets_are_counted_and_do_no_harm():
    rows = pl.DataFrame({"text": ["「" * 1000, "「" * 1000 + "」" * 1000]})
    found = measure(rows, ["unmatched_bracket_ratio"]).to_series().to_list()
    assert found == [pytest.approx(1000 / 1015), pytest.approx((1000 - 64) * 2 / 2015)]


def test_it_catches_more_and_loses_less_than_every_published_preset(
    evaluation: Callable[[str], pl.DataFrame],
):
    """Presets with word lists or morphemes lose even more; benchmarks/presets.py has all of them."""
    rows = evaluation("quality_synth").select("id", "text", "kind")
    natural = pl.col("kind") == "natural"

    def shares(name: str) -> tuple[float, float]:
        chain = compile_chain([Rules(preset=name)], "documents", {}, ["kind"])
        gone = run_chain(rows, chain).dropped
        return tuple(gone.filter(k).height / rows.filter(k).height for k in (natural, ~natural))

    loss, recall = shares("seimai-ja")
    assert loss < 0.02
    assert recall > 0.93
    for name in presets():
        if name.startswith("swallow-v1") and name != "swallow-v1-ng":
            other_loss, other_recall = shares(name)
            assert (loss, recall) < (other_loss, 1)
            assert recall > other_recall
