"""Whether a draft says of danger what the original says: the last check of every draft."""

from __future__ import annotations

from collections.abc import Sequence

from spsd_core.distillation import CheckRecord, Reason, RuleHit
from spsd_core.engines.protocol import Draft
from spsd_core.spans import Span, Traced

__all__ = ["GATE_FAILED", "check_cues"]

GATE_FAILED = RuleHit(rule="gate.failed", domain="gate_failed", start=0, end=0)
"""Stands for a gate that broke; no setting opens its domain."""


def check_cues(
    before: Sequence[RuleHit],
    after: Sequence[RuleHit],
    draft: Draft,
) -> CheckRecord:
    """Every safety cue of the original is in the draft, and none is new.

    Of a draft that only deletes, the record names the place of the first that is not so.

    Args:
        before: what the gate finds in the original.
        after: what it finds in the draft.
        draft: a draft of the original.
    """
    if GATE_FAILED in after:
        return CheckRecord(check="safety_cues", passed=False, reason=Reason.GATE_FAILED)
    known, found = ({hit.rule for hit in hits} for hits in (before, after))
    deleted = draft.edits is not None and not draft.generative
    traced = Traced(draft.edits or ())
    changed = [Span(hit.start, hit.end) for hit in before if hit.rule not in found] + [
        traced.span(Span(hit.start, hit.end)) for hit in after if hit.rule not in known
    ]
    if not changed:
        return CheckRecord(check="safety_cues", passed=True)
    start, end = changed[0] if deleted else (None, None)
    reason = Reason.SAFETY_CUE_CHANGED
    return CheckRecord(check="safety_cues", passed=False, reason=reason, start=start, end=end)
