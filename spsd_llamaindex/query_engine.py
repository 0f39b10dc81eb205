"""A query engine that distils the query for another one, once, sync and async."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE
from llama_index.core.callbacks import CallbackManager
from llama_index.core.query_engine import TransformQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle

from spsd_core.settings import Settings
from spsd_llamaindex.query_transform import DistillQueryTransform

__all__ = ["DistillQueryEngine"]


class DistillQueryEngine(TransformQueryEngine):
    """Distils each query before `query_engine` retrieves and synthesises.

    Unlike the stock `TransformQueryEngine` it does not hold up the event loop in its async methods,
    it has `aretrieve`, and retrieval and synthesis of one bundle share one distillation.

    Args:
        query_engine: the engine that answers.
        settings: of the distiller; ignored where a transform is given.
        query_transform: a ready transform.
        transform_metadata: reaches policies as `Call.metadata`.
        callback_manager: observers among its handlers take part.
    """

    _query_transform: DistillQueryTransform

    def __init__(
        self,
        query_engine: BaseQueryEngine,
        settings: Settings | Mapping[str, Any] | None = None,
        *,
        query_transform: DistillQueryTransform | None = None,
        transform_metadata: dict[str, Any] | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(
            query_engine,
            query_transform or DistillQueryTransform(settings),
            transform_metadata=transform_metadata,
            callback_manager=callback_manager or query_engine.callback_manager,
        )

    @property
    def query_transform(self) -> DistillQueryTransform:
        """The transform in use."""
        return self._query_transform

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Retrieve for the distilled query."""
        return self._query_engine.retrieve(self._distilled(query_bundle))

    async def aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Retrieve for the distilled query; engines without an async form run as they can."""
        distilled = await self._adistilled(query_bundle)
        aretrieve = getattr(self._query_engine, "aretrieve", None)
        if aretrieve is None:
            return self._query_engine.retrieve(distilled)
        nodes: list[NodeWithScore] = await aretrieve(distilled)
        return nodes

    def synthesize(
        self,
        query_bundle: QueryBundle,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
    ) -> RESPONSE_TYPE:
        """Synthesise an answer to the distilled query."""
        return self._query_engine.synthesize(
            self._distilled(query_bundle), nodes, additional_source_nodes
        )

    async def asynthesize(
        self,
        query_bundle: QueryBundle,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
    ) -> RESPONSE_TYPE:
        """Synthesise an answer to the distilled query."""
        distilled = await self._adistilled(query_bundle)
        return await self._query_engine.asynthesize(distilled, nodes, additional_source_nodes)

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return self._query_engine.query(self._distilled(query_bundle))

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await self._query_engine.aquery(await self._adistilled(query_bundle))

    def _distilled(self, bundle: QueryBundle) -> QueryBundle:
        metadata = self._transform_metadata or {}
        return self._query_transform.run_for(bundle, metadata, self.callback_manager)

    async def _adistilled(self, bundle: QueryBundle) -> QueryBundle:
        metadata = self._transform_metadata or {}
        return await self._query_transform.arun_for(bundle, metadata, self.callback_manager)
