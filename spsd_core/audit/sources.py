"""Where a log comes from: a file, a gzip file or standard input, as bytes from a known place on."""

from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path
from types import TracebackType

from spsd_core.audit.unpacking import Unpacked
from spsd_core.exceptions import ConfigurationError

__all__ = ["HEAD", "LONGEST_RECORD", "Source"]

LONGEST_RECORD = 16_000_000
"""Bytes of one record (a line, a row, a JSON value) that are held; a longer one is broken."""
HEAD = 65_536
"""Bytes at the beginning by which a log is known again."""
_BLOCK = 1 << 18
_GZIP = b"\x1f\x8b"


class Source:
    """The bytes of a log, unpacked where they are packed. A damaged end is an end, with a note.

    Args:
        path: a file, or `-` for standard input.

    Raises:
        ConfigurationError: there is no such file.
        OSError: it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.position = 0
        """Unpacked bytes handed out so far."""
        self._raw = _open(path)
        self.size = None if path == "-" else Path(path).stat().st_size
        """Bytes of the file as it is stored; None where nobody knows."""
        packed = self._raw.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
        self._unpacked = Unpacked(self._raw) if packed else None
        self._bytes = io.BufferedReader(self._unpacked, _BLOCK) if self._unpacked else self._raw
        self._head = bytearray()

    @property
    def damage(self) -> str:
        """Why the log ends here although it should not; empty where nothing is wrong."""
        return self._unpacked.damage if self._unpacked else ""

    @property
    def done(self) -> int:
        """Bytes of the stored file that were read, for a progress bar."""
        return self._raw.tell() if self._unpacked and self._raw.seekable() else self.position

    def identity(self, offset: int) -> tuple[int, str]:
        """How many of the first `offset` bytes were hashed, and their hash."""
        head = bytes(self._head[:offset])
        return len(head), hashlib.sha256(head).hexdigest()

    def peek(self) -> bytes:
        """Some bytes ahead, to tell a format by; they are not handed out."""
        return self._bytes.peek(HEAD)

    def readline(self, limit: int = LONGEST_RECORD) -> bytes:
        """The next line with its end, or the first `limit` bytes of it; b"" at the end."""
        return self._handed_out(self._bytes.readline(limit))

    def read(self) -> bytes:
        """The next bytes, whatever there is; b"" at the end."""
        return self._handed_out(self._bytes.read1(_BLOCK))

    def skip(self, offset: int, identity: tuple[int, str]) -> None:
        """Go to a place where an earlier run had come to.

        Raises:
            ConfigurationError: the log does not begin as it did then, or is shorter.
        """
        self._read_on(min(offset, HEAD))
        if self.identity(offset) != identity:
            raise ConfigurationError(
                f"{self.path} is not the log that the state file was written for, or has become "
                "shorter; give another --state, or remove the file"
            )
        if not self._unpacked and self.size is not None and self._bytes.seekable():
            self.position = self._bytes.seek(min(offset, self.size))
        self._read_on(offset)
        if self.position < offset:
            raise ConfigurationError(
                f"{self.path} is shorter than it was when the state file was written; "
                "give another --state, or remove the file"
            )

    def _read_on(self, offset: int) -> None:
        while self.position < offset and self.read_at_most(min(_BLOCK, offset - self.position)):
            pass

    def read_at_most(self, size: int) -> bytes:
        """The next bytes, at most `size`; b"" at the end."""
        return self._handed_out(self._bytes.read(size))

    def _handed_out(self, data: bytes) -> bytes:
        self.position += len(data)
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]
        return data

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.path != "-":
            self._raw.close()


def _open(path: str) -> io.BufferedReader:
    if path == "-":
        if sys.stdin is None:
            raise ConfigurationError("standard input is closed")
        return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False), HEAD)
    if Path(path).is_dir():
        raise ConfigurationError(f"{path} is a folder; name one log file in it")
    if not Path(path).exists():
        raise ConfigurationError(f"there is no file {path}")
    return io.BufferedReader(io.FileIO(path), HEAD)
