"""Watching and steering a distiller: the callback protocol.

An *observer* sees every stage. One that overrides `spsd_policy` is asked before the call, one that
overrides `spsd_veto` is asked before a shortened text is sent. Method names carry `spsd_` so that
one class can also be a LangChain or LlamaIndex callback handler.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from spsd_core.distillation import Distillation, StageRecord
from spsd_core.settings import Overrides, Role

if TYPE_CHECKING:
    from spsd_core.context.types import ContextDistillation

__all__ = ["Call", "Observer", "StageEvent", "each_once"]


@dataclass(frozen=True)
class Call:
    """One text on its way through a distiller."""

    text: str
    """The original."""
    role: Role = "user"
    """Who wrote it."""
    framework: Literal["core", "langchain", "llamaindex"] = "core"
    """Through which package the call came."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What the caller attached: tenant, user, route. LangChain: the run's metadata."""


@dataclass(frozen=True)
class StageEvent:
    """A stage of a call has ended."""

    call: Call
    record: StageRecord


class Observer:
    """Override what you need; everything else does nothing.

    An exception in `on_spsd_*` is noted in the record and otherwise ignored. An exception in
    `spsd_policy` or `spsd_veto` sends the original (reason `policy_failed`).
    """

    def on_spsd_stage(self, event: StageEvent) -> None:
        """See a stage end. Called in the data path: be quick."""

    def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:
        """See the result of a call, pass-throughs included."""

    def on_spsd_context(self, call: Call, distillation: ContextDistillation) -> None:
        """See the result of a context distiller; `call.text` is the question."""

    def spsd_policy(self, call: Call) -> Overrides | None:  # noqa: ARG002
        """Change settings for this call, or return None. Asked once, before anything else."""
        return None

    def spsd_veto(self, call: Call, proposal: Distillation) -> bool:  # noqa: ARG002
        """Return True to have the original sent instead of `proposal` (reason `vetoed`)."""
        return False

    def spsd_veto_context(self, call: Call, proposal: ContextDistillation) -> bool:  # noqa: ARG002
        """Return True to have the passages sent as they were instead of `proposal`."""
        return False


def each_once(observers: Iterable[Observer]) -> tuple[Observer, ...]:
    """The observers in their order, each the first time only: nobody is asked or told twice."""
    return tuple({id(observer): observer for observer in observers}.values())
