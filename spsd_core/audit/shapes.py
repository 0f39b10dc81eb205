"""What a record of a log says: the messages of a call, in which conversation, when, its usage.

Forms that are known: a field with the prompt (`text`, `prompt`, `question` ...); a request body
with `messages`, or `input` (OpenAI Responses), or `prompt`; the same inside `request` or `body`
(batch files); a LangSmith run with `inputs`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from spsd_core.audit.messages import NoMessagesError, messages_of
from spsd_core.chat import ChatMessage
from spsd_core.savings.ids import id_in

__all__ = ["TEXT_FIELDS", "Entry", "LeftOut", "Usage", "entry_of"]

TEXT_FIELDS = tuple(
    "text prompt input question query user_message user_input message content instruction "
    "user_prompt prompt_text body".split()
)
"""Names under which a prompt is looked for, the first that is there."""
_WRAPPERS = ("request", "request_body", "requestBody", "body", "kwargs")
_JSON_FIELDS = ("messages", "inputs", *_WRAPPERS)
_CONVERSATION = ("conversation_id", "thread_id", "session_id", "chat_id", "conversationId")
_TIMES = ("timestamp", "created_at", "created", "start_time", "time", "ts", "date", "datetime")
_MODEL_RUNS = ("llm", "chat_model")
_MILLISECONDS = 1e11
"""A number of seconds this large would be in the year 5138."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the provider counted."""

    input_tokens: int
    cached_tokens: int | None
    """Of these, read from its prompt cache; None: it does not say."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a log."""

    messages: tuple[ChatMessage, ...]
    conversation: str | None = None
    """Id of the conversation, where the log has one."""
    at: float | None = None
    """When, in seconds since 1970 UTC."""
    usage: Usage | None = None

    @property
    def is_transcript(self) -> bool:
        """Whether it ends with an answer: a whole conversation, each answer of it a call."""
        return self.messages[-1].role == "assistant"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that is in order and no call of a model."""

    kind: str


def entry_of(
    record: object, *, column: str | None = None, run_types: tuple[str, ...] = _MODEL_RUNS
) -> Entry | LeftOut:
    """Read a record.

    Args:
        record: what JSON held, or the cells of a row by their column.
        column: the field that holds the prompt (`a.b`: `b` inside `a`); None: it is looked for.
        run_types: LangSmith runs that count; its others hold the same messages once more.

    Raises:
        NoMessagesError: there is no prompt in it.
    """
    if isinstance(record, str):
        return Entry(messages_of(record))
    if not isinstance(record, dict):
        raise NoMessagesError("neither an object nor a text")
    if column is not None:
        return _entry(messages_of(_at_path(record, column)), record, record)
    record = {
        key: _decoded(value) if key in _JSON_FIELDS else value for key, value in record.items()
    }
    run_type = record.get("run_type")
    if isinstance(run_type, str) and "inputs" in record and run_type not in run_types:
        return LeftOut(run_type)
    body = _body(record)
    return _entry(_messages(body), body, record)


def _body(record: dict[str, Any]) -> dict[str, Any]:
    """The request inside the record, or the record itself."""
    if isinstance(record.get("inputs"), dict):
        return record["inputs"]  # type: ignore[no-any-return]
    for name in _WRAPPERS:
        inner = record.get(name)
        if isinstance(inner, dict):
            return _body(inner) if name != "kwargs" or "messages" in inner else record
    return record


def _messages(body: Mapping[str, Any]) -> tuple[ChatMessage, ...]:
    leading = body.get("system") or body.get("instructions")
    system = _system(leading) if leading and ("messages" in body or "input" in body) else ()
    if body.get("messages") is not None:
        return (*system, *messages_of(body["messages"]))
    prompts = body.get("prompts")  # LangSmith: a model that takes text
    if isinstance(prompts, list) and prompts and all(isinstance(one, str) for one in prompts):
        return messages_of(prompts[0])
    lowered = {str(key).strip().lower(): value for key, value in body.items()}
    for name in TEXT_FIELDS:
        value = lowered.get(name)
        if isinstance(value, str):
            return (*system, *messages_of(value))
        if isinstance(value, list) and value:
            return (*system, *messages_of(value))
        if isinstance(value, dict) and "content" in value:
            return messages_of([value])
    raise NoMessagesError("no prompt found; name its field with --column")


def _system(leading: object) -> tuple[ChatMessage, ...]:
    return messages_of([{"role": "system", "content": leading}])


def _entry(
    messages: tuple[ChatMessage, ...], body: Mapping[str, Any], record: Mapping[str, Any]
) -> Entry:
    if not any(message.parts or message.unseen for message in messages):
        raise NoMessagesError("its messages hold no text")
    return Entry(messages, _conversation(body, record), _when(record, body), _usage(record))


def _conversation(body: Mapping[str, Any], record: Mapping[str, Any]) -> str | None:
    extra = record.get("extra")
    if isinstance(extra, dict) or "run_type" in record:  # LangSmith's session_id is its project
        inner = extra.get("metadata") if isinstance(extra, dict) else None
        return id_in(inner, _CONVERSATION) if isinstance(inner, dict) else None
    inside = () if body is record else (body, body.get("metadata"))
    for holder in (record, record.get("metadata"), *inside):
        found = id_in(holder, _CONVERSATION) if isinstance(holder, dict) else None
        if found is not None:
            return found
    return None


def _when(record: Mapping[str, Any], body: Mapping[str, Any]) -> float | None:
    response = record.get("response")
    inner = response.get("body", response) if isinstance(response, dict) else {}
    for holder in (record, *(() if body is record else (body,)), inner):
        for name in _TIMES if holder and isinstance(holder, dict) else ():
            value = holder.get(name)
            found = None if value is None else _seconds(value)
            if found is not None:
                return found
    return None


def _seconds(value: object) -> float | None:
    """Seconds since 1970, of a number (seconds or parts of one) or an ISO date.

    >>> _seconds("1970-01-02T00:00:00Z"), _seconds(86_400_000_000_000), _seconds("soon")
    (86400.0, 86400000000.0, None)
    """
    if isinstance(value, str):
        text = value.strip()
        try:
            moment = datetime.fromisoformat(text.removesuffix("Z") + "+00:00" * text.endswith("Z"))
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                return None
        else:
            return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    if not math.isfinite(seconds) or seconds <= 0:
        return None
    while seconds >= _MILLISECONDS:  # milli-, micro- or nanoseconds
        seconds /= 1000
    return seconds


def _usage(record: Mapping[str, Any]) -> Usage | None:
    response = record.get("response")
    if isinstance(response, str):
        response = _decoded(response)
    inner = response.get("body", response) if isinstance(response, dict) else record
    usage = inner.get("usage") if isinstance(inner, dict) else None
    usage = record.get("usage") if usage is None else usage
    if not isinstance(usage, dict):
        return None
    tokens = usage.get("prompt_tokens", usage.get("input_tokens"))
    details = usage.get("prompt_tokens_details", usage.get("input_tokens_details"))
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    if type(tokens) is not int or tokens < 0:
        return None
    return Usage(tokens, cached if type(cached) is int and 0 <= cached <= tokens else None)


def _at_path(record: Mapping[str, Any], column: str) -> object:
    if column in record:
        return record[column]
    found: Any = record
    for name in column.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if found is None:
        raise NoMessagesError("the field named by --column is not there")
    decoded = _decoded(found)
    is_messages = isinstance(decoded, list) and decoded and isinstance(decoded[0], dict)
    return decoded if is_messages else found


def _decoded(value: object) -> object:
    """What JSON in a text holds, where it is an object or a list; else the value itself."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
