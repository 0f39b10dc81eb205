"""Putting back, verbatim, what a rewrite lost.

The sentence of the original that held a lost thing (its clause, where the sentence is long) takes
the place of the draft's own version of it, or stands where the order of the original puts it. The
result is a draft like any other: it has to be verified and counted again.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.reading import Reading, read
from spsd_core.spans import Edit, Span, apply_edits, merge_spans
from spsd_core.verifier.context import VerifierContext
from spsd_core.verifier.families import LOSSES
from spsd_core.verifier.lexicon import is_content
from spsd_core.verifier.words import Words

__all__ = ["repair"]

_MOST_LOSSES = 32
_MOST_PAIRS = 40_000
"""Pairs of sentences that are compared; a text with more is not worth the time."""
_LONG_SENTENCE = 25
"""Words from which on a clause is put back instead of the sentence."""
_CLAUSE_END_RE = re.compile(r"[;:\u2014]\s|,\s(?=(?:and|but|so|because|although|which)\b)")
_END_MARKS = frozenset(".!?:;\u2026\"'\u201d\u2019)]}`")
_REPAIRABLE = frozenset(loss.reason for loss in LOSSES)


def repair(
    original: Reading, draft_text: str, failed: Sequence[CheckRecord]
) -> tuple[str, tuple[Span, ...]] | None:
    """The draft with what it lost put back, and the places of the original it came from.

    Args:
        original: the reading of the original.
        draft_text: a model's draft.
        failed: the checks it did not pass.

    Returns:
        None where putting back cannot help: something was added, the speaker or the language
        changed, the output is unsafe, or too much is lost.
    """
    reasons = {check.reason for check in failed if not check.passed}
    if not reasons or not reasons <= _REPAIRABLE:
        return None
    context = VerifierContext(original, read(draft_text), generative=True)
    lost = list(islice(_lost(context, reasons), _MOST_LOSSES + 1))
    if not lost or len(lost) > _MOST_LOSSES:
        return None
    kept = context.draft_words.sentences
    sentences = context.original_words.sentences
    if not sentences or len(kept) * len(sentences) > _MOST_PAIRS:
        return None
    pieces = _pieces(original, context.original_words, sentences, lost)
    alignment = _align(context, sentences, kept)
    edits = _edits(context, sentences, pieces, alignment)
    text = apply_edits(draft_text, edits)
    verbatim_end = any(original.text[piece.end - 1].isspace() for piece in pieces)
    return text if verbatim_end else text.rstrip(), pieces


def _lost(context: VerifierContext, reasons: set[Reason | None]) -> Iterator[Span]:
    for loss in LOSSES:
        if loss.reason in reasons:
            yield from loss.find(context)


def _pieces(
    original: Reading, words: Words, sentences: Sequence[Span], lost: Sequence[Span]
) -> tuple[Span, ...]:
    """The sentences, or clauses of long ones, that hold what was lost."""
    starts = [sentence.start for sentence in sentences]
    ends = [sentence.end for sentence in sentences]
    pieces: list[Span] = []
    for span in lost:
        first = min(bisect_right(ends, span.start), len(sentences) - 1)
        last = max(bisect_left(starts, span.end) - 1, first)
        whole = Span(min(starts[first], span.start), max(ends[last], span.end))
        if first == last and len(words.indices(*whole)) > _LONG_SENTENCE:
            whole = _clause(original.text, whole, span)
        pieces.append(whole)
    touched = [part for part in original.payload if any(_meet(part, piece) for piece in pieces)]
    return merge_spans([*pieces, *touched])


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _clause(text: str, sentence: Span, span: Span) -> Span:
    start, end = sentence
    for match in _CLAUSE_END_RE.finditer(text, sentence.start, sentence.end):
        if match.end() <= span.start:
            start = match.end()
        elif match.start() >= span.end:
            end = match.start()
            break
    return Span(start, end)


@dataclass(frozen=True)
class _Kept:
    """A sentence of the draft, and the sentence of the original it comes from."""

    span: Span
    content: frozenset[str]
    source: int


def _content(words: Words, span: Span) -> frozenset[str]:
    return frozenset(
        words.stems[place] for place in words.indices(*span) if is_content(words.folded[place])
    )


def _align(
    context: VerifierContext, sentences: Sequence[Span], kept: Sequence[Span]
) -> list[_Kept]:
    contents = [_content(context.original_words, sentence) for sentence in sentences]
    aligned: list[_Kept] = []
    for span in kept:
        content = _content(context.draft_words, span)
        shared = [len(content & other) for other in contents]
        most = max(shared)
        source = shared.index(most) if most else (aligned[-1].source if aligned else 0)
        aligned.append(_Kept(span, content, source))
    return aligned


def _edits(
    context: VerifierContext,
    sentences: Sequence[Span],
    pieces: Sequence[Span],
    alignment: Sequence[_Kept],
) -> list[Edit]:
    """Insertions into the draft, and removals of its own versions of what is put back."""
    starts = [sentence.start for sentence in sentences]
    insertions: dict[int, str] = {}
    removed: dict[int, int] = {}
    for piece in pieces:
        first = max(bisect_right(starts, piece.start) - 1, 0)
        last = max(bisect_left(starts, piece.end) - 1, first)
        content = _content(context.original_words, piece)
        own = [
            index
            for index, kept in enumerate(alignment)
            if first <= kept.source <= last and kept.content <= content
        ]
        later = (index for index, kept in enumerate(alignment) if kept.source > last)
        index = own[0] if own else next(later, len(alignment))
        place = alignment[index].span.start if index < len(alignment) else len(context.text)
        insertions[place] = insertions.get(place, "") + _spaced(context, piece)
        for one in own:
            following = alignment[one + 1].span.start if one + 1 < len(alignment) else None
            removed[alignment[one].span.start] = (
                len(context.text) if following is None else following
            )
    places = sorted(insertions.keys() | removed.keys())
    return [
        Edit(place, removed.get(place, place), _fitted(context, place, insertions))
        for place in places
    ]


def _spaced(context: VerifierContext, piece: Span) -> str:
    """The piece with what must follow it."""
    text = context.original.text
    copied = text[piece.start : piece.end]
    breaks = "\n" in copied or text[piece.end : piece.end + 1] in ("\n", "\r")
    if breaks:
        return f"{copied}\n"
    return f"{copied} " if copied[-1:] in _END_MARKS else f"{copied}. "


def _fitted(context: VerifierContext, place: int, insertions: dict[int, str]) -> str:
    """The insertion with spaces as its neighbours need them."""
    inserted = insertions.get(place, "")
    before = context.text[place - 1 : place] if place else ""
    return f" {inserted}" if inserted and before and not before.isspace() else inserted
