"""Processes that examine texts; with one worker, this process does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from spsd_core.audit.reading import Examiner, Outcome, Task, examine
from spsd_core.distiller import Distiller
from spsd_core.exceptions import SPSDError
from spsd_core.settings import Settings

__all__ = ["AuditWorkerDiedError", "Batch", "Workers", "cores"]


class AuditWorkerDiedError(SPSDError):
    """A process of an audit was killed or broke down."""


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Batch:
    """Outcomes that are on their way."""

    def __init__(self, future: Future[list[Outcome]] | None, done: list[Outcome]) -> None:
        self._future = future
        self._done = done

    def outcomes(self) -> list[Outcome]:
        """Wait for them.

        Raises:
            AuditWorkerDiedError: a process is gone.
        """
        if self._future is not None:
            try:
                self._done = self._future.result()
            except BrokenProcessPool as error:
                raise AuditWorkerDiedError(
                    "a worker process died, perhaps for want of memory; run again with fewer "
                    "--workers (with --state, the audit goes on where it was)"
                ) from error
            self._future = None
        return self._done


class Workers:
    """Examines batches of texts with one distiller a process.

    Args:
        settings: of the distillers.
        count: processes; 1: none, the work is done where it is asked for.
    """

    def __init__(self, settings: Settings, count: int) -> None:
        self.settings = settings
        self.count = count
        self._pool: ProcessPoolExecutor | None = None
        self._distiller: Distiller | None = None
        if count == 1:
            self._distiller = Examiner(settings)

    def submit(self, tasks: Sequence[Task]) -> Batch:
        """Have the tasks done."""
        if self._distiller is not None:
            return Batch(None, examine(self._distiller, tasks))
        pool = self._pool or self._start()
        try:
            return Batch(pool.submit(_examine, tasks), [])
        except BrokenProcessPool as error:
            broken: Future[list[Outcome]] = Future()
            broken.set_exception(error)
            return Batch(broken, [])

    def submit_under(self, settings: Settings, tasks: Sequence[Task]) -> Batch:
        """Have the tasks done under other settings, once."""
        if self._distiller is not None:
            return Batch(None, examine(_like(self._distiller, settings), tasks))
        return Batch((self._pool or self._start()).submit(_examine_under, settings, tasks), [])

    def _start(self) -> ProcessPoolExecutor:
        """Start the processes, deaf to Ctrl-C: it is for this one to say when they stop."""
        from multiprocessing import get_context

        pool = ProcessPoolExecutor(
            self.count, get_context("spawn"), initializer=_begin, initargs=(self.settings,)
        )
        with _interrupts_ignored():
            for _ in range(self.count):
                pool.submit(os.getpid)
        self._pool = pool
        return pool

    def close(self) -> None:
        """Stop; what was not begun is not done."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if self._distiller is not None:
            self._distiller.close()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """What is started meanwhile inherits it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# -- in a worker -----------------------------------------------------------------------------------

_distiller_here: Distiller | None = None


def _begin(settings: Settings) -> None:
    """Make this process's distiller. One thread a forward pass: there is a process a core."""
    global _distiller_here
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _one_core():
        _distiller_here = Examiner(settings)
        _distiller_here.load()


@contextmanager
def _one_core() -> Iterator[None]:
    """Whoever counts the cores meanwhile finds one, where the system lets us say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _examine(tasks: Sequence[Task]) -> list[Outcome]:
    assert _distiller_here is not None, "the initializer ran"  # noqa: S101 - for the type checker
    return examine(_distiller_here, tasks)


def _examine_under(settings: Settings, tasks: Sequence[Task]) -> list[Outcome]:
    assert _distiller_here is not None, "the initializer ran"  # noqa: S101 - for the type checker
    return examine(_like(_distiller_here, settings), tasks)


def _like(distiller: Distiller, settings: Settings) -> Distiller:
    """A distiller with other engines or another level, and the loaded gate and tokenizer of one."""
    other = Examiner(settings)
    other.counter, other.gate = distiller.counter, distiller.gate
    return other
