"""Negations keep what they negate, none is dropped and none is added.

The reader says which negations count ("no worries" does not); how far one reaches is decided
here, alike for both texts: up to the end of the clause, five content words at most.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.reading import Atom, AtomKind
from spsd_core.spans import Span
from spsd_core.verifier.context import Losses, VerifierContext, failure, success
from spsd_core.verifier.lexicon import FILLERS, NEGATORS, is_content
from spsd_core.verifier.words import Words

__all__ = ["NEGATIONS", "check_added_negation"]

_ADDED = "added_negation"
_REACH = 5
"""Content words a negator can reach."""
_CORE = 3
"""Content words after a negator that must still follow it in the draft."""
_BREAKS = frozenset("and but or because although though while so if when then".split())


@dataclass(frozen=True)
class _Negation:
    index: int
    """Of the negator among the words."""
    scope: tuple[str, ...]
    """Stems of the content words it reaches."""


def _negations(words: Words) -> list[_Negation]:
    return [
        _Negation(index, _scope(words, index))
        for index, folded in enumerate(words.folded)
        if folded in NEGATORS
    ]


def _scope(words: Words, index: int) -> tuple[str, ...]:
    reached: list[str] = []
    last = min(len(words.folded), index + 4 * _REACH)
    while index not in words.clause_ends and len(reached) < _REACH:
        index += 1
        if index >= last or words.folded[index] in NEGATORS:
            break
        folded, its_stem = words.folded[index], words.stems[index]
        if folded in _BREAKS and reached:
            break
        if is_content(folded) and folded not in _BREAKS and its_stem not in FILLERS:
            reached.append(its_stem)
    return tuple(reached)


def _lost_negations(context: VerifierContext) -> Iterator[Span]:
    atoms = context.original.of_kind(AtomKind.NEGATION)
    if not atoms:
        return
    original = _negations(context.original_words)
    draft = _negations(context.draft_words)
    places = [negation.index for negation in original]
    position = 0
    taken = 0  # negations of the original matched so far, for atoms that overlap
    for atom in atoms:
        inside = context.original_words.indices(atom.start, atom.end)
        first = max(bisect_left(places, inside.start), taken)
        last = bisect_left(places, inside.stop)
        if bisect_left(places, inside.start) == last:
            if _other_cue_lost(context, atom):
                yield Span(atom.start, atom.end)
            continue
        for negation in original[first:last]:
            found = _find(negation, draft, position)
            if found is None:
                yield Span(atom.start, atom.end)
                break
            position = found + 1
        taken = max(taken, last)
    if context.written:
        yield from _affirmed(context, atoms, original, draft)


def _find(negation: _Negation, draft: list[_Negation], position: int) -> int | None:
    core = set(negation.scope[:_CORE])
    for index in range(position, len(draft)):
        if core <= set(draft[index].scope):
            return index
    return None


def _other_cue_lost(context: VerifierContext, atom: Atom) -> bool:
    """Whether a negation by another word ("avoid", "instead of") is gone."""
    form = context.original_words.canonical_of(atom.start, atom.end)
    return form not in context.draft_words.canonical


def _affirmed(
    context: VerifierContext,
    atoms: tuple[Atom, ...],
    original: list[_Negation],
    draft: list[_Negation],
) -> Iterator[Span]:
    """Negations whose first word stands un-negated more often than it did."""
    before = _affirmations(context.original_words, original)
    after = _affirmations(context.draft_words, draft)
    places = [negation.index for negation in original]
    for atom in atoms:
        inside = context.original_words.indices(atom.start, atom.end)
        for negation in original[
            bisect_left(places, inside.start) : bisect_left(places, inside.stop)
        ]:
            if negation.scope and after[negation.scope[0]] > before[negation.scope[0]]:
                yield Span(atom.start, atom.end)
                break


def _affirmations(words: Words, negations: list[_Negation]) -> Counter[str]:
    """How often each stem stands outside the reach of any negator."""
    counts = Counter(words.stems)
    for negation in negations:
        counts.subtract(negation.scope)
    return counts


def check_added_negation(context: VerifierContext) -> CheckRecord:
    """Refuse a draft that negates what the original did not."""
    draft = _negations(context.draft_words)
    if not draft:
        return success(_ADDED)
    original = _negations(context.original_words)
    reached = {its_stem for negation in original for its_stem in negation.scope}
    for negation in draft:
        known = negation.scope[0] in reached if negation.scope else bool(original)
        if not known:
            return failure(_ADDED, Reason.ADDED_CONTENT)
    return success(_ADDED)


NEGATIONS = Losses("negation", Reason.LOST_NEGATION, _lost_negations)
