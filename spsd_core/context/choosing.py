"""Which units stay: until the answer is surely among them, or as many as a budget holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Offer", "choose_by_budget", "choose_by_confidence"]

_TOKEN_PRICE = 0.08
"""How much log-chance a token must bring in the one unit that stays for a passage's own sake."""

_LARGEST = 100
"""Where so many units lean on each other in a chain, its far end is let go: the time that choosing
takes must grow with the passages, not with their square."""


@dataclass(frozen=True)
class Offer:
    """A passage, as far as choosing is concerned."""

    chances: Sequence[float]
    """For each unit, how likely it holds the answer; over all passages they add up to 1."""
    tokens: Sequence[int]
    """Target tokens of each unit."""
    anchors: Sequence[Sequence[int]]
    """For each unit those that must stay with it."""
    whole: bool = False
    """It stays as it is."""
    titles: frozenset[int] = frozenset()
    """Units that say nothing alone: headings, rules."""

    def together(self, unit: int) -> set[int]:
        """The unit and all it leans on; with a title, what it opens."""
        found = {unit}
        while unit in self.titles and unit + 1 < len(self.chances) and len(found) < _LARGEST:
            unit += 1
            found.add(unit)
        todo = list(found)
        for one in todo:  # grows: the nearest first
            if len(found) >= _LARGEST:
                break
            for anchor in self.anchors[one]:
                if anchor not in found:
                    found.add(anchor)
                    todo.append(anchor)
        return found

    def standing_for(self) -> int | None:
        """The unit that stays where only one may: likely to matter, and short."""
        worth = {
            unit: math.log(max(self.chances[unit], 1e-12))
            - _TOKEN_PRICE * sum(self.tokens[one] for one in self.together(unit))
            for unit in range(len(self.chances))
        }
        telling = [unit for unit in worth if unit not in self.titles] or list(worth)
        return max(telling, key=worth.__getitem__, default=None)


Kept = list[set[int]]


def choose_by_confidence(offers: Sequence[Offer], confidence: float, *, empty: bool) -> Kept:
    """The likeliest units until the answer is among them with `confidence`.

    Args:
        offers: the passages; those that stay whole count for what they are likely to hold.
        confidence: 0 to 1.
        empty: whether a passage may lose all of its units.

    Returns:
        For each passage the units that stay.
    """
    kept = _start(offers)
    sure = sum(_chance(offer, units) for offer, units in zip(offers, kept))
    for place, unit in _by_chance(offers):
        if sure >= confidence:
            break
        if unit not in kept[place]:
            more = offers[place].together(unit) - kept[place]
            kept[place] |= more
            sure += _chance(offers[place], more)
    _fill(offers, kept, empty)
    return kept


def choose_by_budget(offers: Sequence[Offer], tokens: int, *, empty: bool) -> Kept:
    """The likeliest units that fit into a number of target tokens; at least one stays.

    Args:
        offers: the passages.
        tokens: the budget, of those that do not stay whole.
        empty: whether a passage may lose all of its units. If not, what stands for each passage is
            paid for before anything else, and the budget may be overdrawn by it.

    Returns:
        For each passage the units that stay.
    """
    kept = _start(offers)
    if not empty:
        _fill(offers, kept, empty)
    left = tokens - sum(
        _price(offer, units) for offer, units in zip(offers, kept) if not offer.whole
    )
    for place, unit in _by_chance(offers):
        if unit in kept[place]:
            continue
        more = offers[place].together(unit) - kept[place]
        price = _price(offers[place], more)
        if price <= left:
            kept[place] |= more
            left -= price
    _fill(offers, kept, empty)
    return kept


def _start(offers: Iterable[Offer]) -> Kept:
    return [set(range(len(offer.chances))) if offer.whole else set() for offer in offers]


def _fill(offers: Sequence[Offer], kept: Kept, empty: bool) -> None:
    """One unit for each passage that must not be emptied; in any case one of all."""
    if not empty:
        for offer, units in zip(offers, kept):
            if not units and (one := offer.standing_for()) is not None:
                units |= offer.together(one)
    if not any(kept):
        for place, unit in _by_chance(offers):
            kept[place] |= offers[place].together(unit)
            return


def _by_chance(offers: Sequence[Offer]) -> list[tuple[int, int]]:
    """All units, the likeliest first; of equals the earlier one."""
    places = [
        (place, unit) for place, offer in enumerate(offers) for unit in range(len(offer.chances))
    ]
    return sorted(places, key=lambda at: (-offers[at[0]].chances[at[1]], at))


def _chance(offer: Offer, units: Iterable[int]) -> float:
    return sum(offer.chances[unit] for unit in units)


def _price(offer: Offer, units: Iterable[int]) -> int:
    return sum(offer.tokens[unit] for unit in units)
