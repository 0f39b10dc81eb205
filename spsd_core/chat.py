"""Lists of chat messages: what the adapters hand to a distiller, and what they get back.

Each part of each message is distilled on its own, so that an old turn keeps its bytes when new
turns arrive. What a part may become depends only on the messages up to and including its own:
a critical message closes the gate for itself and for later ones, never for earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spsd_core.distillation import Distillation
from spsd_core.settings import Role

__all__ = ["ChatDistillation", "ChatMessage"]


@dataclass(frozen=True)
class ChatMessage:
    """One message of a request."""

    role: Role
    parts: tuple[str, ...]
    """Its text blocks, in order; usually one."""
    frozen: bool = False
    """True: send as it is whatever the settings say (a block marked for the provider's cache)."""
    unseen: tuple[str, ...] = ()
    """Other text the model will see and the gate must read: tool-call arguments, tool names."""


@dataclass(frozen=True)
class ChatDistillation:
    """The outcome for a whole request."""

    parts: tuple[tuple[Distillation | None, ...], ...]
    """For each message, one result a part; None where its role is not distilled."""
    tokens_before: int
    """Target tokens of the whole request, chat template included."""
    tokens_after: int
    """The same with the texts that are sent."""
    tokenizer: str

    @property
    def tokens_saved(self) -> int:
        """`tokens_before - tokens_after`, never negative."""
        return self.tokens_before - self.tokens_after

    def summary(self) -> dict[str, Any]:
        """The totals as plain JSON types, for traces and events."""
        results = [part for message in self.parts for part in message if part is not None]
        return {
            "tokens_before": self.tokens_before,
            "tokens_after": self.tokens_after,
            "tokenizer": self.tokenizer,
            "texts": len(results),
            "distilled": sum(result.distilled for result in results),
            "records": [result.record.model_dump(mode="json") for result in results],
        }
