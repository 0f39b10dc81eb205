"""Prompt lookup: guess the next tokens of a draft from the text it shortens.

A draft mostly copies. Where its last tokens occur in the text, what follows there is a good guess
at what follows here (Saxena 2023, "Prompt Lookup Decoding"); a model verifies several guessed
tokens in one evaluation.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["PromptLookup"]

_NGRAMS = (3, 2, 1)
_FIRST_WIDTH = 3
"""Guesses after a miss. On two cores four tokens in one evaluation cost 2.3 to 2.5 times one."""


class PromptLookup:
    """Guesses for one draft.

    Args:
        source: tokens of the user's text.
        longest: most tokens to guess at once; 0 guesses nothing.
    """

    def __init__(self, source: Sequence[int], longest: int) -> None:
        self._source = list(source)
        self._longest = longest
        self._places: dict[tuple[int, ...], list[int]] = {}
        if longest > 0:
            for size in _NGRAMS:
                for end in range(size, len(self._source)):
                    self._places.setdefault(tuple(self._source[end - size : end]), []).append(end)
        self._written: list[int] = []
        self._cursor = 0
        self._width = self._first_width = min(_FIRST_WIDTH, longest)

    def write(self, token: int) -> None:
        """Take note of a token of the draft."""
        self._written.append(token)

    def guess(self) -> list[int]:
        """What may come next; empty where the last tokens are not in the text."""
        if self._longest <= 0:
            return []
        for size in _NGRAMS:
            places = self._places.get(tuple(self._written[-size:]), ())
            if not places or (size == 1 and (len(places) > 1 or places[0] < self._cursor)):
                continue  # a single token says little, unless it stands once, and ahead
            # Drafts keep the order of the text: prefer the next occurrence over earlier ones.
            index = bisect_left(places, self._cursor)
            self._cursor = place = places[index] if index < len(places) else places[-1]
            return self._source[place : place + self._width]
        return []

    def learn(self, guessed: int, accepted: int) -> None:
        """Adapt the number of tokens to guess: twice as many after a hit, few after a miss.

        An evaluation of several tokens costs more than one of a single token where few cores
        compute, so a wrong guess is a loss.
        """
        if guessed:
            hit = accepted == guessed
            self._width = min(self._longest, self._width * 2) if hit else self._first_width
