"""The engines side by side on the same prompts, draft by draft, before the verifier has its say.

python -m benchmarks.engines [--model NAME=PATH ...] [--limit N] [--real-texts FOLDER]

The prompts are messages of personas that the Reader was not trained on (training/corpus), without
those of critical domains. Per engine: Llama-3 tokens saved by what would be sent (the original
where the draft is refused), atoms lost by its drafts before verification and repair, share of
drafts accepted, median milliseconds of a draft, and net energy by the ledger's assumptions.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import NamedTuple

from spsd_core import (
    AdmissionSettings,
    Distiller,
    RewriteSettings,
    SafetySettings,
    Settings,
    TargetSettings,
)
from spsd_core.engines.protocol import DraftRequest
from spsd_core.exceptions import EngineError
from spsd_core.settings import DOMAINS, Level
from spsd_core.verifier.context import VerifierContext
from spsd_core.verifier.families import LOSSES
from training.dataset import HELD_OUT, SEED, split_by_persona
from training.markup import Message, read_corpus
from training.real_texts import development_part, read_real_texts


class Row(NamedTuple):
    name: str
    saved: int
    before: int
    lost: int
    drafts: int
    accepted: int
    ms: list[float]
    net_uwh: float

    def line(self) -> str:
        return (
            f"{self.name:<24} {self.saved:>7} ({self.saved / self.before:6.1%}) "
            f"{self.lost:>6} {self.accepted:>4} of {self.drafts:<4} "
            f"{statistics.median(self.ms):>10.1f} {self.net_uwh:>12.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--real-texts", type=Path, help="use the development part of these instead")
    args = parser.parse_args()
    texts = prompts(args.limit, args.real_texts)
    print(f"{len(texts)} prompts, {sum(len(text.split()) for text in texts)} words")
    print(f"{'engine':<24} {'tokens saved':>16} {'lost':>6} {'accepted':>12} {'ms':>10} net µWh")
    print(measure("lexical", "lexical", "light", texts).line(), flush=True)
    for level in ("light", "dense"):
        print(measure(f"extract {level}", "extract", level, texts).line(), flush=True)
    for given in args.model:
        name, _, path = given.partition("=")
        print(measure(f"rewrite {name}", "rewrite", "light", texts, path).line(), flush=True)


def prompts(limit: int, real: Path | None) -> list[str]:
    """Every n-th eligible message, so that all files of the corpus have their share."""
    if real:
        messages = development_part(read_real_texts(real))
    else:
        messages = split_by_persona(read_corpus(), HELD_OUT, SEED)[1]
    eligible = [message.text for message in messages if _eligible(message)]
    return eligible[:: max(1, len(eligible) // limit)][:limit]


def _eligible(message: Message) -> bool:
    return message.has_roles and message.domain == "none" and len(message.text.split()) >= 6


def measure(name: str, engine: str, level: Level, texts: list[str], model: str = "") -> Row:
    settings = Settings(
        engines=(engine,),
        level=level,
        memo_entries=0,
        deadline_ms=None,
        admission=AdmissionSettings(min_words=1),
        safety=SafetySettings(open_domains=frozenset(DOMAINS)),
        target=TargetSettings(tokenizer="llama3"),
        rewrite=RewriteSettings(model=model) if model else RewriteSettings(),
    )
    saved = before = lost = drafts = accepted = 0
    spent: list[float] = []
    net = 0.0
    judge = Distiller(Settings(engines=("extract",)))
    with Distiller(settings) as distiller:
        distiller.load()
        for text in texts:
            began = time.perf_counter()
            result = distiller.distill(text)
            spent.append((time.perf_counter() - began) * 1000)
            saved += result.tokens_before - result.tokens_after
            before += result.tokens_before
            net += result.record.energy.net_uwh if result.record.energy else 0.0
            drafts += len(result.record.drafts)
            accepted += sum(draft.accepted for draft in result.record.drafts)
            lost += _losses(judge, distiller, text)
    return Row(name, saved, before, lost, drafts, accepted, spent, net)


def _losses(judge: Distiller, distiller: Distiller, text: str) -> int:
    """What the engine's own draft lost, by the checks of the verifier."""
    reading = judge.read(text)
    request = DraftRequest(
        text=text,
        reading=reading,
        level=distiller.settings.level,
        token_budget=10**9,
        count_tokens=len,
        reread=judge.read,
    )
    try:
        draft = distiller.engines[0].submit(request).result()
    except EngineError:
        return 0
    if draft is None:
        return 0
    context = VerifierContext(
        reading, judge.read(draft.text), generative=draft.generative, edits=draft.edits
    )
    return sum(len(list(loss.find(context))) for loss in LOSSES)


if __name__ == "__main__":
    main()
