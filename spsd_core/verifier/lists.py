"""Every item of a list is there, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from spsd_core.distillation import Reason
from spsd_core.reading import Atom, AtomKind
from spsd_core.spans import Span
from spsd_core.verifier.context import Losses, VerifierContext
from spsd_core.verifier.facts import lost_words
from spsd_core.verifier.lexicon import is_content

__all__ = ["LIST_ITEMS"]

_MARKER_RE = re.compile(r"\s{0,80}(?:[-*+\u2022\u25aa\u25cf\u2013]|\(?\w{1,3}[.):])\s")


def _lost_items(context: VerifierContext) -> Iterator[Span]:
    words, draft = context.original_words, context.draft_words
    items = [
        Atom(atom.kind, _after_marker(context, atom), atom.end, atom.key)
        for atom in context.original.of_kind(AtomKind.LIST_ITEM)
    ]
    for place in lost_words(context, items, words.canonical_of, draft.canonical):
        if not (context.written and _in_other_words(context, place)):
            yield place


def _after_marker(context: VerifierContext, atom: Atom) -> int:
    marker = _MARKER_RE.match(context.original.text, atom.start, atom.end)
    return marker.end() if marker else atom.start


def _in_other_words(context: VerifierContext, place: Span) -> bool:
    """Whether every content word of the item is somewhere in the draft."""
    words = context.original_words
    content = {
        words.stems[index] for index in words.indices(*place) if is_content(words.folded[index])
    }
    return bool(content) and content <= context.draft_words.vocabulary


LIST_ITEMS = Losses("list_items", Reason.LOST_LIST_ITEM, _lost_items)
