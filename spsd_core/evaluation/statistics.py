"""Paired statistics: is an arm's answer as good as the raw prompt's, and how sure is that?

Every pair counts: whoever builds the pairs gives a failed call the worst score of the scale, and
leaves none out. Several pairs of one prompt (seeds) are no independent evidence, so intervals are
bootstrapped over prompts, and tests work on one figure a prompt.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spsd_core.evaluation.bootstrap import Plan, interval_of_mean, percentiles, resampled
from spsd_core.exceptions import ConfigurationError

__all__ = [
    "Comparison",
    "GroupComparison",
    "Outcomes",
    "Pair",
    "compare",
    "compare_groups",
    "mcnemar_exact",
    "outcomes",
    "sign_test",
]

_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Pair:
    """The two scores of one prompt (and seed)."""

    prompt: str
    """Id of the prompt: pairs of one prompt are one cluster."""
    raw: float
    arm: float

    @property
    def difference(self) -> float:
        """Positive where the arm did better."""
        return self.arm - self.raw


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Pairs by who did better, and the sign test over prompts."""

    wins: int
    ties: int
    losses: int
    p_sign: float
    """Two-sided; of prompts by the sign of their mean difference, ties left out."""
    losing_share_at_most: float
    """Upper bound of the share of all prompts that lose, by Clopper and Pearson at 97.5 %: seeing
    none lose does not mean that none does, which no bootstrap can know."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """An arm against the raw prompt on all pairs."""

    pairs: int
    prompts: int
    mean_raw: float
    mean_arm: float
    difference: float
    """`mean_arm - mean_raw`."""
    low: float | None
    """Interval of `difference` by the bootstrap over prompts; None for fewer than two prompts."""
    high: float | None
    margin: float
    non_inferior: bool | None
    """Whether the whole interval lies above `-margin`; None for fewer than `plan.min_prompts`."""
    p_non_inferior: float | None
    """One-sided t test of the prompts' mean differences against `-margin`."""
    equivalent: bool | None
    """Whether both one-sided tests (TOST) reject at 5 %; None as above."""
    p_equivalent: float | None
    """The larger p of the two."""
    outcomes: Outcomes
    plan: Plan

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)


def compare(pairs: Iterable[Pair], plan: Plan | None = None) -> Comparison:
    """Hold an arm against the raw prompt.

    Args:
        pairs: all of them, failed calls with the worst score.
        plan: margin and confidence, decided beforehand.

    Raises:
        ValueError: there is no pair.
    """
    pairs = list(pairs)
    plan = plan or Plan()
    if not pairs:
        raise ValueError("there are no pairs to compare")
    means = _prompt_means(pairs)
    enough = len(means) >= plan.min_prompts
    bounds = interval_of_mean([(pair.prompt, pair.difference) for pair in pairs], plan)
    p_above = p_below = None
    if len(means) > 1:
        p_above = _one_sided_p(means, -plan.margin)
        p_below = _one_sided_p([-mean for mean in means], -plan.margin)
    p_equivalent = None if p_above is None or p_below is None else max(p_above, p_below)
    mean_raw = sum(pair.raw for pair in pairs) / len(pairs)
    mean_arm = sum(pair.arm for pair in pairs) / len(pairs)
    return Comparison(
        pairs=len(pairs),
        prompts=len(means),
        mean_raw=mean_raw,
        mean_arm=mean_arm,
        difference=mean_arm - mean_raw,
        low=bounds[0] if bounds else None,
        high=bounds[1] if bounds else None,
        margin=plan.margin,
        non_inferior=bounds[0] > -plan.margin if bounds and enough else None,
        p_non_inferior=p_above,
        equivalent=p_equivalent < 0.05 if p_equivalent is not None and enough else None,
        p_equivalent=p_equivalent,
        outcomes=outcomes(pairs),
        plan=plan,
    )


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """Two arms that different conversations went through, as `mode="split"` makes them."""

    raw: int
    """Values of the raw arm."""
    arm: int
    mean_raw: float
    mean_arm: float
    difference: float
    low: float | None
    """Interval of `difference`: both arms resampled by id, apart; None for fewer than two ids."""
    high: float | None
    margin: float
    non_inferior: bool | None
    plan: Plan

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)


def compare_groups(
    raw: Sequence[tuple[str, float]], arm: Sequence[tuple[str, float]], plan: Plan | None = None
) -> GroupComparison:
    """Hold an arm against the raw one where nothing went through both.

    Args:
        raw: (id, value) of the raw arm; values of one id are one cluster.
        arm: the same of the other arm.
        plan: margin and confidence, decided beforehand.

    Raises:
        ValueError: an arm has no value.
    """
    plan = plan or Plan()
    if not raw or not arm:
        raise ValueError("there is nothing to compare: an arm has no value")
    mean_raw = sum(value for _, value in raw) / len(raw)
    mean_arm = sum(value for _, value in arm) / len(arm)
    low = high = None
    enough = min(len({name for name, _ in side}) for side in (raw, arm)) >= plan.min_prompts
    drawn_raw, drawn_arm = resampled(raw, plan, 0), resampled(arm, plan, 1)
    if drawn_raw is not None and drawn_arm is not None:
        low, high = percentiles(drawn_arm - drawn_raw, plan)
    return GroupComparison(
        raw=len(raw),
        arm=len(arm),
        mean_raw=mean_raw,
        mean_arm=mean_arm,
        difference=mean_arm - mean_raw,
        low=low,
        high=high,
        margin=plan.margin,
        non_inferior=low > -plan.margin if low is not None and enough else None,
        plan=plan,
    )


def outcomes(pairs: Sequence[Pair]) -> Outcomes:
    """Wins, ties and losses of the arm, pair by pair.

    >>> found = outcomes([Pair("a", 1, 2), Pair("b", 1, 1), Pair("c", 2, 1)])
    >>> found.wins, found.ties, found.losses, found.p_sign
    (1, 1, 1, 1.0)
    """
    wins = sum(pair.difference > _TIE for pair in pairs)
    losses = sum(pair.difference < -_TIE for pair in pairs)
    means = _prompt_means(pairs)
    losing = sum(mean < -_TIE for mean in means)
    p_sign = sign_test(sum(mean > _TIE for mean in means), losing)
    return Outcomes(
        wins, len(pairs) - wins - losses, losses, p_sign, _share_at_most(losing, len(means))
    )


def sign_test(wins: int, losses: int) -> float:
    """Two-sided exact sign test: how surprising the imbalance is if both were equally likely.

    >>> sign_test(8, 2)
    0.109375
    """
    if wins + losses == 0:
        return 1.0
    return float(_scipy().binomtest(wins, wins + losses, 0.5).pvalue)


def mcnemar_exact(pairs: Iterable[tuple[bool, bool]]) -> float:
    """Exact McNemar test of (raw correct, arm correct), one a prompt; two-sided.

    >>> mcnemar_exact([(True, True)] * 50)
    1.0
    """
    broken = repaired = 0
    for raw, arm in pairs:
        broken += raw and not arm
        repaired += arm and not raw
    return sign_test(repaired, broken)


def _prompt_means(pairs: Iterable[Pair]) -> list[float]:
    grouped: dict[str, list[float]] = {}
    for pair in pairs:
        grouped.setdefault(pair.prompt, []).append(pair.difference)
    return [sum(group) / len(group) for group in grouped.values()]


def _share_at_most(count: int, of: int) -> float:
    """Clopper and Pearson's upper bound of a share, at 97.5 %."""
    if count == of:
        return 1.0
    interval = _scipy().binomtest(count, of).proportion_ci(0.95, method="exact")
    return float(interval.high)


def _one_sided_p(means: Sequence[float], bound: float) -> float:
    """P of means at least so far above `bound` if they were not above it, by a t test."""
    count = len(means)
    mean = sum(means) / count
    variance = sum((value - mean) ** 2 for value in means) / (count - 1)
    if variance <= 0:
        return 0.0 if mean > bound else 1.0
    return float(_student_tail((mean - bound) / (variance / count) ** 0.5, count - 1))


def _student_tail(statistic: float, freedom: int) -> float:
    tail: Callable[[float, int], float] = _scipy().t.sf
    return tail(statistic, freedom)


def _scipy() -> Any:
    """`scipy.stats`, or what to install."""
    if importlib.util.find_spec("scipy") is None:
        raise ConfigurationError("the statistics need scipy: pip install 'spsd[eval]'")
    from importlib import import_module

    return import_module("scipy.stats")
