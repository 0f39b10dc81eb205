"""What the LlamaIndex adapter adds to a call of the bare distiller.

python -m benchmarks.llamaindex_overhead
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from llama_index.core.schema import QueryBundle

from benchmarks.pipeline import PROMPT
from spsd_core import Distiller, Settings
from spsd_llamaindex import DistillQueryTransform

REPEATS = 500


def main() -> None:
    for memo, entries in (("memo on", 4096), ("memo off", 0)):
        settings = Settings(memo_entries=entries)
        distiller = Distiller(settings)
        transform = DistillQueryTransform(distiller=distiller)
        bare, adapted = _interleaved(
            lambda d=distiller: d.distill(PROMPT),
            lambda t=transform: t.run(QueryBundle(PROMPT)),
        )
        _report(f"run, {memo}", bare, adapted)
        bare, adapted = asyncio.run(
            _ainterleaved(
                lambda d=distiller: d.adistill(PROMPT),
                lambda t=transform: t.arun(QueryBundle(PROMPT)),
            )
        )
        _report(f"arun, {memo}", bare, adapted)


def _interleaved(
    one: Callable[[], object], other: Callable[[], object]
) -> tuple[list[float], list[float]]:
    """Times of both, taken in turn so that the machine's moods meet both alike; milliseconds."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for call, kept in zip((one, other), times):
            began = time.perf_counter()
            call()
            kept.append((time.perf_counter() - began) * 1000)
    return times


async def _ainterleaved(
    one: Callable[[], Awaitable[object]], other: Callable[[], Awaitable[object]]
) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for call, kept in zip((one, other), times):
            began = time.perf_counter()
            await call()
            kept.append((time.perf_counter() - began) * 1000)
    return times


def _report(name: str, bare: list[float], adapted: list[float]) -> None:
    first, second = statistics.median(bare), statistics.median(adapted)
    print(
        f"{name:<16} bare p50 {first:.3f} ms   adapter p50 {second:.3f} ms   "
        f"difference {second - first:+.3f} ms"
    )


if __name__ == "__main__":
    main()
