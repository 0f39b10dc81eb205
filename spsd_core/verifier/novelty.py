"""No content word in the draft that the original does not have.

A model that shortens has no need for new words; one that answers, explains or invents has.
`is_new` is also what stops a decoder (`streaming.py`), so that both agree on every word.
"""

from __future__ import annotations

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.verifier.context import VerifierContext, failure, success
from spsd_core.verifier.lexicon import FREE, GLUE, NUMBER_WORDS
from spsd_core.verifier.words import Words, forms

__all__ = ["check_novelty", "is_new", "known_forms"]

_NAME = "novelty"
_ALWAYS_KNOWN = FREE | frozenset(NUMBER_WORDS)
"""Spelt-out numbers are compared as values, by `added.py`."""


def known_forms(original: Words) -> frozenset[str]:
    """Every folded word and stem a draft of `original` may hold."""
    stems = original.vocabulary
    glue = {plain for plain, reasons in GLUE.items() if not reasons.isdisjoint(stems)}
    return _ALWAYS_KNOWN | stems | glue


def is_new(token: str, known: frozenset[str]) -> bool:
    """Whether a token (a match of `TOKEN_RE`) says something the original does not."""
    return any(folded not in known and stem not in known for folded, stem in forms(token))


def check_novelty(context: VerifierContext) -> CheckRecord:
    """Refuse a written draft that has a new content word."""
    if context.written:
        known = known_forms(context.original_words)
        written = context.draft_words.as_written
        for folded, stem in zip(written.folded, written.stems):
            if folded not in known and stem not in known:
                return failure(_NAME, Reason.ADDED_CONTENT)
    return success(_NAME)
