"""A text that a local model reads: how much each token surprises it, and back to an earlier place.

Only the log-probability of the tokens that are there is wanted. llama.cpp gives a whole row of
logits for each of them, so they are evaluated at most 96 at a time, and each row becomes one number
before the next 96: with a vocabulary of 49,000 tokens that is 19 MB, whatever the text's length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from spsd_core.engines.rewrite.session import LARGEST_EVALUATION, LlamaSession
from spsd_core.exceptions import EngineFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Lane", "Place", "ScoringSession"]


class ScoringSession(LlamaSession):
    """A session whose keys and values have 16 bits.

    The 8 bits of its base make guessed tokens exact to the bit. Nothing is guessed here, and they
    would cost a quarter of the time.
    """

    def _open_context(self, context_tokens: int, most_outputs: int) -> None:
        parameters = self._context_parameters(context_tokens, most_outputs)
        self._context = self._api.llama_init_from_model(self._model, parameters)


class Place(NamedTuple):
    """A place in a lane to come back to."""

    length: int
    row: NDArray[np.float32] | None
    """What the model expects there."""
    state: bytes | None
    """A copy of the context, for models that cannot take single tokens back."""


class Lane:
    """One context of a model. For one thread at a time.

    Args:
        session: was opened for `LARGEST_EVALUATION` outputs.
        check: runs before each evaluation; raises to stop.
    """

    def __init__(self, session: LlamaSession, check: Callable[[], None]) -> None:
        self._session = session
        self._check = check
        self._row: NDArray[np.float32] | None = None
        self.evaluated = 0
        """Tokens the model has read here, those that were taken back included."""

    @property
    def room(self) -> int:
        """How many tokens still fit."""
        return self._session.context_tokens - self._session.length

    def restart(self, tokens: Sequence[int]) -> None:
        """Forget everything and read `tokens`, at least one."""
        self._session.clear()
        self._row = None
        self.read(tokens)

    def read(self, tokens: Sequence[int]) -> None:
        """Read on, without wanting to know how surprising it was."""
        for chunk in _chunks(tokens):
            self._evaluate(chunk, outputs=1)
            self._row = self._session.logits(-1).copy()

    def score(self, tokens: Sequence[int]) -> NDArray[np.float64]:
        """Read on; the surprise of each token: minus its log-probability, in nats.

        Raises:
            EngineFailed: the model computes no numbers.
        """
        import numpy as np

        surprises: list[float] = []
        for chunk in _chunks(tokens):
            surprises.append(_surprise(self._row, chunk[0]))
            self._evaluate(chunk, outputs=len(chunk))
            surprises += [
                _surprise(self._session.logits(index), token)
                for index, token in enumerate(chunk[1:])
            ]
            self._row = self._session.logits(len(chunk) - 1).copy()
        if not all(map(math.isfinite, surprises)):
            raise EngineFailed("the model computes NaN; its file is damaged or of an unknown kind")
        return np.array(surprises)

    def place(self) -> Place:
        """Where the lane stands."""
        session = self._session
        return Place(session.length, self._row, None if session.can_truncate else session.save())

    def back(self, place: Place) -> None:
        """Take back everything that was read after `place`.

        Raises:
            EngineFailed: this model cannot.
        """
        if place.state is not None:
            self._session.restore(place.state, place.length)
        elif not self._session.truncate(place.length):
            raise EngineFailed("llama.cpp could not take tokens back; use another model")
        self._row = place.row

    def _evaluate(self, chunk: Sequence[int], *, outputs: int) -> None:
        self._check()
        self._session.evaluate(chunk, outputs=outputs)
        self.evaluated += len(chunk)


def _chunks(tokens: Sequence[int]) -> Iterator[Sequence[int]]:
    """Chunks of about the same length: a short rest would cost almost as much as a long one."""
    count = math.ceil(len(tokens) / LARGEST_EVALUATION)
    for number in range(count):
        yield tokens[number * len(tokens) // count : (number + 1) * len(tokens) // count]


def _surprise(row: NDArray[np.float32] | None, token: int) -> float:
    import numpy as np

    if row is None:
        raise EngineFailed("a lane was asked for the surprise of its first token")
    top = float(row.max())
    return math.log(float(np.exp(row - row.max()).sum())) + top - float(row[token])
