"""LlamaIndex messages to and from the messages a distiller knows. Pure functions, nothing else.

Only text blocks of turns are ever rewritten, each on its own. Everything else a model will read
(tool calls, documents, thoughts, filled-in templates) is shown to the safety gate as `unseen`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from llama_index.core.base.llms.types import ChatMessage as LlamaMessage
from llama_index.core.base.llms.types import TextBlock

from spsd_core.chat import ChatMessage
from spsd_core.distillation import Distillation
from spsd_core.settings import Role
from spsd_core.unseen import OPAQUE_KEYS, call_text, words
from spsd_llamaindex.framework_texts import is_framework_text, is_tool_output

__all__ = ["apply_distillation", "to_chat_messages"]

_ROLES: dict[str, Role] = {
    "user": "user",
    "assistant": "assistant",
    "chatbot": "assistant",
    "model": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
}

_CACHE_MARKS = frozenset({"cache_control", "cachePoint", "cache_point"})
_NAMES = ("name", "tool_name")
_ARGUMENTS = ("arguments", "args", "input", "tool_kwargs", "parameters")
_IDENTIFIERS = ("id", "tool_call_id", "tool_id", "toolUseId")


def to_chat_messages(
    messages: Sequence[LlamaMessage], turns: Container[str] | None = None
) -> list[ChatMessage]:
    """What a distiller needs to know of each message, one for one and in order.

    A message of a role SPSD does not know and one that carries a mark of the provider's prompt
    cache are `frozen`. A filled-in template and a ReAct agent's observation have no parts, only
    `unseen` text: the gate reads them, nothing rewrites them.

    Args:
        messages: the request.
        turns: the texts that may be turns of the user; None: those of every message in his role.
            What is evidently a filled-in template is none in any case.
    """
    return [_to_chat_message(message, turns) for message in messages]


def apply_distillation(
    messages: Sequence[LlamaMessage], results: Sequence[Sequence[Distillation | None]]
) -> list[LlamaMessage]:
    """The messages to send. The given ones are not changed; those that keep their text are sent.

    Args:
        messages: what `to_chat_messages` was called with.
        results: what the distiller made of its answer, `ChatDistillation.parts`.

    Raises:
        ValueError: `results` are those of other messages.
    """
    if len(messages) != len(results):
        raise ValueError(f"{len(messages)} messages cannot take the results of {len(results)}")
    return [_apply(message, row) for message, row in zip(messages, results)]


def _to_chat_message(message: LlamaMessage, turns: Container[str] | None) -> ChatMessage:
    role = _role(message)
    texts = tuple(text for _, text in _texts(message))
    unseen = tuple(_unseen(message))
    if role == "user" and not all(_is_turn(text, turns) for text in texts):
        observed = any(map(is_tool_output, texts))
        return ChatMessage("tool" if observed else "user", (), unseen=(*texts, *unseen))
    return ChatMessage(
        role=role or "system",
        parts=texts,
        frozen=role is None or _has_cache_mark(message),
        unseen=unseen,
    )


def _role(message: LlamaMessage) -> Role | None:
    role = message.role
    return _ROLES.get(str(getattr(role, "value", role)).lower())


def _is_turn(text: str, turns: Container[str] | None) -> bool:
    return not is_framework_text(text) and (turns is None or text in turns)


def _texts(message: LlamaMessage) -> Iterator[tuple[int, str]]:
    """Each text of a message with the place of its block."""
    for place, block in enumerate(message.blocks):
        if isinstance(block, TextBlock) and isinstance(block.text, str):
            yield place, block.text


def _has_cache_mark(message: LlamaMessage) -> bool:
    return not _CACHE_MARKS.isdisjoint(message.additional_kwargs) or any(
        block.block_type == "cache" for block in message.blocks
    )


def _unseen(message: LlamaMessage) -> Iterator[str]:
    """What the model will read besides the texts. By type name: older releases lack some types."""
    known: set[str] = set()
    for block in message.blocks:
        kind = block.block_type
        if kind == "tool_call":
            known.add(_identifier(block))
            text = _call(block)
        elif kind == "document":
            text = _document_text(block)
        elif isinstance(block, TextBlock):
            continue
        else:
            text = "\n".join(_block_words(block))
        if text:
            yield text
    yield from _kwargs_calls(message.additional_kwargs, known - {""})


def _block_words(block: Any) -> Iterator[str]:
    """The words of a block that may hold other blocks (citations, thoughts)."""
    for name in ("title", "source", "content", "cited_content"):
        value = getattr(block, name, None)
        for part in value if isinstance(value, (list, tuple)) else (value,):
            text = getattr(part, "text", part)
            if isinstance(text, str):
                yield text
            elif getattr(part, "block_type", None) == "document":
                yield _document_text(part)


def _document_text(block: Any) -> str:
    """Title and, of a document that is text, the words; LlamaIndex keeps them in base64."""
    data, kind = block.data, block.document_mimetype or "text/plain"
    content = ""
    if isinstance(data, bytes) and kind.startswith(("text/", "application/json")):
        with suppress(binascii.Error, ValueError):  # it may not be encoded after all
            data = base64.b64decode(data, validate=True)
        content = data.decode("utf-8", errors="ignore")
    return "\n".join(filter(None, [block.title, content]))


def _kwargs_calls(kwargs: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    """The tool calls in a provider's own notation, those of `known` ids left out."""
    calls = kwargs.get("tool_calls")
    if isinstance(calls, str) or not isinstance(calls, Sequence):
        calls = [calls]
    for call in [*calls, kwargs.get("function_call")]:
        if call is not None and _identifier(call) not in known:
            text = _call(_field(call, "function") or call)
            if text:
                yield text


def _call(call: Any) -> str:
    arguments = _first(call, _ARGUMENTS)
    text = call_text(_first(call, _NAMES), arguments)
    return text or words(call, OPAQUE_KEYS)


def _identifier(call: Any) -> str:
    return str(_first(call, _IDENTIFIERS) or "")


def _first(holder: Any, names: Sequence[str]) -> Any:
    """The first of these fields that is there and not empty."""
    return next((value for name in names if (value := _field(holder, name))), None)


def _field(holder: Any, name: str) -> Any:
    if isinstance(holder, Mapping):
        return holder.get(name)
    return getattr(holder, name, None)


def _apply(message: LlamaMessage, results: Sequence[Distillation | None]) -> LlamaMessage:
    if not results:  # it had no parts, whatever texts it has
        return message
    texts = list(_texts(message))
    if len(texts) != len(results):
        raise ValueError(f"a message of {len(texts)} texts cannot take {len(results)} results")
    blocks = list(message.blocks)
    changed = False
    for (place, text), result in zip(texts, results):
        if result is not None and result.text != text:
            blocks[place] = blocks[place].model_copy(update={"text": result.text})
            changed = True
    return message.model_copy(update={"blocks": blocks}) if changed else message
