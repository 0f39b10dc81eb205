"""The report as one self-contained HTML page: no script, nothing fetched, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from spsd_core.evaluation.plots import bars, break_even_lines, histogram, intervals
from spsd_core.evaluation.report import Report
from spsd_core.evaluation.tables import Table, tables_of

__all__ = ["page_of"]

_STYLE = """
:root {
  color-scheme: light dark;
  --one: #0a7; --two: #36c; --three: #c63; --four: #93c; --five: #888;
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem; }
th, td { text-align: left; vertical-align: top; }
.wide { overflow-x: auto; } p.note { opacity: .8; max-width: 60rem; }
svg { width: 100%; max-width: 54rem; height: auto; display: block; margin: .5rem 0 1.5rem; }
svg text { font: 13px system-ui, sans-serif; fill: currentColor; }
.bar { fill: var(--two); } .mark { fill: var(--three); }
.axis { stroke: currentColor; opacity: .6; }
.margin { stroke: var(--three); stroke-dasharray: 5 4; }
.interval { stroke: var(--two); stroke-width: 3; }
.line { fill: none; stroke-width: 2; stroke: var(--one); } .line1 { stroke: var(--two); }
.line2 { stroke: var(--three); } .line3 { stroke: var(--four); } .line4 { stroke: var(--five); }
"""


def page_of(report: Report) -> str:
    """The page as a string; every text is escaped."""
    plots = "\n".join(_plots(report))
    tables = "\n".join(_table(table) for table in tables_of(report))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>SPSD evaluation</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>
<body><h1>SPSD evaluation</h1>
<p>spsd {escape(report.version)}, arms: {escape(", ".join(report.arms))}</p>
{plots}
{tables}
</body></html>
"""


def _plots(report: Report) -> Iterator[str]:
    for metric in dict.fromkeys(one.metric for one in report.quality):
        rows = [one for one in report.quality if one.metric == metric]
        title = f"Difference of {metric}, arm minus raw, with its interval"
        shown = [
            (
                f"{one.arm}, {one.scope}" + (f", {one.model}" if one.model else ""),
                one.comparison.difference,
                one.comparison.low,
                one.comparison.high,
            )
            for one in rows
        ]
        yield _figure(title, intervals(shown, rows[0].comparison.margin, title))
    for arm, costs in report.costs.items():
        title = f"Tokens saved by each distilled prompt: {arm}"
        yield _figure(title, histogram(costs.saved, title))
        title = f"Prompts by reason: {arm}"
        yield _figure(title, bars(costs.by_reason, title))
    if report.break_even:
        title = "Energy break-even over edge power and cloud energy a token"
        lines = {arm: one.points for arm, one in report.break_even.items()}
        assumed = (report.energy.edge_power_per_core_w, report.energy.cloud_uwh_per_token)
        yield _figure(title, break_even_lines(lines, assumed, title))


def _figure(title: str, svg: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{svg}"


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "\n".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f"<h2>{escape(table.title)}</h2>\n{note}\n"
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n'
        "</tbody></table></div>"
    )
