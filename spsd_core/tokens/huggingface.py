"""Any `tokenizer.json`, through the `tokenizers` package."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from spsd_core.exceptions import ConfigurationError
from spsd_core.tokens.files import first_bytes
from spsd_core.tokens.pieces import by_pieces

__all__ = ["load_tokenizer_json", "require_tokenizer_json"]

_PIECE_CHARS = 4_000


def require_tokenizer_json(path: Path) -> None:
    """Check the package and the file, without loading either.

    Raises:
        ConfigurationError: one of them is missing, or the file is not a JSON object.
    """
    setting = f"target.tokenizer='hf:{path}'"
    if find_spec("tokenizers") is None:
        raise ConfigurationError(
            f"{setting} needs the package tokenizers: pip install 'spsd[tokenizers]'"
        )
    if not first_bytes(setting, path, 64).lstrip().startswith(b"{"):
        raise ConfigurationError(f"{setting}: not a tokenizer.json")


def load_tokenizer_json(path: Path) -> Callable[[str], int]:
    """Read the tokenizer and give the function that counts bare text.

    Raises:
        Exception: `tokenizers` cannot read the file (it has no exception type of its own).
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()  # files often carry the limit of the model's training
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True  # markers in user text are text

    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False))

    return by_pieces(count, _PIECE_CHARS)
