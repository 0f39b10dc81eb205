"""`lexical`: deletes whole courtesy phrases and sentences by a phrase list. The plain baseline.

It can only delete (and give a sentence its capital back), never inside an atom or payload.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

from spsd_core.engines.courtesy import (
    FILLER_RE,
    LEAD_RE,
    LONGEST_SENTENCE,
    PLEASE_RE,
    TAIL_RE,
    TRIGGER_RE,
    WHOLE_RE,
    fold,
)
from spsd_core.engines.mending import edits_for
from spsd_core.engines.protocol import Draft, DraftRequest, Engine
from spsd_core.reading.sentences import split_sentences
from spsd_core.settings import Settings
from spsd_core.spans import Span, apply_edits, overlaps

__all__ = ["LexicalEngine", "build", "courtesy_spans"]

_MAX_LEADS = 6
_MIN_REPEATED_CHARS = 12


class LexicalEngine:
    """Deletion by phrase list; computes at once in the calling thread."""

    name = "lexical"

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        """Give a finished future with the draft, or None where no courtesy was found."""
        future: Future[Draft | None] = Future()
        future.set_result(self._draft(request))
        return future

    def close(self) -> None:
        """Nothing is held."""

    def _draft(self, request: DraftRequest) -> Draft | None:
        protected = request.reading.protected
        deletions = list(courtesy_spans(request.text, protected))
        if request.level == "dense":
            deletions += _filler_spans(request.text)
            deletions += _repeated_sentences(request.text)
        edits = edits_for(request.text, deletions, protected)
        if not edits:
            return None
        text = apply_edits(request.text, edits)
        return Draft(text=text, edits=edits) if text.strip() else None


def build(settings: Settings) -> Engine:  # noqa: ARG001
    """Make the engine; it has no settings of its own."""
    return LexicalEngine()


def courtesy_spans(text: str, protected: tuple[Span, ...] = ()) -> Iterator[Span]:
    """Where ritual courtesy stands, as spans without surrounding space; linear in the text.

    >>> text = "Hi! How do I sort a list, please?"
    >>> [text[start:end] for start, end in courtesy_spans(text)]
    ['Hi!', ', please']
    """
    folded = fold(text)
    known: dict[str, bool] = {}
    for start, end in split_sentences(text):
        if TRIGGER_RE.search(folded, start, end):
            yield from _in_sentence(folded, start, end, protected, known)


def _in_sentence(
    folded: str, start: int, end: int, protected: tuple[Span, ...], known: dict[str, bool]
) -> Iterator[Span]:
    if end - start <= LONGEST_SENTENCE:
        sentence = folded[start:end]
        whole = known.get(sentence)
        if whole is None:
            whole = known[sentence] = WHOLE_RE.match(sentence) is not None
        if whole:
            yield Span(start, end)
            return
    begin = start
    for _ in range(_MAX_LEADS):
        lead = LEAD_RE.match(folded[begin : min(end, begin + LONGEST_SENTENCE)])
        if lead is None or begin + lead.end() >= end:
            break
        span = Span(begin, begin + lead.end())
        if overlaps(span, protected):
            break
        begin = span.end
    if begin > start:
        yield Span(start, begin)
    tail_from = max(begin, end - LONGEST_SENTENCE)
    tail = TAIL_RE.search(folded[tail_from:end])
    if tail:
        yield Span(tail_from + tail.start(), tail_from + tail.end())
    for match in PLEASE_RE.finditer(folded, begin, end):
        yield Span(*match.span())


def _filler_spans(text: str) -> list[Span]:
    return [Span(*match.span()) for match in FILLER_RE.finditer(fold(text))]


def _repeated_sentences(text: str) -> list[Span]:
    """Sentences that say word for word what an earlier one said."""
    seen: set[str] = set()
    repeated: list[Span] = []
    for span in split_sentences(text):
        sentence = " ".join(FILLER_RE.sub("", fold(text[span.start : span.end])).split())
        if len(sentence) < _MIN_REPEATED_CHARS:
            continue
        if sentence in seen:
            repeated.append(span)
        seen.add(sentence)
    return repeated
