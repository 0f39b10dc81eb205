"""Where llama-cpp-python is imported, so that its threads behave the same everywhere."""

from __future__ import annotations

import os
import sys
from typing import Any

__all__ = ["load_llama_cpp"]


def load_llama_cpp() -> Any:
    """The module `llama_cpp`; its threads sleep while they wait for each other.

    OpenMP threads spin by default. Sleeping is slower where the cores are free and much faster
    where other programs want them too (`python -m benchmarks.wait_policy`), as they do beside a
    service that distils prompts. A wait policy set by the user, or by
    whoever loaded llama.cpp first, stays.

    Raises:
        ImportError: it is not installed.
    """
    if "llama_cpp" not in sys.modules and "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import llama_cpp

    return llama_cpp
