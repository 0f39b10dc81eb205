"""Sums of what was saved: they never change, and add up in any order to the same.

Tokens are whole numbers, energy is kept in whole picowatt-hours and money in decimals, so that a
total is exactly the sum of its rows, whatever thread or process they come from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from spsd_core.distillation import Distillation, Reason

if TYPE_CHECKING:
    from spsd_core.context.types import ContextDistillation

__all__ = ["EXACT", "NOTHING", "Counts", "Savings", "savings_of"]

EXACT = Context(prec=100)
"""Money is added up here, whatever the thread's own decimal context rounds to."""

_PWH_PER_UWH = 1_000_000


@dataclass(frozen=True, slots=True)
class Counts:
    """How often something was seen, and its tokens."""

    seen: int = 0
    distilled: int = 0
    passed_through: tuple[tuple[Reason, int], ...] = ()
    """How often for which reason, by name; `dict(...)` makes a dict of it."""
    estimated: int = 0
    """Of `seen`, those whose tokens were counted by an estimate."""
    tokens_before: int = 0
    tokens_after: int = 0

    @property
    def tokens_saved(self) -> int:
        """`tokens_before - tokens_after`."""
        return self.tokens_before - self.tokens_after

    def __add__(self, other: Counts) -> Counts:
        if not self.seen or not other.seen:
            return self if self.seen else other
        reasons = dict(self.passed_through)
        for reason, count in other.passed_through:
            reasons[reason] = reasons.get(reason, 0) + count
        return Counts(
            self.seen + other.seen,
            self.distilled + other.distilled,
            tuple(sorted(reasons.items())),
            self.estimated + other.estimated,
            self.tokens_before + other.tokens_before,
            self.tokens_after + other.tokens_after,
        )

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "seen": self.seen,
            "distilled": self.distilled,
            "passed_through": {reason.value: count for reason, count in self.passed_through},
            "estimated": self.estimated,
            "tokens_before": self.tokens_before,
            "tokens_after": self.tokens_after,
            "tokens_saved": self.tokens_saved,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Counts:
        """What `to_json` gave.

        Raises:
            Exception: `stored` is something else; `read_json` says so with the file's name.
        """
        reasons = stored["passed_through"].items()
        return cls(
            _whole(stored["seen"]),
            _whole(stored["distilled"]),
            tuple(sorted((Reason(reason), _whole(count)) for reason, count in reasons)),
            _whole(stored["estimated"]),
            _whole(stored["tokens_before"]),
            _whole(stored["tokens_after"]),
        )


@dataclass(frozen=True, slots=True)
class Savings:
    """What was saved by a number of calls. `a + b` adds two up."""

    texts: Counts = Counts()
    """What people wrote: every text of every request, those sent again included."""
    contexts: Counts = Counts()
    """Calls of a context distiller."""
    tokens_saved_again: int = 0
    """Of `tokens_saved`, those of texts that the conversation had sent before."""
    cloud_saved_pwh: int = 0
    """Picowatt-hours the cloud did not spend, from the records."""
    edge_spent_pwh: int = 0
    """Picowatt-hours this machine spent, from the records."""
    money: Decimal | None = None
    """Price of the input tokens that were not sent; None where no prices were given."""
    currency: str | None = None

    @property
    def tokens_saved(self) -> int:
        """Target tokens of texts and contexts that were not sent."""
        return self.texts.tokens_saved + self.contexts.tokens_saved

    @property
    def energy_net_uwh(self) -> float:
        """Microwatt-hours saved, less those spent here. Negative: it cost more than it saved."""
        return (self.cloud_saved_pwh - self.edge_spent_pwh) / _PWH_PER_UWH

    @property
    def energy_cloud_saved_uwh(self) -> float:
        """Microwatt-hours the cloud did not spend."""
        return self.cloud_saved_pwh / _PWH_PER_UWH

    @property
    def energy_edge_spent_uwh(self) -> float:
        """Microwatt-hours this machine spent."""
        return self.edge_spent_pwh / _PWH_PER_UWH

    def __add__(self, other: Savings) -> Savings:
        """Both together.

        Raises:
            ValueError: their money is of two currencies, or only one of them has prices.
        """
        if self.currency != other.currency:
            if NOTHING in (self, other):
                return other if self == NOTHING else self
            raise ValueError(
                f"savings in {self.currency or 'no currency'} and in "
                f"{other.currency or 'no currency'} cannot be added up; keep them apart"
            )
        paid = self.money is not None and other.money is not None
        return Savings(
            self.texts + other.texts,
            self.contexts + other.contexts,
            self.tokens_saved_again + other.tokens_saved_again,
            self.cloud_saved_pwh + other.cloud_saved_pwh,
            self.edge_spent_pwh + other.edge_spent_pwh,
            EXACT.add(self.money, other.money) if paid else None,  # type: ignore[arg-type]
            self.currency,
        )

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types; money as text, so that nothing rounds it."""
        return {
            "texts": self.texts.to_json(),
            "contexts": self.contexts.to_json(),
            "tokens_saved": self.tokens_saved,
            "tokens_saved_again": self.tokens_saved_again,
            "energy_cloud_saved_uwh": self.energy_cloud_saved_uwh,
            "energy_edge_spent_uwh": self.energy_edge_spent_uwh,
            "energy_net_uwh": self.energy_net_uwh,
            "money": None if self.money is None else f"{self.money:f}",
            "currency": self.currency,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Savings:
        """What `to_json` gave.

        Raises:
            Exception: `stored` is something else; `read_json` says so with the file's name.
        """
        money, currency = stored["money"], stored["currency"]
        if (money is None) != (currency is None):
            raise ValueError("money and currency go together")
        return cls(
            Counts.from_json(stored["texts"]),
            Counts.from_json(stored["contexts"]),
            _whole(stored["tokens_saved_again"]),
            _pwh(_finite(stored["energy_cloud_saved_uwh"])),
            _pwh(_finite(stored["energy_edge_spent_uwh"])),
            None if money is None else _money(money),
            None if currency is None else str(currency),
        )


NOTHING = Savings()
"""No calls at all; adds up with any currency."""


def savings_of(distillation: Distillation | ContextDistillation) -> Savings:
    """What one call saved, its price not yet known."""
    distilled, record = distillation.distilled, distillation.record
    counts = Counts(
        seen=1,
        distilled=int(distilled),
        passed_through=() if distilled else ((distillation.reason, 1),),
        estimated=int(not record.tokenizer_exact),
        tokens_before=distillation.tokens_before,
        tokens_after=distillation.tokens_after,
    )
    is_text = isinstance(distillation, Distillation)
    return Savings(
        texts=counts if is_text else Counts(),
        contexts=Counts() if is_text else counts,
        cloud_saved_pwh=_pwh(record.energy.cloud_saved_uwh) if record.energy else 0,
        edge_spent_pwh=_pwh(record.energy.edge_spent_uwh) if record.energy else 0,
    )


def _pwh(uwh: float) -> int:
    """Picowatt-hours; 0 for what is no quantity (assumptions may hold infinities)."""
    pwh = uwh * _PWH_PER_UWH
    return round(pwh) if math.isfinite(pwh) else 0


def _whole(number: object) -> int:
    if type(number) is not int:
        raise TypeError(f"{number!r} is no whole number")
    return number


def _finite(number: object) -> float:
    if type(number) not in (int, float) or not math.isfinite(number):  # type: ignore[arg-type]
        raise TypeError(f"{number!r} is no quantity")
    return number  # type: ignore[return-value]


def _money(text: str) -> Decimal:
    money = Decimal(text)
    if not money.is_finite():
        raise ValueError(f"{text!r} is no amount of money")
    return money
