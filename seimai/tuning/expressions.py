"""What a moved number does to a reason's expression, told from its form and not from data.

Polars shows an expression's inputs (`meta.pop`) and whether two are equal (`meta.eq`); an operation is known
by building it anew from its inputs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

Comparing = Literal["<", "<=", ">", ">="]

_LOGIC: Final[Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
}
_COMPARISONS: Final[Mapping[Comparing, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_TURNED: Final[Mapping[Comparing, Comparing]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Comparison:
    """A part of a reason that is true where `value` lies on the wrong side of `bound`."""

    value: pl.Expr
    op: Comparing
    bound: float

    @property
    def low(self) -> bool:
        """Whether small values are bad."""
        return self.op in ("<", "<=")


def _pair(expr: pl.Expr) -> tuple[pl.Expr, pl.Expr] | None:
    inputs = expr.meta.pop()
    return (inputs[1], inputs[0]) if len(inputs) == 2 else None  # popped: the last comes first


def _logic(expr: pl.Expr) -> tuple[str, pl.Expr, pl.Expr] | None:
    pair = _pair(expr)
    for op, build in _LOGIC.items():
        if pair and build(*pair).meta.eq(expr):
            return op, *pair
    return None


def _negated(expr: pl.Expr) -> pl.Expr | None:
    inputs = expr.meta.pop()
    return inputs[0] if len(inputs) == 1 and (~inputs[0]).meta.eq(expr) else None


def _number(expr: pl.Expr) -> float | None:
    if not expr.meta.is_literal():
        return None
    value = pl.select(expr).item()
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def comparison(expr: pl.Expr) -> Comparison | None:
    """The expression as a value and its bound; None if it is no comparison with a number.

    >>> comparison(pl.col("chars") < 200)
    Comparison(value=<Expr ['col("chars")'] at ...>, op='<', bound=200.0)
    """
    pair = _pair(expr)
    for op, build in _COMPARISONS.items():
        if not pair or not build(*pair).meta.eq(expr):
            continue
        left, right = _number(pair[0]), _number(pair[1])
        if right is not None and left is None:
            return Comparison(pair[0], op, right)
        if left is not None and right is None:
            return Comparison(pair[1], _TURNED[op], left)
    return None


def implies(one: pl.Expr, other: pl.Expr) -> bool:
    """Whether each row that is bad by `one` is surely bad by `other`; false where the form does not tell.

    >>> implies(pl.col("chars") < 100, pl.col("chars") < 200)
    True
    >>> implies(pl.col("chars") < 100, pl.col("lines") < 200)
    False
    """
    if one.meta.eq(other):
        return True
    a, b = _logic(one), _logic(other)
    if a and b:
        return a[0] == b[0] and implies(a[1], b[1]) and implies(a[2], b[2])
    no, nor = _negated(one), _negated(other)
    if no is not None and nor is not None:
        return implies(nor, no)
    c, d = comparison(one), comparison(other)
    if not c or not d or c.op != d.op or not c.value.meta.eq(d.value):
        return False
    return c.bound <= d.bound if c.low else c.bound >= d.bound


def moved(old: pl.Expr, new: pl.Expr) -> list[tuple[Comparison, Comparison]] | None:
    """The comparisons in which two expressions differ; None if they differ in anything else."""
    if old.meta.eq(new):
        return []
    a, b = _logic(old), _logic(new)
    if a and b and a[0] == b[0]:
        left, right = moved(a[1], b[1]), moved(a[2], b[2])
        return None if left is None or right is None else left + right
    c, d = comparison(old), comparison(new)
    if c and d and c.op == d.op and c.value.meta.eq(d.value):
        return [(c, d)]
    return None


def pinned(old: pl.Expr, new: pl.Expr, *, to: bool) -> pl.Expr:
    """`old` with a constant in place of the comparison in which it differs from `new`."""
    if old.meta.eq(new):
        return old
    a, b = _logic(old), _logic(new)
    if a and b:
        return _LOGIC[a[0]](pinned(a[1], b[1], to=to), pinned(a[2], b[2], to=to))
    return pl.lit(to)
