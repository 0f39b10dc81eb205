"""The report as data: every figure once, for JSON, Markdown and the page alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from spsd_core import __version__
from spsd_core.energy import EnergyAssumptions
from spsd_core.evaluation.agreement import PositionBias, position_bias, weighted_kappa
from spsd_core.evaluation.comparing import Quality, Rules, quality_of
from spsd_core.evaluation.costs import BreakEven, Costs, break_even, costs_of
from spsd_core.evaluation.judging import CRITERIA, Judgement
from spsd_core.evaluation.paper import PaperRow, paper_rows
from spsd_core.evaluation.study import Study

if TYPE_CHECKING:
    from spsd_core.savings.prices import Price

__all__ = ["Agreement", "Judge", "Report", "report_of"]


@dataclass(frozen=True, slots=True)
class Judge:
    """How one judge did."""

    name: str
    cases: int
    unreadable: int
    """Replies that were no six numbers, of two a case."""
    failed: int
    bias: PositionBias | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two judges on the same answers."""

    judges: tuple[str, str]
    criterion: str
    ratings: int
    kappa: float | None
    """Quadratically weighted."""


@dataclass(frozen=True)
class Report:
    """Everything a reader may want to know."""

    version: str
    rules: Rules
    corpora: tuple[dict[str, Any], ...]
    """Name, prompts, prompts by group, broken lines."""
    arms: tuple[str, ...]
    costs: dict[str, Costs]
    """By arm, the raw one left out."""
    groups: dict[str, dict[str, tuple[int, int, float]]]
    """By arm and group: prompts, distilled, mean tokens saved per prompt."""
    energy: EnergyAssumptions
    break_even: dict[str, BreakEven]
    quality: tuple[Quality, ...]
    asked: dict[str, tuple[int, int]]
    judges: tuple[Judge, ...]
    agreement: tuple[Agreement, ...]
    paper: dict[str, tuple[PaperRow, ...]]
    """By arm, over the prompts without a check: those like the paper's."""
    cosines: dict[str, tuple[float, ...]]
    """By arm, of the answers to shortened prompts; see `spsd_core.evaluation.similarity`."""
    price_source: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "schema_version": 1,
            "spsd": self.version,
            "plan": asdict(self.rules.plan),
            "margins": dict(self.rules.margins or {}),
            "corpora": list(self.corpora),
            "arms": list(self.arms),
            "costs": {arm: one.to_json() for arm, one in self.costs.items()},
            "groups": self.groups,
            "energy_assumptions": self.energy.model_dump(),
            "break_even": {arm: asdict(one) for arm, one in self.break_even.items()},
            "cosines": {arm: list(values) for arm, values in self.cosines.items()},
            "price_source": self.price_source,
            "quality": [one.to_json() for one in self.quality],
            "asked": {
                name: {"questions": count, "failed": failed}
                for name, (count, failed) in self.asked.items()
            },
            "judges": [asdict(judge) for judge in self.judges],
            "agreement": [asdict(one) for one in self.agreement],
            "paper": {arm: [row.to_json() for row in rows] for arm, rows in self.paper.items()},
        }


def report_of(
    study: Study,
    *,
    rules: Rules | None = None,
    energy: EnergyAssumptions | None = None,
    price: Price | None = None,
) -> Report:
    """Make the report of a study.

    Args:
        study: what was learnt.
        rules: margins and confidence, decided beforehand.
        energy: what a token costs in the cloud, and a core here.
        price: of the target's input tokens.
    """
    rules = rules or Rules()
    energy = energy or EnergyAssumptions()
    costs = {
        arm: costs_of(sent, energy, rules.plan, price)
        for arm, sent in study.sent.items()
        if arm != "raw" and sent
    }
    unchecked = {item.id for item in study.items if item.check == "none"}
    like_the_papers = {
        arm: [one for one in study.sent[arm] if one.id in unchecked] for arm in costs
    }
    quality = tuple(quality_of(study.records, rules))
    return Report(
        version=__version__,
        rules=rules,
        corpora=tuple(_corpora(study)),
        arms=tuple(arm.name for arm in study.setup.arms),
        costs=costs,
        groups={arm: _groups(study, arm) for arm in costs},
        energy=energy,
        break_even={arm: break_even(one, energy) for arm, one in costs.items()},
        quality=quality,
        asked=study.asked,
        judges=tuple(_judge(name, found, rules) for name, found in study.judgements.items()),
        agreement=tuple(_agreement(study)),
        paper={
            arm: tuple(
                paper_rows(
                    costs_of(sent, energy, rules.plan),
                    [row for row in quality if row.arm == arm],
                    study.paper_cosines.get(arm, ()),
                )
            )
            for arm, sent in like_the_papers.items()
            if arm != "context" and sent
        },
        cosines=study.cosines,
        price_source=price.source if price else "",
    )


def _corpora(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "name": corpus.name,
            "prompts": len(corpus.items),
            "groups": dict(Counter(item.group for item in corpus.items)),
            "broken": corpus.broken,
            "broken_places": list(corpus.broken_places),
        }
        for corpus in study.setup.corpora
    ]


def _groups(study: Study, arm: str) -> dict[str, tuple[int, int, float]]:
    found: dict[str, tuple[int, int, float]] = {}
    sent = study.sent[arm]
    for group in dict.fromkeys(one.group for one in sent):
        own = [one for one in sent if one.group == group]
        distilled = sum(one.arm.distilled for one in own)
        found[group] = (len(own), distilled, sum(one.saved for one in own) / len(own))
    return found


def _judge(name: str, found: Sequence[Judgement], rules: Rules) -> Judge:
    both = [one.both for one in found if one.both is not None]
    return Judge(
        name=name,
        cases=len(found),
        unreadable=sum(one.unreadable for one in found),
        failed=sum(one.failed for one in found),
        bias=position_bias(both, rules.plan),
    )


def _agreement(study: Study) -> list[Agreement]:
    names = list(study.judgements)
    rows = []
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            for column, criterion in enumerate(CRITERIA):
                one, two = _shared(study.judgements[first], study.judgements[second], column)
                kappa = weighted_kappa(one, two, categories=range(1, 6))
                rows.append(Agreement((first, second), criterion, len(one), kappa))
    return rows


def _shared(
    first: Sequence[Judgement], second: Sequence[Judgement], column: int
) -> tuple[list[int], list[int]]:
    """Both judges' points for every answer and order that both could be read on."""
    one: list[int] = []
    two: list[int] = []
    for ours, theirs in zip(first, second):
        if ours.both is None or theirs.both is None:
            continue
        for mine, other in zip(
            (*ours.raw_points, *ours.arm_points), (*theirs.raw_points, *theirs.arm_points)
        ):
            one.append(mine[column])
            two.append(other[column])
    return one, two
