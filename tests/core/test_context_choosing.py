"""Which units stay, by confidence and by budget."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.context.assembly import assemble, kept_spans
from spsd_core.context.choosing import Offer, choose_by_budget, choose_by_confidence
from spsd_core.context.units import split_units


def offer(
    *units: tuple[float, int], anchors: dict[int, tuple[int, ...]] | None = None, **more: object
) -> Offer:
    """A passage of units, each with its chance and its tokens."""
    leaning = [(anchors or {}).get(place, ()) for place in range(len(units))]
    chances, tokens = [one for one, _ in units], [one for _, one in units]
    return Offer(chances, tokens, leaning, **more)  # type: ignore[arg-type]


@st.composite
def offers(draw: st.DrawFn) -> list[Offer]:
    sizes = draw(st.lists(st.integers(0, 5), min_size=1, max_size=5))
    weights = [draw(st.integers(1, 100)) for _ in range(sum(sizes))]
    found, first = [], 0
    for size in sizes:
        places = range(size)
        found.append(
            Offer(
                chances=[weight / sum(weights) for weight in weights[first : first + size]],
                tokens=[draw(st.integers(0, 30)) for _ in places],
                anchors=[
                    draw(st.lists(st.sampled_from(places), max_size=2)) if size else ()
                    for _ in places
                ],
                whole=draw(st.booleans()),
                titles=frozenset(draw(st.sets(st.sampled_from(places)))) if size else frozenset(),
            )
        )
        first += size
    return found


def tokens(chosen: list[Offer], kept: list[set[int]]) -> int:
    """Of what stays in passages that may be shortened."""
    return sum(
        offer.tokens[unit]
        for offer, units in zip(chosen, kept)
        if not offer.whole
        for unit in units
    )


@pytest.mark.parametrize("step", [-1, 1])
@pytest.mark.parametrize("titles", [frozenset(), frozenset(range(20_000))])
def test_a_chain_without_end_is_no_matter_of_minutes(step: int, titles: frozenset[int]) -> None:
    """20,000 sentences, each of which leans on the next; the nearest come along."""
    size = 20_000
    anchors = [(place + step,) if 0 <= place + step < size else () for place in range(size)]
    long = Offer([0.5 / size] * size, [3] * size, anchors, titles=titles)
    began = time.process_time()
    kept = choose_by_confidence([long, long], 0.4, empty=False)
    assert time.process_time() - began < 5
    assert all(kept)
    if step == 1 or not titles:
        assert set(range(500, 520)) <= long.together(500 if step == 1 else 519)


class TestByConfidence:
    def test_the_likeliest_stay_until_it_is_sure(self) -> None:
        passages = [offer((0.5, 9), (0.02, 9)), offer((0.08, 9), (0.4, 9))]
        assert choose_by_confidence(passages, 0.85, empty=True) == [{0}, {1}]
        assert choose_by_confidence(passages, 0.95, empty=True) == [{0}, {0, 1}]
        assert choose_by_confidence(passages, 0.4, empty=True) == [{0}, set()]

    def test_a_passage_that_must_not_be_emptied_keeps_what_is_likely_and_short(self) -> None:
        """Rather the sentence of ten tokens than the one of ninety that is little likelier."""
        passages = [offer((0.98, 9)), offer((0.011, 90), (0.009, 10))]
        assert choose_by_confidence(passages, 0.9, empty=False) == [{0}, {1}]

    def test_what_stays_whole_counts_for_what_it_is_likely_to_hold(self) -> None:
        passages = [offer((0.5, 9), (0.46, 9), whole=True), offer((0.03, 9), (0.01, 9))]
        assert choose_by_confidence(passages, 0.95, empty=True) == [{0, 1}, set()]

    def test_what_it_leans_on_comes_along(self) -> None:
        """And what that leans on, though it lean back."""
        passage = offer(*[(0.1, 5)] * 3, (0.7, 5), anchors={3: (1,), 1: (0,), 0: (1,)})
        assert choose_by_confidence([passage], 0.6, empty=True) == [{0, 1, 3}]

    def test_a_heading_brings_what_it_opens(self) -> None:
        """It says nothing alone; another heading right below it neither."""
        passage = offer((0.9, 3), (0.02, 3), (0.05, 9), (0.03, 9), titles=frozenset({0, 1}))
        assert choose_by_confidence([passage], 0.5, empty=True) == [{0, 1, 2}]

    def test_a_heading_never_stands_for_its_passage(self) -> None:
        passages = [
            offer((0.9, 9)),
            offer((0.06, 2), (0.04, 9), anchors={1: (0,)}, titles=frozenset({0})),
        ]
        assert choose_by_confidence(passages, 0.8, empty=False) == [{0}, {0, 1}]
        alone = [offer((1.0, 2), titles=frozenset({0}))]
        assert choose_by_confidence(alone, 0.9, empty=False) == [{0}]

    @given(offers(), st.floats(0.5, 0.999), st.booleans())
    def test_promises(self, chosen: list[Offer], confidence: float, empty: bool) -> None:
        """Sure enough; nothing without what it leans on; one of all, or one of each, stays."""
        kept = choose_by_confidence(chosen, confidence, empty=empty)
        sure = sum(offer.chances[unit] for offer, units in zip(chosen, kept) for unit in units)
        if any(offer.chances for offer in chosen):
            assert sure >= confidence - 1e-9
        assert_kept(chosen, kept, empty)


class TestByBudget:
    def test_what_fits_stays_the_likeliest_first(self) -> None:
        passages = [offer((0.5, 10), (0.1, 4)), offer((0.3, 20), (0.1, 5))]
        assert choose_by_budget(passages, 15, empty=True) == [{0, 1}, set()]
        assert choose_by_budget(passages, 30, empty=True) == [{0}, {0}]
        assert choose_by_budget(passages, 39, empty=True) == [{0, 1}, {0, 1}]

    def test_what_it_leans_on_is_paid_for(self) -> None:
        passage = offer((0.6, 10), (0.3, 10), (0.1, 10), anchors={0: (2,)})
        assert choose_by_budget([passage], 15, empty=True) == [{1}]
        assert choose_by_budget([passage], 20, empty=True) == [{0, 2}]

    def test_one_of_all_stays_where_nothing_fits(self) -> None:
        passages = [offer((0.4, 50)), offer((0.6, 70))]
        assert choose_by_budget(passages, 1, empty=True) == [set(), {0}]

    def test_each_passage_is_stood_for_before_anything_else_is_paid(self) -> None:
        passages = [offer((0.7, 10), (0.2, 10)), offer((0.07, 10), (0.03, 10))]
        assert choose_by_budget(passages, 20, empty=False) == [{0}, {0}]
        assert choose_by_budget(passages, 1, empty=False) == [{0}, {0}]

    def test_of_equals_the_earlier_stays(self) -> None:
        passages = [offer((0.25, 10), (0.25, 10)), offer((0.25, 10), (0.25, 10))]
        assert choose_by_budget(passages, 20, empty=True) == [{0, 1}, set()]

    @given(offers(), st.integers(-5, 200), st.booleans())
    def test_promises(self, chosen: list[Offer], budget: int, empty: bool) -> None:
        """The budget holds but for what must stay; the rest as for the other way to choose."""
        kept = choose_by_budget(chosen, budget, empty=empty)
        least = choose_by_budget(chosen, -1, empty=empty)
        assert tokens(chosen, kept) <= max(budget, tokens(chosen, least))
        assert_kept(chosen, kept, empty)


def assert_kept(chosen: list[Offer], kept: list[set[int]], empty: bool) -> None:
    for passage, units in zip(chosen, kept):
        if passage.whole:
            assert units == set(range(len(passage.chances)))
        for unit in units:
            assert set(passage.anchors[unit]) <= units
        assert empty or units or not passage.chances
    assert any(kept) or not any(passage.chances for passage in chosen)


class TestPuttingTogether:
    @pytest.mark.parametrize(
        ("passage", "kept", "left"),
        [
            ("One. Two. Three.", {0, 2}, "One. Three."),
            ("One. Two. Three.", {1}, "Two."),
            ("  One.\n\nTwo.  Three. ", {1, 2}, "Two.  Three."),
            ("One.\n\nTwo. Three.", {0, 2}, "One.\n\nThree."),
            ("One.\nTwo. Three.", {0, 2}, "One.\nThree."),
            ("One.\r\n \t\r\nTwo. Three.", {0, 2}, "One.\r\n \t\r\nThree."),
            ("One.\u00a0Two.\u00a0Three.", {0, 2}, "One. Three."),
            ("One. Two.", set(), ""),
        ],
    )
    def test_what_went_leaves_the_widest_break(
        self, passage: str, kept: set[int], left: str
    ) -> None:
        assert assemble(passage, kept_spans(split_units(passage), kept)) == left
