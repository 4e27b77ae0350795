"""How much of each dataset a mixture takes."""

from collections.abc import Mapping

from seimai.errors import SeimaiError


def proportions(weights: Mapping[str, float], temperature: float) -> dict[str, float]:
    """Weights that add up to 1, flattened by a temperature: each is raised to the power 1 / temperature.

    1 leaves them as they are; the higher, the more alike they become. With sizes as weights this is the
    rule by which multilingual models sample their languages: XLM-R has 1/T = 0.3 (Conneau et al. 2020), T5's
    multi-task mixtures have T = 2 (Raffel et al. 2020).

    >>> proportions({"web": 900, "law": 100}, 2)
    {'web': 0.75, 'law': 0.25}
    """
    largest = max(weights.values())
    raised = {name: (weight / largest) ** (1 / temperature) for name, weight in weights.items()}
    whole = sum(raised.values())
    return {name: value / whole for name, value in raised.items()}


def whole_numbers(parts: Mapping[str, float], total: int, caps: Mapping[str, float]) -> dict[str, int]:
    """Parts rounded so that they add up to the total, by the largest remainder and within the caps.

    >>> whole_numbers({"a": 1.5, "b": 1.5, "c": 7}, 10, {"a": 9, "b": 9, "c": 9})
    {'a': 2, 'b': 1, 'c': 7}
    """
    found = {name: min(int(part), int(caps[name])) for name, part in parts.items()}
    order = sorted(parts, key=lambda name: found[name] - parts[name])
    while (missing := total - sum(found.values())) > 0:
        room = [name for name in order if found[name] + 1 <= caps[name]]
        if not room:
            break
        for name in room[:missing]:
            found[name] += 1
    return found


def mixture(
    sizes: Mapping[str, int],
    shares: Mapping[str, float],
    total: int | None,
    max_epochs: float,
    *,
    fill: bool,
) -> dict[str, int]:
    """The amount to take of each dataset.

    Without a total: as much as the shares allow when no dataset is read more than `max_epochs` times. With
    `fill`, a dataset that cannot give its share gives what it can, and the others fill its place in
    proportion to their shares (UniMax, Chung et al. 2023, has this with equal shares).

    Raises:
        SeimaiError: if the datasets cannot give what is asked for.
    """
    caps = {name: max_epochs * size for name, size in sizes.items()}
    if total is None:
        total = int(min(caps[name] / share for name, share in shares.items() if share))
    if total > sum(caps.values()):
        raise SeimaiError(
            f"{sum(sizes.values()):,} is all there is, and max_epochs is {max_epochs:g}: "
            f"a total of {total:,} cannot be reached"
        )
    short = [name for name, share in shares.items() if share * total > caps[name] + 1]
    if short and not fill:
        name = max(short, key=lambda n: shares[n] / max(1, sizes[n]))
        raise SeimaiError(
            f"{name} has {sizes[name]:,} and its share is {round(shares[name] * total):,}, which would take "
            f"{shares[name] * total / max(1, sizes[name]):.3g} epochs; max_epochs is {max_epochs:g}: "
            "raise it, lower the total, or say when_short: fill"
        )
    return whole_numbers(_filled(shares, total, caps), total, caps)


def _filled(shares: Mapping[str, float], total: int, caps: Mapping[str, float]) -> dict[str, float]:
    """Shares of the total; what a dataset lacks is given by those that have more, in proportion."""
    given: dict[str, float] = {}
    asked: dict[str, float] = {**shares}
    while asked:
        left, whole = total - sum(given.values()), sum(asked.values())
        full = [name for name, share in asked.items() if left * share / whole >= caps[name]]
        if not full:
            return given | {name: left * share / whole for name, share in asked.items()}
        given |= {name: caps[name] for name in full}
        asked = {name: share for name, share in asked.items() if name not in full}
    return given
