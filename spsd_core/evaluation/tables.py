"""The report as tables of plain text, which Markdown, the page and the terminal share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spsd_core.evaluation.comparing import Quality
from spsd_core.evaluation.report import Report
from spsd_core.evaluation.similarity import LINE, likeness
from spsd_core.evaluation.statistics import Comparison

__all__ = ["Table", "quality_table", "tables_of"]


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, what the figures mean, and rows of cells."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(report: Report) -> Iterator[Table]:
    """Every table of the report that has rows."""
    tables = (
        _corpora(report),
        _costs(report),
        _reasons(report),
        _groups(report),
        quality_table(report.quality),
        _cosines(report),
        _answerers(report),
        _judges(report),
        _agreement(report),
        *_paper(report),
        _break_even(report),
    )
    return (table for table in tables if table.rows)


def _corpora(report: Report) -> Table:
    rows = tuple(
        (
            one["name"],
            str(one["prompts"]),
            ", ".join(f"{name or 'no group'} {count}" for name, count in one["groups"].items()),
            _broken(one["broken"], one["broken_places"]),
        )
        for one in report.corpora
    )
    note = "Broken lines hold no prompt; they are counted and left out."
    return Table("Prompts", note, ("corpus", "prompts", "groups", "broken lines"), rows)


def _broken(count: int, places: Sequence[str]) -> str:
    return (
        f"{count} ({', '.join(places)}{', ...' if count > len(places) else ''})" if count else "0"
    )


def _costs(report: Report) -> Table:
    rows = []
    for arm, one in report.costs.items():
        share = 1 - one.tokens_after / one.tokens_before if one.tokens_before else 0.0
        rows.append(
            (
                arm,
                f"{one.distilled} of {one.prompts}",
                f"{one.tokens_before:,} -> {one.tokens_after:,} ({share:.1%})",
                _bounded(
                    one.saved_per_distilled,
                    one.saved_per_distilled_low,
                    one.saved_per_distilled_high,
                ),
                _plain(one.estimated_per_distilled),
                f"{one.saved_per_prompt:,.1f}",
                f"{one.ms_p50:,.1f} / {one.ms_p95:,.1f} / {one.ms_p99:,.1f}",
                f"{one.net_uwh_per_prompt:+,.1f}",
                one.money_per_million_prompts or "-",
            )
        )
    tokenizers = sorted({one.tokenizer for one in report.costs.values()})
    note = (
        f"Tokens of whole requests by {', '.join(tokenizers)}. Energy is signed, of all prompts. "
        f"Money is what is not billed for a million such prompts{_source(report)}."
    )
    head = (
        "arm",
        "distilled",
        "tokens",
        "saved a distilled prompt",
        "by words / 0.75",
        "saved a prompt",
        "ms p50 / p95 / p99",
        "net µWh a prompt",
        "money",
    )
    return Table("Savings and costs", note, head, tuple(rows))


def _source(report: Report) -> str:
    return f" ({report.price_source})" if report.price_source else ""


def _reasons(report: Report) -> Table:
    reasons = dict.fromkeys(reason for one in report.costs.values() for reason in one.by_reason)
    rows = tuple(
        (reason, *(str(one.by_reason.get(reason, 0)) for one in report.costs.values()))
        for reason in reasons
    )
    return Table("Decisions", "Prompts by the reason of the decision.", ("", *report.costs), rows)


def _groups(report: Report) -> Table:
    rows = tuple(
        (arm, group or "no group", f"{distilled} of {count}", f"{saved:,.1f}")
        for arm, groups in report.groups.items()
        for group, (count, distilled, saved) in groups.items()
    )
    head = ("arm", "group", "distilled", "tokens saved a prompt")
    return Table("By group", "", head, rows)


def quality_table(quality: Sequence[Quality]) -> Table:
    """Every comparison on one row."""
    note = (
        "Arm minus raw on all pairs; failed calls have the worst score, and so have pairs no judge "
        "could be read on (in brackets: without these). Intervals are bootstrapped over prompts. "
        "The margin was settled beforehand. At most so many prompts lose: at 97.5 %, exact."
    )
    head = (
        "arm",
        "figure",
        "answers by",
        "prompts",
        "pairs",
        "raw -> arm",
        "difference",
        "margin",
        "verdict",
        "TOST p",
        "wins / ties / losses (p)",
        "prompts that lose, at most",
        "McNemar p",
        "failed raw / arm, unjudged",
    )
    return Table("Quality", note, head, tuple(_quality_row(one) for one in quality))


def _quality_row(one: Quality) -> tuple[str, ...]:
    found = one.comparison
    difference = _bounded(found.difference, found.low, found.high, signed=True)
    if one.judged_only is not None:
        only = one.judged_only
        difference += f" [{_bounded(only.difference, only.low, only.high, signed=True)}]"
    tost = outcomes = losing = "-"
    if isinstance(found, Comparison):
        pairs = f"{found.pairs} of {found.prompts} prompts"
        tost = _p(found.p_equivalent)
        won = found.outcomes
        outcomes = f"{won.wins} / {won.ties} / {won.losses} ({_p(won.p_sign)})"
        losing = f"{won.losing_share_at_most:.1%}"
    else:
        pairs = f"{found.raw} and {found.arm}, not paired"
    if one.alone:
        pairs += f"; {one.alone} without a partner left out"
    if one.alone_raw:
        pairs += f"; {one.alone_raw} of the raw arm without a partner left out"
    if one.without_figure:
        pairs += f"; {one.without_figure} prompts without this figure left out"
    return (
        one.arm,
        one.metric,
        one.model or "-",
        one.scope,
        pairs,
        f"{found.mean_raw:.3g} -> {found.mean_arm:.3g}",
        difference,
        f"{found.margin:g}",
        verdict(found.non_inferior),
        tost,
        outcomes,
        losing,
        _p(one.p_mcnemar),
        f"{one.failed_raw} / {one.failed_arm}, {one.unjudged}",
    )


def verdict(non_inferior: bool | None) -> str:
    """In words.

    >>> verdict(False)
    'not shown to be non-inferior'
    """
    if non_inferior is None:
        return "too few prompts to tell"
    return "non-inferior" if non_inferior else "not shown to be non-inferior"


def _cosines(report: Report) -> Table:
    found = {arm: likeness(values) for arm, values in report.cosines.items() if values}
    rows = tuple(
        (arm, str(one.pairs), f"{one.mean:.3f}", f"{one.median:.3f}", f"{one.above:.1%}")
        for arm, one in found.items()
    )
    note = (
        "Cosine of the answers to raw and shortened prompt, MiniLM over the first 600 characters. "
        "It says how alike they are, not how good."
    )
    head = ("arm", "pairs", "mean", "median", f"above {LINE:.2f}")
    return Table("How alike the answers are", note, head, rows)


def _answerers(report: Report) -> Table:
    rows = tuple((name, str(count), str(failed)) for name, (count, failed) in report.asked.items())
    note = "Equal requests (a prompt passed through is one with the raw request) are asked once."
    return Table("Answers", note, ("model", "distinct requests", "failed"), rows)


def _judges(report: Report) -> Table:
    rows = tuple(
        (
            one.name,
            str(one.cases),
            str(one.unreadable),
            str(one.failed),
            _bounded(one.bias.advantage, one.bias.low, one.bias.high, signed=True)
            if one.bias
            else "-",
            f"{one.bias.consistent:.0%}" if one.bias else "-",
        )
        for one in report.judges
    )
    note = (
        "Each case is read in both orders. Bias: points that standing first was worth, 0 for a "
        "fair judge. Consistent: the same answer wins in both orders."
    )
    head = ("judge", "cases", "unreadable replies", "failed calls", "position bias", "consistent")
    return Table("Judges", note, head, rows)


def _agreement(report: Report) -> Table:
    rows = tuple(
        (" and ".join(one.judges), one.criterion, str(one.ratings), _plain(one.kappa, "{:.2f}"))
        for one in report.agreement
    )
    head = ("judges", "criterion", "ratings", "weighted kappa")
    return Table("Agreement of the judges", "Cohen's kappa, quadratic weights.", head, rows)


def _paper(report: Report) -> Iterator[Table]:
    note = "Over the prompts that have no checkable answer: those like the paper's."
    for arm, rows in report.paper.items():
        cells = tuple(
            (row.figure, row.paper, row.ours, row.estimated or "-", row.definition) for row in rows
        )
        head = ("figure", "the paper", "ours", "ours by words / 0.75", "what ours is")
        yield Table(f"The paper's figures beside ours: {arm}", note, head, cells)


def _break_even(report: Report) -> Table:
    powers = next((one.points for one in report.break_even.values()), ())
    rows = tuple(
        (arm, f"{one.core_seconds_per_prompt * 1000:,.1f}", *(_plain(p[1]) for p in one.points))
        for arm, one in report.break_even.items()
    )
    note = (
        "Cloud microwatt-hours a token from which on energy is saved, by the power of a busy core "
        "here; `-`: never. The assumptions of this run: "
        f"{report.energy.cloud_uwh_per_token:.1f} µWh a token and "
        f"{report.energy.edge_power_per_core_w:g} W."
    )
    head = ("arm", "core ms a prompt", *(f"{watts:g} W" for watts, _ in powers))
    return Table("Energy break-even", note, head, rows)


def _bounded(
    value: float | None, low: float | None, high: float | None, *, signed: bool = False
) -> str:
    form = "{:+,.3f}" if signed else "{:,.1f}"
    text = _plain(value, form)
    return text if low is None else f"{text} ({_plain(low, form)} to {_plain(high, form)})"


def _plain(value: float | None, form: str = "{:,.1f}") -> str:
    return "-" if value is None else form.format(value)


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
