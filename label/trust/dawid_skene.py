"""Answers weighed by how reliable their reviewers are, found from the answers themselves.

Dawid & Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm", Applied
Statistics 28 (1979), 20-28. Each reviewer has a table of their own: how often they say l when j is true.
"""

from dataclasses import dataclass

import numpy as np

from label.trust.votes import Floats, Votes
from label.verdict import KINDS

SMOOTHING = 0.01
"""Answers that a reviewer is taken to have given beside the real ones, in each cell of the table: without
them a few answers make a reviewer infallible, and one such reviewer overrules all others."""
ROUNDS, TOLERANCE = 1000, 1e-8


@dataclass(frozen=True)
class Truths:
    """What is probably true, and how the reviewers come to say what they say."""

    posterior: Floats
    """Units x classes."""
    prior: Floats
    """The share of each class."""
    confusion: Floats
    """Reviewers x true class x said class; rows sum to 1."""

    def reliability(self) -> Floats:
        """By reviewer: the share of answers expected to be right, over the classes as often as they occur."""
        return np.einsum("j,rjj->r", self.prior, self.confusion)


def dawid_skene(counts: Floats, *, smoothing: float = SMOOTHING) -> Truths:
    """Fit by EM from the counts units x reviewers x classes, starting from the shares of votes.

    `smoothing` 0 is the paper's maximum likelihood.
    """
    found = _maximised(counts, counts.sum(axis=1) / counts.sum(axis=(1, 2))[:, None], smoothing)
    for _ in range(ROUNDS):
        before, found = found, _maximised(counts, _posterior(counts, found), smoothing)
        if np.abs(found.posterior - before.posterior).max() < TOLERANCE:
            break
    return found


def _maximised(counts: Floats, posterior: Floats, smoothing: float) -> Truths:
    """The M step: shares and tables that make the answers likeliest, given what is probably true."""
    confusion = np.einsum("uj,url->rjl", posterior, counts) + smoothing
    totals = confusion.sum(axis=2, keepdims=True)
    confusion = np.divide(confusion, totals, out=np.zeros_like(confusion), where=totals > 0)
    return Truths(posterior, posterior.mean(axis=0), confusion)


def _posterior(counts: Floats, found: Truths) -> Floats:
    """The E step, in logarithms; an answer that a class never gives rules that class out."""
    tiny = np.finfo(np.float64).tiny
    said = np.einsum("url,rjl->uj", counts, np.log(np.maximum(found.confusion, tiny)))
    score = np.log(np.maximum(found.prior, tiny)) + said
    share = np.exp(score - score.max(axis=1, keepdims=True))
    return share / share.sum(axis=1, keepdims=True)


def truths(votes: Votes) -> Truths:
    """Fit a session's votes; classes in the order of KINDS."""
    return dawid_skene((votes.codes[:, :, None] == np.arange(len(KINDS))).astype(np.float64))
