"""A gzip file unpacked as far as it goes: one that was cut off gives all that is left of it."""

from __future__ import annotations

import io
import zlib
from typing import Any

__all__ = ["Unpacked"]

_BLOCK = 1 << 16
"""Packed bytes taken at once."""
_GZIP_WRAPPER = 16 + zlib.MAX_WBITS
_DAMAGED = "the gzip file is damaged or cut off here; what follows cannot be read"


class Unpacked(io.RawIOBase):
    """The bytes in a gzip file of one or more members.

    `gzip.GzipFile` raises at a damaged place, and the bytes before it are lost with it. This one
    hands them out first, and then is at its end.

    Args:
        packed: the file, at its beginning.
    """

    def __init__(self, packed: io.BufferedReader) -> None:
        super().__init__()
        self.damage = ""
        """Why it ends where it should not; empty where nothing is wrong."""
        self._packed = packed
        self._ahead = b""
        """Packed bytes that were read and not unpacked yet."""
        self._member: Any = None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes, 0 at the end."""
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        while not self.damage:
            self._ahead = self._ahead or self._packed.read1(_BLOCK)
            if self._member is None:
                padded, self._ahead = self._ahead, self._ahead.lstrip(b"\0")
                if not padded:
                    return b""
                if not self._ahead:
                    continue
                self._member = zlib.decompressobj(_GZIP_WRAPPER)
            data = self._unpack(size) if self._ahead else self._cut_off()
            if data:
                return data
        return b""

    def _cut_off(self) -> bytes:
        """What the last packed bytes still held."""
        self.damage = _DAMAGED
        left: bytes = self._member.flush()
        return left

    def _unpack(self, size: int) -> bytes:
        before = self._member.copy()
        try:
            data: bytes = self._member.decompress(self._ahead, size)
        except zlib.error:
            self.damage = _DAMAGED
            return _until_it_breaks(before, self._ahead)
        self._ahead = self._member.unconsumed_tail
        if self._member.eof:
            self._ahead, self._member = self._member.unused_data, None
        return data


def _until_it_breaks(member: Any, packed: bytes) -> bytes:
    """Byte by byte: a call that fails gives nothing of what it had unpacked by then."""
    found = bytearray()
    try:
        for place in range(len(packed)):
            found += member.decompress(packed[place : place + 1])
    except zlib.error:
        pass
    return bytes(found)
