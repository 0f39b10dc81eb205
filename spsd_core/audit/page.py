"""The report as one HTML page: nothing outside it is loaded, nothing in it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from spsd_core.audit.findings import Cut
from spsd_core.audit.plots import plots
from spsd_core.audit.report import AuditReport
from spsd_core.audit.sections import Section, caption, sections

__all__ = ["page", "write_page"]

_STYLE = """
:root { color-scheme: light dark; --accent: #1668c1; --gone: #b3261e; --dim: #666; --line: #ccc }
@media (prefers-color-scheme: dark) {
  :root { --accent: #7ab7ff; --gone: #ff8a80; --dim: #aaa; --line: #444 }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
.verdict { font-size: 1.15rem; font-weight: 600 }
table { border-collapse: collapse; width: 100% }
td, th { padding: .2rem .6rem .2rem 0; text-align: right; border-bottom: 1px solid var(--line) }
td:first-child, th:first-child { text-align: left }
.note, .more, figcaption, .caption { color: var(--dim); font-size: .9rem }
figure { margin: 1rem 0 }
svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; fill: currentColor }
.bar { fill: var(--accent) } .axis { stroke: var(--line) }
.range { stroke: var(--accent); stroke-width: 3 }
.limit { stroke: var(--gone); stroke-dasharray: 4 3 }
.cut { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 1rem }
del { color: var(--gone) } ins { color: var(--accent); text-decoration: none }
"""
_TAGS = {"kept": "{}", "cut": "<del>{}</del>", "new": "<ins>{}</ins>"}
_RISK = (
    "How near a cut came to being refused: the larger of `doubt` (0: the Reader is certain of "
    "every word that goes, 1: as unsure as is allowed) and `gate` (share of the chance of a "
    "critical domain at which the gate closes), and 0.25 more where it touches a negation, a "
    "limit, a number, an amount or a date."
)


def write_page(path: Path, report: AuditReport, *, with_text: bool = True) -> None:
    """Write `page` to a file."""
    path.write_text(page(report, with_text=with_text), encoding="utf-8", errors="backslashreplace")


def page(report: AuditReport, *, with_text: bool = True) -> str:
    """The whole page.

    Args:
        report: what to show.
        with_text: whether prompts are shown; without, no word of the log is on the page.
    """
    found = report.figures
    body = [
        "<h1>SPSD audit</h1>",
        f'<p class="verdict">{escape(found["sentence"])}</p>',
        *(f"<p>{escape(note)}</p>" for note in found["notes"]),
        *map(_table, sections(report)[:3]),
        *(
            f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>"
            for title, svg in plots(found)
        ),
        *map(_table, sections(report)[3:]),
    ]
    if with_text:
        body += _cuts(
            "Largest cuts", "What would be cut out is struck through.", report.largest_cuts
        )
        body += _cuts("Riskiest cuts", _RISK, report.riskiest_cuts)
    method = found["method"]
    body.append(
        f'<p class="note">Intervals: {escape(method["interval"])}, {method["replicates"]} '
        f"replicates, seed {method['seed']}. Level {escape(found['settings']['level'])}, engines "
        f"{escape(', '.join(found['settings']['engines']))}.</p>"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>SPSD audit</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _table(section: Section) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in section.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in section.rows
    )
    return (
        f"<h2>{escape(section.title)}</h2><table>"
        + (f"<thead><tr>{head}</tr></thead>" if head else "")
        + f"<tbody>{rows}</tbody></table>"
        + (f'<p class="note">{escape(section.note)}</p>' if section.note else "")
    )


def _cuts(title: str, note: str, cuts: Sequence[Cut]) -> Iterator[str]:
    if not cuts:
        return
    yield f'<h2>{escape(title)}</h2><p class="note">{escape(note)}</p>'
    for cut in cuts:
        text = "".join(
            '<span class="more"> … </span>' if kind == "more" else _TAGS[kind].format(escape(part))
            for kind, part in cut.pieces
        )
        yield f'<div class="caption">{escape(caption(cut))}</div><p class="cut">{text}</p>'
