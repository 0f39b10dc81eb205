"""Shortening retrieved passages: is the answer still there, and what does it cost?

python -m benchmarks.context DATA [--open]

DATA is a folder with `xquad_paragraphs.jsonl` (`id`, `title`, `text`) and `xquad_questions.jsonl`
(`id`, `paragraph`, `question`, `answers`). Each question is asked of its paragraph and the nine
nearest to that. Per budget: questions whose answer string is left; target tokens before by after,
over all calls, and as the mean of the calls' ratios; calls sent as they were, by reason; passages
sent as they were because they are critical. `--open` opens every critical domain, so that every
passage may be shortened. The last lines are times, as multiples of the Reader's pass over the
question alone, taken in turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spsd_core import ContextDistiller, Reason, SafetySettings, Settings
from spsd_core.reader import shared_encoder
from spsd_core.settings import DOMAINS
from training.relevance import Asked, read_questions

_BUDGETS: tuple[dict[str, Any], ...] = ({}, {"ratio": 0.5}, {"ratio": 0.25}, {"ratio": 0.1})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--open", action="store_true", help="open every critical domain")
    args = parser.parse_args()
    asked = read_questions(args.data)
    opened = frozenset(DOMAINS) if args.open else frozenset()
    settings = Settings(safety=SafetySettings(open_domains=opened))
    print(f"{len(asked)} questions; gate {'open' if args.open else 'as delivered'}")
    with ContextDistiller(settings) as distiller:
        for budget in _BUDGETS:
            _budget(distiller, asked, budget)
        _times(distiller, asked)


def _budget(distiller: ContextDistiller, asked: Sequence[Asked], budget: dict[str, Any]) -> None:
    kept = before = after = whole = 0
    ratios: list[float] = []
    reasons: Counter[str] = Counter()
    for one in asked:
        found = distiller.distill(one.question, one.passages, **budget)
        kept += one.answered("\n".join(found.passages))
        before += found.tokens_before
        after += found.tokens_after
        ratios.append(found.tokens_before / max(1, found.tokens_after))
        if not found.distilled:
            reasons[found.reason.value] += 1
        else:
            whole += sum(
                record.reason is Reason.SAFETY_CRITICAL for record in found.record.passages
            )
    name = f"ratio {budget['ratio']}" if budget else "confidence"
    print(
        f"{name:11} answer kept {kept / len(asked):.3f}  tokens {before / after:5.2f}x  "
        f"mean ratio {statistics.mean(ratios):5.2f}x  whole calls {dict(reasons)}  "
        f"critical passages {whole} of {sum(len(one.passages) for one in asked)}"
    )


def _times(distiller: ContextDistiller, asked: Sequence[Asked]) -> None:
    encoder = shared_encoder()
    alone, ready, fresh, tokens = [], [], [], 0
    for one in asked:  # every question is new; its passages have been seen
        alone.append(_ms(lambda one=one: encoder.read(one.question)))
        ready.append(_ms(lambda one=one: distiller.distill(one.question, one.passages)))
    for one in asked[:: max(1, len(asked) // 40)]:
        with ContextDistiller(distiller.settings) as empty:
            fresh.append(_ms(lambda one=one: empty.distill(one.question, one.passages)))
            tokens += sum(map(empty.count, one.passages))
    pass_ms = statistics.median(alone)
    print(
        f"one pass over the question 1x ({pass_ms:.2f} ms); a call with vectors ready "
        f"{statistics.median(ready) / pass_ms:.2f}x; with nothing ready "
        f"{sum(fresh) / tokens * 1000 / pass_ms:.1f}x per 1,000 tokens of context "
        f"({sum(fresh) / tokens * 1000:.0f} ms)"
    )


def _ms(call: Any) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
