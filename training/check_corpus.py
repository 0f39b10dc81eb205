"""Examines the corpus: form, counts, duplicates. `python -m training.check_corpus [FILE ...]`.

With files, only these are examined for form; near-duplicates are looked for among all messages.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from training.markup import ROLES, MarkupError, Message, parse_file, read_corpus

__all__ = ["main", "near_duplicates"]

_WORD = re.compile(r"\w+")
_SHINGLE = 4
_ALIKE = 0.5
"""Jaccard similarity of word 4-grams from which two messages count as near duplicates."""


def near_duplicates(messages: Sequence[Message]) -> list[tuple[str, str]]:
    """Ids of pairs of messages that share half of their word 4-grams (or are equal)."""
    shingles = [_shingles(message.text) for message in messages]
    holders: dict[tuple[str, ...], list[int]] = {}
    pairs: list[tuple[str, str]] = []
    for index, own in enumerate(shingles):
        shared: Counter[int] = Counter()
        for shingle in own:
            shared.update(holders.setdefault(shingle, []))
            holders[shingle].append(index)
        for other, count in shared.items():
            if count / (len(own) + len(shingles[other]) - count) >= _ALIKE:
                pairs.append((messages[other].id, messages[index].id))
    return pairs


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    count = max(1, len(words) - _SHINGLE + 1)
    return {tuple(words[start : start + _SHINGLE]) for start in range(count)}


def summary(messages: Iterable[Message]) -> list[str]:
    """Counts by kind, domain, affect and role."""
    messages = list(messages)
    lines = [f"{len(messages)} messages, {sum(m.has_roles for m in messages)} with roles"]
    for name in ("kind", "domain", "affect", "persona"):
        counts = Counter(getattr(message, name) for message in messages)
        top = ", ".join(f"{value} {count}" for value, count in counts.most_common(12))
        lines.append(f"{name} ({len(counts)}): {top}")
    words: Counter[str] = Counter()
    for message in messages:
        if message.has_roles:
            for word in _WORD.finditer(message.text):
                words[message.role_at(word.start())] += 1
    total = sum(words.values()) or 1
    shares = (f"{name} {words[letter] / total:.1%}" for letter, name in ROLES.items())
    lines.append(f"words by role, of {total}: {', '.join(shares)}")
    plain = sum(m.has_roles and not any(s.role in "SR" for s in m.spans) for m in messages)
    payload = sum(any(s.role == "P" for s in m.spans) for m in messages)
    lines.append(f"nothing removable: {plain}, with payload: {payload}")
    return lines


def main() -> int:
    """Print problems and counts; 1 if there are problems."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--show", metavar="ID", help="print one message with S, then S and R cut")
    args = parser.parse_args()
    try:
        asked = [message for path in args.files for message in parse_file(path)]
        messages = asked or read_corpus()
    except MarkupError as error:
        print(error)
        return 1
    for message in messages:
        if args.show == message.id:
            print(f"{message.without('S')}\n---\n{message.without('SR')}")
    print("\n".join(summary(messages)))
    pairs = near_duplicates(messages)
    for pair in pairs:
        print("near duplicates:", *pair)
    return 1 if pairs else 0


if __name__ == "__main__":
    sys.exit(main())
