"""The gate as the default has it: a text is critical where a rule or the Reader says so."""

from __future__ import annotations

from typing import Protocol

from spsd_core.distillation import RuleHit
from spsd_core.reader.encoder import shared_encoder
from spsd_core.safety.gate import Explanation, SafetyGate

__all__ = ["Gate", "ReadingGate"]


class Gate(Protocol):
    """What says whether a text is critical, and why."""

    def hits(self, text: str) -> tuple[RuleHit, ...]:
        """Everything that fires on `text`."""
        ...

    def explain(self, text: str) -> tuple[Explanation, ...]:
        """The same with reasons, and evidence that does not count."""
        ...


class ReadingGate:
    """The rules of a gate, and after them the Reader's domain as the hit `reader.DOMAIN`.

    Raises:
        EngineUnavailable: from its methods, where the Reader cannot be loaded.
    """

    def __init__(self, gate: SafetyGate) -> None:
        self._gate = gate

    def hits(self, text: str) -> tuple[RuleHit, ...]:
        """The rules that fire, and the Reader's domain."""
        return (*self._gate.hits(text), *shared_encoder().read(text).critical_hits())

    def explain(self, text: str) -> tuple[Explanation, ...]:
        """The same with reasons; the Reader's is its chance and what it had to reach."""
        reading = shared_encoder().read(text)
        reason = (
            f"The Reader takes the text as a whole for critical: {reading.critical:.2f}, "
            f"from {reading.critical_threshold:.2f} on it counts."
        )
        own = tuple(Explanation(hit, reason, silenced=False) for hit in reading.critical_hits())
        return (*self._gate.explain(text), *own)
