"""What an engine's edits do to labelled messages: python -m training.score [--engine NAME].

Counts words that went and should have, words that went and should not have, payload characters
changed, feelings touched, and messages with nothing removable that were left alone. Safety domains
are opened, so that every message is edited; texts below the least length of admission are not.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from spsd_core import AdmissionSettings, Distiller, ExtractSettings, SafetySettings, Settings
from spsd_core.settings import DOMAINS, Level
from training.dataset import HELD_OUT, SEED, examining_half, split_by_persona
from training.markup import Message, read_corpus
from training.real_texts import development_part, read_real_texts, training_part

__all__ = ["Score", "score"]

_WORD = re.compile(r"\w+")


class Score:
    """Counts over messages; the shares are properties."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.wrong: list[tuple[str, str]] = []
        """Message and words that went and should not have."""
        self.missed: list[tuple[str, str]] = []
        """Message and scaffold words that stayed."""

    def add(self, message: Message, distilled: str, gone: Sequence[tuple[int, int]]) -> None:
        """Count one message and the spans that were taken out of it."""
        counts = self.counts
        counts["messages"] += 1
        plain = not any(span.role in "SR" for span in message.spans)
        counts["plain"] += plain
        counts["plain untouched"] += plain and distilled == message.text
        for word in _WORD.finditer(message.text):
            role = message.role_at(word.start())
            went = any(start <= word.start() and word.end() <= end for start, end in gone)
            counts["words"] += 1
            counts[f"{role} words"] += 1
            counts[f"{role} went"] += went
            counts["went"] += went
            if went and role not in "SR":
                self.wrong.append((message.id, f"{word[0]}/{role}"))
            if role == "S" and not went:
                self.missed.append((message.id, word[0]))
        for span in message.spans:
            if span.role == "A":
                touched = any(start < span.end and end > span.start for start, end in gone)
                counts["feelings"] += 1
                counts["feelings kept"] += not touched

    def share(self, part: str, whole: str) -> float:
        """One count by another; 1 where the other is 0."""
        return self.counts[part] / self.counts[whole] if self.counts[whole] else 1.0

    def lines(self) -> list[str]:
        """The figures, one a line."""
        counts = self.counts
        may_go = counts["S went"] + counts["R went"]
        return [
            f"messages                          {counts['messages']}",
            f"words that went                   {counts['went']} of {counts['words']}",
            f"precision (scaffold or redundant) {may_go / max(1, counts['went']):.4f}",
            f"precision (scaffold)              {self.share('S went', 'went'):.4f}",
            f"recall of scaffold                {self.share('S went', 'S words'):.4f}",
            f"recall of redundant               {self.share('R went', 'R words'):.4f}",
            f"payload words that went           {counts['P went']}",
            f"feelings kept                     {self.share('feelings kept', 'feelings'):.4f}"
            f" of {counts['feelings']}",
            f"plain messages untouched          {self.share('plain untouched', 'plain'):.4f}"
            f" of {counts['plain']}",
        ]


def score(
    messages: Sequence[Message], engine: str, level: Level, confidence: float | None = None
) -> Score:
    """Distil every message with one engine and count."""
    settings = Settings(
        engines=(engine,),
        level=level,
        extract=ExtractSettings(confidence=confidence),
        admission=AdmissionSettings(min_words=1),
        safety=SafetySettings(open_domains=frozenset(DOMAINS)),
    )
    result = Score()
    with Distiller(settings) as distiller:
        for message in messages:
            found = distiller.distill(message.text)
            gone = [(edit.start, edit.end) for edit in found.record.edits if edit.end > edit.start]
            real = [span for span in gone if span[1] - span[0] > 1 or found.text == ""]
            result.add(message, found.text, real)
    return result


def _chosen(args: argparse.Namespace) -> list[Message]:
    """The messages that the options name."""
    if args.real_texts:
        real = read_real_texts(args.real_texts)
        messages = training_part(real) if args.trained else development_part(real)
    else:
        trained, held_out = split_by_persona(read_corpus(), args.held_out, args.seed)
        messages = trained if args.trained else held_out
    return examining_half(messages) if args.unseen else messages


def main() -> None:
    """Print the figures of one engine on the held-out personas."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--engine", default="lexical")
    parser.add_argument("--level", choices=("light", "dense"), default="light")
    parser.add_argument("--held-out", type=float, default=HELD_OUT, help="as in training; 1: all")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--real-texts", type=Path, help="score the development part of these instead"
    )
    parser.add_argument(
        "--unseen", action="store_true", help="only those that no threshold was chosen on"
    )
    parser.add_argument(
        "--trained", action="store_true", help="those it was trained on: what rules keep anyway"
    )
    parser.add_argument("--confidence", type=float, nargs="+", help="of `extract`; a curve")
    parser.add_argument("--show", action="store_true", help="also what was wrong")
    args = parser.parse_args()
    messages = _chosen(args)
    labelled = [message for message in messages if message.has_roles]
    for confidence in args.confidence or [None]:
        found = score(labelled, args.engine, args.level, confidence)
        print(f"confidence {confidence}" if confidence else "", *found.lines(), sep="\n")
    if args.show:
        for title, pairs in (("went wrongly", found.wrong), ("stayed wrongly", found.missed)):
            print(title)
            by_message: dict[str, list[str]] = {}
            for identity, word in pairs:
                by_message.setdefault(identity, []).append(word)
            for identity, words in by_message.items():
                print(f"  {identity}: {' '.join(words)}")


if __name__ == "__main__":
    main()
