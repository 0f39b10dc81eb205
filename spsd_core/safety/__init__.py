"""The safety gate: rules kept as data decide which texts must pass through untouched."""

from __future__ import annotations

from spsd_core.safety.checking import check_rules
from spsd_core.safety.gate import SafetyGate
from spsd_core.safety.ruleset import rule_files

__all__ = ["SafetyGate", "check_rules", "rule_files"]
