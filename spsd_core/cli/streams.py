"""Standard output and error, where the caller closed them, or they cannot be written to."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

__all__ = ["open_closed_streams", "say", "written_out"]

_OUTPUT, _ERROR = 1, 2


def open_closed_streams() -> None:
    """Put something where standard output and error are closed, as the GNU tools do.

    Else the next file that is opened, a log or a cache, gets their number, and whatever a library
    prints goes into it. What is closed stays so to the eye: writing to output fails, and what is
    said on standard error is said to nobody.
    """
    if sys.stdout is None:
        _occupy(_OUTPUT, os.O_RDONLY)  # not for writing: who writes is told
        sys.stdout = open(_OUTPUT, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        _occupy(_ERROR, os.O_WRONLY)
        sys.stderr = open(_ERROR, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _occupy(number: int, flags: int) -> None:
    """Open the null device under the number of a stream, unless something else is there."""
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, flags)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def written_out() -> bool:
    """Send off what was printed; False where it cannot be, which is then said, and forgotten."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # else the interpreter would try again at its exit, complain, and make the exit code 120
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # who has read enough need not be told
            say(f"standard output: {error.strerror or error}")
        return False
    return True


def say(message: str) -> None:
    """Say something on standard error, if anybody can hear it."""
    with suppress(OSError, ValueError):
        print(f"spsd: {message}", file=sys.stderr, flush=True)
