"""The domain and affect heads of the shipped Reader on held-out messages: python -m training.heads.

[--unseen] [--real-texts FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from spsd_core.reader import RoleReading, shared_encoder
from training.dataset import HELD_OUT, SEED, examining_half, split_by_persona
from training.markup import AFFECTS, UNKNOWN, Message, read_corpus
from training.real_texts import development_part, read_real_texts

__all__ = ["macro_f1", "main"]


def macro_f1(true: Sequence[object], said: Sequence[object], classes: Iterable[object]) -> float:
    """Mean over the classes that occur of the harmonic mean of precision and recall."""
    scores = []
    for label in classes:
        hit = sum(t == s == label for t, s in zip(true, said))
        wrong = sum((t == label) != (s == label) for t, s in zip(true, said))
        if label in true:
            scores.append(2 * hit / (2 * hit + wrong))
    return sum(scores) / len(scores) if scores else 0.0


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--unseen", action="store_true", help="as in training.score")
    parser.add_argument("--real-texts", type=Path, help="the development part of these instead")
    args = parser.parse_args()
    if args.real_texts:
        messages = development_part(read_real_texts(args.real_texts))
    else:
        messages = split_by_persona(read_corpus(), HELD_OUT, SEED)[1]
    if args.unseen:
        messages = examining_half(messages)
    readings = [(message, shared_encoder().read(message.text)) for message in messages]
    _print_domains(readings)
    _print_affects([pair for pair in readings if pair[0].affect != UNKNOWN])


def _print_domains(readings: Sequence[tuple[Message, RoleReading]]) -> None:
    for title, critical in (("critical, seen as such", True), ("ordinary, taken for it", False)):
        flags = [bool(r.critical_hits()) for m, r in readings if (m.domain != "none") == critical]
        print(f"{title:24} {sum(flags):5} of {len(flags):5}  {sum(flags) / len(flags):.3f}")


def _print_affects(readings: Sequence[tuple[Message, RoleReading]]) -> None:
    true = [message.affect for message, _ in readings]
    said = [reading.affect for _, reading in readings]
    print(f"affect, macro F1 {macro_f1(true, said, AFFECTS):.3f} of {len(true)} messages")
    for label in AFFECTS:
        print(f"  {label:12} {true.count(label):4}  F1 {macro_f1(true, said, [label]):.3f}")


if __name__ == "__main__":
    main()
