"""Figures of a trained Reader on labelled messages, before any engine makes edits of its roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer

from training.dataset import IGNORED, batches, encode
from training.heads import macro_f1
from training.markup import AFFECTS, DOMAINS, ROLES, Message
from training.model import Reader

__all__ = ["evaluate"]

_THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95)
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
