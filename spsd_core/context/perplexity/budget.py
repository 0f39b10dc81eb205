"""The budget controller: which passages and sentences go on, and what share of each is to stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["SENTENCE_SLACK", "Sentence", "choose_passages", "choose_sentences", "ratios"]

PASSAGE_SLACK_TOKENS = 100
"""Passages go on until this many tokens more than the budget are there, for the finer steps."""
SENTENCE_SLACK = 1.4
"""Sentences go on until this many times the budget is there, for the token step."""
DECAY = 0.3
"""How much more than the average the first passage keeps, and how much less the last."""
_LEAST_RATIO = 0.02
_ROUNDS = 16


class Sentence(NamedTuple):
    """A sentence that may go on."""

    part: int
    number: int
    size: float
    """Target tokens."""
    score: float


def choose_passages(sizes: Sequence[int], budget: float) -> int:
    """How many of the passages go on, given their target tokens from the most telling one down.

    >>> choose_passages([200, 200, 200, 200], budget=250)
    2
    """
    left = budget + PASSAGE_SLACK_TOKENS
    for count, size in enumerate(sizes, start=1):
        left -= size
        if left < 0:
            return count
    return len(sizes)


def choose_sentences(
    sentences: Sequence[Sentence], budget: float, *, from_every_part: bool
) -> set[tuple[int, int]]:
    """The sentences that go on, as pairs of part and number: the best, up to 1.4 times the budget.

    Args:
        sentences: all there are.
        budget: target tokens.
        from_every_part: whether the best sentence of each part goes on in any case.
    """
    ranked = sorted(sentences, key=lambda each: (-each.score, each.part, each.number))
    chosen: dict[tuple[int, int], float] = {}
    if from_every_part:
        parts: set[int] = set()
        for each in ranked:
            if each.part not in parts:
                parts.add(each.part)
                chosen[each.part, each.number] = each.size
    left = SENTENCE_SLACK * budget - sum(chosen.values())
    for each in ranked:
        if left <= 0:
            break
        if (each.part, each.number) not in chosen:
            chosen[each.part, each.number] = each.size
            left -= each.size
    return set(chosen) or {(each.part, each.number) for each in ranked[:1]}


def ratios(sizes: Sequence[float], budget: float) -> list[float]:
    """The share of each passage that is to stay, from the most telling one down.

    LongLLMLingua's dynamic ratio: the average plus 0.3 for the first, falling linearly to the
    average minus 0.3 for the last, and held between 0.02 and 1; then scaled so that the shares
    add up to the budget.

    >>> [round(ratio, 2) for ratio in ratios([100, 100, 100], budget=150)]
    [0.8, 0.5, 0.2]
    >>> ratios([100], budget=40)
    [0.4]
    """
    total = sum(sizes)
    average = min(1.0, budget / total) if total else 1.0
    last = max(1, len(sizes) - 1)
    decay = DECAY if len(sizes) > 1 else 0.0
    shares = [_held(average + decay * (1 - 2 * rank / last)) for rank in range(len(sizes))]
    for _ in range(_ROUNDS):
        used = sum(share * size for share, size in zip(shares, sizes))
        if not used or abs(used - budget) < 1:
            break
        shares = [_held(share * budget / used) for share in shares]
    return shares


def _held(share: float) -> float:
    return max(_LEAST_RATIO, min(1.0, share))
