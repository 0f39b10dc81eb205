"""Llama 3's own tokens, from the `tokenizer.model` that Meta ships in the `llama-models` package.

The package itself is not imported; only its file is read, by tiktoken, with Meta's split pattern.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from spsd_core.exceptions import ConfigurationError
from spsd_core.tokens.pieces import by_pieces

__all__ = ["LLAMA3_SPLIT", "SPECIAL_TOKENS", "llama3_installed", "load_llama3", "require_llama3"]

LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Llama 3 splits a text before byte-pair encoding (llama_models/llama3/tokenizer.py)."""
SPECIAL_TOKENS = {
    "<|begin_of_text|>": 128_000,
    "<|end_of_text|>": 128_001,
    "<|start_header_id|>": 128_006,
    "<|end_header_id|>": 128_007,
    "<|eot_id|>": 128_009,
}
"""The special tokens of the chat template."""
_SHA256 = "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55"
_PIECE_CHARS = 1_000
_INSTALL = "pip install 'spsd[llama3]'"


def llama3_installed() -> bool:
    """Whether the `llama3` extra is there: tiktoken, and llama-models with its file."""
    return find_spec("tiktoken") is not None and _model_file() is not None


def require_llama3() -> None:
    """Check what `load_llama3` needs, without loading it.

    Raises:
        ConfigurationError: a package or the file is missing.
    """
    if not llama3_installed():
        raise ConfigurationError(
            f"target.tokenizer='llama3' needs the packages llama-models and tiktoken: {_INSTALL}"
        )


@lru_cache(maxsize=1)
def load_llama3() -> Callable[[str], int]:
    """Read the vocabulary (about 0.3 s) and give the function that counts bare text.

    All counters of a process share what was read.

    Raises:
        ConfigurationError: a package or the file is missing, or the file is not Llama 3's.
    """
    require_llama3()
    import tiktoken

    encoding = tiktoken.Encoding(
        name="llama3",
        pat_str=LLAMA3_SPLIT,
        mergeable_ranks=_ranks(),
        special_tokens=SPECIAL_TOKENS,
    )

    def count(text: str) -> int:
        return len(encoding.encode_ordinary(text))

    return by_pieces(count, _PIECE_CHARS)


def _ranks() -> dict[bytes, int]:
    file = _model_file()
    content = file.read_bytes() if file else b""
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ConfigurationError(
            f"{file} is not Llama 3's tokenizer (wrong sha256): {_INSTALL} --force-reinstall"
        )
    pairs = (line.split() for line in content.splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in pairs}


def _model_file() -> Path | None:
    spec = find_spec("llama_models")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(folder) / "llama3" / "tokenizer.model"
        if file.is_file():
            return file
    return None
