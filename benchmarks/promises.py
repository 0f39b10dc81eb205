"""Holds the promises against every text in JSON-lines files, and says what is saved.

    python -m benchmarks.promises DATA_DIR [--engine NAME] [--show N]

Each file holds objects with a `text`. Prints the violations of P1 to P5 and P7 to P10, which must
be none, and by file: share distilled, tokens saved, reasons; with --engine, of another engine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from pathlib import Path

from spsd_core import Distillation, Distiller, Reason, Settings
from spsd_core.admission import find_chat_marker
from spsd_core.reading import AtomKind
from spsd_core.settings import Level
from spsd_core.spans import Edit, apply_edits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N distilled texts")
    parser.add_argument("--engine", default="extract")
    args = parser.parse_args()
    violations: list[str] = []
    levels: tuple[Level, ...] = ("light", "dense")
    for level in levels:
        distiller = Distiller(Settings(engines=(args.engine,), level=level, memo_entries=0))
        print(f"level {level}, tokens by {distiller.counter.name}")
        for path in sorted(args.data.glob("*.jsonl")):
            texts = list(_texts(path))
            results = [distiller.distill(text) for text in texts]
            for text, result in zip(texts, results):
                for problem in broken_promises(distiller, text, result):
                    violations.append(f"{path.name}: {problem}: {text[:80]!r}")
            _report(path.name, results)
            if level == "light":
                _show(texts, results, args.show)
    print(f"violations: {len(violations)}")
    for violation in violations[:50]:
        print(" ", violation)
    raise SystemExit(bool(violations))


def broken_promises(distiller: Distiller, text: str, result: Distillation) -> list[str]:
    """Which promises this result breaks."""
    broken = []
    if not result.distilled and result.text != text:
        broken.append("P1")
    if result.distilled and not (
        distiller.counter.request([("user", result.text)])
        < distiller.counter.request([("user", text)])
    ):
        broken.append("P2")
    broken += _lost(distiller, text, result.text)
    if result.distilled and distiller.distill(result.text).text != result.text:
        broken.append("not left alone the second time")
    if result.reason is Reason.INTERNAL_ERROR:
        broken.append("P7")
    other = asyncio.run(distiller.adistill(text))
    if (other.text, other.reason) != (result.text, result.reason):
        broken.append("P8")
    if find_chat_marker(text) is None and find_chat_marker(result.text) is not None:
        broken.append("P9")
    edits = [Edit(edit.start, edit.end, edit.replacement) for edit in result.record.edits]
    if apply_edits(text, edits) != result.text or not json.dumps(result.to_json()):
        broken.append("P10")
    return broken


def _lost(distiller: Distiller, text: str, sent: str) -> list[str]:
    if text == sent:
        return []
    reading = distiller.read(text)  # without what the Reader released: the name in a greeting
    lost = [
        f"P5 {atom.key}" if atom.kind is AtomKind.FEELING else f"P3 {atom.kind.value}"
        for atom in reading.atoms
        if atom.kind is not AtomKind.QUESTION and text[atom.start : atom.end] not in sent
    ]
    return lost + ["P4" for start, end in reading.payload if text[start:end] not in sent]


def _texts(path: Path) -> list[str]:
    rows = (json.loads(line) for line in path.open(encoding="utf-8"))
    return [row.get("text") or row["question"] for row in rows]


def _report(name: str, results: list[Distillation]) -> None:
    before = sum(result.tokens_before for result in results)
    saved = sum(result.tokens_saved for result in results)
    distilled = sum(result.distilled for result in results)
    reasons = Counter(result.reason.value for result in results)
    print(
        f"  {name:<32} {len(results):>5} texts  {distilled:>4} distilled  "
        f"{saved:>6} of {before} tokens saved ({100 * saved / before:.2f} %)"
    )
    print("   ", ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()))


def _show(texts: list[str], results: list[Distillation], count: int) -> None:
    for text, result in [pair for pair in zip(texts, results) if pair[1].distilled][:count]:
        print("   -", repr(text[:600]))
        print("   +", repr(result.text[:600]))


if __name__ == "__main__":
    main()
