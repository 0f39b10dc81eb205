"""What helps: python -m training.ablations --base FOLDER --out FOLDER [--real-texts FOLDER].

Trains the Reader briefly again and again, each time with one thing left out, and prints the same
figures for each. Runs whose figures are in --out already are not repeated. The budgets are small
(two in five personas, one epoch: minutes a run on two cores), so the figures are far below those
of the shipped weights: compare them with one another only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["main"]

_BRIEF = "--epochs 1 --noisy 0 --real-copies 1 --decay 0.97 --held-out 0.6"
_RUNS = {
    "everything": "--synthetic 500",
    "3 layers": "--synthetic 500 --layers 3",
    "4 layers": "--synthetic 500 --layers 4",
    "no real texts": "--synthetic 800",
    "no synthetic texts": "--synthetic 0",
    "roles head alone": "--synthetic 500 --heads roles",
    "no sentence vector": "--synthetic 500 --heads roles domains affects",
}
_THRESHOLD = "0.8"


def main() -> None:
    """Train what is not there yet; print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--real-texts", type=Path)
    parser.add_argument("--only", nargs="+", choices=_RUNS, default=list(_RUNS))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    print(f"{'':20} {'held-out personas':>30}   {'real texts':>22}")
    print(f"{'':20} {'prec.  recall  domain  affect':>30}   {'prec.  recall  domain':>22}")
    for name in args.only:
        checkpoint = args.out / f"{name.replace(' ', '-')}.pt"
        if not checkpoint.with_suffix(".json").is_file():
            _train(name, checkpoint, args)
        figures = json.loads(checkpoint.with_suffix(".json").read_text(encoding="utf-8"))
        print(f"{name:20} {_line(figures)}", flush=True)


def _train(name: str, checkpoint: Path, args: argparse.Namespace) -> None:
    command = [sys.executable, "-m", "training.train", "--base", str(args.base)]
    command += ["--out", str(checkpoint), *_BRIEF.split(), *_RUNS[name].split()]
    if args.real_texts:  # where they are left out, their development part is still measured
        command += ["--real-texts", str(args.real_texts)]
        command += ["--measure-real-only"] if name == "no real texts" else []
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _line(figures: dict[str, Any]) -> str:
    held = figures["held_out"]
    line = (
        f"{held['scaffold'][_THRESHOLD]['precision']:6.3f} "
        f"{held['scaffold'][_THRESHOLD]['recall']:7.3f} "
        f"{held['domain_macro_f1']:7.3f} {held['affect_macro_f1']:7.3f}"
    )
    real = figures.get("real")
    if real is None:
        return line
    return (
        f"{line}   {real['scaffold'][_THRESHOLD]['precision']:6.3f} "
        f"{real['scaffold'][_THRESHOLD]['recall']:7.3f} {real['domain_macro_f1']:7.3f}"
    )


if __name__ == "__main__":
    main()
