"""The engines that shorten retrieved context, side by side: is the answer still there, how fast?

python -m benchmarks.context_engines DATA [--questions N] [--engine NAME ...] [--model NAME]

DATA is a folder with `xquad_paragraphs.jsonl` (`id`, `title`, `text`) and `xquad_questions.jsonl`
(`id`, `paragraph`, `question`, `answers`). Each question comes with its paragraph and the nine
nearest to that by the Reader's vector, in the order of the file. Per engine and ratio: questions
whose answer string is in what is left (with the 95 % interval of their share), target tokens before
and after, and milliseconds per 1,000 target tokens of context, models loaded and nothing
remembered. The engines take their turns on each question, so that other load on the machine hits
them all.

`perplexity` is asked directly, and may empty passages, as in the papers. It is slow: 30 questions
by default, spread evenly over the file. Without a ContextDistiller, `sentences` is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spsd_core.context.perplexity import PerplexityPruner
from spsd_core.reader import shared_encoder
from spsd_core.safety.report import Share
from spsd_core.settings import DOMAINS, Settings
from spsd_core.tokens.request import build_request_counter
from training.relevance import read_rows

RATIOS = (4, 10)
NEIGHBOURS = 9

Shorten = Callable[[str, Sequence[str], float], Sequence[str]]
"""Question, passages, share that may stay -> passages."""


@dataclass
class Tally:
    asked: int = 0
    answered: int = 0
    before: int = 0
    after: int = 0
    ms: float = 0.0

    def line(self, name: str, ratio: int) -> str:
        low, high = Share(self.answered, self.asked).interval or (0.0, 1.0)
        factor = self.before / max(1, self.after)
        return (
            f"{name:<12} {ratio:>3}x  answer kept {self.answered:>3} of {self.asked:<3} "
            f"({low:.0%} to {high:.0%})  "
            f"{self.before:>7} -> {self.after:>6} tokens ({factor:5.2f}x)  "
            f"{self.per_1000():>9.1f} ms per 1,000 tokens"
        )

    def per_1000(self) -> float:
        return self.ms / self.before * 1000


def main() -> None:
    arguments = _arguments()
    paragraphs = read_rows(arguments.data / "xquad_paragraphs.jsonl")
    questions = read_rows(arguments.data / "xquad_questions.jsonl")
    step = max(1, len(questions) // arguments.questions)
    chosen = questions[::step][: arguments.questions]
    engines = _engines(arguments.engine, arguments.model)
    count = build_request_counter(Settings().target).text
    contexts = _Contexts(paragraphs)
    for shorten in engines.values():  # loads the models
        shorten(chosen[0]["question"], [contexts.of(chosen[0]["paragraph"])[0]], 0.5)
    tallies = {(name, ratio): Tally() for name in engines for ratio in RATIOS}
    for number, row in enumerate(chosen, start=1):
        passages = contexts.of(row["paragraph"])
        for (name, ratio), tally in tallies.items():
            _measure(engines[name], row, passages, ratio, count, tally)
        if number % 10 == 0:
            print(f"... {number} of {len(chosen)} questions", flush=True)
    _report(tallies)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path, help="folder of the two files")
    parser.add_argument("--questions", type=int, default=30)
    parser.add_argument("--engine", action="append", choices=("sentences", "perplexity"))
    parser.add_argument("--model", default="smollm2-135m", help="of `perplexity`: name or path")
    return parser.parse_args()


class _Contexts:
    """The ten passages of a question."""

    def __init__(self, paragraphs: list[dict[str, Any]]) -> None:
        encoder = shared_encoder()
        self._texts = [row["text"] for row in paragraphs]
        self._place = {row["id"]: place for place, row in enumerate(paragraphs)}
        vectors = np.array([encoder.read(text).vector for text in self._texts])
        self._nearness = vectors @ vectors.T

    def of(self, paragraph: str) -> list[str]:
        """The paragraph and its nearest ones, in the order of the file."""
        place = self._place[paragraph]
        nearest = [
            int(other)
            for other in np.argsort(-self._nearness[place], kind="stable")
            if other != place
        ]
        return [self._texts[each] for each in sorted([place, *nearest[:NEIGHBOURS]])]


def _engines(names: Sequence[str] | None, model: str) -> dict[str, Shorten]:
    settings = Settings.model_validate(
        {
            "deadline_ms": None,
            "safety": {"open_domains": frozenset(DOMAINS)},
            "context": {
                "engine": "sentences",
                "memory_passages": 0,
                "drop_passages": True,
                "perplexity": {"model": model},
            },
        }
    )
    engines: dict[str, Shorten] = {}
    if "sentences" in (names or ("sentences",)):
        with contextlib.suppress(ImportError):
            engines["sentences"] = _by_sentences(settings)
    if "perplexity" in (names or ("perplexity",)):
        engines["perplexity"] = _by_perplexity(settings)
    return engines


def _by_sentences(settings: Settings) -> Shorten:
    from spsd_core.context import ContextDistiller

    distiller = ContextDistiller(settings)

    def shorten(question: str, passages: Sequence[str], ratio: float) -> Sequence[str]:
        return distiller.distill(question, passages, ratio=ratio).passages

    return shorten


def _by_perplexity(settings: Settings) -> Shorten:
    pruner = PerplexityPruner(settings)
    count = build_request_counter(settings.target).text

    def shorten(question: str, passages: Sequence[str], ratio: float) -> Sequence[str]:
        pruned = pruner.prune(question, passages, rate=ratio, count=count, may_empty=True)
        return pruned.passages

    return shorten


def _measure(
    shorten: Shorten,
    row: dict[str, Any],
    passages: Sequence[str],
    ratio: int,
    count: Callable[[str], int],
    tally: Tally,
) -> None:
    began = time.perf_counter()
    left = shorten(row["question"], passages, 1 / ratio)
    ms = (time.perf_counter() - began) * 1000
    joined = "\n\n".join(each for each in left if each)
    tally.asked += 1
    tally.answered += any(answer in joined for answer in _answers(row))
    tally.before += sum(map(count, passages))
    tally.after += sum(map(count, left))
    tally.ms += ms


def _answers(row: dict[str, Any]) -> list[str]:
    given = row["answers"]
    return [given] if isinstance(given, str) else list(given)


def _report(tallies: dict[tuple[str, int], Tally]) -> None:
    for (name, ratio), tally in tallies.items():
        print(tally.line(name, ratio))
    for ratio in RATIOS:
        if ("sentences", ratio) in tallies and ("perplexity", ratio) in tallies:
            fast, slow = tallies["sentences", ratio], tallies["perplexity", ratio]
            share = fast.per_1000() / slow.per_1000()
            print(f"time of sentences / time of perplexity at {ratio}x: {share:.4f}")


if __name__ == "__main__":
    main()
