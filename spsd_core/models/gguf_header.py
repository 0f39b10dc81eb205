"""Reads the header of a GGUF file without llama.cpp, to tell half a download from a whole one.

The format: magic, version, counts, metadata (key, type, value), tensor descriptions, padding, data.
Nothing of the tensor data is read; every length is held against the size of the file before use.
Layout and block sizes follow the ggml project's GGUF specification and its `gguf` package.
"""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from spsd_core.exceptions import ModelFileError

__all__ = ["GGUF_MAGIC", "GgufHeader", "read_gguf_header"]

GGUF_MAGIC = b"GGUF"

_VERSIONS = (2, 3)
_DEFAULT_ALIGNMENT = 32
_MAX_DIMENSIONS = 4
_MAX_KEY_BYTES = 65_535
_SMALLEST_PAIR = 8 + 4 + 1
_SMALLEST_TENSOR = 8 + 4 + 8 + 4 + 8

_STRING, _ARRAY = 8, 9
_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}

# ggml type: (weights in a block, bytes of a block)
_BLOCKS = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    9: (32, 36),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    15: (256, 292),
    16: (256, 66),
    17: (256, 74),
    18: (256, 98),
    19: (256, 50),
    20: (32, 18),
    21: (256, 110),
    22: (256, 82),
    23: (256, 136),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    29: (256, 56),
    30: (1, 2),
    34: (256, 54),
    35: (256, 66),
    39: (32, 17),
    40: (64, 36),
    41: (128, 18),
    42: (64, 18),
}


@dataclass(frozen=True)
class GgufHeader:
    """What a GGUF file says about itself."""

    version: int
    tensor_count: int
    parameters: int
    """Weights in all tensors together."""
    architecture: str
    title: str
    context_length: int | None
    """Longest context the model was trained for, tokens."""
    has_chat_template: bool
    required_bytes: int
    """Size the file must have for its last tensor to be whole."""
    file_bytes: int

    @property
    def truncated(self) -> bool:
        """Whether the file ends before its last tensor does."""
        return self.file_bytes < self.required_bytes


class _Cursor:
    """A position in the file; refuses to read or step past its end."""

    def __init__(self, file: BinaryIO, size: int, path: Path) -> None:
        self._file = file
        self._left = size
        self._path = path
        self.size = size

    @property
    def position(self) -> int:
        return self.size - self._left

    def broken(self, what: str) -> ModelFileError:
        return ModelFileError(f"{self._path} is not a usable GGUF file: {what}")

    def _take(self, count: int) -> None:
        if count > self._left:
            raise self.broken("it ends inside its own header (truncated)")
        self._left -= count

    def read(self, count: int) -> bytes:
        self._take(count)
        data = self._file.read(count)
        if len(data) != count:
            raise self.broken("it became shorter while it was read")
        return data

    def skip(self, count: int) -> None:
        self._take(count)
        self._file.seek(count, os.SEEK_CUR)

    def u32(self) -> int:
        return int.from_bytes(self.read(4), "little")

    def u64(self) -> int:
        return int.from_bytes(self.read(8), "little")

    def string(self) -> bytes:
        return self.read(self.u64())

    def counted(self, smallest: int, what: str) -> int:
        """A number of things that take at least `smallest` bytes each."""
        count = self.u64()
        if count * smallest > self._left:
            raise self.broken(f"it claims {count} {what}, more than fit into it (truncated)")
        return count


def read_gguf_header(path: Path) -> GgufHeader:
    """Read the header of `path`.

    Raises:
        ModelFileError: not a GGUF file, an unknown version, or it ends inside its header. A file
            that ends inside its tensor data is returned, with `truncated` true.
    """
    try:
        with path.open("rb") as file:
            return _read(_Cursor(file, os.fstat(file.fileno()).st_size, path))
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error


def _read(cursor: _Cursor) -> GgufHeader:
    if cursor.size < len(GGUF_MAGIC) or cursor.read(4) != GGUF_MAGIC:
        raise cursor.broken("it does not begin with the letters GGUF")
    version = cursor.u32()
    if version not in _VERSIONS:
        raise cursor.broken(f"format version {version} is unknown (known: 2 and 3, little-endian)")
    tensor_count = cursor.counted(_SMALLEST_TENSOR, "tensors")
    pair_count = cursor.counted(_SMALLEST_PAIR, "metadata entries")
    metadata: dict[str, int | float | str | None] = {}
    for _ in range(pair_count):
        key, value = _pair(cursor)
        metadata[key] = value
    alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1:
        raise cursor.broken(f"its alignment is {alignment!r}")
    tensors = [_tensor(cursor) for _ in range(tensor_count)]
    data_start = -(-cursor.position // alignment) * alignment
    architecture = str(metadata.get("general.architecture", ""))
    context = metadata.get(f"{architecture}.context_length")
    return GgufHeader(
        version=version,
        tensor_count=tensor_count,
        parameters=sum(weights for weights, _ in tensors),
        architecture=architecture,
        title=str(metadata.get("general.name", "")),
        context_length=context if isinstance(context, int) else None,
        has_chat_template="tokenizer.chat_template" in metadata,
        required_bytes=data_start + max((end for _, end in tensors), default=0),
        file_bytes=cursor.size,
    )


def _pair(cursor: _Cursor) -> tuple[str, int | float | str | None]:
    length = cursor.u64()
    if not 0 < length <= _MAX_KEY_BYTES:
        raise cursor.broken(f"a metadata key is {length} bytes long")
    key = cursor.read(length).decode("utf-8", "replace")
    kind = cursor.u32()
    if kind == _ARRAY:
        _skip_array(cursor)
        return key, None
    if kind == _STRING:
        return key, cursor.string().decode("utf-8", "replace")
    return key, _scalar(cursor, kind)


def _scalar(cursor: _Cursor, kind: int) -> int | float:
    layout = _SCALARS.get(kind)
    if layout is None:
        raise cursor.broken(f"metadata of unknown type {kind}")
    (value,) = struct.unpack(layout, cursor.read(struct.calcsize(layout)))
    assert isinstance(value, int | float)  # noqa: S101 - every layout above is a number
    return value


def _skip_array(cursor: _Cursor) -> None:
    kind = cursor.u32()
    if kind == _STRING:
        for _ in range(cursor.counted(8, "strings")):
            cursor.skip(cursor.u64())
        return
    layout = _SCALARS.get(kind)
    if layout is None:
        raise cursor.broken(f"an array of type {kind}")
    width = struct.calcsize(layout)
    cursor.skip(width * cursor.counted(width, "array elements"))


def _tensor(cursor: _Cursor) -> tuple[int, int]:
    """How many weights a tensor has, and where its data ends, counted from the data's start."""
    cursor.skip(cursor.u64())
    dimensions = cursor.u32()
    if dimensions > _MAX_DIMENSIONS:
        raise cursor.broken(f"a tensor has {dimensions} dimensions")
    weights = math.prod(cursor.u64() for _ in range(dimensions))
    kind = cursor.u32()
    offset = cursor.u64()
    # A type newer than this table: its size is unknown, its place is not.
    per_block, block_bytes = _BLOCKS.get(kind, (1, 0))
    return weights, offset + -(-weights // per_block) * block_bytes
