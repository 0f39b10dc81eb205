"""Messages as logs write them, in OpenAI's, Anthropic's and LangChain's forms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spsd_core.chat import ChatMessage
from spsd_core.settings import Role

__all__ = ["NoMessagesError", "messages_of"]

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}
_TEXT_PARTS = ("text", "input_text", "output_text")


class NoMessagesError(ValueError):
    """A record holds no messages that can be read. The message says what is wrong, in no word of
    the record's."""


def messages_of(value: object) -> tuple[ChatMessage, ...]:
    """The messages of a request.

    >>> log = [{"role": "developer", "content": "Be brief."}, ["human", "Hi"]]
    >>> [message.role for message in messages_of(log)]
    ['system', 'user']

    Raises:
        NoMessagesError: `value` is something else.
    """
    if isinstance(value, str):
        return (ChatMessage("user", (value,)),)
    if not isinstance(value, list) or not value:
        raise NoMessagesError("messages is no list, or an empty one")
    if len(value) == 1 and isinstance(value[0], list) and not _is_pair(value[0]):
        value = value[0]  # LangChain's batches of one
    return tuple(_message(item) for item in value)


def _is_pair(item: Sequence[Any]) -> bool:
    """Whether it is LangChain's `["human", "text"]`."""
    return len(item) == 2 and all(isinstance(one, str) for one in item) and item[0] in _ROLES


def _message(item: object) -> ChatMessage:
    if isinstance(item, str):
        return ChatMessage("user", (item,))
    if isinstance(item, list) and _is_pair(item):
        return ChatMessage(_ROLES[item[0]], (item[1],))
    if not isinstance(item, dict):
        raise NoMessagesError("a message is no object")
    if item.get("lc") and isinstance(item.get("kwargs"), dict):
        names = item.get("id")
        kind = str(names[-1]) if isinstance(names, list) and names else ""
        kind = kind.removesuffix("Chunk").removesuffix("Message").lower()
        item = {"type": kind, **item["kwargs"]}
    elif isinstance(item.get("data"), dict):
        item = {**item["data"], "type": item.get("type")}
    return _from_fields(item)


def _from_fields(item: Mapping[str, Any]) -> ChatMessage:
    name = item.get("role") or item.get("type") or ""
    kind = str(name).lower().removesuffix("messagechunk").removesuffix("message")
    if kind in ("function_call", "function_call_output", "reasoning"):  # items of OpenAI Responses
        role: Role = "tool" if kind == "function_call_output" else "assistant"
        said = (item.get("name"), item.get("arguments"), item.get("output"))
        return ChatMessage(role, (), unseen=tuple(one for one in said if isinstance(one, str)))
    role_found = _ROLES.get(kind)
    if role_found is None:
        raise NoMessagesError("a message has a role that is not known")
    content = item.get("content")
    parts: list[str] = []
    unseen: list[str] = [*_tool_calls(item)]
    frozen = False
    for text, visible, marked in _parts(content):
        (parts if visible else unseen).append(text)
        frozen = frozen or marked
    return ChatMessage(role_found, tuple(parts), frozen, tuple(unseen))


def _parts(content: object) -> Iterator[tuple[str, bool, bool]]:
    """Text, whether it is an ordinary text part, whether it is marked for the cache."""
    if isinstance(content, str):
        yield content, True, False
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, str):
                yield part, True, False
            elif isinstance(part, dict):
                marked = "cache_control" in part
                if part.get("type") in _TEXT_PARTS and isinstance(part.get("text"), str):
                    yield part["text"], True, marked
                elif part.get("type") == "tool_result":
                    for text, _, _ in _parts(part.get("content")):
                        yield text, False, marked
                elif part.get("type") == "tool_use":
                    yield _as_text(part.get("name")), False, marked
                    yield _as_text(part.get("input")), False, marked
    elif content is not None:
        raise NoMessagesError("the content of a message is neither text nor a list of parts")


def _tool_calls(item: Mapping[str, Any]) -> Iterator[str]:
    calls = item.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, dict):
            inner = call.get("function")
            function = inner if isinstance(inner, dict) else call
            yield _as_text(function.get("name"))
            yield _as_text(function.get("arguments", function.get("args")))


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
