from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from label.pull import Response, read_capture, write_capture
from label.sides import keep, on_the_left
from label.verdict import decide


def answer(kind: str, left: str = "chosen") -> Response:
    return Response("p", "r", kind, None, "2026-01-01T00:00:00", left)  # pyright: ignore[reportArgumentType]


def test_a_is_what_stood_on_the_left() -> None:
    assert decide([answer("a", "chosen")]).winner == "chosen"
    assert decide([answer("a", "rejected")]).winner == "rejected"
    assert decide([answer("b", "chosen")]).winner == "rejected"
    assert decide([answer("b", "rejected")]).winner == "chosen"


def test_majority_agreement_and_margin() -> None:
    verdict = decide([answer("a"), answer("a"), answer("b"), answer("tie")])
    assert verdict.winner == "chosen"
    assert verdict.votes == {"chosen": 2, "rejected": 1, "tie": 1, "both_bad": 0}
    assert (verdict.agreement, verdict.margin) == (0.5, 0.25)


def test_level_answers_are_a_tie() -> None:
    assert decide([answer("a"), answer("b")]).winner == "tie"
    assert decide([answer("a"), answer("both_bad")]).winner == "tie"


def test_both_bad_wins_by_majority() -> None:
    assert decide([answer("both_bad"), answer("both_bad"), answer("a")]).winner == "both_bad"


kinds = st.sampled_from(["a", "b", "tie", "both_bad"])
answers = st.builds(answer, kinds, st.sampled_from(["chosen", "rejected"]))


@given(st.lists(answers, min_size=1, max_size=9))
def test_a_winner_has_most_votes_and_sides_do_not_matter(given_answers: list[Response]) -> None:
    verdict = decide(given_answers)
    assert sum(verdict.votes.values()) == len(given_answers)
    assert verdict.agreement == max(verdict.votes.values()) / len(given_answers)
    others = [n for kind, n in verdict.votes.items() if kind != verdict.winner]
    if verdict.winner != "tie":
        assert verdict.votes[verdict.winner] > max(others)
    swap = {"a": "b", "b": "a"}
    mirrored = [
        answer(swap.get(r.answer, r.answer), "rejected" if r.a == "chosen" else "chosen")
        for r in given_answers
    ]
    assert decide(mirrored) == verdict


def test_sides_depend_on_pair_and_seed_alone_and_are_about_even() -> None:
    left = Counter(on_the_left(f"pair-{i}", 17) for i in range(1000))
    assert 430 < left["chosen"] < 570
    drawn = [[on_the_left(f"pair-{i}", seed) for i in range(64)] for seed in (1, 2)]
    assert drawn[0] != drawn[1]


def test_kept_sides_are_not_drawn_again(tmp_path) -> None:
    path = tmp_path / "sides.jsonl"
    first = keep(path, ["米", "麦"], 17)
    assert first == {"米": on_the_left("米", 17), "麦": on_the_left("麦", 17)}
    assert keep(path, ["米", "麦"], 99) == first


def test_a_capture_reads_as_it_was_written(tmp_path) -> None:
    other = Response("q", "田中", "both_bad", "どちらも\n誤り", "2026-01-02T00:00:00", "rejected")
    responses = [answer("a"), other]
    write_capture(tmp_path / "answers.jsonl", responses)
    assert read_capture(tmp_path / "answers.jsonl") == responses
