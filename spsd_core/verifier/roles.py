"""What the Reader calls the task or a feeling is still said in a written draft.

Only where an engine asked for the Reader's roles; deletions are made from roles and need no check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spsd_core.distillation import Reason
from spsd_core.reader.types import Role
from spsd_core.spans import Span
from spsd_core.verifier.context import Losses, VerifierContext
from spsd_core.verifier.lexicon import FILLERS, PLEASANTRIES, REQUEST_VERBS, is_content

__all__ = ["FELT", "TASK"]

_SURE = 0.8
"""Chance of its role from which on a word counts."""
_FREE = PLEASANTRIES | FILLERS | REQUEST_VERBS


def _lost(role: Role, spared: int) -> Callable[[VerifierContext], Iterator[Span]]:
    """Sentences of which more than one in `spared` words of `role` are gone."""

    def find(context: VerifierContext) -> Iterator[Span]:
        roles = context.original.roles
        if roles is None or not context.written:
            return
        words, kept = context.original_words, context.draft_words.vocabulary
        sure = [word for word in roles.words if word.chance(role) >= _SURE]
        position = 0
        for sentence in words.sentences:
            content: set[str] = set()
            while position < len(sure) and sure[position].start < sentence.end:
                for place in words.indices(sure[position].start, sure[position].end):
                    if is_content(words.folded[place]) and words.stems[place] not in _FREE:
                        content.add(words.stems[place])
                position += 1
            if spared * len(content - kept) > len(content):
                yield sentence

    return find


TASK = Losses("task", Reason.LOST_CONTENT, _lost(Role.TASK, 4))
"""A quarter of the words of a request may be said otherwise."""
FELT = Losses("felt", Reason.LOST_FEELING, _lost(Role.AFFECT, 2))
