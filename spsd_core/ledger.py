"""The ledger: counts a draft in the target model's tokens and says whether it is worth sending."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spsd_core.spans import Edit
from spsd_core.tokens import RequestCounter

__all__ = ["Candidate", "token_budget", "worth_sending"]


@dataclass(frozen=True)
class Candidate:
    """A verified draft and what it costs."""

    text: str
    engine: str
    tokens: int
    """Target tokens of the bare text."""
    edits: tuple[Edit, ...]
    """From the original to `text`."""


def token_budget(tokens_before: int, minimum: int, share: float, best: Candidate | None) -> int:
    """From how many target tokens on a draft is worthless (bare text, without template).

    >>> token_budget(100, 1, 0.1, None), token_budget(100, 1, 0.0, None)
    (91, 100)
    """
    wanted = max(minimum, math.ceil(tokens_before * share))
    budget = tokens_before - wanted + 1
    return budget if best is None else min(budget, best.tokens)


def worth_sending(
    counter: RequestCounter, tokens_before: int, tokens_after: int, budget: int, minimum: int
) -> bool:
    """Whether the draft stays under the budget and surely saves; estimates keep their margin."""
    return tokens_after < budget and counter.saves(tokens_before, tokens_after, minimum)
