"""The statistics, held against published examples and scipy, never against themselves."""

from __future__ import annotations

import random

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.evaluation.bootstrap import Plan, interval_of_mean
from spsd_core.evaluation.statistics import (
    Pair,
    compare,
    compare_groups,
    mcnemar_exact,
    outcomes,
    sign_test,
)
from spsd_core.exceptions import ConfigurationError

SLEEP = [
    (0.7, 1.9), (-1.6, 0.8), (-0.2, 1.1), (-1.2, 0.1), (-0.1, -0.1),
    (3.4, 4.4), (3.7, 5.5), (0.8, 1.6), (0.0, 4.6), (2.0, 3.4),
]  # fmt: skip
"""Extra hours of sleep with two drugs, ten patients (Student, Biometrika 6, 1908)."""


def sleep_pairs() -> list[Pair]:
    return [Pair(f"patient {number}", *hours) for number, hours in enumerate(SLEEP)]


class TestPublishedExamples:
    def test_the_mean_difference_of_the_sleep_data(self) -> None:
        """1.58 hours, as in Student's paper."""
        found = compare(sleep_pairs())
        assert found.difference == pytest.approx(1.58)
        assert (found.mean_raw, found.mean_arm) == pytest.approx((0.75, 2.33))

    @pytest.mark.parametrize(
        ("margin", "p", "equivalent"),
        [(2.5, 0.021116860246500745, True), (2.0, 0.1541572356690974, False)],
    )
    def test_equivalence_of_the_sleep_data(self, margin: float, p: float, equivalent: bool) -> None:
        """As `ttost_paired` of statsmodels 0.15.0 gives for these margins."""
        found = compare(sleep_pairs(), Plan(margin=margin, min_prompts=10))
        assert found.p_equivalent == pytest.approx(p)
        assert found.equivalent is equivalent

    def test_the_sign_test_of_the_deer(self) -> None:
        """Zar, Biostatistical Analysis: 8 of 10 deer have longer hind legs; p = 0.109375."""
        assert sign_test(8, 2) == sign_test(2, 8) == pytest.approx(0.109375)

    @pytest.mark.parametrize(
        ("broken", "repaired", "p"), [(6, 16, 0.05247879), (121, 59, 4.43444926e-06)]
    )
    def test_exact_mcnemar(self, broken: int, repaired: int, p: float) -> None:
        """6 and 16: exact p 0.052 (Fagerland et al. 2013); both as statsmodels 0.15.0 gives."""
        answers = [(True, False)] * broken + [(False, True)] * repaired
        answers += [(True, True)] * 101 + [(False, False)] * 33
        assert mcnemar_exact(answers) == pytest.approx(p, rel=1e-6)


class TestAgainstScipy:
    @pytest.mark.parametrize("margin", [0.25, 1.0, 3.0])
    def test_non_inferiority_is_the_one_sided_t_test(self, margin: float) -> None:
        worse = [Pair(pair.prompt, pair.arm, pair.raw) for pair in sleep_pairs()]
        differences = [pair.difference for pair in worse]
        theirs = scipy.stats.ttest_1samp(differences, -margin, alternative="greater")
        assert compare(worse, Plan(margin=margin)).p_non_inferior == pytest.approx(theirs.pvalue)

    def test_the_interval_is_the_percentile_bootstrap(self) -> None:
        """Where every prompt has one pair, up to the noise of two random generators."""
        drawn = random.Random(7)
        values = [drawn.gauss(0.3, 2.0) for _ in range(120)]
        theirs = scipy.stats.bootstrap(
            (values,), np.mean, n_resamples=20_000, method="percentile", random_state=1
        ).confidence_interval
        ours = interval_of_mean(
            [(str(number), value) for number, value in enumerate(values)], Plan(resamples=20_000)
        )
        assert ours == pytest.approx((theirs.low, theirs.high), abs=0.02)


class TestClusters:
    def test_saying_everything_five_times_is_no_more_evidence(self) -> None:
        """Five seeds that agree are one observation; a bootstrap of pairs would be fooled."""
        once = [Pair(pair.prompt, pair.raw, pair.arm) for pair in sleep_pairs()]
        five_times = [pair for pair in once for _ in range(5)]
        first, second = compare(once), compare(five_times)
        assert (first.low, first.high) == pytest.approx((second.low, second.high))
        assert first.p_non_inferior == pytest.approx(second.p_non_inferior)
        assert first.outcomes.p_sign == second.outcomes.p_sign
        assert (second.pairs, second.prompts) == (50, 10)

    def test_the_spread_is_that_of_cluster_means(self) -> None:
        """Equal clusters: 3.92 standard errors of their means, by hand, to a few percent."""
        drawn = random.Random(3)
        values = []
        for prompt in range(200):
            centre = drawn.gauss(0, 1)
            values += [(str(prompt), centre + drawn.gauss(0, 0.1)) for _ in range(4)]
        means = [np.mean([v for name, v in values if name == str(n)]) for n in range(200)]
        error = float(np.std(means, ddof=1)) / 200**0.5
        low, high = interval_of_mean(values) or (0.0, 0.0)
        assert high - low == pytest.approx(3.92 * error, rel=0.06)

    def test_the_interval_covers_the_truth_as_often_as_it_says(self) -> None:
        """In 400 made-up studies, 95 % give or take the noise of so few."""
        drawn = random.Random(11)
        plan = Plan(resamples=500)
        covered = 0
        for _ in range(400):
            values = [(str(n // 2), drawn.gauss(0.5, 1)) for n in range(80)]
            low, high = interval_of_mean(values, plan) or (1.0, 0.0)
            covered += low <= 0.5 <= high
        assert 0.90 <= covered / 400 <= 0.98


class TestSplitTraffic:
    def test_the_interval_of_two_groups_is_that_of_scipy(self) -> None:
        """One value an id: the percentile bootstrap of a difference of means."""
        drawn = random.Random(5)
        raw = [drawn.gauss(3.0, 1.0) for _ in range(150)]
        arm = [drawn.gauss(3.2, 2.0) for _ in range(90)]
        theirs = scipy.stats.bootstrap(
            (arm, raw),
            lambda one, other, axis: np.mean(one, axis=axis) - np.mean(other, axis=axis),
            n_resamples=20_000,
            method="percentile",
            random_state=1,
        ).confidence_interval
        ours = compare_groups(
            [(f"r{n}", value) for n, value in enumerate(raw)],
            [(f"a{n}", value) for n, value in enumerate(arm)],
            Plan(resamples=20_000),
        )
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.03)

    def test_an_arm_without_values_cannot_be_compared(self) -> None:
        with pytest.raises(ValueError, match="no value"):
            compare_groups([("a", 1.0)], [])

    def test_one_conversation_gives_no_interval(self) -> None:
        found = compare_groups([("a", 1.0)] * 9, [("b", 2.0), ("c", 3.0)])
        assert (found.low, found.non_inferior, found.difference) == (None, None, 1.5)


class TestVerdicts:
    def test_a_failed_call_counts_as_the_worst_score(self) -> None:
        """Ten ties at 12 points, and one answer that never came: 0 against 12."""
        pairs = [Pair(str(number), 12, 12) for number in range(10)] + [Pair("failed", 12, 0)]
        found = compare(pairs, Plan(min_prompts=11))
        assert found.difference == pytest.approx(-12 / 11)
        assert found.non_inferior is False
        assert (found.outcomes.wins, found.outcomes.ties, found.outcomes.losses) == (0, 10, 1)

    def test_equal_answers_everywhere_are_equivalent(self) -> None:
        found = compare([Pair(str(number), 13, 13) for number in range(30)])
        assert (found.low, found.high) == (0.0, 0.0)
        assert found.non_inferior is found.equivalent is True

    def test_an_arm_that_is_worse_by_just_the_margin_is_not_non_inferior(self) -> None:
        pairs = [Pair(str(number), 10, 9) for number in range(30)]
        assert compare(pairs, Plan(margin=1.0)).non_inferior is False
        assert compare(pairs, Plan(margin=1.1)).non_inferior is True

    def test_few_prompts_give_no_verdict_however_well_they_agree(self) -> None:
        """Three ties have an interval of no width at all; that is not evidence."""
        few = compare([Pair(str(number), 0, 0) for number in range(3)])
        assert (few.low, few.high) == (0.0, 0.0)
        assert few.non_inferior is few.equivalent is None
        assert few.outcomes.losing_share_at_most == pytest.approx(0.7076, abs=1e-4)

    @pytest.mark.parametrize(
        ("losses", "prompts", "at_most"), [(0, 10, 0.3085), (1, 10, 0.4450), (2, 20, 0.3170)]
    )
    def test_seeing_no_loss_does_not_mean_there_is_none(
        self, losses: int, prompts: int, at_most: float
    ) -> None:
        """Upper exact 95 % limits of published binomial tables (Clopper and Pearson)."""
        pairs = [Pair(str(number), 1, float(number >= losses)) for number in range(prompts)]
        assert outcomes(pairs).losing_share_at_most == pytest.approx(at_most, abs=1e-4)

    def test_one_prompt_gives_no_verdict(self) -> None:
        """Three seeds of one prompt say nothing about prompts."""
        found = compare([Pair("only", 3, 4)] * 3)
        assert found.low is found.high is found.non_inferior is found.equivalent is None
        assert found.difference == 1

    def test_nothing_to_compare_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="no pairs"):
            compare([])

    @pytest.mark.parametrize(
        "wrong",
        [
            {"margin": 0.0},
            {"margin": float("nan")},
            {"confidence": 95},
            {"resamples": 1},
            {"min_prompts": 1},
        ],
    )
    def test_a_plan_that_cannot_work_is_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            Plan(**wrong)  # type: ignore[arg-type]


PAIRS = st.lists(
    st.builds(Pair, st.sampled_from("abcdefgh"), st.integers(3, 15), st.integers(3, 15)), min_size=1
)


class TestGeneralPromises:
    @given(PAIRS)
    def test_the_same_pairs_give_the_same_report(self, pairs: list[Pair]) -> None:
        plan = Plan(resamples=200)
        assert compare(pairs, plan) == compare(pairs, plan)

    @given(PAIRS)
    def test_who_wins_turns_round_with_the_arms(self, pairs: list[Pair]) -> None:
        there = outcomes(pairs)
        back = outcomes([Pair(pair.prompt, pair.arm, pair.raw) for pair in pairs])
        assert (there.wins, there.ties, there.losses) == (back.losses, back.ties, back.wins)
        assert there.wins + there.ties + there.losses == len(pairs)
        assert there.p_sign == pytest.approx(back.p_sign)

    @given(PAIRS)
    def test_the_interval_lies_within_the_differences(self, pairs: list[Pair]) -> None:
        found = compare(pairs, Plan(resamples=200))
        if found.low is not None and found.high is not None:
            smallest = min(pair.difference for pair in pairs)
            largest = max(pair.difference for pair in pairs)
            assert smallest - 1e-9 <= found.low <= found.high <= largest + 1e-9

    @given(PAIRS, st.floats(0.1, 20), st.floats(0.1, 20))
    def test_a_wider_margin_never_takes_a_verdict_back(
        self, pairs: list[Pair], one: float, other: float
    ) -> None:
        narrow, wide = sorted((one, other))
        strict = compare(pairs, Plan(margin=narrow, resamples=200, min_prompts=2))
        loose = compare(pairs, Plan(margin=wide, resamples=200, min_prompts=2))
        assert loose.non_inferior or not strict.non_inferior
