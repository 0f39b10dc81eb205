"""Prompt lookup: guess the next tokens of a draft from the text it shortens.

A draft mostly copies. Where its last tokens occur in the text, what follows there is a good guess
at what follows here (Saxena 2023, "Prompt Lookup Decoding"); a model verifies several guessed
tokens in one evaluation.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["PromptLookup"]

_GUESSES_AFTER = {3: 3, 2: 2}
"""How many tokens to guess by how many of the last ones occur in the text, surest first. On two
cores four tokens in one evaluation cost 2.3 to 2.5 times one, so a wrong guess is a loss."""
_HITS_BEFORE_MORE = 4
"""So many guesses must have held in full, one after the other, before longer ones are made."""


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
            for size in _GUESSES_AFTER:
                for end in range(size, len(self._source)):
                    self._places.setdefault(tuple(self._source[end - size : end]), []).append(end)
        self._written: list[int] = []
        self._cursor = 0
        self._hits = 0

    def write(self, token: int) -> None:
        """Take note of a token of the draft."""
        self._written.append(token)

    def guess(self) -> list[int]:
        """What may come next; empty where the last tokens are not in the text."""
        if self._longest <= 0:
            return []
        for size, width in _GUESSES_AFTER.items():
            places = self._places.get(tuple(self._written[-size:]), ())
            if places:
                # Drafts keep the order of the text: prefer the next occurrence over earlier ones.
                index = bisect_left(places, self._cursor)
                self._cursor = place = places[index] if index < len(places) else places[-1]
                wanted = self._longest if self._hits >= _HITS_BEFORE_MORE else width
                return self._source[place : place + min(wanted, self._longest)]
        return []

    def learn(self, guessed: int, accepted: int) -> None:
        """Take note of how a guess did, to make longer ones while the model copies."""
        if guessed:
            self._hits = self._hits + 1 if accepted == guessed else 0
