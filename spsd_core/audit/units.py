"""What an audit found in other units: by call, conversation and month, in money and energy."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from spsd_core.audit.bootstrap import Interval
from spsd_core.audit.figures import Figures
from spsd_core.audit.options import AuditOptions
from spsd_core.exceptions import ConfigurationError
from spsd_core.savings.prices import EXAMPLE_PRICES, Price, PriceTable
from spsd_core.settings import Settings

__all__ = ["by_unit", "price_of"]

_DAYS_PER_MONTH = 365.25 / 12
_SHORTEST_SPAN_DAYS = 1.0
_PWH_PER_WH = 1e12


def price_of(options: AuditOptions) -> tuple[str, str, Price]:
    """Currency, model and price.

    Raises:
        ConfigurationError: the price file cannot be read, or the model is not in it.
    """
    table = PriceTable.from_file(options.prices or EXAMPLE_PRICES)
    if options.model is None and options.prices is not None and len(table.models) > 1:
        raise ConfigurationError(
            f"say with --model which model of {options.prices} is paid for: "
            f"{', '.join(sorted(table.models))}"
        )
    model = options.model or next(iter(table.models))
    return table.currency, model, table.price_of(model)


def by_unit(figures: Figures, settings: Settings, options: AuditOptions) -> dict[str, Any]:
    """What was saved a call, a conversation, a month; in tokens, money and energy."""
    currency, model, price = price_of(options)
    full = float(price.of(1))
    cached = float(price.of(1, cached=options.assume_prompt_cache))
    saved: dict[str, float] = {"saved_new": 1, "saved_again": 1}
    money = {"saved_new": full, "saved_again": cached}
    energy = {"cloud_pwh": 1 / _PWH_PER_WH, "edge_pwh": -1 / _PWH_PER_WH}
    if not options.assume_prompt_cache:
        energy["saved_again"] = settings.energy.cloud_uwh_per_token / 1e6
    by_conversation = {**energy, "modelled_saved": energy.get("saved_again", 0.0)}
    modelled = {**saved, "modelled_saved": 1.0}, {**money, "modelled_saved": cached}
    month, origin = _calls_per_month(figures, options)
    ratio = figures.bootstrap.ratio
    per_call = {
        "tokens_saved": ratio(saved, "calls"),
        "money_saved": ratio(money, "calls"),
        "energy_net_wh": ratio(energy, "calls"),
    }
    per_conversation = {
        "calls": ratio({"calls": 1}, "conversations"),
        "tokens_before": ratio({"before": 1, "modelled_before": 1}, "conversations"),
        "tokens_saved": ratio(modelled[0], "conversations"),
        "money_saved": ratio(modelled[1], "conversations"),
        "energy_net_wh": ratio(by_conversation, "conversations"),
    }
    per_month = {name: one.scaled(month) for name, one in per_call.items()} if month else {}
    return {
        "per_call": _plain(per_call),
        "per_conversation": _plain(per_conversation),
        "per_month": {"calls": month, "calls_from": origin, **_plain(per_month)},
        "money": {
            "saved": _money(figures, price, options),
            "currency": currency,
            "model": model,
            "price": price.model_dump(mode="json"),
            "example_price": options.prices is None,
            "assume_prompt_cache": options.assume_prompt_cache,
        },
        "energy": {
            "cloud_saved_wh": figures["cloud_pwh"] / _PWH_PER_WH
            + figures["saved_again"] * energy.get("saved_again", 0.0),
            "edge_spent_wh": figures["edge_pwh"] / _PWH_PER_WH,
            "net_wh": sum(figures[name] * factor for name, factor in energy.items()),
            "assumptions": settings.energy.model_dump(),
        },
    }


def _plain(intervals: dict[str, Interval]) -> dict[str, Any]:
    return {name: interval.to_json() for name, interval in intervals.items()}


def _money(figures: Figures, price: Price, options: AuditOptions) -> str:
    again = price.of(figures["saved_again"], cached=options.assume_prompt_cache)
    total: Decimal = price.of(figures["saved_new"]) + again
    return f"{total:f}"


def _calls_per_month(figures: Figures, options: AuditOptions) -> tuple[float | None, str]:
    if options.calls_per_month is not None:
        return options.calls_per_month, "given with --calls-per-month"
    if figures.first_at is None or figures.last_at is None:
        return None, "the log has no times; give --calls-per-month"
    days = (figures.last_at - figures.first_at) / 86_400
    first, last = (_date(at) for at in (figures.first_at, figures.last_at))
    if days < _SHORTEST_SPAN_DAYS:
        return None, f"the log spans less than a day ({first} to {last}); give --calls-per-month"
    month = figures.calls_with_time / days * _DAYS_PER_MONTH
    return month, f"{figures.calls_with_time} calls in {days:.1f} days, {first} to {last}"


def _date(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, timezone.utc).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return "no date"
