"""Runs drafting coroutines on one event loop in a thread of its own, a bounded number at once.

The caller's event loop and its default thread pool are never used. Every future is finished by
the queue itself at the request's deadline or soon after it is cancelled, whatever the coroutine
is waiting for; one that still waits its turn is treated the same. The coroutine is then cancelled,
which closes its connection.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass

from spsd_core.engines.protocol import Draft, DraftRequest
from spsd_core.engines.rewrite.job import Job
from spsd_core.exceptions import (
    DeadlineExceeded,
    DraftCancelled,
    EngineError,
    EngineFailed,
    EngineUnavailable,
)

__all__ = ["RequestQueue"]

_CANCEL_POLL_S = 0.025
"""How often `DraftRequest.cancelled` is looked at: nothing announces that it was set."""
_CLEAN_UP_S = 1.0
"""Longest wait for cancelled coroutines to close their connections when the queue closes."""


@dataclass(eq=False)
class _Job(Job):
    task: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None


class RequestQueue:
    """Turns `work` into futures.

    Args:
        work: drafts one text; called on the queue's event loop. Errors other than `EngineError`
            become `EngineFailed`.
        clean_up: awaited on the same loop when the queue closes.
        limit: how many may run at once; the rest wait in order.
    """

    def __init__(
        self,
        work: Callable[[DraftRequest], Awaitable[Draft | None]],
        clean_up: Callable[[], Awaitable[None]],
        limit: int,
    ) -> None:
        self._work = work
        self._clean_up = clean_up
        self._limit = limit
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._closed = False
        self._jobs: set[_Job] = set()  # guarded by the lock; the rest belongs to the loop
        self._waiting: deque[_Job] = deque()
        self._active = 0
        self._watching = False
        self._loop = asyncio.new_event_loop()
        # A daemon, so that a hanging server cannot keep the interpreter from exiting.
        self._thread = threading.Thread(target=self._run, name="spsd-rewrite", daemon=True)
        self._thread.start()

    @property
    def inherited(self) -> bool:
        """Whether this process is a fork of the one that started the thread, and so lacks it."""
        return os.getpid() != self._pid

    def put(self, request: DraftRequest) -> Future[Draft | None]:
        """Queue a request; returns at once. Safe from any thread."""
        job = _Job(request)
        stop = _why_not_start(request)
        with self._lock:
            if self._closed:
                stop = EngineUnavailable("the rewrite engine has been closed")
            elif stop is None:
                self._jobs.add(job)
                self._loop.call_soon_threadsafe(self._enter, job)
        if stop is not None:
            job.finish(error=stop)
        else:
            job.future.add_done_callback(lambda _: self._ended(job))
        return job.future

    def close(self) -> None:
        """Cancel what is queued or running and end the thread. May be called twice."""
        if self.inherited:
            return
        with self._lock:
            if self._closed:
                return
            self._closed = True
            jobs = list(self._jobs)
        for job in jobs:
            job.finish(error=DraftCancelled("the rewrite engine was closed"))
        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._shut_down()))
        if threading.current_thread() is not self._thread:
            self._thread.join(2 * _CLEAN_UP_S + 0.5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _ended(self, job: _Job) -> None:
        by_caller = job.future.cancelled()
        if by_caller:
            job.finish()  # announces the cancellation to those who wait on the future
        with self._lock:
            self._jobs.discard(job)
            if by_caller and not self._closed:
                stopped = DraftCancelled("the caller cancelled the future")
                self._loop.call_soon_threadsafe(self._stop, job, stopped)

    # What follows runs on the loop.

    def _enter(self, job: _Job) -> None:
        self._waiting.append(job)
        if job.request.deadline is not None:
            left_s = max(0.0, job.request.deadline - time.monotonic())
            late = DeadlineExceeded("the deadline passed before the server's draft was complete")
            job.timer = self._loop.call_later(left_s, self._stop, job, late)
        if not self._watching:
            self._watching = True
            self._watch()
        self._start_next()

    def _watch(self) -> None:
        with self._lock:
            jobs = list(self._jobs)
        for job in jobs:
            if job.request.cancelled.is_set():
                self._stop(job, DraftCancelled("the caller no longer waits"))
        self._watching = bool(jobs)
        if jobs:
            self._loop.call_later(_CANCEL_POLL_S, self._watch)

    def _start_next(self) -> None:
        while self._waiting and self._active < self._limit:
            job = self._waiting.popleft()
            if not job.future.done():
                self._active += 1
                job.task = self._loop.create_task(self._carry_out(job))

    async def _carry_out(self, job: _Job) -> None:
        try:
            draft = await self._work(job.request)
        except EngineError as error:
            job.finish(error=error)
        except Exception as error:  # noqa: BLE001 - only EngineError may leave an engine
            # The message of a foreign error may quote the text or a header: name its type only.
            name = type(error).__name__
            job.finish(error=EngineFailed(f"the rewrite engine broke ({name})"))
        else:
            job.finish(draft)
        finally:
            job.finish(error=DraftCancelled("the draft was cancelled"))
            if job.timer is not None:
                job.timer.cancel()
            self._active -= 1
            self._start_next()

    def _stop(self, job: _Job, error: EngineError) -> None:
        if job.timer is not None:
            job.timer.cancel()
        job.finish(error=error)
        if job.task is not None:
            job.task.cancel()

    async def _shut_down(self) -> None:
        self._waiting.clear()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        try:
            if others:
                await asyncio.wait(others, timeout=_CLEAN_UP_S)
            await asyncio.wait_for(self._clean_up(), _CLEAN_UP_S)
            await self._loop.shutdown_asyncgens()
        except Exception:  # noqa: BLE001, S110 - nobody is left to hear about it
            pass
        finally:
            self._loop.stop()


def _why_not_start(request: DraftRequest) -> EngineError | None:
    if request.cancelled.is_set():
        return DraftCancelled("the caller no longer waits")
    if request.deadline is not None and time.monotonic() >= request.deadline:
        return DeadlineExceeded("the deadline had passed before the server could be asked")
    return None
