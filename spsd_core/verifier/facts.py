"""Numbers, dates, amounts, names, limits and demands on form: the same words, however inflected.

They are looked for as words, not as atoms of the draft, because what surrounds a thing decides how
far the reader takes it to reach ("3" or "3 times"). Spelt-out numbers count as digits, `1,000` as
`1000`. Names are compared unstemmed: `Williams` is not `William`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from spsd_core.distillation import Reason
from spsd_core.reading import Atom, AtomKind
from spsd_core.spans import Span
from spsd_core.verifier.context import Losses, VerifierContext
from spsd_core.verifier.matching import atoms_not_found

__all__ = ["AMOUNTS", "DATES", "FORMATS", "LIMITS", "NAMES", "NUMBERS", "lost_words"]


def _inflected(kind: AtomKind) -> Callable[[VerifierContext], Iterator[Span]]:
    def find(context: VerifierContext) -> Iterator[Span]:
        words = context.original_words
        atoms = context.original.of_kind(kind)
        return lost_words(context, atoms, words.canonical_of, context.draft_words.canonical)

    return find


def _lost_names(context: VerifierContext) -> Iterator[Span]:
    words, draft = context.original_words, context.draft_words
    atoms = context.original.of_kind(AtomKind.NAME)
    return lost_words(context, atoms, words.plain_of, draft.plain, once=context.generative)


def lost_words(
    context: VerifierContext,
    atoms: Sequence[Atom],
    form: Callable[[int, int], str],
    sought: str,
    *,
    once: bool = False,
) -> Iterator[Span]:
    """Places of the atoms whose words are not found in order.

    Atoms without any word (a clock in symbols, a rating in stars) must stand as they are.
    """
    forms = {atom: form(atom.start, atom.end) for atom in atoms}
    for atom in atoms_not_found(atoms, forms.__getitem__, sought.find, once=once):
        yield Span(atom.start, atom.end)
    for atom, needle in forms.items():
        if not needle and context.original.text[atom.start : atom.end] not in context.text:
            yield Span(atom.start, atom.end)


NUMBERS = Losses("numbers", Reason.LOST_NUMBER, _inflected(AtomKind.NUMBER))
DATES = Losses("dates", Reason.LOST_DATE, _inflected(AtomKind.DATE))
AMOUNTS = Losses("amounts", Reason.LOST_AMOUNT, _inflected(AtomKind.AMOUNT))
LIMITS = Losses("limits", Reason.LOST_LIMIT, _inflected(AtomKind.LIMIT))
FORMATS = Losses("formats", Reason.LOST_FORMAT, _inflected(AtomKind.FORMAT))
NAMES = Losses("names", Reason.LOST_NAME, _lost_names)
