"""SPSD core: distils what people write before a cloud chat model is billed for it.

Names are loaded on first use, so that `import spsd_core` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spsd_core.chat import ChatDistillation, ChatMessage
    from spsd_core.context import ContextDistillation, ContextDistiller, ContextRecord, Passage
    from spsd_core.distillation import Decision, Distillation, Reason, Record
    from spsd_core.distiller import Distiller
    from spsd_core.exceptions import ConfigurationError, ModelFileError, SPSDError
    from spsd_core.observers import Call, Observer, StageEvent
    from spsd_core.savings import PriceTable, Savings, SavingsMeter, SavingsSnapshot
    from spsd_core.settings import (
        AdmissionSettings,
        ChatSettings,
        ContextSettings,
        ExtractSettings,
        Overrides,
        PerplexitySettings,
        RewriteSettings,
        SafetySettings,
        Settings,
        TargetSettings,
        VerifierSettings,
    )

__all__ = [
    "AdmissionSettings",
    "Call",
    "ChatDistillation",
    "ChatMessage",
    "ChatSettings",
    "ConfigurationError",
    "ContextDistillation",
    "ContextDistiller",
    "ContextRecord",
    "ContextSettings",
    "Decision",
    "Distillation",
    "Distiller",
    "ExtractSettings",
    "ModelFileError",
    "Observer",
    "Overrides",
    "Passage",
    "PerplexitySettings",
    "PriceTable",
    "Reason",
    "Record",
    "RewriteSettings",
    "SPSDError",
    "SafetySettings",
    "Savings",
    "SavingsMeter",
    "SavingsSnapshot",
    "Settings",
    "StageEvent",
    "TargetSettings",
    "VerifierSettings",
    "__version__",
]

__version__ = "0.1.0"

_HOMES = {
    "chat": ("ChatDistillation", "ChatMessage"),
    "context": ("ContextDistillation", "ContextDistiller", "ContextRecord", "Passage"),
    "distillation": ("Decision", "Distillation", "Reason", "Record"),
    "distiller": ("Distiller",),
    "exceptions": ("ConfigurationError", "ModelFileError", "SPSDError"),
    "observers": ("Call", "Observer", "StageEvent"),
    "savings": ("PriceTable", "Savings", "SavingsMeter", "SavingsSnapshot"),
    "settings": (
        "AdmissionSettings",
        "ChatSettings",
        "ContextSettings",
        "ExtractSettings",
        "Overrides",
        "PerplexitySettings",
        "RewriteSettings",
        "SafetySettings",
        "Settings",
        "TargetSettings",
        "VerifierSettings",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'spsd_core' has no attribute {name!r}")
    value = getattr(import_module(f"spsd_core.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
