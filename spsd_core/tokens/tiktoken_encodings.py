"""OpenAI's encodings by name, through tiktoken. The first use on a machine downloads the ranks."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from spsd_core.exceptions import ConfigurationError
from spsd_core.tokens.pieces import by_pieces

__all__ = ["DOWNLOAD_PATIENCE_S", "load_encoding", "require_encoding"]

DOWNLOAD_PATIENCE_S = 10.0
"""Longest wait for the ranks, seconds; tiktoken's own download has no limit."""
_PIECE_CHARS = 1_000


def require_encoding(name: str) -> str:
    """The encoding that `name` (an encoding or an OpenAI model) means. Nothing is downloaded.

    Raises:
        ConfigurationError: tiktoken is missing or does not know the name.
    """
    setting = f"target.tokenizer='tiktoken:{name}'"
    if find_spec("tiktoken") is None:
        raise ConfigurationError(f"{setting} needs tiktoken: pip install 'spsd[tokenizers]'")
    import tiktoken

    encodings = tiktoken.list_encoding_names()
    if name in encodings:
        return name
    try:
        return tiktoken.encoding_name_for_model(name)
    except KeyError:
        known = ", ".join(encodings)
        raise ConfigurationError(
            f"{setting}: tiktoken knows no such encoding or model; its encodings are {known}"
        ) from None


def load_encoding(encoding_name: str) -> Callable[[str], int]:
    """Read (or download) the ranks and give the function that counts bare text.

    Raises:
        Exception: whatever the download raised.
    """
    import tiktoken

    encoding = tiktoken.get_encoding(encoding_name)

    def count(text: str) -> int:
        return len(encoding.encode_ordinary(text))

    return by_pieces(count, _PIECE_CHARS)
