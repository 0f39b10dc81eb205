"""Every arm against the raw one, figure by figure: what `spsd eval` and `spsd compare` both say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from spsd_core.evaluation.bootstrap import Plan
from spsd_core.evaluation.records import Record, metrics_of, pairs_of, values_of
from spsd_core.evaluation.scoring import POINTS, UNJUDGED, worst_of
from spsd_core.evaluation.statistics import (
    Comparison,
    GroupComparison,
    Pair,
    compare,
    compare_groups,
    mcnemar_exact,
)
from spsd_core.exceptions import ConfigurationError

__all__ = ["ALL_MODELS", "Quality", "Rules", "quality_of"]

ALL_MODELS = "all models"
_SHARE_MARGIN = 0.05
_POINTS_MARGIN = 1.0


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What was settled before looking: margins, worst scores, which way is better."""

    plan: Plan = field(default_factory=Plan)
    margins: Mapping[str, float] | None = None
    """By figure; default 1 point of 15, and 0.05 for every other."""
    worst: Mapping[str, float] | None = None
    """By figure: what a failed call gets; default 3 points, and 0 for every other."""
    lower_is_better: frozenset[str] = frozenset()
    """Figures of which less is more, such as seconds; name their worst score too."""
    baseline: str = "raw"
    """Name of the arm the others are held against."""

    def __post_init__(self) -> None:
        for metric in self.margins or {}:
            self.plan_of(metric)  # a margin that cannot work is refused now, not after the run

    def plan_of(self, metric: str) -> Plan:
        """The plan with the margin of a figure."""
        default = _POINTS_MARGIN if metric == POINTS else _SHARE_MARGIN
        return replace(self.plan, margin=(self.margins or {}).get(metric, default))

    def worst_of(self, metric: str) -> float:
        """The score of a failed call."""
        return (self.worst or {}).get(metric, worst_of(metric))


@dataclass(frozen=True, slots=True)
class Quality:
    """One figure of one arm, held against the raw arm."""

    arm: str
    metric: str
    model: str
    """Who answered; `all models` pools them."""
    scope: str
    """`distilled`: the prompts that were shortened; `all`: those passed through, too."""
    paired: bool
    comparison: Comparison | GroupComparison
    failed_raw: int = 0
    """Calls without an answer; they are in the comparison with the worst score."""
    failed_arm: int = 0
    unjudged: int = 0
    """Pairs no judge could be read on; they are in it as failures of the arm."""
    judged_only: Comparison | None = None
    """The same without the unjudged pairs, where there are any."""
    p_mcnemar: float | None = None
    """Exact McNemar test, for figures that are right or wrong; prompts by their majority."""
    alone: int = 0
    """Records of this arm that have no partner, and are in no pair."""
    alone_raw: int = 0
    """The same of the raw arm: calls that this arm has no record of, not even a failed one."""
    without_figure: int = 0
    """Prompts of which this figure cannot be had; they are in no pair, failed or not."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)


def quality_of(records: Sequence[Record], rules: Rules | None = None) -> list[Quality]:
    """Hold every arm against the raw one, for each figure, model and scope there is."""
    rules = rules or Rules()
    arms = [arm for arm in dict.fromkeys(record.arm for record in records) if arm != rules.baseline]
    models = list(dict.fromkeys(record.model for record in records))
    rows: list[Quality] = []
    for arm in arms:
        for metric in metrics_of(record for record in records if record.arm == arm):
            own = _with_a_say(records, metric)
            said = {record.id for record in own if record.arm == arm}
            silent = [r for r in records if r.arm == arm and r.id not in said]
            for model in [ALL_MODELS, *models] if len(models) > 1 else models:
                chosen = [r for r in own if model in (ALL_MODELS, r.model)]
                left = [r for r in silent if model in (ALL_MODELS, r.model)]
                for row in _scopes(chosen, arm, metric, model, rules):
                    kept = [r for r in left if r.distilled or row.scope == "all"]
                    rows.append(replace(row, without_figure=len({r.id for r in kept})))
    return rows


def _with_a_say(records: Sequence[Record], metric: str) -> list[Record]:
    """The records that count in a figure: those that have it, and those that failed instead.

    A failed record counts where another of its id has the figure, whatever else it says of itself;
    and where nothing is known of its id but failures, or nothing of another arm. Where no figure
    can be had of a prompt, that its calls failed is no tie.
    """
    having = {r.id for r in records if metric in r.metrics or metric in r.baseline}
    without = {r.id for r in records if not r.failed} - having
    arms: dict[str, set[str]] = {}
    for record in records:
        arms.setdefault(record.id, set()).add(record.arm)

    def counts(one: Record) -> bool:
        if metric in one.metrics or metric in one.baseline:
            return True
        if not one.failed or one.unscored or one.id in without:
            return False
        return one.id in having or not one.metrics or len(arms[one.id]) == 1

    return [record for record in records if counts(record)]


def _scopes(
    records: Sequence[Record], arm: str, metric: str, model: str, rules: Rules
) -> Iterator[Quality]:
    known = any(record.distilled is not None for record in records if record.arm == arm)
    if known:
        shortened = {record.place for record in records if record.arm == arm and record.distilled}
        distilled = [record for record in records if record.place in shortened]
        yield from _compared(distilled, arm, metric, model, "distilled", rules)
    yield from _compared(records, arm, metric, model, "all", rules)


def _compared(
    records: Sequence[Record], arm: str, metric: str, model: str, scope: str, rules: Rules
) -> Iterator[Quality]:
    own = [record for record in records if record.arm == arm]
    plan, worst = rules.plan_of(metric), rules.worst_of(metric)
    less = metric in rules.lower_is_better
    pairs = _turned(pairs_of(records, arm, metric, worst=worst, baseline=rules.baseline), less)
    places = {record.place for record in records if record.arm == rules.baseline}
    failed = {record.place for record in records if record.arm == rules.baseline and record.failed}
    failed_raw = sum(record.raw_failed or record.place in failed for record in own)
    failed_arm = sum(record.failed for record in own)
    _check_worst([r for r in records if r.arm in (arm, rules.baseline)], metric, rules)
    if pairs:
        unjudged = [r for r in own if r.error == UNJUDGED] if metric == POINTS else []
        left = [record for record in records if record not in unjudged]
        judged = pairs_of(left, arm, metric, worst=worst, baseline=rules.baseline)
        yield Quality(
            arm,
            metric,
            model,
            scope,
            True,
            compare(pairs, plan),
            failed_raw,
            failed_arm,
            len(unjudged),
            compare(judged, plan) if unjudged and judged else None,
            _mcnemar(pairs),
            sum(r.place not in places and metric not in r.baseline for r in own) if places else 0,
            len(places - {record.place for record in own}),
        )
        return
    raw = values_of(records, rules.baseline, metric, worst=worst)
    if raw and own:
        sign = -1 if less else 1
        failed_raw = sum(r.failed for r in records if r.arm == rules.baseline)
        groups = compare_groups(
            [(name, sign * value) for name, value in raw],
            [(name, sign * v) for name, v in values_of(own, arm, metric, worst=worst)],
            plan,
        )
        yield Quality(arm, metric, model, scope, False, groups, failed_raw, failed_arm)


def _check_worst(records: Sequence[Record], metric: str, rules: Rules) -> None:
    """A failed call must not count as better than an answer."""
    less, worst = metric in rules.lower_is_better, rules.worst_of(metric)
    seen = [r.metrics[metric] for r in records if not r.failed and metric in r.metrics]
    if not seen or not any(record.failed for record in records):
        return
    most = max(seen) if less else min(seen)
    if worst < most if less else worst > most:
        raise ConfigurationError(
            f"a failed call counts as {metric}={worst:g}, and an answer was given {most:g}, which "
            f"is worse: say by --worst {metric}=VALUE what a failed call is worth"
        )


def _turned(pairs: list[Pair], less: bool) -> list[Pair]:
    return [Pair(pair.prompt, -pair.raw, -pair.arm) for pair in pairs] if less else pairs


def _mcnemar(pairs: Sequence[Pair]) -> float | None:
    """None where a figure is more than right or wrong."""
    if any(score not in (0, 1) for pair in pairs for score in (pair.raw, pair.arm)):
        return None
    by_prompt: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_prompt.setdefault(pair.prompt, []).append(pair)
    return mcnemar_exact(
        (
            2 * sum(pair.raw for pair in group) > len(group),
            2 * sum(pair.arm for pair in group) > len(group),
        )
        for group in by_prompt.values()
    )
