"""How well the gate does on labelled texts: recall by domain, false positives, the misses."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from spsd_core.reader.gating import Gate


__all__ = ["GateReport", "LabelledText", "Share", "read_row"]

_NORMAL_975 = 1.959963984540054
"""97.5th percentile of the standard normal distribution."""
_ORDINARY = frozenset({"none", "null", "ordinary", ""})


class Share(NamedTuple):
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % score interval (Wilson 1927; Newcombe 1998, method 3); None of nothing."""
        if not self.whole:
            return None
        n, p, z2 = self.whole, self.part / self.whole, _NORMAL_975**2
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _NORMAL_975 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)

    def to_json(self) -> dict[str, Any]:
        """The counts, the share and its interval."""
        return {**self._asdict(), "share": self.value, "interval_95": self.interval}


class LabelledText(NamedTuple):
    """A text and what is known about it."""

    text: str
    domain: str | None
    """The critical domain; None: ordinary, must not be gated."""
    known: bool
    """Whether there is a label at all."""
    source: str
    name: str
    """The row's id, or its line."""


class Misjudged(NamedTuple):
    """A labelled text on which the gate was wrong, or one without a label that it gated."""

    item: LabelledText
    rules: tuple[str, ...]


@dataclass
class GateReport:
    """Counts over labelled texts; the texts themselves are kept only where the gate was wrong."""

    gated: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (kind, name): kind is `domain`, `source`, `ordinary` or `unlabelled`."""
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    misses: list[Misjudged] = field(default_factory=list)
    """Critical, and nothing fired."""
    false_alarms: list[Misjudged] = field(default_factory=list)
    """Ordinary, and something fired."""
    unlabelled_gated: list[Misjudged] = field(default_factory=list)
    left_out: int = 0
    """Rows the caller asked to leave out."""
    broken: int = 0
    """Lines that hold no text."""

    @classmethod
    def of(cls, items: Iterable[LabelledText], gate: Gate) -> GateReport:
        """Gate every text and count."""
        report = cls()
        report.gate_all(items, gate)
        return report

    def gate_all(self, items: Iterable[LabelledText], gate: Gate) -> None:
        """Gate further texts and count."""
        for item in items:
            self.add(item, tuple(hit.rule for hit in gate.hits(item.text)))

    def add(self, item: LabelledText, rules: tuple[str, ...]) -> None:
        """Count one text on which `rules` fired."""
        for place in _places(item):
            self.seen[place] += 1
            self.gated[place] += bool(rules)
        misjudged = Misjudged(item, rules)
        if not item.known:
            if rules:
                self.unlabelled_gated.append(misjudged)
        elif item.domain is None and rules:
            self.false_alarms.append(misjudged)
        elif item.domain is not None and not rules:
            self.misses.append(misjudged)

    def shares(self, kind: str) -> dict[str, Share]:
        """The gated share of every group of a kind, by name; the empty name is all of them."""
        names = sorted(name for group, name in self.seen if group == kind)
        return {name: Share(self.gated[kind, name], self.seen[kind, name]) for name in names}

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON types."""
        kinds = ("domain", "source", "ordinary", "unlabelled")
        return {
            **{
                kind: {name or "all": share.to_json() for name, share in self.shares(kind).items()}
                for kind in kinds
            },
            "misses": list(map(_plain, self.misses)),
            "false_alarms": list(map(_plain, self.false_alarms)),
            "left_out": self.left_out,
            "broken": self.broken,
        }


def _places(item: LabelledText) -> Iterator[tuple[str, str]]:
    """The groups a text counts in: by domain and by source, and the totals of each."""
    if not item.known:
        yield from (("unlabelled", ""), ("unlabelled", item.source))
    elif item.domain is None:
        yield from (("ordinary", ""), ("ordinary", item.source))
    else:
        yield from (("domain", ""), ("domain", item.domain), ("source", item.source))


def _plain(misjudged: Misjudged) -> dict[str, Any]:
    item = misjudged.item
    return {
        "id": item.name,
        "source": item.source,
        "domain": item.domain,
        "rules": list(misjudged.rules),
        "text": item.text,
    }


def read_row(row: Mapping[str, Any], name: str) -> LabelledText | None:
    """A labelled text from a JSON object; None if it holds no text.

    The label is `domain`, else `critical`, else `label` (a string, or an object that holds one of
    these); `null` and `none` mean ordinary. Further keys: `text`, `source`, `id`.
    """
    text = row.get("text")
    if not isinstance(text, str):
        return None
    known, label = _label(row)
    return LabelledText(
        text=text,
        domain=None if label is None or label.lower() in _ORDINARY else label,
        known=known,
        source=str(row.get("source") or "all"),
        name=str(row.get("id", name)),
    )


def _label(row: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Whether there is a label, and what it says."""
    for key in ("domain", "critical", "label"):
        if key in row:
            value = row[key]
            if isinstance(value, Mapping):
                return _label(value)
            return True, None if value is None else str(value)
    return False, None
