"""LangChain messages to and from the messages a distiller knows. Pure functions, nothing else.

Only strings and `{"type": "text"}` blocks are ever rewritten, each on its own. Everything else a
model will read (tool calls, documents, other blocks) is shown to the safety gate as `unseen`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages import ChatMessage as NamedRoleMessage

from spsd_core.chat import ChatDistillation, ChatMessage
from spsd_core.distillation import Distillation, Record
from spsd_core.settings import Role
from spsd_core.unseen import OPAQUE_KEYS, call_text, words

__all__ = [
    "METADATA_KEY",
    "apply_distillation",
    "is_summary",
    "message_record",
    "message_texts",
    "to_chat_messages",
    "with_texts",
]

METADATA_KEY = "spsd"
"""Where `response_metadata` holds a message's record: the record itself, or `{"parts": [...]}`
with one record a text block where it has several."""

_CLASS_ROLES: tuple[tuple[type[BaseMessage], Role], ...] = (
    (HumanMessage, "user"),
    (AIMessage, "assistant"),
    (SystemMessage, "system"),
    (ToolMessage, "tool"),
    (FunctionMessage, "tool"),
)
_NAMED_ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
}
# Marks of a provider's prompt cache: Anthropic, OpenAI (in `extras`), Bedrock (a block of its own).
_CACHE_MARKS = frozenset({"cache_control", "prompt_cache_breakpoint", "cachePoint", "cache_point"})
_CALL_BLOCKS = ("tool_use", "tool_call", "function_call", "invalid_tool_call")


def to_chat_messages(messages: Sequence[BaseMessage]) -> list[ChatMessage]:
    """What a distiller needs to know of each message, one for one and in order.

    A message of a role SPSD does not know, one that carries a mark of the provider's prompt cache
    and one whose text has citations by position are `frozen`: read by the gate, never rewritten.
    """
    return [_to_chat_message(message) for message in messages]


def apply_distillation(
    messages: Sequence[BaseMessage],
    distillation: ChatDistillation,
    *,
    attach_records: bool = True,
) -> list[BaseMessage]:
    """The messages to send. The given ones are not changed.

    Args:
        messages: what `to_chat_messages` was called with.
        distillation: what the distiller made of its answer.
        attach_records: put the records of a message that was considered into the copy's
            `response_metadata["spsd"]`. Without it, a message that keeps its text stays the
            same object.

    Raises:
        ValueError: `distillation` belongs to other messages.
    """
    if len(messages) != len(distillation.parts):
        raise ValueError(
            f"{len(messages)} messages cannot take the results of {len(distillation.parts)}"
        )
    return [
        _apply(message, results, attach_records)
        for message, results in zip(messages, distillation.parts)
    ]


def message_record(record: Record) -> dict[str, Any]:
    """A record as JSON types, without what differs from run to run on the same text.

    LangChain's model cache uses the whole message as its key, `response_metadata` included: a
    duration in it would turn every cache hit into a miss. The single checks are left out for
    their length. The complete record is in the event and goes to observers.
    """
    return record.model_dump(
        mode="json",
        exclude={
            "ms": True,
            "stages": True,
            "energy": True,
            "memoised": True,
            "drafts": {"__all__": {"ms", "checks"}},
        },
    )


def _to_chat_message(message: BaseMessage) -> ChatMessage:
    role = _role(message)
    return ChatMessage(
        role=role or "system",
        parts=tuple(text for _, text in message_texts(message)),
        frozen=role is None or _has_cache_mark(message) or _has_citations(message),
        unseen=tuple(_unseen(message)),
    )


def is_summary(message: BaseMessage) -> bool:
    """Whether a model wrote it about earlier messages, although it comes as the user's.

    `SummarizationMiddleware` marks what it puts in the place of old messages so.
    """
    return message.additional_kwargs.get("lc_source") == "summarization"


def _role(message: BaseMessage) -> Role | None:
    if is_summary(message):
        return "assistant"
    if isinstance(message, NamedRoleMessage):
        return _NAMED_ROLES.get(message.role.lower())
    for message_class, role in _CLASS_ROLES:
        if isinstance(message, message_class):
            return role
    return None


def _blocks(message: BaseMessage) -> Iterator[Mapping[str, Any]]:
    if not isinstance(message.content, str):
        yield from (block for block in message.content if isinstance(block, dict))


def _is_text_block(block: object) -> bool:
    return (
        isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
    )


def message_texts(message: BaseMessage) -> Iterator[tuple[int, str]]:
    """Each text of a message with its place in the content list (0 where that is a string)."""
    if isinstance(message.content, str):
        yield 0, message.content
        return
    for place, block in enumerate(message.content):
        if isinstance(block, str):
            yield place, block
        elif _is_text_block(block):
            yield place, block["text"]


def _has_cache_mark(message: BaseMessage) -> bool:
    holders: list[Any] = [message.additional_kwargs]
    for block in _blocks(message):
        holders += (block, block.get("extras"))
    return any(
        isinstance(holder, dict) and not _CACHE_MARKS.isdisjoint(holder) for holder in holders
    )


def _has_citations(message: BaseMessage) -> bool:
    """Whether a text block cites by position, which a rewrite would shift."""
    return any(
        block.get("annotations") or block.get("citations")
        for block in _blocks(message)
        if _is_text_block(block)
    )


def _unseen(message: BaseMessage) -> Iterator[str]:
    calls = list(_tool_calls(message))
    known_ids = [identifier for identifier, _ in calls if identifier]
    for block in _blocks(message):
        if block.get("type") not in _CALL_BLOCKS:
            text = words(_without_text(block), OPAQUE_KEYS)
        elif block.get("id") in known_ids:
            continue  # the same call once more, in the provider's own notation
        else:
            arguments = (block.get(key) for key in ("input", "args", "arguments"))
            text = call_text(block.get("name"), list(arguments))
        if text:
            yield text
    yield from (text for _, text in calls)


def _without_text(block: Mapping[str, Any]) -> Mapping[str, Any]:
    if not _is_text_block(block):
        return block
    return {key: value for key, value in block.items() if key != "text"}


def _tool_calls(message: BaseMessage) -> Iterator[tuple[str | None, str]]:
    """Id and text (name, arguments) of each tool call a model will be shown."""
    if not isinstance(message, AIMessage):
        return
    for call in message.tool_calls:
        yield call.get("id"), call_text(call["name"], call["args"])
    for broken in message.invalid_tool_calls:
        yield broken.get("id"), call_text(broken.get("name"), broken.get("args"))
    if message.tool_calls or message.invalid_tool_calls:
        return
    raw_calls = message.additional_kwargs.get("tool_calls") or ()
    functions = [call.get("function") for call in raw_calls if isinstance(call, dict)]
    for function in [*functions, message.additional_kwargs.get("function_call")]:
        if isinstance(function, dict):
            yield None, call_text(function.get("name"), function.get("arguments"))


def _apply(
    message: BaseMessage, results: Sequence[Distillation | None], attach_records: bool
) -> BaseMessage:
    texts = list(message_texts(message))
    if len(texts) != len(results):
        raise ValueError(f"a message of {len(texts)} texts cannot take {len(results)} results")
    if all(result is None for result in results):
        return message
    changed = {
        place: result.text
        for (place, text), result in zip(texts, results)
        if result is not None and result.text != text
    }
    update: dict[str, Any] = {}
    if changed:
        update["content"] = with_texts(message.content, changed)
    if attach_records:
        records = [message_record(result.record) for result in results if result is not None]
        update["response_metadata"] = {
            **message.response_metadata,
            METADATA_KEY: records[0] if len(records) == 1 else {"parts": records},
        }
    return message.model_copy(update=update) if update else message


def with_texts(
    content: str | list[str | dict[str, Any]], changed: Mapping[int, str]
) -> str | list[str | dict[str, Any]]:
    """The content with other texts at the given places; see `message_texts`."""
    if isinstance(content, str):
        return changed[0]
    blocks = list(content)
    for place, text in changed.items():
        block = blocks[place]
        blocks[place] = text if isinstance(block, str) else {**block, "text": text}
    return blocks
