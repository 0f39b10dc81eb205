"""What one text would become: the work of an audit, done once for each distinct text.

A task and its outcome hold plain values, so that they travel between processes quickly.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from spsd_core.distillation import Distillation
from spsd_core.distiller import Distiller
from spsd_core.reading import AtomKind, Reading
from spsd_core.settings import Settings

if TYPE_CHECKING:
    from spsd_core.reader import RoleReading

__all__ = ["Examiner", "Outcome", "Risk", "Task", "examine"]

Task = tuple[Literal["distil", "reader", "rules"], str]
"""What to do with which text: distil it; or only count it and let the gate read it, with the
Reader's view or by the rules alone."""

_PWH_PER_UWH = 1_000_000
_READINGS = 4
"""Of a text and its drafts: enough until its risk was judged."""
_FACTS = {
    AtomKind.NEGATION: "negation",
    AtomKind.LIMIT: "limit",
    AtomKind.NUMBER: "number",
    AtomKind.AMOUNT: "amount",
    AtomKind.DATE: "date",
}


class Risk(NamedTuple):
    """How near a cut came to being refused. `score` is what the riskiest cuts are ranked by."""

    score: float
    """The larger of `doubt` and `gate`, and `NEIGHBOUR` more where a cut touches a fact."""
    doubt: float | None
    """Share of the doubt that is allowed: 0 the Reader is certain of every cut, 1 on the line.
    None where the Reader was not asked."""
    gate: float | None
    """Share of the chance of a critical domain at which the gate closes."""
    beside: tuple[str, ...]
    """Kinds of the facts that a cut touches, with no other word between."""


NEIGHBOUR = 0.25


class Outcome(NamedTuple):
    """What became of a text."""

    reason: str
    """A `Reason`; empty where it was only counted."""
    before: int
    """Target tokens of the text as the content of a message."""
    after: int
    closes: bool
    """Whether the gate closes on it, for itself and for later messages."""
    words: int = 0
    cloud_pwh: int = 0
    """From the record: picowatt-hours the cloud does not spend where it is sent as new."""
    edge_pwh: int = 0
    """Picowatt-hours the work took here."""
    ms: float = 0.0
    edits: tuple[tuple[int, int, str], ...] = ()
    risk: Risk | None = None


class Examiner(Distiller):
    """A distiller that can be asked what it has just read, without reading it again."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._just_read: OrderedDict[str, Reading] = OrderedDict()

    def read(
        self, text: str, roles: RoleReading | None = None, deadline: float | None = None
    ) -> Reading:
        """As a distiller reads; the last few readings are kept."""
        found = self._just_read.get(text)
        if found is None:
            found = self._just_read[text] = super().read(text, roles, deadline)
            if len(self._just_read) > _READINGS:
                self._just_read.popitem(last=False)
        return found


def examine(distiller: Distiller, tasks: Sequence[Task]) -> list[Outcome]:
    """Do the tasks, in their order."""
    return [
        _distilled(distiller, text) if kind == "distil" else _counted(distiller, kind, text)
        for kind, text in tasks
    ]


def _counted(distiller: Distiller, kind: str, text: str) -> Outcome:
    hits = (*distiller.hits(text), *(distiller.reader_hits(text) if kind == "reader" else ()))
    closed = any(hit.domain not in distiller.settings.safety.open_domains for hit in hits)
    tokens = distiller.count(text)
    return Outcome("", tokens, tokens, closed)


def _distilled(distiller: Distiller, text: str) -> Outcome:
    result = distiller.distill(text)
    energy = result.record.energy
    before = distiller.count(text)
    return Outcome(
        reason=result.reason.value,
        before=before,
        after=before - result.tokens_saved,
        closes=result.reason.value in ("safety_critical", "gate_failed"),
        words=len(text.split()),
        cloud_pwh=_pwh(energy.cloud_saved_uwh) if energy else 0,
        edge_pwh=_pwh(energy.edge_spent_uwh) if energy else 0,
        ms=result.record.ms,
        edits=tuple((edit.start, edit.end, edit.replacement) for edit in result.record.edits),
        risk=_risk(distiller, text, result) if result.distilled else None,
    )


def _pwh(uwh: float) -> int:
    return round(uwh * _PWH_PER_UWH) if math.isfinite(uwh) else 0


# -- risk ------------------------------------------------------------------------------------------


def _risk(distiller: Distiller, text: str, result: Distillation) -> Risk:
    cuts = [(e.start, e.end) for e in result.record.edits if e.end - e.start > len(e.replacement)]
    reading = distiller.read(text)
    beside = {
        _FACTS[atom.kind]
        for atom in reading.atoms
        if atom.kind in _FACTS and any(_touch(text, cut, (atom.start, atom.end)) for cut in cuts)
    }
    doubt = gate = None
    if reading.roles is not None:
        doubt = _doubt(reading.roles, cuts, dense=result.record.level == "dense")
        gate = min(1.0, reading.roles.critical / reading.roles.critical_threshold)
    score = max(doubt or 0.0, gate or 0.0) + (NEIGHBOUR if beside else 0.0)
    return Risk(round(score, 4), _rounded(doubt), _rounded(gate), tuple(sorted(beside)))


def _touch(text: str, cut: tuple[int, int], fact: tuple[int, int]) -> bool:
    """Whether nothing that is read out stands between the two."""
    between = text[cut[1] : fact[0]] if cut[1] <= fact[0] else text[fact[1] : cut[0]]
    return len(between) < 4 and not any(map(str.isalnum, between))


def _doubt(roles: RoleReading, cuts: Sequence[tuple[int, int]], *, dense: bool) -> float:
    from spsd_core.reader import Role

    allowed = 1.0 - min(roles.certainty)
    most = 0.0
    for start, end in cuts:
        chances = [
            word.chance(Role.SCAFFOLD) + (word.chance(Role.REDUNDANT) if dense else 0.0)
            for word in roles.words
            if start <= word.start and word.end <= end and roles.text[word.start].isalnum()
        ]
        if chances:
            most = max(most, (1.0 - sum(chances) / len(chances)) / allowed)
    return min(1.0, most)


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)
