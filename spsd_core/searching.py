"""What to search with: a text without the words that the Reader takes for courtesy.

It is for embedding models and keyword indexes, where courtesy blurs what is looked for and a word
too few costs little. It leaves out more than `distill` does, nothing verifies it, and there is no
record of it: it is not fit to be sent to a model.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spsd_core.admission import refuse
from spsd_core.context.relevance import terms
from spsd_core.distillation import Reason
from spsd_core.modes import arm_of
from spsd_core.reading import AtomKind
from spsd_core.spans import Span, merge_spans

if TYPE_CHECKING:
    from spsd_core.distiller import Distiller

__all__ = ["search_query"]

_KEPT = frozenset(AtomKind) - {
    AtomKind.DATE,
    AtomKind.FEELING,
    AtomKind.NAME,
    AtomKind.NUMBER,
    AtomKind.QUESTION,
}
"""What stays even where the Reader suspects courtesy. Names, dates and numbers are not among it:
they stand in small talk too often ("hello from Porto, day 3 of the heat")."""
_LEAST_TERMS = 2
"""Words that say something, from which on it can be searched with: not "who wrote it?"."""


def search_query(distiller: Distiller, text: str, metadata: Mapping[str, Any]) -> str:
    """The words of `text` that say what it is about, or `text` itself.

    Negations, quotations, amounts, identifiers and the like stay. It is the text itself where
    admission or the gate turns it away, where no engine uses the Reader, where the Reader fails or
    is too slow, where too little would be left, and in calls that the mode leaves as they are.
    Policies are not asked.

    Args:
        distiller: whose settings, gate and Reader are used.
        text: what a person wrote.
        metadata: of the call; mode `split` finds the conversation by it.

    Raises:
        TypeError: the text is no `str`.
    """
    if not isinstance(text, str):
        raise TypeError(f"search_query takes a str, not {type(text).__name__}")
    settings = distiller.settings
    if arm_of(settings, metadata) == "original" or not distiller.reads_roles:
        return text
    if refuse(text, settings.admission) not in (None, Reason.TOO_SHORT):
        return text
    wait_ms = settings.deadline_ms
    deadline = None if wait_ms is None else time.monotonic() + wait_ms / 1000
    try:
        reading = distiller.read(text, None, deadline)
    except Exception:  # noqa: BLE001 - whatever broke, the text itself can be searched with
        return text
    if reading.roles is None:
        return text
    hits = (*distiller.hits(text), *reading.roles.critical_hits())
    if any(hit.domain not in settings.safety.open_domains for hit in hits):
        return text
    kept = [Span(atom.start, atom.end) for atom in reading.atoms if atom.kind in _KEPT]
    asked = reading.roles.asked(merge_spans([*reading.payload, *kept]))
    return asked if len(terms(asked)) >= _LEAST_TERMS else text
