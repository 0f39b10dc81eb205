"""The local model behind the perplexity engine: loaded once, asked by one thread at a time."""

from __future__ import annotations

import importlib.util
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spsd_core.exceptions import (
    ConfigurationError,
    DeadlineExceeded,
    EngineError,
    EngineUnavailable,
    ModelFileError,
)
from spsd_core.models.signature import Signature, file_signature
from spsd_core.settings import Settings

if TYPE_CHECKING:
    from spsd_core.context.perplexity.lane import ScoringSession
    from spsd_core.context.perplexity.pruning import Budget

__all__ = ["PerplexityPruner", "PrunedContext"]

_PACKAGES = ("llama_cpp", "numpy")
_CLOSED = "the perplexity engine has been closed"
_LATE = "the deadline passed before the passages were read"


@dataclass(frozen=True)
class PrunedContext:
    """What is left of some passages, and what it took to find out."""

    passages: tuple[str, ...]
    """Same length and order as the input; an emptied passage is `""`."""
    kept: tuple[tuple[tuple[int, int], ...], ...]
    """For each passage the spans of the original that stayed; joined they are the result."""
    prompt_tokens_evaluated: int = 0
    """Tokens the local model read."""
    busy_core_seconds: float = 0.0
    """Processor time of the local model's threads, in core-seconds."""
    notes: tuple[str, ...] = ()
    """Plain sentences about anything unusual; they hold no user text."""


class PerplexityPruner:
    """Shortens passages by how much they surprise a small causal model.

    Built cheaply: libraries and the model load on first use. One call at a time computes, others
    wait. Two contexts over one model file are kept, which share its weights in the page cache. A
    process that is forked after that cannot compute (`EngineUnavailable`): start workers with the
    `spawn` method. Pickles as its settings.

    Args:
        settings: `settings.context.perplexity` says which model, and how.

    Raises:
        ConfigurationError: a package is missing, or the model is neither a known name nor a path.
    """

    def __init__(self, settings: Settings) -> None:
        from spsd_core.models import check_name

        missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
        if missing:
            raise ConfigurationError(
                f"context.engine 'perplexity' needs {', '.join(missing)}: pip install 'spsd[slm]'"
            )
        check_name(settings.context.perplexity.model)
        self._all_settings = settings
        self._settings = settings.context.perplexity
        self._closed = False
        self._failure: tuple[Signature, str] | None = None
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._sessions: list[ScoringSession] = []
        weakref.finalize(self, _free, self._sessions, self._process).atexit = False

    def __reduce__(self) -> tuple[type[PerplexityPruner], tuple[Settings]]:
        return PerplexityPruner, (self._all_settings,)

    def prune(
        self,
        question: str,
        passages: Sequence[str],
        *,
        rate: float | None = None,
        target_tokens: int | None = None,
        count: Callable[[str], int],
        may_empty: bool = False,
        frozen: Sequence[bool] | None = None,
        deadline: float | None = None,
    ) -> PrunedContext:
        """Shorten passages against a question.

        Args:
            question: what the passages are to answer; blank: their surprise alone decides.
            passages: any texts.
            rate: share of the target tokens of all passages that may stay; half where neither this
                nor `target_tokens` is given.
            target_tokens: how many target tokens may stay. What must stay (forced words, frozen
                passages, one word of each passage that may not be emptied) stays even so.
            count: target tokens of a text.
            may_empty: whether a passage may be emptied.
            frozen: True for each passage that must come back as it is; counted, and not read.
            deadline: `time.monotonic()` value after which nobody waits.

        Raises:
            EngineUnavailable: there is no usable model; says what to do.
            EngineFailed: the model broke.
            DeadlineExceeded: the time was up; looked at before every 96 tokens.
        """
        from spsd_core.context.perplexity.pruning import Budget

        budget = Budget(rate, target_tokens, count, may_empty)
        with self._turn(deadline) as sessions:
            return self._prune(sessions, question, passages, budget, frozen, deadline)

    def _prune(
        self,
        sessions: list[ScoringSession],
        question: str,
        passages: Sequence[str],
        budget: Budget,
        frozen: Sequence[bool] | None,
        deadline: float | None,
    ) -> PrunedContext:
        from spsd_core.context.perplexity.lane import Lane
        from spsd_core.context.perplexity.pruning import Pruning
        from spsd_core.context.perplexity.selection import rendered

        began = time.perf_counter()
        plain, asked = (Lane(session, lambda: self._check(deadline)) for session in sessions)

        def spent() -> tuple[int, float]:
            seconds = (time.perf_counter() - began) * sessions[0].threads
            return plain.evaluated + asked.evaluated, seconds

        pruning = Pruning(sessions[0], plain, asked, self._settings, question, budget)
        try:
            kept = pruning.run(passages, frozen or [False] * len(passages))
        except EngineError as error:
            error.prompt_tokens_evaluated, error.busy_core_seconds = spent()
            raise
        return PrunedContext(
            tuple(rendered(passage, spans) for passage, spans in zip(passages, kept)),
            tuple(tuple((span.start, span.end) for span in spans) for spans in kept),
            *spent(),
            tuple(pruning.notes),
        )

    def load(self) -> None:
        """Load the model now, not with the first call.

        Raises:
            EngineUnavailable: there is no usable model; says what to do.
        """
        with self._turn(None):
            pass

    def close(self) -> None:
        """Stop what computes, free the model. May be called twice."""
        self._closed = True
        if self._process == os.getpid():
            with self._lock:
                _free(self._sessions, self._process)

    def _check(self, deadline: float | None) -> None:
        if self._closed:
            raise EngineUnavailable(_CLOSED)
        if deadline is not None and time.monotonic() >= deadline:
            raise DeadlineExceeded(_LATE)

    @contextmanager
    def _turn(self, deadline: float | None) -> Iterator[list[ScoringSession]]:
        """The loaded sessions, for one thread at a time."""
        if self._process != os.getpid():
            self._begin()  # a fork: the lock may be held for ever by a thread that stayed behind
        self._check(deadline)
        patience = -1.0 if deadline is None else max(0.0, deadline - time.monotonic())
        if not self._lock.acquire(timeout=min(patience, threading.TIMEOUT_MAX)):
            raise DeadlineExceeded(_LATE)
        try:
            self._check(deadline)
            if not self._sessions:
                self._load()
            self._check(deadline)
            yield self._sessions
        finally:
            self._lock.release()

    def _load(self) -> None:
        """Open the two contexts; a failure is remembered until the file changes."""
        from spsd_core.context.perplexity.lane import ScoringSession
        from spsd_core.engines.rewrite.session import LARGEST_EVALUATION
        from spsd_core.models import locate, resolve

        signature = file_signature(resolve(self._settings.model)[0])
        if self._failure is not None and self._failure[0] == signature:
            raise EngineUnavailable(self._failure[1])
        try:
            path = locate(self._settings.model)
            while len(self._sessions) < 2:
                self._sessions.append(
                    ScoringSession(
                        path,
                        context_tokens=self._settings.context_tokens,
                        threads=self._settings.threads or _usable_cores(),
                        most_outputs=LARGEST_EVALUATION,
                    )
                )
        except (ModelFileError, EngineUnavailable) as error:
            _free(self._sessions, self._process)
            self._failure = (signature, str(error))
            raise EngineUnavailable(str(error)) from error


def _free(sessions: list[ScoringSession], process: int) -> None:
    if process != os.getpid():
        return
    for session in sessions:
        session.free()
    sessions.clear()


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
