"""Fillers of speech, removed at level `dense` only: they carry tone, and no courtesy.

A phrase counts as a filler only where a comma closes it and it opens the sentence or follows a
comma, because each of them is also a word that says something ("he actually won", "I mean it",
"is the well, like most, dry?").
"""

from __future__ import annotations

import re

__all__ = ["FILLER_RE", "OPENING_FILLER_RE", "without_opening_filler"]

_PHRASE = (
    r"(?:you know|i mean|basically|actually|honestly|to be honest|tbh|anyways?|well|so yeah|yeah so|okay so|ok so|so basically|so actually"
    r"|(?:so,? )?(?:like|as) i (?:said|mentioned)|so|like|look|literally|i guess)"
)
_SOUND = (
    r"(?:(?:u{1,4}m{1,6}|u{1,4}h{1,4}m{0,4}|e{1,3}r{1,3}m{1,4}|h{1,3}m{2,6})(?![\w'-])|er(?=[,.…]))"
)

FILLER_RE = re.compile(
    rf"(?:(?<=, ){_PHRASE}\s{{0,2}},\s{{1,2}}|(?<![\w'-]){_SOUND}[\s,.…]{{0,4}})"
)
"""Inside a sentence."""
OPENING_FILLER_RE = re.compile(
    rf"(?:{_PHRASE}\s{{0,2}},\s{{1,2}}|(?:{_SOUND}|yeah so|ok(?:ay)? so)[\s,.…]{{1,4}})"
)
"""At its beginning."""


def without_opening_filler(folded: str) -> str:
    """A folded sentence without the filler at its beginning."""
    match = OPENING_FILLER_RE.match(folded)
    return folded[match.end() :] if match else folded
