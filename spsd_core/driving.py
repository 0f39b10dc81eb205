"""Carrying a run to its end: blocking, or awaiting. The run itself decides everything."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from spsd_core.distillation import Distillation
from spsd_core.run import Run, Wait, Way

__all__ = ["adrive", "compute", "drive"]

Result = TypeVar("Result")


def drive(run: Run) -> Distillation:
    """Carry a run to its end, blocking where an engine works elsewhere."""
    way = run.way()
    try:
        step = _step(way)
        while isinstance(step, Wait):
            _block_until_done(step)
            step = _step(way)
    except BaseException:  # nobody waits any longer: an interrupt, for example
        run.abandon()
        raise
    return step


def _block_until_done(wait: Wait) -> None:
    """Until the future is done, cancelled or not, or the deadline has passed."""
    done = threading.Event()
    wait.future.add_done_callback(lambda _: done.set())
    done.wait(wait.seconds_left())


async def adrive(run: Run, executor: Executor | None) -> Distillation:
    """Carry a run to its end, awaiting where an engine works elsewhere.

    Args:
        run: the run.
        executor: computes the stages; None: they are computed here.
    """
    way = run.way()
    try:
        step = await compute(executor, _step, way)
        while isinstance(step, Wait):
            await _until_done(step)
            step = await compute(executor, _step, way)
    except BaseException:  # nobody waits any longer: a cancelled task, for example
        run.abandon()
        raise
    return step


async def compute(
    executor: Executor | None, function: Callable[..., Result], *arguments: Any
) -> Result:
    """Call a function in the executor, with the context variables of this task."""
    if executor is None:
        return function(*arguments)
    call = contextvars.copy_context().run
    try:
        working = asyncio.get_running_loop().run_in_executor(executor, call, function, *arguments)
    except RuntimeError:  # the distiller or the interpreter is being shut down
        return function(*arguments)
    return await working


async def _until_done(wait: Wait) -> None:
    """`_block_until_done` without blocking the event loop."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def wake(_: Future[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(_finish, done)

    wait.future.add_done_callback(wake)
    await asyncio.wait((done,), timeout=wait.seconds_left())


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def _step(way: Way) -> Wait | Distillation:
    """Advance the way to its next wait or its end."""
    try:
        return next(way)
    except StopIteration as stop:
        result: Distillation = stop.value
        return result
