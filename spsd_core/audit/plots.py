"""Plots of a report as SVG inside a page: no library, no script, a text alternative for each."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

__all__ = ["bars", "interval_plot", "plots"]

_WIDTH = 640
_LABEL = 190
_ROW = 22


def plots(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Title and SVG of every plot the figures have data for."""
    made = []
    if found["saved_share"]["low"] is not None:
        made.append(("Share of the input tokens saved", interval_plot(found)))
    if found["by_reason"]:
        reasons = [(reason, float(count)) for reason, count in found["by_reason"].items()]
        made.append(("Prompts by reason", bars(reasons, "prompts")))
    shares = found["saved_share_of_distilled"]
    if any(row["prompts"] for row in shares):
        last = max(place for place, row in enumerate(shares) if row["prompts"])
        rows = [
            (f"{row['from']:.0%} to {row['to']:.0%}", float(row["prompts"]))
            for row in shares[: last + 1]
        ]
        made.append(("Distilled prompts by the share of their tokens saved", bars(rows, "prompts")))
    if found["tokens_saved"]:
        rows = [
            (f"from {row['words_from']} words", float(row["tokens_saved"]))
            for row in found["by_length"]
            if row["prompts"]
        ]
        made.append(("Tokens saved by length of the prompt", bars(rows, "tokens")))
    return made


def bars(rows: Sequence[tuple[str, float]], unit: str) -> str:
    """Horizontal bars, each with its label and its figure."""
    most = max((value for _, value in rows), default=0.0) or 1.0
    room = _WIDTH - _LABEL - 90
    height = _ROW * len(rows) + 4
    shown = []
    for place, (label, value) in enumerate(rows):
        y = place * _ROW + 2
        width = room * value / most
        shown.append(
            f'<text x="{_LABEL - 8}" y="{y + 14}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="bar" x="{_LABEL}" y="{y + 2}" width="{width:.1f}" height="{_ROW - 8}"/>'
            f'<text x="{_LABEL + width + 6:.1f}" y="{y + 14}">{value:,.0f}</text>'
        )
    said = "; ".join(f"{label}: {value:,.0f} {unit}" for label, value in rows)
    return _svg(height, said, "".join(shown))


def interval_plot(found: dict[str, Any]) -> str:
    """The saved share with its interval, beside the limit."""
    share, limit = found["saved_share"], found["limit"]
    most = max(share["high"], limit) * 1.15 or 0.01
    room = _WIDTH - 2 * 40

    def x(value: float) -> str:
        return f"{40 + room * value / most:.1f}"

    said = (
        f"{share['value']:.2%}, 95 % interval {share['low']:.2%} to {share['high']:.2%}; "
        f"the limit is {limit:.2%}"
    )
    drawn = (
        f'<line class="axis" x1="{x(0)}" y1="58" x2="{x(most)}" y2="58"/>'
        f'<text x="{x(0)}" y="76" text-anchor="middle">0 %</text>'
        f'<line class="limit" x1="{x(limit)}" y1="12" x2="{x(limit)}" y2="58"/>'
        f'<text x="{x(limit)}" y="76" text-anchor="middle">limit {limit:.1%}</text>'
        f'<line class="range" x1="{x(share["low"])}" y1="36" x2="{x(share["high"])}" y2="36"/>'
        f'<circle class="bar" cx="{x(share["value"])}" cy="36" r="6"/>'
        f'<text x="{x(share["value"])}" y="22" text-anchor="middle">{share["value"]:.2%}</text>'
    )
    return _svg(84, said, drawn)


def _svg(height: int, said: str, drawn: str) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" aria-label="{escape(said)}">'
        f"<title>{escape(said)}</title>{drawn}</svg>"
    )
