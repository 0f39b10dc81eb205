"""No number, date, amount, identifier, address or name that the original does not have."""

from __future__ import annotations

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.reading import Atom, AtomKind
from spsd_core.verifier.context import VerifierContext, failure, success
from spsd_core.verifier.matching import find_whole

__all__ = ["check_added_facts"]

_NAME = "added_facts"
_BY_WORDS = frozenset({AtomKind.NUMBER, AtomKind.DATE, AtomKind.AMOUNT, AtomKind.NAME})
_VERBATIM = frozenset({AtomKind.IDENTIFIER, AtomKind.URL, AtomKind.EMAIL})
_MOST_SEARCHES = 64
"""Facts of a draft that may be looked up in the whole original; keeps the check linear."""


def check_added_facts(context: VerifierContext) -> CheckRecord:
    """Refuse a fact whose key the original lacks, unless it stands there in the same words.

    The same words may be an atom here and none there: a name that now begins a sentence, a
    number whose unit was not read as one.
    """
    known = {(atom.kind, atom.key) for atom in context.original.atoms}
    searches = 0
    for atom in context.draft.atoms:
        if atom.kind not in _BY_WORDS and atom.kind not in _VERBATIM:
            continue
        if (atom.kind, atom.key) in known:
            continue
        searches += 1
        if searches > _MOST_SEARCHES or not _stands_in_original(context, atom):
            return failure(_NAME, Reason.ADDED_CONTENT)
    return success(_NAME)


def _stands_in_original(context: VerifierContext, atom: Atom) -> bool:
    surface = context.text[atom.start : atom.end]
    if atom.kind in _BY_WORDS:
        form = context.draft_words.canonical_of(atom.start, atom.end)
        if form:
            return form in context.original_words.canonical
    return find_whole(context.original.text, surface, 0) >= 0
