"""What was verified before, so that a gigabyte is hashed once and not at every start.

One JSON file in the model folder, keyed by file name. A line counts only while size and
modification time of the file are still the ones it was written for.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["VerifiedFile", "file_sha256", "read_records", "write_record"]

_RECORD_FILE = "verified.json"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class VerifiedFile:
    """A file that was hashed in full."""

    sha256: str
    size_bytes: int
    mtime_ns: int
    origin: str = ""
    """Where it was downloaded from; empty for a file that was put into the folder by hand."""

    def still_describes(self, path: Path) -> bool:
        """Whether the file at `path` has not been touched since."""
        stat = path.stat()
        return (stat.st_size, stat.st_mtime_ns) == (self.size_bytes, self.mtime_ns)


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read_records(folder: Path) -> dict[str, VerifiedFile]:
    """Everything recorded for files in `folder`. An unreadable record file counts as empty."""
    try:
        stored = json.loads((folder / _RECORD_FILE).read_text(encoding="utf-8"))
        return {name: VerifiedFile(**fields) for name, fields in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_record(path: Path, sha256: str, stat: os.stat_result, origin: str | None = None) -> None:
    """Note that `path` hashed to `sha256`.

    Where the folder cannot be written nothing is noted: the file is hashed again next time.

    Args:
        path: the file.
        sha256: what it hashed to.
        stat: taken before hashing, so that a change meanwhile makes the line worthless.
        origin: where it came from; None keeps what was recorded before.
    """
    records = read_records(path.parent)
    before = records.get(path.name)
    records[path.name] = VerifiedFile(
        sha256=sha256,
        size_bytes=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        origin=(before.origin if before else "") if origin is None else origin,
    )
    content = json.dumps({name: asdict(record) for name, record in records.items()}, indent=1)
    try:
        _replace(path.parent / _RECORD_FILE, content)
    except OSError:
        return


def _replace(target: Path, content: str) -> None:
    """Write a file so that a reader sees the old content or the new, never half of it."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".verified-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        Path(temporary).replace(target)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
