"""`lexical`: deletes whole courtesy phrases and sentences by a phrase list. The plain baseline.

It can only delete (and give a sentence its capital back), never inside an atom or payload.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

from spsd_core.engines.courtesy import (
    courtesy_after,
    courtesy_before,
    courtesy_inside,
    fold,
    is_emphatic,
    without_opening_filler,
)
from spsd_core.engines.mending import edits_for
from spsd_core.engines.protocol import Draft, DraftRequest, Engine, finished
from spsd_core.reading.sentences import split_sentences
from spsd_core.settings import Settings
from spsd_core.spans import Span, apply_edits

__all__ = ["LexicalEngine", "build", "courtesy_spans", "repeated_sentences"]

_MIN_REPEATED_CHARS = 12


class LexicalEngine:
    """Deletion by phrase list; computes at once in the calling thread."""

    name = "lexical"

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        """Give a finished future with the draft, or None where no courtesy was found."""
        return finished(self._draft(request))

    def close(self) -> None:
        """Nothing is held."""

    def _draft(self, request: DraftRequest) -> Draft | None:
        protected = request.reading.protected
        dense = request.level == "dense"
        deletions = list(courtesy_spans(request.text, fillers=dense))
        if dense:
            deletions += repeated_sentences(request.text)
        edits = edits_for(request.text, deletions, protected)
        if not edits:
            return None
        text = apply_edits(request.text, edits)
        return Draft(text=text, edits=edits) if text.strip() else None


def build(settings: Settings) -> Engine:  # noqa: ARG001
    """Make the engine; it has no settings of its own."""
    return LexicalEngine()


def courtesy_spans(text: str, *, fillers: bool = False) -> Iterator[Span]:
    """Where ritual courtesy stands, as spans without surrounding space; linear in the text.

    >>> text = "Hi! How do I sort a list, please?"
    >>> [text[start:end] for start, end in courtesy_spans(text)]
    ['Hi!', ', please']
    """
    folded = fold(text)
    for start, end in split_sentences(text):
        yield from _in_sentence(text, folded, start, end, fillers)


def _in_sentence(text: str, folded: str, start: int, end: int, fillers: bool) -> Iterator[Span]:
    begin = courtesy_before(text, folded, start, end, fillers=fillers)
    if begin > start:
        yield Span(start, begin)
    if begin == end:
        return
    after = courtesy_after(folded, begin, end)
    yield from after
    stop = after[-1].start if after else end
    for span in courtesy_inside(folded, begin, stop, fillers=fillers):
        if not is_emphatic(text, span.start, span.end, end):
            yield span


def repeated_sentences(text: str) -> list[Span]:
    """Sentences that say word for word what an earlier one said."""
    seen: set[str] = set()
    repeated: list[Span] = []
    for span in split_sentences(text):
        sentence = " ".join(without_opening_filler(fold(text[span.start : span.end])).split())
        if len(sentence) < _MIN_REPEATED_CHARS:
            continue
        if sentence in seen:
            repeated.append(span)
        seen.add(sentence)
    return repeated
