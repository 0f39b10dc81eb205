"""Text that a model will read beside what people wrote: the arguments of tool calls, and the like.

The safety gate reads it as lines of words. Not as JSON: its escapes would hide words from the gate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["OPAQUE_KEYS", "call_text", "words"]

OPAQUE_KEYS = frozenset(
    {"type", "id", "index", "tool_use_id", "tool_call_id", "call_id", "file_id", "cache_control"}
    | {"mime_type", "media_type", "source_type", "format", "detail", "url", "uri", "image_url"}
    | {"data", "base64", "bytes", "file_data", "signature", "encrypted_content", "redacted_data"}
)
"""Keys that hold no language: types, identifiers, binary data, addresses."""


def call_text(name: object, arguments: object) -> str:
    """A tool call as lines: its name, then each argument.

    >>> call_text("note", '{"body": "two\\\\nlines"}')
    'note\\nbody: two\\nlines'
    """
    if isinstance(arguments, str):
        arguments = _parsed(arguments)
    return "\n".join(filter(None, [name if isinstance(name, str) else "", words(arguments)]))


def words(value: object, skip: frozenset[str] = frozenset()) -> str:
    """Every leaf of nested data as a line `key: value`, keys in `skip` left out.

    Not recursive: depth and cycles are the sender's choice.

    >>> words({"to": ["ada", "eve"], "id": 7}, frozenset({"id"}))
    'to: ada\\nto: eve'
    """
    lines: list[str] = []
    containers: set[int] = set()
    pending: list[tuple[str, object]] = [("", value)]
    while pending:
        key, item = pending.pop()
        if isinstance(item, (Mapping, list, tuple)):
            if id(item) not in containers:
                containers.add(id(item))
                pending.extend(reversed(_children(key, item, skip)))
        elif isinstance(item, (str, int, float)):
            lines.append(f"{key}: {item}" if key else str(item))
    return "\n".join(lines)


def _parsed(arguments: str) -> object:
    """The arguments a JSON text holds; broken JSON as it is, its escaped line ends undone."""
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments.replace("\\n", "\n")


def _children(
    key: str, item: Mapping[Any, Any] | Sequence[Any], skip: frozenset[str]
) -> list[tuple[str, object]]:
    if isinstance(item, Mapping):
        if item.get("type") == "text":  # Anthropic's text documents keep their words in `data`
            skip = skip - {"data"}
        return [(str(name), child) for name, child in item.items() if name not in skip]
    return [(key, child) for child in item]
