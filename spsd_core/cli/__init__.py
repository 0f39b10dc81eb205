"""The `spsd` command. Each sub-command has a file of its own, imported when it is called.

Exit codes: 0 done, 1 something is missing or broken (standard output too, where there was something
to print), 2 wrong usage or settings, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from spsd_core import __version__
from spsd_core.cli.streams import open_closed_streams, say, written_out
from spsd_core.exceptions import ConfigurationError, SPSDError

__all__ = ["EXIT_FAILURE", "EXIT_OK", "EXIT_USAGE", "main"]

EXIT_OK = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
_EXIT_INTERRUPTED = 130

_COMMANDS = {
    "distill": "shorten a text, and say why or why not",
    "demo": "see what SPSD does to example prompts",
    "audit": "what would be saved on a log, what would be left alone, and why",
    "eval": "measure what distilling saves, and whether answers get worse",
    "compare": "compare scores of distilled and raw calls, yours or those of spsd eval",
    "gate": "examine safety rules, explain or measure what they do",
    "models": "list, download and verify local model files",
    "doctor": "see what works on this machine, and what to run where something is missing",
}
"""Sub-command and help line; `spsd_core.cli.NAME` has `add_parser(subparsers)` and `run(args)`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: arguments without the program's name; default: those of this process.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    open_closed_streams()
    try:
        code = _outcome(arguments)
    except SystemExit:  # argparse: help, version or wrong usage, and that was said
        if not written_out():
            return EXIT_FAILURE
        raise
    return code if written_out() else code or EXIT_FAILURE


def _outcome(arguments: Sequence[str]) -> int:
    """Do what the arguments say; whatever users can bring about is a sentence and a code."""
    try:
        args = _parser(arguments).parse_args(arguments)
        return int(import_module(f"spsd_core.cli.{args.command}").run(args))
    except SPSDError as error:
        say(str(error))
        return EXIT_USAGE if isinstance(error, ConfigurationError) else EXIT_FAILURE
    except ValueError as error:
        from pydantic import ValidationError

        if not isinstance(error, ValidationError):
            raise
        say(f"wrong settings: {error}")
        return EXIT_USAGE
    except KeyboardInterrupt:
        say("interrupted")
        return _EXIT_INTERRUPTED
    except OSError as error:
        if written_out() and not isinstance(error, BrokenPipeError):
            place = error.filename or "cannot read or write"
            say(f"{place}: {error.strerror or error}")
        return EXIT_FAILURE


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser: in full for the command that was asked for, a help line for the others."""
    parser = argparse.ArgumentParser(
        prog="spsd",
        description="Distils prompts before a cloud chat model is billed for them: "
        "fewer tokens, same meaning, or the original untouched.",
    )
    parser.add_argument("--version", action="version", version=f"spsd {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for name, help_line in _COMMANDS.items():
        if name == asked:
            import_module(f"spsd_core.cli.{name}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=help_line)
    return parser
