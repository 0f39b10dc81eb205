"""The `rewrite` engine on any OpenAI-compatible server: vLLM, llama-server, Ollama.

The answer is streamed and left (the connection is closed, which makes servers stop generating) as
soon as it cannot be accepted any more. One attempt is bounded as a whole by
`rewrite.request_timeout_s` and by the deadline, so that a server that hangs or drips is no
exception. Energy the server spends is not seen from here: `Draft.busy_core_seconds` is 0.
"""

from __future__ import annotations

import asyncio
import importlib.util
import math
import threading
import time
import weakref
from concurrent.futures import Future

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import Draft, DraftRequest
from spsd_core.engines.rewrite.chat_server import (
    Answer,
    ChatServer,
    Failure,
    check_address,
    check_key,
)
from spsd_core.engines.rewrite.prompt import clean_output, rewrite_messages
from spsd_core.engines.rewrite.request_queue import RequestQueue
from spsd_core.exceptions import (
    ConfigurationError,
    DeadlineExceeded,
    DraftAbandoned,
    EngineError,
    EngineFailed,
    EngineUnavailable,
)
from spsd_core.settings import RewriteSettings, Settings

__all__ = ["OpenAICompatibleEngine", "build"]

_FIRST_PAUSE_S = 0.1
"""Pause before the first further attempt; doubles with each one ..."""
_LONGEST_PAUSE = 10
"""... up to this many times its length."""
_SPARE_TOKENS = 16
"""Room for the end-of-turn token and for what `clean_output` takes off."""


class OpenAICompatibleEngine:
    """Lets a model behind an OpenAI-compatible server draft a shorter text.

    Built cheaply: the SDK is imported and the server contacted on first use, in a thread of the
    engine's own. At most `rewrite.max_concurrency` requests are in flight; the rest wait in order,
    and leave the queue when their deadline passes.

    Args:
        settings: `settings.rewrite` says which server and model.

    Raises:
        ConfigurationError: the `openai` package is missing, or the address or key is unusable.
    """

    name = "rewrite"

    def __init__(self, settings: Settings) -> None:
        if importlib.util.find_spec("openai") is None:
            raise ConfigurationError(
                "rewrite.backend 'openai_compatible' needs the openai package: "
                "pip install 'spsd[openai]'"
            )
        rewrite = settings.rewrite
        check_address(rewrite.base_url)
        check_key(rewrite.api_key.get_secret_value() if rewrite.api_key else "")
        self._settings = rewrite
        self._lock = threading.Lock()
        self._queue: RequestQueue | None = None
        self._closed = False

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        """Queue the text for drafting; returns at once. See `Engine.submit`."""
        queue = self._open_queue()
        if queue is not None:
            return queue.put(request)
        closed: Future[Draft | None] = Future()
        closed.set_exception(EngineUnavailable("the rewrite engine has been closed"))
        return closed

    def close(self) -> None:
        """Cancel what runs or waits, close the connections, end the thread. May be called twice."""
        with self._lock:
            self._closed = True
            queue, self._queue = self._queue, None
        if queue is not None:
            queue.close()

    def _open_queue(self) -> RequestQueue | None:
        with self._lock:
            if self._closed:
                return None
            if self._queue is None or self._queue.inherited:
                # The drafter must not know the engine, or the thread would keep it alive.
                drafter = _Drafter(self._settings)
                self._queue = RequestQueue(
                    drafter.draft, drafter.close, self._settings.max_concurrency
                )
                weakref.finalize(self, self._queue.close)
            return self._queue


def build(settings: Settings) -> OpenAICompatibleEngine:
    """Build the engine; see `OpenAICompatibleEngine`."""
    return OpenAICompatibleEngine(settings)


class _Drafter:
    """Drafts on the queue's event loop."""

    def __init__(self, settings: RewriteSettings) -> None:
        self._settings = settings
        self._server: asyncio.Future[ChatServer] | None = None

    async def draft(self, request: DraftRequest) -> Draft | None:
        """One text, further attempts included.

        Raises:
            EngineError: there is no draft; says why.
        """
        if not request.text.strip():
            return None
        if not _is_encodable(request.text):
            raise EngineFailed("the text holds a lone surrogate, which no request can carry")
        if request.token_budget <= 1:
            raise DraftAbandoned(Reason.NO_SAVING, "no text is short enough to save tokens")
        server = await self._open_server()
        attempt = 0
        while True:
            outcome = await self._attempt(server, request)
            if isinstance(outcome, Answer):
                return _draft_from(outcome, request)
            await self._pause(outcome, attempt, request)
            attempt += 1

    async def close(self) -> None:
        """Close every connection."""
        if self._server is not None and self._server.done() and not self._server.cancelled():
            await self._server.result().close()

    async def _open_server(self) -> ChatServer:
        if self._server is None:
            # Importing the SDK takes a second, in which deadlines still have to be kept.
            loop = asyncio.get_running_loop()
            self._server = loop.run_in_executor(None, ChatServer, self._settings)
        return await asyncio.shield(self._server)

    async def _attempt(self, server: ChatServer, request: DraftRequest) -> Answer | Failure:
        from spsd_core.verifier.streaming import DraftGuard

        limit_s = min(self._settings.request_timeout_s, _left_s(request))
        guard = DraftGuard(request.reading)

        def look(text: str) -> EngineError | None:
            if request.count_tokens(text) >= request.token_budget:
                return DraftAbandoned(Reason.NO_SAVING, "the draft was growing too long to save")
            reason = guard.feed(text)
            if reason is None:
                return None
            return DraftAbandoned(reason, "the draft was given up while it was being written")

        # The server's model may cut text finer than the target's, hence the half on top.
        max_tokens = request.token_budget * 3 // 2 + _SPARE_TOKENS
        try:
            return await asyncio.wait_for(
                server.ask(rewrite_messages(request.text), max_tokens, look), limit_s
            )
        except asyncio.TimeoutError:
            if _left_s(request) <= 0:
                return Failure(DeadlineExceeded("the deadline passed before the draft was done"))
            return Failure(
                EngineFailed(
                    "the server gave no complete answer within "
                    f"{self._settings.request_timeout_s:g} s (rewrite.request_timeout_s)"
                )
            )

    async def _pause(self, failure: Failure, attempt: int, request: DraftRequest) -> None:
        """Wait before another attempt, or raise where there must be none."""
        asked_s = failure.retry_after_s
        if asked_s is None or attempt >= self._settings.max_retries:
            raise failure.error
        pause_s = max(asked_s, _FIRST_PAUSE_S * min(2**attempt, _LONGEST_PAUSE))
        if asked_s > self._settings.request_timeout_s or pause_s >= _left_s(request):
            raise failure.error
        await asyncio.sleep(pause_s)


def _draft_from(answer: Answer, request: DraftRequest) -> Draft | None:
    """Judge a complete answer.

    Raises:
        EngineFailed: it is not a text that a model finished.
        DraftAbandoned: it saves too little.
    """
    text = clean_output(answer.text, request.text)
    if answer.finish_reason is None:
        raise EngineFailed("the server's stream ended before the text was complete")
    too_long = request.count_tokens(text) >= request.token_budget
    if answer.finish_reason != "stop" and not too_long:
        raise EngineFailed("the server's model did not finish the text")
    if not any(character.isalnum() for character in text) or not _is_encodable(text):
        raise EngineFailed("the server's model answered with no readable text")
    if text == request.text.strip():
        return None
    if too_long:
        raise DraftAbandoned(Reason.NO_SAVING, "the draft does not save enough tokens")
    return Draft(
        text=text,
        generative=True,
        prompt_tokens_evaluated=answer.prompt_tokens_evaluated,
        tokens_generated=answer.tokens_generated,
        note="drafted by a server, whose energy is not measured",
    )


def _left_s(request: DraftRequest) -> float:
    return math.inf if request.deadline is None else request.deadline - time.monotonic()


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
