"""Identifiers, addresses, quotes, code, protected terms and payload: character for character."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from spsd_core.distillation import Reason
from spsd_core.reading import Atom, AtomKind
from spsd_core.spans import Span
from spsd_core.verifier.context import Losses, VerifierContext
from spsd_core.verifier.matching import atoms_not_found, find_whole, is_whole, unify_quotes

__all__ = ["CODE", "EMAILS", "IDENTIFIERS", "PAYLOAD", "QUOTES", "TERMS", "URLS"]


def _whole(
    kind: AtomKind, *, may_merge: bool = True
) -> Callable[[VerifierContext], Iterator[Span]]:
    """Finder for things that stand alone; a rewrite may mention them once instead of twice."""

    def find(context: VerifierContext) -> Iterator[Span]:
        source, draft = context.original.text, context.text

        def form(atom: Atom) -> str:
            return source[atom.start : atom.end]

        def search(needle: str, position: int) -> int:
            return (draft.find if needle in parts else partial(find_whole, draft))(needle, position)

        atoms = context.original.of_kind(kind)
        # Where the original itself has it inside a longer word, so may the draft.
        parts = {form(atom) for atom in atoms if not is_whole(source, atom.start, atom.end)}
        once = may_merge and context.generative
        for atom in atoms_not_found(atoms, form, search, once=once):
            yield Span(atom.start, atom.end)

    return find


def _lost_quotes(context: VerifierContext) -> Iterator[Span]:
    atoms = context.original.of_kind(AtomKind.QUOTE)
    if not atoms:
        return
    source, draft = context.original.text, unify_quotes(context.text)

    def form(atom: Atom) -> str:
        return unify_quotes(source[atom.start : atom.end])

    for atom in atoms_not_found(atoms, form, draft.find):
        yield Span(atom.start, atom.end)


def _changed_payload(context: VerifierContext) -> Iterator[Span]:
    position = 0
    for start, end in context.original.payload:
        found = context.text.find(context.original.text[start:end], position)
        if found < 0:
            yield Span(start, end)
        else:
            position = found + end - start


IDENTIFIERS = Losses("identifiers", Reason.LOST_IDENTIFIER, _whole(AtomKind.IDENTIFIER))
URLS = Losses("urls", Reason.LOST_URL, _whole(AtomKind.URL))
EMAILS = Losses("emails", Reason.LOST_EMAIL, _whole(AtomKind.EMAIL))
TERMS = Losses("terms", Reason.LOST_TERM, _whole(AtomKind.TERM))
CODE = Losses("code", Reason.LOST_CODE, _whole(AtomKind.CODE, may_merge=False))
QUOTES = Losses("quotes", Reason.LOST_QUOTE, _lost_quotes)
PAYLOAD = Losses("payload", Reason.PAYLOAD_CHANGED, _changed_payload)
