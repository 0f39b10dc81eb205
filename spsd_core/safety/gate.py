"""The gate: which safety rules fire on a text, and where."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from spsd_core.distillation import RuleHit
from spsd_core.safety.folding import fold_offsets

if TYPE_CHECKING:
    from spsd_core.safety.matching import CompiledRules, Evidence
    from spsd_core.settings import SafetySettings

__all__ = ["SafetyGate"]

_lock = threading.Lock()
_compiled: CompiledRules | None = None


def _shipped_rules() -> CompiledRules:
    """The shipped rules, compiled once a process."""
    global _compiled
    if _compiled is None:
        with _lock:
            if _compiled is None:
                from spsd_core.safety.matching import CompiledRules
                from spsd_core.safety.ruleset import load_rules, rule_files

                _compiled = CompiledRules(load_rules(rule_files()))
    return _compiled


class SafetyGate:
    """Decides nothing by itself: it reports every rule that fires, in every domain.

    Cheap to build; the rules are read and compiled at the first text, once a process. Thread-safe.
    """

    def __init__(self, settings: SafetySettings) -> None:
        self.settings = settings

    def hits(self, text: str) -> tuple[RuleHit, ...]:
        """Every rule that fires on `text`, with its first evidence there, in order of place.

        Takes any str. Raises only if the shipped rule files themselves are broken.
        """
        evidence = _shipped_rules().find(text)
        if not evidence:
            return ()
        places = _original_places(text, list(evidence.values()))
        return tuple(sorted(places, key=lambda hit: (hit.start, hit.end, hit.rule)))

    def cue_ids(self, text: str) -> frozenset[str]:
        """Ids of the rules that fire on `text`; cheaper than `hits`, for comparing two texts."""
        return frozenset(_shipped_rules().find(text))


def _original_places(text: str, evidence: list[Evidence]) -> list[RuleHit]:
    origin = fold_offsets(text)
    return [
        RuleHit(
            rule=item.rule.id,
            domain=item.rule.domain,
            start=origin[item.span.start],
            end=origin[item.span.end - 1] + 1,
            severity=item.rule.severity,
        )
        for item in evidence
    ]
