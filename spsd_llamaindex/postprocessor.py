"""A node postprocessor that shortens retrieved passages against the question."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.callbacks import CallbackManager
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index_instrumentation import get_dispatcher
from pydantic import Field, PrivateAttr

from spsd_core.context import ContextDistiller
from spsd_core.context.types import ContextDistillation
from spsd_core.exceptions import ConfigurationError
from spsd_core.observers import Call, Observer
from spsd_core.settings import Settings
from spsd_llamaindex.building import context_distiller, settings_without_secrets
from spsd_llamaindex.callbacks import observers_in
from spsd_llamaindex.events import context_event
from spsd_llamaindex.nodes import apply_context, passages_in

__all__ = ["ContextDistillPostprocessor"]

_dispatcher = get_dispatcher(__name__)


class ContextDistillPostprocessor(BaseNodePostprocessor):
    """Keeps of each retrieved node the sentences that the question needs.

    Use it wherever LlamaIndex takes `node_postprocessors`: query engines, chat engines, tools that
    retrieve. Nodes that are shortened are replaced by new ones with the same id, score, metadata
    and relationships; those of the index are never changed, and neither are images and nodes
    that refer to something. Without a question all nodes stay as they are.

    Args:
        settings: of the distiller it builds.
        distiller: a ready one to use instead.
        ratio: share of the tokens to keep, over all nodes of a call.
        target_tokens: number of tokens to keep. With neither, `settings.context` says.
        drop_empty: whether a node of which nothing is left goes, as it does by default. Left in
            its place, empty, it costs a request of its own in `refine` and `accumulate`.
        observers: asked and told for every call, besides those among the handlers of the callback
            manager and of LlamaIndex's global one.
        metadata: reaches observers as `Call.metadata`.
        callback_manager: engines put theirs in its place; observers among the handlers of this
            one take part nevertheless.

    Raises:
        ConfigurationError: a setting cannot work.
    """

    distiller: ContextDistiller = Field(exclude=True, repr=False)
    """What shortens the passages."""
    ratio: float | None = None
    target_tokens: int | None = None
    drop_empty: bool = True
    observers: tuple[Observer, ...] = Field(default=(), exclude=True, repr=False)
    call_metadata: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    """What `metadata` was given."""
    _given_manager: CallbackManager | None = PrivateAttr(default=None)
    """The one it was built with: a policy must not go when an engine brings its own manager."""

    def __init__(
        self,
        settings: Settings | Mapping[str, Any] | None = None,
        *,
        distiller: ContextDistiller | None = None,
        ratio: float | None = None,
        target_tokens: int | None = None,
        drop_empty: bool = True,
        observers: Sequence[Observer] = (),
        metadata: Mapping[str, Any] | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        _check_budget(ratio, target_tokens)
        fields: dict[str, Any] = {"ratio": ratio, "target_tokens": target_tokens}
        fields["distiller"] = context_distiller(settings, distiller)
        fields["drop_empty"] = drop_empty
        fields["observers"] = tuple(observers)
        fields["call_metadata"] = dict(metadata or {})
        if callback_manager is not None:
            fields["callback_manager"] = callback_manager
        super().__init__(**fields)
        self._given_manager = self.callback_manager

    @classmethod
    def class_name(cls) -> str:
        """Name under which LlamaIndex knows it."""
        return "SPSDContextDistillPostprocessor"

    def to_dict(self, **kwargs: Any) -> dict[str, Any]:
        """JSON types without secrets; `from_dict` reads them."""
        settings = settings_without_secrets(self.distiller.settings)
        return {**super().to_dict(**kwargs), "settings": settings}

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        question = "" if query_bundle is None else query_bundle.query_str
        result = self.distiller.distill(question, passages_in(nodes), **self._request(question))
        return self._told(nodes, result)

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        question = "" if query_bundle is None else query_bundle.query_str
        passages = passages_in(nodes)
        result = await self.distiller.adistill(question, passages, **self._request(question))
        return self._told(nodes, result)

    def _request(self, question: str) -> dict[str, Any]:
        """What distiller and observers are to know of a call besides question and passages."""
        observers = observers_in(self._given_manager, self.callback_manager)
        return {
            "ratio": self.ratio,
            "target_tokens": self.target_tokens,
            "call": Call(question, "user", "llamaindex", self.call_metadata),
            "observers": (*self.observers, *observers),
        }

    def _told(self, nodes: list[NodeWithScore], result: ContextDistillation) -> list[NodeWithScore]:
        """Put an event on the dispatcher, and the texts in the nodes."""
        _dispatcher.event(context_event(result))
        return apply_context(nodes, result, drop_empty=self.drop_empty)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        lost = {"distiller", "observers", "call_metadata"} - state["__dict__"].keys()
        if lost:  # LlamaIndex drops what cannot be pickled, but a policy must not get lost
            raise pickle.PicklingError(f"the {' and the '.join(sorted(lost))} cannot be pickled")
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        fields = dict(state["__dict__"])
        self.__init__(metadata=fields.pop("call_metadata"), **fields)  # type: ignore[misc]


def _check_budget(ratio: float | None, target_tokens: int | None) -> None:
    if ratio is not None and target_tokens is not None:
        raise ConfigurationError("give either ratio or target_tokens, not both")
    if ratio is not None and not 0 < ratio <= 1:
        raise ConfigurationError(f"ratio is {ratio!r}; give a share of the tokens, above 0 up to 1")
    if target_tokens is not None and not 1 <= target_tokens < math.inf:
        raise ConfigurationError(f"target_tokens is {target_tokens!r}; give 1 or more")
