"""A tokenizer that the first count loads; where that fails, the estimate counts in its place."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from spsd_core.tokens.estimate import EstimateCounter
from spsd_core.tokens.pieces import well_formed

__all__ = ["LazyCounter"]

_log = logging.getLogger(__name__)


class LazyCounter:
    """Counts with a tokenizer that takes time, files or a network to load.

    Nothing is loaded until the first count; threads that come meanwhile wait for that one load.
    Where it fails, and for a text the tokenizer itself breaks on, the estimate counts: `name`,
    `exact` and `note` then say so. Read them after counting.

    Args:
        name: the tokenizer's name in records.
        load: gives the function that counts; called once, and may raise.
        patience_s: longest wait for `load`, seconds; None: as long as it takes. For loaders that
            may sit on a dead network.
    """

    def __init__(
        self, name: str, load: Callable[[], Callable[[str], int]], patience_s: float | None = None
    ) -> None:
        self._name = name
        self._load = load
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._count: Callable[[str], int] | None = None
        self._estimate = EstimateCounter()
        self._note = ""

    @property
    def name(self) -> str:
        """The tokenizer's name, with ` (estimate)` behind it where the estimate stands in."""
        return self._name if self.exact else f"{self._name} (estimate)"

    @property
    def exact(self) -> bool:
        """True until something has failed."""
        return not self._note

    @property
    def note(self) -> str:
        """What failed, in one sentence without user text; empty where nothing has."""
        return self._note

    @property
    def loaded(self) -> bool:
        """Whether the first count has happened."""
        return self._count is not None

    def count(self, text: str) -> int:
        """Tokens of `text`; special-token markers inside it are plain text. Never raises."""
        count = self._count or self._load_once()
        try:
            return count(well_formed(text))
        except BaseException as error:
            if not _is_defect(error):
                raise
            self._degrade("failed on a text", error)
            return self._estimate.count(text)

    def _load_once(self) -> Callable[[str], int]:
        with self._lock:
            if self._count is None:
                try:
                    self._count = _within(self._patience_s, self._load)
                except BaseException as error:
                    if not _is_defect(error):
                        raise
                    self._degrade("could not be loaded", error)
                    self._count = self._estimate.count
            return self._count

    def _degrade(self, what: str, error: BaseException) -> None:
        if not self._note:
            cause = type(error).__name__
            self._note = f"tokenizer {self._name} {what} ({cause}); tokens are estimated"
            _log.warning("%s", self._note)


def _is_defect(error: BaseException) -> bool:
    """Whether the tokenizer broke: an exception, or a panic in Rust (no subclass of Exception)."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _within(
    patience_s: float | None, load: Callable[[], Callable[[str], int]]
) -> Callable[[str], int]:
    """`load()`, or TimeoutError when it has not returned in time (it is left to itself then)."""
    if patience_s is None:
        return load()
    outcome: list[Callable[[str], int] | BaseException] = []

    def run() -> None:
        try:
            outcome.append(load())
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
            outcome.append(error)

    thread = threading.Thread(target=run, name="spsd-tokenizer", daemon=True)
    thread.start()
    thread.join(patience_s)
    if not outcome:
        raise TimeoutError(f"not loaded after {patience_s} s")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]
