"""What an arm saves and costs: tokens, time, money, energy.

Tokens are counted over whole requests by the target's tokenizer. Beside them stand figures
estimated as the SPSD paper estimates them, a word being 1 / 0.75 tokens, so that the two can be
compared. Time and energy count every prompt, those that passed through included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spsd_core.energy import EnergyAssumptions
from spsd_core.evaluation.arms import Prepared
from spsd_core.evaluation.bootstrap import Plan, interval_of_mean

if TYPE_CHECKING:
    from spsd_core.savings.prices import Price

__all__ = ["BreakEven", "Costs", "Sent", "break_even", "costs_of", "estimated_tokens", "percentile"]

_WORDS_PER_TOKEN = 0.75
_EDGE_POWERS_W = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_CALLS = 1_000_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What the raw arm and another one send for one prompt."""

    id: str
    group: str
    raw: Prepared
    arm: Prepared

    @property
    def saved(self) -> int:
        """Target tokens of the whole request that are not sent; signed."""
        return self.raw.tokens - self.arm.tokens

    @property
    def estimated_saved(self) -> int:
        """The same as the paper estimates it, from words."""
        raw, arm = self.raw.messages[-1][1], self.arm.messages[-1][1]
        return estimated_tokens(raw) - estimated_tokens(arm)


@dataclass(frozen=True, slots=True)
class Costs:
    """What one arm saves and costs over all prompts."""

    prompts: int
    distilled: int
    by_reason: dict[str, int]
    tokenizer: str
    tokenizer_exact: bool
    tokens_before: int
    tokens_after: int
    saved_per_distilled: float | None
    """Mean over distilled prompts, whole requests, target tokens."""
    saved_per_distilled_low: float | None
    saved_per_distilled_high: float | None
    estimated_per_distilled: float | None
    """The same by words / 0.75."""
    positive: int
    """Distilled prompts whose request got shorter."""
    saved_per_prompt: float
    """Mean over all prompts."""
    saved: tuple[int, ...]
    """Of each distilled prompt, for the plot."""
    ms_p50: float
    ms_p95: float
    ms_p99: float
    edge_uwh_per_prompt: float
    cloud_saved_uwh_per_prompt: float
    net_uwh_per_prompt: float
    """Signed; over all prompts."""
    net_uwh_per_distilled: float | None
    """Signed; what distilled prompts save less what they cost."""
    money_per_million_prompts: str | None
    """What is not billed for a million such prompts, by the price file, exact."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)


def estimated_tokens(text: str) -> int:
    """Tokens as the paper estimates them.

    >>> estimated_tokens("one two three")
    4
    """
    return round(len(text.split()) / _WORDS_PER_TOKEN)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent lie at or below, interpolated; 0 for none.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50)
    2.5
    """
    import numpy as np

    return float(np.percentile(values, percent)) if values else 0.0


def costs_of(
    sent: Sequence[Sent],
    energy: EnergyAssumptions,
    plan: Plan,
    price: Price | None = None,
) -> Costs:
    """Add an arm up.

    Args:
        sent: every prompt the arm was tried on, at least one.
        energy: what a token costs in the cloud.
        plan: confidence of the interval.
        price: of the target's input tokens.
    """
    distilled = [one for one in sent if one.arm.distilled]
    saved = [one.saved for one in distilled]
    bounds = interval_of_mean([(one.id, one.saved) for one in distilled], plan)
    total = sum(one.saved for one in sent)
    times = [one.arm.ms for one in sent]
    edge = sum(one.arm.edge_uwh for one in sent)
    cloud = total * energy.cloud_uwh_per_token
    net_distilled = sum(saved) * energy.cloud_uwh_per_token - sum(
        one.arm.edge_uwh for one in distilled
    )
    first = sent[0].arm
    return Costs(
        prompts=len(sent),
        distilled=len(distilled),
        by_reason=dict(Counter(one.arm.reason for one in sent).most_common()),
        tokenizer=first.tokenizer,
        tokenizer_exact=first.tokenizer_exact,
        tokens_before=sum(one.raw.tokens for one in sent),
        tokens_after=sum(one.arm.tokens for one in sent),
        saved_per_distilled=_mean(saved),
        saved_per_distilled_low=bounds[0] if bounds else None,
        saved_per_distilled_high=bounds[1] if bounds else None,
        estimated_per_distilled=_mean([one.estimated_saved for one in distilled]),
        positive=sum(value > 0 for value in saved),
        saved_per_prompt=total / len(sent),
        saved=tuple(saved),
        ms_p50=percentile(times, 50),
        ms_p95=percentile(times, 95),
        ms_p99=percentile(times, 99),
        edge_uwh_per_prompt=edge / len(sent),
        cloud_saved_uwh_per_prompt=cloud / len(sent),
        net_uwh_per_prompt=(cloud - edge) / len(sent),
        net_uwh_per_distilled=net_distilled / len(distilled) if distilled else None,
        money_per_million_prompts=_money(total, len(sent), price),
    )


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where saving and spending are equal."""

    core_seconds_per_prompt: float
    """Processor time spent here; read from RAPL where that was used, at the stated power."""
    tokens_saved_per_prompt: float
    points: tuple[tuple[float, float | None], ...]
    """(edge power per core in watts, cloud microwatt-hours a token from which on energy is saved);
    None where no token is saved, so that nothing pays."""
    assumed: tuple[float, float]
    """Edge power and cloud energy a token of the settings."""


def break_even(costs: Costs, energy: EnergyAssumptions) -> BreakEven:
    """From which cloud energy a token on the arm saves energy, by the power of this machine."""
    power = energy.edge_power_per_core_w
    seconds = costs.edge_uwh_per_prompt * 3600 / 1e6 / power
    tokens = costs.saved_per_prompt
    points = tuple(
        (watts, seconds * watts / 3600 * 1e6 / tokens if tokens > 0 else None)
        for watts in _EDGE_POWERS_W
    )
    return BreakEven(seconds, tokens, points, (power, energy.cloud_uwh_per_token))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _money(tokens: int, prompts: int, price: Price | None) -> str | None:
    """Signed; `Price.of` prices what is billed, and so knows no negative tokens."""
    if price is None:
        return None
    paid = price.of(abs(tokens)) * _CALLS / Decimal(prompts)
    return f"{paid if tokens >= 0 else -paid:.4f}"
