"""Looking at a tokenizer's file when the settings are read, without loading it."""

from __future__ import annotations

from pathlib import Path

from spsd_core.exceptions import ConfigurationError

__all__ = ["first_bytes", "tokenizer_path"]


def tokenizer_path(setting: str, argument: str) -> Path:
    """The path that a setting gives, `~` expanded.

    Raises:
        ConfigurationError: it names the home of a user that does not exist.
    """
    try:
        return Path(argument).expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{setting}: {error}") from error


def first_bytes(setting: str, path: Path, count: int) -> bytes:
    """The first bytes of a file.

    Raises:
        ConfigurationError: the file cannot be read; the message names the setting.
    """
    try:
        with path.open("rb") as file:
            return file.read(count)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ConfigurationError(f"{setting}: cannot read the file: {error}") from error
