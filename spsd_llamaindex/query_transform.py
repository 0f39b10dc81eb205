"""A query transform that distils the query string and sets everything derived from it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, get_args

from llama_index.core.callbacks import CallbackManager
from llama_index.core.indices.query.query_transform.base import BaseQueryTransform
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.schema import QueryBundle, QueryType
from llama_index_instrumentation import get_dispatcher

from spsd_core.distillation import Distillation, Reason
from spsd_core.distiller import Distiller
from spsd_core.exceptions import ConfigurationError
from spsd_core.observers import Call, Observer
from spsd_core.settings import Settings
from spsd_llamaindex.building import text_distiller
from spsd_llamaindex.callbacks import observers_in
from spsd_llamaindex.events import distillation_event

__all__ = ["DistillQueryTransform", "EmbedWith"]

EmbedWith = Literal["search_query", "distilled", "original", "both"]
_CHOICES = get_args(EmbedWith)
_SEARCHED = frozenset({Reason.SHORTENED, Reason.NOTHING_TO_REMOVE, Reason.NO_SAVING})
"""After one of these the search query is embedded; other reasons leave the original to be."""

_dispatcher = get_dispatcher(__name__)


class DistillQueryTransform(BaseQueryTransform):
    """Distils the query; use it in a `DistillQueryEngine` or wherever LlamaIndex takes a transform.

    The bundle it gets is never changed; it returns a new one. A bundle that it has already seen
    (or made) is not distilled again, so retrieval and synthesis of one query share one call.

    Args:
        settings: of the distiller it builds.
        distiller: a ready one to use instead.
        embed_with: what embedding retrievers embed: the `search_query` (default: what
            `Distiller.search_query` leaves of it, which finds more; the model is not shown it),
            the `distilled` query, the `original`, or `both` of these two (their embeddings are
            averaged). With `original` or `both`, a cloud embedding model gets, and bills, the
            original text. Embedding strings that the caller chose himself are kept.
        observers: asked and told for every query.
        callback_manager: observers among its handlers take part too, as do those of
            LlamaIndex's global callback manager.

    Raises:
        ConfigurationError: a setting cannot work.
    """

    def __init__(
        self,
        settings: Settings | Mapping[str, Any] | None = None,
        *,
        distiller: Distiller | None = None,
        embed_with: EmbedWith = "search_query",
        observers: Sequence[Observer] = (),
        callback_manager: CallbackManager | None = None,
    ) -> None:
        if embed_with not in _CHOICES:
            choices = ", ".join(map(repr, _CHOICES))
            raise ConfigurationError(f"embed_with is {embed_with!r}; choose one of {choices}")
        self.distiller = text_distiller(settings, distiller)
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
        observers = self._all_observers(callback_manager)
        done = self._seen.get(bundle, metadata, observers)
        if done is not None:
            return done
        call = _call(bundle, metadata)
        result = self.distiller.distill(call.text, call=call, observers=observers)
        searched = result.text
        if self.embed_with == "search_query" and result.reason in _SEARCHED:
            searched = self.distiller.search_query(call.text, metadata=call.metadata)
        return self._made(bundle, metadata, observers, result, searched)

    async def arun_for(
        self,
        bundle: QueryBundle,
        metadata: Mapping[str, Any],
        callback_manager: CallbackManager | None,
    ) -> QueryBundle:
        """`run_for` without holding up the event loop."""
        observers = self._all_observers(callback_manager)
        done = self._seen.get(bundle, metadata, observers)
        if done is not None:
            return done
        call = _call(bundle, metadata)
        result = await self.distiller.adistill(call.text, call=call, observers=observers)
        searched = result.text
        if self.embed_with == "search_query" and result.reason in _SEARCHED:
            searched = await self.distiller.asearch_query(call.text, metadata=call.metadata)
        return self._made(bundle, metadata, observers, result, searched)

    def _made(
        self,
        bundle: QueryBundle,
        metadata: Mapping[str, Any],
        observers: tuple[Observer, ...],
        result: Distillation,
        searched: str,
    ) -> QueryBundle:
        """Tell of a result, and remember the bundle made of it."""
        _dispatcher.event(distillation_event(result))
        return self._seen.put(bundle, metadata, observers, self._bundle(bundle, result, searched))

    def _run(self, query_bundle: QueryBundle, metadata: dict[str, Any]) -> QueryBundle:
        return self.run_for(query_bundle, metadata, None)

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """There are no prompts to update."""

    def _all_observers(self, callback_manager: CallbackManager | None) -> tuple[Observer, ...]:
        return (*self.observers, *observers_in(self.callback_manager, callback_manager))

    def _bundle(self, original: QueryBundle, result: Distillation, searched: str) -> QueryBundle:
        """A new bundle for the distilled query, embedding strings and cached embedding included."""
        if result.text == searched == original.query_str:
            return _copy(original)
        chosen_by_caller = original.custom_embedding_strs not in (None, [original.query_str])
        if chosen_by_caller:
            return replace(_copy(original), query_str=result.text)
        if searched == original.query_str:  # a policy let pass what the settings alone would not
            searched = result.text
        strings = {
            "search_query": [searched],
            "distilled": [result.text],
            "original": [original.query_str],
            "both": [original.query_str, result.text],
        }[self.embed_with]
        # A cached embedding is one of the original text: right only where that is embedded alone.
        embedding = original.embedding if strings == [original.query_str] else None
        return replace(
            original, query_str=result.text, custom_embedding_strs=strings, embedding=embedding
        )


class _Seen(NamedTuple):
    """A bundle that was distilled, and on whose behalf."""

    bundle: weakref.ref[QueryBundle]
    query: str
    metadata: Mapping[str, Any]
    observers: tuple[Observer, ...]
    made: QueryBundle | None
    """What was made from it; None: it was itself made here."""


class _SeenBundles:
    """Bundles that were distilled, by identity, for as long as they live."""

    def __init__(self) -> None:
        self._made: dict[int, _Seen] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[_SeenBundles], tuple[()]]:
        return _SeenBundles, ()  # a copy has seen nothing: identities do not travel

    def get(
        self, bundle: QueryBundle, metadata: Mapping[str, Any], observers: tuple[Observer, ...]
    ) -> QueryBundle | None:
        """The bundle made from this one (for one of ours: itself), or None.

        Asked on behalf of others, whose policies may want something else, it is None as well.
        """
        with self._lock:
            seen = self._made.get(id(bundle))
        if seen is None or seen.bundle() is not bundle or seen.query != bundle.query_str:
            return None
        if seen.made is None:
            return bundle
        same = _are_same(seen.observers, observers) and _are_equal(seen.metadata, metadata)
        return _copy(seen.made) if same else None

    def put(
        self,
        original: QueryBundle,
        metadata: Mapping[str, Any],
        observers: tuple[Observer, ...],
        made: QueryBundle,
    ) -> QueryBundle:
        """Remember both, and give back a copy that the caller may do with as he likes."""
        given = _copy(made)
        metadata = dict(metadata)  # as it is now: it is the caller's
        with self._lock:
            self._made[id(original)] = _Seen(
                self._reference(original), original.query_str, metadata, observers, made
            )
            self._made[id(given)] = _Seen(
                self._reference(given), given.query_str, metadata, observers, None
            )
        return given

    def _reference(self, bundle: QueryBundle) -> weakref.ref[QueryBundle]:
        key = id(bundle)
        return weakref.ref(bundle, lambda dead: self._forget(key, dead))

    def _forget(self, key: int, dead: weakref.ref[QueryBundle]) -> None:
        # Runs whenever the collector likes, so it takes no lock; a reused id keeps its new entry.
        seen = self._made.get(key)
        if seen is not None and seen.bundle is dead:
            self._made.pop(key, None)


def _copy(bundle: QueryBundle) -> QueryBundle:
    """With lists of its own, so that who changes the one does not change the other."""
    strings, embedding = bundle.custom_embedding_strs, bundle.embedding
    return replace(
        bundle,
        custom_embedding_strs=None if strings is None else list(strings),
        embedding=None if embedding is None else list(embedding),
    )


def _are_same(one: Sequence[Observer], other: Sequence[Observer]) -> bool:
    return [id(observer) for observer in one] == [id(observer) for observer in other]


def _are_equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001 - metadata may hold anything, arrays for example
        return False


def _as_bundle(query: QueryType) -> QueryBundle:
    return QueryBundle(query_str=query) if isinstance(query, str) else query


def _call(bundle: QueryBundle, metadata: Mapping[str, Any]) -> Call:
    return Call(bundle.query_str, "user", "llamaindex", metadata)
