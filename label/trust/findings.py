"""What a manager should look at first, in sentences.

Every reviewer is held to several 95 % intervals, so with many reviewers some stand out by chance: a finding
is a reason to look, never a verdict.
"""

from collections.abc import Iterator

from label.trust.session import Reviewer, Session
from label.trust.text import both
from seimai.interval import Share

TENTATIVE = 0.667
"""Alpha below which Krippendorff (2004) draws no conclusions."""
HURRIED = 0.1
"""Share of answers too fast to read from which it is no longer a slip of the finger."""
GOLD = 0.7
"""Share of right answers on gold pairs that a reviewer should reach."""


def findings(session: Session) -> list[str]:
    """HTML sentences in both languages, the session's first, then each reviewer's."""
    return [*_of_all(session), *(sentence for r in session.reviewers for sentence in _of(r))]


def _of_all(s: Session) -> Iterator[str]:
    if s.nominal is None:
        yield both(
            "同じ組に二人以上が答えていないか、回答がすべて同じなので、一致は測れません。",
            "Agreement cannot be measured: no pair has two answers, or all answers are the same.",
        )
    elif s.nominal.value < TENTATIVE:
        yield both(
            f"一致が低めです（α {s.nominal.value:.2f}）。手引きと、意見の割れた組を見直してください。",
            f"Agreement is low (alpha {s.nominal.value:.2f}): see the guidelines and the disputed pairs.",
        )
    if s.position and _off_half(s.position):
        yield both(
            f"全体として A を選ぶ割合が {s.position.share:.0%} です。",
            f"Over all reviewers {s.position.share:.0%} of the choices are A.",
        )


def _of(r: Reviewer) -> Iterator[str]:
    if r.gold and r.gold.high < GOLD:
        yield both(
            f"{r.name}：正解付きの組での正答率が {r.gold.share:.0%} です。",
            f"{r.name}: {r.gold.share:.0%} right on gold pairs.",
        )
    if r.position and _off_half(r.position):
        yield both(
            f"{r.name}：A を選ぶ割合が {r.position.share:.0%} です。",
            f"{r.name}: {r.position.share:.0%} of the choices are A.",
        )
    if r.pace and r.pace.hurried and r.pace.hurried.low > HURRIED:
        yield both(
            f"{r.name}：{r.pace.hurried.share:.0%} の回答が、読み切れない速さで出ています。",
            f"{r.name}: {r.pace.hurried.share:.0%} of the answers came too fast to have read the pair.",
        )
    if r.drift and r.drift.declined:
        first, last = r.drift.thirds[0].share, r.drift.thirds[-1].share
        yield both(
            f"{r.name}：他の人との一致が {first:.0%} から {last:.0%} に下がりました。",
            f"{r.name}: agreement with the others fell from {first:.0%} to {last:.0%}.",
        )


def _off_half(share: Share) -> bool:
    return share.low > 0.5 or share.high < 0.5
