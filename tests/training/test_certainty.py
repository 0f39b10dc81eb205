"""Thresholds are where the least sure removals are right as often as stated."""

from __future__ import annotations

import math
import random

import pytest

from training.certainty import Curve, Judged, fitted


def removals(curve: Curve, count: int) -> list[Judged]:
    """Removals of five words that are right as often as the curve says."""
    chooser = random.Random(7)
    found = []
    for _ in range(count):
        chance = chooser.uniform(0.4, 0.99)
        odds = curve.shift + curve.slope * math.log(chance / (1 - chance))
        right = chooser.random() < 1 / (1 + math.exp(-odds))
        found.append(Judged(chance, 5 * right, 5))
    return found


@pytest.mark.parametrize("curve", [Curve(0.0, 1.0), Curve(-1.0, 1.6), Curve(0.5, 0.8)])
def test_the_curve_that_made_the_removals_is_found(curve: Curve) -> None:
    found = fitted(removals(curve, 6000))
    assert found.shift == pytest.approx(curve.shift, abs=0.2)
    assert found.slope == pytest.approx(curve.slope, abs=0.2)


def test_a_chance_of_which_the_stated_share_is_right() -> None:
    assert Curve(0.0, 1.0).chance_for(0.85) == 0.85
    assert Curve(-1.0, 1.5).chance_for(0.85) > 0.85
    assert Curve(5.0, 1.0).chance_for(0.85) == 0.5


def test_one_long_removal_moves_little() -> None:
    short = removals(Curve(0.0, 1.0), 400)
    wrong = Judged(0.95, 0, 400)
    before, after = fitted(short).chance_for(0.85), fitted([*short, wrong]).chance_for(0.85)
    assert after - before < 0.02


def test_nothing_seen_means_that_a_chance_is_what_it_says() -> None:
    assert fitted([]).chance_for(0.9) == 0.9
