"""The local rewrite engine against plain generation with the same model and the same messages.

python -m benchmarks.rewrite --model PATH [--prompts FILE] [--threads N] [--lookup N] [--limit N]

The naive side is `Llama.create_chat_completion` at temperature 0, which keeps the common prefix of
consecutive prompts too; both sides have read it before the clock starts. Both run one after the
other on each prompt, in turns as to which goes first, so that other load on the machine hits both.
Processor time is shown next to wall time because it suffers less from such load.

A prompt counts as `accepted` where the engine's draft passes the verifier and saves enough, as
`no saving` where it was given up for saving too little (or nothing was to be left out), and as
`refused` where the verifier or its guard refused the content.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import Draft, DraftRequest
from spsd_core.engines.rewrite.llama_cpp import LlamaCppEngine
from spsd_core.engines.rewrite.prompt import rewrite_messages
from spsd_core.exceptions import DraftAbandoned, EngineError
from spsd_core.reading import read
from spsd_core.settings import Settings, VerifierSettings
from spsd_core.tokens.estimate import EstimateCounter
from spsd_core.verifier import verify

PROMPTS = Path(__file__).with_name("rewrite_prompts.txt")
SPARE_TOKENS = 32


@dataclass(frozen=True)
class Timing:
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Pair:
    kind: str
    engine: Timing
    naive: Timing
    prompt_tokens: int
    """Evaluated by the engine; the naive side evaluates as many, its prefix being kept too."""
    generated: int
    naive_generated: int


def main() -> None:
    arguments = _arguments()
    prompts = [each.strip() for each in arguments.prompts.read_text("utf-8").split("\n---\n")]
    settings = Settings.model_validate(
        {
            "engines": ["rewrite"],
            "rewrite": {
                "model": arguments.model,
                "threads": arguments.threads,
                "lookup_tokens": arguments.lookup,
            },
        }
    )
    engine, naive = LlamaCppEngine(settings), _load_naive(arguments.model, arguments.threads)
    warm_up = "Hello! Could you please tell me how late it is in Lima? Thank you very much!"
    _draft(engine, settings, warm_up)
    _generate(naive, warm_up)
    pairs = []
    for index, prompt in enumerate(prompts[: arguments.limit]):
        pairs.append(_measure(engine, naive, settings, prompt, engine_first=index % 2 == 0))
        print(_line(index, pairs[-1]), flush=True)
    _report(pairs, engine.prefix_evaluations)
    engine.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", required=True, help="path of a GGUF file")
    parser.add_argument("--prompts", type=Path, default=PROMPTS, help="file, separated by ---")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--lookup", type=int, default=8, help="longest guess; 0: none")
    parser.add_argument("--limit", type=int, default=None, help="only the first so many prompts")
    return parser.parse_args()


def _load_naive(model: str, threads: int) -> Any:
    from llama_cpp import Llama

    return Llama(
        model, n_ctx=4096, n_threads=threads, n_threads_batch=threads, verbose=False, seed=0
    )


def _measure(
    engine: LlamaCppEngine, naive: Any, settings: Settings, prompt: str, *, engine_first: bool
) -> Pair:
    outcome: dict[str, Any] = {}

    def ours() -> None:
        outcome["draft"] = _draft(engine, settings, prompt)

    def theirs() -> None:
        outcome["naive"] = _generate(naive, prompt)

    if engine_first:
        engine_time, naive_time = _timed(ours), _timed(theirs)
    else:
        naive_time, engine_time = _timed(theirs), _timed(ours)
    kind, prompt_tokens, generated = outcome["draft"]
    return Pair(kind, engine_time, naive_time, prompt_tokens, generated, outcome["naive"])


def _draft(engine: LlamaCppEngine, settings: Settings, prompt: str) -> tuple[str, int, int]:
    """What became of the prompt, and the tokens evaluated and generated for it."""
    counter = EstimateCounter()
    share = settings.rewrite.min_saving_share
    before = counter.count(prompt)
    budget = before - max(1, math.ceil(before * share)) + 1
    request = DraftRequest(prompt, read(prompt), settings.level, budget, counter.count)
    try:
        draft = engine.submit(request).result()
    except EngineError as error:
        unprofitable = isinstance(error, DraftAbandoned) and error.reason is Reason.NO_SAVING
        kind = "no saving" if unprofitable else "refused"
        return kind, error.prompt_tokens_evaluated, error.tokens_generated
    if draft is None:
        return "no saving", 0, 0
    return _verdict(prompt, draft), draft.prompt_tokens_evaluated, draft.tokens_generated


def _verdict(prompt: str, draft: Draft) -> str:
    checks = verify(read(prompt), draft, VerifierSettings())
    return "accepted" if all(check.passed for check in checks) else "refused"


def _generate(naive: Any, prompt: str) -> int:
    messages = [{"role": role, "content": content} for role, content in rewrite_messages(prompt)]
    limit = len(naive.tokenize(prompt.encode(), add_bos=False)) + SPARE_TOKENS
    answer = naive.create_chat_completion(messages, temperature=0.0, max_tokens=limit)
    return int(answer["usage"]["completion_tokens"])


def _timed(work: Callable[[], None]) -> Timing:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def _line(index: int, pair: Pair) -> str:
    return (
        f"{index + 1:>3} {pair.kind:<10} engine {pair.engine.wall_s:6.2f} s "
        f"({pair.prompt_tokens}+{pair.generated} tokens)  naive {pair.naive.wall_s:6.2f} s "
        f"({pair.naive_generated} generated)  ratio {_wall(pair):.2f} wall {_cpu(pair):.2f} cpu"
    )


def _wall(pair: Pair) -> float:
    return pair.engine.wall_s / pair.naive.wall_s


def _cpu(pair: Pair) -> float:
    return pair.engine.cpu_s / pair.naive.cpu_s


def _report(pairs: list[Pair], prefix_evaluations: int) -> None:
    by_kind: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_kind[pair.kind].append(pair)
    print(f"\nprefix evaluated {prefix_evaluations} time(s) for {len(pairs) + 1} texts")
    print("engine time / naive time     wall p50   p90    cpu p50   p90")
    for kind, group in [*sorted(by_kind.items()), ("all", pairs)]:
        wall, cpu = sorted(map(_wall, group)), sorted(map(_cpu, group))
        print(
            f"  {kind:<12} n={len(group):<3}        {statistics.median(wall):>8.2f}"
            f"{_p90(wall):>7.2f}{statistics.median(cpu):>10.2f}{_p90(cpu):>7.2f}"
        )


def _p90(values: list[float]) -> float:
    return values[math.ceil(0.9 * len(values)) - 1]


if __name__ == "__main__":
    main()
