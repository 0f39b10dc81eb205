"""Observers among LlamaIndex callback handlers: where policies for queries come from."""

from __future__ import annotations

from typing import Any

from llama_index.core import Settings as LlamaIndexSettings
from llama_index.core.callbacks import CallbackManager
from llama_index.core.callbacks.base_handler import BaseCallbackHandler
from llama_index.core.callbacks.schema import CBEventType

from spsd_core.context.types import ContextDistillation, ContextRecord
from spsd_core.distillation import Distillation, Record
from spsd_core.observers import Call, Observer

__all__ = ["DistillationCallbackHandler", "observers_in"]


class DistillationCallbackHandler(BaseCallbackHandler, Observer):
    """A LlamaIndex callback handler that is also an SPSD observer.

    Put it in a `CallbackManager`. It keeps the records of the calls it saw, newest last: of texts
    in `records`, of retrieved passages in `context_records`. Override `spsd_policy`, `spsd_veto`
    and `spsd_veto_context` to steer.

    Args:
        keep: how many records of each kind are kept at most.
    """

    def __init__(self, keep: int = 1000) -> None:
        super().__init__(event_starts_to_ignore=[], event_ends_to_ignore=[])
        self.records: list[Record] = []
        self.context_records: list[ContextRecord] = []
        self._keep = keep

    def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:  # noqa: ARG002
        """Keep the record of a call."""
        self.records.append(distillation.record)
        del self.records[: -self._keep]

    def on_spsd_context(self, call: Call, distillation: ContextDistillation) -> None:  # noqa: ARG002
        """Keep the record of a call of a context distiller."""
        self.context_records.append(distillation.record)
        del self.context_records[: -self._keep]

    def on_event_start(
        self,
        event_type: CBEventType,  # noqa: ARG002
        payload: dict[str, Any] | None = None,  # noqa: ARG002
        event_id: str = "",
        parent_id: str = "",  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> str:
        """LlamaIndex's own events are of no interest here."""
        return event_id

    def on_event_end(
        self,
        event_type: CBEventType,
        payload: dict[str, Any] | None = None,
        event_id: str = "",
        **kwargs: Any,
    ) -> None:
        """LlamaIndex's own events are of no interest here."""

    def start_trace(self, trace_id: str | None = None) -> None:
        """LlamaIndex's own traces are of no interest here."""

    def end_trace(
        self, trace_id: str | None = None, trace_map: dict[str, list[str]] | None = None
    ) -> None:
        """LlamaIndex's own traces are of no interest here."""


def observers_in(*managers: CallbackManager | None) -> tuple[Observer, ...]:
    """The SPSD observers among the handlers of some managers and of LlamaIndex's global one."""
    found: dict[int, Observer] = {}
    for manager in (*managers, LlamaIndexSettings.callback_manager):
        for handler in manager.handlers if manager is not None else ():
            if isinstance(handler, Observer):
                found[id(handler)] = handler
    return tuple(found.values())
