"""The event SPSD puts on LlamaIndex's instrumentation dispatcher."""

from __future__ import annotations

from typing import Any

from llama_index_instrumentation.base import BaseEvent

__all__ = ["DistillationEvent"]


class DistillationEvent(BaseEvent):
    """A query was distilled, or passed through."""

    decision: str
    """`distilled` or `passthrough`."""
    reason: str
    """A member of `spsd_core.Reason`."""
    tokens_before: int
    tokens_after: int
    record: dict[str, Any]
    """The complete record as JSON types; holds no user text."""

    @classmethod
    def class_name(cls) -> str:
        """Name under which event handlers see it."""
        return "SPSDDistillationEvent"
