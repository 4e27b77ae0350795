"""Gold, position, length, pace, drift: planted faults are found, and nothing is found where none is."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from label.pull import Response
from label.sides import on_the_left
from label.trust.bias import longer, longer_by_band, position
from label.trust.dawid_skene import truths
from label.trust.disagreement import disagreements
from label.trust.drift import drifts
from label.trust.gold import accuracy, read_gold
from label.trust.pace import paces
from label.trust.session import measure
from label.trust.sizes import Size, sizes
from label.trust.votes import tabulate
from seimai.dataset import write_manifest
from seimai.errors import SeimaiError
from seimai.interval import wilson

START = datetime(2026, 11, 2, 9)


def answer(pair: str, reviewer: str, kind: str, second: float = 0, left: str = "chosen") -> Response:
    at = (START + timedelta(seconds=second)).isoformat()
    return Response(pair, reviewer, kind, None, at, left)  # pyright: ignore[reportArgumentType]


def told(kind: str, pair: str) -> tuple[str, str]:
    """What a reviewer presses who prefers this response, and what was A."""
    left = on_the_left(pair, 17)
    return ("a" if kind == left else "b" if kind in ("chosen", "rejected") else kind), left


def test_gold_is_compared_in_the_pair_s_own_terms() -> None:
    votes = tabulate(
        [answer("p", "r", "a", left="rejected"), answer("q", "r", "tie"), answer("other", "r", "a")]
    )
    assert accuracy(votes, {"p": "rejected", "q": "chosen"}) == {"r": wilson(1, 2)}
    assert accuracy(votes, {}) == {}


def test_a_gold_file_that_is_none_is_said_so(tmp_path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"pair": "p", "answer": "chosen"}\n', "utf-8")
    assert read_gold(path) == {"p": "chosen"}
    for line, message in (
        ('{"pair": "p", "answer": "a"}', r"gold\.jsonl:1: answer is 'a'; choose one of chosen"),
        ('{"pair": "p"}', r"gold\.jsonl:1 is no gold pair"),
        ("[1]", r"gold\.jsonl:1 is no gold pair"),
    ):
        path.write_text(line, "utf-8")
        with pytest.raises(SeimaiError, match=message):
            read_gold(path)
    with pytest.raises(SeimaiError, match="cannot be read"):
        read_gold(tmp_path / "none")


def test_position_counts_decided_answers_alone() -> None:
    answers = [answer(f"p{i}", "r", kind) for i, kind in enumerate(["a", "a", "b", "tie", "both_bad"])]
    assert position(answers) == wilson(2, 3)
    assert position([answer("p", "r", "tie")]) is None


def test_length_bias_by_band() -> None:
    size = {
        "level": Size(9, 100, 105),
        "some": Size(9, 130, 100),
        "much": Size(9, 10, 100),
        "no": Size(9, 0, 5),
    }
    answers = [answer(pair, "r", "a") for pair in (*size, "unknown")]
    assert longer(answers, size) == wilson(1, 3)
    bands = longer_by_band(tabulate(answers), size)
    assert [(b.least, b.answers, b.longer.share) for b in bands] == [(1.1, 1, 1.0), (2.5, 2, 0.0)]


def test_hurried_answers_and_breaks_are_found() -> None:
    size = {f"p{i}": Size(100, 300, 300) for i in range(100)}  # 42 s at 1,000 characters a minute
    generator = np.random.default_rng(17)
    steady = [*generator.uniform(50, 110, 99), 3600.0]
    answers = [answer(f"p{i}", "steady", "a", at) for i, at in enumerate(np.cumsum(steady))]
    answers += [answer(f"p{i}", "clicks", "a", 2 * i) for i in range(30)]
    found = paces(tabulate(answers), size)
    assert found["steady"].hurried == wilson(0, 99)
    assert (found["steady"].fast, found["steady"].breaks) == (0, 1)
    assert (found["clicks"].median, found["clicks"].hurried, found["clicks"].fast) == (
        2.0,
        wilson(29, 29),
        29,
    )


def test_answers_without_a_time_have_no_pace() -> None:
    answers = [Response(f"p{i}", "r", "a", None, "", "chosen") for i in range(5)]
    assert paces(tabulate(answers), {}) == {}


def test_who_gives_up_reading_drifts() -> None:
    generator = np.random.default_rng(17)
    answers: list[Response] = []
    for i in range(300):
        true = generator.choice(["chosen", "rejected"])
        for reviewer in ("一", "二", "飽"):
            guess = reviewer == "飽" and i >= 150
            kind, left = told(generator.choice(["chosen", "rejected"]) if guess else true, f"p{i:03}")
            answers.append(answer(f"p{i:03}", reviewer, kind, 60 * i, left))
    found = drifts(tabulate(answers))
    assert found["飽"].declined
    assert found["飽"].thirds[0].share == 1
    assert found["飽"].thirds[2].high < 0.7
    assert drifts(tabulate([answer("p", "r", "a"), answer("p", "s", "a")])) == {}


def test_split_and_unsure_pairs_go_to_an_adjudicator() -> None:
    answers = [answer(f"p{i}", r, "ab"[i % 2]) for i in range(20) for r in "rst"]
    answers += [answer("split", "r", "a"), answer("split", "s", "b"), answer("split", "t", "tie")]
    votes = tabulate(answers)
    found = disagreements(votes, truths(votes))
    assert [d.pair for d in found] == ["split"]
    assert found[0].why[0] == "no_majority"
    assert found[0].votes == {"chosen": 1, "rejected": 1, "tie": 1, "both_bad": 0}


def test_sizes_are_of_the_responses_as_they_were_shown(tmp_path, make_pairs) -> None:
    """A pair that the review turned is turned back."""
    pairs = make_pairs(("問", "短い", "ずっと長い答え"), ("問二", "あいう", "え"))
    first, second = pairs["id"]
    votes = tabulate([answer(first, "r", "b"), answer(second, "r", "a")])
    turned = pairs.with_columns(
        chosen=pl.when(pl.col("id") == first).then("rejected").otherwise("chosen"),
        rejected=pl.when(pl.col("id") == first).then("chosen").otherwise("rejected"),
        label_source=pl.lit("human"),
    )
    expected = {first: Size(1, 2, 7), second: Size(2, 3, 1)}
    for name, frame in (("before", pairs), ("after", turned)):
        folder = tmp_path / name
        (folder / "kept").mkdir(parents=True)
        frame.write_parquet(folder / "kept/0.parquet")
        shards = {"kept": [{"path": "kept/0.parquet", "rows": 2}], "dropped": []}
        dataset = write_manifest(folder, {"kind": "pairs", "hash": "0", "shards": shards})
        assert sizes(dataset, votes) == expected


def test_names_change_nothing_but_names() -> None:
    generator = np.random.default_rng(17)
    answers = [
        answer(f"p{i}", reviewer, str(generator.choice(["a", "b", "tie"])), 60 * i + k)
        for i in range(40)
        for k, reviewer in enumerate(("佐藤", "鈴木", "高橋"))
    ]
    renamed = [Response(**{**vars(r), "reviewer": f"x{r.reviewer}"}) for r in answers]
    assert measure(answers) == measure(renamed)
    assert [r.name for r in measure(answers).reviewers] == ["R1", "R2", "R3"]
    assert [r.name for r in measure(answers, names=True).reviewers] == ["佐藤", "鈴木", "高橋"]
    with pytest.raises(SeimaiError, match="no answer"):
        measure([])
