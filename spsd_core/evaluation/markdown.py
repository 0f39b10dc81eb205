"""The report as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from spsd_core.evaluation.report import Report
from spsd_core.evaluation.tables import Table, tables_of

__all__ = ["markdown_of", "markdown_table"]


def markdown_of(report: Report) -> str:
    """The whole report."""
    parts = [f"# SPSD evaluation\n\nspsd {report.version}, arms: {', '.join(report.arms)}\n"]
    parts += [markdown_table(table) for table in tables_of(report)]
    return "\n".join(parts)


def markdown_table(table: Table) -> str:
    """One table with its heading and note."""
    return "\n".join(_lines(table)) + "\n"


def _lines(table: Table) -> Iterator[str]:
    yield f"## {table.title}"
    yield ""
    if table.note:
        yield table.note
        yield ""
    yield _row(table.head)
    yield "|" + " --- |" * len(table.head)
    for row in table.rows:
        yield _row(row)


def _row(cells: tuple[str, ...]) -> str:
    """Bars and line breaks in a cell would end it."""
    clean = (" ".join(cell.replace("|", "\\|").split()) for cell in cells)
    return f"| {' | '.join(clean)} |"
