"""Savings as Prometheus metrics, through prometheus_client (the extra `prometheus`).

Labels are the model, and the reason of a decision. Conversations and users are none: their number
has no bound, and their ids are nobody's business in a metrics store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from spsd_core.distillation import Reason
from spsd_core.exceptions import ConfigurationError
from spsd_core.savings.counts import Counts, Savings
from spsd_core.savings.meter import SavingsMeter
from spsd_core.savings.snapshot import SavingsSnapshot

if TYPE_CHECKING:
    from prometheus_client.core import Metric

__all__ = ["SavingsCollector", "prometheus_text"]

_JOULES_PER_UWH = 0.0036

_COUNTERS: tuple[tuple[str, str, Callable[[Savings], float]], ...] = (
    (
        "spsd_text_tokens_before",
        "Target tokens of the texts as they were written.",
        lambda savings: savings.texts.tokens_before,
    ),
    (
        "spsd_text_tokens_saved",
        "Target tokens of texts that were not sent.",
        lambda savings: savings.texts.tokens_saved,
    ),
    (
        "spsd_context_tokens_before",
        "Target tokens of the retrieved passages as they were.",
        lambda savings: savings.contexts.tokens_before,
    ),
    (
        "spsd_context_tokens_saved",
        "Target tokens of retrieved passages that were not sent.",
        lambda savings: savings.contexts.tokens_saved,
    ),
    (
        "spsd_repeated_tokens_saved",
        "Of all tokens saved, those of texts that a conversation had sent before.",
        lambda savings: savings.tokens_saved_again,
    ),
    (
        "spsd_energy_cloud_saved_joules",
        "Energy the cloud model did not spend, estimated.",
        lambda savings: savings.energy_cloud_saved_uwh * _JOULES_PER_UWH,
    ),
    (
        "spsd_energy_edge_spent_joules",
        "Energy this machine spent on distilling.",
        lambda savings: savings.energy_edge_spent_uwh * _JOULES_PER_UWH,
    ),
)

_GAUGES: tuple[tuple[str, str, Callable[[SavingsSnapshot], float]], ...] = (
    (
        "spsd_energy_net_joules",
        "Energy saved, less energy spent; negative where distilling cost more.",
        lambda counted: counted.total.energy_net_uwh * _JOULES_PER_UWH,
    ),
    (
        "spsd_meter_conversations",
        "Conversations the meter keeps by name.",
        lambda counted: len(counted.conversations),
    ),
    ("spsd_meter_users", "Users the meter keeps by name.", lambda counted: len(counted.users)),
)


class SavingsCollector:
    """A collector over one or more meters, one a model; register it where you register yours.

        prometheus_client.REGISTRY.register(SavingsCollector(meter))

    Raises:
        ConfigurationError: prometheus_client is not installed, or two meters are of one model.
    """

    def __init__(self, *meters: SavingsMeter) -> None:
        if find_spec("prometheus_client") is None:
            raise ConfigurationError(
                "SavingsCollector needs prometheus_client: pip install 'spsd[prometheus]'"
            )
        models = [_model(meter) for meter in meters]
        if len(set(models)) != len(models):
            raise ConfigurationError(
                f"two meters are of one model ({', '.join(models)}): merge them, or build each "
                "with the `model` it watches"
            )
        self._meters = meters

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        counted = {_model(meter): meter.snapshot() for meter in self._meters}
        totals = {model: snapshot.total for model, snapshot in counted.items()}
        for name, about, value in _COUNTERS:
            counter = CounterMetricFamily(name, about, labels=["model"])
            for model, savings in totals.items():
                counter.add_metric([model], value(savings))
            yield counter
        for name, about, level in _GAUGES:
            gauge = GaugeMetricFamily(name, about, labels=["model"])
            for model, snapshot in counted.items():
                gauge.add_metric([model], level(snapshot))
            yield gauge
        yield from _decisions("spsd_texts", "Texts seen", totals, lambda one: one.texts)
        yield from _decisions(
            "spsd_contexts", "Calls of a context distiller", totals, lambda one: one.contexts
        )
        yield from _money(totals)


def prometheus_text(*meters: SavingsMeter) -> str:
    """The metrics in Prometheus' text format, for an endpoint of your own.

    Raises:
        ConfigurationError: as `SavingsCollector`.
    """
    collector = SavingsCollector(*meters)
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry).decode()


def _decisions(
    name: str, about: str, totals: dict[str, Savings], part: Callable[[Savings], Counts]
) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    counter = CounterMetricFamily(
        name, f"{about}, by the reason of the decision.", labels=["model", "reason"]
    )
    for model, savings in totals.items():
        counts = part(savings)
        counter.add_metric([model, Reason.SHORTENED.value], counts.distilled)
        for reason, count in counts.passed_through:
            counter.add_metric([model, reason.value], count)
    yield counter


def _money(totals: dict[str, Savings]) -> Iterator[Metric]:
    """A counter for each currency, which is its unit."""
    from prometheus_client.core import CounterMetricFamily

    for currency in sorted({one.currency for one in totals.values() if one.currency is not None}):
        counter = CounterMetricFamily(
            f"spsd_input_saved_{currency.lower()}",
            f"Price of the input tokens that were not sent, {currency}; no bill.",
            labels=["model"],
        )
        for model, savings in totals.items():
            if savings.currency == currency and savings.money is not None:
                counter.add_metric([model], float(savings.money))
        yield counter


def _model(meter: SavingsMeter) -> str:
    return meter.model or "unspecified"
