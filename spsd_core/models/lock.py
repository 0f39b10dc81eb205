"""A lock between processes: two downloads of one file must not write over each other."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spsd_core.exceptions import ModelFileError

__all__ = ["exclusive"]

_POLL_S = 0.2


@contextmanager
def exclusive(path: Path, *, wait_s: float) -> Iterator[None]:
    """Hold the lock file `path`. The system frees it if this process dies; the file stays.

    Args:
        path: the lock file; made where it is missing.
        wait_s: how long to wait for another holder, seconds.

    Raises:
        ModelFileError: somebody else holds it.
        OSError: the file cannot be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _wait(handle, path, time.monotonic() + wait_s)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, path: Path, until: float) -> None:
    while not _acquire(handle):
        if time.monotonic() >= until:
            raise ModelFileError(
                f"another download of this model is running (it holds {path}); wait for it to end"
            )
        time.sleep(_POLL_S)


if sys.platform == "win32":

    def _acquire(handle: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _acquire(handle: int) -> bool:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
