"""Where the indexes of passages are kept: in memory, and in an SQLite file if one is named."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from spsd_core.context.indexing import IndexedPassage, PassageIndex
from spsd_core.exceptions import ConfigurationError
from spsd_core.memo import Memo, text_key

__all__ = ["IndexStore"]

_log = logging.getLogger(__name__)
_SQLITE_HEADER = b"SQLite format 3\x00"
_PATIENCE_S = 1.0
"""How long another process's writing is waited for."""
_REST_S = 30.0
"""How long the file is left alone after it could not be used: a call has many passages, and must
not wait for each of them."""
_MEMORY_CHARS = 64_000_000


class IndexStore:
    """Indexes by the digest of their passage. Thread-safe; never raises once it is built.

    Args:
        entries: passages kept in memory.
        path: SQLite file that keeps them between processes; may be used by several at once.

    Raises:
        ConfigurationError: there can be no such file; the message says why.
    """

    def __init__(self, entries: int, path: Path | None) -> None:
        self._memory: Memo[IndexedPassage] = Memo(entries, _MEMORY_CHARS)
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._left_behind: sqlite3.Connection | None = None
        """Of the process this one was forked from: never to be touched, nor closed."""
        self._process = os.getpid()
        self._usable_from = 0.0
        if path is not None:
            _check(path)

    def get(self, text: str, version: str) -> IndexedPassage | None:
        """The index of `text`, if it is kept in this version."""
        key = text_key(text)
        found = self._memory.get((key, version))
        if found is not None:
            return found
        stored = self._read(key.hex() + version)
        if stored is None:
            return None
        try:
            index = PassageIndex.loads(stored)
        except ValueError:
            return None
        return self.keep(text, index) if index.belongs_to(text, version) else None

    def put(self, text: str, index: PassageIndex) -> IndexedPassage:
        """Keep an index, in memory and on disk; gives the passage with it."""
        if self._path is not None:
            self._write(index.key.hex() + index.version, index.dumps())
        return self.keep(text, index)

    def keep(self, text: str, index: PassageIndex) -> IndexedPassage:
        """Keep an index in memory alone; gives the passage with it."""
        passage = IndexedPassage(text, index)
        return self._memory.keep((index.key, index.version), passage, len(text) + 1)

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        with self._held():
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _read(self, key: str) -> str | None:
        with self._held(), self._failing_softly():
            if self._path is None or time.monotonic() < self._usable_from:
                return None
            rows = self._open(self._path).execute(
                "SELECT value FROM passages WHERE key = ?", (key,)
            )
            row = rows.fetchone()
            return None if row is None else str(row[0])
        return None

    def _write(self, key: str, value: str) -> None:
        with self._held(), self._failing_softly():
            if self._path is None or time.monotonic() < self._usable_from:
                return
            with self._open(self._path) as connection:
                connection.execute("INSERT OR REPLACE INTO passages VALUES (?, ?)", (key, value))

    @contextlib.contextmanager
    def _failing_softly(self) -> Iterator[None]:
        """A full disk or a broken file costs the memory between processes, not the call."""
        try:
            yield
        except sqlite3.OperationalError as error:  # locked, full, read-only: may pass
            self._usable_from = time.monotonic() + _REST_S
            _log.warning("context.store is not used for %d seconds: %s", _REST_S, error)
        except sqlite3.Error as error:
            self._usable_from = math.inf
            _log.warning("context.store is not used any longer: %s", error)

    def _held(self) -> threading.Lock:
        """The lock; a forked process gets its own, and opens the file anew."""
        if self._process != os.getpid():
            self._lock, self._left_behind = threading.Lock(), self._connection
            self._connection, self._process = None, os.getpid()
        return self._lock

    def _open(self, path: Path) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(path, timeout=_PATIENCE_S, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS passages (key TEXT PRIMARY KEY, value TEXT NOT NULL)"
            )
            self._connection = connection
        return self._connection


def _check(path: Path) -> None:
    try:
        problem = _problem(path)
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    if problem:
        raise ConfigurationError(f"context.store={str(path)!r} {problem}")


def _problem(path: Path) -> str:
    if path.is_dir():
        return "is a folder; name a file"
    if not path.parent.is_dir():
        return "lies in a folder that does not exist; make the folder first"
    if not path.exists():
        writable = os.access(path.parent, os.W_OK)
        return "" if writable else "cannot be made: its folder may not be written to"
    if not path.is_file():
        return "is no ordinary file; name another one"
    with path.open("rb") as file:
        head = file.read(len(_SQLITE_HEADER))
    if head not in (b"", _SQLITE_HEADER):
        return "is no SQLite file; name another one, or remove it"
    return ""
