"""No statement or request of the original is gone from a written draft, atoms or not.

"I was charged twice and want a refund" has no number and no question, and yet must not vanish.
Pure courtesy may.
"""

from __future__ import annotations

from collections.abc import Iterator

from spsd_core.distillation import Reason
from spsd_core.spans import Span, overlaps
from spsd_core.verifier.context import Losses, VerifierContext
from spsd_core.verifier.lexicon import (
    FILLERS,
    PLEASANTRIES,
    REQUEST_VERBS,
    RITUAL_OPENERS,
    is_content,
)
from spsd_core.verifier.words import Words

__all__ = ["CONTENT"]

_OPENERS = tuple(f"{opener} " for opener in RITUAL_OPENERS)
_LONGEST_RITUAL = 4
"""A clause that opens like courtesy and has more content words than this is read as content."""
_IGNORED = PLEASANTRIES | FILLERS | REQUEST_VERBS
_CLAUSE_WORDS = frozenset({"and", "because", "but"})


def _lost_sentences(context: VerifierContext) -> Iterator[Span]:
    if not context.written:
        return
    kept = context.draft_words.vocabulary
    for span in context.original_words.sentences:
        if overlaps(span, context.original.payload):
            continue
        content = _content_of(context.original_words, span)
        if 3 * len(content - kept) > len(content):
            yield span


def _content_of(words: Words, span: Span) -> set[str]:
    """Stems of what a sentence says, its courteous clauses left out."""
    content: set[str] = set()
    places = words.indices(*span)
    start = places.start
    for place in places:
        if (
            place + 1 == places.stop
            or place in words.clause_ends
            or words.folded[place + 1] in _CLAUSE_WORDS
        ):
            content |= _clause_content(words, start, place + 1)
            start = place + 1
    return content


def _clause_content(words: Words, start: int, stop: int) -> set[str]:
    content = {
        words.stems[place]
        for place in range(start, stop)
        if is_content(words.folded[place])
        and words.stems[place] not in _IGNORED
        and not words.folded[place].isdigit()
    }
    opening = [one for one in words.folded[start : min(stop, start + 8)] if one not in _EMPHASIS]
    ritual = f"{' '.join(opening)} ".startswith(_OPENERS)
    return set() if ritual and len(content) <= _LONGEST_RITUAL else content


_EMPHASIS = frozenset("and so oh well just really very also again but".split())

CONTENT = Losses("content", Reason.LOST_CONTENT, _lost_sentences)
