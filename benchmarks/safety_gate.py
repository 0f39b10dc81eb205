"""Measure the safety gate on labelled prompts: recall, false alarms, speed.

Usage: python benchmarks/safety_gate.py FOLDER [--misses] [--alarms]

FOLDER holds `safety_critical.jsonl` (must be gated), `not_critical.jsonl` (must not be) and
`user_prompts.jsonl` (unlabelled; what is gated is shown with --alarms). One JSON object a line:
`{"id", "text", "label": {...}, "source"}`. Rows whose label says `ambiguous_needs_review` do not
enter the false-positive rate.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from spsd_core.safety import SafetyGate
from spsd_core.settings import SafetySettings

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def share(part: int, whole: int) -> str:
    return f"{part:5d} of {whole:5d}  {part / whole:7.2%}" if whole else "    - none -"


def table(title: str, rows: list[Row], gated: set[str], key: str) -> None:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        name = row["source"] if key == "source" else str(row["label"].get("critical"))
        groups[name].append(row)
    print(f"\n{title}")
    for name, members in sorted(groups.items()):
        print(f"  {name:55s} {share(sum(r['id'] in gated for r in members), len(members))}")
    print(f"  {'all':55s} {share(sum(r['id'] in gated for r in rows), len(rows))}")


def show(title: str, rows: list[Row], hits: dict[str, list[str]] | None = None) -> None:
    print(f"\n{title} ({len(rows)})")
    for row in rows:
        rules = f"  [{', '.join(hits[row['id']])}]" if hits else ""
        print(f"  {row['source']}: {row['text'][:300]!r}{rules}")


def median_ms(gate: SafetyGate, text: str, rounds: int) -> str:
    """Median wall and CPU time of one call; they differ where the machine is busy."""
    wall, cpu = [], []
    for _ in range(rounds):
        start, start_cpu = time.perf_counter(), time.process_time()
        gate.hits(text)
        wall.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - start_cpu) * 1000)
    return f"{sorted(wall)[rounds // 2]:9.3f} ms   CPU {sorted(cpu)[rounds // 2]:9.3f} ms"


def speed(gate: SafetyGate, prompts: list[Row]) -> None:
    texts = [row["text"] for row in prompts if not gate.hits(row["text"])]
    prose = " ".join(texts) or "The quick brown fox reads a long report about trade. " * 40
    million = (prose + " ") * (1_000_000 // len(prose) + 1)
    print("\nspeed (median)")
    piece = prose[:1000]
    print(f"  {len(piece)} characters of ordinary prompts   {median_ms(gate, piece, 200)}")
    cases = {
        "ordinary prompts": million[:1_000_000],
        "one word": "a" * 1_000_000,
        "spaces": " " * 1_000_000,
        "quotes": '"' * 1_000_000,
        "a@": "a@" * 500_000,
        "one evidence group": "my wife " * 125_000,
        "two evidence groups": "my head " * 60_000 + "hurts " * 80_000,
        "non-ASCII": "schöne Grüße, " * 71_000,
    }
    for name, text in cases.items():
        print(f"  1 MB of {name:28s} {median_ms(gate, text, 3)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--misses", action="store_true", help="show critical texts not gated")
    parser.add_argument("--alarms", action="store_true", help="show ordinary texts that are gated")
    parser.add_argument("--no-speed", action="store_true")
    options = parser.parse_args()

    gate = SafetyGate(SafetySettings())
    start = time.perf_counter()
    gate.hits("load the rules")
    print(f"rules loaded and compiled in {(time.perf_counter() - start) * 1000:.0f} ms")

    critical = read(options.folder / "safety_critical.jsonl")
    ordinary = read(options.folder / "not_critical.jsonl")
    prompts = read(options.folder / "user_prompts.jsonl")
    clear = [r for r in ordinary if r["label"].get("expected_gate") != "ambiguous_needs_review"]
    hits = {r["id"]: [h.rule for h in gate.hits(r["text"])] for r in critical + ordinary + prompts}
    gated = {row for row, rules in hits.items() if rules}

    table("recall by source", critical, gated, "source")
    table("recall by domain", critical, gated, "domain")
    table("false positives by source", clear, gated, "source")
    table("unlabelled user prompts gated", prompts, gated, "source")
    if options.misses:
        show("misses", [r for r in critical if r["id"] not in gated])
    if options.alarms:
        show("false alarms", [r for r in clear if r["id"] in gated], hits)
        show("gated user prompts", [r for r in prompts if r["id"] in gated], hits)
    if not options.no_speed:
        speed(gate, prompts)


if __name__ == "__main__":
    main()
