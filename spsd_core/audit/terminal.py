"""The report in a terminal: with rich where it is installed, else as plain lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from spsd_core.audit.findings import Cut
from spsd_core.audit.report import AuditReport
from spsd_core.audit.sections import Section, caption, sections

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_report"]

_SHOWN = 5
"""Cuts of each kind that are printed; `--html` and `--json` have all."""
_MARKS = {"kept": ("", ""), "cut": ("[-", "-]"), "new": ("[+", "+]"), "more": (" … ", "")}
_STYLES = {"kept": "", "cut": "red strike", "new": "green", "more": "dim"}
_VERDICTS = {"helps": "bold green", "will not help": "bold red"}


def print_report(report: AuditReport, *, with_text: bool = True) -> None:
    """Print it to standard output."""
    try:
        from rich.console import Console
    except ModuleNotFoundError:
        has_rich = False
    else:
        has_rich = True
    if not has_rich or not _takes_any_text():
        for line in _plain(report, with_text=with_text):
            _write(line)
        return
    _print_rich(Console(highlight=False), report, with_text=with_text)


def _cut_lists(report: AuditReport) -> tuple[tuple[str, Sequence[Cut]], ...]:
    return (
        ("Largest cuts", report.largest_cuts[:_SHOWN]),
        ("Riskiest cuts", report.riskiest_cuts[:_SHOWN]),
    )


# -- with rich -------------------------------------------------------------------------------------


def _print_rich(console: Console, report: AuditReport, *, with_text: bool) -> None:
    from rich.text import Text

    found = report.figures
    console.print(Text(found["sentence"], _VERDICTS.get(found["verdict"], "bold")))
    for note in found["notes"]:
        console.print(Text(_printable(note)))
    for section in sections(report):
        _print_table(console, section)
    for title, cuts in _cut_lists(report) if with_text else ():
        if cuts:
            console.print(Text(f"\n{title}", "bold"))
        for cut in cuts:
            shown = Text().append(f"{caption(cut)}\n", "dim")
            for kind, text in cut.pieces:
                shown.append(_printable(text) or " … ", _STYLES[kind])
            console.print(shown)


def _print_table(console: Console, section: Section) -> None:
    from rich.table import Table
    from rich.text import Text

    width = len(section.columns or section.rows[0])
    table = Table(title=section.title, title_justify="left", title_style="bold", box=None)
    table.show_header = bool(section.columns)
    for place in range(width):
        name = section.columns[place] if section.columns else ""
        table.add_column(name, justify="left" if place == 0 else "right", overflow="fold")
    for row in section.rows:
        table.add_row(*(Text(_printable(cell)) for cell in row))
    console.print()
    console.print(table)
    if section.note:
        console.print(Text(section.note, "dim"))


# -- without ---------------------------------------------------------------------------------------


def _plain(report: AuditReport, *, with_text: bool) -> Iterator[str]:
    yield report.figures["sentence"]
    yield from map(_printable, report.figures["notes"])
    for section in sections(report):
        yield ""
        yield section.title
        rows = [*([section.columns] if section.columns else []), *section.rows]
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        for row in rows:
            yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        if section.note:
            yield f"  {section.note}"
    for title, cuts in _cut_lists(report) if with_text else ():
        if cuts:
            yield ""
            yield title
        for cut in cuts:
            yield f"  {caption(cut)}"
            marked = (
                _MARKS[kind][0] + _printable(text) + _MARKS[kind][1] for kind, text in cut.pieces
            )
            yield f"  {''.join(marked)}"


def _takes_any_text() -> bool:
    """Whether standard output can hold every letter; rich would stop at the first it cannot."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def _write(line: str) -> None:
    """To standard output in its own encoding, whatever the text holds."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _printable(text: str) -> str:
    """On one line, control characters escaped: a text must not command the terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else repr(c)[1:-1] for c in text)
