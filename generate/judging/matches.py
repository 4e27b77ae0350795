"""Which of a prompt's responses meet: all of them, all against one, or each against the best so far."""

from collections.abc import Callable, Iterator

Match = tuple[int, int]
"""Two responses by their numbers in the row, the lower first."""


def round_robin(n: int, most: int | None = None) -> list[Match]:
    """All pairs of `n` responses, or the first `most`, in an order in which each meets about as many.

    The circle method of tournaments: first each meets its neighbour, then the next but one, and so on.

    >>> round_robin(4)
    [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2), (1, 3)]
    >>> round_robin(5, 5)
    [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]
    """
    circle = ((i, (i + distance) % n) for distance in range(1, n // 2 + 1) for i in range(n))
    return list(dict.fromkeys((min(m), max(m)) for m in circle))[:most]


def against(n: int, one: int) -> list[Match]:
    """Each response against one of them.

    >>> against(3, 1)
    [(0, 1), (1, 2)]
    """
    return [(min(i, one), max(i, one)) for i in range(n) if i != one]


def challengers(n: int, beats: Callable[[Match], bool]) -> Iterator[Match]:
    """Each response in turn against the best so far: n - 1 matches, each known when the one before is over.

    `beats`: whether the later one of two wins.

    >>> list(challengers(3, lambda match: match == (0, 1)))
    [(0, 1), (1, 2)]
    """
    best = 0
    for i in range(1, n):
        yield best, i
        if beats((best, i)):
            best = i
