"""The figures of the SPSD paper (arXiv 2606.19364) beside ours, each with its definition.

The paper's figures are those it reports; the evaluation behind them estimated tokens from words,
gave the two arms different system prompts and judged 121 of its 146 distilled pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spsd_core.evaluation.comparing import Quality
from spsd_core.evaluation.costs import Costs
from spsd_core.evaluation.scoring import POINTS
from spsd_core.evaluation.similarity import LINE, likeness
from spsd_core.evaluation.statistics import Comparison

__all__ = ["PaperRow", "paper_rows"]

_NONE = "not measured"


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One figure."""

    figure: str
    definition: str
    """What ours is; where the paper's differs, that is said."""
    paper: str
    ours: str
    estimated: str = ""
    """Ours by words / 0.75, as the paper counts; empty where the figure holds no tokens."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)


def paper_rows(
    costs: Costs, quality: Sequence[Quality], cosines: Sequence[float] = ()
) -> list[PaperRow]:
    """The table of one arm.

    Args:
        costs: of the arm, over the prompts that stand for the paper's.
        quality: the arm's comparisons; the judges' on shortened prompts is used.
        cosines: of the answers to shortened prompts.
    """
    judged = next((q for q in quality if q.metric == POINTS and q.scope == "distilled"), None)
    found = judged.comparison if judged and isinstance(judged.comparison, Comparison) else None
    return [
        *_token_rows(costs),
        *_quality_rows(found, judged),
        _cosine_row(cosines),
        *_cost_rows(costs),
    ]


def _token_rows(costs: Costs) -> list[PaperRow]:
    share = costs.distilled / costs.prompts
    estimated = costs.estimated_per_distilled
    return [
        PaperRow(
            "tokens saved per distilled call",
            "mean over distilled prompts, whole requests, target tokens; the paper: words / 0.75, "
            "without the 117 tokens its longer system prompt adds",
            "99.9 (estimated)",
            _interval(
                costs.saved_per_distilled,
                costs.saved_per_distilled_low,
                costs.saved_per_distilled_high,
            ),
            _number(estimated),
        ),
        PaperRow(
            "distilled calls that save tokens",
            "of those whose shortened text was sent",
            "146 of 146 (estimated)",
            f"{costs.positive} of {costs.distilled}",
        ),
        PaperRow(
            "share of prompts distilled",
            "of all prompts of the corpus; the paper gates its controls by their label, we by text",
            "146 of 248 (58.9 %)",
            f"{costs.distilled} of {costs.prompts} ({share:.1%})".replace("%", " %"),
        ),
        PaperRow(
            "tokens saved per prompt of all traffic",
            "mean over all prompts, passed-through ones being 0; the paper's: 99.9 x 146 / 248",
            "58.8 (estimated)",
            _number(costs.saved_per_prompt),
            _number(None if estimated is None else estimated * share),
        ),
    ]


def _quality_rows(found: Comparison | None, judged: Quality | None) -> list[PaperRow]:
    total = found.pairs if found else 0
    verdict = _NONE
    shares = _NONE
    if found and judged:
        verdict = (
            f"{_interval(found.difference, found.low, found.high, signed=True)} on all {total} "
            f"pairs ({judged.failed_arm} failed, {judged.unjudged} unjudged): "
            f"{_verdict(found.non_inferior)} by {found.margin:g}"
        )
        won = found.outcomes
        shares = " / ".join(f"{n / total:.0%}" for n in (won.ties, won.wins, won.losses))
        shares = shares.replace("%", " %")
    return [
        PaperRow(
            "quality, points of 15",
            "arm minus raw, judged blind in both orders, failed calls as the worst score; the "
            "paper: one order, 25 pairs left out",
            "non-inferior by 1 on 121 of 146 pairs",
            verdict,
        ),
        PaperRow(
            "ties / distilled wins / raw wins",
            "of all pairs; a tie is the same mean score",
            "43 % / 28 % / 29 %",
            shares,
        ),
    ]


def _cosine_row(cosines: Sequence[float]) -> PaperRow:
    ours = _NONE
    if cosines:
        found = likeness(cosines)
        ours = (
            f"mean {found.mean:.3f}, median {found.median:.3f}, above {LINE:.2f}: "
            f"{100 * found.above:.1f} % of {found.pairs}"
        )
    return PaperRow(
        "cosine of the answers",
        "all-MiniLM-L6-v2 over the first 600 characters, wherever both answers came",
        "mean 0.682, median 0.712, above 0.70: 54.1 % of 146",
        ours,
    )


def _cost_rows(costs: Costs) -> list[PaperRow]:
    return [
        PaperRow(
            "net energy per distilled call, microwatt-hours",
            "cloud prefill saved minus energy spent here, signed; the paper takes 30 for its own",
            "70 to 270",
            _number(costs.net_uwh_per_distilled, signed=True),
        ),
        PaperRow(
            "time per call here, milliseconds",
            "median and 95th percentile over all prompts, rejected ones included; the paper's "
            "released runs: 9,500 to 69,000",
            "80 to 180 (claimed)",
            f"{costs.ms_p50:,.1f} and {costs.ms_p95:,.1f}",
        ),
    ]


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value:+,.2f}" if signed else f"{value:,.1f}"


def _interval(
    value: float | None, low: float | None, high: float | None, *, signed: bool = False
) -> str:
    text = _number(value, signed=signed)
    if low is None or high is None:
        return text
    return f"{text} ({_number(low, signed=signed)} to {_number(high, signed=signed)})"


def _verdict(non_inferior: bool | None) -> str:
    if non_inferior is None:
        return "too few prompts to tell"
    return "non-inferior" if non_inferior else "not shown to be non-inferior"
