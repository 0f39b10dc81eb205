"""Observers, policies and vetoes: what a callback may do, and what it may not."""

from __future__ import annotations

import pytest

from spsd_core import Call, Distillation, Distiller, Observer, Overrides, Reason, Settings
from spsd_core.observers import StageEvent
from spsd_core.settings import SafetySettings

POLITE = "Hi! Could you please tell me which 3 lakes are the largest? Thanks!"
MEDICAL = "Hi! Could you please tell me the usual dose of ibuprofen for an adult? Thanks!"


class Policy(Observer):
    """Answers every policy question with the same overrides."""

    def __init__(self, overrides: Overrides | None) -> None:
        self.overrides = overrides

    def spsd_policy(self, call: Call) -> Overrides | None:
        return self.overrides


class Broken(Observer):
    """Raises in the method it is told to break."""

    def __init__(self, method: str) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("broken observer")

        setattr(self, method, fail)


def test_an_observer_sees_every_stage_and_the_result() -> None:
    """In order, and once."""

    class Watcher(Observer):
        def __init__(self) -> None:
            self.stages: list[str] = []
            self.results: list[Distillation] = []

        def on_spsd_stage(self, event: StageEvent) -> None:
            self.stages.append(event.record.stage)

        def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:
            self.results.append(distillation)

    watcher = Watcher()
    result = Distiller(observers=[watcher]).distill(POLITE, observers=[watcher])
    assert watcher.stages == [
        "policy",
        "admission",
        "gate",
        "reader",
        "reading",
        "extract",
        "verifier",
        "veto",
    ]
    assert watcher.results == [result]


def test_a_policy_can_switch_a_call_off() -> None:
    """The original is sent, and the record says so."""
    result = Distiller(observers=[Policy(Overrides(enabled=False))]).distill(POLITE)
    assert (result.text, result.reason) == (POLITE, Reason.DISABLED)


def test_the_more_careful_policy_wins() -> None:
    """Light over dense, whoever asks first."""
    text = "I want to return the shoes to the shop. " * 2 + "Where do I send them?"
    dense, light = Policy(Overrides(level="dense")), Policy(Overrides(level="light"))
    assert Distiller(observers=[dense]).distill(text).distilled
    assert not Distiller(observers=[dense, light]).distill(text).distilled
    assert not Distiller(observers=[light, dense]).distill(text).distilled


def test_a_policy_cannot_open_a_gate() -> None:
    """Unless the distiller was built to let it."""
    opener = Policy(Overrides(open_domains=frozenset({"medical", "medication"})))
    assert Distiller(observers=[opener]).distill(MEDICAL).reason is Reason.SAFETY_CRITICAL
    trusting = Settings(safety=SafetySettings(allow_gate_override=True))
    assert Distiller(trusting, observers=[opener]).distill(MEDICAL).distilled


def test_a_policy_can_close_a_domain_that_the_settings_opened() -> None:
    """Being more careful is always allowed."""
    opened = Settings(safety=SafetySettings(open_domains=frozenset({"medical", "medication"})))
    assert Distiller(opened).distill(MEDICAL).distilled
    closer = Policy(Overrides(close_domains=frozenset({"medical", "medication"})))
    result = Distiller(opened, observers=[closer]).distill(MEDICAL)
    assert result.reason is Reason.SAFETY_CRITICAL


def test_a_veto_sends_the_original() -> None:
    """The policy sees the proposal before it decides."""

    class Veto(Observer):
        def spsd_veto(self, call: Call, proposal: Distillation) -> bool:
            return "lakes" in proposal.text

    result = Distiller(observers=[Veto()]).distill(POLITE)
    assert (result.text, result.reason) == (POLITE, Reason.VETOED)
    assert result.record.decided_by == "Veto"


def test_a_veto_is_asked_again_for_a_remembered_text() -> None:
    """Memory is no way around a policy."""
    distiller = Distiller()
    assert distiller.distill(POLITE).distilled

    class Veto(Observer):
        def spsd_veto(self, call: Call, proposal: Distillation) -> bool:
            return True

    assert distiller.distill(POLITE, observers=[Veto()]).reason is Reason.VETOED
    assert distiller.distill(POLITE).distilled


@pytest.mark.parametrize("method", ["spsd_policy", "spsd_veto"])
def test_a_broken_policy_sends_the_original(method: str) -> None:
    """When a policy cannot be heard, nothing is changed."""
    result = Distiller(observers=[Broken(method)]).distill(POLITE)
    assert (result.text, result.reason) == (POLITE, Reason.POLICY_FAILED)


@pytest.mark.parametrize("method", ["on_spsd_stage", "on_spsd_distillation"])
def test_a_broken_watcher_disturbs_nothing(method: str) -> None:
    """It is noted in the record."""
    result = Distiller(observers=[Broken(method)]).distill(POLITE)
    assert result.distilled
    assert any(method in note for note in result.record.notes)


def test_metadata_reaches_the_policy() -> None:
    """So that it can tell tenants apart."""

    class Tenants(Observer):
        def spsd_policy(self, call: Call) -> Overrides | None:
            return Overrides(enabled=call.metadata.get("tenant") != "careful")

    distiller = Distiller(observers=[Tenants()])
    careful = distiller.distill(POLITE, call=Call(POLITE, metadata={"tenant": "careful"}))
    other = distiller.distill(POLITE, call=Call(POLITE, metadata={"tenant": "other"}))
    assert careful.reason is Reason.DISABLED
    assert other.distilled
