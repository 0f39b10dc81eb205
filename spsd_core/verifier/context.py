"""What a check gets, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.reading import Reading
from spsd_core.spans import Edit, Span
from spsd_core.verifier.words import Words, words_of

__all__ = ["Check", "Losses", "VerifierContext", "failure", "success"]


@dataclass(frozen=True)
class VerifierContext:
    """A draft and the original it is held against."""

    original: Reading
    draft: Reading
    """The reading of the draft; its `text` is the draft."""
    generative: bool = False
    """Whether a model wrote the draft."""
    edits: tuple[Edit, ...] | None = None
    """The edits that are said to make the draft, where it only deletes and mends."""

    @property
    def text(self) -> str:
        """The draft."""
        return self.draft.text

    @property
    def written(self) -> bool:
        """Whether words may have been written that the original lacks: no edits vouch for it."""
        return self.generative or self.edits is None

    @property
    def original_words(self) -> Words:
        """The words of the original."""
        return words_of(self.original)

    @property
    def draft_words(self) -> Words:
        """The words of the draft."""
        return words_of(self.draft)


Check = Callable[[VerifierContext], CheckRecord]
"""One check family."""


def success(name: str) -> CheckRecord:
    """The record of a check that found nothing wrong."""
    return CheckRecord(check=name, passed=True)


def failure(name: str, reason: Reason, place: tuple[int, int] | None = None) -> CheckRecord:
    """The record of a refusal; `place` is where in the original the lost thing stood."""
    start, end = place if place is not None else (None, None)
    return CheckRecord(check=name, passed=False, reason=reason, start=start, end=end)


@dataclass(frozen=True)
class Losses:
    """A check that asks whether everything of one kind survived.

    `find` gives the places of the original that did not, lazily: the check needs only the first,
    the repair needs all.
    """

    name: str
    reason: Reason
    find: Callable[[VerifierContext], Iterable[Span]]

    def __call__(self, context: VerifierContext) -> CheckRecord:
        """The first loss, or a pass."""
        for place in self.find(context):
            return failure(self.name, self.reason, place)
        return success(self.name)
