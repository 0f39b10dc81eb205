"""A query transform that distils the query string and sets everything derived from it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from llama_index.core.callbacks import CallbackManager
from llama_index.core.indices.query.query_transform.base import BaseQueryTransform
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.schema import QueryBundle, QueryType
from llama_index_instrumentation import get_dispatcher

from spsd_core.distillation import Distillation
from spsd_core.distiller import Distiller
from spsd_core.exceptions import ConfigurationError
from spsd_core.observers import Call, Observer
from spsd_core.settings import Settings
from spsd_llamaindex.callbacks import observers_in
from spsd_llamaindex.events import DistillationEvent

__all__ = ["DistillQueryTransform", "EmbedWith"]

EmbedWith = Literal["distilled", "original", "both"]

_dispatcher = get_dispatcher(__name__)


class DistillQueryTransform(BaseQueryTransform):
    """Distils the query; use it in a `DistillQueryEngine` or wherever LlamaIndex takes a transform.

    The bundle it gets is never changed; it returns a new one. A bundle that it has already seen
    (or made) is not distilled again, so retrieval and synthesis of one query share one call.

    Args:
        settings: of the distiller it builds.
        distiller: a ready one to use instead.
        embed_with: what embedding retrievers embed: the `distilled` query (default), the
            `original`, or `both` (their embeddings are averaged). With `original` or `both`, a
            cloud embedding model gets, and bills, the original text. Embedding strings that
            the caller chose himself are kept.
        observers: asked and told for every query.
        callback_manager: observers among its handlers take part too, as do those of
            LlamaIndex's global callback manager.

    Raises:
        ConfigurationError: a setting cannot work.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        distiller: Distiller | None = None,
        embed_with: EmbedWith = "distilled",
        observers: Sequence[Observer] = (),
        callback_manager: CallbackManager | None = None,
    ) -> None:
        if embed_with not in ("distilled", "original", "both"):
            raise ConfigurationError(
                f"embed_with is {embed_with!r}; choose 'distilled', 'original' or 'both'"
            )
        if distiller is not None and settings is not None:
            raise ConfigurationError("give either settings or a distiller, not both")
        self.distiller = distiller or Distiller(settings)
        self.embed_with = embed_with
        self.observers = tuple(observers)
        self.callback_manager = callback_manager
        self._seen = _SeenBundles()

    def run(
        self, query_bundle_or_str: QueryType, metadata: dict[str, Any] | None = None
    ) -> QueryBundle:
        """Distil a query; `metadata` reaches policies as `Call.metadata`."""
        return self._run(_as_bundle(query_bundle_or_str), metadata or {})

    async def arun(
        self, query_bundle_or_str: QueryType, metadata: dict[str, Any] | None = None
    ) -> QueryBundle:
        """`run` without holding up the event loop."""
        return await self.arun_for(_as_bundle(query_bundle_or_str), metadata or {}, None)

    def run_for(
        self,
        bundle: QueryBundle,
        metadata: Mapping[str, Any],
        callback_manager: CallbackManager | None,
    ) -> QueryBundle:
        """`run` on behalf of an engine whose callback manager takes part as well."""
        done = self._seen.get(bundle)
        if done is not None:
            return done
        call = Call(bundle.query_str, "user", "llamaindex", metadata)
        result = self.distiller.distill(
            bundle.query_str, call=call, observers=self._all_observers(callback_manager)
        )
        _dispatcher.event(_event(result))
        return self._seen.put(bundle, self._bundle(bundle, result))

    async def arun_for(
        self,
        bundle: QueryBundle,
        metadata: Mapping[str, Any],
        callback_manager: CallbackManager | None,
    ) -> QueryBundle:
        """`run_for` without holding up the event loop."""
        done = self._seen.get(bundle)
        if done is not None:
            return done
        call = Call(bundle.query_str, "user", "llamaindex", metadata)
        result = await self.distiller.adistill(
            bundle.query_str, call=call, observers=self._all_observers(callback_manager)
        )
        _dispatcher.event(_event(result))
        return self._seen.put(bundle, self._bundle(bundle, result))

    def _run(self, query_bundle: QueryBundle, metadata: dict[str, Any]) -> QueryBundle:
        return self.run_for(query_bundle, metadata, None)

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """There are no prompts to update."""

    def _all_observers(self, callback_manager: CallbackManager | None) -> tuple[Observer, ...]:
        return (*self.observers, *observers_in(self.callback_manager, callback_manager))

    def _bundle(self, original: QueryBundle, result: Distillation) -> QueryBundle:
        """A new bundle for the distilled query, embedding strings and cached embedding included."""
        if not result.distilled:
            return replace(original)
        chosen_by_caller = original.custom_embedding_strs not in (None, [original.query_str])
        if chosen_by_caller:
            return replace(original, query_str=result.text)
        strings = {
            "distilled": [result.text],
            "original": [original.query_str],
            "both": [original.query_str, result.text],
        }[self.embed_with]
        # A cached embedding is one of the original text: right only where that is embedded alone.
        embedding = original.embedding if self.embed_with == "original" else None
        return replace(
            original, query_str=result.text, custom_embedding_strs=strings, embedding=embedding
        )


class _SeenBundles:
    """Bundles that were distilled, by identity, for as long as they live."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[weakref.ref[QueryBundle], str, QueryBundle | None]] = {}
        self._lock = threading.Lock()

    def get(self, bundle: QueryBundle) -> QueryBundle | None:
        """The bundle made from this one (for one of ours: itself), or None."""
        with self._lock:
            entry = self._made.get(id(bundle))
        if entry is None or entry[0]() is not bundle or entry[1] != bundle.query_str:
            return None
        return bundle if entry[2] is None else replace(entry[2])

    def put(self, original: QueryBundle, made: QueryBundle) -> QueryBundle:
        """Remember both, and give back a copy that the caller may do with as he likes."""
        given = replace(made)
        with self._lock:
            self._made[id(original)] = (self._reference(original), original.query_str, made)
            self._made[id(given)] = (self._reference(given), given.query_str, None)
        return given

    def _reference(self, bundle: QueryBundle) -> weakref.ref[QueryBundle]:
        key = id(bundle)
        return weakref.ref(bundle, lambda dead: self._forget(key, dead))

    def _forget(self, key: int, dead: weakref.ref[QueryBundle]) -> None:
        # Runs whenever the collector likes, so it takes no lock; a reused id keeps its new entry.
        entry = self._made.get(key)
        if entry is not None and entry[0] is dead:
            self._made.pop(key, None)


def _as_bundle(query: QueryType) -> QueryBundle:
    return QueryBundle(query_str=query) if isinstance(query, str) else query


def _event(result: Distillation) -> DistillationEvent:
    return DistillationEvent(
        decision=result.decision.value,
        reason=result.reason.value,
        tokens_before=result.tokens_before,
        tokens_after=result.tokens_after,
        record=result.record.model_dump(mode="json"),
    )
