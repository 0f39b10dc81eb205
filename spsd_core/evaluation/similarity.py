"""Cosine of two answers as the SPSD paper takes it: MiniLM over their first 600 characters.

It says how alike answers are, not how good. Two runs of one model on one prompt are often below the
paper's line of 0.70 as well. The weights are no part of SPSD.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any, NamedTuple

from spsd_core.exceptions import ConfigurationError
from spsd_core.onnx import load_onnxruntime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LINE", "Likeness", "Similarity", "likeness"]

LINE = 0.70
"""Above it the paper calls two answers equivalent."""
_CHARS = 600
_PIECES = 256
"""What all-MiniLM-L6-v2 was trained to read."""


class Likeness(NamedTuple):
    """How alike pairs of answers are, by their cosines."""

    pairs: int
    mean: float
    median: float
    above: float
    """Share of the pairs above `LINE`."""


def likeness(cosines: Sequence[float]) -> Likeness:
    """Sum up the cosines of one or more pairs."""
    above = sum(cosine > LINE for cosine in cosines) / len(cosines)
    return Likeness(len(cosines), mean(cosines), median(cosines), above)


class Similarity:
    """Compares texts by their vectors. Loads its model on first use.

    Args:
        folder: holds `model.onnx` and `tokenizer.json` of a sentence encoder whose first output is
            a vector a token, as all-MiniLM-L6-v2 has.

    Raises:
        ConfigurationError: a file is missing.
    """

    def __init__(self, folder: str | Path) -> None:
        self._files = [Path(folder) / name for name in ("model.onnx", "tokenizer.json")]
        for file in self._files:
            if not file.is_file():
                raise ConfigurationError(
                    f"there is no {file}: give a folder that holds model.onnx and tokenizer.json "
                    "of all-MiniLM-L6-v2"
                )
        self._loaded: tuple[Any, Any] | None = None
        self._vectors: dict[str, NDArray[np.float64]] = {}

    @property
    def version(self) -> str:
        """Names the weights."""
        return hashlib.sha256(self._files[0].read_bytes()).hexdigest()[:12]

    def cosine(self, one: str, other: str) -> float:
        """1 for texts that begin alike, about 0 for unrelated ones."""
        return float(self.vector(one) @ self.vector(other))

    def vector(self, text: str) -> NDArray[np.float64]:
        """Of the text's first 256 pieces: their mean, at length 1; remembered."""
        import numpy as np

        text = text[:_CHARS].encode("utf-8", "replace").decode()
        found = self._vectors.get(text)
        if found is not None:
            return found
        session, tokenizer = self._load()
        encoding = tokenizer.encode(text)
        ids = np.array([encoding.ids[:_PIECES]], dtype=np.int64)
        mask = np.ones_like(ids)
        inputs = {item.name: _input(item.name, ids, mask) for item in session.get_inputs()}
        mean = np.asarray(session.run(None, inputs)[0][0], dtype=np.float64).mean(axis=0)
        vector: NDArray[np.float64] = mean / (np.linalg.norm(mean) or 1.0)
        self._vectors[text] = vector
        return vector

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            from tokenizers import Tokenizer

            onnxruntime = load_onnxruntime()

            model, words = (str(file) for file in self._files)
            session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
            tokenizer = Tokenizer.from_file(words)
            tokenizer.no_padding()  # a padded piece would weigh in the mean
            self._loaded = (session, tokenizer)
        return self._loaded


def _input(name: str, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.int64]:
    """What an encoder wants under this name."""
    if "mask" in name:
        return mask
    return mask * 0 if "type" in name else ids
