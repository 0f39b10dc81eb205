"""Whether a passage is one whose shortening could do harm: a leaflet, a contract, a safety sheet.

The rules of the gate are written for what people write about themselves, where one cue is enough.
An encyclopedia names diseases, wars and courts in passing, and no one is harmed where a sentence
of it is left out. So a passage counts as critical where the Reader says so, where cues of rules
run through it, or where its wording is that of a document people act upon.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from spsd_core.context.units import Unit
from spsd_core.distillation import RuleHit
from spsd_core.reader.types import READER

__all__ = ["OPERATIVE", "critical_hits"]

OPERATIVE = "context.operative_document"
"""The rule of a document that someone is bound by, or kept safe by; its domain is `legal`."""

_SHARE = 0.4
_LEAST = 2
"""Rules that fire in this share of the units, and in at least so many, make a passage critical. Of
a passage of one or two units every cue counts."""


def critical_hits(
    units: Sequence[Unit],
    rules: Sequence[Sequence[RuleHit]],
    domains: Sequence[str],
    operative: bool,
    length: int,
) -> tuple[RuleHit, ...]:
    """What makes a passage critical; () if nothing does.

    Args:
        units: of the passage.
        rules: those that fire on each unit read alone, offsets in the passage.
        domains: what the Reader sees in the passage.
        operative: whether its wording is that of a document someone acts upon.
        length: of the passage, characters.
    """
    whole = [(f"{READER}{domain}", domain) for domain in domains]
    if operative:
        whole.append((OPERATIVE, "legal"))
    found = [RuleHit(rule=rule, domain=domain, start=0, end=length) for rule, domain in whole]
    struck = sum(bool(hits) for hits in rules)
    if struck >= max(min(_LEAST, len(units) - 1), math.ceil(_SHARE * len(units)), 1):
        found.extend(hit for hits in rules for hit in hits)
    return tuple(found)
