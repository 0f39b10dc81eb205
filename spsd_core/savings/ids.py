"""Whose call it is: the ids of conversations and users in what a caller attached to it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from spsd_core.exceptions import ConfigurationError
from spsd_core.memo import text_key

__all__ = ["checked_keys", "id_in"]

_LONGEST = 200
"""Characters of an id that is kept as it is; of a longer one a part and its hash are."""
_KEPT = _LONGEST - 33


def id_in(metadata: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    """The id under the first key that holds one: text that is not blank, a number or a UUID.

    >>> id_in({"thread_id": 7, "session_id": "s"}, ["conversation_id", "thread_id", "session_id"])
    '7'
    >>> id_in({"thread_id": None, "session_id": "  "}, ["thread_id", "session_id"]) is None
    True
    """
    for key in keys:
        value = metadata.get(key)
        if isinstance(value, (str, int, uuid.UUID)) and not isinstance(value, bool):
            name = str(value).encode("utf-8", "backslashreplace").decode()
            if name.strip():
                return name if len(name) <= _LONGEST else f"{name[:_KEPT]}-{text_key(name).hex()}"
    return None


def checked_keys(setting: str, keys: Sequence[str]) -> tuple[str, ...]:
    """The keys, if they are names.

    Raises:
        ConfigurationError: they are not; one text in place of a list, for example.
    """
    if isinstance(keys, str) or not all(isinstance(key, str) and key for key in keys):
        raise ConfigurationError(
            f"{setting} must be a list of names, for example {setting}=['session_id']"
        )
    return tuple(keys)
