"""The demo's outcome as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from spsd_demo.marks import pieces
from spsd_demo.runs import Outcome

__all__ = ["page", "write_page"]

_TAGS = {"kept": "span", "removed": "del", "added": "ins"}

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .6rem .8rem; }
th, td { text-align: left; vertical-align: top; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.text { white-space: pre-wrap; overflow-wrap: anywhere; }
del { color: #c33; } ins { color: #283; text-decoration: none; }
.distilled { color: #283; } .passthrough { color: #a60; } small { opacity: .75; }
"""


def write_page(
    path: Path, outcomes: Sequence[Outcome], endpoint: str, lines: Sequence[str]
) -> None:
    """Write the page to `path`."""
    path.write_text(page(outcomes, endpoint, lines), encoding="utf-8")


def page(outcomes: Sequence[Outcome], endpoint: str, lines: Sequence[str]) -> str:
    """The page as a string; every text is escaped."""
    rows = "\n".join(_row(outcome) for outcome in outcomes)
    totals = "\n".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>SPSD demo</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>
<body><h1>SPSD demo</h1><p>Chat model: {escape(endpoint)}</p>
<ul>{totals}</ul>
<table><thead><tr><th>text (removed parts struck through)</th><th>decision</th><th>tokens</th>
<th>billed</th><th>ms</th><th>net µWh</th></tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""


def _row(outcome: Outcome) -> str:
    result, record = outcome.result, outcome.result.record
    energy = f"{record.energy.net_uwh:+.0f}" if record.energy else "-"
    marked = "".join(
        f"<{_TAGS[mark]}>{escape(text)}</{_TAGS[mark]}>"
        for mark, text in pieces(outcome.example.text, result)
        if text
    )
    title = f"<small>{escape(outcome.via)} · {escape(outcome.example.kind)}</small>"
    return (
        f'<tr><td class="text">{title}\n{marked}</td>'
        f'<td class="{result.decision.value}">{result.decision.value}<br>'
        f"<small>{result.reason.value}<br>{escape(record.decided_by)}</small></td>"
        f'<td class="number">{result.tokens_before}<br>{result.tokens_after}</td>'
        f'<td class="number">{_count(outcome.billed_before)}<br>'
        f"{_count(outcome.billed_after)}</td>"
        f'<td class="number">{record.ms:.1f}</td><td class="number">{energy}</td></tr>'
    )


def _count(tokens: int | None) -> str:
    return "-" if tokens is None else str(tokens)
