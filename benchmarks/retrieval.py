"""Does distilling the query help retrieval?

python -m benchmarks.retrieval DATA

DATA as in `benchmarks.context`. Each question is asked plainly, and wrapped in courtesy and small
talk that people of the held-out personas of the corpus wrote (seeded). Recall@k: the question's
paragraph is among the k nearest of all paragraphs by the cosine of the Reader's sentence vectors.
The queries go through the real `DistillQueryTransform`, for each `embed_with`.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spsd_core.reader import shared_encoder
from spsd_llamaindex import DistillQueryTransform
from training.dataset import HELD_OUT, SEED, split_by_persona
from training.markup import Message, read_corpus
from training.relevance import read_rows

_CUTS = (1, 3, 5, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    args = parser.parse_args()
    paragraphs = read_rows(args.data / "xquad_paragraphs.jsonl")
    questions = read_rows(args.data / "xquad_questions.jsonl")
    places = {row["id"]: place for place, row in enumerate(paragraphs)}
    right = np.array([places[row["paragraph"]] for row in questions])
    vectors = _vectors([row["text"] for row in paragraphs])
    plain = [str(row["question"]) for row in questions]
    courteous = _wrapped(plain, random.Random(SEED))
    print(f"{len(plain)} questions, for example: {courteous[0]!r}")
    print(f"{'query':34}" + "".join(f"recall@{cut:<4}" for cut in _CUTS))
    _line("plain", _vectors(plain), vectors, right)
    _line("courteous, not distilled", _vectors(courteous), vectors, right)
    for way in ("distilled", "original", "both"):
        transform = DistillQueryTransform(embed_with=way)  # type: ignore[arg-type]
        bundles = [transform.run(text) for text in courteous]
        embedded = np.array([_mean(_vectors(list(bundle.embedding_strs))) for bundle in bundles])
        _line(f"courteous, embed_with={way!r}", embedded, vectors, right)
    plain_bundles = [DistillQueryTransform().run(text).query_str for text in plain]
    changed = sum(after != before for after, before in zip(plain_bundles, plain))
    print(f"plain questions that distilling changed: {changed}")


def _wrapped(questions: Sequence[str], rng: random.Random) -> list[str]:
    held_out = split_by_persona(read_corpus(), HELD_OUT, SEED)[1]
    openings = _courtesy(held_out, opening=True)
    closings = _courtesy(held_out, opening=False)
    found = []
    for question in questions:
        before = " ".join(rng.sample(openings, rng.choice((1, 2))))
        found.append(f"{before} {question.strip()} {rng.choice(closings)}")
    return found


def _courtesy(messages: Sequence[Message], *, opening: bool) -> list[str]:
    """Whole scaffold sentences of five words or more at the start, or at the end, of messages."""
    found = set()
    for message in messages:
        for span in message.spans:
            words = message.text[span.start : span.end].strip()
            at_edge = span.start < 3 if opening else span.end > len(message.text.rstrip()) - 3
            if span.role == "S" and at_edge and len(words.split()) >= 5 and words[-1] in ".!?":
                found.add(" ".join(words.split()))
    return sorted(found)


def _vectors(texts: Sequence[str]) -> Any:
    encoder = shared_encoder()
    return np.array([encoder.read(text).vector for text in texts])


def _mean(vectors: Any) -> Any:
    mean = vectors.mean(axis=0)
    return mean / np.linalg.norm(mean)


def _line(name: str, queries: Any, vectors: Any, right: Any) -> None:
    order = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")
    shares = [(order[:, :cut] == right[:, None]).any(1).mean() for cut in _CUTS]
    print(f"{name:34}" + "".join(f"{share:<11.3f}" for share in shares), flush=True)


if __name__ == "__main__":
    main()
