"""Trains the Reader: python -m training.train --base FOLDER --out reader.pt.

FOLDER holds all-MiniLM-L6-v2 (model.safetensors, config.json, tokenizer.json); training/README.md
says where to get it. Every choice is an option, every random number comes from --seed.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import AutoModel

from training.dataset import (
    HELD_OUT,
    IGNORED,
    SEED,
    Batch,
    Encoded,
    batches,
    encode,
    read_tokenizer,
    split_by_persona,
)
from training.evaluate import evaluate
from training.markup import ROLES, Message, read_corpus
from training.model import Outputs, Reader, mean_vector
from training.real_texts import development_part, read_real_texts, training_part
from training.synthesis import Synthesiser
from training.teacher import Teacher, unlikeness

__all__ = ["main"]

_LAST_SPECIAL = 110
"""The first pieces of both vocabularies are marks like [PAD] and [CLS], and unused ones."""
_MASKS = ("[MASK]", "<mask>")
"""What hides a piece, for BERT and for MPNet."""
_HEADS = ("roles", "domains", "affects", "vectors")
_WEIGHTS = {"roles": 1.0, "domains": 0.3, "affects": 0.5, "vectors": 2.0, "parts": 1.0}
"""Weight of each head's loss; chosen so that the roles lead."""
_PART = 24
"""Pieces of a part whose vector is held against the base model's: about a sentence."""


def losses(outputs: Outputs, batch: Batch, base: Tensor | None) -> dict[str, Tensor]:
    """The loss of each head: cross entropy, and one minus the cosine to the base's vectors.

    Args:
        outputs: of the Reader.
        batch: what it read, with labels.
        base: the states of the base model on the same pieces, where it was asked.
    """
    entropy = nn.functional.cross_entropy
    found = {}
    if (batch.roles != IGNORED).any():
        found["roles"] = entropy(
            outputs.roles.reshape(-1, len(ROLES)), batch.roles.reshape(-1), ignore_index=IGNORED
        )
    for name, labels in (("domains", batch.domains), ("affects", batch.affects)):
        if (labels != IGNORED).any():
            found[name] = entropy(getattr(outputs, name), labels, ignore_index=IGNORED)
    if base is not None:
        pooled = nn.functional.normalize(mean_vector(base, batch.mask), dim=-1)
        found["vectors"] = 1 - (outputs.vectors * pooled).sum(-1).mean()
        found["parts"] = _unlikeness_of_parts(outputs.pieces, base, batch.mask)
    return found


def _unlikeness_of_parts(found: Tensor, wanted: Tensor, mask: Tensor) -> Tensor:
    """One minus the mean cosine of the two, taken over runs of pieces as long as a sentence."""
    pieces = mask.shape[1]
    starts = range(0, pieces, _PART)
    likeness, weight = [], []
    for start in starts:
        part = slice(start, start + _PART)
        inside = mask[:, part]
        there = inside.any(-1)
        if there.any():
            means = [mean_vector(states[there, part], inside[there]) for states in (found, wanted)]
            likeness.append(nn.functional.cosine_similarity(*means).sum())
            weight.append(there.sum())
    return 1 - torch.stack(likeness).sum() / torch.stack(weight).sum()


class Trainer:
    """One training run."""

    def __init__(self, args: argparse.Namespace, train: list[Message]) -> None:
        self.args = args
        self.device = torch.device(args.device)
        self.rng = random.Random(args.seed)
        self.noise = torch.Generator().manual_seed(args.seed)
        self.tokenizer = read_tokenizer(args.base)
        self.reader = (
            Reader.from_checkpoint(args.start)
            if args.start
            else Reader.from_pretrained(args.base, args.layers)
        )
        self.reader.to(self.device)
        if not args.train_embeddings:  # half of the weights; the corpus is too small to move them
            self.reader.encoder.embeddings.word_embeddings.requires_grad_(False)
        for layer in self.reader.encoder.encoder.layer[: args.frozen]:
            layer.requires_grad_(False)
        if "vectors" in args.heads:
            self.base = AutoModel.from_pretrained(args.base, add_pooling_layer=False)
            self.base.eval().to(self.device)
        self.teacher = (
            Teacher(args.teacher, args.teacher_base, self.device) if args.teacher else None
        )
        self.hiding = next(filter(None, map(self.tokenizer.token_to_id, _MASKS)))
        self.messages = train
        self.taught: dict[str, Tensor] = {}
        self.synthesiser = Synthesiser(train, args.seed)
        # The mean over the last steps generalises better than the last step (Izmailov et al. 2018).
        self.mean = AveragedModel(self.reader, multi_avg_fn=get_ema_multi_avg_fn(args.decay))

    def _encode(self, message: Message) -> Encoded:
        return encode(message, self.tokenizer, self.args.max_pieces)

    def epoch(self) -> list[Encoded]:
        """The written messages, each as it is and with new noise, and synthetic ones."""
        noisy = [
            self.synthesiser.noisy(message)
            for message in self.messages
            for _ in range(self._copies(message))
        ]
        made = self.synthesiser.messages(self.args.synthetic // self.args.epochs)
        return [self._encode(message) for message in (*self.messages, *noisy, *made)]

    def _copies(self, message: Message) -> int:
        if not message.has_roles:
            return 0
        return int(self.args.real_copies if message.id.startswith("real:") else self.args.noisy)

    def run(self) -> Iterator[str]:
        """Train; yields a line of news now and then."""
        args, started = self.args, time.perf_counter()
        groups = [
            {"params": self._parameters(new=False), "lr": args.rate},
            {"params": self._parameters(new=True), "lr": args.rate * 5},
        ]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        epochs = [self.epoch() for _ in range(args.epochs)]
        pieces = sum(len(example.ids) for epoch in epochs for example in epoch)
        steps = max(1, pieces // args.batch_pieces)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser,
            max_lr=[group["lr"] for group in groups],
            total_steps=int(steps * 1.4) + 10,
            pct_start=0.08,
        )
        yield f"{pieces} word pieces in {args.epochs} epochs"
        if self.teacher is not None:
            self.taught = self.teacher.scores([one for epoch in epochs for one in epoch])
            yield f"{time.perf_counter() - started:5.0f} s  the teacher has read them"
        self.reader.train()
        recent: dict[str, float] = {}
        step = 0
        for examples in epochs:
            for batch in batches(examples, args.batch_pieces, self.rng):
                for name, value in self._step(batch.to(self.device), optimiser).items():
                    recent[name] = 0.98 * recent.get(name, value) + 0.02 * value
                schedule.step()
                step += 1
                if step % 100 == 0:
                    news = ", ".join(f"{name} {value:.3f}" for name, value in recent.items())
                    yield f"{time.perf_counter() - started:5.0f} s  step {step}  {news}"
        self.reader = self.mean.module.eval().cpu()

    def _masked(self, batch: Batch) -> Tensor:
        """The pieces, some of them hidden: what is around a word has to tell its role, too."""
        chance = torch.rand(batch.ids.shape, generator=self.noise).to(self.device)
        hidden = (chance < self.args.masked) & (batch.ids > _LAST_SPECIAL)
        return batch.ids.masked_fill(hidden, self.hiding)

    def _parameters(self, *, new: bool) -> list[nn.Parameter]:
        """Those of the heads, or those of the encoder, that are trained."""
        return [
            parameter
            for name, parameter in self.reader.named_parameters()
            if parameter.requires_grad and name.startswith("encoder.") != new
        ]

    def _step(self, batch: Batch, optimiser: torch.optim.Optimizer) -> dict[str, float]:
        heads = self.args.heads
        states = None
        if "vectors" in heads and self.rng.random() < self.args.vector_share:
            with torch.no_grad():
                read = self.base(input_ids=batch.ids, attention_mask=batch.mask)
                states = read.last_hidden_state
        outputs = self.reader(self._masked(batch), batch.mask)
        found = losses(outputs, batch, states)
        if self.teacher is not None and "roles" in found:
            found["roles"] = (found["roles"] + unlikeness(outputs.roles, batch, self.taught)) / 2
        if "vectors" in heads:
            heads = [*heads, "parts"]
        total = sum(_WEIGHTS[name] * loss for name, loss in found.items() if name in heads)
        if isinstance(total, Tensor):
            optimiser.zero_grad()
            total.backward()
            nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
            optimiser.step()
            self.mean.update_parameters(self.reader)
        return {name: loss.item() for name, loss in found.items()}


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of a run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from, for a new corpus")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--synthetic", type=int, default=12_000, help="over all epochs")
    parser.add_argument("--noisy", type=int, default=1, help="noisy copies of a message an epoch")
    parser.add_argument("--real-copies", type=int, default=3, help="noisy copies of a real one")
    parser.add_argument("--masked", type=float, default=0.06, help="share of pieces hidden")
    parser.add_argument("--decay", type=float, default=0.995, help="of the mean over the steps")
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--batch-pieces", type=int, default=2048)
    parser.add_argument("--max-pieces", type=int, default=256)
    parser.add_argument("--vector-share", type=float, default=0.25, help="of batches, for vectors")
    parser.add_argument("--frozen", type=int, default=0, help="lowest layers that are not trained")
    parser.add_argument("--teacher", type=Path, help="a larger Reader's checkpoint to learn from")
    parser.add_argument("--teacher-base", type=Path, help="the folder it was trained from")
    parser.add_argument("--heads", nargs="+", choices=_HEADS, default=list(_HEADS))
    parser.add_argument("--train-embeddings", action="store_true")
    parser.add_argument("--held-out", type=float, default=HELD_OUT, help="share of personas")
    parser.add_argument("--all", action="store_true", help="train on held-out personas, too")
    parser.add_argument("--real-texts", type=Path, help="folder of the texts of corpus/real.jsonl")
    parser.add_argument("--measure-real-only", action="store_true", help="do not train on them")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help='"cuda" where there is a GPU')
    return parser.parse_args(argv)


def main() -> None:
    """Train, evaluate on the held-out personas, save."""
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    messages = read_corpus()
    train, held = split_by_persona(messages, args.held_out, args.seed)
    real = read_real_texts(args.real_texts) if args.real_texts else []
    train += [] if args.measure_real_only else training_part(real)
    trainer = Trainer(args, [*train, *held] if args.all else train)
    print(f"{len(train)} messages to train on, {len(held)} held out")
    for news in trainer.run():
        print(news, flush=True)
    trainer.reader.save(args.out)
    figures = {"held_out": evaluate(trainer.reader, held, trainer.tokenizer)}
    if real:
        figures["real"] = evaluate(trainer.reader, development_part(real), trainer.tokenizer)
    print(json.dumps(figures, indent=2))
    args.out.with_suffix(".json").write_text(
        json.dumps({"arguments": vars(args), **figures}, indent=2, default=str)
    )


if __name__ == "__main__":
    main()
