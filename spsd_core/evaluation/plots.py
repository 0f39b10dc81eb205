"""Plots as inline SVG: no script, no style sheet of others, a text alternative in each.

Colours are the page's (`currentColor` and custom properties), so that they follow light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["bars", "break_even_lines", "histogram", "intervals"]

_WIDTH = 720
_LABEL = 220
_ROW = 26
_BINS = 24


def _svg(height: float, title: str, body: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(body)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def intervals(
    rows: Sequence[tuple[str, float, float | None, float | None]], margin: float, title: str
) -> str:
    """Differences with their intervals, beside zero and the margin.

    Args:
        rows: (label, difference, low, high).
        margin: drawn at its negative.
        title: also the text alternative.
    """
    ends = [0.0, -margin]
    ends += [value for _, *values in rows for value in values if value is not None]
    low, high = min(ends), max(ends)
    room = (high - low) * 0.08 or 1.0

    def place(value: float) -> float:
        share = (value - low + room) / (high - low + 2 * room)
        return _LABEL + share * (_WIDTH - _LABEL - 10)

    bottom = _ROW * len(rows) + 10
    body = [
        _line(place(0), 4, place(0), bottom, "axis"),
        _line(place(-margin), 4, place(-margin), bottom, "margin"),
        _text(place(0), bottom + 16, "0", "middle"),
        _text(place(-margin), bottom + 16, f"margin {-margin:g}", "middle"),
    ]
    for number, (label, value, start, end) in enumerate(rows):
        y = _ROW * number + 18
        body.append(_text(0, y + 4, label))
        if start is not None and end is not None:
            body.append(_line(place(start), y, place(end), y, "interval"))
        body.append(f'<circle class="mark" cx="{place(value):.1f}" cy="{y}" r="4"/>')
    return _svg(bottom + 24, title, body)


def bars(counts: Mapping[str, float], title: str) -> str:
    """Named counts as horizontal bars."""
    most = max(counts.values(), default=0) or 1
    body = []
    for number, (label, count) in enumerate(counts.items()):
        y = _ROW * number + 4
        width = count / most * (_WIDTH - _LABEL - 70)
        body.append(_text(0, y + 14, label))
        body.append(f'<rect class="bar" x="{_LABEL}" y="{y}" width="{width:.1f}" height="18"/>')
        body.append(_text(_LABEL + width + 6, y + 14, f"{count:g}"))
    return _svg(_ROW * max(1, len(counts)) + 8, title, body)


def histogram(values: Sequence[float], title: str) -> str:
    """How values are spread."""
    if not values:
        return _svg(30, title, [_text(0, 18, "nothing to show")])
    low, high = min(0.0, *values), max(values)
    step = max(1, math.ceil((high - low) / _BINS)) if high > low else 1
    counts = [0] * (int((high - low) // step) + 1)
    for value in values:
        counts[int((value - low) // step)] += 1
    width, most = (_WIDTH - 20) / len(counts), max(counts)
    body = []
    for number, count in enumerate(counts):
        height = count / most * 130
        body.append(
            f'<rect class="bar" x="{10 + number * width:.1f}" y="{140 - height:.1f}" '
            f'width="{max(1.0, width - 2):.1f}" height="{height:.1f}"/>'
        )
    body.append(_line(10, 140, _WIDTH - 10, 140, "axis"))
    body.append(_text(10, 158, f"{low:g}"))
    body.append(_text(_WIDTH - 10, 158, f"{low + step * len(counts):g}", "end"))
    body.append(_text(_WIDTH / 2, 158, f"bars of {step:g}; the highest holds {most}", "middle"))
    return _svg(166, title, body)


def break_even_lines(
    lines: Mapping[str, Sequence[tuple[float, float | None]]],
    assumed: tuple[float, float],
    title: str,
) -> str:
    """Cloud energy a token over edge power, both on logarithmic axes; energy is saved above a line.

    Args:
        lines: (watts, microwatt-hours a token) by arm.
        assumed: the settings' own point.
        title: also the text alternative.
    """
    drawn = {
        name: [(x, y) for x, y in points if y is not None and y > 0]
        for name, points in lines.items()
    }
    points = [point for row in drawn.values() for point in row] + [assumed]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points) / 1.5, max(y for _, y in points) * 1.5

    def x_of(watts: float) -> float:
        return 60 + math.log(watts / left) / (math.log(right / left) or 1) * (_WIDTH - 240)

    def y_of(energy: float) -> float:
        return 220 - math.log(energy / low) / (math.log(high / low) or 1) * 205

    body = [
        _line(60, 220, _WIDTH - 180, 220, "axis"),
        _line(60, 15, 60, 220, "axis"),
        _text(60, 238, f"{left:g} W a core"),
        _text(_WIDTH - 180, 238, f"{right:g} W", "end"),
        _text(54, 24, f"{high:.3g}", "end"),
        _text(54, 220, f"{low:.3g}", "end"),
        _text(64, 24, "µWh a cloud token; energy is saved above a line"),
    ]
    for number, (name, row) in enumerate(drawn.items()):
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in row)
        kind = f"line line{number % 5}"
        label = name if row else f"{name}: never"
        body.append(f'<polyline class="{kind}" points="{path}"/>')
        body.append(_line(_WIDTH - 165, 40 + 20 * number, _WIDTH - 145, 40 + 20 * number, kind))
        body.append(_text(_WIDTH - 140, 44 + 20 * number, label))
    x, y = x_of(assumed[0]), y_of(assumed[1])
    body.append(f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
    body.append(_text(x + 8, y + 4, "assumed here"))
    return _svg(246, title, body)
