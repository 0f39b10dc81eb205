"""Giving back what a draft of edits should not have taken, and keeping the rest of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spsd_core.distillation import CheckRecord
from spsd_core.engines.protocol import Draft
from spsd_core.spans import apply_edits

__all__ = ["without_refused_edits"]


def without_refused_edits(
    original: str, draft: Draft, checks: Sequence[CheckRecord]
) -> Draft | None:
    """`draft` less the edits at the places that failed checks name; it has to be verified again.

    None where nothing failed, no check names a place, or no edit would be left.
    """
    places = [
        (check.start, check.end)
        for check in checks
        if not check.passed and check.start is not None and check.end is not None
    ]
    if draft.generative or not draft.edits or not places:
        return None
    given_back = {
        edit.end
        for edit in draft.edits
        if any(edit.start < end and start < edit.end for start, end in places)
    }
    kept = tuple(
        edit
        for edit in draft.edits
        if edit.end not in given_back
        and not (edit.replacement and edit.start in given_back)  # the capital that made up for it
    )
    if not kept or len(kept) == len(draft.edits):
        return None
    return replace(draft, text=apply_edits(original, kept), edits=kept)
