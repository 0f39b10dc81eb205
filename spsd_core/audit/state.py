"""The state of an audit on disk: where it is in the log, and everything counted so far."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from spsd_core.audit.readers import FORMATS, Form, Format, Place
from spsd_core.exceptions import ConfigurationError

__all__ = ["State", "read_state", "write_state"]

_SCHEMA = 2


class State(NamedTuple):
    """Everything a later run needs to go on."""

    terms: dict[str, Any]
    """What the counts hang on: settings, options, version."""
    identity: tuple[int, str]
    """Hash of the beginning of the log."""
    form: Form
    place: Place
    figures: dict[str, Any]


def write_state(path: Path, state: State) -> None:
    """Write it in one step, readable by its owner alone: a run that is killed leaves the old one.

    Raises:
        OSError: it cannot be written.
    """
    content = json.dumps({"schema_version": _SCHEMA, **state._asdict()})
    handle, temporary = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path.resolve())
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_state(path: Path, terms: dict[str, Any]) -> State | None:
    """What an earlier run left; None: there is none.

    Args:
        path: the state file.
        terms: those of this run.

    Raises:
        ConfigurationError: it is no state file, or one of a run with other terms.
        OSError: it cannot be read.
    """
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        state = _from_json(json.loads(path.read_bytes()))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"--state {path} is not the state of an audit ({error}); give another, or remove it"
        ) from error
    names = {*terms, *state.terms}
    other = sorted(name for name in names if terms.get(name) != state.terms.get(name))
    if other:
        raise ConfigurationError(
            f"--state {path} was written by a run with other {', '.join(other)}; run as then, give "
            "another file, or remove it"
        )
    return state


def _known_format(name: str) -> Format:
    found = next((one for one in FORMATS if one == name), None)
    if found is None:
        raise ValueError(f"there is no format {name!r}")
    return found


def _from_json(stored: dict[str, Any]) -> State:
    if stored["schema_version"] != _SCHEMA:
        raise ValueError(
            f"schema_version is {stored['schema_version']!r}, this SPSD knows {_SCHEMA}"
        )
    format_, column, delimiter, header = stored["form"]
    size, digest = stored["identity"]
    return State(
        dict(stored["terms"]),
        (int(size), str(digest)),
        Form(_known_format(format_), column, delimiter, tuple(header)),
        Place(*map(int, stored["place"])),
        stored["figures"],
    )
