"""Chooses how sure the Reader must be of what goes: python -m training.certainty WEIGHTS.

For each place that a removal can have (a whole sentence, the start of one, inside one), the chance
at which the stated share of words would be right (--least-right): so the least sure words that go
are equally good at every place, which finds the most for a given precision. A logistic curve says
how often a chance is right; it is fitted to the removals of one half of the held-out messages (and
of the real ones, where their texts are at hand). What rules protect stays anyway and is not
counted. Writes it into WEIGHTS/reader.json, beside the other thresholds; the other half is for the
figures.
"""

from __future__ import annotations

import argparse
import json
import math
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

__all__ = ["Curve", "Judged", "fitted", "judged_removals"]

_WORD = re.compile(r"\w+")
_LEAST = 0.35
"""Removals below it are not looked at."""
_MOST_WORDS = 8
"""The words of a removal are right or wrong together: a long one counts as so many."""
_REAL = 3.0
"""Weight of a real text's removal: they are few, and what the Reader is for."""
_BELIEF = 4.0
"""Words' worth of belief that a chance is what it says, before any removal is seen."""
_STEPS = 50


class Judged(NamedTuple):
    """A removal, and how many of its words the labels let go."""

    chance: float
    right: int
    words: int
    weight: float = 1.0


class Curve(NamedTuple):
    """How often a chance is right: sigmoid(shift + slope * logit(chance)), as of Platt (1999)."""

    shift: float
    slope: float

    def chance_for(self, share: float) -> float:
        """The chance of which this share is right, between 0.5 and 0.99."""
        chance = 1 / (1 + math.exp(-(_logit(share) - self.shift) / self.slope))
        return round(min(0.99, max(0.5, chance)), 3)


def _logit(share: float) -> float:
    share = min(0.999, max(0.001, share))
    return math.log(share / (1 - share))


def fitted(judged: Sequence[Judged]) -> Curve:
    """The likeliest curve, by Newton's method, beginning with shift 0 and slope 1."""
    shift, slope = 0.0, 1.0
    for _ in range(_STEPS):
        pull = _BELIEF / 4
        gradient = [-pull * shift, -_BELIEF * (slope - 1)]
        curvature = [pull, 0.0, _BELIEF]
        for one in judged:
            place = _logit(one.chance)
            expected = 1 / (1 + math.exp(-(shift + slope * place)))
            weight = one.weight * min(one.words, _MOST_WORDS)
            error = weight * (one.right / one.words - expected)
            bend = weight * expected * (1 - expected)
            gradient[0] += error
            gradient[1] += error * place
            curvature[0] += bend
            curvature[1] += bend * place
            curvature[2] += bend * place * place
        size = curvature[0] * curvature[2] - curvature[1] ** 2
        shift += (curvature[2] * gradient[0] - curvature[1] * gradient[1]) / size
        slope += (curvature[0] * gradient[1] - curvature[1] * gradient[0]) / size
    return Curve(shift, slope)


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
                weight = _REAL if message.id.startswith("real:") else 1.0
                yield removal.place, Judged(removal.chance, sum(right), len(right), weight)


def main() -> None:
    """Choose, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("weights", type=Path)
    parser.add_argument("--least-right", type=float, default=0.85)
    parser.add_argument("--real-texts", type=Path, help="folder of the texts of corpus/real.jsonl")
    args = parser.parse_args()
    messages = choosing_half(split_by_persona(read_corpus(), HELD_OUT, SEED)[1])
    if args.real_texts:
        messages += choosing_half(development_part(read_real_texts(args.real_texts)))
    by_place: defaultdict[str, list[Judged]] = defaultdict(list)
    labelled = [message for message in messages if message.has_roles]
    for place, one in judged_removals(Encoder(args.weights), labelled):
        by_place[place].append(one)
    chosen = {
        place: fitted(by_place[place]).chance_for(args.least_right) for place in Certainty._fields
    }
    card = json.loads((args.weights / "reader.json").read_text(encoding="utf-8"))
    card["thresholds"]["certainty"] = chosen
    (args.weights / "reader.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(chosen))


if __name__ == "__main__":
    main()
