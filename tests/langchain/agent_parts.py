"""Parts of agents for the tests: a scripted model that keeps what it is sent, and texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

from spsd_core import Distiller, Settings

__all__ = [
    "CRITICAL",
    "LATER",
    "POLITE",
    "ScriptedModel",
    "calling",
    "pairs_are_whole",
    "shortened",
]

POLITE = (
    "Hi there! I hope you are doing well today. Could you please explain how I reverse a list of "
    "17 items in Python? Thank you so much in advance for your help!"
)
LATER = "Hello! Could you please also list the 5 longest rivers? Thank you so much!"
CRITICAL = (
    "Hello! Thank you for being here. I have had crushing chest pain and numbness in my left arm "
    "since this morning, could you please tell me what I should do?"
)


def shortened(text: str, settings: Settings | None = None) -> str:
    """What the distiller makes of a text; shorter than it, or these tests prove nothing."""
    answer = Distiller(settings).distill(text).text
    assert len(answer) < len(text)
    return answer


class ScriptedModel(BaseChatModel):
    """Gives its answers one after another, then always "Done."; keeps the messages it was sent."""

    answers: list[AIMessage] = Field(default_factory=list)
    seen: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.seen.append(list(messages))
        answer = self.answers.pop(0) if self.answers else AIMessage("Done.")
        return ChatResult(generations=[ChatGeneration(message=answer)])


def calling(*calls: tuple[str, dict[str, Any]], content: str = "") -> AIMessage:
    """An answer that calls tools, the calls numbered from 1."""
    return AIMessage(
        content,
        tool_calls=[
            {"name": name, "args": arguments, "id": f"call_{number}"}
            for number, (name, arguments) in enumerate(calls, 1)
        ],
    )


def pairs_are_whole(messages: Sequence[BaseMessage]) -> bool:
    """Whether every result follows its call and every call has its result, as providers demand."""
    open_calls: list[str | None] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            if message.tool_call_id not in open_calls:
                return False
            open_calls.remove(message.tool_call_id)
        elif open_calls:
            return False
        elif isinstance(message, AIMessage):
            open_calls = [call["id"] for call in message.tool_calls]
    return not open_calls
