"""What training does to the sentence vector: python -m training.vectors WEIGHTS --base BASE DATA.

DATA holds xquad_paragraphs.jsonl ({"id", "text"}) and xquad_questions.jsonl ({"id", "paragraph",
"question"}). Prints how often the right paragraph is the nearest, and among the nearest five, by
the cosine of the Reader's vectors and of the base model's, and how near the two are.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from spsd_core.reader import Encoder
from training.model import mean_vector
from training.relevance import read_rows

__all__ = ["main"]

_MAX_PIECES = 256


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("weights", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    args = parser.parse_args()
    paragraphs = read_rows(args.data / "xquad_paragraphs.jsonl")
    questions = read_rows(args.data / "xquad_questions.jsonl")
    places = {row["id"]: place for place, row in enumerate(paragraphs)}
    right = np.array([places[row["paragraph"]] for row in questions])
    passages = [row["text"] for row in paragraphs]
    asked = [row["question"] for row in questions]
    encoder = Encoder(args.weights)
    found = {
        "base": (_base(args.base, asked), _base(args.base, passages)),
        "Reader": (_reader(encoder, asked), _reader(encoder, passages)),
    }
    for name, (queries, texts) in found.items():
        order = np.argsort(-(queries @ texts.T), axis=1)
        first = float((order[:, 0] == right).mean())
        five = float((order[:, :5] == right[:, None]).any(1).mean())
        print(f"{name:7} recall@1 {first:.3f}  recall@5 {five:.3f}  of {len(asked)} questions")
    near = [float((a * b).sum(1).mean()) for a, b in zip(found["base"], found["Reader"])]
    print(f"mean cosine of the two: questions {near[0]:.3f}, paragraphs {near[1]:.3f}")


def _reader(encoder: Encoder, texts: list[str]) -> Any:
    return np.array([encoder.read(text).vector for text in texts])


@torch.no_grad()
def _base(folder: Path, texts: list[str]) -> Any:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_PIECES)
    model = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    rows = []
    for text in texts:
        ids = torch.tensor([tokenizer.encode(text).ids])
        mask = torch.ones_like(ids)
        rows.append(mean_vector(model(input_ids=ids, attention_mask=mask)[0], mask)[0])
    return torch.nn.functional.normalize(torch.stack(rows), dim=-1).numpy()


if __name__ == "__main__":
    main()
