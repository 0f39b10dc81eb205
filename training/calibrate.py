"""Calibrates a trained Reader: python -m training.calibrate reader.pt --base FOLDER --out FILE.

Temperatures make chances of scores: the one under which held-out labels are likeliest (Guo et al.
2017). The threshold of the critical domains is the lowest that keeps the share of ordinary
held-out messages above it within --false-positives. Uses one half of the held-out personas; the
other half is for the figures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.dataset import (
    HELD_OUT,
    IGNORED,
    SEED,
    batches,
    choosing_half,
    encode,
    read_tokenizer,
    split_by_persona,
)
from training.markup import Message, read_corpus
from training.model import Reader

__all__ = ["calibrate", "main"]

_MAX_PIECES = 510
_TEMPERATURES = [0.7 + 0.05 * step for step in range(60)]


@torch.no_grad()
def calibrate(
    reader: Reader, messages: Sequence[Message], tokenizer: Tokenizer, false_positives: float
) -> dict[str, Any]:
    """Temperatures and thresholds, as `training.export` takes them."""
    scores: dict[str, list[Tensor]] = {"roles": [], "domains": [], "affects": []}
    labels: dict[str, list[Tensor]] = {name: [] for name in scores}
    for batch in batches([encode(m, tokenizer, _MAX_PIECES) for m in messages], 4096):
        found = reader(batch.ids, batch.mask)
        for name, truth in (
            ("roles", batch.roles),
            ("domains", batch.domains),
            ("affects", batch.affects),
        ):
            known = truth != IGNORED
            scores[name].append(getattr(found, name)[known])
            labels[name].append(truth[known])
    temperatures = {
        name: _temperature(torch.cat(scores[name]), torch.cat(labels[name])) for name in scores
    }
    domains = torch.softmax(torch.cat(scores["domains"]) / temperatures["domains"], dim=-1)
    ordinary = torch.cat(labels["domains"]) == 0
    critical = 1 - domains[:, 0]
    return {
        "temperatures": temperatures,
        "thresholds": {"critical": _threshold(critical[ordinary], false_positives)},
    }


def _temperature(scores: Tensor, labels: Tensor) -> float:
    def surprise(temperature: float) -> float:
        return float(nn.functional.cross_entropy(scores / temperature, labels))

    return round(min(_TEMPERATURES, key=surprise), 3)


def _threshold(ordinary: Tensor, share: float) -> float:
    """The least value that at most `share` of the values reach."""
    ranked = torch.sort(ordinary, descending=True).values
    value = float(ranked[int(share * len(ranked))]) if len(ranked) else 0.5
    return round(min(0.99, max(0.05, value + 1e-3)), 3)


def main() -> None:
    """Calibrate a checkpoint on one half of the held-out personas."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--false-positives", type=float, default=0.008)
    parser.add_argument("--held-out", type=float, default=HELD_OUT)
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    _, held = split_by_persona(read_corpus(), args.held_out, args.seed)
    half = choosing_half(held, args.seed)
    tokenizer = read_tokenizer(args.base)
    reader = Reader.from_checkpoint(args.checkpoint)
    found = calibrate(reader, half, tokenizer, args.false_positives)
    args.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
