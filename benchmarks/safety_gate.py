"""How fast the safety gate reads, ordinary and hostile texts: python -m benchmarks.safety_gate.

How well it decides is a matter of labelled texts: `spsd gate report DATA.jsonl`.
"""

from __future__ import annotations

import resource
import sys
import time

from spsd_core.safety import SafetyGate
from spsd_core.settings import SafetySettings
from training.markup import read_corpus

_PIECE = 1000


def ordinary_prose(gate: SafetyGate) -> str:
    """The messages of the corpus that are ordinary and not gated, one after another."""
    messages = (message for message in read_corpus() if message.domain == "none")
    return " ".join(message.text for message in messages if not gate.hits(message.text))


def one_after_another(gate: SafetyGate, prose: str) -> tuple[float, float]:
    """Median milliseconds for 300 different pieces of prose, and for the same pieces again."""
    pieces = [prose[start : start + _PIECE] for start in range(0, 300 * _PIECE, _PIECE)]
    rounds = []
    for _ in range(2):
        times = []
        for piece in pieces:
            start = time.perf_counter()
            gate.hits(piece)
            times.append((time.perf_counter() - start) * 1000)
        rounds.append(sorted(times)[len(times) // 2])
    return rounds[0], rounds[1]


def median_ms(gate: SafetyGate, text: str, rounds: int) -> str:
    """Median wall and CPU time of one call; they differ where the machine is busy."""
    wall, cpu = [], []
    for _ in range(rounds):
        start, start_cpu = time.perf_counter(), time.process_time()
        gate.hits(text)
        wall.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - start_cpu) * 1000)
    return f"{sorted(wall)[rounds // 2]:9.3f} ms   CPU {sorted(cpu)[rounds // 2]:9.3f} ms"


def peak_mib() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def main() -> None:
    gate = SafetyGate(SafetySettings())
    before = peak_mib()
    start = time.perf_counter()
    gate.hits("load the rules")
    print(f"rules loaded and compiled in {(time.perf_counter() - start) * 1000:.0f} ms")

    prose = ordinary_prose(SafetyGate(SafetySettings()))
    first, again = one_after_another(gate, prose)
    print(f"  {_PIECE} characters of ordinary messages: {first:.2f} ms, once more {again:.2f} ms")
    million = (prose + " ") * (1_000_000 // len(prose) + 1)
    cases = {
        "ordinary messages": million[:1_000_000],
        "one word": "a" * 1_000_000,
        "spaces": " " * 1_000_000,
        "quotes": '"' * 1_000_000,
        "a@": "a@" * 500_000,
        "spelt-out letters": "k i l l " * 125_000,
        "one evidence group": "my wife " * 125_000,
        "two evidence groups": "my head " * 60_000 + "hurts " * 80_000,
        "non-ASCII": "schöne Grüße, " * 71_000,
    }
    for name, text in cases.items():
        print(f"  1 MB of {name:28s} {median_ms(gate, text, 3)}")
    print(f"memory: {before:.0f} MiB before the rules, {peak_mib():.0f} MiB at the peak")


if __name__ == "__main__":
    main()
