import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generate.engine import Sampling
from generate.engines.sampling import Draws, next_tokens
from generate.seeds import candidate_seeds, canonical

USER = [{"role": "user", "content": "精米とは何ですか。"}]
OTHER = [{"role": "user", "content": "別の質問"}]


def test_frequencies_follow_the_distribution():
    import torch

    probabilities = [0.5, 0.3, 0.15, 0.05]
    logits = torch.tensor([probabilities]).log().repeat(4000, 1)
    rows = range(4000)
    chosen = Counter(next_tokens(logits, Draws(range(4000)).next(rows), Sampling(1.0, 1.0, 1)))
    for token, p in enumerate(probabilities):
        assert abs(chosen[token] / 4000 - p) < 4 * math.sqrt(p * (1 - p) / 4000)


@pytest.mark.parametrize(
    ("temperature", "top_p", "possible"),
    [(1.0, 0.5, {0}), (1.0, 0.79, {0, 1}), (1.0, 0.81, {0, 1, 2}), (0.0, 1.0, {0}), (0.01, 1.0, {0})],
)
def test_the_nucleus_bounds_the_choice(temperature, top_p, possible):
    import torch

    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log().repeat(1000, 1)
    chosen = next_tokens(logits, [i / 1000 for i in range(1000)], Sampling(temperature, top_p, 1))
    assert set(chosen) == possible


@given(draw=st.floats(0, 1, exclude_max=True), logits=st.lists(st.floats(-50, 50), min_size=2, max_size=8))
def test_a_choice_is_always_a_token(draw, logits):
    import torch

    assert 0 <= next_tokens(torch.tensor([logits]), [draw], Sampling(0.7, 0.9, 1))[0] < len(logits)


@given(seed=st.integers(0, 2**63), n=st.integers(1, 64))
def test_seeds_are_distinct_stable_and_small(seed, n):
    seeds = candidate_seeds(seed, canonical(USER), n)
    assert len(set(seeds)) == n
    assert candidate_seeds(seed, canonical(USER), 64)[:n] == seeds
    assert all(0 <= s < 2**31 for s in seeds)


def test_seeds_depend_on_the_prompt():
    assert candidate_seeds(1, canonical(USER), 2) != candidate_seeds(1, canonical(OTHER), 2)
