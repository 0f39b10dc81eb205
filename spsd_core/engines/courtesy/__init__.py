"""The phrases of ritual courtesy, as data, and the small grammar by which they combine.

One file per family: greetings and good wishes, apologies, thanks, closings, requests, fillers.
Everything is written in lower case with straight apostrophes and matched against text folded the
same way. Every repeat is bounded, so the cost of a match is.

What is deliberately not here: anything with a negation ("if you don't mind"), a bare "can you ...?"
(it may ask about ability), "let me know" (a task as often as a ritual), "no problem", names, "if
possible" and "as soon as possible" (they say something), thanks for a thing ("for the refund").
"""

from spsd_core.engines.courtesy.fillers import without_opening_filler
from spsd_core.engines.courtesy.folding import fold
from spsd_core.engines.courtesy.grammar import (
    courtesy_after,
    courtesy_before,
    courtesy_inside,
    is_emphatic,
)

__all__ = [
    "courtesy_after",
    "courtesy_before",
    "courtesy_inside",
    "fold",
    "is_emphatic",
    "without_opening_filler",
]
