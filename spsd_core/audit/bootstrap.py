"""Intervals of sums over a stream: a Poisson bootstrap by conversation, in constant memory.

A bootstrap sample of n conversations holds each of them about Poisson(1) times. So each of the
replicates adds every call up so many times as a hash says, of the seed, the replicate and the
conversation: calls of one conversation go together wherever they stand in the log, nothing has to
be remembered but the sums, and the same log gives the same intervals, in one run or in several.
(Hanley and MacGibbon 2006; Chamandy et al. 2012 for streams.) Intervals are percentiles of
the replicates, 2.5 and 97.5.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["Interval", "PoissonBootstrap"]

_CONFIDENCE = 0.95
_LEVELS = 1 << 16
"""A weight is drawn from two bytes: the chances of Poisson(1) are met within 1 in 65,536."""
_PENDING = 256
"""Calls whose weights are multiplied in one go."""


class Interval(NamedTuple):
    """A figure with its 95 % interval; None where it cannot be had."""

    value: float | None
    low: float | None
    high: float | None

    def scaled(self, factor: float) -> Interval:
        """The same, times a number that is known."""
        return Interval(*(None if one is None else one * factor for one in self))

    def to_json(self) -> dict[str, float | None]:
        """As plain JSON types."""
        return self._asdict()


class PoissonBootstrap:
    """Sums of several figures, and of the same in every replicate.

    Args:
        figures: names of what is added up.
        replicates: how many.
        seed: of the hash.
    """

    def __init__(self, figures: Sequence[str], replicates: int, seed: int) -> None:
        import numpy as np

        self._figures = {name: place for place, name in enumerate(figures)}
        self._replicates = replicates
        self._seed = seed
        self.sums = dict.fromkeys(figures, 0)
        self._replicated: Any = np.zeros((replicates, len(figures)))
        self._drawn: list[bytes] = []
        self._values: list[Sequence[int]] = []
        self._table = _poisson_table()

    def add(self, cluster: bytes, values: Sequence[int]) -> None:
        """Add the figures of one call.

        Args:
            cluster: its conversation.
            values: whole numbers, in the order of `figures`.
        """
        for name, value in zip(self.sums, values):
            if value:
                self.sums[name] += value
        drawn = hashlib.shake_128(b"%d " % self._seed + cluster).digest(2 * self._replicates)
        self._drawn.append(drawn)
        self._values.append(values)
        if len(self._values) >= _PENDING:
            self._settle()

    def _settle(self) -> None:
        """Add what is pending to the replicates: whole numbers, so that no order matters."""
        import numpy as np

        if self._values:
            drawn = np.frombuffer(b"".join(self._drawn), dtype="<u2")
            weights = self._table[drawn].reshape(-1, self._replicates)
            self._replicated += weights.T @ np.array(self._values, dtype=np.float64)
            self._drawn, self._values = [], []

    def ratio(self, above: dict[str, float], below: dict[str, float] | str) -> Interval:
        """A ratio of two sums of figures, each times its factor."""
        import numpy as np

        below = {below: 1.0} if isinstance(below, str) else below
        divisor = sum(self.sums[name] * factor for name, factor in below.items())
        if not divisor:
            return Interval(None, None, None)
        self._settle()
        value = sum(self.sums[name] * factor for name, factor in above.items()) / divisor
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = self._column(above) / self._column(below)
        ratios = ratios[np.isfinite(ratios)]
        if not len(ratios):
            return Interval(value, None, None)
        tail = 100 * (1 - _CONFIDENCE) / 2
        low, high = np.percentile(ratios, [tail, 100 - tail])
        return Interval(value, float(low), float(high))

    def _column(self, figures: dict[str, float]) -> Any:
        return sum(
            self._replicated[:, self._figures[name]] * factor for name, factor in figures.items()
        )

    def to_json(self) -> dict[str, Any]:
        """All of it, to go on from later."""
        self._settle()
        packed = base64.b64encode(self._replicated.astype("<f8").tobytes()).decode()
        return {"sums": self.sums, "replicated": packed}

    def restore(self, stored: dict[str, Any]) -> None:
        """Go on from what `to_json` gave; raises an exception where it is something else."""
        import numpy as np

        replicated = np.frombuffer(base64.b64decode(stored["replicated"]), dtype="<f8")
        self._replicated = replicated.reshape(self._replicated.shape).copy()
        self.sums = {name: int(stored["sums"][name]) for name in self.sums}


def _poisson_table() -> Any:
    """For every value of two bytes a count, as often as Poisson(1) has it."""
    import numpy as np

    borders, total = [], 0.0
    for count in range(12):
        total += math.exp(-1) / math.factorial(count)
        borders.append(total)
    places = (np.arange(_LEVELS) + 0.5) / _LEVELS
    return np.searchsorted(np.array(borders), places).astype(np.float64)
