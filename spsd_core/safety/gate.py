"""The gate: which safety rules fire on a text, and where."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from spsd_core.distillation import RuleHit
from spsd_core.exceptions import ConfigurationError
from spsd_core.safety.folding import fold_offsets
from spsd_core.settings import DOMAINS

if TYPE_CHECKING:
    from spsd_core.safety.matching import CompiledRules, Evidence
    from spsd_core.settings import SafetySettings

__all__ = ["Explanation", "SafetyGate"]

_PROBLEMS_SHOWN = 5

_lock = threading.Lock()
_shipped: CompiledRules | None = None


class Explanation(NamedTuple):
    """Why a rule fired, or why evidence for it did not count."""

    hit: RuleHit
    reason: str
    """The rule's own words."""
    silenced: bool
    """Whether an exception of the rule, or an allowance, made the evidence void."""


class SafetyGate:
    """Decides nothing by itself: it reports every rule that fires, in every domain.

    The shipped rules are read and compiled at the first text, once a process. Where the settings
    name rule files, all rules are examined and compiled when the gate is built. Thread-safe.

    Raises:
        ConfigurationError: a rule file is missing or does not pass its own examples, or a domain
            in `open_domains` is unknown; the message names it.
    """

    def __init__(self, settings: SafetySettings) -> None:
        self.settings = settings
        self._own = _compiled(settings.rule_files) if settings.rule_files else None
        self.domains: frozenset[str] = frozenset(DOMAINS)
        """The critical domains there are, the user's own included."""
        if self._own is not None:
            self.domains |= self._own.domains
        self.check_domains(settings.open_domains, "safety.open_domains")

    def check_domains(self, names: Iterable[str], where: str) -> None:
        """Refuse names of domains that do not exist.

        Raises:
            ConfigurationError: there is no such domain; the message says which there are.
        """
        unknown = sorted(set(names) - self.domains)
        if unknown:
            raise ConfigurationError(
                f"{where}: there is no domain {unknown[0]!r}; "
                f"there are {', '.join(sorted(self.domains))}"
            )

    def hits(self, text: str) -> tuple[RuleHit, ...]:
        """Every rule that fires on `text`, with its first evidence there, in order of place.

        Takes any str. Raises only if the shipped rule files themselves are broken.
        """
        return _located(text, self._rules().find(text).values())

    def cue_ids(self, text: str) -> frozenset[str]:
        """Ids of the rules that fire on `text`; cheaper than `hits`, for comparing two texts."""
        return frozenset(self._rules().find(text))

    def explain(self, text: str) -> tuple[Explanation, ...]:
        """Every rule with evidence in `text`, those included whose evidence does not count."""
        rules = self._rules()
        counted = rules.find(text)
        found = {**rules.find(text, exceptions=False), **counted}
        reasons = {name: evidence.rule.reason for name, evidence in found.items()}
        return tuple(
            Explanation(hit, reasons[hit.rule], silenced=hit.rule not in counted)
            for hit in _located(text, found.values())
        )

    def _rules(self) -> CompiledRules:
        return _shipped_rules() if self._own is None else self._own


def _shipped_rules() -> CompiledRules:
    """The shipped rules, compiled once a process."""
    global _shipped
    if _shipped is None:
        with _lock:
            if _shipped is None:
                _shipped = _compiled(())
    return _shipped


def _compiled(files: Iterable[Path]) -> CompiledRules:
    """The shipped rules and those of a user's files, once these have passed their self-test."""
    from spsd_core.safety.matching import CompiledRules
    from spsd_core.safety.ruleset import load_file, load_rules, rule_files

    files = tuple(files)
    if files:
        _examine(files)
    own = [load_file(path) for path in files]
    return CompiledRules(
        (*load_rules(rule_files()), *(rule for file in own for rule in file.rules)),
        [allowance for file in own for allowance in file.allow],
        trusted=True,  # the shipped rules are tested, the user's were examined just now
    )


def _examine(files: tuple[Path, ...]) -> None:
    from spsd_core.safety.checking import check_rules

    problems = check_rules(files)
    if problems:
        shown = "\n  ".join(map(str, problems[:_PROBLEMS_SHOWN]))
        more = len(problems) - _PROBLEMS_SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        raise ConfigurationError(
            f"safety.rule_files: the rules do not pass their own test:\n  {shown}{rest}\n"
            "run `spsd gate check FILE` while you mend them"
        )


def _located(text: str, evidence: Iterable[Evidence]) -> tuple[RuleHit, ...]:
    evidence = tuple(evidence)
    if not evidence:
        return ()
    origin = fold_offsets(text)
    hits = [
        RuleHit(
            rule=item.rule.id,
            domain=item.rule.domain,
            start=origin[item.span.start],
            end=origin[item.span.end - 1] + 1,
            severity=item.rule.severity,
        )
        for item in evidence
    ]
    return tuple(sorted(hits, key=lambda hit: (hit.start, hit.end, hit.rule)))
