"""The stages of one call, timed, with what they cost: what every log of a call begins with."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from spsd_core.distillation import StageRecord
from spsd_core.observers import Call, Observer, StageEvent

__all__ = ["OpenStage", "StageLog", "ms_since"]


class OpenStage:
    """A stage that has not ended; set `outcome` to `stop` where it decides the call."""

    outcome = "pass"


class StageLog:
    """Stages, notes and processor time of one call."""

    def __init__(self, call: Call, observers: Sequence[Observer]) -> None:
        self.call = call
        self.observers = observers
        self.began = time.perf_counter()
        self.stages: list[StageRecord] = []
        self.notes: list[str] = []
        self.core_seconds = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[OpenStage]:
        """Time a stage that computes in this thread, and tell the observers when it ends."""
        stage = OpenStage()
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            yield stage
        finally:
            self.core_seconds += time.thread_time() - cpu
            self.add_stage(name, ms_since(wall), stage.outcome)

    def add_stage(self, name: str, ms: float, outcome: str = "pass") -> None:
        """Enter a stage that has ended."""
        record = StageRecord(stage=name, ms=ms, outcome=outcome)
        self.stages.append(record)
        for observer in self.observers:
            try:
                observer.on_spsd_stage(StageEvent(self.call, record))
            except Exception as error:  # noqa: BLE001 - watching must not disturb
                self.notes.append(f"observer failed in on_spsd_stage: {type(error).__name__}")


def ms_since(began: float) -> float:
    """Milliseconds since a `time.perf_counter()` value."""
    return (time.perf_counter() - began) * 1000
