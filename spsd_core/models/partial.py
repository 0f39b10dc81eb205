"""An unfinished download on disk: the bytes so far, and what the server called the file."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

__all__ = ["Origin", "PartialFile"]

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Origin:
    """Which file the bytes belong to, in the server's words."""

    url: str
    validator: str = ""
    """Its strong ETag, else its Last-Modified date, else empty; sent back as If-Range."""


class PartialFile:
    """`NAME.part` beside the file it will become; hashes what is written as it is written.

    Use it as a context manager. Bytes stay on disk when the block is left, for the next attempt.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self._origin_path = target.with_name(target.name + ".part.json")
        self._digest = hashlib.sha256()
        self._file: BinaryIO | None = None
        self.size = 0
        """Bytes so far."""

    def __enter__(self) -> PartialFile:
        self._file = self.path.open("a+b")
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            self._digest.update(chunk)
            self.size += len(chunk)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError:  # the last bytes did not fit; the error that matters is on its way
            if error is None:
                raise

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes so far."""
        return self._digest.hexdigest()

    def origin(self) -> Origin | None:
        """What `begin` noted, where it can be read."""
        try:
            return Origin(**json.loads(self._origin_path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, origin: Origin) -> None:
        """Drop all bytes, and note whose bytes follow."""
        assert self._file is not None  # noqa: S101 - entered
        self._file.truncate(0)
        self._digest = hashlib.sha256()
        self.size = 0
        self._origin_path.write_text(json.dumps(asdict(origin)), encoding="utf-8")

    def write(self, data: bytes) -> None:
        """Append."""
        assert self._file is not None  # noqa: S101 - entered
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def flush(self) -> None:
        """Bring everything written to the disk."""
        assert self._file is not None  # noqa: S101 - entered
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Put the file under its own name, in one step, once its bytes are on the disk."""
        self.flush()
        assert self._file is not None  # noqa: S101 - entered
        self._file.close()
        self.path.replace(self.target)
        self._origin_path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove it."""
        if self._file is not None:
            self._file.close()
        self.path.unlink(missing_ok=True)
        self._origin_path.unlink(missing_ok=True)
