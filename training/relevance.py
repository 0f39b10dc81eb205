"""Fits what weighs a sentence against a question: python -m training.relevance DATA [--out FILE].

DATA holds xquad_paragraphs.jsonl ({"id", "title", "text"}) and xquad_questions.jsonl ({"id",
"paragraph", "question", "answers"}). Each question is asked of its paragraph and the nine nearest
ones. The weights make it likeliest that a unit drawn by its chance holds the answer:

    maximise  sum_q log sum_{i holds the answer} chance_i  -  l2 |w|^2

Prints how good that is on questions of other articles (four folds by title), and the weights
fitted to all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from spsd_core import ContextDistiller, Settings
from spsd_core.context.relevance import FEATURES, features, softmax
from spsd_core.reader import shared_encoder

__all__ = ["Asked", "main", "read_questions", "read_rows"]

_PASSAGES = 10
_FOLDS = 4
_L2 = 0.02
_STEPS = 600
_RATE = 0.1
_SHARES = (0.5, 0.25, 0.1)
_CONFIDENCES = (0.95, 0.98, 0.99)


class Asked(NamedTuple):
    """A question and the passages it is asked of."""

    title: str
    question: str
    answers: tuple[str, ...]
    passages: tuple[str, ...]

    def answered(self, text: str) -> bool:
        """Whether an answer stands in `text`, word for word but for capitals."""
        low = text.casefold()
        return any(answer.casefold() in low for answer in self.answers)


def read_questions(data: Path) -> list[Asked]:
    """The questions with their paragraph and those that are nearest to it."""
    paragraphs = read_rows(data / "xquad_paragraphs.jsonl")
    places = {row["id"]: place for place, row in enumerate(paragraphs)}
    encoder = shared_encoder()
    vectors = np.array([encoder.read(row["text"]).vector for row in paragraphs])
    found = []
    for row in read_rows(data / "xquad_questions.jsonl"):
        own = places[row["paragraph"]]
        near = np.argsort(-(vectors @ vectors[own]), kind="stable")[:_PASSAGES]
        answers = row["answers"] if isinstance(row["answers"], list) else [row["answers"]]
        found.append(
            Asked(
                title=paragraphs[own]["title"],
                question=row["question"],
                answers=tuple(answers),
                passages=tuple(paragraphs[place]["text"] for place in near),
            )
        )
    return found


class _Example(NamedTuple):
    figures: Any
    """[units, features]"""
    right: Any
    """Units that hold the answer, of its own paragraph where there are such: [units], bool."""
    holds: Any
    """All units that hold it."""
    tokens: Any


def _example(distiller: ContextDistiller, asked: Asked) -> _Example:
    reading, vector = distiller.encoder().read_asked(asked.question)
    indexed = [
        distiller.find_index(text, None) or distiller.make_index(text, None)
        for text in asked.passages
    ]
    figures = features(reading.asked(), vector, indexed)
    texts = [one.text[unit.start : unit.end] for one in indexed for unit in one.index.units]
    holds = np.array([asked.answered(text) for text in texts])
    own = np.arange(len(texts)) < len(indexed[0].index.units)
    tokens = np.array([count for one in indexed for count in distiller.unit_tokens(one)])
    return _Example(figures, holds & own if (holds & own).any() else holds, holds, tokens)


def fit(examples: Sequence[_Example]) -> Any:
    """The weights, by Adam."""
    weights = np.zeros(len(FEATURES))
    mean, spread = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, _STEPS + 1):
        gradient = -_L2 * weights
        for example in examples:
            if example.right.any():
                chance = softmax(example.figures @ weights)
                wanted = chance * example.right
                wanted /= max(float(wanted.sum()), 1e-12)
                gradient = gradient + (wanted - chance) @ example.figures / len(examples)
        mean = 0.9 * mean + 0.1 * gradient
        spread = 0.99 * spread + 0.01 * gradient**2
        scaled = np.sqrt(spread / (1 - 0.99**step)) + 1e-8
        weights = weights + _RATE * (mean / (1 - 0.9**step)) / scaled
    return weights


def _kept_by_share(example: _Example, weights: Any, share: float) -> bool:
    order = np.argsort(-(example.figures @ weights), kind="stable")
    left = share * example.tokens.sum()
    kept = False
    for unit in order:
        if example.tokens[unit] <= left:
            left -= example.tokens[unit]
            kept |= bool(example.holds[unit])
    return kept


def _kept_by_confidence(example: _Example, weights: Any, confidence: float) -> tuple[bool, float]:
    chance = softmax(example.figures @ weights)
    order = np.argsort(-chance, kind="stable")
    last = int(np.searchsorted(np.cumsum(chance[order]), confidence)) + 1
    kept = order[:last]
    return bool(example.holds[kept].any()), float(example.tokens[kept].sum() / example.tokens.sum())


def _report(examples: Sequence[_Example], weights: Iterable[Any]) -> None:
    pairs = list(zip(examples, weights))
    for share in _SHARES:
        kept = np.mean([_kept_by_share(example, fold, share) for example, fold in pairs])
        print(f"{share:5.0%} of the tokens: the answer is kept in {kept:.3f}")
    for confidence in _CONFIDENCES:
        found = [_kept_by_confidence(example, fold, confidence) for example, fold in pairs]
        kept, share = np.mean([one for one, _ in found]), np.mean([one for _, one in found])
        print(f"confidence {confidence:.2f}: kept in {kept:.3f}, with {share:.3f} of the tokens")


def main() -> None:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, help="write the weights here (relevance.json)")
    args = parser.parse_args()
    asked = read_questions(args.data)
    with ContextDistiller(Settings()) as distiller:
        examples = [_example(distiller, one) for one in asked]
    titles = sorted({one.title for one in asked})
    folds = [titles.index(one.title) % _FOLDS for one in asked]
    fitted = [
        fit([example for example, own in zip(examples, folds) if own != fold])
        for fold in range(_FOLDS)
    ]
    print(f"{len(asked)} questions, each weighed by what was fitted to other articles")
    _report(examples, [fitted[fold] for fold in folds])
    weights = dict(zip(FEATURES, (round(float(weight), 3) for weight in fit(examples))))
    print(json.dumps(weights, indent=2))
    if args.out:
        text = json.dumps({"weights": weights}, indent=2) + "\n"
        args.out.write_text(text, encoding="utf-8")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
