"""A draft that somebody waits for, whoever makes it."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from spsd_core.engines.protocol import Draft, DraftRequest

__all__ = ["Job"]


@dataclass(eq=False)
class Job:
    """A request and its future, which is finished once, by whoever comes first."""

    request: DraftRequest
    future: Future[Draft | None] = field(default_factory=Future)
    _claim: threading.Lock = field(default_factory=threading.Lock)

    def finish(self, draft: Draft | None = None, error: BaseException | None = None) -> None:
        """Finish the future, unless the deadline, `close` or the caller did so before."""
        if not self._claim.acquire(blocking=False):
            return  # never released: whoever takes it finishes the future
        if not self.future.set_running_or_notify_cancel():
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(draft)
