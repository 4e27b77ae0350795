"""Alpha and kappa against published examples; what must hold for any session."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label.pull import Response
from label.trust.alpha import alpha
from label.trust.kappa import kappa, pairwise
from label.trust.votes import tabulate

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): observers A to D, units 1 to 12.
NONE = np.nan
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    ]
).T


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_the_published_example(level, value) -> None:
    found = alpha(KRIPPENDORFF, level)
    assert found is not None
    assert round(found.value, 3) == value
    assert found.units == 11, "unit 12 has one answer"
    assert found.low < found.value < found.high


def test_alpha_is_not_defined_where_answers_never_differ_or_never_meet() -> None:
    assert alpha([[1, 1], [1, 1]], "nominal") is None
    assert alpha([[1, NONE], [NONE, 2]], "nominal") is None
    assert alpha(np.empty((0, 2)), "ordinal") is None


def test_alpha_of_answers_by_chance_is_about_zero_and_its_interval_narrows() -> None:
    answers = np.random.default_rng(17).integers(0, 3, size=(800, 3))
    few, many = alpha(answers[:50], "nominal"), alpha(answers, "nominal")
    assert few is not None
    assert many is not None
    assert many.low < 0 < many.high
    assert many.high - many.low < (few.high - few.low) / 3


def test_alpha_s_interval_holds_what_it_says() -> None:
    """Of 100 sessions with the same reviewers, about 95 intervals hold the value of a very large one."""
    generator = np.random.default_rng(17)

    def session(units: int) -> np.ndarray:
        true = generator.integers(0, 2, size=(units, 1))
        return np.where(generator.random((units, 3)) < 0.85, true, 1 - true)

    true = 0.49  # 1 - 2 * 2 * .85 * .15
    held = [a for _ in range(100) if (a := alpha(session(100), "nominal")) and a.low <= true <= a.high]
    assert 88 <= len(held) <= 100


def test_kappa_of_a_textbook_example() -> None:
    """The grant proposals of many textbooks: 20 twice yes, 15 twice no, 5 and 10 apart; kappa 0.4."""
    first = [0] * 20 + [0] * 5 + [1] * 10 + [1] * 15
    second = [0] * 20 + [1] * 5 + [0] * 10 + [1] * 15
    assert kappa(first, second) == pytest.approx(0.4)


def test_kappa_is_scikit_learn_s() -> None:
    table = [[25, 7, 3], [6, 30, 9], [2, 8, 20]]
    first, second = (np.repeat(i, np.ravel(table)) for i in np.indices((3, 3)).reshape(2, -1))
    assert kappa(first, second) == pytest.approx(0.5163316582914573, abs=1e-12)


def answer(pair: str, reviewer: str, kind: str, at: str = "2026-01-01T00:00:00") -> Response:
    return Response(pair, reviewer, kind, None, at, "chosen")  # pyright: ignore[reportArgumentType]


def test_kappa_is_over_the_pairs_that_both_answered() -> None:
    votes = tabulate(
        [answer(f"p{i}", "佐藤", "ab"[i % 2]) for i in range(10)]
        + [answer(f"p{i}", "鈴木", "ab"[i % 2]) for i in range(5, 15)]
        + [answer("other", "高橋", "a")]
    )
    (found,) = pairwise(votes)
    assert (found.first, found.second, found.shared, found.agreed, found.value) == (
        "佐藤",
        "鈴木",
        5,
        1.0,
        1.0,
    )


def test_the_last_of_a_reviewer_s_answers_counts() -> None:
    votes = tabulate(
        [answer("p", "r", "b", "2026-01-02T00:00:00"), answer("p", "r", "a", "2026-01-01T00:00:00")]
    )
    assert [r.answer for r in votes.responses] == ["b"]
    assert votes.codes.tolist() == [[1]]


ratings = st.lists(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, NONE]), min_size=3, max_size=3), min_size=2, max_size=12
)


@settings(max_examples=50, deadline=None)
@given(ratings, st.permutations(range(3)), st.sampled_from(["nominal", "ordinal", "interval"]))
def test_alpha_depends_neither_on_names_nor_on_order(rows, order, level) -> None:
    table = np.array(rows)
    one, other = alpha(table, level), alpha(table[::-1, order], level)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.value == pytest.approx(other.value)
        assert one.value <= 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=12).filter(lambda v: len(set(v)) > 1))
def test_perfect_agreement_is_one(values) -> None:
    for level in ("nominal", "ordinal", "interval"):
        found = alpha([[v, v, v] for v in values], level)
        assert found is not None
        assert found.value == pytest.approx(1)
        assert found.high == pytest.approx(1)
    assert kappa(values, values) == pytest.approx(1)


answers = st.lists(
    st.builds(
        answer,
        st.sampled_from("pqrs"),
        st.sampled_from("uvw"),
        st.sampled_from(["a", "b", "tie", "both_bad"]),
        st.sampled_from([f"2026-01-01T00:00:0{i}" for i in range(9)]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(answers)
def test_a_pseudonym_stays_when_answers_are_added(given_answers) -> None:
    first = tabulate(given_answers).pseudonyms()
    later = [*given_answers, answer("p", "新人", "a", "2026-02-01T00:00:00")]
    assert {k: v for k, v in tabulate(later).pseudonyms().items() if k != "新人"} == first
