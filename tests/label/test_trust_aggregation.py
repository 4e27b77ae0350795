"""Dawid-Skene and Bradley-Terry against published data; planted reliabilities and strengths come back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label.pull import Response
from label.trust.bradley_terry import Comparison, compared, fit, strengths, win_rate
from label.trust.dawid_skene import dawid_skene
from seimai.errors import SeimaiError

# Dawid & Skene (1979), table 1: 45 patients; observer 1 three times, observers 2 to 5 once each.
ANAESTHETISTS = (
    "1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 "
    "1111111 2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 "
    "1111111 1111111 2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 "
    "2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222 "
)


def test_dawid_skene_of_the_anaesthetists() -> None:
    """The class shares are the paper's; the table and the labels are crowd-kit 1.4's on the same data."""
    said = np.array([[int(c) - 1 for c in patient] for patient in ANAESTHETISTS.split()])
    once = (said[:, :, None] == np.arange(4)).astype(float)
    counts = np.concatenate([once[:, :3].sum(axis=1, keepdims=True), once[:, 3:]], axis=1)
    found = dawid_skene(counts, smoothing=0)
    assert found.prior.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    assert found.confusion[0].round(2).tolist() == [
        [0.89, 0.11, 0.00, 0.00],
        [0.07, 0.88, 0.05, 0.00],
        [0.00, 0.34, 0.66, 0.00],
        [0.00, 0.00, 0.56, 0.44],
    ]
    assert found.posterior.argmax(axis=1)[:12].tolist() == [0, 3, 1, 1, 1, 1, 0, 2, 1, 1, 3, 2]


def planted(seed: int, reliability: list[float], units: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes and the counts of reviewers who are right as often as given, and miss a third of the units."""
    generator = np.random.default_rng(seed)
    true = generator.choice(3, size=units, p=[0.5, 0.3, 0.2])
    shape = (units, len(reliability))
    wrong = (true[:, None] + generator.integers(1, 3, shape)) % 3
    said = np.where(generator.random(shape) < reliability, true[:, None], wrong)
    counts = (said[:, :, None] == np.arange(3)) & (generator.random(shape) < 2 / 3)[:, :, None]
    kept = counts.any(axis=(1, 2))
    return true[kept], counts[kept].astype(float)


def test_planted_reliabilities_come_back_and_beat_the_majority() -> None:
    reliability = [0.95, 0.85, 0.7, 0.5, 0.4]
    true, counts = planted(17, reliability, 2000)
    found = dawid_skene(counts)
    assert found.reliability() == pytest.approx(np.array(reliability), abs=0.04)
    right = (found.posterior.argmax(axis=1) == true).mean()
    majority = (counts.sum(axis=1).argmax(axis=1) == true).mean()
    assert right > majority + 0.05
    sure = found.posterior.max(axis=1) > 0.9
    assert (found.posterior.argmax(axis=1) == true)[sure].mean() > 0.9, "what it is sure of is right"


def test_few_answers_make_nobody_infallible() -> None:
    counts = np.zeros((1, 2, 2))
    counts[0, 0, 0] = counts[0, 1, 1] = 1
    assert dawid_skene(counts).posterior[0] == pytest.approx([0.5, 0.5])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.permutations(range(4)))
def test_reviewers_by_any_name_are_as_reliable(seed, order) -> None:
    _, counts = planted(seed, [0.9, 0.8, 0.7, 0.5], 30)
    one, other = dawid_skene(counts), dawid_skene(counts[::-1, list(order)])
    assert other.posterior[::-1] == pytest.approx(one.posterior, abs=1e-4)
    assert other.reliability() == pytest.approx(one.reliability()[list(order)], abs=1e-4)


# Agresti, Categorical Data Analysis (2nd ed. 2002), table 10.10: wins of the row's team in 1987.
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ]
)


def games() -> list[Comparison]:
    return [
        Comparison(f"{i}-{j}-{k}", TEAMS[i], TEAMS[j], "first")
        for i, j in np.ndindex(7, 7)
        for k in range(WINS[i, j])
    ]


def test_bradley_terry_of_the_baseball_season() -> None:
    """Agresti's table 10.11; six digits from choix.mm_pairwise 0.4.1."""
    found = strengths(games())
    assert [s.model for s in found] == list(TEAMS)
    last = found[-1].value
    assert [round(s.value - last, 2) for s in found] == [1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0.0]
    choix = [0.531153, 0.386206, 0.244283, 0.197415, 0.057495, -0.36635, -1.050203]
    assert [s.value for s in found] == pytest.approx(choix, abs=1e-6)
    assert all(s.low < s.value < s.high for s in found)


def test_planted_strengths_with_ties_come_back() -> None:
    """Expected counts of Davidson's model in, its strengths out."""
    strength, nu = np.array([0.5, 0.3, 0.15, 0.05]), 0.7
    mean = np.sqrt(np.outer(strength, strength))
    both = strength[:, None] + strength + nu * mean
    off = 1 - np.eye(4)
    wins, ties = 100 * off * strength[:, None] / both, 100 * off * nu * mean / both
    assert fit(wins, ties) == pytest.approx(strength, abs=1e-6)


def test_no_finite_strength_is_said_so() -> None:
    with pytest.raises(SeimaiError, match="no finite strengths: b never won against a"):
        strengths([Comparison("p", "a", "b", "first"), Comparison("q", "a", "b", "first")])
    with pytest.raises(SeimaiError, match="no comparison"):
        strengths([])


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("pqr"), st.sampled_from(["first", "second", "tie"])), max_size=9))
def test_swapping_first_and_second_changes_nothing(results) -> None:
    swap = {"first": "second", "second": "first", "tie": "tie"}
    rounds = [Comparison("s", "a", "b", "tie"), *(Comparison(u, "a", "b", r) for u, r in results)]
    turned = [Comparison(c.unit, "b", "a", swap[c.result]) for c in rounds]
    for one, other in zip(strengths(rounds), strengths(turned), strict=True):
        assert one.model == other.model
        assert one.value == pytest.approx(other.value, abs=1e-6)
    a, b = win_rate(rounds, "a"), win_rate(rounds, "b")
    assert a is not None
    assert b is not None
    assert a.share + b.share == pytest.approx(1)
    assert a == win_rate(turned, "a")


def test_answers_become_comparisons_of_models() -> None:
    given_answers = [
        Response("p", "r", "a", None, "2026", "chosen"),
        Response("p", "s", "a", None, "2026", "rejected"),
        Response("q", "r", "both_bad", None, "2026", "chosen"),
        Response("elsewhere", "r", "a", None, "2026", "chosen"),
    ]
    found = compared(given_answers, {"p": ("old", "new"), "q": ("new", "old")})
    assert [c.result for c in found] == ["first", "second", "tie"]
    rate = win_rate(found, "new")
    assert rate is not None
    assert rate.share == 0.5
    assert win_rate(found, "another") is None
