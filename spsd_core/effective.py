"""The settings that hold for one call: the distiller's own, after every policy was heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spsd_core.settings import Level, Overrides, Settings

__all__ = ["EffectiveSettings", "combine"]


@dataclass(frozen=True)
class EffectiveSettings:
    """What may differ from call to call."""

    enabled: bool
    level: Level
    engines: tuple[str, ...]
    deadline_ms: float | None
    open_domains: frozenset[str]


def combine(
    settings: Settings, engines: tuple[str, ...], answers: Iterable[Overrides]
) -> EffectiveSettings:
    """Apply policies' answers; where they disagree, the more careful one wins.

    Args:
        settings: the distiller's own.
        engines: names of the distiller's engines, in order.
        answers: one `Overrides` for each policy that had something to say.
    """
    answers = tuple(answers)
    levels = [answer.level for answer in answers if answer.level is not None]
    deadlines = [answer.deadline_ms for answer in answers if answer.deadline_ms is not None]
    open_domains = set(settings.safety.open_domains)
    if settings.safety.allow_gate_override:
        open_domains.update(*(answer.open_domains for answer in answers))
    for answer in answers:
        open_domains -= answer.close_domains
        if answer.engines is not None:
            engines = tuple(name for name in engines if name in answer.engines)
    return EffectiveSettings(
        enabled=all(answer.enabled is not False for answer in answers),
        level=settings.level if not levels else "light" if "light" in levels else "dense",
        engines=engines,
        deadline_ms=min(deadlines) if deadlines else settings.deadline_ms,
        open_domains=frozenset(open_domains),
    )
