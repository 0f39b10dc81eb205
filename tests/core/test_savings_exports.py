"""Savings for others to read: OpenTelemetry attributes and Prometheus metrics, both real."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from savings_parts import ANOTHER, MEDICAL, POLITE, SHORT, context_of, price_file, quick, say

from spsd_core import Call, Distillation, Observer
from spsd_core.exceptions import ConfigurationError
from spsd_core.savings import (
    Savings,
    SavingsCollector,
    SavingsMeter,
    otel_attributes,
    prometheus_text,
    set_span_attributes,
)

ROOT = Path(__file__).parents[2]


def without(package: str, statement: str) -> str:
    """What a statement prints where a package is not installed."""
    script = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from spsd_core.savings import *\n"
        f"try: {statement}\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=ROOT, capture_output=True, text=True
    )
    return done.stdout


class TestAttributes:
    def test_a_result_and_its_record_have_the_same(self) -> None:
        result = quick().distill(POLITE)
        attributes = otel_attributes(result)
        assert attributes == otel_attributes(result.record)
        assert attributes["spsd.decision"] == "distilled"
        assert attributes["spsd.reason"] == "shortened"
        assert attributes["spsd.engine"] == "lexical"
        assert attributes["spsd.tokens_saved"] == result.tokens_saved
        assert attributes["spsd.energy_net_uwh"] == result.record.energy.net_uwh

    def test_what_a_context_distiller_did_has_names_of_its_own(self) -> None:
        """So that both fit on one span."""
        result = context_of("a", "", before=100, after=40)
        attributes = otel_attributes(result)
        assert attributes == otel_attributes(result.record)
        assert attributes["spsd.context.tokens_saved"] == 60
        assert attributes["spsd.context.budget"] == "ratio"
        assert not set(attributes) & set(otel_attributes(quick().distill(POLITE)))

    def test_a_sum_has_counts_energy_and_money(self, tmp_path: Path) -> None:
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        saved = quick(meter).distill(POLITE).tokens_saved
        attributes = otel_attributes(meter.total)
        assert attributes["spsd.savings.texts.distilled"] == 1
        assert attributes["spsd.savings.tokens_saved"] == saved
        assert attributes["spsd.savings.energy_net_uwh"] == meter.total.energy_net_uwh
        assert attributes["spsd.savings.money"] == pytest.approx(saved * 2e-6)
        assert attributes["spsd.savings.currency"] == "EUR"

    def test_without_prices_there_is_no_money(self) -> None:
        assert not [name for name in otel_attributes(Savings()) if "money" in name]

    def test_every_value_is_of_a_type_that_spans_take(self, tmp_path: Path) -> None:
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        for source in (quick(meter).distill(POLITE), context_of("a"), meter.total):
            for name, value in otel_attributes(source).items():
                assert name.startswith("spsd.")
                assert type(value) in (str, bool, int, float), name

    def test_neither_the_text_nor_the_rule_that_fired_is_among_them(self) -> None:
        """Traces travel further than records."""
        result = quick().distill(MEDICAL)
        assert result.record.decided_by.startswith("medic")
        values = " ".join(map(str, otel_attributes(result).values()))
        assert "safety_critical" in values
        assert "medic" not in values
        assert "ibuprofen" not in values

    def test_they_need_no_package(self) -> None:
        printed = without("opentelemetry", "print(len(otel_attributes(Savings())) > 5)")
        assert printed == "True\n"


class TestSpans:
    def test_they_are_set_on_the_current_span(self) -> None:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        class Traced(Observer):
            def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:
                set_span_attributes(distillation)

        exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        meter = SavingsMeter()
        distiller = quick(meter, Traced())
        with provider.get_tracer("test").start_as_current_span("chat"):
            result = distiller.distill(POLITE)
            set_span_attributes(context_of("a", before=100, after=40))
            set_span_attributes(meter.total)
        (span,) = exporter.get_finished_spans()
        expected = {
            **otel_attributes(result),
            **otel_attributes(context_of("a", before=100, after=40)),
            **otel_attributes(meter.total),
        }
        assert dict(span.attributes or {}) == expected

    async def test_an_awaited_call_finds_the_span_too(self) -> None:
        """Long texts are computed in a thread; it knows the span of the task."""
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        class Traced(Observer):
            def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:
                set_span_attributes(distillation)

        exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        with provider.get_tracer("test").start_as_current_span("chat"):
            result = await quick(Traced()).adistill(POLITE * 100)
        (span,) = exporter.get_finished_spans()
        assert (span.attributes or {})["spsd.tokens_before"] == result.tokens_before

    def test_without_a_span_nothing_happens(self) -> None:
        set_span_attributes(quick().distill(POLITE))

    def test_a_missing_package_says_which_extra_to_install(self) -> None:
        printed = without("opentelemetry", "set_span_attributes(Savings())")
        assert printed.startswith("ConfigurationError")
        assert "pip install 'spsd[otel]'" in printed


class TestPrometheus:
    def test_the_samples_are_the_totals_of_the_meter(self, tmp_path: Path) -> None:
        from prometheus_client import CollectorRegistry

        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        registry = CollectorRegistry(auto_describe=True)
        registry.register(SavingsCollector(meter))

        def value(name: str, **labels: str) -> float | None:
            return registry.get_sample_value(name, {"model": "small", **labels})

        distiller = quick(meter)
        for text in (POLITE, POLITE, ANOTHER, SHORT, MEDICAL):
            say(distiller, text, thread_id="c", user_id="ann")
        meter.on_spsd_context(Call("Which?"), context_of("a", before=100, after=40))
        total = meter.total
        assert value("spsd_texts_total", reason="shortened") == 3
        assert value("spsd_texts_total", reason="too_short") == 1
        assert value("spsd_texts_total", reason="safety_critical") == 1
        assert value("spsd_contexts_total", reason="shortened") == 1
        assert value("spsd_text_tokens_before_total") == total.texts.tokens_before
        assert value("spsd_text_tokens_saved_total") == total.texts.tokens_saved
        assert value("spsd_context_tokens_before_total") == 100
        assert value("spsd_context_tokens_saved_total") == 60
        assert value("spsd_repeated_tokens_saved_total") == total.tokens_saved_again > 0
        joules = total.energy_net_uwh * 3600 / 1e6
        assert value("spsd_energy_net_joules") == pytest.approx(joules)
        spent = value("spsd_energy_edge_spent_joules_total")
        assert value("spsd_energy_cloud_saved_joules_total") == pytest.approx(joules + (spent or 0))
        assert total.money is not None
        assert value("spsd_input_saved_eur_total") == pytest.approx(float(total.money))
        assert (value("spsd_meter_conversations"), value("spsd_meter_users")) == (1, 1)

    def test_the_text_names_units_and_no_one(self) -> None:
        """Ids are unbounded in number, and private."""
        from prometheus_client.parser import text_string_to_metric_families

        meter = SavingsMeter()
        say(quick(meter), POLITE, thread_id="thread-of-ann", user_id="ann")
        text = prometheus_text(meter)
        assert "ann" not in text
        families = {family.name: family for family in text_string_to_metric_families(text)}
        labels = {name for one in families.values() for sample in one.samples for name in sample[1]}
        assert labels == {"model", "reason"}
        assert families["spsd_energy_net_joules"].type == "gauge"
        assert families["spsd_text_tokens_saved"].type == "counter"
        assert not [name for name in families if name.startswith("spsd_input_saved")]

    def test_several_meters_are_told_apart_by_their_model(self, tmp_path: Path) -> None:
        prices = price_file(tmp_path)
        meters = [SavingsMeter(prices=prices, model=model) for model in ("small", "no-cache")]
        quick(meters[0]).distill(POLITE)
        text = prometheus_text(*meters)
        assert 'spsd_texts_total{model="small",reason="shortened"} 1.0' in text
        assert 'spsd_texts_total{model="no-cache",reason="shortened"} 0.0' in text

    def test_two_meters_of_one_model_are_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="two meters are of one model"):
            SavingsCollector(SavingsMeter(), SavingsMeter())

    @pytest.mark.parametrize(
        "statement", ["SavingsCollector(SavingsMeter())", "prometheus_text(SavingsMeter())"]
    )
    def test_a_missing_package_says_which_extra_to_install(self, statement: str) -> None:
        printed = without("prometheus_client", statement)
        assert printed.startswith("ConfigurationError")
        assert "pip install 'spsd[prometheus]'" in printed
