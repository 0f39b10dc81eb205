"""`spsd distill`: one text from the command line or standard input, or a file of JSON lines."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from spsd_core.distillation import Distillation
from spsd_core.distiller import Distiller
from spsd_core.exceptions import ConfigurationError
from spsd_core.settings import Settings

__all__ = ["add_parser", "run", "settings_from", "standard_input"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `distill`."""
    help_line = "shorten a text, and say why or why not"
    parser = subparsers.add_parser(
        "distill",
        help=help_line,
        description=f"{help_line}. The text goes to standard output, the reason to standard error.",
    )
    parser.add_argument(
        "source",
        metavar="TEXT|-|FILE.jsonl",
        help="the text, `-` for standard input, or a file with one JSON object a line",
    )
    parser.add_argument("--json", action="store_true", help="print the whole result as JSON")
    parser.add_argument("--level", choices=("light", "dense"), help="how much may go")
    parser.add_argument(
        "--engine",
        action="append",
        metavar="NAME",
        help="extract, lexical, rewrite; may be given more than once",
    )
    parser.add_argument(
        "--explain", action="store_true", help="print what the Reader says of every word instead"
    )
    parser.add_argument("--html", metavar="FILE", type=Path, help="with --explain: write a page")
    parser.add_argument("--settings", metavar="FILE", help="settings as YAML or JSON")
    parser.add_argument("--field", default="text", help="FILE.jsonl: the field that holds the text")
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="FILE.jsonl: write here; a run that was cut off goes on where it stopped",
    )


def settings_from(args: argparse.Namespace) -> Settings:
    """Settings from `--settings`, `--level` and `--engine`, the latter two winning."""
    given = Settings.from_file(args.settings) if args.settings else Settings()
    changes: dict[str, Any] = {}
    if args.level:
        changes["level"] = args.level
    if args.engine:
        changes["engines"] = tuple(args.engine)
    return Settings.model_validate({**given.model_dump(), **changes}) if changes else given


def run(args: argparse.Namespace) -> int:
    """Distil what was asked for."""
    with Distiller(settings_from(args)) as distiller:
        if args.source.endswith((".jsonl", ".ndjson")):
            return _distill_lines(distiller, Path(args.source), args.field, args.output)
        if args.output:
            raise ConfigurationError("--output goes with FILE.jsonl only")
        text = standard_input() if args.source == "-" else args.source
        if args.explain or args.html:
            if args.json:
                raise ConfigurationError("--json does not go with --explain; leave one out")
            _explain(distiller, text, args.html)
            return 0
        _print_one(distiller.distill(text), as_json=args.json)
    return 0


def _explain(distiller: Distiller, text: str, page: Path | None) -> None:
    """The Reader's roles, and what became of the text; the Reader reads whatever the engines."""
    from spsd_core.cli.explanation import print_explanation, write_explanation
    from spsd_core.reader import shared_encoder

    roles, result = shared_encoder().read(text), distiller.distill(text)
    if page is not None:
        write_explanation(page, text, roles, result)
    else:
        print_explanation(text, roles, result)


def standard_input() -> str:
    """All of it, byte for byte: line ends stay; what is no UTF-8 becomes lone surrogates."""
    if sys.stdin is None:
        raise ConfigurationError("standard input is closed")
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def _print_one(result: Distillation, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result.to_json(), indent=2))
        return
    line = result.text if result.text.endswith("\n") else result.text + "\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(_bytes(line))
    sys.stdout.buffer.flush()
    print(
        f"{result.decision.value}: {result.reason.value} ({result.record.decided_by}), "
        f"{result.tokens_before} -> {result.tokens_after} tokens by {result.tokenizer}, "
        f"{result.record.ms:.1f} ms",
        file=sys.stderr,
    )


def _bytes(text: str) -> bytes:
    """UTF-8; the bytes that came in where they were none."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair that no input byte stood behind
        return text.encode("utf-8", "replace")


def _distill_lines(distiller: Distiller, source: Path, field: str, output: Path | None) -> int:
    """Distil a file line by line, in constant memory. Broken lines are reported, not fatal."""
    if not source.is_file():
        raise ConfigurationError(f"there is no file {source}")
    if output and output.exists() and output.samefile(source):
        raise ConfigurationError(f"--output {output} is the file to be read; give another")
    done = _finished_lines(output) if output and output.is_file() else 0
    totals: Counter[str] = Counter()
    with (
        source.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as lines,
        _sink(output) as sink,
        _progress(source.stat().st_size, show=output is not None) as advance,
    ):
        for number, line in enumerate(lines, start=1):
            if number > done:
                sink.write(json.dumps(_answer(distiller, number, line, field, totals)) + "\n")
            advance(len(line.encode("utf-8", "replace")))
    _report(totals, skipped=done)
    return 1 if totals["broken lines"] else 0


def _answer(
    distiller: Distiller, number: int, line: str, field: str, totals: Counter[str]
) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        row, problem = None, str(error)
    else:
        problem = f"no text in field {field!r}"
    text = row.get(field) if isinstance(row, dict) else None
    if not isinstance(text, str):
        totals["broken lines"] += 1
        return {"line": number, "error": problem}
    result = distiller.distill(text)
    totals[result.reason.value] += 1
    totals["tokens before"] += result.tokens_before
    totals["tokens after"] += result.tokens_after
    identity = {"id": row["id"]} if "id" in row else {}
    return {"line": number, **identity, **result.to_json()}


def _finished_lines(output: Path) -> int:
    """Lines already written; half a line at the end, from a run that was cut off, is removed.

    Raises:
        ConfigurationError: the file holds something else than the output of such a run.
    """
    count = end = 0
    last, rest = _begin_of_line(1), b""
    with output.open("rb") as written:
        for line in written:
            if line.endswith(b"\n"):
                count, end, last = count + 1, end + len(line), line
            else:
                rest = line
    next_begin = _begin_of_line(count + 1)
    if not last.startswith(_begin_of_line(max(count, 1))) or not (
        rest.startswith(next_begin) or next_begin.startswith(rest)
    ):
        raise ConfigurationError(f"--output {output} exists and is no earlier output; give another")
    if rest:
        with output.open("rb+") as written:
            written.truncate(end)
    return count


def _begin_of_line(number: int) -> bytes:
    """How the output for a line of the input begins."""
    return json.dumps({"line": number})[:-1].encode()


@contextmanager
def _sink(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    with output.open("a", encoding="utf-8") as sink:
        yield sink


@contextmanager
def _progress(size: int, *, show: bool) -> Iterator[Any]:
    """A function to call with the bytes just read; draws a bar where rich and a terminal are."""
    try:
        from rich.progress import Progress
    except ModuleNotFoundError:
        show = False
    if not show or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("distilling", total=size)
        yield lambda count: progress.advance(task, count)


def _report(totals: Counter[str], *, skipped: int) -> None:
    before, after = totals.pop("tokens before", 0), totals.pop("tokens after", 0)
    share = 100 * (before - after) / before if before else 0.0
    if skipped:
        print(f"{skipped} lines had been done before", file=sys.stderr)
    for reason, count in totals.most_common():
        print(f"{count:8d}  {reason}", file=sys.stderr)
    print(f"tokens: {before} -> {after} ({share:.1f} % saved)", file=sys.stderr)
