"""The tokenizer inside a GGUF file, through llama-cpp-python. Only the vocabulary is read."""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from spsd_core.exceptions import ConfigurationError
from spsd_core.llama_runtime import load_llama_cpp
from spsd_core.tokens.files import first_bytes
from spsd_core.tokens.pieces import by_pieces

__all__ = ["load_gguf", "require_gguf"]

# Byte-pair vocabularies are split by C++ regexes that recurse once or more a character: 4,000
# overflow a thread stack of 1 MB. The other kinds do not recurse but merge across words, so their
# pieces are longer; over bytes they do not know (emoji) they are quadratic.
_BYTE_PAIR = 2  # LLAMA_VOCAB_TYPE_BPE
_BYTE_PAIR_CHARS = 1_000
_OTHER_CHARS = 4_000


def require_gguf(path: Path) -> None:
    """Check the package and the file, without loading either.

    Raises:
        ConfigurationError: one of them is missing, or the file is not GGUF.
    """
    setting = f"target.tokenizer='gguf:{path}'"
    if find_spec("llama_cpp") is None:
        raise ConfigurationError(f"{setting} needs llama-cpp-python: pip install 'spsd[slm]'")
    if first_bytes(setting, path, 4) != b"GGUF":
        raise ConfigurationError(f"{setting}: not a GGUF file")


def load_gguf(path: Path) -> Callable[[str], int]:
    """Read the vocabulary and give the function that counts bare text.

    Raises:
        OSError: llama.cpp cannot read the file.
    """
    llama_cpp = load_llama_cpp()
    _quiet()
    llama_cpp.llama_backend_init()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    parameters.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        raise OSError(f"llama.cpp cannot read {path}")
    vocabulary = llama_cpp.llama_model_get_vocab(model)

    def count(text: str) -> int:
        content = text.encode()
        # With room for none, llama_tokenize gives the number it would have needed, negated.
        return abs(
            int(llama_cpp.llama_tokenize(vocabulary, content, len(content), None, 0, False, False))
        )

    weakref.finalize(count, llama_cpp.llama_model_free, model).atexit = False
    is_byte_pair = llama_cpp.llama_vocab_type(vocabulary) == _BYTE_PAIR
    return by_pieces(count, _BYTE_PAIR_CHARS if is_byte_pair else _OTHER_CHARS)


def _quiet() -> None:
    """Keep llama.cpp from printing its loading log, unless somebody has chosen a level."""
    log = logging.getLogger("llama-cpp-python")
    if log.level == logging.NOTSET:
        log.setLevel(logging.ERROR)
