"""The safety gate: rules kept as data decide which texts must pass through untouched."""

from __future__ import annotations

from spsd_core.safety.gate import SafetyGate
from spsd_core.safety.ruleset import check_rules, rule_files

__all__ = ["SafetyGate", "check_rules", "rule_files"]
