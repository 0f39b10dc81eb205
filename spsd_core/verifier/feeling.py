"""What the writer feels about the matter is still said, with what strength it can spare."""

from __future__ import annotations

from collections.abc import Iterator

from spsd_core.distillation import Reason
from spsd_core.reading import Atom, AtomKind
from spsd_core.spans import Span
from spsd_core.verifier.context import Losses, VerifierContext
from spsd_core.verifier.lexicon import FILLERS, is_content

__all__ = ["FEELINGS"]


def _lost_feelings(context: VerifierContext) -> Iterator[Span]:
    for atom in context.original.of_kind(AtomKind.FEELING):
        if not _is_felt(context, atom):
            yield Span(atom.start, atom.end)


def _is_felt(context: VerifierContext, atom: Atom) -> bool:
    words = context.original_words
    places = words.indices(atom.start, atom.end)
    vocabulary = context.draft_words.vocabulary
    if not places:  # an emoji, a row of exclamation marks
        return context.original.text[atom.start : atom.end].strip() in context.text
    stems = {words.stems[place] for place in places if is_content(words.folded[place])}
    if context.written:  # "really frustrated" may become "frustrated"
        stems = stems - FILLERS or stems
    return stems <= vocabulary


FEELINGS = Losses("feeling", Reason.LOST_FEELING, _lost_feelings)
