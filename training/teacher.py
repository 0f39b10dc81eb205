"""What a larger Reader says of the roles, for a small one to learn from.

A larger encoder finds more courtesy than six layers do, and does not fit into a package. What it
thinks of every word, its doubts included, teaches more than the labels alone (Hinton et al. 2015,
"Distilling the knowledge in a neural network").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from training.dataset import IGNORED, Batch, Encoded, batches, read_tokenizer
from training.model import Reader

__all__ = ["Teacher", "unlikeness"]

_SOFTNESS = 1.5
"""Temperature at which teacher and pupil are held against each other."""
_PIECES = 4096
"""In a batch, padding included."""


class Teacher:
    """A trained Reader whose tokenizer cuts texts into the same pieces as the pupil's.

    Args:
        checkpoint: what `training.train --out` wrote.
        base: folder it was trained from, for its tokenizer: its pieces may have other numbers.
        device: where it reads.
    """

    def __init__(self, checkpoint: Path, base: Path, device: torch.device) -> None:
        self._device = device
        self._reader = Reader.from_checkpoint(checkpoint).to(device)
        self._tokenizer = read_tokenizer(base)

    @torch.no_grad()
    def scores(self, examples: Sequence[Encoded]) -> dict[str, Tensor]:
        """The scores of the roles, [pieces, roles], by text; only of texts whose roles are known.

        Raises:
            ValueError: the two tokenizers do not agree.
        """
        known = {one.text: one for one in examples if any(role != IGNORED for role in one.roles)}
        found: dict[str, Tensor] = {}
        for batch in batches([self._own(example) for example in known.values()], _PIECES):
            batch = batch.to(self._device)
            scores = self._reader(batch.ids, batch.mask).roles.half().cpu()
            lengths = batch.mask.sum(1).tolist()
            for text, row, length in zip(batch.texts, scores, lengths):
                found[text] = row[:length].clone()
        return found

    def _own(self, example: Encoded) -> Encoded:
        """The same pieces with the numbers that the teacher knows them by."""
        ids = self._tokenizer.encode(example.text).ids[: len(example.ids)]
        if len(ids) != len(example.ids):
            raise ValueError(f"teacher and pupil cut this into other pieces: {example.text!r}")
        return replace(example, ids=ids)


def unlikeness(scores: Tensor, batch: Batch, taught: dict[str, Tensor]) -> Tensor:
    """Kullback-Leibler divergence of the pupil's roles from the teacher's, softened; a mean.

    Args:
        scores: the pupil's, [texts, pieces, roles].
        batch: what it read.
        taught: by `Teacher.scores`.
    """
    said, wanted = [], []
    for row, text in enumerate(batch.texts):
        if text in taught:
            known = batch.roles[row, : len(taught[text])] != IGNORED
            said.append(scores[row, : len(known)][known])
            wanted.append(taught[text].to(scores.device)[known].float())
    pupil = torch.log_softmax(torch.cat(said) / _SOFTNESS, dim=-1)
    teacher = torch.softmax(torch.cat(wanted) / _SOFTNESS, dim=-1)
    return nn.functional.kl_div(pupil, teacher, reduction="batchmean") * _SOFTNESS**2
