"""`spsd models`: list, pull, verify, path."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from spsd_core.exceptions import ModelFileError
from spsd_core.models.catalogue import CATALOGUE
from spsd_core.models.progress import PullProgress

if TYPE_CHECKING:
    from spsd_core.models import ModelStatus

__all__ = ["add_parser", "run"]

_PLAIN_STEP_PERCENT = 10


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `models` and its actions."""
    help_line = "list, download and verify local model files"
    parser = subparsers.add_parser("models", help=help_line, description=help_line)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    listing = actions.add_parser("list", help="the models SPSD knows, and which are here")
    listing.add_argument("--json", action="store_true", help="print JSON")

    pulling = actions.add_parser("pull", help="download a model; goes on where it broke off")
    pulling.add_argument("model", metavar="NAME|URL", help=", ".join(CATALOGUE))
    pulling.add_argument("--sha256", metavar="HEX", help="checksum the file must have")
    pulling.add_argument("--force", action="store_true", help="download again and replace")

    verifying = actions.add_parser("verify", help="hash files and compare with the checksum known")
    verifying.add_argument(
        "model", metavar="NAME|PATH", nargs="?", help="default: all that is here"
    )
    verifying.add_argument(
        "--accept", action="store_true", help="keep the checksum found, for a file of your own"
    )

    locating = actions.add_parser("path", help="print where a model file lies, after checking it")
    locating.add_argument("model", metavar="NAME|PATH")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    if args.action == "list":
        return _list(as_json=args.json)
    if args.action == "pull":
        return _pull(args.model, args.sha256, force=args.force)
    if args.action == "verify":
        return _verify(args.model, accept=args.accept)
    from spsd_core.models import locate

    print(locate(args.model))
    return 0


def _list(*, as_json: bool) -> int:
    from spsd_core.models import models_folder, other_files, status

    found = [status(name) for name in (*CATALOGUE, *map(str, other_files()))]
    if as_json:
        print(json.dumps([describe(model) for model in found], indent=2))
        return 0
    width = max(len(model.name) for model in found)
    for model in found:
        licence = model.entry.licence.name if model.entry else "unknown licence"
        size = _size_bytes(model)
        print(f"{model.name:{width}}  {size / 1e6:7,.0f} MB  {model.state.value:8}  {licence}")
        if model.entry:
            print(f"{'':{width}}  {model.entry.description}")
        if model.problem:
            print(f"{'':{width}}  {model.problem}")
    print(f"\nModel folder: {models_folder()}")
    return 0


def describe(model: ModelStatus) -> dict[str, object]:
    """A model as plain JSON types."""
    entry = model.entry
    return {
        "name": model.name,
        "title": entry.title if entry else model.name,
        "description": entry.description if entry else "",
        "state": model.state.value,
        "problem": model.problem,
        "path": str(model.path),
        "size_bytes": _size_bytes(model),
        "sha256": entry.sha256 if entry else None,
        "licence": entry.licence.name if entry else None,
        "licence_url": entry.licence.url if entry else None,
        "source": str(entry.source) if entry else None,
        "notes": entry.notes if entry else "",
    }


def _size_bytes(model: ModelStatus) -> int:
    """What the catalogue says; for other files what the disk says."""
    if model.entry:
        return model.entry.size_bytes
    try:
        return model.path.stat().st_size
    except OSError:
        return 0


def _pull(model: str, sha256: str | None, *, force: bool) -> int:
    from spsd_core.models import pull

    with _progress() as progress:
        path = pull(model, sha256=sha256, force=force, progress=progress)
    print(path)
    return 0


def _verify(model: str | None, *, accept: bool) -> int:
    from spsd_core.models import FileState, other_files, status, verify

    if model is None:
        everything = [status(name) for name in (*CATALOGUE, *map(str, other_files()))]
        here = [found for found in everything if found.state is not FileState.ABSENT]
        asked = [found.name if found.entry else str(found.path) for found in here]
        if not asked:
            print("No model files are here. Run: spsd models list", file=sys.stderr)
    else:
        asked = [model]
    code = 0
    for name in asked:
        try:
            result = verify(name, accept=accept)
        except ModelFileError as error:
            print(f"spsd: {error}", file=sys.stderr)
            code = 1
            continue
        against = {
            "catalogue": "as in the catalogue",
            "record": "as recorded when it was first seen",
            "nothing": "nothing to compare with",
        }[result.compared_with]
        print(f"{name}: ok, sha256 {result.sha256} ({against})")
    return code


class _PlainProgress(PullProgress):
    """Lines on stderr, one every ten per cent."""

    def __init__(self) -> None:
        self._next_percent = 0

    def __enter__(self) -> PullProgress:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def said(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def received(self, done: int, total: int | None) -> None:
        if not total:
            return
        percent = 100 * done // total
        if percent >= self._next_percent:
            self.said(f"{percent:3} %  {done / 1e6:,.0f} of {total / 1e6:,.0f} MB")
            self._next_percent = percent - percent % _PLAIN_STEP_PERCENT + _PLAIN_STEP_PERCENT


class _BarProgress(PullProgress):
    """A bar with speed and time left, drawn by rich on stderr."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._task = self._bar.add_task("", total=None, visible=False)

    def __enter__(self) -> PullProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def said(self, line: str) -> None:
        self._bar.console.print(line, markup=False, highlight=False)

    def received(self, done: int, total: int | None) -> None:
        self._bar.update(self._task, completed=done, total=total, visible=True)


def _progress() -> _PlainProgress | _BarProgress:
    from importlib.util import find_spec

    if sys.stderr.isatty() and find_spec("rich"):
        return _BarProgress()
    return _PlainProgress()
