"""`spsd doctor`: what works on this machine, and what to run where something is missing."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spsd_core.cli.diagnosis import Diagnosis

__all__ = ["add_parser", "run"]

_INDENT = " " * 10


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `doctor`."""
    help_line = "see what works on this machine, and what to run where something is missing"
    parser = subparsers.add_parser("doctor", help=help_line, description=help_line)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="also check a settings file")


def run(args: argparse.Namespace) -> int:
    """Print the diagnosis; 1 where something that should work is broken."""
    from spsd_core.cli.diagnosis import diagnose

    diagnosis = diagnose(args.settings)
    if args.json:
        print(json.dumps({**asdict(diagnosis), "healthy": diagnosis.healthy}, indent=2))
    else:
        print("\n".join(_lines(diagnosis)))
    return 0 if diagnosis.healthy else 1


def _lines(diagnosis: Diagnosis) -> list[str]:
    lines = [
        f"spsd {diagnosis.spsd}, Python {diagnosis.python}",
        diagnosis.platform,
        "",
        "Packages",
    ]
    for package in diagnosis.packages:
        extra = f"[{package.extra}]" if package.extra else "base"
        mark = "ok" if package.fits else "too old or new" if package.installed else "-"
        installed = package.installed or "not installed"
        lines.append(f"  {extra:20} {package.requirement:36} {installed:16} {mark}")
    lines += ["", "Findings"]
    for finding in diagnosis.findings:
        detail = f": {finding.detail}" if finding.detail else ""
        lines.append(f"  {finding.health.value:7} {finding.subject}{detail}")
        if finding.command:
            lines.append(f"{_INDENT}run: {finding.command}")
    return lines
