"""Engines draft shorter texts. `lexical` deletes phrases; `rewrite` asks a local model.

`build_engines` turns the names in `Settings.engines` into engines: a plain name is a module of this
package with a function `build`, and `package.module:factory` is one of your own.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from spsd_core.engines.protocol import Draft, DraftRequest, Engine
from spsd_core.exceptions import ConfigurationError
from spsd_core.settings import Settings

__all__ = ["Draft", "DraftRequest", "Engine", "build_engines"]

_OWN = ("lexical", "rewrite")


def build_engines(settings: Settings) -> tuple[Engine, ...]:
    """Build the engines that `settings.engines` names, in that order; loads no model.

    Raises:
        ConfigurationError: a name is unknown, a factory cannot be imported, or an engine's own
            settings or packages are missing.
    """
    engines = tuple(_factory(name)(settings) for name in settings.engines)
    names = [engine.name for engine in engines]
    if len(set(names)) != len(names):
        raise ConfigurationError(f"settings.engines names an engine twice: {', '.join(names)}")
    return engines


def _factory(name: str) -> Any:
    if name in _OWN:
        return import_module(f"spsd_core.engines.{name}").build
    module, separator, attribute = name.partition(":")
    if not separator:
        raise ConfigurationError(
            f"settings.engines names {name!r}, which is no engine: choose from "
            f"{', '.join(_OWN)}, or give your own as 'package.module:factory'"
        )
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"settings.engines names {name!r}, which cannot be imported: {error}"
        ) from error
