"""The folder of model files on this machine: what is there, whether it is whole, where it lies."""

from __future__ import annotations

import difflib
import os
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from spsd_core.exceptions import ConfigurationError, ModelFileError
from spsd_core.models.catalogue import CATALOGUE, ModelEntry
from spsd_core.models.gguf_header import GgufHeader, read_gguf_header
from spsd_core.models.records import file_sha256, read_records, write_record

__all__ = [
    "FileState",
    "ModelStatus",
    "Verification",
    "check_name",
    "inspect",
    "locate",
    "models_folder",
    "other_files",
    "resolve",
    "status",
    "verify",
]


class FileState(str, Enum):
    """What is known about a model file."""

    ABSENT = "absent"
    PRESENT = "present"
    """There and whole by its header, not hashed yet; the first use hashes it."""
    VERIFIED = "verified"
    """There, and hashed since it was last touched."""
    CORRUPT = "corrupt"


@dataclass(frozen=True)
class ModelStatus:
    """A model file as found on this machine."""

    name: str
    """Catalogue name, or file name for a file that is not in the catalogue."""
    path: Path
    state: FileState
    entry: ModelEntry | None = None
    header: GgufHeader | None = None
    problem: str = ""
    """What is wrong and what to run, where `state` is corrupt."""


@dataclass(frozen=True)
class Verification:
    """A file that was hashed and is what it should be, as far as that is known."""

    path: Path
    sha256: str
    compared_with: Literal["catalogue", "record", "nothing"]
    """`nothing`: no hash was known; for a file in the model folder this one is recorded now."""


def models_folder() -> Path:
    """Where model files are kept: $SPSD_MODELS, or `spsd/models` in the user's cache folder."""
    if chosen := os.environ.get("SPSD_MODELS"):
        return Path(chosen).expanduser()
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "spsd" / "models"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        base = Path(local) if local else Path.home() / "AppData" / "Local"
        return base / "spsd" / "models"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "spsd" / "models"
    return Path.home() / ".cache" / "spsd" / "models"


def check_name(name_or_path: str) -> None:
    """Refuse what can be neither a catalogue name nor the path of a GGUF file. Touches no file.

    Raises:
        ConfigurationError: names the models that exist.
    """
    if name_or_path in CATALOGUE or _looks_like_path(name_or_path):
        return
    close = difflib.get_close_matches(name_or_path.lower(), CATALOGUE, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ConfigurationError(
        f"unknown model {name_or_path!r}.{hint} "
        f"Known: {', '.join(CATALOGUE)}; or give the path of a .gguf file."
    )


def resolve(name_or_path: str) -> tuple[Path, ModelEntry | None]:
    """The file a name or path stands for, whether it exists or not, and its catalogue entry.

    A bare file name that is not in the working folder is looked for in the model folder.

    Raises:
        ConfigurationError: see `check_name`.
    """
    check_name(name_or_path)
    if entry := CATALOGUE.get(name_or_path):
        return models_folder() / entry.file_name, entry
    path = _expanded(name_or_path)
    stored = models_folder() / path.name
    if path.name == str(path) and not _is_file(path) and _is_file(stored):
        path = stored
    return path, _entry_of(path)


def locate(name_or_path: str) -> Path:
    """The path of a usable model file. Cheap after the first time; then the file is hashed once.

    Args:
        name_or_path: a catalogue name (`spsd models list`) or the path of a GGUF file.

    Raises:
        ConfigurationError: neither a known name nor a path.
        ModelFileError: missing, truncated, or not the file it should be; says what to run.
    """
    path, entry = resolve(name_or_path)
    if not _is_file(path):
        raise ModelFileError(_missing(name_or_path, path, entry))
    if not _is_verified(path, entry):
        inspect(path, entry)
        if _expected_sha256(path, entry):
            verify(name_or_path)
    return path


def inspect(path: Path, entry: ModelEntry | None = None) -> GgufHeader:
    """Hold a file's size and header against the catalogue and against itself, without hashing it.

    Raises:
        ModelFileError: truncated, of the wrong size, or no GGUF file.
    """
    remedy = _remedy(path, entry)
    size = _size(path)
    if entry and size != entry.size_bytes:
        what = "truncated" if size < entry.size_bytes else "not the file it should be"
        raise ModelFileError(
            f"{path} is {what}: {size:,} bytes instead of {entry.size_bytes:,}. {remedy}"
        )
    try:
        header = read_gguf_header(path)
    except ModelFileError as error:
        raise ModelFileError(f"{error}. {remedy}") from error
    if header.truncated:
        raise ModelFileError(
            f"{path} is truncated: {size:,} bytes, but its {header.tensor_count} tensors "
            f"need {header.required_bytes:,}. {remedy}"
        )
    return header


def verify(name_or_path: str, *, accept: bool = False) -> Verification:
    """Hash a file in full and compare it with the catalogue, or with the hash recorded before.

    A file in the model folder for which there is neither is recorded (trust on first use).

    Args:
        name_or_path: a catalogue name or the path of a GGUF file.
        accept: forget the hash recorded before (not the catalogue's) and record this one.

    Raises:
        ConfigurationError: neither a known name nor a path.
        ModelFileError: missing, truncated, or another hash than expected.
    """
    path, entry = resolve(name_or_path)
    if not _is_file(path):
        raise ModelFileError(_missing(name_or_path, path, entry))
    inspect(path, entry)
    expected = _expected_sha256(path, entry)
    if accept and not (entry and entry.sha256):
        expected = None
    try:
        stat = path.stat()
        actual = file_sha256(path)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error
    if expected and actual != expected:
        raise ModelFileError(
            f"{path} has the wrong checksum: sha256 {actual} instead of {expected}. "
            f"{_remedy(path, entry)}"
        )
    if _in_store(path):
        write_record(path, actual, stat)
    source: Literal["catalogue", "record"] = "catalogue" if entry and entry.sha256 else "record"
    return Verification(path, actual, source if expected else "nothing")


def status(name_or_path: str) -> ModelStatus:
    """What is known about a file without hashing it.

    Raises:
        ConfigurationError: neither a known name nor a path.
    """
    path, entry = resolve(name_or_path)
    name = entry.name if entry else path.name
    if not _is_file(path):
        return ModelStatus(name, path, FileState.ABSENT, entry)
    try:
        header = inspect(path, entry)
        verified = _is_verified(path, entry)
    except ModelFileError as error:
        return ModelStatus(name, path, FileState.CORRUPT, entry, problem=str(error))
    state = FileState.VERIFIED if verified else FileState.PRESENT
    return ModelStatus(name, path, state, entry, header)


def other_files() -> list[Path]:
    """GGUF files in the model folder that are not in the catalogue."""
    known = {entry.file_name for entry in CATALOGUE.values()}
    try:
        found = sorted(models_folder().glob("*.gguf"))
    except OSError:
        return []
    return [path for path in found if path.name not in known]


def _looks_like_path(name: str) -> bool:
    return "/" in name or os.sep in name or name.lower().endswith(".gguf")


def _in_store(path: Path) -> bool:
    return path.absolute().parent == models_folder().absolute()


def _entry_of(path: Path) -> ModelEntry | None:
    """The catalogue entry a file in the model folder must match, by its file name."""
    if not _in_store(path):
        return None
    return next((entry for entry in CATALOGUE.values() if entry.file_name == path.name), None)


def _expected_sha256(path: Path, entry: ModelEntry | None) -> str | None:
    if entry and entry.sha256:
        return entry.sha256
    record = read_records(path.parent).get(path.name) if _in_store(path) else None
    return record.sha256 if record else None


def _is_verified(path: Path, entry: ModelEntry | None) -> bool:
    record = read_records(path.parent).get(path.name) if _in_store(path) else None
    if record is None:
        return False
    try:
        untouched = record.still_describes(path)
    except OSError:
        return False
    return untouched and (entry is None or entry.sha256 in (None, record.sha256))


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # a ~name without a home folder
        return Path(path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder on the way may not be entered; `_missing` says so
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error


def _missing(asked: str, path: Path, entry: ModelEntry | None) -> str:
    try:
        path.stat()
        if not path.is_file():
            return f"{path} is not a file"
    except (FileNotFoundError, ValueError):  # ValueError: a NUL character in the path
        pass
    except OSError as error:
        return f"cannot read {path}: {error.strerror or error}"
    if entry:
        return f"model {entry.name} is not here ({path}). Run: spsd models pull {entry.name}"
    return f"there is no model file {path} (asked for: {asked}). Run: spsd models list"


def _remedy(path: Path, entry: ModelEntry | None) -> str:
    if entry:
        return f"Run: spsd models pull {entry.name}"
    record = read_records(path.parent).get(path.name) if _in_store(path) else None
    if record and record.origin:
        return f"Run: spsd models pull --force {record.origin}"
    again = "Get the file again from where it came from"
    return f"{again}, or if it was replaced on purpose: spsd models verify --accept {path.name}"
