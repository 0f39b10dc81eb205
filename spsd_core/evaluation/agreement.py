"""Whether judges can be believed: agreement between them, and what a place in the prompt is worth.

Position bias is measured on pairs that a judge read in both orders: what is left of the difference
between first and second place when quality has cancelled out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from spsd_core.evaluation.bootstrap import Plan, interval_of_mean
from spsd_core.evaluation.statistics import sign_test

__all__ = ["BothOrders", "PositionBias", "position_bias", "weighted_kappa"]

_TIE = 1e-9


def weighted_kappa(
    first: Sequence[int],
    second: Sequence[int],
    *,
    categories: Sequence[int],
    weights: Literal["linear", "quadratic"] = "quadratic",
) -> float | None:
    """Cohen's weighted kappa of two raters on the same items.

    Args:
        first: ratings of one rater.
        second: ratings of the other, in the same order.
        categories: every rating there can be, in order.
        weights: how disagreement grows with distance.

    Returns:
        1 for perfect agreement, 0 for that of chance, below 0 for less; None where there is
        nothing to agree on (no items, or both raters always gave the same one rating).

    Raises:
        ValueError: the raters rated different numbers of items, or a rating is no category.

    >>> weighted_kappa([1, 2, 3], [1, 2, 3], categories=range(1, 6))
    1.0
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} ratings against {len(second)}: rate the same items")
    places = {category: place for place, category in enumerate(categories)}
    unknown = (set(first) | set(second)) - set(places)
    if unknown:
        raise ValueError(f"rating {min(unknown)} is none of the categories")
    total = len(first)

    def distance(one: int, two: int) -> int:
        apart = abs(one - two)
        return apart if weights == "linear" else apart * apart

    observed = sum(distance(places[one], places[two]) for one, two in zip(first, second))
    shares_first = [first.count(category) for category in places]
    shares_second = [second.count(category) for category in places]
    expected = sum(
        distance(row, column) * shares_first[row] * shares_second[column]
        for row in range(len(places))
        for column in range(len(places))
    )
    if not expected:
        return None
    return 1 - observed * total / expected


@dataclass(frozen=True, slots=True)
class BothOrders:
    """One pair of answers as one judge scored it in both orders."""

    prompt: str
    raw_first: float
    """Points of the answer in first place minus those in second, when raw stood first."""
    arm_first: float
    """The same, when the arm's answer stood first."""

    @property
    def advantage(self) -> float:
        """Points that first place was worth."""
        return (self.raw_first + self.arm_first) / 2

    @property
    def consistent(self) -> bool:
        """Whether the same answer won (or neither) in both orders."""
        return _sign(self.raw_first) == -_sign(self.arm_first)


@dataclass(frozen=True, slots=True)
class PositionBias:
    """What a judge gives for standing first."""

    pairs: int
    advantage: float
    """Mean points that first place was worth; 0 for a judge without bias."""
    low: float | None
    high: float | None
    consistent: float
    """Share of pairs with the same verdict in both orders."""
    p_sign: float
    """Sign test: pairs where first place gained against those where it lost."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)


def position_bias(pairs: Sequence[BothOrders], plan: Plan | None = None) -> PositionBias | None:
    """Measure it; None where no pair was read in both orders.

    >>> found = position_bias([BothOrders("a", 2.0, 2.0), BothOrders("b", 1.0, 1.0)])
    >>> found.advantage, found.consistent
    (1.5, 0.0)
    """
    if not pairs:
        return None
    advantages = [(pair.prompt, pair.advantage) for pair in pairs]
    bounds = interval_of_mean(advantages, plan)
    return PositionBias(
        pairs=len(pairs),
        advantage=sum(value for _, value in advantages) / len(pairs),
        low=bounds[0] if bounds else None,
        high=bounds[1] if bounds else None,
        consistent=sum(pair.consistent for pair in pairs) / len(pairs),
        p_sign=sign_test(
            sum(value > _TIE for _, value in advantages),
            sum(value < -_TIE for _, value in advantages),
        ),
    )


def _sign(value: float) -> int:
    return (value > _TIE) - (value < -_TIE)
