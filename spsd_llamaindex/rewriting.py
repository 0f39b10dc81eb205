"""One request on its way to an LLM: distilled, told of, and put together again. Sync and async."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.llms.types import ChatMessage as LlamaMessage
from llama_index_instrumentation import get_dispatcher

from spsd_core.chat import ChatDistillation, ChatMessage
from spsd_core.distiller import Distiller
from spsd_core.observers import Call, Observer
from spsd_llamaindex.events import distillation_event
from spsd_llamaindex.messages import apply_distillation, to_chat_messages

__all__ = ["Rewriting"]

_dispatcher = get_dispatcher(__name__)


@dataclass(frozen=True)
class Rewriting:
    """How the requests of one caller are rewritten."""

    distiller: Distiller
    observers: tuple[Observer, ...]
    metadata: Mapping[str, Any]

    def messages(
        self,
        messages: Sequence[LlamaMessage],
        turns: Container[str] | None = None,
        system_prompt: str | None = None,
    ) -> list[LlamaMessage]:
        """The messages to send.

        Args:
            messages: those of the caller; they are not changed.
            turns: see `to_chat_messages`.
            system_prompt: what the model will read before them, for the gate.
        """
        chat, before = _request(messages, turns, system_prompt)
        result = self.distiller.distill_chat(
            chat, framework="llamaindex", metadata=self.metadata, observers=self.observers
        )
        return _told(messages, result, before)

    async def amessages(
        self,
        messages: Sequence[LlamaMessage],
        turns: Container[str] | None = None,
        system_prompt: str | None = None,
    ) -> list[LlamaMessage]:
        """`messages` without holding up the event loop."""
        chat, before = _request(messages, turns, system_prompt)
        result = await self.distiller.adistill_chat(
            chat, framework="llamaindex", metadata=self.metadata, observers=self.observers
        )
        return _told(messages, result, before)

    def prompt(self, prompt: str) -> str:
        """The prompt to send, treated as one text of the user."""
        call = Call(prompt, "user", "llamaindex", self.metadata)
        result = self.distiller.distill(prompt, call=call, observers=self.observers)
        _dispatcher.event(distillation_event(result))
        return result.text

    async def aprompt(self, prompt: str) -> str:
        """`prompt` without holding up the event loop."""
        call = Call(prompt, "user", "llamaindex", self.metadata)
        result = await self.distiller.adistill(prompt, call=call, observers=self.observers)
        _dispatcher.event(distillation_event(result))
        return result.text


def _request(
    messages: Sequence[LlamaMessage], turns: Container[str] | None, system_prompt: str | None
) -> tuple[list[ChatMessage], int]:
    """What the distiller is to see, and how many of its messages are not the caller's."""
    chat = to_chat_messages(messages, turns)
    if not system_prompt:
        return chat, 0
    return [ChatMessage("system", (), unseen=(system_prompt,)), *chat], 1


def _told(
    messages: Sequence[LlamaMessage], result: ChatDistillation, before: int
) -> list[LlamaMessage]:
    """Put an event for each text on the dispatcher, and the texts in the messages."""
    rows = result.parts[before:]
    for row in rows:
        for part in row:
            if part is not None:
                _dispatcher.event(distillation_event(part))
    return apply_distillation(messages, rows)
