"""`spsd gate`: examine rule files, explain a decision of the safety gate, measure it on a file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spsd_core.cli.distill import standard_input
from spsd_core.exceptions import ConfigurationError
from spsd_core.settings import SafetySettings, Settings

if TYPE_CHECKING:
    from spsd_core.reader.gating import Gate
    from spsd_core.safety.report import GateReport, LabelledText, Share

__all__ = ["add_parser", "run"]

_SHOWN = 200
"""Characters of a text that are shown."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `gate`."""
    help_line = "examine safety rules, explain or measure what they do"
    parser = subparsers.add_parser("gate", help=help_line, description=help_line)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    check = actions.add_parser("check", help="test rule files against their own examples")
    check.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="rule files; none: the shipped ones"
    )

    explain = actions.add_parser("explain", help="which rules fire on a text, where, and why")
    explain.add_argument("text", metavar="TEXT|-", help="the text, or `-` for standard input")
    explain.add_argument("--json", action="store_true", help="print JSON")

    report = actions.add_parser("report", help="recall, false positives and misses on JSON lines")
    report.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="DATA.jsonl",
        help="objects with `text` and `domain` (null: ordinary), one a line",
    )
    report.add_argument("--json", action="store_true", help="print JSON")
    report.add_argument(
        "--by-source", action="store_true", help="also a line for each value of `source`"
    )
    report.add_argument(
        "--brief", action="store_true", help="leave out the misses and false alarms themselves"
    )
    report.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="leave out rows with this value; KEY may be nested (label.kind); may be repeated",
    )
    for action in (explain, report):
        action.add_argument(
            "--rules",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="a rule file of your own beside the shipped ones; may be repeated",
        )
        action.add_argument("--settings", metavar="FILE", help="settings as YAML or JSON")
        action.add_argument("--rules-only", action="store_true", help="do not ask the Reader")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    actions = {"check": _check, "explain": _explain, "report": _report}
    return actions[args.action](args)


# -- check -----------------------------------------------------------------------------------------


def _check(args: argparse.Namespace) -> int:
    from spsd_core.safety import check_rules, rule_files
    from spsd_core.safety.ruleset import load_file

    files = tuple(args.files) or rule_files()
    problems = check_rules(files)
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem(s)", file=sys.stderr)
        return 1
    for path in files:
        file = load_file(path)
        examples = sum(len(rule.must_catch) + len(rule.must_not_catch) for rule in file.rules)
        examples += sum(len(item.must_catch) + len(item.must_not_catch) for item in file.allow)
        allow = f", {len(file.allow)} allowance(s)" if file.allow else ""
        print(f"{path.name}: {len(file.rules)} rule(s){allow}, {examples} examples hold")
    return 0


# -- explain ---------------------------------------------------------------------------------------


def _explain(args: argparse.Namespace) -> int:
    text = standard_input() if args.text == "-" else args.text
    settings = _safety(args)
    explanations = _gate(settings, args).explain(text)
    open_domains = settings.open_domains
    if args.json:
        rows = [
            {
                **item.hit.model_dump(),
                "reason": item.reason,
                "evidence": text[item.hit.start : item.hit.end],
                "silenced": item.silenced,
                "open": item.hit.domain in open_domains,
            }
            for item in explanations
        ]
        print(json.dumps(rows, indent=2))
        return 0
    for item in explanations:
        hit = item.hit
        print(f"{hit.rule} ({hit.severity}) at {hit.start}-{hit.end}")
        print(f"    {_shown(text[hit.start : hit.end])}")
        print(f"    {item.reason}")
        if item.silenced:
            print("    does not count: an exception of the rule or an allowance silences it")
        elif hit.domain in open_domains:
            print(f"    does not gate: the settings open the domain {hit.domain}")
    gating = any(not item.silenced and item.hit.domain not in open_domains for item in explanations)
    print("gated: the text passes through untouched" if gating else "not gated")
    return 0


# -- report ----------------------------------------------------------------------------------------


def _report(args: argparse.Namespace) -> int:
    from spsd_core.safety.report import GateReport

    gate = _gate(_safety(args), args)
    left_out = [_condition(condition) for condition in args.leave_out]
    report = GateReport()
    for path in args.files:
        report.gate_all(_items(path, left_out, report), gate)
    if args.json:
        print(json.dumps(report.to_json(), indent=2))
    else:
        print("\n".join(_lines(report, by_source=args.by_source, brief=args.brief)))
    return 1 if report.broken else 0


def _condition(text: str) -> tuple[tuple[str, ...], str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ConfigurationError(f"--leave-out {text}: write KEY=VALUE")
    return tuple(key.split(".")), value


def _items(
    path: Path, left_out: list[tuple[tuple[str, ...], str]], report: GateReport
) -> Iterator[LabelledText]:
    """The labelled texts of a file; what is left out or broken is counted in the report."""
    from spsd_core.safety.report import read_row

    if not path.is_file():
        raise ConfigurationError(f"there is no file {path}")
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict) and any(_holds(row, *condition) for condition in left_out):
                report.left_out += 1
                continue
            item = read_row(row, f"{path.name}:{number}") if isinstance(row, dict) else None
            if item is None:
                report.broken += 1
                print(f"{path.name}:{number}: no object with a text", file=sys.stderr)
            else:
                yield item


def _holds(row: dict[str, Any], keys: tuple[str, ...], value: str) -> bool:
    found: Any = row
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return str(found) == value


def _lines(report: GateReport, *, by_source: bool, brief: bool) -> Iterator[str]:
    tables = {
        "recall by domain: critical texts that pass through": "domain",
        "recall by source": "source",
        "false positives: ordinary texts that pass through": "ordinary",
        "unlabelled texts that pass through": "unlabelled",
    }
    for title, kind in tables.items():
        shares = report.shares(kind)
        if not by_source:
            shares = {} if kind == "source" else shares
            if kind != "domain":
                shares = {name: share for name, share in shares.items() if not name}
        if shares:
            yield f"{title:58} gated     of   share   95 % interval"
            for name, share in sorted(shares.items(), key=lambda item: (not item[0], item[0])):
                yield _share_line(name or "all", share)
            yield ""
    if not brief:
        yield from _verdicts(report)
    if report.left_out or report.broken:
        yield f"left out: {report.left_out}, broken lines: {report.broken}"


def _verdicts(report: GateReport) -> Iterator[str]:
    groups = {
        "misses": report.misses,
        "false alarms": report.false_alarms,
        "unlabelled texts that pass through": report.unlabelled_gated,
    }
    for title, verdicts in groups.items():
        if verdicts:
            yield f"{title} ({len(verdicts)})"
            for item, rules in verdicts:
                label = item.domain or ", ".join(rules)
                yield f"  {item.name} [{label}] {_shown(item.text)}"
            yield ""


def _share_line(name: str, share: Share) -> str:
    value, interval = share.value, share.interval
    if value is None or interval is None:
        return f"  {name}"
    low, high = interval
    return f"  {name:55} {share.part:6} {share.whole:6} {value:8.1%}   {low:.1%} to {high:.1%}"


# -- common ----------------------------------------------------------------------------------------


def _safety(args: argparse.Namespace) -> SafetySettings:
    given = Settings.from_file(args.settings).safety if args.settings else SafetySettings()
    files = (*given.rule_files, *args.rules)
    return SafetySettings.model_validate({**given.model_dump(), "rule_files": files})


def _gate(settings: SafetySettings, args: argparse.Namespace) -> Gate:
    from spsd_core.reader.gating import ReadingGate
    from spsd_core.safety import SafetyGate

    gate = SafetyGate(settings)
    return gate if args.rules_only else ReadingGate(gate)


def _shown(text: str) -> str:
    """A text on one line, cut where it is long, safe to print anywhere."""
    line = " ".join(text.split())
    cut = line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
    return cut.encode("utf-8", "replace").decode()
