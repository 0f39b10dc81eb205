"""Options that several commands take, read the same way by all."""

from __future__ import annotations

import argparse
from pathlib import Path

from spsd_core.exceptions import ConfigurationError

__all__ = ["check_folder", "name_and_value", "positive"]


def positive(given: str) -> int:
    """A whole number from 1 on, as a type for argparse."""
    value = int(given)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{given} is not 1 or more")
    return value


def name_and_value(given: str, option: str, form: str) -> tuple[str, str]:
    """The two sides of `NAME=VALUE`.

    Raises:
        ConfigurationError: there are not two; `option` and `form` say what was expected.
    """
    name, equals, value = given.partition("=")
    if not name or not equals or not value:
        raise ConfigurationError(f"{option} {given}: write {form}")
    return name, value


def check_folder(option: str, file: Path | None) -> None:
    """What cannot be written is better known before an hour of work than after it.

    Raises:
        ConfigurationError: the folder of the file is not there.
    """
    if file is not None and not file.absolute().parent.is_dir():
        raise ConfigurationError(
            f"{option} {file}: there is no folder {file.absolute().parent}; make it first"
        )
