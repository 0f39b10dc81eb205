"""Savings as OpenTelemetry attributes, named `spsd.*`; no text, no rule, no one's id is among them.

`otel_attributes` needs no package; only `set_span_attributes` needs the extra `otel`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from spsd_core.distillation import Distillation, Record
from spsd_core.exceptions import ConfigurationError
from spsd_core.savings.counts import Counts, Savings

if TYPE_CHECKING:
    from spsd_core.context.types import ContextDistillation, ContextRecord

__all__ = ["otel_attributes", "set_span_attributes"]

Attributes = dict[str, "str | bool | int | float"]
Source = Union[Distillation, Record, "ContextDistillation", "ContextRecord", Savings]


def otel_attributes(source: Source) -> Attributes:
    """The attributes of one call, or of a sum of calls.

    Those of a context distiller's call begin with `spsd.context.`, those of a sum with
    `spsd.savings.`, so that one span can hold all of them. Which safety rule fired is left out:
    traces travel further than records.

    >>> otel_attributes(Savings())["spsd.savings.tokens_saved"]
    0
    """
    if isinstance(source, Savings):
        return _of_savings(source)
    return _of_record(_record_of(source))


def set_span_attributes(source: Source) -> None:
    """Set `otel_attributes` on the current span; nothing happens where there is none.

    A second call on the same span overwrites the first, so on a request of several texts the last
    one stands; a span a text, or a `Savings` at the end, avoids that.

    Raises:
        ConfigurationError: opentelemetry-api is not installed.
    """
    try:
        from opentelemetry import trace
    except ImportError as error:
        raise ConfigurationError(
            "span attributes need opentelemetry-api: pip install 'spsd[otel]'"
        ) from error
    trace.get_current_span().set_attributes(otel_attributes(source))


def _record_of(source: Any) -> Record | ContextRecord:
    """Told by the attribute: to ask for the type would load the context distiller."""
    record: Record | ContextRecord = getattr(source, "record", source)
    return record


def _of_record(record: Record | ContextRecord) -> Attributes:
    prefix = "spsd." if isinstance(record, Record) else "spsd.context."
    attributes: Attributes = {
        "decision": record.decision.value,
        "reason": record.reason.value,
        "tokenizer": record.tokenizer,
        "tokenizer_exact": record.tokenizer_exact,
        "tokens_before": record.tokens_before,
        "tokens_after": record.tokens_after,
        "tokens_saved": record.tokens_before - record.tokens_after,
        "ms": record.ms,
        "settings_fingerprint": record.settings_fingerprint,
    }
    if record.engine is not None:
        attributes["engine"] = record.engine
    if record.energy is not None:
        attributes["energy_net_uwh"] = record.energy.net_uwh
    if isinstance(record, Record):
        attributes["level"] = record.level
        attributes["memoised"] = record.memoised
    else:
        attributes["passages"] = len(record.passages)
        attributes["budget"] = record.budget
    return {prefix + name: value for name, value in attributes.items()}


def _of_savings(savings: Savings) -> Attributes:
    attributes: Attributes = {
        **_of_counts("texts", savings.texts),
        **_of_counts("contexts", savings.contexts),
        "tokens_saved": savings.tokens_saved,
        "tokens_saved_again": savings.tokens_saved_again,
        "energy_cloud_saved_uwh": savings.energy_cloud_saved_uwh,
        "energy_edge_spent_uwh": savings.energy_edge_spent_uwh,
        "energy_net_uwh": savings.energy_net_uwh,
    }
    if savings.money is not None and savings.currency is not None:
        attributes["money"] = float(savings.money)  # attributes know no decimals
        attributes["currency"] = savings.currency
    return {f"spsd.savings.{name}": value for name, value in attributes.items()}


def _of_counts(kind: str, counts: Counts) -> Attributes:
    return {
        f"{kind}.seen": counts.seen,
        f"{kind}.distilled": counts.distilled,
        f"{kind}.tokens_before": counts.tokens_before,
        f"{kind}.tokens_after": counts.tokens_after,
    }
