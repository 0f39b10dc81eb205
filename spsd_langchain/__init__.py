"""SPSD for LangChain: shorten prompts on the way to a chat model, or send them byte for byte.

    from spsd_langchain import PromptDistiller
    chain = prompt | PromptDistiller() | model

Nothing of LangChain is imported before a name below is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spsd_langchain.callbacks import DistillationCallbackHandler
    from spsd_langchain.compressor import ContextDistillCompressor
    from spsd_langchain.middleware import DistillationMiddleware
    from spsd_langchain.runnable import PromptDistiller
    from spsd_langchain.tool_results import ToolResultSettings

__all__ = [
    "ContextDistillCompressor",
    "DistillationCallbackHandler",
    "DistillationMiddleware",
    "PromptDistiller",
    "ToolResultSettings",
]

_MODULES = {
    "ContextDistillCompressor": "spsd_langchain.compressor",
    "DistillationCallbackHandler": "spsd_langchain.callbacks",
    "DistillationMiddleware": "spsd_langchain.middleware",
    "PromptDistiller": "spsd_langchain.runnable",
    "ToolResultSettings": "spsd_langchain.tool_results",
}
_EXTRAS = {"langchain_core": "langchain", "langchain": "agents", "langgraph": "agents"}
"""Which of our extras installs a package of theirs."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(_MODULES[name]), name)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        raise ImportError(
            f"spsd_langchain.{name} needs {package.replace('_', '-')}: "
            f"pip install 'spsd[{_EXTRAS[package]}]'"
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
