"""Engines draft shorter texts. `extract` and `lexical` delete, `rewrite` asks a local model.

`build_engines` turns the names in `Settings.engines` into engines: a plain name is a module of this
package with a function `build`, and `package.module:factory` is one of your own.
"""

from __future__ import annotations

from importlib import import_module

from spsd_core.engines.protocol import Draft, DraftRequest, Engine
from spsd_core.exceptions import ConfigurationError
from spsd_core.settings import Settings

__all__ = ["Draft", "DraftRequest", "Engine", "build_engines"]

_OWN = ("extract", "lexical", "rewrite")


def build_engines(settings: Settings) -> tuple[Engine, ...]:
    """Build the engines that `settings.engines` names, in that order; loads no model.

    Raises:
        ConfigurationError: a name is unknown, a factory cannot be imported, or an engine's own
            settings or packages are missing.
    """
    engines = tuple(_build(name, settings) for name in settings.engines)
    names = [engine.name for engine in engines]
    if len(set(names)) != len(names):
        raise ConfigurationError(f"settings.engines names an engine twice: {', '.join(names)}")
    return engines


def _build(name: str, settings: Settings) -> Engine:
    """One engine by its name; whatever its factory raises is told as a wrong setting."""
    if name in _OWN:
        engine: Engine = import_module(f"spsd_core.engines.{name}").build(settings)
        return engine
    module, separator, attribute = name.partition(":")
    if not (module and separator and attribute):
        raise ConfigurationError(
            f"settings.engines names {name!r}, which is no engine: choose from "
            f"{', '.join(_OWN)}, or give your own as 'package.module:factory'"
        )
    try:
        made = getattr(import_module(module), attribute)(settings)
    except ConfigurationError:
        raise
    except Exception as error:
        raise ConfigurationError(
            f"settings.engines names {name!r}, which cannot be built: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not isinstance(made, Engine):
        raise ConfigurationError(
            f"settings.engines names {name!r}, which gave {type(made).__name__}, not an engine: "
            "an engine has `name`, `submit` and `close`"
        )
    return made
