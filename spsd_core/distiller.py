"""The way of a prompt: admission, gate, reading, engines, verifier, ledger. Sync and async alike.

The way is one generator, `Run.way`. It computes inline and yields a `Wait` where an engine works
elsewhere; `distill` blocks on it, `adistill` awaits it. So both take the same decisions.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Literal

from spsd_core.chat import ChatDistillation, ChatMessage
from spsd_core.distillation import Distillation, RuleHit
from spsd_core.engines import Engine, build_engines
from spsd_core.exceptions import DeadlineExceeded, EngineError, EngineFailed
from spsd_core.memo import Memo, text_key
from spsd_core.observers import Call, Observer
from spsd_core.reading import read
from spsd_core.run import GATE_FAILED, Remembered, Run, Wait, Way
from spsd_core.safety import SafetyGate
from spsd_core.settings import Settings
from spsd_core.tokens import build_request_counter

__all__ = ["Distiller"]

_INLINE_CHARS = 20_000
"""Longer texts are read in a thread of ours, so that an event loop is not held up."""

Framework = Literal["core", "langchain", "llamaindex"]


class Distiller:
    """Shortens texts, or gives them back untouched with the reason.

    Building it is cheap: models, tokenizers and rules are loaded on first use. One distiller may be
    used from any number of threads and event loops at once. It can be pickled and deep-copied
    (the copy loads its own models).

    Args:
        settings: everything that can be set; defaults to `Settings()`.
        observers: see every call; those with policy methods may steer it.
        engines: ready-made engines to use instead of those `settings.engines` names.

    Raises:
        ConfigurationError: a setting cannot work; the message names it and says what to do.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        observers: Sequence[Observer] = (),
        engines: Sequence[Engine] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.observers = tuple(observers)
        self._own_engines = None if engines is None else tuple(engines)
        self._set_up()

    def _set_up(self) -> None:
        settings = self.settings
        self.engines = self._own_engines or build_engines(settings)
        self.counter = build_request_counter(settings.target)
        self.gate = SafetyGate(settings.safety)
        self.fingerprint = settings.fingerprint()
        self.memo: Memo[Remembered] = Memo(settings.memo_entries)
        self._hits: Memo[tuple[RuleHit, ...]] = Memo(settings.memo_entries)
        self._counts: Memo[int] = Memo(settings.memo_entries)
        self._threads: ThreadPoolExecutor | None = None
        self._threads_lock = threading.Lock()

    # -- one text ---------------------------------------------------------------------------

    def distill(
        self, text: str, *, call: Call | None = None, observers: Sequence[Observer] = ()
    ) -> Distillation:
        """Distil one text. Raises nothing whatever the text is.

        Args:
            text: what a person wrote.
            call: role and metadata, for observers and policies.
            observers: asked and told for this call, after the distiller's own.

        Returns:
            The text to send, the decision with its reason, token counts, and the record.
        """
        return _drive(self._run(text, call, observers))

    async def adistill(
        self, text: str, *, call: Call | None = None, observers: Sequence[Observer] = ()
    ) -> Distillation:
        """Distil one text without holding up the event loop; otherwise as `distill`."""
        return await self._adrive(self._run(text, call, observers))

    def distill_many(
        self, texts: Iterable[str], *, observers: Sequence[Observer] = ()
    ) -> list[Distillation]:
        """Distil many texts, in their order; engines that work elsewhere work side by side."""
        texts = list(texts)
        if all(engine.name == "lexical" for engine in self.engines) or len(texts) < 2:
            return [self.distill(text, observers=observers) for text in texts]
        workers = min(len(texts), max(2, self.settings.rewrite.max_concurrency))
        with ThreadPoolExecutor(workers, thread_name_prefix="spsd-many") as pool:
            return list(pool.map(lambda text: self.distill(text, observers=observers), texts))

    async def adistill_many(
        self, texts: Iterable[str], *, observers: Sequence[Observer] = ()
    ) -> list[Distillation]:
        """Distil many texts, in their order, without holding up the event loop."""
        return list(
            await asyncio.gather(*(self.adistill(text, observers=observers) for text in texts))
        )

    # -- a chat request -----------------------------------------------------------------------

    def distill_chat(
        self,
        messages: Sequence[ChatMessage],
        *,
        framework: Framework = "core",
        metadata: Mapping[str, Any] | None = None,
        observers: Sequence[Observer] = (),
    ) -> ChatDistillation:
        """Distil the messages of a request, each part on its own; see `spsd_core.chat`."""
        runs = self._chat_runs(messages, framework, metadata or {}, observers)
        return self._chat_result(
            messages, [[None if run is None else _drive(run) for run in row] for row in runs]
        )

    async def adistill_chat(
        self,
        messages: Sequence[ChatMessage],
        *,
        framework: Framework = "core",
        metadata: Mapping[str, Any] | None = None,
        observers: Sequence[Observer] = (),
    ) -> ChatDistillation:
        """`distill_chat` without holding up the event loop."""
        arguments = (messages, framework, metadata or {}, observers)
        if sum(len(part) for message in messages for part in message.parts) > _INLINE_CHARS:
            loop = asyncio.get_running_loop()
            runs = await loop.run_in_executor(self._pool(), self._chat_runs, *arguments)
        else:
            runs = self._chat_runs(*arguments)
        rows: list[list[Distillation | None]] = []
        for row in runs:
            rows.append([None if run is None else await self._adrive(run) for run in row])
        return self._chat_result(messages, rows)

    def _chat_runs(
        self,
        messages: Sequence[ChatMessage],
        framework: Framework,
        metadata: Mapping[str, Any],
        observers: Sequence[Observer],
    ) -> list[list[Run | None]]:
        chat = self.settings.chat
        window = chat.critical_window
        seen: list[tuple[RuleHit, ...]] = []
        rows: list[list[Run | None]] = []
        for message in messages:
            distils = message.role in chat.distil_roles
            own = self._message_hits(message) if message.role in chat.gate_roles else ()
            earlier = seen if window is None else seen[max(0, len(seen) - window) :]
            context = tuple(hit for hits in (*earlier, own) for hit in hits)
            rows.append(
                [
                    Run(
                        self,
                        Call(part, message.role, framework, metadata),
                        observers,
                        conversation_hits=context,
                        frozen=message.frozen,
                        keep_transient=True,
                    )
                    if distils
                    else None
                    for part in message.parts
                ]
            )
            seen.append(own)
        return rows

    def _message_hits(self, message: ChatMessage) -> tuple[RuleHit, ...]:
        return tuple(hit for text in (*message.parts, *message.unseen) for hit in self.hits(text))

    def _chat_result(
        self, messages: Sequence[ChatMessage], rows: Sequence[Sequence[Distillation | None]]
    ) -> ChatDistillation:
        overhead = self.counter.request([(message.role, "") for message in messages])
        before = after = overhead
        for message, row in zip(messages, rows):
            before += sum(self.count(text) for text in (*message.parts, *message.unseen))
            after += sum(self.count(text) for text in message.unseen)
            after += sum(
                self.count(part if result is None else result.text)
                for part, result in zip(message.parts, row)
            )
        return ChatDistillation(
            parts=tuple(tuple(row) for row in rows),
            tokens_before=before,
            tokens_after=after,
            tokenizer=self.counter.name,
        )

    # -- what a run asks of its distiller -------------------------------------------------------

    def hits(self, text: str) -> tuple[RuleHit, ...]:
        """The safety rules that fire on `text`, remembered; `GATE_FAILED` where the gate broke."""
        key = text_key(text)
        found = self._hits.get(key)
        if found is None:
            try:
                found = self.gate.hits(text)
            except Exception:  # noqa: BLE001 - whatever broke, an unread text must pass through
                return (GATE_FAILED,)
            self._hits.put(key, found)
        return found

    def count(self, text: str) -> int:
        """Target tokens that `text` adds as the content of a message, remembered."""
        key = text_key(text)
        found = self._counts.get(key)
        if found is None:
            found = self.counter.content(text)
            self._counts.put(key, found)
        return found

    def load(self) -> None:
        """Load rules, tokenizer and models now rather than on the first call; may be repeated.

        Raises nothing: what cannot be loaded shows in the records of later calls, and in
        `spsd doctor`.
        """
        self.hits("load")
        self.count("load")
        read("load")
        for engine in self.engines:
            load = getattr(engine, "load", None)
            if load is not None:
                with contextlib.suppress(EngineError):
                    load()

    # -- life ------------------------------------------------------------------------------------

    def close(self) -> None:
        """Give models, threads and connections back. Later calls find the engines unavailable."""
        for engine in self.engines:
            engine.close()
        with self._threads_lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Distiller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {
            "settings": self.settings,
            "observers": self.observers,
            "_own_engines": self._own_engines,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_up()

    # -- driving a run ---------------------------------------------------------------------------

    def _run(self, text: str, call: Call | None, observers: Sequence[Observer]) -> Run:
        if not isinstance(text, str):
            raise TypeError(f"distill takes a str, not {type(text).__name__}")
        if call is None or call.text is not text:
            call = (
                Call(text) if call is None else Call(text, call.role, call.framework, call.metadata)
            )
        return Run(self, call, observers)

    async def _adrive(self, run: Run) -> Distillation:
        if len(run.text) > _INLINE_CHARS:
            loop = asyncio.get_running_loop()
            try:
                return await loop.run_in_executor(self._pool(), _drive, run)
            except asyncio.CancelledError:
                run.cancelled.set()
                raise
        return await _adrive(run)

    def _pool(self) -> ThreadPoolExecutor:
        with self._threads_lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(2, thread_name_prefix="spsd-long-text")
            return self._threads


def _drive(run: Run) -> Distillation:
    """Carry a run to its end, blocking where an engine works elsewhere."""
    way = run.way()
    wait = _step(way, None)
    while isinstance(wait, Wait):
        try:
            outcome: Any = wait.future.result(wait.seconds_left())
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; none may cost the call
            outcome = _engine_error(error, run)
        except BaseException:
            run.cancelled.set()
            raise
        wait = _step(way, outcome)
    return wait


async def _adrive(run: Run) -> Distillation:
    """Carry a run to its end, awaiting where an engine works elsewhere."""
    way = run.way()
    wait = _step(way, None)
    while isinstance(wait, Wait):
        try:
            outcome: Any = (
                wait.future.result()
                if wait.future.done()
                else await asyncio.wait_for(
                    asyncio.shield(asyncio.wrap_future(wait.future)), wait.seconds_left()
                )
            )
        except asyncio.CancelledError:
            run.cancelled.set()
            wait.future.add_done_callback(_retrieve)
            raise
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; none may cost the call
            outcome = _engine_error(error, run)
        wait = _step(way, outcome)
    return wait


def _step(way: Way, outcome: Any) -> Wait | Distillation:
    """Advance the way to its next wait or its end."""
    try:
        return way.throw(outcome) if isinstance(outcome, BaseException) else way.send(outcome)
    except StopIteration as stop:
        result: Distillation = stop.value
        return result


def _engine_error(error: Exception, run: Run) -> EngineError:
    if isinstance(error, EngineError):
        return error
    if isinstance(error, (FutureTimeout, asyncio.TimeoutError, TimeoutError)):
        run.cancelled.set()
        return DeadlineExceeded("the deadline passed while the engine worked")
    if isinstance(error, FutureCancelled):
        return EngineFailed("the engine was closed while it worked")
    return EngineFailed(f"{type(error).__name__} in the engine")


def _retrieve(future: Any) -> None:
    """Look at an abandoned future's exception, so that nobody is told it was never retrieved."""
    with contextlib.suppress(BaseException):
        future.exception()
