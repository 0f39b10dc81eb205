"""Figures of a trained Reader on labelled messages, before any engine makes edits of its roles.

python -m training.evaluate CHECKPOINT --base FOLDER [--real-texts FOLDER] prints, for the half of
the held-out personas that choices are made on and for all real texts that are never trained on, how
many of the courteous word pieces it finds where a stated share of what it takes for them is right.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

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
from training.heads import macro_f1
from training.markup import AFFECTS, DOMAINS, ROLES, Message, read_corpus
from training.model import Reader
from training.real_texts import development_part, read_real_texts

__all__ = ["evaluate", "recall_at", "scaffold_chances"]

_THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95)
_PRECISIONS = (0.98, 0.96, 0.94, 0.92, 0.9)
_MAX_PIECES = 510
_SCAFFOLD = list(ROLES).index("S")
_REDUNDANT = list(ROLES).index("R")


@torch.no_grad()
def evaluate(reader: Reader, messages: Sequence[Message], tokenizer: Tokenizer) -> dict[str, Any]:
    """Precision and recall of removable pieces by threshold; domain and affect scores."""
    examples = [encode(message, tokenizer, _MAX_PIECES) for message in messages]
    removable: dict[float, Counter[str]] = {threshold: Counter() for threshold in _THRESHOLDS}
    domains: list[tuple[int, int]] = []
    affects: list[tuple[int, int]] = []
    confusion: Counter[tuple[str, str]] = Counter()
    letters = list(ROLES)
    for batch in batches(examples, 4096):
        outputs = reader(batch.ids, batch.mask)
        chances = torch.softmax(outputs.roles, dim=-1)
        known = batch.roles != IGNORED
        labels, scaffold = batch.roles[known], chances[..., _SCAFFOLD][known]
        for threshold, counts in removable.items():
            said = scaffold >= threshold
            counts["hit"] += int((said & (labels == _SCAFFOLD)).sum())
            counts["harmless"] += int((said & (labels == _REDUNDANT)).sum())
            counts["said"] += int(said.sum())
            counts["true"] += int((labels == _SCAFFOLD).sum())
        for true, said in zip(labels.tolist(), chances[known].argmax(-1).tolist()):
            confusion[letters[true], letters[said]] += 1
        domains += zip(batch.domains.tolist(), outputs.domains.argmax(-1).tolist())
        affects += zip(batch.affects.tolist(), outputs.affects.argmax(-1).tolist())
    domains = [pair for pair in domains if pair[0] != IGNORED]
    affects = [pair for pair in affects if pair[0] != IGNORED]
    return {
        "messages": len(messages),
        "scaffold": {
            str(threshold): {
                "precision": (counts["hit"] + counts["harmless"]) / max(1, counts["said"]),
                "recall": counts["hit"] / max(1, counts["true"]),
            }
            for threshold, counts in removable.items()
        },
        "roles": {
            true: {said: confusion[true, said] for said in letters if confusion[true, said]}
            for true in letters
        },
        "domain_macro_f1": macro_f1(*_columns(domains), range(len(DOMAINS))),
        "critical_recall": _share(pair[1] != 0 for pair in domains if pair[0] != 0),
        "critical_false_positives": _share(pair[1] != 0 for pair in domains if pair[0] == 0),
        "affect_macro_f1": macro_f1(*_columns(affects), range(len(AFFECTS))),
    }


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _share(flags: Any) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else 0.0


@torch.no_grad()
def scaffold_chances(
    reader: Reader, messages: Sequence[Message], tokenizer: Tokenizer
) -> tuple[Tensor, Tensor]:
    """The chance of courtesy of every piece whose role is known, and whether it is courtesy."""
    chances, truth = [], []
    for batch in batches([encode(m, tokenizer, _MAX_PIECES) for m in messages], 4096):
        known = batch.roles != IGNORED
        roles = torch.softmax(reader(batch.ids, batch.mask).roles, dim=-1)
        chances.append(roles[..., _SCAFFOLD][known])
        truth.append(batch.roles[known] == _SCAFFOLD)
    return torch.cat(chances), torch.cat(truth)


def recall_at(precision: float, chances: Tensor, truth: Tensor) -> float:
    """The largest share of the true ones above a threshold at which `precision` holds."""
    hits = truth[chances.argsort(descending=True)].cumsum(0)
    right = hits / torch.arange(1, len(hits) + 1)
    good = hits[right >= precision]
    return float(good.max() / truth.sum()) if len(good) else 0.0


def main() -> None:
    """Print recall by precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--real-texts", type=Path)
    args = parser.parse_args()
    tokenizer = read_tokenizer(args.base)
    reader = Reader.from_checkpoint(args.checkpoint)
    parts = {"written": choosing_half(split_by_persona(read_corpus(), HELD_OUT, SEED)[1])}
    if args.real_texts:
        parts["real"] = development_part(read_real_texts(args.real_texts))
    print("precision   " + "  ".join(f"{precision:.2f}" for precision in _PRECISIONS))
    for name, messages in parts.items():
        labelled = [message for message in messages if message.has_roles]
        scored = scaffold_chances(reader, labelled, tokenizer)
        print(f"{name:<10}  " + "  ".join(f"{recall_at(p, *scored):.2f}" for p in _PRECISIONS))


if __name__ == "__main__":
    main()
