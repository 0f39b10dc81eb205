"""llama.cpp logs through one callback for the whole process; only our own lines are kept quiet.

Lines that arise on a thread inside `captured_logs` are collected and not printed; all others go
where they went before. Errors among the collected ones explain why a file did not load.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from spsd_core.llama_runtime import load_llama_cpp

__all__ = ["captured_logs"]

_ERROR = 3
_install_lock = threading.Lock()
_local = threading.local()
_callback: Any = None
"""Kept for the life of the process: llama.cpp holds a bare pointer to it."""


@contextmanager
def captured_logs() -> Iterator[list[str]]:
    """Collect the error lines llama.cpp logs on this thread; nothing is printed meanwhile."""
    _install()
    outer = getattr(_local, "errors", None)
    errors: list[str] = []
    _local.errors = errors
    try:
        yield errors
    finally:
        _local.errors = outer


def _install() -> None:
    global _callback
    with _install_lock:
        if _callback is not None:
            return
        llama_cpp = load_llama_cpp()

        previous = llama_cpp.llama_log_callback()
        previous_data = ctypes.c_void_p()
        llama_cpp.llama_log_get(ctypes.byref(previous), ctypes.byref(previous_data))

        @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator,unused-ignore]
        def callback(level: int, text: bytes, _data: Any) -> None:
            errors = getattr(_local, "errors", None)
            if errors is None:
                if previous:
                    previous(level, text, previous_data)
            elif level == _ERROR and len(errors) < 20:
                errors.append(text.decode("utf-8", "replace").strip())

        llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
        _callback = callback
