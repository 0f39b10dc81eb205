"""Telling whether a model file is still the one that was tried."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Signature", "file_signature"]

Signature = tuple[str, int, int] | None


def file_signature(path: Path) -> Signature:
    """What changes when a file is replaced; None where it is missing."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return str(path), stat.st_mtime_ns, stat.st_size
