"""Remembering results, so that a repeated text keeps its bytes and costs nothing."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["Memo", "plain", "text_key"]

Value = TypeVar("Value")


def plain(text: str) -> str:
    """The characters of a text as a `str` and no subclass, whatever that overrides.

    Raises:
        TypeError: it is no text.
    """
    return text if type(text) is str else str.__str__(text)


def text_key(text: str) -> bytes:
    """A key for a text of any length: its blake2b digest; lone surrogates are welcome."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Memo(Generic[Value]):
    """A thread-safe least-recently-used store, bounded in entries and in total weight.

    Args:
        entries: how many values are kept; 0 keeps none.
        weight: how much they may weigh together (characters of text, here).
    """

    def __init__(self, entries: int, weight: int = 64_000_000) -> None:
        self._entries = entries
        self._weight = weight
        self._held = 0
        self._values: OrderedDict[object, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object) -> Value | None:
        """The value, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: object, value: Value, weight: int = 1) -> None:
        """Keep a value; the least recently used ones make room."""
        with self._lock:
            self._put(key, value, weight)

    def keep(self, key: object, value: Value, weight: int = 1) -> Value:
        """Keep a value unless there is one; gives the one that is held, or else `value` itself."""
        with self._lock:
            found = self._values.get(key)
            if found is not None:
                return found[0]
            self._put(key, value, weight)
        return value

    def _put(self, key: object, value: Value, weight: int) -> None:
        if self._entries == 0 or weight > self._weight:
            return
        replaced = self._values.pop(key, None)
        self._held += weight - (replaced[1] if replaced else 0)
        self._values[key] = (value, weight)
        while len(self._values) > self._entries or self._held > self._weight:
            self._held -= self._values.popitem(last=False)[1][1]

    def __len__(self) -> int:
        return len(self._values)

    def __reduce__(self) -> tuple[type[Memo[Value]], tuple[int, int]]:
        return type(self), (self._entries, self._weight)  # a copy remembers nothing
