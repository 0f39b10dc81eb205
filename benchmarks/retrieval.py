"""Does distilling the query help retrieval?

python -m benchmarks.retrieval DATA [--minilm FOLDER] [--seed N] [--open]

DATA as in `benchmarks.context`. Each question is asked plainly, and wrapped in courtesy and small
talk that people of the held-out personas of the corpus wrote (seeded). Recall@k: the question's
paragraph is among the k nearest of all paragraphs by the cosine of the Reader's sentence vectors;
with `--minilm`, of those of all-MiniLM-L6-v2 (FOLDER holds its model.onnx and tokenizer.json).
The queries go through the real `DistillQueryTransform`, for each `embed_with`.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from spsd_core import SafetySettings, Settings
from spsd_core.evaluation.similarity import Similarity
from spsd_core.reader import shared_encoder
from spsd_core.settings import DOMAINS
from spsd_llamaindex import DistillQueryTransform
from spsd_llamaindex.query_transform import EmbedWith
from training.dataset import HELD_OUT, SEED, split_by_persona
from training.markup import Message, read_corpus
from training.relevance import read_rows

_CUTS = (1, 3, 5, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--minilm", type=Path)
    parser.add_argument("--seed", type=int, default=SEED, help="of the courtesy")
    parser.add_argument("--open", action="store_true", help="with the gate open")
    args = parser.parse_args()
    opened = SafetySettings(open_domains=frozenset(DOMAINS)) if args.open else SafetySettings()
    vector = Similarity(args.minilm).vector if args.minilm else _reader_vector
    paragraphs = read_rows(args.data / "xquad_paragraphs.jsonl")
    questions = read_rows(args.data / "xquad_questions.jsonl")
    places = {row["id"]: place for place, row in enumerate(paragraphs)}
    right = np.array([places[row["paragraph"]] for row in questions])
    vectors = _all(vector, [row["text"] for row in paragraphs])
    plain = [str(row["question"]) for row in questions]
    courteous = _wrapped(plain, random.Random(args.seed))
    print(f"{len(plain)} questions, for example: {courteous[0]!r}")
    print(f"{'query':38}" + "".join(f"recall@{cut:<4}" for cut in _CUTS))
    _line("plain", _all(vector, plain), vectors, right)
    _line("courteous, not distilled", _all(vector, courteous), vectors, right)
    for way in get_args(EmbedWith):
        transform = DistillQueryTransform(Settings(safety=opened), embed_with=way)
        bundles = [transform.run(text) for text in courteous]
        embedded = np.array([_mean(_all(vector, bundle.embedding_strs)) for bundle in bundles])
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


def _reader_vector(text: str) -> Any:
    return np.array(shared_encoder().read(text).vector)


def _all(vector: Callable[[str], Any], texts: Sequence[str]) -> Any:
    return np.array([vector(text) for text in texts])


def _mean(vectors: Any) -> Any:
    mean = vectors.mean(axis=0)
    return mean / np.linalg.norm(mean)


def _line(name: str, queries: Any, vectors: Any, right: Any) -> None:
    order = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")
    shares = [(order[:, :cut] == right[:, None]).any(1).mean() for cut in _CUTS]
    print(f"{name:38}" + "".join(f"{share:<11.3f}" for share in shares), flush=True)


if __name__ == "__main__":
    main()
