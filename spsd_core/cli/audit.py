"""`spsd audit`: what would be saved on a log, what would be left alone and why."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spsd_core.cli.distill import settings_from
from spsd_core.cli.options import check_folder

if TYPE_CHECKING:
    from spsd_core.audit.figures import Figures
    from spsd_core.audit.options import AuditOptions
    from spsd_core.audit.run import Progress

__all__ = ["add_parser", "run"]

_OPTIONS = (
    "format",
    "column",
    "workers",
    "state",
    "limit",
    "calls_per_month",
    "prices",
    "model",
    "replicates",
    "seed",
    "findings",
    "sample",
)
"""Options that are given on as they are, where they are given."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `audit`."""
    help_line = "what would be saved on a log, what would be left alone, and why"
    parser = subparsers.add_parser(
        "audit",
        help=help_line,
        description=f"{help_line}. Nothing leaves this machine. Exit code 1: lines were broken.",
    )
    parser.add_argument(
        "log",
        metavar="LOG",
        help="JSON lines, JSON, CSV or text, also in gzip, or `-` for standard input",
    )
    _add_reading(parser)
    _add_counting(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write one page, with plots")
    parser.add_argument(
        "--no-text", action="store_true", help="leave every prompt out of what is printed, written"
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=("jsonl", "json", "csv", "text"), help="where it is not seen by itself"
    )
    parser.add_argument("--column", metavar="NAME", help="column or field that holds the prompt")
    parser.add_argument(
        "--run-type",
        action="append",
        metavar="NAME",
        help="LangSmith: runs that count; default llm and chat_model; may be repeated",
    )
    parser.add_argument("--settings", metavar="FILE", help="settings as YAML or JSON")
    parser.add_argument("--level", choices=("light", "dense"), help="how much may go")
    parser.add_argument(
        "--engine",
        action="append",
        metavar="NAME",
        help="extract, lexical, rewrite; may be repeated",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes; default: the cores")
    parser.add_argument(
        "--state",
        metavar="FILE",
        type=Path,
        help="go on from here after a run was cut off; it holds some of the prompts",
    )


def _add_counting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        type=float,
        metavar="SHARE",
        help="saved share of the input tokens below which SPSD does not help; default 0.01",
    )
    parser.add_argument(
        "--calls-per-month", type=float, metavar="N", help="else by the log's times"
    )
    parser.add_argument("--prices", metavar="FILE", type=Path, help="price file; default: examples")
    parser.add_argument("--model", metavar="NAME", help="which model of the price file is paid for")
    parser.add_argument(
        "--no-prompt-cache",
        action="store_true",
        help="price what a conversation sends again like new",
    )
    parser.add_argument("--sample", type=int, metavar="N", help="prompts to try other settings on")
    parser.add_argument("--findings", type=int, metavar="N", help="cuts of each kind; default 20")
    parser.add_argument(
        "--replicates", type=int, metavar="N", help="of the bootstrap; default 1000"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the bootstrap and the sample")


def run(args: argparse.Namespace) -> int:
    """Audit a log and say what was found."""
    from spsd_core.audit import audit_log

    options = _options(args)
    settings = settings_from(args)
    check_folder("--html", args.html)
    check_folder("--state", args.state)
    with _progress() as progress:
        try:
            report = audit_log(args.log, settings, options, progress=progress)
        except KeyboardInterrupt:
            if options.state:
                print(f"spsd: {options.state} is kept; run again to go on", file=sys.stderr)
            raise
    with_text = not args.no_text
    if args.html:
        from spsd_core.audit.page import write_page

        write_page(args.html, report, with_text=with_text)
    if args.json:
        print(json.dumps(report.to_json(with_text=with_text), indent=2))
    else:
        from spsd_core.audit.terminal import print_report

        print_report(report, with_text=with_text)
    return 1 if report.figures["broken_lines"]["count"] else 0


def _options(args: argparse.Namespace) -> AuditOptions:
    from spsd_core.audit import AuditOptions

    given: dict[str, Any] = {
        name: getattr(args, name) for name in _OPTIONS if getattr(args, name) is not None
    }
    if args.run_type:
        given["run_types"] = tuple(args.run_type)
    return AuditOptions(**given, assume_prompt_cache=not args.no_prompt_cache)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Draws a bar where rich and a terminal are."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress as Bar
    except ModuleNotFoundError:
        yield None
        return
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("auditing", total=None)

        def show(done: int, size: int | None, figures: Figures) -> None:
            seen, distilled = figures["prompts"], figures["distilled"]
            said = f"{seen:,} prompts, {distilled:,} distilled"
            bar.update(task, total=size or None, completed=done, description=said)

        yield show
