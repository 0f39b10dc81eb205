"""Scores as JSON lines: what an evaluation writes, and what a team brings of its own.

A line is an object with `id`, `arm` and figures::

    {"id": "conversation-17", "arm": "raw", "score": 4.5}
    {"id": "conversation-17", "arm": "distilled", "metrics": {"solved": 1, "score": 4.0}}
    {"id": "conversation-18", "arm": "distilled", "failed": true}

Optional: `model` and `seed` (lines are paired within them), `record` (SPSD's record of the call),
`distilled`, `group`, `unscored`. Where ids meet in both arms, they are compared in pairs; else as
two groups.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from spsd_core.evaluation.corpora import BROKEN_SHOWN, rows_of
from spsd_core.evaluation.statistics import Pair

__all__ = [
    "Record",
    "Records",
    "metrics_of",
    "pairs_of",
    "read_records",
    "values_of",
    "write_records",
]

_KNOWN = frozenset(
    "id arm model seed group metrics baseline failed raw_failed error unscored distilled reason "
    "record".split()
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What one call scored."""

    id: str
    arm: str
    model: str = ""
    seed: int = 0
    group: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    """The raw answer's figures, where they were given together with this answer's (by a judge)."""
    failed: bool = False
    """Whether there was no answer; it then counts as the worst."""
    raw_failed: bool = False
    """Whether there was no raw answer; only said together with `baseline`."""
    error: str = ""
    unscored: bool = False
    """Whether nothing can be said of this answer by itself (no check fits its prompt): then it is
    in no comparison but those of `baseline`, failed or not."""
    distilled: bool | None = None
    reason: str = ""
    record: Mapping[str, Any] | None = None
    """SPSD's own record of the call, where it was logged."""

    @property
    def place(self) -> tuple[str, str, int]:
        """What pairs it with the other arm's."""
        return self.id, self.model, self.seed


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a file, and what could not be read."""

    records: tuple[Record, ...]
    broken: int = 0
    broken_places: tuple[str, ...] = ()


def read_records(path: str | Path) -> Records:
    """Read a file; broken lines are counted, never fatal.

    Raises:
        ConfigurationError: it cannot be read.
    """
    records: list[Record] = []
    broken: list[str] = []
    for place, row in rows_of(Path(path)):
        record = _record(row) if row is not None else None
        if record is None:
            broken.append(place)
        else:
            records.append(record)
    return Records(tuple(records), len(broken), tuple(broken[:BROKEN_SHOWN]))


def write_records(path: str | Path, records: Iterable[Record]) -> None:
    """Write them as `read_records` reads them."""
    with Path(path).open("w", encoding="utf-8") as file:
        for record in records:
            plain = {key: value for key, value in asdict(record).items() if value not in ("", None)}
            file.write(json.dumps(plain) + "\n")


def metrics_of(records: Iterable[Record]) -> tuple[str, ...]:
    """The names of all figures, in the order they are met."""
    return tuple(dict.fromkeys(name for record in records for name in record.metrics))


def pairs_of(
    records: Sequence[Record], arm: str, metric: str, *, worst: float, baseline: str = "raw"
) -> list[Pair]:
    """All pairs of an arm and the raw one; what failed or is missing has the worst score.

    Several records of one id, model and seed (the calls of a conversation) are one pair, by their
    means.

    Args:
        records: of all arms.
        arm: which one.
        metric: which figure.
        worst: the worst score of its scale.
        baseline: name of the raw arm.
    """
    raw: dict[tuple[str, str, int], list[float]] = {}
    own: dict[tuple[str, str, int], list[float]] = {}
    given: dict[tuple[str, str, int], list[float]] = {}
    for record in records:
        score = worst if record.failed else record.metrics.get(metric, worst)
        if record.arm == baseline:
            raw.setdefault(record.place, []).append(score)
        elif record.arm == arm:
            own.setdefault(record.place, []).append(score)
            if metric in record.baseline:
                given.setdefault(record.place, []).append(record.baseline[metric])
    return [
        Pair(place[0], mean(given.get(place) or raw[place]), mean(scores))
        for place, scores in own.items()
        if place in given or place in raw
    ]


def values_of(
    records: Iterable[Record], arm: str, metric: str, *, worst: float
) -> list[tuple[str, float]]:
    """(id, score) of every record of an arm."""
    return [
        (record.id, worst if record.failed else record.metrics.get(metric, worst))
        for record in records
        if record.arm == arm
    ]


def _record(row: Mapping[str, Any]) -> Record | None:
    name, arm = row.get("id"), row.get("arm")
    if not isinstance(name, (str, int)) or not isinstance(arm, str):
        return None
    seed, distilled, inner = row.get("seed"), row.get("distilled"), row.get("record")
    loose = {key: value for key, value in row.items() if key not in _KNOWN}
    given = row.get("metrics")
    return Record(
        id=str(name),
        arm=arm,
        model=str(row.get("model") or ""),
        seed=seed if isinstance(seed, int) else 0,
        group=str(row.get("group") or ""),
        metrics=_numbers({**loose, **(given if isinstance(given, dict) else {})}),
        baseline=_numbers(row.get("baseline")),
        failed=row.get("failed") is True,
        raw_failed=row.get("raw_failed") is True,
        error=str(row.get("error") or ""),
        unscored=row.get("unscored") is True,
        distilled=distilled if isinstance(distilled, bool) else None,
        reason=str(row.get("reason") or ""),
        record=inner if isinstance(inner, dict) else None,
    )


def _numbers(given: object) -> dict[str, float]:
    if not isinstance(given, dict):
        return {}
    found = {}
    for name, value in given.items():
        if isinstance(value, (int, float)) and abs(value) <= sys.float_info.max:
            found[str(name)] = float(value)
    return found
