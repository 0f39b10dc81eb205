"""The Reader: a small encoder with three heads and a sentence vector over one forward pass."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel

from training.markup import AFFECTS, DOMAINS, ROLES

__all__ = ["Outputs", "Reader", "mean_vector"]


class Outputs(NamedTuple):
    """Raw scores; softmax makes probabilities of the first three."""

    roles: Tensor
    """[texts, pieces, roles]"""
    domains: Tensor
    """[texts, domains]"""
    affects: Tensor
    """[texts, affects]"""
    vectors: Tensor
    """[texts, hidden], of length 1: the sentence vector."""
    pieces: Tensor
    """[texts, pieces, hidden]: their mean, brought to length 1, is the sentence vector; the mean of
    some is the vector of that part of the text, seen in its surroundings."""


class _Pooled(nn.Module):
    """Classes of a whole text: learned attention over its pieces, then a linear layer.

    A mean would let one critical sentence drown in a long message.
    """

    def __init__(self, hidden: int, classes: int) -> None:
        super().__init__()
        self.score = nn.Linear(hidden, 1)
        self.classes = nn.Linear(hidden, classes)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        scores = self.score(states).squeeze(-1).masked_fill(mask == 0, -1e4)
        weights = torch.softmax(scores, dim=-1).unsqueeze(-1)
        pooled: Tensor = self.classes((states * weights).sum(1))
        return pooled


class Reader(nn.Module):
    """Roles of words, domain and affect of the text, and its sentence vector."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        hidden = encoder.config.hidden_size
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.roles = nn.Linear(hidden, len(ROLES))
        self.domains = _Pooled(hidden, len(DOMAINS))
        self.affects = _Pooled(hidden, len(AFFECTS))
        self.vectors = nn.Linear(hidden, hidden)
        with torch.no_grad():  # begins as the sentence-embedding model it is made from
            self.vectors.weight.copy_(torch.eye(hidden))
            self.vectors.bias.zero_()

    @classmethod
    def from_pretrained(cls, folder: Path, layers: int) -> Reader:
        """A Reader on the first `layers` layers of a sentence encoder, BERT's or MPNet's kind."""
        encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False)
        encoder.encoder.layer = encoder.encoder.layer[:layers]
        encoder.config.num_hidden_layers = layers
        return cls(encoder)

    @classmethod
    def from_checkpoint(cls, path: Path) -> Reader:
        """The Reader that `save` wrote."""
        stored = torch.load(path, weights_only=True)
        shape = {"model_type": "bert", **stored["config"]}
        config = AutoConfig.for_model(**shape, attn_implementation="eager")
        reader = cls(AutoModel.from_config(config, add_pooling_layer=False))
        reader.load_state_dict(stored["state"])
        return reader.eval()

    def save(self, path: Path) -> None:
        """Write weights and the shape of the encoder."""
        names = (
            "model_type vocab_size hidden_size num_hidden_layers num_attention_heads "
            "intermediate_size max_position_embeddings type_vocab_size layer_norm_eps"
        )
        found = self.encoder.config
        config = {name: getattr(found, name) for name in names.split() if hasattr(found, name)}
        torch.save({"config": config, "state": self.state_dict()}, path)

    def forward(self, ids: Tensor, mask: Tensor) -> Outputs:
        """Scores for `ids` [texts, pieces] where `mask` is 1."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        dropped = self.dropout(states)
        return Outputs(
            roles=self.roles(dropped),
            domains=self.domains(dropped, mask),
            affects=self.affects(dropped, mask),
            vectors=nn.functional.normalize(self.vectors(mean_vector(states, mask)), dim=-1),
            pieces=self.vectors(states),
        )


def mean_vector(states: Tensor, mask: Tensor) -> Tensor:
    """The mean over the pieces of a text, as the base model pools: [texts, hidden]."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)
