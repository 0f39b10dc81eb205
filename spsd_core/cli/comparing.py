"""What `spsd eval` and `spsd compare` share: the options of a comparison, and how it is printed."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spsd_core.cli.options import name_and_value, positive
from spsd_core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from spsd_core.evaluation.comparing import Rules
    from spsd_core.evaluation.tables import Table

__all__ = ["add_statistics", "check_figures", "print_table", "rules_from"]


def add_statistics(group: argparse._ArgumentGroup) -> None:
    """Add what is settled before looking: margins, confidence, how many prompts are enough."""
    group.add_argument(
        "--margin",
        action="append",
        default=[],
        metavar="FIGURE=VALUE",
        help="how much worse still counts as no worse (default: points=1, every other 0.05)",
    )
    group.add_argument(
        "--min-prompts", type=positive, default=30, metavar="N", help="fewer get no verdict"
    )
    group.add_argument("--confidence", type=float, default=0.95, metavar="SHARE")
    group.add_argument("--resamples", type=positive, default=10_000, metavar="N")


def rules_from(args: argparse.Namespace) -> Rules:
    """The rules of a comparison from `--margin` and its like.

    Raises:
        ConfigurationError: one of them is not right.
    """
    from spsd_core.evaluation.bootstrap import Plan
    from spsd_core.evaluation.comparing import Rules

    return Rules(
        plan=Plan(
            confidence=args.confidence, resamples=args.resamples, min_prompts=args.min_prompts
        ),
        margins=_figures(args.margin, "--margin"),
        worst=_figures(getattr(args, "worst", []), "--worst"),
        lower_is_better=frozenset(getattr(args, "lower_is_better", [])),
        baseline=getattr(args, "baseline", "raw"),
    )


def check_figures(rules: Rules, known: Sequence[str]) -> None:
    """A margin under a name that was misspelt would be the default one.

    Raises:
        ConfigurationError: a figure that an option names is not among those known.
    """
    for option, names in (
        ("--margin", rules.margins or {}),
        ("--worst", rules.worst or {}),
        ("--lower-is-better", rules.lower_is_better),
    ):
        for name in names:
            if name not in known:
                raise ConfigurationError(
                    f"{option} {name}: there is no such figure; there are {', '.join(known)}"
                )


def _figures(given: Sequence[str], option: str) -> dict[str, float]:
    found = {}
    for one in given:
        name, value = name_and_value(one, option, "FIGURE=VALUE")
        try:
            found[name] = float(value)
        except ValueError as error:
            raise ConfigurationError(f"{option} {one}: {value!r} is no number") from error
        if not math.isfinite(found[name]):
            raise ConfigurationError(f"{option} {one}: give a number that has an end")
    return found


def print_table(table: Table) -> None:
    """One block a row: a terminal is narrower than these tables."""
    print(table.title)
    if table.note:
        print(f"  {table.note}")
    for row in table.rows:
        print(f"  {row[0]}")
        for name, cell in zip(table.head[1:], row[1:]):
            print(f"      {name:<26} {cell}")
    print()
