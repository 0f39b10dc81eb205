"""What a rewrite changed, for a record that holds no words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from spsd_core.spans import Edit

__all__ = ["wordless_difference"]

_WORD_RE = re.compile(r"\s*\S+|\s+")
_LETTER_RE = re.compile(r"[^\W_]")
_MASK = "•"
_MOST_PAIRS = 200_000
"""Pairs of equal words; comparing texts with more takes too long, and they are one edit."""


def wordless_difference(original: str, text: str) -> tuple[Edit, ...]:
    """Edits from the original to a rewritten text, word by word, letters and digits masked.

    A replacement has the length of what stands in the text, so that who has both texts can mark
    the changes; who has the record alone cannot read them. Close to linear in both lengths.

    >>> wordless_difference("so tell me why", "say why")
    (Edit(start=0, end=10, replacement='•••'),)
    """
    old, new = _WORD_RE.findall(original), _WORD_RE.findall(text)
    starts = [0, *accumulate(map(len, old))]
    return tuple(
        Edit(starts[from_], starts[to], _LETTER_RE.sub(_MASK, "".join(words)))
        for from_, to, words in _changes(old, new)
    )


def _changes(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, Sequence[str]]]:
    """Stretches of `old`, each with what stands in its place."""
    shortest = min(len(old), len(new))
    head = next((at for at in range(shortest) if old[at] != new[at]), shortest)
    left = shortest - head
    tail = next((at for at in range(left) if old[-1 - at] != new[-1 - at]), left)
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    if not old_middle and not new_middle:
        return []
    times = Counter(new_middle)
    if sum(times[word] for word in old_middle) > _MOST_PAIRS:
        return [(head, len(old) - tail, new_middle)]
    matcher = SequenceMatcher(None, old_middle, new_middle, autojunk=False)
    return [
        (head + old_from, head + old_to, new_middle[new_from:new_to])
        for operation, old_from, old_to, new_from, new_to in matcher.get_opcodes()
        if operation != "equal"
    ]
