"""The path without the Reader: time by stage, growth with length, cost of importing.

python -m benchmarks.pipeline
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable

from spsd_core import Distiller, Settings

PROMPT = (
    "Hello there! I hope this email finds you well, and sorry to bother you again. I ordered a "
    "standing desk from your shop on 5 May (order 48213-B) and paid $389.99 by credit card. The "
    "parcel arrived in Bergen on Tuesday, but two of the four legs are bent and the box of screws "
    "is missing. I have already tried the repair kit that came with it, without success. I am "
    "quite frustrated, because the desk was a present and the party is on Friday. Could you please "
    "tell me whether you can send new legs by express within 2 days, or whether I should return "
    "the whole desk? I do not want a voucher. Please answer in at most five sentences, and name "
    "the cost of each option in a small table. If you need photos, my address is "
    "ingrid@example.org. Thank you so much for your time and your help! I really appreciate it. "
    "Best regards, Ingrid Solheim"
)
REPEATS = 400


def main() -> None:
    stages()
    growth()
    imports()


def stages() -> None:
    """Median time of a 150-word prompt, nothing remembered."""
    distiller = Distiller(Settings(engines=("lexical",), memo_entries=0))
    for _ in range(20):
        distiller.distill(PROMPT)
    totals: list[float] = []
    by_stage: dict[str, list[float]] = defaultdict(list)
    for _ in range(REPEATS):
        began = time.perf_counter()
        result = distiller.distill(PROMPT)
        totals.append((time.perf_counter() - began) * 1000)
        for stage in result.record.stages:
            by_stage[stage.stage].append(stage.ms)
    print(f"{len(PROMPT.split())} words, {result.tokens_before} -> {result.tokens_after} tokens")
    print(f"whole pipeline      p50 {_p(totals, 50):.2f} ms   p95 {_p(totals, 95):.2f} ms")
    for stage, values in by_stage.items():
        print(f"  {stage:<17} p50 {_p(values, 50):.2f} ms")
    remembering = Distiller(Settings(engines=("lexical",)))
    remembering.distill(PROMPT)
    again = [timed(lambda: remembering.distill(PROMPT)) for _ in range(REPEATS)]
    print(f"remembered text     p50 {_p(again, 50):.2f} ms")


def growth() -> None:
    """Time of the whole pipeline against length; linear means a constant last column."""
    distiller = Distiller(Settings(engines=("lexical",), memo_entries=0, deadline_ms=None))
    print("characters      ms    ms per 1,000 characters")
    for copies in (10, 100, 1000):
        text = "\n\n".join([PROMPT] * copies)
        best = min(timed(lambda text=text: distiller.distill(text)) for _ in range(3))
        print(f"{len(text):>10} {best:>8.1f} {best / len(text) * 1000:>10.3f}")


def imports() -> None:
    """Import time against pydantic with one model: fresh interpreters, interleaved."""
    commands = {
        "import pydantic + one model": (
            "import pydantic\nclass M(pydantic.BaseModel):\n    a: int = 0\n"
        ),
        "import spsd_core": "import spsd_core",
        "from spsd_core import Distiller, Settings; Distiller(Settings())": (
            "from spsd_core import Distiller, Settings\nDistiller(Settings())"
        ),
        "the same, and one call": (
            "from spsd_core import Distiller, Settings\n"
            "settings = Settings(engines=('lexical',))\n"
            "Distiller(settings).distill('Hi! Could you please name three rivers? Thanks!')"
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(9):
        for name, code in commands.items():
            times[name].append(
                timed(lambda code=code: subprocess.run([sys.executable, "-c", code], check=True))
            )
    bare = [
        timed(lambda: subprocess.run([sys.executable, "-c", "0"], check=True)) for _ in range(9)
    ]
    floor = statistics.median(bare)
    base = statistics.median(times["import pydantic + one model"]) - floor
    for name, values in times.items():
        own = statistics.median(values) - floor
        print(f"{own:7.0f} ms  {own / base:5.2f} x  {name}")


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _p(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


if __name__ == "__main__":
    main()
