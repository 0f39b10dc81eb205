"""Where llama-cpp-python is imported, so that its threads behave the same everywhere."""

from __future__ import annotations

import os
import sys
from typing import Any

__all__ = ["load_llama_cpp"]


def load_llama_cpp() -> Any:
    """The module `llama_cpp`; its threads sleep while they wait for each other.

    OpenMP threads spin by default; where another program wants the cores too, that slows llama.cpp
    down by a multiple (`python -m benchmarks.wait_policy`). A wait policy set by the user, or by
    whoever loaded llama.cpp first, stays.

    Raises:
        ImportError: it is not installed.
    """
    if "llama_cpp" not in sys.modules and "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import llama_cpp

    return llama_cpp
