"""`ContextDistiller`: shortens retrieved passages against a question, sync and async alike."""

from __future__ import annotations

import hashlib
import math
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from spsd_core.context.call import ContextCall
from spsd_core.context.call_log import ContextLog, PassageIn, Wanted
from spsd_core.context.indexing import IndexedPassage, PassageIndex, build_index, index_version
from spsd_core.context.store import IndexStore
from spsd_core.context.types import ContextDistillation, PassageLike
from spsd_core.driving import compute
from spsd_core.exceptions import ConfigurationError
from spsd_core.memo import Memo, plain, text_key
from spsd_core.observers import Call, Observer, each_once
from spsd_core.safety import SafetyGate
from spsd_core.settings import Settings
from spsd_core.tokens import build_request_counter

if TYPE_CHECKING:
    from spsd_core.context.perplexity import PerplexityPruner
    from spsd_core.reader import Encoder

__all__ = ["ContextDistiller"]

_DEFAULT_RATE = 0.5


class ContextDistiller:
    """Keeps of retrieved passages the sentences that a question needs; drops the rest.

    Whole sentences, lists, tables and blocks of code stay or go. A passage that is safety-critical
    (a leaflet, a contract) stays as it is, and so do all of them where the question is, or where
    it asks for everything (a summary). Building it is cheap: the Reader, tokenizers and rules are
    loaded on first use. One may be used from any number of threads and event loops at once.

    Args:
        settings: `settings.context` above all; defaults to `Settings()`.
        observers: see every call; those with policy methods may steer it.

    Raises:
        ConfigurationError: a setting cannot work; the message names it and says what to do.
    """

    def __init__(
        self, settings: Settings | None = None, *, observers: Sequence[Observer] = ()
    ) -> None:
        self.settings = settings or Settings()
        self.observers = tuple(observers)
        self._set_up()

    def _set_up(self) -> None:
        context = self.settings.context
        self.counter = build_request_counter(self.settings.target)
        self.gate = SafetyGate(self.settings.safety)
        self.fingerprint = self.settings.fingerprint()
        self._store = IndexStore(context.memory_passages, context.store)
        self._counts: Memo[int] = Memo(max(1, context.memory_passages) * 16)
        self._unit_counts: Memo[tuple[int, ...]] = Memo(context.memory_passages)
        self._rules = _rules_version(self.settings)
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._process = os.getpid()
        self._pruner: PerplexityPruner | None = None
        if context.engine == "perplexity":
            self.pruner()

    def distill(
        self,
        question: str,
        passages: Sequence[str | PassageLike],
        *,
        ratio: float | None = None,
        target_tokens: int | None = None,
        call: Call | None = None,
        observers: Sequence[Observer] = (),
    ) -> ContextDistillation:
        """Shorten passages against a question. Raises nothing whatever the texts are.

        Args:
            question: what the passages were retrieved for, in the user's own words; courtesy in it
                is not counted.
            passages: texts, or objects with `id` and `text` (`Passage` can bring an index along).
            ratio: share of the target tokens to keep at most, 0 to 1, of the passages that may be
                shortened; those that must stay whole are not made up for by the others.
            target_tokens: number of target tokens to keep at most; where passages must stay whole,
                the others are held to their share of it. Without either the settings decide:
                `context.rate`, or else `context.confidence`.
            call: role and metadata, for observers and policies.
            observers: asked and told for this call, after the distiller's own.

        Returns:
            The passages to send, token counts, and the record.

        Raises:
            ValueError: `ratio` or `target_tokens` is out of range, or both are given.
            TypeError: the question or a passage is no text.
        """
        return self._call(question, passages, ratio, target_tokens, call, observers).run()

    async def adistill(
        self,
        question: str,
        passages: Sequence[str | PassageLike],
        *,
        ratio: float | None = None,
        target_tokens: int | None = None,
        call: Call | None = None,
        observers: Sequence[Observer] = (),
    ) -> ContextDistillation:
        """`distill` without holding up the event loop."""
        work = self._call(question, passages, ratio, target_tokens, call, observers)
        return await compute(self._pool(), work.run)

    def index(self, text: str) -> PassageIndex:
        """What can be found out about a passage before anything is asked, for ingestion.

        Raises:
            EngineUnavailable: the Reader cannot be loaded.
        """
        text = plain(text)
        found = self.find_index(text, None) or self.make_index(text, None)
        return found.index

    async def aindex(self, text: str) -> PassageIndex:
        """`index` without holding up the event loop."""
        return await compute(self._pool(), self.index, text)

    def load(self) -> None:
        """Load Reader, rules and tokenizer now rather than on the first call.

        Raises:
            EngineUnavailable: the Reader cannot be loaded.
        """
        self.gate.hits("load")
        self.count("load")
        self.encoder()

    # -- what a call asks of its distiller ------------------------------------------------------

    def encoder(self) -> Encoder:
        """The Reader.

        Raises:
            EngineUnavailable: it cannot be loaded.
        """
        from spsd_core.reader import shared_encoder

        return shared_encoder()

    def pruner(self) -> PerplexityPruner:
        """The causal model of the `perplexity` engine."""
        from spsd_core.context.perplexity import PerplexityPruner

        with self._lock:
            if self._pruner is None:
                self._pruner = PerplexityPruner(self.settings)
            return self._pruner

    def find_index(self, text: str, stored: str | None) -> IndexedPassage | None:
        """The index of a passage, where it is kept or was brought along."""
        version = index_version(self.encoder().card, self._rules)
        found = self._store.get(text, version)
        if found is not None or stored is None:
            return found
        try:
            index = PassageIndex.loads(stored)
        except ValueError:
            return None
        return self._store.keep(text, index) if index.belongs_to(text, version) else None

    def make_index(self, text: str, deadline: float | None) -> IndexedPassage:
        """Read a passage and keep its index.

        Raises:
            DeadlineExceeded: the deadline passed before it was read to its end.
            EngineUnavailable: the Reader cannot be loaded.
        """
        encoder = self.encoder()
        version = index_version(encoder.card, self._rules)
        index = build_index(text, encoder, self.gate, version, deadline)
        return self._store.put(text, index)

    def count(self, text: str) -> int:
        """Target tokens of a bare text, remembered."""
        key = text_key(text)
        found = self._counts.get(key)
        if found is None:
            found = self.counter.text(text)
            self._counts.put(key, found)
        return found

    def unit_tokens(self, passage: IndexedPassage) -> tuple[int, ...]:
        """Target tokens of each unit with the space before it, remembered."""
        found = self._unit_counts.get(passage.index.key)
        if found is None:
            found = tuple(
                self.counter.text(" " + passage.text[unit.start : unit.end])
                for unit in passage.index.units
            )
            self._unit_counts.put(passage.index.key, found)
        return found

    # -- life -----------------------------------------------------------------------------------

    def close(self) -> None:
        """Give models, threads and files back."""
        self._store.close()
        with self._lock:
            pruner, self._pruner = self._pruner, None
            threads, self._threads = self._threads, None
        if pruner is not None:
            pruner.close()
        if threads is not None:
            threads.shutdown(wait=False)

    def __enter__(self) -> ContextDistiller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {"settings": self.settings, "observers": self.observers}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_up()

    # -- a call ---------------------------------------------------------------------------------

    def _call(
        self,
        question: str,
        passages: Sequence[str | PassageLike],
        ratio: float | None,
        target_tokens: int | None,
        call: Call | None,
        observers: Sequence[Observer],
    ) -> ContextCall:
        if not isinstance(question, str):
            raise TypeError(f"question must be a str, not {type(question).__name__}")
        if isinstance(passages, (str, bytes)):  # each of its letters would be a passage
            raise TypeError(
                f"passages must be a list of passages, not one {type(passages).__name__}"
            )
        wanted = self._wanted(ratio, target_tokens)
        given = [_passage_in(passage, place) for place, passage in enumerate(passages)]
        question = plain(question)
        framework, metadata = (call.framework, call.metadata) if call else ("core", {})
        own = Call(question, "user", framework, metadata)
        log = ContextLog(self, own, given, wanted, each_once((*self.observers, *observers)))
        return ContextCall(self, log)

    def _wanted(self, ratio: float | None, target_tokens: int | None) -> Wanted:
        if ratio is not None and target_tokens is not None:
            raise ValueError("give ratio or target_tokens, not both")
        if target_tokens is not None:
            if not 1 <= target_tokens < math.inf:
                raise ValueError(f"target_tokens is {target_tokens}; it must be 1 or more")
            return Wanted("tokens", float(target_tokens))
        if ratio is not None:
            if not 0 < ratio <= 1:
                raise ValueError(f"ratio is {ratio}; it must be above 0 and at most 1")
            return Wanted("ratio", float(ratio))
        context = self.settings.context
        if context.rate is None and context.engine == "sentences":
            return Wanted("confidence", context.confidence)
        return Wanted("ratio", context.rate or _DEFAULT_RATE)

    def _pool(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._threads is None or self._process != os.getpid():  # threads survive no fork
                self._threads = ThreadPoolExecutor(2, thread_name_prefix="spsd-context")
                self._process = os.getpid()
            return self._threads


def _passage_in(passage: str | PassageLike, place: int) -> PassageIn:
    if isinstance(passage, str):
        return PassageIn(plain(passage), None, None)
    text = getattr(passage, "text", None)
    if not isinstance(text, str):
        raise TypeError(
            f"passage {place} is a {type(passage).__name__} without a text: give a str, or an "
            "object with `id` and `text`"
        )
    name = getattr(passage, "id", None)
    stored = getattr(passage, "index", None)
    return PassageIn(
        plain(text),
        None if name is None else str(name).encode(errors="replace").decode(),
        stored if isinstance(stored, str) else None,
    )


def _rules_version(settings: Settings) -> str:
    """Names the safety rules: those of this version of SPSD, and the user's own."""
    from spsd_core import __version__

    digest = hashlib.sha256(__version__.encode())
    for path in settings.safety.rule_files:
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"safety.rule_files: cannot read {path}: {error}") from error
    return digest.hexdigest()[:8]
