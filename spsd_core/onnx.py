"""Where onnxruntime is imported, and told to send nothing."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["load_onnxruntime"]


def load_onnxruntime() -> Any:
    """The module `onnxruntime`, which reports to its maker unless it is told not to beforehand.

    From 1.32 on its Linux wheels have telemetry, and the import alone writes a device id below the
    home directory. Whoever sets `ORT_DISABLE_TELEMETRY` himself has his way.

    Raises:
        ImportError: it is not installed.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime
