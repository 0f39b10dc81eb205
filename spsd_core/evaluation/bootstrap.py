"""Intervals by the bootstrap over prompts: whole prompts are drawn, with all of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spsd_core.exceptions import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Plan", "interval_of_mean", "percentiles", "resampled"]

_CELLS = 4_000_000
"""Resampled counts held in memory at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What was decided before the data were seen; the report prints it."""

    margin: float = 1.0
    """How many points an arm may be worse and still count as no worse; positive."""
    confidence: float = 0.95
    """Of two-sided intervals. Non-inferiority is tested at half of what is left, 2.5 %."""
    min_prompts: int = 30
    """Fewer prompts get no verdict: where all of few prompts agree, any interval is too narrow."""
    resamples: int = 10_000
    """Of the bootstrap."""
    seed: int = 20260610

    def __post_init__(self) -> None:
        if not self.margin > 0:
            raise ConfigurationError(f"margin is {self.margin}; it must be positive")
        if not 0.5 <= self.confidence < 1:
            raise ConfigurationError(f"confidence is {self.confidence}; give 0.5 to 1, as 0.95")
        if self.min_prompts < 2:
            raise ConfigurationError(f"min_prompts is {self.min_prompts}; give 2 or more")
        if self.resamples < 100:
            raise ConfigurationError(f"resamples is {self.resamples}; give 100 or more")


def interval_of_mean(
    values: Sequence[tuple[str, float]], plan: Plan | None = None
) -> tuple[float, float] | None:
    """Percentile interval of a mean, whole prompts drawn with replacement.

    Args:
        values: (prompt, value); prompts may have different numbers of values.
        plan: confidence, resamples and seed.

    Returns:
        Lower and upper bound; None for fewer than two prompts.
    """
    plan = plan or Plan()
    drawn = resampled(values, plan, 0)
    return None if drawn is None else percentiles(drawn, plan)


def percentiles(drawn: NDArray[np.float64], plan: Plan) -> tuple[float, float]:
    """The bounds that leave the same share out at both ends."""
    import numpy as np

    rest = (1 - plan.confidence) / 2
    low, high = np.quantile(drawn, [rest, 1 - rest])
    return float(low), float(high)


def resampled(
    values: Sequence[tuple[str, float]], plan: Plan, stream: int
) -> NDArray[np.float64] | None:
    """Means of bootstrap samples of whole prompts; None for fewer than two prompts."""
    import numpy as np

    sums: dict[str, float] = {}
    sizes: dict[str, int] = {}
    for prompt, value in values:
        sums[prompt] = sums.get(prompt, 0.0) + value
        sizes[prompt] = sizes.get(prompt, 0) + 1
    if len(sums) < 2:
        return None
    random = np.random.default_rng([plan.seed, stream])
    return _resampled_means(
        np.array(list(sums.values())), np.array(list(sizes.values())), plan.resamples, random
    )


def _resampled_means(
    sums: NDArray[np.float64],
    sizes: NDArray[np.int64],
    resamples: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Means of samples of clusters, drawn in chunks that fit in memory."""
    import numpy as np

    count = len(sums)
    even = np.full(count, 1 / count)
    means = []
    left = resamples
    while left:
        rows = min(left, max(1, _CELLS // count))
        drawn = random.multinomial(count, even, size=rows)
        means.append((drawn @ sums) / (drawn @ sizes))
        left -= rows
    return np.concatenate(means)
