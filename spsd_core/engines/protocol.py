"""What an engine is: one method that promises a shorter draft of a text.

To add an engine, write one file with a class that has `name` and `submit`, and a function
`build(settings: Settings) -> Engine`; name it in `Settings.engines` as `package.module:build`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from spsd_core.reading import Reading
from spsd_core.settings import Level
from spsd_core.spans import Edit

__all__ = ["Draft", "DraftRequest", "Engine", "finished"]


@dataclass(frozen=True)
class DraftRequest:
    """A text to be shortened, and how far it is worth going."""

    text: str
    reading: Reading
    """The atoms and payload found in `text`; a draft that loses one will be refused."""
    level: Level
    token_budget: int
    """A draft of this many target tokens or more is worthless; an engine may stop there."""
    count_tokens: Callable[[str], int]
    """Target tokens of a text (the text alone, without chat template). Thread-safe."""
    reread: Callable[[str], Reading] | None = None
    """Reads a draft as `text` was read, roles included; takes as long as a pass of the Reader."""
    deadline: float | None = None
    """`time.monotonic()` value after which nobody waits."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    """Set when the caller no longer waits; a running engine stops at its next step."""


@dataclass(frozen=True)
class Draft:
    """A shorter text, not yet verified."""

    text: str
    edits: tuple[Edit, ...] | None = None
    """For engines that only delete and mend: the edits that make `text` from the original."""
    generative: bool = False
    """Whether a model wrote it; such drafts meet additional checks, and may be repaired."""
    prompt_tokens_evaluated: int = 0
    """Tokens of prompt the engine's own model evaluated for this draft (a kept prefix is not)."""
    tokens_generated: int = 0
    """Tokens the engine's own model generated."""
    busy_core_seconds: float = 0.0
    """Processor time spent outside the calling thread, in core-seconds."""
    note: str = ""
    """One sentence for the record; holds no user text."""


@runtime_checkable
class Engine(Protocol):
    """Drafts a shorter text."""

    @property
    def name(self) -> str:
        """Its name in settings and records."""
        ...

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        """Start drafting and return at once, or draft at once and return a finished future.

        The future gives a draft, or None where there is nothing to remove, or raises an
        `EngineError`. It must never block the caller for longer than pure computation takes,
        and must be safe to call from any thread.
        """
        ...

    def close(self) -> None:
        """Give memory, threads and connections back. May be called twice."""
        ...


def finished(draft: Draft | None) -> Future[Draft | None]:
    """What `submit` of an engine gives that drafts at once."""
    future: Future[Draft | None] = Future()
    future.set_result(draft)
    return future
