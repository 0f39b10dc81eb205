"""What distilling saved: by conversation, user and day; in tokens, money and energy."""

from __future__ import annotations

from spsd_core.savings.counts import Counts, Savings
from spsd_core.savings.meter import SavingsMeter
from spsd_core.savings.opentelemetry import otel_attributes, set_span_attributes
from spsd_core.savings.prices import EXAMPLE_PRICES, Price, PriceTable
from spsd_core.savings.prometheus import SavingsCollector, prometheus_text
from spsd_core.savings.rows import Rows
from spsd_core.savings.snapshot import SavingsSnapshot

__all__ = [
    "EXAMPLE_PRICES",
    "Counts",
    "Price",
    "PriceTable",
    "Rows",
    "Savings",
    "SavingsCollector",
    "SavingsMeter",
    "SavingsSnapshot",
    "otel_attributes",
    "prometheus_text",
    "set_span_attributes",
]
