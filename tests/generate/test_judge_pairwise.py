import json
from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge_server import INJECTIONS, judge, row, scores, shown
from polars.testing import assert_frame_equal
from pydantic import ValidationError
from tiny_model import make_job, make_rows

from generate.judge_pairwise import JudgePairwise
from generate.judging.matches import challengers, round_robin
from generate.judging.position import BothOrders, position_report

NAME = "pairwise:helpful-1:m"
TEXTS = ("ああ。", "いいい。", "うううう。", "えええええ。")


def step(url, **parameters):
    return JudgePairwise(model="m", engine="server", url=url, **parameters)


def longer(body):
    one, other = len(shown(body, "回答A")), len(shown(body, "回答B"))
    return "A" if one > other else "B" if other > one else "C"


def first_shown(body):
    return "A"


def test_each_meets_each_in_both_orders(tmp_path):
    frame, job, asked = judge(tmp_path, step, longer, row(*TEXTS[:3], None))
    assert scores(frame)["p"] == [
        [(NAME, 0.0, "0 won, 0 tied, 2 lost")],
        [(NAME, 0.5, "1 won, 0 tied, 1 lost")],
        [(NAME, 1.0, "2 won, 0 tied, 0 lost")],
        [(NAME, None, "no verdict: the response has no text")],
    ]
    assert len(asked) == 6
    assert json.loads(frame["meta"][0])["verdicts"][NAME] == [
        {"first": "p0", "second": "p1", "verdicts": ["second", "second"]},
        {"first": "p1", "second": "p2", "verdicts": ["second", "second"]},
        {"first": "p0", "second": "p2", "verdicts": ["second", "second"]},
    ]
    assert job.metrics["position"] == {
        "pairs": 3, "consistent": 3, "ties": 0, "inconsistent": 0, "share": 0.0, "low": 0.0, "high": 0.5615,
        "favours_first": 0, "favours_last": 0, "tie_in_one": 0,
    }  # fmt: skip


def test_verdicts_that_turn_with_the_order(tmp_path):
    kept, job, _ = judge(tmp_path / "tie", step, first_shown, row(*TEXTS[:2]))
    assert scores(kept)["p"] == [[(NAME, 0.5, "0 won, 1 tied, 0 lost; 1 order-dependent")]] * 2
    dropped, _, _ = judge(
        tmp_path / "drop", lambda u: step(u, inconsistent="drop"), first_shown, row(*TEXTS[:2])
    )
    assert scores(dropped)["p"] == [[(NAME + ":drop", None, "no verdict: all are order-dependent")]] * 2
    report = job.metrics["position"]
    assert (report["inconsistent"], report["share"], report["favours_first"], report["p"]) == (1, 1.0, 1, 1.0)
    assert json.loads(kept["meta"][0])["verdicts"][NAME][0]["verdicts"] == ["first", "second"]


def test_the_best_so_far_meets_the_next(tmp_path):
    best = lambda u: step(u, match="best")  # noqa: E731
    frame, _, asked = judge(
        tmp_path, best, longer, row(*TEXTS[::-1]), row(*TEXTS, name="q"), row("一人。", name="r")
    )
    assert len(asked) == 10  # p's last match is q's first
    assert [s[0][1] for s in scores(frame)["p"]] == [1.0, 0.0, 0.0, 0.0]
    assert [s[0][1] for s in scores(frame)["q"]] == [0.0, 0.5, 0.5, 1.0]
    assert scores(frame)["r"][0][0][1:] == (None, "no verdict: it met no other response")


def test_all_meet_those_of_one_model(tmp_path):
    rows = row(*TEXTS[:3])
    rows["responses"][1]["model"] = "base"
    against = lambda u: step(u, match="against", against="base")  # noqa: E731
    frame, _, asked = judge(tmp_path, against, longer, rows, row(*TEXTS[:2], name="q"))
    assert [s[0][1] for s in scores(frame)["p"]] == [0.0, 0.5, 1.0]
    assert scores(frame)["q"][0][0][1:] == (None, "no verdict: there is no response of base")
    assert len(asked) == 4


def test_equal_texts_are_a_tie_and_most_is_a_cap(tmp_path):
    frame, job, asked = judge(tmp_path / "a", step, longer, row("はい。", "はい。"))
    assert ([s[0][1] for s in scores(frame)["p"]], len(asked)) == ([0.5, 0.5], 0)
    assert job.metrics["position"]["ties"] == 1
    _, _, asked = judge(tmp_path / "b", lambda u: step(u, most=4), longer, row(*TEXTS))
    assert len(asked) == 8


def test_a_judge_that_says_something_else_gives_no_score(tmp_path):
    frame, job, _ = judge(tmp_path, step, lambda b: "どちらも良い", row(*TEXTS[:2]))
    assert [s[0][1] for s in scores(frame)["p"]] == [None, None]
    assert scores(frame)["p"][0][0][2].startswith("no verdict: ")
    assert job.metrics["position"]["pairs"] == 0


def test_reasons_are_kept(tmp_path):
    says = lambda b: "Bが詳しい。" if len(b["messages"]) == 2 else "B"  # noqa: E731
    frame, _, _ = judge(tmp_path, lambda u: step(u, explain=True), says, row(*TEXTS[:2]))
    (match,) = json.loads(frame["meta"][0])["verdicts"][NAME + ":explain256"]
    assert match["said"] == ["Bが詳しい。", "Bが詳しい。"]


@pytest.mark.parametrize("injection", INJECTIONS)
def test_what_a_response_says_changes_no_form(tmp_path, tiny_judge, injection):
    job, _ = make_job(tmp_path, {"base": tiny_judge})
    made = make_rows(tmp_path / "rows", "candidates", [row(injection, "涼しい場所です。")])
    frame = pl.concat(JudgePairwise(model="base").rewrite(made, job))
    assert {s[0][1] for s in scores(frame)["p"]} <= {0.0, 0.5, 1.0}
    (match,) = json.loads(frame["meta"][0])["verdicts"]["pairwise:helpful-1:base"]
    assert set(match["verdicts"]) <= {"first", "second", "tie"}


@pytest.mark.parametrize("match", ["all", "best"])
def test_neither_order_nor_shards_matter(tmp_path, tiny_judge, match):
    rows = [row(*TEXTS[i:], TEXTS[0], name=f"p{i}") for i in range(3)]

    def run(folder, rows, shards):
        job, _ = make_job(tmp_path / folder, {"base": tiny_judge})
        made = make_rows(tmp_path / folder / "rows", "candidates", rows, shards)
        return pl.concat(JudgePairwise(model="base", match=match).rewrite(made, job)).sort("id"), job.metrics

    whole, metrics = run("a", rows, 1)
    other, others = run("b", rows[::-1], 2)
    assert_frame_equal(other, whole)
    assert others["position"] == metrics["position"]


def test_settings_that_do_not_go_together():
    for wrong in ({"match": "against"}, {"against": "x"}, {"match": "best", "most": 2}):
        with pytest.raises(ValidationError, match="go"):
            JudgePairwise(model="m", **wrong)


def test_position_report_counts_what_recorded_verdicts_hold():
    found = Counter[BothOrders]()
    for verdict, n in {
        ("first", "first"): 5,
        ("tie", "tie"): 2,
        ("first", "second"): 4,
        ("tie", "first"): 1,
    }.items():
        found[BothOrders(*verdict)] += n
    assert position_report(found) == {
        "pairs": 12, "consistent": 7, "ties": 2, "inconsistent": 5, "share": 0.4167, "low": 0.1933,
        "high": 0.6805, "favours_first": 4, "favours_last": 0, "tie_in_one": 1,
        "first_share": 1.0, "first_low": 0.5101, "first_high": 1.0, "p": 0.125,
    }  # fmt: skip


@given(st.integers(0, 12), st.integers(1, 40))
def test_each_pair_meets_once_and_all_about_as_often(n, most):
    everyone = round_robin(n)
    assert sorted(everyone) == [(i, j) for i in range(n) for j in range(i + 1, n)]
    counts = Counter(player for match in round_robin(n, most) for player in match)
    assert max(counts.values(), default=0) - min((counts[i] for i in range(n)), default=0) <= 2


@given(st.permutations(range(6)))
def test_the_last_challenger_leaves_the_best(strength):
    matches = list(challengers(6, lambda m: strength[m[1]] > strength[m[0]]))
    assert [m[1] for m in matches] == [1, 2, 3, 4, 5]
    best = max(matches[-1], key=lambda i: strength[i])
    assert strength[best] == 5
