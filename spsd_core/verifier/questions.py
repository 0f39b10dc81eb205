"""Every question is still asked, in order; a long way of asking may have become a short one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.reading import AtomKind, Reading
from spsd_core.spans import Span
from spsd_core.verifier.context import Losses, VerifierContext, failure, success
from spsd_core.verifier.lexicon import (
    COURTESY,
    FILLERS,
    INTERROGATIVES,
    REQUEST_VERBS,
    is_content,
)
from spsd_core.verifier.words import Words

__all__ = ["QUESTIONS", "check_added_question"]

_ADDED = "added_question"

_MILD = frozenset({"what", "how", "which", "whether"})
"""Question words that a request may do without: `tell me what X is`, `explain X`."""
_ASKING = REQUEST_VERBS | frozenset(
    {"list", "nam", "writ", "suggest", "recommend", "compar", "find"}
)
_MODALS = frozenset({"can", "could", "would", "will", "please", "may"})


@dataclass(frozen=True)
class _Piece:
    """A sentence of the draft, or a question of the original."""

    stems: frozenset[str]
    asks: frozenset[str]
    """Its question words."""
    marked: bool
    """Whether it ends in a question mark or was read as a question."""
    requests: bool
    """Whether it holds a request ("could you", "explain")."""


def _piece(words: Words, span: Span, marked: bool) -> _Piece:
    chosen = words.indices(*span)
    folded = words.folded[chosen.start : chosen.stop]
    stems = words.stems[chosen.start : chosen.stop]
    return _Piece(
        stems=frozenset(stems),
        asks=INTERROGATIVES.intersection(folded),
        marked=marked,
        requests=bool(_ASKING.intersection(stems))
        or any(one in _MODALS and other == "you" for one, other in pairwise(folded)),
    )


def _draft_pieces(context: VerifierContext) -> list[_Piece]:
    text = context.text
    starts = [atom.start for atom in context.draft.of_kind(AtomKind.QUESTION)]
    pieces: list[_Piece] = []
    next_question = 0
    for span in context.draft_words.sentences:
        marked = "?" in text[span.start : span.end]
        while next_question < len(starts) and starts[next_question] < span.end:
            marked = True
            next_question += 1
        pieces.append(_piece(context.draft_words, span, marked))
    return pieces


def check_added_question(context: VerifierContext) -> CheckRecord:
    """Refuse a written draft that asks what the original only states ("Two weeks?")."""
    if context.written and "?" in context.text:
        asked = _stems_of_questions(context.original_words, context.original)
        words = context.draft_words
        for span in words.sentences:
            if "?" in context.text[span.start : span.end]:
                about = _needed(_piece(words, span, marked=True))
                if 2 * len(about - asked) > len(about):
                    return failure(_ADDED, Reason.ADDED_CONTENT)
    return success(_ADDED)


def _stems_of_questions(words: Words, reading: Reading) -> frozenset[str]:
    """Stems of all sentences that ask something, with or without a question mark."""
    spans = [Span(atom.start, atom.end) for atom in reading.of_kind(AtomKind.QUESTION)]
    spans += [span for span in words.sentences if "?" in reading.text[span.start : span.end]]
    return frozenset(words.stems[place] for span in spans for place in words.indices(*span))


def _asked(question: _Piece, needed: frozenset[str], piece: _Piece) -> bool:
    if len(needed - piece.stems) * 4 > len(needed):
        return False
    if not question.asks - _MILD <= piece.asks:
        return False
    if question.asks and not question.asks & piece.asks and not piece.marked:
        return piece.requests
    return piece.marked or bool(piece.asks) or (question.requests and piece.requests)


def _needed(question: _Piece) -> frozenset[str]:
    """What the question is about."""
    about = frozenset(one for one in question.stems if is_content(one) and one not in FILLERS)
    return about - REQUEST_VERBS - COURTESY or about - COURTESY


def _lost_questions(context: VerifierContext) -> Iterator[Span]:
    atoms = context.original.of_kind(AtomKind.QUESTION)
    if not atoms:
        return
    pieces = _draft_pieces(context)
    position = 0
    for atom in atoms:
        span = Span(atom.start, atom.end)
        question = _piece(context.original_words, span, marked=True)
        needed = _needed(question)
        for index in range(position, len(pieces)):
            if _asked(question, needed, pieces[index]):
                position = index  # two questions may have become one sentence
                break
        else:
            yield span


QUESTIONS = Losses("questions", Reason.LOST_QUESTION, _lost_questions)
