"""`spsd demo`: example prompts through LangChain and LlamaIndex, before your eyes."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

from spsd_core.exceptions import ConfigurationError

__all__ = ["add_parser", "run"]

_NEEDED = {
    "rich": "cli",
    "langchain_openai": "openai",
    "llama_index.core": "llamaindex",
    "llama_index.llms.openai_like": "llamaindex-openai",
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `demo`."""
    help_line = "see what SPSD does to example prompts"
    parser = subparsers.add_parser(
        "demo",
        help=help_line,
        description=(
            "Sends example prompts through a LangChain chain and a LlamaIndex query engine. "
            "Set SPSD_BASE_URL, SPSD_API_KEY and SPSD_MODEL to use a cloud model; otherwise a "
            "stand-in is started on this machine, and the demo says which."
        ),
    )
    parser.add_argument("--html", metavar="FILE", type=Path, help="write the result as a page too")
    parser.add_argument("--level", choices=("light", "dense"), default="light")
    parser.add_argument(
        "--stand-in",
        choices=("auto", "recorder", "gguf"),
        default="auto",
        help="which local stand-in to start where no SPSD_BASE_URL is set",
    )
    parser.add_argument("--model", default="smollm2-135m", help="GGUF of the `gguf` stand-in")


def run(args: argparse.Namespace) -> int:
    """Run the demo."""
    missing = sorted({extra for module, extra in _NEEDED.items() if not _installed(module)})
    if missing:
        raise ConfigurationError(
            f"the demo needs packages that are not installed; run: pip install 'spsd[demo]' "
            f"(missing: {', '.join(missing)})"
        )
    from spsd_demo.show import show

    return show(level=args.level, stand_in=args.stand_in, model=args.model, page=args.html)


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
