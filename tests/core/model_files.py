"""Small GGUF files, built byte by byte from the format's specification."""

from __future__ import annotations

import struct


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf_bytes(
    weights: int = 100_000,
    *,
    version: int = 3,
    kind: int = 0,
    alignment: int = 32,
    tokens: int = 3,
) -> bytes:
    """A whole GGUF file with one tensor of `weights` f32 (kind 0) weights."""
    metadata = [
        _string("general.architecture") + struct.pack("<I", 8) + _string("llama"),
        _string("general.name") + struct.pack("<I", 8) + _string("Tiny"),
        _string("general.alignment") + struct.pack("<II", 4, alignment),
        _string("llama.context_length") + struct.pack("<II", 4, 2048),
        _string("tokenizer.chat_template") + struct.pack("<I", 8) + _string("{{ messages }}"),
        _string("tokenizer.ggml.tokens")
        + struct.pack("<IIQ", 9, 8, tokens)
        + b"".join(_string(f"t{number}") for number in range(tokens)),
        _string("tokenizer.ggml.scores")
        + struct.pack("<IIQ", 9, 6, tokens)
        + struct.pack(f"<{tokens}f", *range(tokens)),
    ]
    tensor = _string("token_embd.weight") + struct.pack("<IQIQ", 1, weights, kind, 0)
    head = b"GGUF" + struct.pack("<IQQ", version, 1, len(metadata)) + b"".join(metadata) + tensor
    head += bytes(-len(head) % alignment)
    data = bytes(index % 251 for index in range(4 * weights)) if kind == 0 else b""
    return head + data
