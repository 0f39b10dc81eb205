"""The way of a prompt: admission, gate, reading, engines, verifier, ledger. Sync and async alike.

The way is one generator, `Run.way`. It computes inline and yields a `Wait` where an engine works
elsewhere; `distill` blocks on it, `adistill` awaits it. So both take the same decisions.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from spsd_core.admission import refuse
from spsd_core.chat import ChatDistillation, ChatMessage
from spsd_core.chat_payload import fixed_parts
from spsd_core.distillation import Distillation, Reason, RuleHit
from spsd_core.driving import adrive, compute, drive
from spsd_core.engines import Engine, build_engines
from spsd_core.exceptions import ConfigurationError, DeadlineExceeded
from spsd_core.memo import Memo, plain, text_key
from spsd_core.observers import Call, Observer
from spsd_core.reading import Reading
from spsd_core.reading import read as read_by_rules
from spsd_core.run import GATE_FAILED, Remembered, Run
from spsd_core.safety import SafetyGate
from spsd_core.searching import search_query
from spsd_core.settings import Settings
from spsd_core.tokens import build_request_counter

if TYPE_CHECKING:
    from spsd_core.reader import RoleReading

__all__ = ["Distiller"]

_INLINE_CHARS = 5_000
"""Longer texts, and those the Reader has to read, are computed in a thread of ours, so that an
event loop is not held up."""

_ROLES_KEPT = 64
"""Role readings kept between the gate and the engines; one takes about a kilobyte a word."""
_ROLE_CHARS = 200_000

_log = logging.getLogger(__name__)

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
        ConfigurationError: a setting or an engine cannot work; the message names it and says what
            to do.
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
        self._own_engines = None if engines is None else _checked(engines)
        self._set_up()

    def _set_up(self) -> None:
        settings = self.settings
        own = self._own_engines
        self.engines = build_engines(settings) if own is None else own
        self.counter = build_request_counter(settings.target)
        self.gate = SafetyGate(settings.safety)
        self.fingerprint = settings.fingerprint()
        self.memo: Memo[Remembered] = Memo(settings.memo_entries)
        self._hits: Memo[tuple[RuleHit, ...]] = Memo(settings.memo_entries)
        self._counts: Memo[int] = Memo(settings.memo_entries)
        self.reads_roles = any(getattr(engine, "needs_roles", False) for engine in self.engines)
        self._distilled: Memo[bool] = Memo(settings.memo_entries)
        self._reader_hits: Memo[tuple[RuleHit, ...]] = Memo(settings.memo_entries)
        self._roles: Memo[RoleReading] = Memo(min(settings.memo_entries, _ROLES_KEPT), _ROLE_CHARS)
        self._threads: ThreadPoolExecutor | None = None
        self._process = os.getpid()
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
        return drive(self._run(text, call, observers))

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
        workers = min(len(texts), self._side_by_side)
        contexts = [contextvars.copy_context() for _ in texts]
        with ThreadPoolExecutor(workers, thread_name_prefix="spsd-many") as pool:
            return list(
                pool.map(
                    lambda context, text: context.run(self.distill, text, observers=observers),
                    contexts,
                    texts,
                )
            )

    async def adistill_many(
        self, texts: Iterable[str], *, observers: Sequence[Observer] = ()
    ) -> list[Distillation]:
        """Distil many texts, in their order, without holding up the event loop."""
        todo = list(enumerate(texts))
        results: dict[int, Distillation] = {}
        left = iter(todo)

        async def work() -> None:
            for place, text in left:
                results[place] = await self.adistill(text, observers=observers)
                await asyncio.sleep(0)  # others want the event loop, too

        workers = [asyncio.ensure_future(work()) for _ in todo[: self._side_by_side]]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
        return [results[place] for place, _ in todo]

    @property
    def _side_by_side(self) -> int:
        """How many texts of a batch are on their way at once."""
        return max(2, self.settings.rewrite.max_concurrency)

    # -- a search -----------------------------------------------------------------------------

    def search_query(self, text: str, *, metadata: Mapping[str, Any] | None = None) -> str:
        """What to search with for `text`; see `spsd_core.searching`. Not fit to be sent.

        Args:
            text: what a person wrote.
            metadata: of the call; `mode="split"` finds the conversation by it.

        Raises:
            TypeError: the text is no `str`.
        """
        return search_query(self, text, metadata or {})

    async def asearch_query(self, text: str, *, metadata: Mapping[str, Any] | None = None) -> str:
        """`search_query` without holding up the event loop."""
        pool = self._pool_for((text,), len(text))
        return await compute(pool, partial(self.search_query, metadata=metadata), text)

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
            messages, [[None if run is None else drive(run) for run in row] for row in runs]
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
        distil_roles = self.settings.chat.distil_roles
        parts = (part for one in messages if one.role in distil_roles for part in one.parts)
        pool = self._pool_for(parts, sum(map(_size, messages)))
        runs = self._chat_runs(messages, framework, metadata or {}, observers)
        rows: list[list[Distillation | None]] = []
        # A message at a time: other requests want the threads, and a cancelled one gives up.
        while (row := await compute(pool, lambda: next(runs, None))) is not None:
            rows.append([None if run is None else await self._adrive(run) for run in row])
            if pool is not None:
                await asyncio.sleep(0)  # others want the event loop, too
        return await compute(pool, self._chat_result, messages, rows)

    def _chat_runs(
        self,
        messages: Sequence[ChatMessage],
        framework: Framework,
        metadata: Mapping[str, Any],
        observers: Sequence[Observer],
    ) -> Iterator[list[Run | None]]:
        distil_roles = self.settings.chat.distil_roles
        contexts, reasons = self.gate_contexts(messages), fixed_parts(messages)
        for message, context, fixed in zip(messages, contexts, reasons):
            yield [
                Run(
                    self,
                    Call(part, message.role, framework, metadata),
                    observers,
                    conversation_hits=context,
                    fixed=why,
                    keep_transient=True,
                )
                if message.role in distil_roles
                else None
                for part, why in zip(message.parts, fixed)
            ]

    def gate_contexts(self, messages: Sequence[ChatMessage]) -> Iterator[tuple[RuleHit, ...]]:
        """For each message the rules that fired on it or on earlier ones, the first of a domain.

        They close the gate for it, where their domains are not open.
        """
        chat = self.settings.chat
        recent: deque[tuple[RuleHit, ...]] = deque(maxlen=chat.critical_window)
        for message in messages:
            own = self._message_hits(message) if message.role in chat.gate_roles else ()
            context = _first_of_each_domain(hit for hits in (*recent, own) for hit in hits)
            yield context
            if chat.critical_window is None:
                recent = deque((context,))  # it stands for all before it
            else:
                recent.append(own)

    def _message_hits(self, message: ChatMessage) -> tuple[RuleHit, ...]:
        texts = (*message.parts, *message.unseen)
        if len(texts) > 1:  # the model reads them in one go: a cue may begin in one, end in another
            texts += ("\n".join(texts),)
        hits = tuple(hit for text in texts for hit in self.hits(text))
        if message.role not in self.settings.chat.distil_roles:
            return hits
        return (*hits, *(hit for text in message.parts for hit in self.reader_hits(text)))

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
        text = plain(text)
        key = text_key(text)
        found = self._hits.get(key)
        if found is None:
            try:
                found = self.gate.hits(text)
            except Exception:  # noqa: BLE001 - whatever broke, an unread text must pass through
                return (GATE_FAILED,)
            self._hits.put(key, found)
        return found

    def roles(self, text: str, deadline: float | None = None) -> RoleReading | None:
        """What the Reader says of `text`; None where no engine needs it.

        Raises:
            EngineUnavailable: the Reader cannot be loaded.
            DeadlineExceeded: `deadline` (`time.monotonic()`) passed first.
        """
        if not self.reads_roles:
            return None
        from spsd_core.reader import shared_encoder

        text = plain(text)
        key = text_key(text)
        found = self._roles.get(key)
        if found is None:
            found = shared_encoder().read(text, deadline)
            self._roles.put(key, found, len(text))
            self._reader_hits.put(key, found.critical_hits())
        return found

    def read(
        self, text: str, roles: RoleReading | None = None, deadline: float | None = None
    ) -> Reading:
        """What rules, and the Reader where an engine needs it, find in `text`.

        Args:
            text: what to read.
            roles: what the Reader said of it, where it was asked before.
            deadline: `time.monotonic()` value after which the Reader stops.

        Raises:
            EngineUnavailable: the Reader cannot be loaded.
            DeadlineExceeded: the deadline passed first.
        """
        found = read_by_rules(text, self.settings.verifier.protected_terms)
        roles = roles or self.roles(text, deadline)
        if roles is None:
            return found
        from spsd_core.reader.releasing import release

        return release(found, roles)

    def reader_hits(self, text: str) -> tuple[RuleHit, ...]:
        """The critical domains that the Reader sees in `text`, as hits of rules `reader.DOMAIN`.

        Remembered, so that the turns of a chat are read once. None in a text that admission turns
        away, or that cannot be read to its end before the deadline: it is sent as it is, and its
        rules are found. `GATE_FAILED` where the Reader broke.
        """
        if not self.reads_roles:
            return ()
        text = plain(text)
        key = text_key(text)
        found = self._reader_hits.get(key)
        if found is not None:
            return found
        if refuse(text, self.settings.admission) not in (None, Reason.TOO_SHORT):
            return ()
        wait_ms = self.settings.deadline_ms
        deadline = None if wait_ms is None else time.monotonic() + wait_ms / 1000
        try:
            roles = self.roles(text, deadline)
        except DeadlineExceeded:
            self._reader_hits.put(key, ())  # not waited for again
            return ()
        except Exception:  # noqa: BLE001 - whatever broke, an unread text must pass through
            return (GATE_FAILED,)
        return roles.critical_hits() if roles else ()

    def _was_distilled(self, text: str) -> bool:
        return not self.reads_roles or self._distilled.get(text_key(plain(text))) is not None

    def count(self, text: str) -> int:
        """Target tokens that `text` adds as the content of a message, remembered."""
        text = plain(text)
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
        with contextlib.suppress(Exception):
            self.read("load")
        for engine in self.engines:
            load = getattr(engine, "load", None)
            if load is not None:
                with contextlib.suppress(Exception):
                    load()

    # -- life ------------------------------------------------------------------------------------

    def close(self) -> None:
        """Give models, threads and connections back. Later calls find the engines unavailable."""
        for engine in self.engines:
            try:
                engine.close()
            except Exception as error:  # noqa: BLE001 - the others must be closed all the same
                _log.warning("engine %s could not be closed: %s", engine.name, type(error).__name__)
        with self._threads_lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False)  # what is under way comes to its end

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
        result = await adrive(run, self._pool_for((run.text,), len(run.text)))
        self._distilled.put(text_key(run.text), True)
        return result

    def _pool_for(self, texts: Iterable[str], size: int) -> ThreadPoolExecutor | None:
        """Threads that compute on `size` characters; None: it takes so little, it is done at once.

        Args:
            texts: those the Reader has to read unless their result is remembered.
            size: characters of these and of all others.
        """
        if size <= _INLINE_CHARS and all(map(self._was_distilled, texts)):
            return None
        with self._threads_lock:
            if self._threads is None or self._process != os.getpid():  # threads survive no fork
                self._threads = ThreadPoolExecutor(2, thread_name_prefix="spsd-long-text")
                self._process = os.getpid()
            return self._threads


def _checked(engines: Sequence[Engine]) -> tuple[Engine, ...]:
    """The engines, if they can be told apart and look like engines."""
    if not engines:
        raise ConfigurationError("engines is empty; leave it out to use those of the settings")
    for engine in engines:
        named = isinstance(engine, Engine) and isinstance(engine.name, str) and engine.name
        if not named:
            raise ConfigurationError(
                f"engines holds a {type(engine).__name__}, which is no engine: it needs a `name`, "
                "`submit` and `close`"
            )
    names = [engine.name for engine in engines]
    if len(set(names)) != len(names):
        raise ConfigurationError(f"engines holds two of one name: {', '.join(names)}")
    return tuple(engines)


def _first_of_each_domain(hits: Iterable[RuleHit]) -> tuple[RuleHit, ...]:
    found: dict[str, RuleHit] = {}
    for hit in hits:
        found.setdefault(hit.domain, hit)
    return tuple(found.values())


def _size(message: ChatMessage) -> int:
    return sum(map(len, (*message.parts, *message.unseen)))
