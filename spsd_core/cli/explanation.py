"""What the Reader says of every word of a text, for people: in a terminal or on an HTML page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from spsd_core.distillation import Distillation
from spsd_core.reader import Role, RoleReading

__all__ = ["Stretch", "print_explanation", "stretches", "write_explanation"]

_STYLES = {
    Role.TASK: "bold",
    Role.CONTEXT: "default",
    Role.AFFECT: "magenta",
    Role.PAYLOAD: "cyan",
    Role.SCAFFOLD: "yellow",
    Role.REDUNDANT: "bright_black",
}
_COLOURS = {
    Role.TASK: "#1668c1",
    Role.CONTEXT: "inherit",
    Role.AFFECT: "#b0309a",
    Role.PAYLOAD: "#0a7d74",
    Role.SCAFFOLD: "#b06a00",
    Role.REDUNDANT: "#888",
}


class Stretch(NamedTuple):
    """Neighbouring words of one role, with the space after them."""

    text: str
    role: Role
    chance: float
    """The least certain word's chance of this role, 0 to 1."""
    removed: bool
    """Whether it is gone from what is sent."""


def stretches(text: str, roles: RoleReading, result: Distillation) -> Iterator[Stretch]:
    """`text` cut where the role changes, or where something was taken out; nothing is left out."""
    gone = [(edit.start, edit.end) for edit in result.record.edits if edit.end > edit.start + 1]

    def kind(word: tuple[int, int, Role, float]) -> tuple[Role, bool]:
        return word[2], any(start <= word[0] and word[1] <= end for start, end in gone)

    words = [(word.start, word.end, word.role, word.chance(word.role)) for word in roles.words]
    position = 0
    groups = [(key, list(group)) for key, group in groupby(words, kind)]
    for index, ((role, removed), group) in enumerate(groups):
        end = groups[index + 1][1][0][0] if index + 1 < len(groups) else len(text)
        yield Stretch(text[position:end], role, min(word[3] for word in group), removed)
        position = end
    if not groups and text:
        yield Stretch(text, Role.TASK, 1.0, removed=False)


def _summary(roles: RoleReading, result: Distillation) -> str:
    domain = max(roles.domains, key=roles.domains.__getitem__)
    return (
        f"domain {domain} {roles.domains[domain]:.2f}, "
        f"affect {roles.affect} {roles.affects[roles.affect]:.2f}, "
        f"{result.decision.value}: {result.reason.value} ({result.record.decided_by})"
    )


def print_explanation(text: str, roles: RoleReading, result: Distillation) -> None:
    """Print `text` with its roles: in colour on a terminal that has them, else with names."""
    try:
        from rich.console import Console
        from rich.text import Text
    except ModuleNotFoundError:
        _write(_marked(text, roles, result))
        return
    console = Console(soft_wrap=True, highlight=False)
    if not console.is_terminal:
        _write(_marked(text, roles, result))
        return
    shown = Text()
    for stretch in stretches(text, roles, result):
        style = _STYLES[stretch.role] + (" strike" if stretch.removed else "")
        shown.append(_printable(stretch.text, keep="\n"), style)
    legend = Text(" ").join(Text(role.value, _STYLES[role]) for role in Role)
    console.print(shown, legend, _summary(roles, result), sep="\n")


def _write(lines: str) -> None:
    """To standard output in its own encoding, whatever the text holds."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(lines.encode(encoding, "backslashreplace").decode(encoding))


def _printable(text: str, keep: str = "") -> str:
    """Control characters escaped: a text must not command the terminal."""
    return "".join(c if c.isprintable() or c in keep else repr(c)[1:-1] for c in text)


def _marked(text: str, roles: RoleReading, result: Distillation) -> str:
    """One line a stretch: role, chance, `-` where it went, the words."""
    lines = [
        f"{stretch.role.value:9} {stretch.chance:.2f} {'-' if stretch.removed else ' '} "
        + _printable(stretch.text.strip())
        for stretch in stretches(text, roles, result)
    ]
    return "\n".join([*lines, _summary(roles, result)])


def write_explanation(path: Path, text: str, roles: RoleReading, result: Distillation) -> None:
    """Write one self-contained page: every word in the colour of its role, what went struck."""
    spans = "".join(
        f'<span class="{stretch.role.value.lower()}" '
        f'title="{stretch.role.value} {stretch.chance:.2f}">'
        + (f"<del>{escape(stretch.text)}</del>" if stretch.removed else escape(stretch.text))
        + "</span>"
        for stretch in stretches(text, roles, result)
    )
    colours = "\n".join(f".{role.value.lower()} {{ color: {_COLOURS[role]} }}" for role in Role)
    legend = " · ".join(f'<span class="{r.value.lower()}">{r.value}</span>' for r in Role)
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>SPSD: roles</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.6 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }}
{colours}
</style></head><body><pre>{spans}</pre><p>{legend}</p><p>{escape(_summary(roles, result))}</p>
</body></html>
"""
    path.write_text(page, encoding="utf-8", errors="backslashreplace")
