"""Runs every benchmark, each in a process of its own, under a heading that is its command.

    python -m benchmarks.run_all [--data DIR] [--model GGUF]

Those that need texts nobody here wrote run only with --data, the one that needs a real rewriting
model only with --model; what is left out is said.
"""

from __future__ import annotations

import argparse
import subprocess
import sys


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", metavar="DIR", help="folder of JSON-lines files")
    parser.add_argument("--model", metavar="GGUF", help="catalogue name or path")
    args = parser.parse_args()
    commands = [
        ["pipeline"],
        ["audit"],
        ["reader"],
        ["engines"],
        ["langchain_overhead"],
        ["llamaindex_overhead"],
    ]
    if args.data:
        commands += [["promises", args.data], ["tokens", args.data], ["safety_gate", args.data]]
    else:
        print("left out without --data: promises, tokens, safety_gate")
    if args.model:
        commands += [["rewrite", "--model", args.model]]
    else:
        print("left out without --model: rewrite")
    failed = [command[0] for command in commands if not _run(command)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _run(command: list[str]) -> bool:
    print(f"\n## python -m benchmarks.{' '.join(command)}\n", flush=True)
    name, *arguments = command
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments])
    return done.returncode == 0


if __name__ == "__main__":
    main()
