"""Runs the demo and shows it: a table in the terminal, and a page where one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from spsd_core.settings import Settings
from spsd_demo.endpoint import open_endpoint
from spsd_demo.marks import pieces
from spsd_demo.page import write_page
from spsd_demo.runs import Outcome, run_chain, run_query_engine

__all__ = ["show", "summary_lines"]

_STYLES = {"kept": "", "removed": "strike red", "added": "green"}


def show(*, level: Literal["light", "dense"], stand_in: str, model: str, page: Path | None) -> int:
    """Run the demo against the endpoint of the environment or a stand-in; print the outcome."""
    console = Console()
    settings = Settings(level=level)
    with open_endpoint(stand_in, model, say=console.print) as endpoint:
        console.print(f"[bold]Chat model:[/] {escape(endpoint.description)}")
        outcomes = run_chain(endpoint, settings) + run_query_engine(endpoint, settings)
    console.print(_table(outcomes))
    lines = summary_lines(outcomes)
    for line in lines:
        console.print(escape(line))
    if page is not None:
        write_page(page, outcomes, endpoint.description, lines)
        console.print(f"written: {escape(str(page))}")
    return 0


def summary_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """The totals in plain sentences."""
    distilled = [outcome for outcome in outcomes if outcome.result.distilled]
    before = sum(outcome.result.tokens_before for outcome in outcomes)
    after = sum(outcome.result.tokens_after for outcome in outcomes)
    net = sum(_energy(outcome) for outcome in outcomes)
    tokenizer = outcomes[0].result.tokenizer
    lines = [
        f"{len(distilled)} of {len(outcomes)} texts distilled; the others were sent as written.",
        f"Texts as one-message requests: {before} -> {after} tokens by {tokenizer} "
        f"({before - after} saved). These examples are rich in courtesy; ordinary chat traffic "
        "holds 1 to 3 % of it.",
        f"Energy, net of this machine's work: {net:+.0f} uWh (assumptions: docs/energy.md).",
    ]
    billed = [
        (outcome.billed_before, outcome.billed_after)
        for outcome in outcomes
        if outcome.billed_before is not None and outcome.billed_after is not None
    ]
    if billed:
        total_before = sum(pair[0] for pair in billed)
        total_after = sum(pair[1] for pair in billed)
        lines.append(
            f"Whole requests as the endpoint counted them: {total_before} -> {total_after} prompt "
            f"tokens ({total_before - total_after} saved)."
        )
    if any(outcome.bytes_before for outcome in outcomes):
        lines.append(
            "Bytes of the request bodies the stand-in received: "
            f"{sum(outcome.bytes_before for outcome in outcomes)} as written, "
            f"{sum(outcome.bytes_after for outcome in outcomes)} as sent by SPSD."
        )
    return lines


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="SPSD demo", show_lines=True, expand=True)
    table.add_column("decision, and the text with removed parts struck through", ratio=1)
    table.add_column("tokens", justify="right", no_wrap=True)
    table.add_column("billed", justify="right", no_wrap=True)
    table.add_column("ms", justify="right", no_wrap=True)
    table.add_column("net uWh", justify="right", no_wrap=True)
    for outcome in outcomes:
        result = outcome.result
        table.add_row(
            _marked(outcome),
            f"{result.tokens_before}\n{result.tokens_after}",
            f"{_count(outcome.billed_before)}\n{_count(outcome.billed_after)}",
            f"{result.record.ms:.1f}",
            f"{_energy(outcome):+.0f}",
        )
    return table


def _marked(outcome: Outcome) -> Text:
    result = outcome.result
    text = Text()
    text.append(f"{outcome.via}, {outcome.example.kind}: ", style="bold")
    text.append(result.decision.value, style="green" if result.distilled else "yellow")
    text.append(f", {result.reason.value} ({result.record.decided_by})\n", style="dim")
    for mark, piece in pieces(outcome.example.text, outcome.result):
        text.append(piece, style=_STYLES[mark])
    return text


def _count(tokens: int | None) -> str:
    return "-" if tokens is None else str(tokens)


def _energy(outcome: Outcome) -> float:
    energy = outcome.result.record.energy
    return energy.net_uwh if energy else 0.0
