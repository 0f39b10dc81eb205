"""Rows of savings by name, bounded: the oldest are folded into one, so that totals stay right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from spsd_core.savings.counts import NOTHING, Savings

__all__ = ["BoundedRows", "Rows", "earliest", "longest_idle"]


@dataclass(frozen=True, eq=True)
class Rows(Mapping[str, Savings]):
    """Savings by name: a mapping that does not change."""

    _named: Mapping[str, Savings] = field(default_factory=dict)
    older: Savings = NOTHING
    """All that is no longer kept by name, added up."""

    def __getitem__(self, name: str) -> Savings:
        return self._named[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)

    @property
    def total(self) -> Savings:
        """All rows and `older`, added up."""
        total = self.older
        for savings in self._named.values():
            total += savings
        return total

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        rows = {name: savings.to_json() for name, savings in self._named.items()}
        return {"rows": rows, "older": self.older.to_json()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Rows:
        """What `to_json` gave; raises as `Savings.from_json`."""
        rows = {str(name): Savings.from_json(row) for name, row in stored["rows"].items()}
        return cls(rows, Savings.from_json(stored["older"]))


def longest_idle(rows: Mapping[str, Savings]) -> str:
    """The row that was added to longest ago; they stand in that order."""
    return next(iter(rows))


def earliest(rows: Mapping[str, Savings]) -> str:
    """The row of the earliest day; ISO dates sort as text."""
    return min(rows)


class BoundedRows:
    """The rows of a meter while it counts. Not thread-safe: the meter holds a lock.

    Args:
        limit: how many are kept by name.
        oldest: which one is folded into `older` when there are more.
    """

    def __init__(self, limit: int, oldest: Callable[[Mapping[str, Savings]], str]) -> None:
        self._limit = limit
        self._oldest = oldest
        self._rows: dict[str, Savings] = {}
        self._older = NOTHING

    def add(self, name: str, savings: Savings) -> None:
        """Add to a row, which is then the one added to last."""
        before = self._rows.pop(name, None)
        self._rows[name] = savings if before is None else before + savings
        while len(self._rows) > self._limit:
            self._older += self._rows.pop(self._oldest(self._rows))

    def merge(self, rows: Rows) -> None:
        """Add rows of another meter to these."""
        self._older += rows.older
        for name, savings in rows.items():
            self.add(name, savings)

    def snapshot(self) -> Rows:
        """The rows as they are now, the one that would be folded first in front."""
        rows = self._rows
        if self._oldest is earliest:
            rows = dict(sorted(rows.items()))
        return Rows(dict(rows), self._older)

    def copy(self) -> BoundedRows:
        """The same rows, which then go their own way."""
        copy = BoundedRows(self._limit, self._oldest)
        copy._rows, copy._older = dict(self._rows), self._older
        return copy

    def clear(self) -> None:
        """Forget all of them."""
        self._rows.clear()
        self._older = NOTHING
