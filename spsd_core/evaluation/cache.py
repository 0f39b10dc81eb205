"""What was computed or answered, in an SQLite file, by what it depends on.

Each entry is written as soon as it is known, so that a run that was killed goes on where it was,
and an added arm costs that arm alone. Two runs may share the file.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from spsd_core.exceptions import ConfigurationError, SPSDError

__all__ = ["Cache", "content_key"]

_PATIENCE_S = 30.0
"""How long another run's writing is waited for."""


def content_key(kind: str, **depends_on: Any) -> str:
    """The key of something, made of all it depends on.

    >>> content_key("answer", model="m", seed=1) == content_key("answer", seed=1, model="m")
    True
    >>> content_key("answer", seed=1) == content_key("answer", seed=2)
    False
    """
    plain = json.dumps([kind, depends_on], sort_keys=True)  # ASCII: lone surrogates are welcome
    return hashlib.sha256(plain.encode()).hexdigest()


class Cache:
    """Thread-safe store of JSON values.

    Args:
        path: the SQLite file; None keeps everything in memory.

    Raises:
        ConfigurationError: there can be no such file; the message says why.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._lock = threading.Lock()
        self._path = path
        try:
            self._connection = sqlite3.connect(
                ":memory:" if path is None else path, timeout=_PATIENCE_S, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL)"
            )
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"cache {path} cannot be used: {error}; name another file, or remove this one"
            ) from error

    def get(self, key: str) -> Any | None:
        """The value, or None."""
        with self._lock:
            row = self._execute("SELECT value FROM entries WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, key: str, value: Any) -> None:
        """Keep a value; it is in the file when this returns."""
        stored = json.dumps(value)
        with self._lock:
            self._execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (key, stored))
            self._connection.commit()

    @property
    def lasts(self) -> bool:
        """Whether what it holds is there for the next run."""
        return self._path is not None

    @property
    def entries(self) -> int:
        """How many values it holds."""
        with self._lock:
            return int(self._execute("SELECT COUNT(*) FROM entries", ()).fetchone()[0])

    def _execute(self, statement: str, values: tuple[str, ...]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise SPSDError(
                f"cache {self._path} cannot be used any longer: {error}; what it holds stays"
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
