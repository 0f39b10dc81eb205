"""SPSD for LlamaIndex: distils queries before retrieval, what was retrieved after it, and the
user's turns before an LLM.

Names are loaded on first use, so that importing the package does not import LlamaIndex.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spsd_llamaindex.callbacks import DistillationCallbackHandler
    from spsd_llamaindex.events import ContextDistillEvent, DistillationEvent
    from spsd_llamaindex.ingestion import SentenceVectors
    from spsd_llamaindex.llm import DistillingLLM
    from spsd_llamaindex.postprocessor import ContextDistillPostprocessor
    from spsd_llamaindex.query_engine import DistillQueryEngine
    from spsd_llamaindex.query_transform import DistillQueryTransform

__all__ = [
    "ContextDistillEvent",
    "ContextDistillPostprocessor",
    "DistillQueryEngine",
    "DistillQueryTransform",
    "DistillationCallbackHandler",
    "DistillationEvent",
    "DistillingLLM",
    "SentenceVectors",
]

_HOME_OF = {
    "ContextDistillEvent": "events",
    "ContextDistillPostprocessor": "postprocessor",
    "DistillQueryEngine": "query_engine",
    "DistillQueryTransform": "query_transform",
    "DistillationCallbackHandler": "callbacks",
    "DistillationEvent": "events",
    "DistillingLLM": "llm",
    "SentenceVectors": "ingestion",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'spsd_llamaindex' has no attribute {name!r}")
    try:
        module = import_module(f"spsd_llamaindex.{_HOME_OF[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("llama_index"):
            raise ImportError(
                "spsd_llamaindex needs llama-index-core; run: pip install 'spsd[llamaindex]'"
            ) from error
        raise
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
