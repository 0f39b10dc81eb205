"""Greedy decoding, with guesses from prompt lookup verified in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from spsd_core.engines.rewrite.lookup import PromptLookup
from spsd_core.engines.rewrite.session import EVALUATION_CHUNK, LARGEST_EVALUATION, LlamaSession

__all__ = ["evaluate_in_chunks", "exact_width", "greedy_tokens"]


def evaluate_in_chunks(
    session: LlamaSession, tokens: Sequence[int], check: Callable[[], None]
) -> None:
    """Append `tokens` to the context; `check` runs before each chunk and may raise to stop.

    A short rest goes with the chunk before it: on its own it would cost almost as much.
    """
    start = 0
    while start < len(tokens):
        rest = len(tokens) - start
        size = rest if rest <= LARGEST_EVALUATION else EVALUATION_CHUNK
        check()
        session.evaluate(tokens[start : start + size])
        start += size


def greedy_tokens(
    session: LlamaSession, lookup: PromptLookup, check: Callable[[], None]
) -> Iterator[int]:
    """The most likely continuation of the context, token by token, up to the end of the turn.

    Each evaluation holds the last token and guesses at the following ones. A guess is kept as far
    as it is what the model would have chosen, so guessing changes the time and not the result.

    Args:
        session: its context ends with the prompt, evaluated last.
        lookup: makes the guesses.
        check: runs before each evaluation and may raise to stop.
    """
    token = session.best(-1)
    while not session.ends_turn(token):
        lookup.write(token)
        yield token
        check()
        guesses = lookup.guess()
        start = session.length
        session.evaluate([token, *guesses], outputs=1 + len(guesses))
        accepted = 0
        token = session.best(0)
        while accepted < len(guesses) and token == guesses[accepted]:
            lookup.write(token)
            yield token
            accepted += 1
            token = session.best(accepted)
        lookup.learn(len(guesses), accepted)
        session.truncate(start + 1 + accepted)


def exact_width(session: LlamaSession, tokens: Sequence[int], widest: int) -> int:
    """How many tokens may share an evaluation without changing a bit of what each would give alone.

    The kernels a processor uses for small batches round as for one token up to a width that
    depends on the build, the quantisation and the number of threads; beyond it a near tie may fall
    the other way. So it is measured here, on the model itself. The context is left as it was.

    Args:
        session: its context holds the fixed prefix.
        tokens: any tokens, at least `widest`.
        widest: the most that is wanted.
    """
    start = session.length
    alone: list[bytes] = []
    for token in tokens[:widest]:
        session.evaluate([token])
        alone.append(session.logits(-1).tobytes())
    session.truncate(start)
    for width in range(min(widest, len(alone)), 1, -1):
        session.evaluate(tokens[:width], outputs=width)
        together = [session.logits(index).tobytes() for index in range(width)]
        session.truncate(start)
        if together == alone[:width]:
            return width
    return 1
