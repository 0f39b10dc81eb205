"""Between LangChain's callbacks and SPSD's observers.

A LangChain callback handler that is also a `spsd_core.observers.Observer` may be passed wherever
callbacks are: it then sees every stage, and its policy and veto are asked. SPSD asks it itself, in
the data path, because LangChain swallows what handlers raise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.callbacks.manager import BaseRunManager

from spsd_core.distillation import Distillation, Record
from spsd_core.observers import Call, Observer, each_once

if TYPE_CHECKING:
    from spsd_core.context.types import ContextDistillation, ContextRecord

__all__ = [
    "CONTEXT_EVENT_NAME",
    "EVENT_NAME",
    "DistillationCallbackHandler",
    "run_metadata",
    "run_observers",
    "wants_event",
]

EVENT_NAME = "spsd.distillation"
"""Name of the custom event that follows each request; its data is `ChatDistillation.summary()`."""

CONTEXT_EVENT_NAME = "spsd.context"
"""Name of the custom event that follows the passages (documents, a tool's result) of one question;
its data is the `ContextRecord` as JSON types."""


class DistillationCallbackHandler(BaseCallbackHandler, Observer):
    """Collects the record of every text and the event of every request, in memory.

    Pass it in `config={"callbacks": [handler]}`. Subclass it (or combine the two base classes
    yourself) and override `spsd_policy` or `spsd_veto` to steer calls. Safe to share by threads.

    Args:
        max_entries: how many records and how many events are kept; the oldest go first.
    """

    def __init__(self, *, max_entries: int = 10_000) -> None:
        super().__init__()
        self._records: deque[Record] = deque(maxlen=max_entries)
        self._events: deque[dict[str, Any]] = deque(maxlen=max_entries)
        self._context_records: deque[ContextRecord] = deque(maxlen=max_entries)
        self._context_events: deque[dict[str, Any]] = deque(maxlen=max_entries)

    @property
    def records(self) -> tuple[Record, ...]:
        """One a text, in the order of their completion, up to now. No user text."""
        return tuple(self._records)

    @property
    def events(self) -> tuple[dict[str, Any], ...]:
        """Data of the `spsd.distillation` events, one a request: totals and records."""
        return tuple(self._events)

    @property
    def context_records(self) -> tuple[ContextRecord, ...]:
        """One a question with its passages, in the order of their completion. No user text."""
        return tuple(self._context_records)

    @property
    def context_events(self) -> tuple[dict[str, Any], ...]:
        """Data of the `spsd.context` events."""
        return tuple(self._context_events)

    def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:  # noqa: ARG002
        """Keep the record."""
        self._records.append(distillation.record)

    def on_spsd_context(self, call: Call, distillation: ContextDistillation) -> None:  # noqa: ARG002
        """Keep the record."""
        self._context_records.append(distillation.record)

    def on_custom_event(
        self,
        name: str,
        data: Any,
        *,
        run_id: UUID,  # noqa: ARG002
        tags: list[str] | None = None,  # noqa: ARG002
        metadata: dict[str, Any] | None = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Keep the data of SPSD's events; other events are none of its business."""
        if name == EVENT_NAME:
            self._events.append(data)
        elif name == CONTEXT_EVENT_NAME:
            self._context_events.append(data)

    @property
    def tokens_saved(self) -> int:
        """Target tokens saved over all that is kept, passages among it.

        By events; by records where it only observes and gets no events (`observers=[handler]`).
        """
        return _saved(self.events, self.records) + _saved(self.context_events, self.context_records)

    def clear(self) -> None:
        """Forget everything collected so far."""
        for kept in (self._records, self._events, self._context_records, self._context_events):
            kept.clear()


def _saved(events: Sequence[Mapping[str, Any]], records: Sequence[Record | ContextRecord]) -> int:
    if events:
        return sum(event["tokens_before"] - event["tokens_after"] for event in events)
    return sum(record.tokens_before - record.tokens_after for record in records)


def run_observers(run: BaseRunManager, own: Iterable[Observer] = ()) -> tuple[Observer, ...]:
    """The observers of a call: `own`, then those among the run's handlers; each once."""
    handlers = (*run.handlers, *run.inheritable_handlers)
    found = (*own, *(handler for handler in handlers if isinstance(handler, Observer)))
    return each_once(found)


def run_metadata(run: BaseRunManager) -> dict[str, Any]:
    """The run's metadata, and under `tags` and `run_id` what those names say.

    A key of the caller's own by one of these names is kept.
    """
    return {"tags": list(run.tags), "run_id": str(run.run_id), **run.metadata}


def wants_event(run: BaseRunManager) -> bool:
    """Whether anyone would receive a custom event of this run; its data take time to prepare."""
    return any(not handler.ignore_custom_event for handler in run.inheritable_handlers)
