"""How good and how fast the token counters are, measured on texts of your own.

    python benchmarks/tokens.py DATA_DIR

DATA_DIR holds JSON-lines files whose objects have a `text` (or a `question`). Printed are

- the estimate's relative error against Llama 3's own tokenizer, for each file;
- how often the estimate's verdict "this saves at least N tokens" is wrong, on pairs of a text and
  the same text with sentences or words deleted, with a sentence replaced by one from elsewhere,
  and on pairs of different texts of nearly the same length (the worst case for an estimate);
- the time for 1,000 characters of the same texts, and for a megabyte of awkward ones.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from spsd_core.settings import TargetSettings
from spsd_core.tokens import RequestCounter, build_request_counter

SEED = 20
DELETIONS = 6
REPLACEMENTS = 6
MINIMA = (1, 3, 5, 10)
MEGABYTE = 1_000_000
AWKWARD = {
    "one word": "a",
    "spaces": " ",
    "line feeds": "\n",
    "quotes": '"',
    "'a@'": "a@",
    "underscores and dashes": "_-",
    "digits": "1",
    "emoji": "\N{GRINNING FACE}",
    "ideographs": "\u6f22",
    "lone surrogates": "\ud800",
}
_SENTENCE = re.compile(r".+?(?:[.!?]+(?=\s)\s*|\n+|$)", re.DOTALL)


class Pair(NamedTuple):
    """A text and what became of it."""

    before: str
    after: str


class Counted(NamedTuple):
    """A pair as both counters see it."""

    before: int
    after: int
    saved: int
    """Tokens truly saved, by the exact counter; negative where the request grew."""


def read_texts(folder: Path) -> dict[str, list[str]]:
    """The texts of every JSON-lines file, by its name."""
    texts: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line)
        found = [row.get("text") or row.get("question") for row in rows]
        texts[file.stem] = [text for text in found if text]
    return {name: found for name, found in texts.items() if found}


def with_deletions(texts: list[str], rng: random.Random) -> Iterator[Pair]:
    """Each text, and without up to half of its sentences; and without one to three words."""
    for text in texts:
        sentences = _SENTENCE.findall(text)
        for _ in range(DELETIONS if len(sentences) > 1 else 0):
            count = rng.randint(1, max(1, len(sentences) // 2))
            dropped = set(rng.sample(range(len(sentences)), count))
            kept = (sentence for i, sentence in enumerate(sentences) if i not in dropped)
            yield Pair(text, "".join(kept))
        words = text.split(" ")
        for _ in range(DELETIONS if len(words) > 5 else 0):
            start = rng.randrange(len(words) - 3)
            yield Pair(text, " ".join(words[:start] + words[start + rng.randint(1, 3) :]))


def with_replacements(texts: list[str], rng: random.Random) -> Iterator[Pair]:
    """Each text, and with one of its sentences replaced by one from anywhere."""
    everywhere = [sentence for text in texts for sentence in _SENTENCE.findall(text)]
    for text in texts:
        sentences = _SENTENCE.findall(text)
        for _ in range(REPLACEMENTS if len(sentences) > 1 else 0):
            place = rng.randrange(len(sentences))
            other = rng.choice(everywhere)
            yield Pair(text, "".join([*sentences[:place], other, *sentences[place + 1 :]]))


def with_neighbours(texts: list[str]) -> Iterator[Pair]:
    """Each text, and a somewhat shorter one that has nothing to do with it."""
    by_length = sorted(texts, key=len)
    for distance in (1, 4, 8, max(9, len(texts) // 30)):
        for shorter, longer in zip(by_length, by_length[distance:]):
            yield Pair(longer, shorter)


def report_errors(
    texts: dict[str, list[str]], exact: RequestCounter, guess: RequestCounter
) -> None:
    print(f"\n{guess.name} against {exact.name}, relative error of a text's count")
    print(f"{'file':<28}{'texts':>7}{'bias':>9}{'mean':>8}{'p95':>8}{'all together':>14}")
    everything = [text for found in texts.values() for text in found]
    for name, found in {**texts, "(all)": everything}.items():
        counts = [(guess.text(text), exact.text(text)) for text in found]
        errors = [(guessed - true) / true for guessed, true in counts if true]
        sizes = sorted(map(abs, errors))
        total = sum(guessed for guessed, _ in counts) / sum(true for _, true in counts) - 1
        print(
            f"{name:<28}{len(found):>7}{statistics.mean(errors):>+9.1%}"
            f"{statistics.mean(sizes):>8.1%}{sizes[int(0.95 * len(sizes))]:>8.1%}{total:>+14.2%}"
        )


def report_verdicts(
    kind: str, pairs: Iterator[Pair], exact: RequestCounter, guess: RequestCounter
) -> None:
    counted = [
        Counted(
            guess.request([("user", pair.before)]),
            guess.request([("user", pair.after)]),
            exact.request([("user", pair.before)]) - exact.request([("user", pair.after)]),
        )
        for pair in pairs
    ]
    for minimum in MINIMA:
        yes = [pair for pair in counted if guess.saves(pair.before, pair.after, minimum)]
        wrong = sum(pair.saved < minimum for pair in yes)
        grew = sum(pair.saved < 0 for pair in yes)
        true = sum(pair.saved >= minimum for pair in counted)
        found = len(yes) - wrong
        print(
            f"{kind:<14}{minimum:>8}{len(counted):>9}{len(yes):>9}{wrong:>8}"
            f"{wrong / max(1, len(yes)):>9.3%}{grew:>8}{found / max(1, true):>9.1%}"
        )


def report_times(texts: dict[str, list[str]], counters: list[RequestCounter]) -> None:
    everything = [text for found in texts.values() for text in found]
    characters = sum(map(len, everything))
    print("\ntime, milliseconds" + " " * 18 + "".join(f"{c.name:>20}" for c in counters))
    row = []
    for counter in counters:
        began = time.perf_counter()
        for text in everything:
            counter.text(text)
        row.append((time.perf_counter() - began) * 1e6 / characters)
    print(f"{'1,000 characters of the texts':<36}" + "".join(f"{ms:>20.3f}" for ms in row))
    for name, unit in AWKWARD.items():
        text = unit * (MEGABYTE // len(unit))
        row = []
        for counter in counters:
            began = time.perf_counter()
            counter.text(text)
            row.append((time.perf_counter() - began) * 1e3)
        print(f"{'1,000,000 characters: ' + name:<36}" + "".join(f"{ms:>20.0f}" for ms in row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    texts = read_texts(parser.parse_args().data)
    if not texts:
        parser.error("no JSON-lines files with texts there")
    exact = build_request_counter(TargetSettings(tokenizer="llama3"))
    guess = build_request_counter(TargetSettings(tokenizer="estimate"))
    exact.text("")
    report_errors(texts, exact, guess)

    everything = [text for found in texts.values() for text in found]
    rng = random.Random(SEED)
    print("\nthe estimate's yes to 'this saves at least N tokens', judged by Llama 3")
    print("pairs                N    pairs      yes   wrong    share    grew    found")
    report_verdicts("deletions", with_deletions(everything, rng), exact, guess)
    report_verdicts("replacements", with_replacements(everything, rng), exact, guess)
    report_verdicts("other texts", with_neighbours(everything), exact, guess)
    report_times(texts, [exact, guess])


if __name__ == "__main__":
    main()
