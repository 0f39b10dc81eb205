"""`spsd compare`: scores of distilled and raw calls, a team's own or those of `spsd eval`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spsd_core.cli.comparing import add_statistics, check_figures, print_table, rules_from
from spsd_core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from spsd_core.evaluation.comparing import Quality
    from spsd_core.evaluation.records import Record

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `compare`."""
    help_line = "compare scores of distilled and raw calls, yours or those of spsd eval"
    parser = subparsers.add_parser("compare", help=help_line, description=help_line)
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="RECORDS.jsonl",
        help='lines as {"id": "c-17", "arm": "raw", "score": 4.5}; ids that are in both arms are '
        "compared in pairs, else the arms as two groups",
    )
    parser.add_argument("--baseline", default="raw", metavar="ARM", help="(default: %(default)s)")
    parser.add_argument(
        "--worst",
        action="append",
        default=[],
        metavar="FIGURE=VALUE",
        help="score of a failed call (default: points=3, every other 0)",
    )
    parser.add_argument(
        "--lower-is-better", action="append", default=[], metavar="FIGURE", help="such as seconds"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_statistics(parser.add_argument_group("statistics"))


def run(args: argparse.Namespace) -> int:
    """Compare the arms of record files."""
    from spsd_core.evaluation.comparing import quality_of
    from spsd_core.evaluation.records import metrics_of, read_records
    from spsd_core.evaluation.tables import quality_table

    found = [read_records(path) for path in args.files]
    records = [record for one in found for record in one.records]
    broken = sum(one.broken for one in found)
    rules = rules_from(args)
    if not any(record.arm == rules.baseline for record in records):
        known = ", ".join(sorted({record.arm for record in records})) or "none at all"
        raise ConfigurationError(
            f"no record is of the arm {rules.baseline!r}; there are {known}: name one by --baseline"
        )
    check_figures(rules, metrics_of(records))
    quality = quality_of(records, rules)
    if args.json:
        print(json.dumps(_compared(quality, records, broken), indent=2))
    else:
        print_table(quality_table(quality))
        for arm, (calls, saved) in _saved(records).items():
            print(f"{arm}: {saved:,} tokens saved in {calls:,} recorded calls")
        if broken:
            places = [place for one in found for place in one.broken_places]
            print(f"broken lines: {broken} ({', '.join(places[:5])})")
    return 1 if broken or not quality else 0


def _compared(quality: Sequence[Quality], records: Sequence[Record], broken: int) -> dict[str, Any]:
    return {
        "quality": [one.to_json() for one in quality],
        "saved": {
            arm: {"calls": calls, "tokens": saved}
            for arm, (calls, saved) in _saved(records).items()
        },
        "broken": broken,
    }


def _saved(records: Sequence[Record]) -> dict[str, tuple[int, int]]:
    """Recorded calls and the tokens they saved, by arm."""
    found: dict[str, tuple[int, int]] = {}
    for one in records:
        before, after = ((one.record or {}).get(f"tokens_{when}") for when in ("before", "after"))
        if isinstance(before, int) and isinstance(after, int):
            calls, saved = found.get(one.arm, (0, 0))
            found[one.arm] = (calls + 1, saved + before - after)
    return found
