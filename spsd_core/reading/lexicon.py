"""Word lists that more than one part of the reading needs."""

from __future__ import annotations

__all__ = ["word_set"]


def word_set(words: str) -> frozenset[str]:
    """The words of `words`, which are separated by spaces."""
    return frozenset(words.split())
