"""The `rewrite` engine: a local instruction-tuned model drafts a shorter text."""

from __future__ import annotations

from spsd_core.engines.protocol import Engine
from spsd_core.settings import Settings

__all__ = ["build"]


def build(settings: Settings) -> Engine:
    """Build the engine on the backend that `settings.rewrite.backend` names; loads no model.

    A model file that is missing or corrupt raises nothing here: drafts then fail with
    `EngineUnavailable`, whose message says what to run.

    Raises:
        ConfigurationError: a package is missing, or the model or the server's address is no
            usable one.
    """
    if settings.rewrite.backend == "openai_compatible":
        from spsd_core.engines.rewrite.openai_compatible import OpenAICompatibleEngine

        return OpenAICompatibleEngine(settings)
    from spsd_core.engines.rewrite.llama_cpp import LlamaCppEngine

    return LlamaCppEngine(settings)
