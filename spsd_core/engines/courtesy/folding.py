"""Folding: the form of a text in which phrases are looked for."""

from __future__ import annotations

__all__ = ["fold"]

_PLAIN = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "´": "'", "\u00a0": " "})


def fold(text: str) -> str:
    """Lower case, straight apostrophes, plain blanks; every character still in its place.

    >>> fold("I’M Sorry")
    "i'm sorry"
    """
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow when lowered, "İ" among them
        lowered = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return lowered.translate(_PLAIN)
