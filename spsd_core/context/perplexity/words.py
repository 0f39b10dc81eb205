"""The token step: LLMLingua's iterations over what the coarse steps left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spsd_core.context.perplexity.lane import Lane
from spsd_core.context.perplexity.parts import Part
from spsd_core.context.perplexity.selection import completed, over_threshold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Prefix", "drop_words", "tokens_left"]

_MARGIN_TOKENS = 8
"""Room for the line breaks between passages."""


@dataclass(eq=False)
class Prefix:
    """What the step has kept so far, on one lane."""

    lane: Lane
    home: list[int]
    """What the lane begins with: the question, or as good as nothing."""
    kept: list[int] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    """The end of `kept` that the lane has not read yet."""

    def keep(self, ids: Sequence[int]) -> None:
        """Put what stays of a segment in front of the next one."""
        self.kept += ids
        self.unread += ids

    def surprise(self, ids: Sequence[int]) -> NDArray[np.float64]:
        """How surprising `ids` are after what was kept; the lane then stands after that again.

        Where the context is full, the earlier part of what was kept is forgotten.
        """
        lane = self.lane
        if lane.room < len(self.unread) + len(ids) + _MARGIN_TOKENS:
            lane.restart(self.home)
            most = max(0, lane.room - len(ids) - _MARGIN_TOKENS) // 2
            self.kept = self.kept[max(0, len(self.kept) - most) :]
            self.unread = self.kept[:]
        lane.read(self.unread)
        self.unread = []
        place = lane.place()
        surprises = lane.score(ids)
        lane.back(place)
        return surprises


def drop_words(
    part: Part, ratio: float, prefixes: Sequence[Prefix], *, longest: int, may_empty: bool
) -> None:
    """Choose the blocks of a passage that stay, segment after segment.

    Args:
        part: what is left of it is read.
        ratio: the share of that which is to stay.
        prefixes: the plain one; then the one behind the question, where there is a question.
        longest: tokens of a segment.
        may_empty: whether nothing at all may stay.
    """
    unseen = tokens_left(part)
    wanted = ratio * unseen
    best: tuple[float, int] | None = None
    for numbers in _segments(part, longest):
        positions = _positions(part, numbers)[:longest]
        scores = _scores(part, numbers, positions, prefixes)
        blocks = {number: part.blocks[number] for number in numbers}
        chosen, threshold = over_threshold(blocks, scores, min(1.0, wanted / max(1, unseen)))
        part.chosen |= chosen
        part.margins |= {number: scores[number] - threshold for number in chosen}
        first = max(numbers, key=lambda number: scores[number])
        if best is None or scores[first] > best[0]:
            best = scores[first], first
        unseen -= sum(len(block.tokens) for block in blocks.values())
        wanted = max(0.0, wanted - sum(len(blocks[number].tokens) for number in chosen))
        spelt = {place for number in chosen for place in blocks[number].tokens}
        for prefix in prefixes:
            prefix.keep([part.ids[place] for place in positions if place in spelt])
    if not part.chosen and best is not None and not may_empty:
        part.chosen.add(best[1])
    part.chosen = completed(part, part.chosen)


def _scores(
    part: Part, numbers: Sequence[int], positions: list[int], prefixes: Sequence[Prefix]
) -> dict[int, float]:
    """The mean score of the tokens of each block."""
    import numpy as np

    ids = [part.ids[place] for place in positions]
    surprises = [prefix.surprise(ids) for prefix in prefixes]
    by_token = surprises[0] - surprises[1] if len(surprises) > 1 else surprises[0]
    places = np.array(positions)
    scores = {}
    for number in numbers:
        tokens = part.blocks[number].tokens
        first, last = np.searchsorted(places, [tokens.start, tokens.stop])
        scores[number] = float(by_token[first:last].mean()) if first < last else 0.0
    return scores


def tokens_left(part: Part) -> int:
    """The local model's tokens of the blocks that are left."""
    return sum(len(part.blocks[number].tokens) for number in part.left)


def _segments(part: Part, longest: int) -> Iterator[list[int]]:
    """The blocks that are left, up to `longest` tokens at a time; a longer one by itself."""
    segment: list[int] = []
    tokens = 0
    for number in sorted(part.left):
        size = len(part.blocks[number].tokens)
        if segment and tokens + size > longest:
            yield segment
            segment, tokens = [], 0
        segment.append(number)
        tokens += size
    if segment:
        yield segment


def _positions(part: Part, numbers: Sequence[int]) -> list[int]:
    """Which tokens of the passage spell these blocks, and the breaks between neighbours."""
    positions: list[int] = []
    for number in numbers:
        tokens = part.blocks[number].tokens
        start = tokens.start
        if positions:
            neighbours = part.blocks[number - 1].tokens.stop == positions[-1] + 1
            start = positions[-1] + 1 if neighbours else max(start, positions[-1] + 1)
        positions += range(start, tokens.stop)
    return positions
