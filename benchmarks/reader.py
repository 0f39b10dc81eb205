"""The Reader: a whole distillation against its bare forward pass, growth, memory.

python -m benchmarks.reader
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.pipeline import PROMPT, timed
from spsd_core import Distiller, SafetySettings, Settings
from spsd_core.reader import shared_encoder
from spsd_core.settings import DOMAINS

PLAIN = (
    "Compare three ways to heat a greenhouse of 12 square metres through a winter with nights of "
    "minus 8 degrees: an electric fan heater, a paraffin stove and a heat mat under the benches. "
    "For each, state what it costs to run for a week at 0.30 euros a kilowatt hour, how evenly it "
    "warms the beds, what can go wrong, and which plants it suits. The greenhouse has twin-wall "
    "polycarbonate panels, a concrete floor and one door that does not close tightly. It holds two "
    "lemon trees, forty trays of seedlings from February on, and a bench of cacti that must stay "
    "dry. I have a 16 ampere socket in it and no gas. Put the comparison into a table with one row "
    "per method, then recommend one of them in at most 80 words, and list what has to be bought, "
    "with sizes but without brands."
)
ROUNDS = 60
_MEMORY = """
from pathlib import Path
from spsd_core import Distiller, Settings, TargetSettings
with Distiller(Settings(target=TargetSettings(tokenizer={tokenizer!r}))) as distiller:
    distiller.distill({text!r})
status = Path("/proc/self/status").read_text()  # getrusage would count the parent's, too
print(int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6)
"""


def main() -> None:
    against_the_forward_pass()
    growth()
    memory()


def against_the_forward_pass() -> None:
    """Both in turns on the same texts, so that other load on the machine hits both."""
    settings = Settings(memo_entries=0, safety=SafetySettings(open_domains=frozenset(DOMAINS)))
    distiller = Distiller(settings)
    for name, text in (("courteous", PROMPT), ("plain", PLAIN)):
        forward = _forward_pass(text)
        bare: list[float] = []
        whole: list[float] = []
        for _ in range(ROUNDS):
            bare.append(timed(forward))
            whole.append(timed(lambda text=text: distiller.distill(text)))
        result = distiller.distill(text)
        print(
            f"{name}: {len(text.split())} words, {result.tokens_before} -> {result.tokens_after} "
            f"tokens; forward pass p50 {_p50(bare):.1f} ms, distill p50 {_p50(whole):.1f} ms, "
            f"ratio {_p50(whole) / _p50(bare):.2f}"
        )


def _forward_pass(text: str) -> Callable[[], Any]:
    """The ONNX session on the ids of `text`, which must fit one window, and nothing else."""
    encoder = shared_encoder()
    ids = np.array([encoder._tokenizer.encode(text).ids], dtype=np.int64)
    feed = {"ids": ids, "mask": np.ones_like(ids)}
    return lambda: encoder._session.run(None, feed)


def growth() -> None:
    """Time against length; linear means a constant last column."""
    settings = Settings(
        memo_entries=0, deadline_ms=None, safety=SafetySettings(open_domains=frozenset(DOMAINS))
    )
    distiller = Distiller(settings)
    print("characters      ms    ms per 1,000 characters")
    for copies in (1, 10, 100):
        text = "\n\n".join([PLAIN] * copies)
        best = min(timed(lambda text=text: distiller.distill(text)) for _ in range(2))
        print(f"{len(text):>10} {best:>8.1f} {best / len(text) * 1000:>10.3f}")


def memory() -> None:
    """Largest resident memory of a process that distils one text with the default engine; Linux."""
    long = "\n\n".join([PLAIN] * 110)
    for tokenizer in ("estimate", "llama3"):
        for name, text in (("one prompt", PROMPT), ("85 kB", long)):
            code = _MEMORY.format(text=text, tokenizer=tokenizer)
            run = subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True
            )
            print(f"peak memory, tokens by {tokenizer}, {name}: {float(run.stdout):.0f} MB")


def _p50(values: list[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
