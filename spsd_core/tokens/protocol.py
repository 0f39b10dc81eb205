"""What a token counter is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["TokenCounter"]


@runtime_checkable
class TokenCounter(Protocol):
    """Counts the tokens of a text. Thread-safe; never raises on any `str`; linear in its length."""

    @property
    def name(self) -> str:
        """Shown in records; an estimate's name ends in `(estimate)`."""
        ...

    @property
    def exact(self) -> bool:
        """Whether the count is the target model's own."""
        ...

    def count(self, text: str) -> int:
        """Tokens of `text`. Special-token markers inside it count as plain text."""
        ...
