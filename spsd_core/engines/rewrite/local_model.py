"""A GGUF model that has read the fixed part of the prompt and waits for texts to shorten."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import Draft, DraftRequest
from spsd_core.engines.rewrite.chat_template import frame_prompt
from spsd_core.engines.rewrite.decoding import evaluate_in_chunks, exact_width, greedy_tokens
from spsd_core.engines.rewrite.lookup import PromptLookup
from spsd_core.engines.rewrite.monitor import DraftMonitor
from spsd_core.engines.rewrite.prompt import clean_output
from spsd_core.engines.rewrite.session import EVALUATION_CHUNK, LlamaSession
from spsd_core.exceptions import DraftAbandoned, EngineError, EngineFailed, EngineUnavailable
from spsd_core.settings import RewriteSettings
from spsd_core.tokens.pieces import cut

__all__ = ["LocalModel"]

_MOST_BYTES_PER_TOKEN = 8
"""Ordinary text has four or five; anything above is refused unread where it could not fit."""
_MOST_CHARS_AT_ONCE = 1_000
"""llama.cpp splits words by regexes that recurse a character at a time: more overflow a stack."""
_SPARE_TOKENS = 32
"""A draft may be this much longer than its text before the model is held to be rambling."""


class LocalModel:
    """The model, its context and the kept prefix. For one thread at a time.

    Args:
        path: the GGUF file.
        settings: context size, threads and longest guess.
        between_steps: runs between chunks of the first evaluation, which can take half a minute on
            two cores; must not raise.

    Raises:
        EngineUnavailable: the file is no model that can be used; says why.
    """

    def __init__(
        self, path: Path, settings: RewriteSettings, between_steps: Callable[[], None]
    ) -> None:
        widest = min(settings.lookup_tokens + 1, EVALUATION_CHUNK)
        self.session = LlamaSession(
            path,
            context_tokens=settings.context_tokens,
            threads=settings.threads or _usable_cores(),
            most_outputs=widest,
        )
        try:
            self._read_prefix(widest, between_steps)
        except EngineError as error:
            self.session.free()
            raise EngineUnavailable(str(error)) from error
        except BaseException:
            self.session.free()
            raise

    def _read_prefix(self, widest: int, between_steps: Callable[[], None]) -> None:
        session = self.session
        chatml = [session.tokenize(f"<|im_{end}|>", parse_special=True) for end in ("start", "end")]
        bos = session.special_text("bos")
        frame = frame_prompt(
            session.chat_template,
            bos=bos,
            eos=session.special_text("eos"),
            has_chatml_tokens=all(len(tokens) == 1 for tokens in chatml),
        )
        prefix = frame.prefix
        if session.adds_bos and bos and not prefix.startswith(bos):
            prefix = bos + prefix
        self._note = frame.note
        self._prefix = session.tokenize(prefix, parse_special=True)
        self.suffix = session.tokenize(frame.suffix, parse_special=True)
        if len(self._prefix) + 2 * EVALUATION_CHUNK > session.context_tokens:
            raise EngineUnavailable(
                f"a context of {session.context_tokens} tokens is too small: the instruction alone "
                f"takes {len(self._prefix)}; raise rewrite.context_tokens or use another model"
            )
        self.prefix_evaluations = 0
        self._between_steps = between_steps
        self._evaluate_prefix()
        self._guess_limit = 0
        if session.can_truncate and widest > 1:
            self._guess_limit = exact_width(session, self._prefix, widest) - 1
        self.remember_prefix()

    def _evaluate_prefix(self) -> None:
        self.session.clear()
        evaluate_in_chunks(self.session, self._prefix, self._between_steps)
        self.prefix_evaluations += 1

    def remember_prefix(self) -> None:
        """Keep a copy of the prefix's state where single tokens cannot be taken back."""
        self._saved = None if self.session.can_truncate else self.session.save()

    @property
    def prefix_tokens(self) -> int:
        """Tokens of the fixed part of the prompt."""
        return len(self._prefix)

    @property
    def guess_limit(self) -> int:
        """Most tokens guessed at once: what the settings allow and keeps the result exact."""
        return self._guess_limit

    def user_tokens(self, text: str) -> list[int]:
        """Tokens of a user's text; no marker in it becomes a special token."""
        pieces = cut(text, _MOST_CHARS_AT_ONCE)
        return [
            token for piece in pieces for token in self.session.tokenize(piece, parse_special=False)
        ]

    def draft(self, request: DraftRequest, check: Callable[[], None]) -> Draft | None:
        """Shorten one text.

        Args:
            request: the text, and how far it is worth going.
            check: runs before each evaluation, of at most 96 tokens; raises to stop.

        Returns:
            The draft, or None where the model found nothing to leave out.

        Raises:
            DraftAbandoned: no draft of this text could be accepted, or not this draft.
            EngineFailed: the model broke or did not come to an end.
            EngineError: what `check` raised.
        """
        if not request.text.strip():
            return None
        began = time.perf_counter()
        spent = _Spent()
        try:
            text = self._write(request, check, spent)
        except EngineError as error:
            error.prompt_tokens_evaluated = spent.prompt_tokens
            error.tokens_generated = spent.generated
            error.busy_core_seconds = self._core_seconds(began)
            raise
        finally:
            self.keep_prefix()
        if text == request.text.strip():
            return None
        return Draft(
            text=text,
            generative=True,
            prompt_tokens_evaluated=spent.prompt_tokens,
            tokens_generated=spent.generated,
            busy_core_seconds=self._core_seconds(began),
            note=self._note,
        )

    def close(self) -> None:
        """Give the memory back. May be called twice."""
        self.session.free()

    def _write(self, request: DraftRequest, check: Callable[[], None], spent: _Spent) -> str:
        monitor = DraftMonitor(request)
        monitor.check_before()
        source = self._fitting_tokens(request.text)
        prompt = [*source, *self.suffix]
        before = self.session.length
        try:
            evaluate_in_chunks(self.session, prompt, check)
        finally:
            spent.prompt_tokens = self.session.length - before
        limit = len(source) + _SPARE_TOKENS
        lookup = PromptLookup(source, self._guess_limit)
        for token in greedy_tokens(self.session, lookup, check):
            spent.generated += 1
            if spent.generated > limit:
                raise EngineFailed("the model did not finish: its draft is longer than the text")
            monitor.add(self.session.piece(token))
        text = clean_output(monitor.finish(), request.text)
        if not any(character.isalnum() for character in text):
            raise EngineFailed("the model answered with no readable text")
        if request.count_tokens(text) >= request.token_budget and text != request.text.strip():
            raise DraftAbandoned(Reason.NO_SAVING, "the draft does not save enough tokens")
        return text

    def _fitting_tokens(self, text: str) -> list[int]:
        """The text's tokens.

        Raises:
            DraftAbandoned: they and a draft of the same length do not fit the context, or the text
                cannot be encoded.
        """
        room = self.session.context_tokens - len(self._prefix) - len(self.suffix)
        room -= _SPARE_TOKENS + self._guess_limit + 1
        if len(text) > room * _MOST_BYTES_PER_TOKEN // 2:
            raise DraftAbandoned(Reason.TOO_LONG, _TOO_LONG)
        try:
            tokens = self.user_tokens(text)
        except UnicodeEncodeError as error:
            raise DraftAbandoned(Reason.INVALID_TEXT, "the text holds a lone surrogate") from error
        if 2 * len(tokens) > room:
            raise DraftAbandoned(Reason.TOO_LONG, _TOO_LONG)
        return tokens

    def keep_prefix(self) -> None:
        """Take back everything after the prefix; evaluate that anew only if all else fails."""
        if self.session.length == len(self._prefix):
            return
        if self._saved is not None:
            self.session.restore(self._saved, len(self._prefix))
        elif not self.session.truncate(len(self._prefix)):
            self._evaluate_prefix()

    def _core_seconds(self, began: float) -> float:
        """Wall time times threads: llama.cpp keeps all its threads busy, waiting included."""
        return (time.perf_counter() - began) * self.session.threads


_TOO_LONG = (
    "the text and a draft of it do not fit the local model's context (rewrite.context_tokens)"
)


class _Spent:
    """What one draft has cost so far."""

    def __init__(self) -> None:
        self.prompt_tokens = 0
        self.generated = 0


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
