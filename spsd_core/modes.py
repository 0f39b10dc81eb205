"""Trying SPSD on live traffic: shadow mode, and split mode with a stable share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from spsd_core.settings import Settings, SplitSettings

__all__ = ["Arm", "arm_of"]

Arm = Literal["distilled", "original"]


def arm_of(settings: Settings, metadata: Mapping[str, Any]) -> Arm:
    """What is sent in the calls of this conversation: distilled texts, or the originals.

    In split mode it follows from the hash of the conversation's id alone, so it is the same at
    every turn, in every process, and after a restart. A call without an id gets the original.
    """
    if settings.mode == "on":
        return "distilled"
    if settings.mode == "shadow":
        return "original"
    return _arm(settings.split, metadata)


def _arm(split: SplitSettings, metadata: Mapping[str, Any]) -> Arm:
    for key in split.keys:
        if metadata.get(key) is not None:
            drawn = _uniform(f"{split.salt}\x00{metadata[key]}")
            return "distilled" if drawn < split.share else "original"
    return "original"


def _uniform(text: str) -> float:
    """A number from 0 up to 1 that looks drawn at random, and is always the same for a text."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
