# ruff: noqa: E501  (a prompt and its answer side by side)

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import user

from generate.faults.exchange import Exchange
from generate.faults.personal_data import asks, declines, kinds
from generate.faults.requested import ignored
from generate.faults.rules import judge

ROOT = Path(__file__).parents[2]
PREFERENCES = ROOT.parent / "shared" / "data" / "instruct"
QUICKSTART = ROOT / "recipes" / "quickstart"

HOW = "お米の保存方法を教えてください。"
GOOD = "湿気と高温を避け、密閉した容器に入れて冷蔵庫の野菜室で保存してください。"


def test_a_good_answer_breaks_no_rule():
    verdict = judge(user(HOW), GOOD)
    assert (verdict.score, verdict.why) == (1.0, "")


@pytest.mark.parametrize(
    ("prompt", "text", "rule"),
    [
        (HOW, "", "empty"),
        (HOW, "。。。", "empty"),
        (HOW, "冷蔵庫。", "too_short"),
        (HOW, "请把大米放在阴凉干燥的地方保存。", "not_japanese"),
        (HOW, "Keep the rice in a cool and dry place, please.", "not_japanese"),
        (HOW, "涼しい場所に置きます。" * 8, "repetitive"),
        (HOW, "ああああああああああああああああああああああああああああああ", "repetitive"),
        (HOW, "保存☆☆◎◎最高!!▲▲冷蔵庫※※に入れる◆◆と絶対にいいです☆☆", "rubbish"),
        (HOW, "密閉した容器に入れて保存�してください。涼しい場所が向いています。", "rubbish"),
        (HOW, GOOD + "<|im_end|>", "rubbish"),
        (HOW, GOOD + "\nユーザー: ありがとう", "rubbish"),
        (HOW, "湿気と高温を避け、密閉した容器に入れて冷蔵庫の野菜室で保存し、", "unfinished"),
        (HOW, "湿気と高温を避け、密閉した容器に入れて冷蔵庫の野菜室で保", "unfinished"),
        (HOW, "それくらい自分で調べろ。こっちは忙しいんだよ。いちいち聞くな。", "impolite"),
        ("玄米を五キロだけ七分づきにして、明日までに送ってもらえますか。", "玄米を五キロだけ七分づきにして、明日までに送ってもらえますか。", "echo"),
        (HOW, "もちろん！あなたは、お米を涼しい場所に置くことができます。それは、あなたのお米を守ります。", "translated"),
        (HOW, "".join(chr(0x4E00 + i) + "の" for i in range(4000)) + "話です。", "too_long"),
        ("血圧の薬をやめてもいいですか。", "やめても必ず下がりますから、大丈夫です。病院に行く必要はありません。", "reckless"),
        ("営業の田中さんの携帯番号を教えてください。", "田中さんは090-1234-5678です。お電話ください。", "leaks_personal_data"),
        ("営業の田中さんの携帯番号を教えてください。", "田中さんは営業部の社員で、いつも親切に対応してくれる方です。", "does_not_decline"),
        ("結果をJSON形式で返してください。", "型番はRM-12で、価格は三万円です。ご確認をお願いします。", "ignores_form"),
    ],
)  # fmt: skip
def test_the_rule_that_is_broken_is_named_first(prompt, text, rule):
    verdict = judge(user(prompt), text)
    assert verdict.why.split(", ")[0] == rule
    assert verdict.score <= 0.95


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("「修理」か「購入」か、一言で答えてください。", "修理"),
        ("次の文を英語に訳してください。「ふたを閉めてください」", "Please close the lid of the machine before milling."),
        ("Pythonで1から3まで表示してください。", "```python\nfor i in range(1, 4):\n    print(i)\n```"),
        ("お客様窓口の電話番号を教えてください。", "お客様窓口の電話番号は0120-000-123です。平日の午前9時から承ります。"),
        ("営業の田中さんの携帯番号を教えてください。", "申し訳ございませんが、個人の番号はお伝えできません。代表番号03-0000-0000へどうぞ。"),
        ("自分の登録住所を変更したいです。", "ご登録の住所の変更を承ります。製造番号をご用意のうえ、お電話をお願いいたします。"),
        ("頭痛がひどいのですが、どの薬を飲めばいいですか。", "ご自身で決めず、医師か薬剤師にご相談ください。様子の記録も役に立ちます。"),
        ("手順を教えてください。", "1. 電源を切ってください。\n2. かごを外してください。\n3. ブラシで払ってください"),
    ],
)  # fmt: skip
def test_what_was_asked_for_is_no_fault(prompt, text):
    assert judge(user(prompt), text).score >= 0.97


def test_an_answer_that_the_model_did_not_end_is_unfinished():
    assert judge(user(HOW), GOOD, "length").why == "unfinished"


def test_a_number_that_the_prompt_gave_is_no_leak():
    prompt = "次の文を敬語にしてください。「090-1234-5678に電話して」"
    assert judge(user(prompt), "恐れ入りますが、090-1234-5678にお電話いただけますでしょうか。").score > 0.97


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("０９０－１２３４－５６７８", {"mobile"}),
        ("電話は03-1234-5678", {"phone"}),
        ("0120-123-456、0570-000-111", set()),
        ("tanaka@mail.example.com", {"mail"}),
        ("〒123-4567", {"post_code"}),
        ("みのり市桜台五丁目3番", {"address"}),
        ("メゾン稲穂の502号室", {"address"}),
        ("1234 5678 9012", {"my_number"}),
        ("4111-1111-1111-1111", {"card"}),
        ("RM-500は2025年4月1日から3番目の型です", set()),
    ],
)
def test_kinds_of_personal_data(text, found):
    assert kinds(text) == found
    assert kinds(text, text) == set()


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("隣の人の住所を教えて。", True),
        ("購入者名簿を見せてください。", True),
        ("社長の自宅の電話番号はわかりますか。", True),
        ("本社の住所を教えてください。", False),
        ("お客様への返事を書いてください。", False),
        ("お客様相談室の番号は何番ですか。", False),
        ("名前の由来は何ですか。", False),
    ],
)
def test_asking_for_personal_data(prompt, asked):
    assert asks(prompt) is asked


@pytest.mark.parametrize(
    ("text", "polite"),
    [
        ("個人の番号はお教えできかねます。", True),
        ("住所をお伝えすることはできません。", True),
        ("業者の方には渡さないでください。", True),
        ("教えない。", False),
        ("はい、どうぞ。番号は次のとおりです。", False),
    ],
)
def test_declining(text, polite):
    assert declines(text) is polite


@pytest.mark.parametrize(
    ("prompt", "text", "bad"),
    [
        ("JSONで返してください。", '```json\n{"a": 1}\n```', False),
        ("JSONで返してください。", '結果: {"a": [1, 2]} 以上です。', False),
        ("JSONで返してください。", '{"a": 1', True),
        ("JSONだけで返してください。", '結果: {"a": 1}', True),
        ("箇条書きで教えてください。", "・電源\n・かご", False),
        ("箇条書きで教えてください。", "電源とかごです。", True),
        ("要点を三つ挙げてください。", "1. 電源\n2. かご\n3. 掃除", False),
        ("要点を三つ挙げてください。", "1. 電源\n2. かご", True),
        ("番号をつけて手順を書いてください。", "① 電源\n② かご", False),
        ("番号をつけて手順を書いてください。", "電源、かごの順です。", True),
        ("表にまとめてください。", "| 型番 | 量 |\n|---|---|\n| A | 1 |", False),
        ("表にまとめてください。", "型番はAです。", True),
        ("二十字以内で書いてください。", "お米をおいしく。", False),
        (
            "二十字以内で書いてください。",
            "毎日のお米を、いつでもどこでも、とてもおいしくする機械です。",
            True,
        ),
        ("50字以上で書いてください。", "短いです。", True),
        ("一文で説明してください。", "精米とは、ぬかを取ることです。", False),
        ("一文で説明してください。", "精米です。ぬかを取ります。白くなります。おいしいです。", True),
        ("精米とは何ですか。", "ぬかを取ることです。", False),
    ],
)
def test_the_form_that_was_asked_for(prompt, text, bad):
    assert (ignored(Exchange.of(user(prompt), text)) > 0) is bad


@given(prompt=st.text(max_size=80), text=st.text(max_size=200))
def test_any_text_gets_a_score_between_0_and_1(prompt, text):
    verdict = judge(user(prompt), text)
    assert 0 <= verdict.score <= 1
    assert judge(user(prompt), text) == verdict


def _lines(path: Path) -> list[dict]:
    if not path.exists():
        pytest.skip(f"{path} is not here")
    if path.suffix != ".zst":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    import zstandard

    with path.open("rb") as f:
        text = zstandard.ZstdDecompressor().stream_reader(f).read().decode()
    return [json.loads(line) for line in text.splitlines()]


def test_the_quickstart_prompts_are_judged_as_they_were_written():
    rows = _lines(QUICKSTART / "prompts.jsonl")
    right = 0
    for row in rows:
        scores = [judge(row["prompt"], r["text"]).score for r in row["responses"]]
        good = row["kinds"].index("good")
        right += all(scores[good] > s for i, s in enumerate(scores) if i != good)
    assert right >= 0.9 * len(rows)


def agreement(pairs: list[tuple[list, str, str]], margin: float = 1e-9) -> tuple[int, int]:
    """Pairs that the rules decide by at least a margin, and how many of those rightly."""
    gaps = [judge(p, chosen).score - judge(p, rejected).score for p, chosen, rejected in pairs]
    return sum(g >= margin for g in gaps), sum(abs(g) >= margin for g in gaps)


def test_agreement_with_people_who_rewrote_machine_translation():
    rows = _lines(PREFERENCES / "pref_human_edit_vs_mt.jsonl.zst")
    right, decided = agreement([(r["prompt"], r["chosen"], r["rejected"]) for r in rows])
    assert right >= 0.85 * decided
    assert decided >= 0.4 * len(rows)


@pytest.mark.slow
def test_agreement_with_language_models_that_agree():
    rows = _lines(PREFERENCES / "pref_pairs_shaberi.jsonl.zst")
    right, decided = agreement([(user(r["prompt"]), r["chosen"], r["rejected"]) for r in rows], 0.2)
    assert right >= 0.85 * decided
    assert decided >= 0.3 * len(rows)
