"""What a download tells whoever watches it."""

from __future__ import annotations

__all__ = ["PullProgress"]


class PullProgress:
    """Override what you need; this one is silent."""

    def said(self, line: str) -> None:
        """Hear one sentence about what happens, the licence first."""

    def received(self, done: int, total: int | None) -> None:
        """Hear how far it is, in bytes; `total` is None where the server does not say."""
