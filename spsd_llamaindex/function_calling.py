"""The `DistillingLLM` of an LLM that calls functions: what agents look for is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    MessageRole,
)
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools.types import BaseTool
from pydantic import Field

from spsd_llamaindex.llm import DistillingLLM

__all__ = ["DistillingFunctionCallingLLM"]

_UserMessage = str | ChatMessage | None
_History = list[ChatMessage] | None


class DistillingFunctionCallingLLM(DistillingLLM, FunctionCallingLLM):
    """What `DistillingLLM(llm)` gives where `llm` is a `FunctionCallingLLM`."""

    llm: FunctionCallingLLM = Field(repr=False)

    def chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: _UserMessage = None,
        chat_history: _History = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> ChatResponse:
        """Chat with tools, the user's turns shortened."""
        sent = self._sent(_conversation(user_msg, chat_history))
        request = _request(sent, user_msg, chat_history, tool_required)
        request.update(kwargs, verbose=verbose, allow_parallel_tool_calls=allow_parallel_tool_calls)
        return self.llm.chat_with_tools(tools, **request)

    async def achat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: _UserMessage = None,
        chat_history: _History = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> ChatResponse:
        """`chat_with_tools` without holding up the event loop."""
        sent = await self._asent(_conversation(user_msg, chat_history))
        request = _request(sent, user_msg, chat_history, tool_required)
        request.update(kwargs, verbose=verbose, allow_parallel_tool_calls=allow_parallel_tool_calls)
        return await self.llm.achat_with_tools(tools, **request)

    def stream_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: _UserMessage = None,
        chat_history: _History = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> ChatResponseGen:
        """`chat_with_tools` with the answer piece by piece."""
        sent = self._sent(_conversation(user_msg, chat_history))
        request = _request(sent, user_msg, chat_history, tool_required)
        request.update(kwargs, verbose=verbose, allow_parallel_tool_calls=allow_parallel_tool_calls)
        return self.llm.stream_chat_with_tools(tools, **request)

    async def astream_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: _UserMessage = None,
        chat_history: _History = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> ChatResponseAsyncGen:
        """`achat_with_tools` with the answer piece by piece."""
        sent = await self._asent(_conversation(user_msg, chat_history))
        request = _request(sent, user_msg, chat_history, tool_required)
        request.update(kwargs, verbose=verbose, allow_parallel_tool_calls=allow_parallel_tool_calls)
        return await self.llm.astream_chat_with_tools(tools, **request)

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """The tool calls of an answer, as the wrapped LLM reads them."""
        return self.llm.get_tool_calls_from_response(
            response, error_on_no_tool_call=error_on_no_tool_call, **kwargs
        )

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: _UserMessage = None,
        chat_history: _History = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """The wrapped LLM's arguments for `chat`, which shortens what is in them."""
        return self.llm._prepare_chat_with_tools_compat(
            tools,
            user_msg=user_msg,
            chat_history=chat_history,
            verbose=verbose,
            allow_parallel_tool_calls=allow_parallel_tool_calls,
            tool_required=tool_required,
            **kwargs,
        )


def _conversation(user_msg: _UserMessage, chat_history: _History) -> list[ChatMessage]:
    """History and message in the order in which LLMs put them together."""
    messages = list(chat_history or ())
    if isinstance(user_msg, str) and user_msg:
        messages.append(ChatMessage(role=MessageRole.USER, content=user_msg))
    elif isinstance(user_msg, ChatMessage):
        messages.append(user_msg)
    return messages


def _request(
    sent: list[ChatMessage], user_msg: _UserMessage, chat_history: _History, tool_required: bool
) -> dict[str, Any]:
    """The arguments a conversation was made from, with what is sent in their places."""
    history, message = sent, user_msg
    if user_msg:
        *history, last = sent
        message = last.content if isinstance(user_msg, str) else last
    request: dict[str, Any] = {
        "user_msg": message,
        "chat_history": None if chat_history is None else history,
    }
    # Older integrations have no such parameter, and would hand it to their provider.
    return {**request, "tool_required": True} if tool_required else request
