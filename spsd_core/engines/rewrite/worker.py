"""One thread that owns one local model and serves drafts from a bounded queue, in order."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

from spsd_core.engines.protocol import Draft, DraftRequest
from spsd_core.engines.rewrite.job import Job
from spsd_core.engines.rewrite.local_model import LocalModel
from spsd_core.exceptions import (
    DeadlineExceeded,
    DraftCancelled,
    EngineError,
    EngineFailed,
    EngineUnavailable,
)

__all__ = ["DraftWorker"]

_MOST_WAITING = 64
_CLOSE_WAIT_S = 10.0
"""Longest wait for the step under way; loading from a slow disk can take longer."""
_CLOSED = "the rewrite engine has been closed"


class _Job(Job):
    def refusal(self) -> EngineError | None:
        """Why nobody waits for this job any more, or None."""
        if self.request.cancelled.is_set() or self.future.cancelled():
            return DraftCancelled("the caller cancelled the draft")
        deadline = self.request.deadline
        if deadline is not None and time.monotonic() >= deadline:
            return DeadlineExceeded("the deadline passed before the draft was complete")
        return None


class DraftWorker:
    """Turns requests into futures. The thread starts with the first request.

    Args:
        open_model: gives the model, loading it when needed; runs in the worker's thread. Takes
            what to run between the steps of a long load.
    """

    def __init__(self, open_model: Callable[[Callable[[], None]], LocalModel]) -> None:
        self._open_model = open_model
        self._waiting: deque[_Job] = deque()
        self._running: _Job | None = None
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._model: LocalModel | None = None
        self._process = os.getpid()

    @property
    def inherited(self) -> bool:
        """Whether this process was forked from the one that made the worker.

        The thread stayed behind then, and its lock may be held for ever.
        """
        return self._process != os.getpid()

    @property
    def model(self) -> LocalModel | None:
        """The model, once it is loaded."""
        return self._model

    def put(self, request: DraftRequest) -> Future[Draft | None]:
        """Queue a request; never blocks."""
        job = _Job(request)
        refusal = job.refusal()
        with self._changed:
            if self._closed:
                refusal = EngineUnavailable(_CLOSED)
            elif refusal is None and len(self._waiting) >= _MOST_WAITING:
                refusal = EngineUnavailable(f"the local model is busy: {_MOST_WAITING} texts wait")
            if refusal is None:
                self._waiting.append(job)
                self._changed.notify()
                self._start()
        if refusal is not None:
            job.finish(error=refusal)
        return job.future

    def close(self) -> None:
        """Fail what waits or runs, free the model, end the thread. May be called twice."""
        self._closed = True
        if self.inherited:
            return
        with self._changed:
            left = [*self._waiting]
            self._waiting.clear()
            if self._running is not None:
                left.append(self._running)
            self._changed.notify_all()
        for job in left:
            job.finish(error=EngineUnavailable(_CLOSED))
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_CLOSE_WAIT_S)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="spsd-rewrite", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            while (job := self._next()) is not None:
                self._serve(job)
        finally:
            if self._model is not None:
                self._model.close()
                self._model = None

    def _next(self) -> _Job | None:
        with self._changed:
            self._running = None
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            self._running = self._waiting.popleft()
            return self._running

    def _serve(self, job: _Job) -> None:
        try:
            self._check(job)
            self._model = self._open_model(self._turn_away)
            draft = self._model.draft(job.request, lambda: self._check(job))
        except EngineError as error:
            job.finish(error=error)
        except Exception as error:  # noqa: BLE001 - the thread must outlive any defect, the caller must hear
            job.finish(error=EngineFailed(f"the rewrite engine broke: {type(error).__name__}"))
        else:
            job.finish(draft)

    def _check(self, job: _Job) -> None:
        self._turn_away_waiting()
        if self._closed:
            raise EngineUnavailable(_CLOSED)
        refusal = job.refusal()
        if refusal is not None:
            raise refusal

    def _turn_away(self) -> None:
        """While a model loads: finish every job for which nobody waits any more."""
        self._turn_away_waiting()
        job = self._running
        refusal = job.refusal() if job is not None else None
        if job is not None and refusal is not None:
            job.finish(error=refusal)

    def _turn_away_waiting(self) -> None:
        with self._changed:
            refused = [(job, why) for job in self._waiting if (why := job.refusal()) is not None]
            for job, _ in refused:
                self._waiting.remove(job)
        for job, why in refused:
            job.finish(error=why)
