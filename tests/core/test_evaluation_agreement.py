"""Judges held against each other, and against the order of the answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.evaluation.agreement import BothOrders, position_bias, weighted_kappa

TABLE = [[11, 3, 1, 0], [1, 9, 2, 1], [0, 2, 8, 3], [0, 1, 4, 14]]
"""How often the first rater gave the row's rating and the second the column's."""


def ratings(table: list[list[int]]) -> tuple[list[int], list[int]]:
    cells = [
        (row, column)
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        for _ in range(count)
    ]
    return [row for row, _ in cells], [column for _, column in cells]


def test_kappa_of_two_readers_of_grant_proposals() -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.4, the textbook example."""
    first, second = ratings([[20, 5], [10, 15]])
    assert weighted_kappa(first, second, categories=(0, 1)) == pytest.approx(0.4)


def test_weighted_kappa_of_four_ratings() -> None:
    """As `cohens_kappa` of statsmodels 0.15.0 gives."""
    first, second = ratings(TABLE)
    linear = weighted_kappa(first, second, categories=range(4), weights="linear")
    quadratic = weighted_kappa(first, second, categories=range(4))
    assert linear == pytest.approx(0.725130890052356)
    assert quadratic == pytest.approx(0.8271446862996159)


def test_two_raters_who_always_say_the_same_one_thing_have_no_kappa() -> None:
    """Agreement by chance is all there is."""
    assert weighted_kappa([5, 5], [5, 5], categories=range(1, 6)) is None
    assert weighted_kappa([], [], categories=range(1, 6)) is None


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [([1, 2], [1], "same items"), ([1, 9], [1, 2], "none of the categories")],
)
def test_ratings_that_cannot_be_compared(first: list[int], second: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        weighted_kappa(first, second, categories=range(1, 6))


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5))))
def test_kappa_does_not_care_who_is_first(rows: list[tuple[int, int]]) -> None:
    one, two = [row[0] for row in rows], [row[1] for row in rows]
    there = weighted_kappa(one, two, categories=range(1, 6))
    back = weighted_kappa(two, one, categories=range(1, 6))
    assert there is back is None or there == pytest.approx(back)
    assert there is None or there <= 1 + 1e-12


class TestPositionBias:
    def test_a_fair_judge_has_none(self) -> None:
        """The better answer wins by 2 wherever it stands."""
        found = position_bias([BothOrders(str(n), 2.0, -2.0) for n in range(20)])
        assert found is not None
        assert (found.advantage, found.consistent, found.p_sign) == (0.0, 1.0, 1.0)

    def test_a_judge_who_likes_what_comes_first(self) -> None:
        """Quality worth 1, the first place worth 3: 4 and 2, advantage 3."""
        found = position_bias([BothOrders(str(n), 4.0, 2.0) for n in range(20)])
        assert found is not None
        assert (found.advantage, found.low, found.high) == (3.0, 3.0, 3.0)
        assert found.consistent == 0.0
        assert found.p_sign == pytest.approx(2 * 0.5**20)

    def test_a_tie_both_times_is_consistent(self) -> None:
        found = position_bias([BothOrders("a", 0.0, 0.0), BothOrders("b", 0.0, 1.0)])
        assert found is not None
        assert found.consistent == 0.5

    def test_without_pairs_there_is_nothing_to_say(self) -> None:
        assert position_bias([]) is None
