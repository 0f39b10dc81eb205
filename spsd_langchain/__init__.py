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
    from spsd_langchain.runnable import PromptDistiller

__all__ = ["DistillationCallbackHandler", "PromptDistiller"]

_MODULES = {
    "DistillationCallbackHandler": "spsd_langchain.callbacks",
    "PromptDistiller": "spsd_langchain.runnable",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(_MODULES[name]), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "langchain_core":
            raise
        raise ImportError(
            f"spsd_langchain.{name} needs langchain-core: pip install 'spsd[langchain]'"
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
