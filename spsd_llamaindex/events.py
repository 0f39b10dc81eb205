"""The events SPSD puts on LlamaIndex's instrumentation dispatcher."""

from __future__ import annotations

from typing import Any

from llama_index_instrumentation.base import BaseEvent

from spsd_core.context.types import ContextDistillation
from spsd_core.distillation import Distillation

__all__ = ["ContextDistillEvent", "DistillationEvent", "context_event", "distillation_event"]


class DistillationEvent(BaseEvent):
    """A text (a query, a turn of a conversation) was distilled, or passed through."""

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


def distillation_event(result: Distillation) -> DistillationEvent:
    """The event that tells of a result."""
    return DistillationEvent(
        decision=result.decision.value,
        reason=result.reason.value,
        tokens_before=result.tokens_before,
        tokens_after=result.tokens_after,
        record=result.record.model_dump(mode="json"),
    )


class ContextDistillEvent(BaseEvent):
    """Retrieved passages were shortened against a question, or passed through."""

    decision: str
    """`distilled` or `passthrough`."""
    reason: str
    """A member of `spsd_core.Reason`."""
    passages: int
    """How many there were."""
    tokens_before: int
    """Of all passages."""
    tokens_after: int
    record: dict[str, Any]
    """The complete record as JSON types; holds no text of user or passages."""

    @classmethod
    def class_name(cls) -> str:
        """Name under which event handlers see it."""
        return "SPSDContextDistillEvent"


def context_event(result: ContextDistillation) -> ContextDistillEvent:
    """The event that tells of a result."""
    return ContextDistillEvent(
        decision=result.decision.value,
        reason=result.reason.value,
        passages=len(result.passages),
        tokens_before=result.tokens_before,
        tokens_after=result.tokens_after,
        record=result.record.model_dump(mode="json"),
    )
