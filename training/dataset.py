"""Messages as the tensors the Reader is trained on: one role for every word piece."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.markup import AFFECTS, DOMAINS, ROLES, UNKNOWN, Message

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

__all__ = [
    "HELD_OUT",
    "IGNORED",
    "SEED",
    "Batch",
    "Encoded",
    "batches",
    "choosing_half",
    "encode",
    "examining_half",
    "read_tokenizer",
    "split_by_persona",
]

SEED = 20261122
"""Of everything random in training, and of the split."""
HELD_OUT = 0.15
"""Share of the personas that are never trained on."""
IGNORED = -100
"""Label of a piece, domain or affect that does not enter the loss."""
_ROLE_INDEX = {letter: index for index, letter in enumerate(ROLES)}


@dataclass(frozen=True)
class Encoded:
    """One message as numbers."""

    ids: list[int]
    roles: list[int]
    """Index into ROLES of every piece; IGNORED for the frame and where roles are unknown."""
    domain: int
    affect: int
    text: str


@dataclass(frozen=True)
class Batch:
    """Messages of like length, padded."""

    ids: torch.Tensor
    """[messages, pieces]"""
    mask: torch.Tensor
    """[messages, pieces], 1 where there is a piece."""
    roles: torch.Tensor
    """[messages, pieces]"""
    domains: torch.Tensor
    """[messages]"""
    affects: torch.Tensor
    """[messages]"""
    texts: list[str]

    def to(self, device: torch.device) -> Batch:
        """The same on a CPU or a GPU."""
        return Batch(
            ids=self.ids.to(device),
            mask=self.mask.to(device),
            roles=self.roles.to(device),
            domains=self.domains.to(device),
            affects=self.affects.to(device),
            texts=self.texts,
        )


def read_tokenizer(base: Path) -> Tokenizer:
    """The tokenizer of the model in folder `base`, that neither pads nor cuts off."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def encode(message: Message, tokenizer: Tokenizer, max_pieces: int) -> Encoded:
    """A message as numbers; what is longer than `max_pieces` is cut off."""
    encoding = tokenizer.encode(message.text)
    ids, offsets = encoding.ids[:max_pieces], encoding.offsets[:max_pieces]
    roles = [IGNORED] * len(ids)
    if message.has_roles:
        owner = ["T"] * len(message.text)
        for span in message.spans:
            owner[span.start : span.end] = span.role * (span.end - span.start)
        for index, (start, end) in enumerate(offsets):
            if end > start:
                roles[index] = _ROLE_INDEX[owner[(start + end - 1) // 2]]
    cut = len(encoding.ids) > max_pieces  # the label may rest on what was cut off
    return Encoded(
        ids=ids,
        roles=roles,
        domain=IGNORED if cut else DOMAINS.index(message.domain),
        affect=IGNORED if cut or message.affect == UNKNOWN else AFFECTS.index(message.affect),
        text=message.text,
    )


def split_by_persona(
    messages: Sequence[Message], share: float, seed: int
) -> tuple[list[Message], list[Message]]:
    """Training and held-out messages; no persona is in both.

    A persona is on one side for good, however the corpus grows: its digest decides.
    """

    def held(message: Message) -> bool:
        digest = hashlib.sha256(f"{seed} {message.persona}".encode()).digest()
        return int.from_bytes(digest[:4], "big") < share * 2**32

    return [m for m in messages if not held(m)], [m for m in messages if held(m)]


def choosing_half(messages: Sequence[Message], seed: int = SEED) -> list[Message]:
    """The half of held-out messages that thresholds are chosen on; by persona."""
    return split_by_persona(messages, 0.5, seed + 1)[1]


def examining_half(messages: Sequence[Message], seed: int = SEED) -> list[Message]:
    """The other half: nothing was trained or chosen on it."""
    return split_by_persona(messages, 0.5, seed + 1)[0]


def batches(
    examples: Sequence[Encoded], max_pieces: int, rng: random.Random | None = None
) -> Iterator[Batch]:
    """Batches of like length with at most `max_pieces` pieces each, padding included.

    Args:
        examples: what to batch.
        max_pieces: pieces in a batch.
        rng: shuffles examples and batches; None: in order of length.
    """
    order = list(range(len(examples)))
    if rng:
        rng.shuffle(order)
    jitter = 8 if rng else 1  # lengths within this many pieces count as equal
    order.sort(key=lambda index: len(examples[index].ids) // jitter)
    groups: list[list[int]] = [[]]
    for index in order:
        longest = max((len(examples[i].ids) for i in (*groups[-1], index)), default=1)
        if groups[-1] and longest * (len(groups[-1]) + 1) > max_pieces:
            groups.append([])
        groups[-1].append(index)
    if rng:
        rng.shuffle(groups)
    for group in groups:
        if group:
            yield _collate([examples[index] for index in group])


def _collate(examples: Sequence[Encoded]) -> Batch:
    import torch

    longest = max(len(example.ids) for example in examples)

    def padded(rows: Sequence[list[int]], value: int) -> Any:
        return torch.tensor([row + [value] * (longest - len(row)) for row in rows])

    return Batch(
        ids=padded([example.ids for example in examples], 0),
        mask=padded([[1] * len(example.ids) for example in examples], 0),
        roles=padded([example.roles for example in examples], IGNORED),
        domains=torch.tensor([example.domain for example in examples]),
        affects=torch.tensor([example.affect for example in examples]),
        texts=[example.text for example in examples],
    )
