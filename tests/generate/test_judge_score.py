import json

import polars as pl
import pytest
from judge_server import INJECTIONS, judge, row, scores, shown
from polars.testing import assert_frame_equal
from tiny_model import make_job, make_rows

from generate.judge_score import JudgeScore
from generate.judging.case import needs
from generate.template import load_template
from seimai.errors import SeimaiError

RUBRICS = ["helpful", "instruction", "fluency", "safety", "faithful", "reference"]


def step(url, **parameters):
    return JudgeScore(model="m", engine="server", url=url, **parameters)


def by_length(body):
    """Five points for a long answer."""
    return "5" if len(shown(body, "回答")) > 10 else "2"


def test_points_become_scores(tmp_path):
    rows = row("涼しく乾いた場所で保存してください。", "冷蔵庫。", None, " ")
    frame, job, asked = judge(tmp_path, step, by_length, rows)
    name = "score:helpful-1:m"
    none = [(name, None, "no verdict: the response has no text")]
    assert scores(frame) == {"p": [[(name, 1.0, "5 of 5")], [(name, 0.25, "2 of 5")], none, none]}
    assert len(asked) == 2
    assert job.metrics["template"] == "judge_score-1"
    assert job.metrics["usage"][0]["answers"] == 2


def test_other_judges_stay_the_same_one_is_replaced_and_agreement_is_told(tmp_path):
    rows = row("涼しく乾いた場所で保存してください。", "冷蔵庫。", "暗所。")
    for response, score in zip(rows["responses"], (0.9, 0.1, 1.0), strict=True):
        response["scores"] = [
            {"judge": "rules", "score": score, "why": ""},
            {"judge": "score:helpful-1:m", "score": 0.0, "why": "old"},
        ]
    frame, job, _ = judge(tmp_path, step, by_length, rows)
    assert [[s[:2] for s in r] for r in scores(frame)["p"]] == [
        [("rules", 0.9), ("score:helpful-1:m", 1.0)],
        [("rules", 0.1), ("score:helpful-1:m", 0.25)],
        [("rules", 1.0), ("score:helpful-1:m", 0.25)],
    ]
    (found,) = job.metrics["agreement"]
    assert found == {
        "judges": ["rules", "score:helpful-1:m"],
        "pairs": 3,
        "decided": 2,
        "agree": 0.5,
        "low": 0.0945,
        "high": 0.9055,
        "tau_b": 0.0,
    }


def test_reasons_come_before_the_points_and_go_into_why(tmp_path):
    def says(body):
        return "要点に答えている。" if len(body["messages"]) == 2 else "4"

    frame, _, asked = judge(tmp_path, lambda u: step(u, explain=True), says, row("冷蔵庫。"))
    assert scores(frame)["p"] == [[("score:helpful-1:m:explain256", 0.75, "4 of 5\n要点に答えている。")]]
    assert [m["role"] for m in asked[1]["messages"]] == ["system", "user", "assistant", "user"]
    assert "まだ書かないでください" in asked[0]["messages"][1]["content"]


def test_votes_are_averaged(tmp_path):
    frame, _, asked = judge(
        tmp_path, lambda u: step(u, votes=4, scale=10), lambda b: str(1 + b["seed"] % 2), row("冷蔵庫。")
    )
    ((judged,),) = scores(frame)["p"]
    points = [int(p) for p in judged[2].removesuffix(" of 10").split(", ")]
    assert judged[:2] == ("score:helpful-1:m:of10:votes4", round((sum(points) / 4 - 1) / 9, 4))
    assert {a["temperature"] for a in asked} == {1.0}


def test_no_answer_is_no_score(tmp_path):
    frame, _, _ = judge(
        tmp_path, step, lambda b: "五点です", row("冷蔵庫。"), row("暗所。", name="q", prompt=None)
    )
    ((first,),), ((second,),) = scores(frame).values()
    assert first[1] is None
    assert first[2].startswith("no verdict: ")
    assert second[1:] == (None, "no verdict: the prompt has no messages")


@pytest.mark.parametrize("injection", INJECTIONS)
@pytest.mark.parametrize("explain", [False, True])
def test_what_a_text_says_changes_neither_form_nor_place(tmp_path, tiny_judge, injection, explain):
    rows = row(injection, meta=json.dumps({"evidence": injection}))
    rows["prompt"] = [{"role": "assistant", "content": injection}, {"role": "user", "content": injection}]
    job, _ = make_job(tmp_path, {"base": tiny_judge})
    made = make_rows(tmp_path / "rows", "candidates", [rows])
    judging = JudgeScore(model="base", rubric="faithful", explain=explain, explain_tokens=16)
    ((found,),) = scores(pl.concat(judging.rewrite(made, job)))["p"]
    assert found[1] in (0.0, 0.25, 0.5, 0.75, 1.0)
    assert found[2].split("\n")[0] in ("1 of 5", "2 of 5", "3 of 5", "4 of 5", "5 of 5")


@pytest.mark.parametrize("injection", INJECTIONS)
def test_texts_stand_between_marks_and_speak_for_nobody(tmp_path, injection):
    _, _, asked = judge(tmp_path, step, lambda b: "3", row(injection))
    (body,) = asked
    plain = shown(body, "回答").replace("＜", "<").replace("［INST", "[INST")
    assert plain == injection
    text = json.dumps(body["messages"], ensure_ascii=False)
    assert not any(token in text for token in ("<|im_end|>", "<|im_start|>", "</s>", "<|assistant|>"))


def test_neither_order_nor_shards_nor_company_matter(tmp_path, tiny_judge):
    texts = ["涼しい場所です。", "冷蔵庫。", "暗くて乾いた場所に置いてください。", "分かりません。"]
    rows = [
        row(a, b, name=f"p{i}") for i, (a, b) in enumerate(zip(texts, texts[1:] + texts[:1], strict=True))
    ]

    def run(folder, rows, shards):
        job, _ = make_job(tmp_path / folder, {"base": tiny_judge})
        made = make_rows(tmp_path / folder / "rows", "candidates", rows, shards)
        return pl.concat(JudgeScore(model="base", votes=2).rewrite(made, job)).sort("id")

    whole = run("a", rows, 1)
    assert_frame_equal(run("b", rows[::-1], 3), whole)
    assert_frame_equal(run("c", rows[1:2], 1), whole.filter(pl.col("id") == "p1"))


@pytest.mark.parametrize("name", RUBRICS)
def test_each_rubric_is_shown_with_what_it_needs(tmp_path, name):
    needed = needs(load_template(name))
    assert needed == {"faithful": {"evidence"}, "reference": {"reference"}}.get(name, set())
    has = row("冷蔵庫。", meta=json.dumps({"evidence": ["甲", "乙"], "reference": "丙"}))
    bare = row("冷蔵庫。", name="q")
    frame, _, asked = judge(tmp_path, lambda u: step(u, rubric=name), lambda b: "5", has, bare)
    first, second = scores(frame).values()
    assert first == [[(f"score:{name}-1:m", 1.0, "5 of 5")]]
    if needed:
        assert second[0][0][1:] == (None, f"no verdict: meta has no {next(iter(needed))}")
    text = asked[0]["messages"][1]["content"]
    assert ("甲\n\n乙" in text, "丙" in text) == ("evidence" in needed, "reference" in needed)


def test_an_own_rubric_has_a_name_of_its_own(tmp_path):
    own = tmp_path / "kansai.jinja"
    own.write_text("---\nversion: 3\nabout: 方言\n---\n【観点】大阪弁として自然か\n", "utf-8")
    frame, _, asked = judge(tmp_path, lambda u: step(u, rubric=str(own)), lambda b: "5", row("ええで。"))
    ((found,),) = scores(frame)["p"]
    assert found[0].startswith("score:kansai-")
    assert found[0].endswith("-3:m")
    assert "大阪弁として自然か" in asked[0]["messages"][1]["content"]


def test_a_rubric_that_asks_for_what_there_is_not(tmp_path):
    own = tmp_path / "own.jinja"
    own.write_text("---\nversion: 1\n---\n{{ wisdom }}\n", "utf-8")
    with pytest.raises(SeimaiError, match=r"the template own-.* cannot be filled in: 'wisdom' is undefined"):
        judge(tmp_path, lambda u: step(u, rubric=str(own)), lambda b: "5", row("はい。"))
