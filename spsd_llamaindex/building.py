"""What the parts are built from: a distiller that was given, or one of the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from spsd_core.context import ContextDistiller
from spsd_core.distiller import Distiller
from spsd_core.exceptions import ConfigurationError
from spsd_core.settings import Settings

__all__ = ["context_distiller", "settings_without_secrets", "text_distiller"]


def context_distiller(
    settings: Settings | Mapping[str, Any] | None, distiller: ContextDistiller | None
) -> ContextDistiller:
    """The given distiller, or one of these settings.

    Raises:
        ConfigurationError: both were given, or something that is no context distiller.
    """
    if distiller is None:
        return ContextDistiller(None if settings is None else Settings.model_validate(settings))
    if settings is not None:
        raise ConfigurationError("give either settings or a distiller, not both")
    if not isinstance(distiller, ContextDistiller):
        raise ConfigurationError(
            f"distiller is a {type(distiller).__name__}, not a ContextDistiller"
        )
    return distiller


def text_distiller(
    settings: Settings | Mapping[str, Any] | None, distiller: Distiller | None
) -> Distiller:
    """The given distiller, or one of these settings.

    Raises:
        ConfigurationError: both were given, or something that is no distiller.
    """
    if distiller is None:
        return Distiller(None if settings is None else Settings.model_validate(settings))
    if settings is not None:
        raise ConfigurationError("give either settings or a distiller, not both")
    if not isinstance(distiller, Distiller):
        raise ConfigurationError(f"distiller is a {type(distiller).__name__}, not a Distiller")
    return distiller


def settings_without_secrets(settings: Settings) -> dict[str, Any]:
    """What differs from the defaults, as JSON types, the same in every process."""
    dumped = settings.model_dump(exclude={"rewrite": {"api_key"}}, exclude_defaults=True)
    plain: dict[str, Any] = json.loads(json.dumps(dumped, default=_plain))
    return plain


def _plain(value: object) -> object:
    """JSON types for sets (in order, which a set has not of itself) and for paths."""
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)
