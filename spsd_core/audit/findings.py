"""What a person should look at: the largest cuts and the riskiest, a bounded number of each."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from spsd_core.audit.calls import Prompt
from spsd_core.memo import text_key

__all__ = ["Cut", "Piece", "Ranked"]

_KEPT_SHOWN = 160
"""Characters of a kept stretch that are shown at each of its ends."""
_MOST_SHOWN = 4_000
"""Characters of a finding altogether."""


class Piece(NamedTuple):
    """A stretch of a text: kept, cut out, put in, or kept and too long to be shown."""

    kind: str
    """`kept`, `cut`, `new` or `more`."""
    text: str


class Cut(NamedTuple):
    """A prompt that was shortened."""

    line: int
    """Of the log, where it was seen first."""
    before: int
    after: int
    risk: float
    doubt: float | None
    gate: float | None
    beside: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def to_json(self, *, with_text: bool = True) -> dict[str, Any]:
        """As plain JSON types."""
        row = {
            "line": self.line,
            "tokens_before": self.before,
            "tokens_after": self.after,
            "risk": self.risk,
            "doubt": self.doubt,
            "gate": self.gate,
            "beside": list(self.beside),
        }
        return {**row, "pieces": [list(piece) for piece in self.pieces]} if with_text else row

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Cut:
        """What `to_json` gave; raises an exception where it is something else."""
        return cls(
            stored["line"],
            stored["tokens_before"],
            stored["tokens_after"],
            stored["risk"],
            stored["doubt"],
            stored["gate"],
            tuple(stored["beside"]),
            tuple(Piece(str(kind), str(text)) for kind, text in stored["pieces"]),
        )


class Ranked:
    """The foremost findings, each text once.

    Args:
        limit: how many are kept.
        by: `saved` or `risk`.
    """

    def __init__(self, limit: int, by: str) -> None:
        self._limit = limit
        self._by = by
        self._heap: list[tuple[float, str]] = []
        self._cuts: dict[str, Cut] = {}

    def offer(self, line: int, prompt: Prompt) -> None:
        """Keep a prompt if it is among the foremost."""
        risk = prompt.outcome.risk
        saved = prompt.before - prompt.after
        if risk is None or not self._limit:
            return
        rank = float(saved) if self._by == "saved" else risk.score
        key = text_key(prompt.text).hex()  # also breaks ties, the same way in every run
        if len(self._heap) == self._limit and (rank, key) <= self._heap[0]:
            return
        if key in self._cuts:
            return
        pieces = tuple(_clipped(_pieces(prompt.text, prompt.outcome.edits)))
        self._cuts[key] = Cut(line, prompt.before, prompt.after, *risk, pieces)
        heapq.heappush(self._heap, (rank, key))
        if len(self._heap) > self._limit:
            del self._cuts[heapq.heappop(self._heap)[1]]

    def cuts(self) -> tuple[Cut, ...]:
        """The foremost first."""
        return tuple(self._cuts[key] for _, key in sorted(self._heap, reverse=True))

    def to_json(self) -> list[Any]:
        """All of it, to go on from later."""
        return [[rank, key, self._cuts[key].to_json()] for rank, key in sorted(self._heap)]

    def restore(self, stored: list[Any]) -> None:
        """Go on from what `to_json` gave; raises an exception where it is something else."""
        self._heap = [(float(rank), str(key)) for rank, key, _ in stored]
        heapq.heapify(self._heap)
        self._cuts = {str(key): Cut.from_json(cut) for _, key, cut in stored}


def _pieces(text: str, edits: Sequence[tuple[int, int, str]]) -> Iterator[Piece]:
    position = 0
    for start, end, replacement in edits:
        if text[position:start]:
            yield Piece("kept", text[position:start])
        if text[start:end]:
            yield Piece("cut", text[start:end])
        if replacement:
            yield Piece("new", replacement)
        position = end
    if text[position:]:
        yield Piece("kept", text[position:])


def _clipped(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The pieces, with the middle of long kept ones left out, and bounded altogether."""
    shown = 0
    for kind, text in pieces:
        if shown >= _MOST_SHOWN:
            yield Piece("more", "")
            return
        if kind == "kept" and len(text) > 2 * _KEPT_SHOWN:
            yield Piece("kept", text[:_KEPT_SHOWN])
            yield Piece("more", "")
            text = text[-_KEPT_SHOWN:]
        elif len(text) > _MOST_SHOWN - shown:
            yield Piece(kind, text[: _MOST_SHOWN - shown])
            yield Piece("more", "")
            return
        shown += len(text)
        yield Piece(kind, text)
