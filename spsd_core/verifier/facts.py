"""Numbers, dates, amounts, names, limits and demands on form: the same words, however inflected.

They are looked for as words, not as atoms of the draft, because what surrounds a thing decides how
far the reader takes it to reach ("3" or "3 times"). Spelt-out numbers count as digits, `1,000` as
`1000`. Names are compared unstemmed: `Williams` is not `William`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spsd_core.distillation import Reason
from spsd_core.reading import Atom, AtomKind
from spsd_core.spans import Span
from spsd_core.verifier.context import Losses, VerifierContext
from spsd_core.verifier.matching import atoms_not_found

__all__ = ["AMOUNTS", "DATES", "FORMATS", "LIMITS", "NAMES", "NUMBERS"]


def _inflected(kind: AtomKind) -> Callable[[VerifierContext], Iterator[Span]]:
    def find(context: VerifierContext) -> Iterator[Span]:
        words, sought = context.original_words, context.draft_words

        def form(atom: Atom) -> str:
            return words.canonical_of(atom.start, atom.end)

        atoms = context.original.of_kind(kind)
        for atom in atoms_not_found(atoms, form, sought.canonical.find):
            yield Span(atom.start, atom.end)
        yield from _wordless(context, kind)

    return find


def _wordless(context: VerifierContext, kind: AtomKind) -> Iterator[Span]:
    """Atoms without any word (a clock in symbols, a rating in stars) must stand as they are."""
    for atom in context.original.of_kind(kind):
        if not context.original_words.indices(atom.start, atom.end):
            surface = context.original.text[atom.start : atom.end]
            if surface not in context.text:
                yield Span(atom.start, atom.end)


def _lost_names(context: VerifierContext) -> Iterator[Span]:
    words, sought = context.original_words, context.draft_words

    def form(atom: Atom) -> str:
        return words.plain_of(atom.start, atom.end)

    atoms = context.original.of_kind(AtomKind.NAME)
    for atom in atoms_not_found(atoms, form, sought.plain.find, once=context.generative):
        yield Span(atom.start, atom.end)
    yield from _wordless(context, AtomKind.NAME)


NUMBERS = Losses("numbers", Reason.LOST_NUMBER, _inflected(AtomKind.NUMBER))
DATES = Losses("dates", Reason.LOST_DATE, _inflected(AtomKind.DATE))
AMOUNTS = Losses("amounts", Reason.LOST_AMOUNT, _inflected(AtomKind.AMOUNT))
LIMITS = Losses("limits", Reason.LOST_LIMIT, _inflected(AtomKind.LIMIT))
FORMATS = Losses("formats", Reason.LOST_FORMAT, _inflected(AtomKind.FORMAT))
NAMES = Losses("names", Reason.LOST_NAME, _lost_names)
