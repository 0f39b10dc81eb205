"""`spsd audit`: prompts a second, and memory on a stream that never touches a disk.

python -m benchmarks.audit [--prompts N] [--workers N] [--stream MB]

The log is synthetic, written from a seed: short prompts of 2 to 40 words, of which about a third
holds courtesy, an eighth is too short to be read, and a fifth is word for word an earlier one. The
stream is the same, through a named pipe, with `lexical` and far more of it than the figures keep.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

SEED = 6
OPENINGS = ("Hi!", "Hello there,", "Good morning!", "I hope you are doing well.", "Sorry to ask,")
CLOSINGS = ("Thank you so much!", "Thanks in advance.", "Any help is appreciated!", "Cheers!")
TASKS = (
    "name {number} rivers between {place} and {other}",
    "what does a ticket from {place} to {other} cost on a {day} in week {number}",
    "write a short note to my team about the move of {number} people to {place} next {day}",
    "compare {thing} and {stuff} in a table with {number} rows",
    "why is my {thing} slower after update {number} on {day}, and what can I try",
    "translate into Norwegian: the {thing} is in the {stuff} room {number}",
    "list {number} uses of {stuff} that need no {thing}",
    "summarise in at most {number} words how {stuff} is made and why it was once rare",
)
WORDS = {
    "place": "Spain Norway Peru Bergen Lyon Turin Kenya Quebec".split(),
    "other": "Oslo Porto Riga Graz Izmir Perth Osaka Leeds".split(),
    "day": "Monday Tuesday Wednesday Thursday Friday".split(),
    "thing": "printer kettle router bicycle laptop camera radio drill".split(),
    "stuff": "glass paper wool cement salt rubber copper tea".split(),
}
SHORT = ("ok", "thanks!", "go on", "and then?", "yes please", "why?", "more", "no, the other one")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--stream", type=int, default=200, metavar="MB")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        speed(Path(folder), args.prompts, args.workers)
        stream(Path(folder), args.stream, args.workers)


def prompts(seed: int) -> Iterator[str]:
    """Prompts without end."""
    chance = random.Random(seed)
    earlier: list[str] = []
    while True:
        kind = chance.random()
        if kind < 0.12:
            yield chance.choice(SHORT)
        elif kind < 0.3 and earlier:
            yield chance.choice(earlier)
        else:
            text = _prompt(chance)
            if len(earlier) < 5000:
                earlier.append(text)
            yield text


def _prompt(chance: random.Random) -> str:
    words = {name: chance.choice(choices) for name, choices in WORDS.items()}
    task = chance.choice(TASKS).format(**words, number=chance.randint(3, 900))
    if chance.random() < 0.35:
        asked = f"{chance.choice(OPENINGS)} Could you please {task}? {chance.choice(CLOSINGS)}"
        return asked if chance.random() < 0.9 else f"{asked} I am in a hurry."
    return f"{task[0].upper()}{task[1:]}."


def speed(folder: Path, count: int, workers: int) -> None:
    """Prompts a second without the start of the processes, and what each takes of a core."""
    log = folder / "log.jsonl"
    source = prompts(SEED)
    texts = [next(source) for _ in range(count)]
    log.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    for engine in ("lexical", "extract"):
        few = folder / "few.jsonl"
        few.write_text("".join(log.read_text().splitlines(keepends=True)[:10]))
        start, start_cpu, _ = _audit(few, engine, workers)
        took, cpu, found = _audit(log, engine, workers)
        rate, core_ms = count / (took - start), 1000 * (cpu - start_cpu) / count
        print(
            f"{engine}, {workers} worker(s): {count} prompts ({len(set(texts))} distinct, "
            f"{found['distilled']} distilled) in {took:.1f} s, of which {start:.1f} s to start\n"
            f"    {rate:.0f} prompts/s, {rate * 3600:,.0f} an hour as busy as the machine was\n"
            f"    {core_ms:.2f} core-ms a prompt: {2 * 3.6e6 / core_ms:,.0f} an hour on two free "
            "cores"
        )


def _audit(log: Path, engine: str, workers: int) -> tuple[float, float, dict[str, int]]:
    command = [sys.executable, "-m", "spsd_core", "audit", str(log), "--engine", engine]
    command += ["--workers", str(workers), "--sample", "0", "--json"]
    began, cpu = time.perf_counter(), _cpu_of_children()
    done = subprocess.run(command, check=True, capture_output=True)
    took = time.perf_counter() - began
    return took, _cpu_of_children() - cpu, json.loads(done.stdout)


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def stream(folder: Path, megabytes: int, workers: int) -> None:
    """Peak memory of the largest process, for a tenth of the stream and for all of it.

    The rows carry ballast that an audit does not read, as request logs do.
    """
    for size in (megabytes // 10, megabytes):
        pipe = folder / f"pipe-{size}"
        os.mkfifo(pipe)
        command = [sys.executable, "-c", _MEASURED, str(pipe), str(workers)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        writer = threading.Thread(target=_write, args=(pipe, size * 1_000_000), daemon=True)
        writer.start()
        out, _ = process.communicate()
        print(f"a stream of {size} MB: {out.strip()}")


_MEASURED = """
import resource, sys
from spsd_core import Settings
from spsd_core.audit import AuditOptions, audit_log
if __name__ == "__main__":
    options = AuditOptions(format="jsonl", workers=int(sys.argv[2]), sample=0)
    report = audit_log(sys.argv[1], Settings(engines=("lexical",)), options)
    peak = [resource.getrusage(who).ru_maxrss // 1024
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"{report.figures['prompts']} prompts, peak {peak[0]} MB, largest worker {peak[1]} MB")
"""


def _write(pipe: Path, size: int) -> None:
    written = 0
    ballast = "x" * 20_000
    with pipe.open("w") as file:
        for text in prompts(SEED + 1):
            written += file.write(json.dumps({"text": text, "trace": ballast}) + "\n")
            if written >= size:
                return


if __name__ == "__main__":
    main()
