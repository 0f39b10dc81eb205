"""A transformation for ingestion that leaves the sentence vectors of a node with the node."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.schema import BaseNode, TransformComponent
from pydantic import Field
from typing_extensions import Self

from spsd_core.context import ContextDistiller
from spsd_core.settings import Settings
from spsd_llamaindex.building import context_distiller, settings_without_secrets
from spsd_llamaindex.nodes import text_of, with_index

__all__ = ["SentenceVectors"]


class SentenceVectors(TransformComponent):
    """Computes the sentence vectors of each node's text, so that no query has to.

    Put it in an `IngestionPipeline` after the splitter. The vectors are a string in
    `node.metadata["spsd_index"]`, which neither the LLM nor the embedding model is shown; a
    `ContextDistillPostprocessor` finds them there. Vectors of another text (a node was edited, or
    split further) or of another release are not used, so they can do no harm.

    The nodes it gets are not changed, so that a docstore's hashes stay what they were.

    Args:
        settings: of the distiller it builds.
        distiller: a ready one to use instead.

    Raises:
        ConfigurationError: a setting cannot work.
        EngineUnavailable: on the first call: the Reader cannot be loaded.
    """

    distiller: ContextDistiller = Field(exclude=True, repr=False)
    """What computes the vectors."""

    def __init__(
        self,
        settings: Settings | Mapping[str, Any] | None = None,
        *,
        distiller: ContextDistiller | None = None,
    ) -> None:
        super().__init__(distiller=context_distiller(settings, distiller))  # type: ignore[call-arg]

    @classmethod
    def class_name(cls) -> str:
        """Name under which LlamaIndex knows it."""
        return "SPSDSentenceVectors"

    def to_dict(self, **kwargs: Any) -> dict[str, Any]:
        """JSON types without secrets. A pipeline's cache goes by them, so the Reader is named."""
        settings = settings_without_secrets(self.distiller.settings)
        version = self.distiller.index("").version
        return {**super().to_dict(**kwargs), "settings": settings, "version": version}

    @classmethod
    def from_dict(cls, data: dict[str, Any], **kwargs: Any) -> Self:
        """What `to_dict` wrote; the vectors will be those of the Reader that is installed."""
        saved = {name: value for name, value in data.items() if name != "version"}
        return super().from_dict(saved, **kwargs)

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[BaseNode]:  # noqa: ARG002
        """Nodes with the vectors of their texts, in place of those that have a text."""
        texts = [text_of(node) for node in nodes]
        return [
            node if text is None else with_index(node, self.distiller.index(text).dumps())
            for node, text in zip(nodes, texts)
        ]

    async def acall(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[BaseNode]:  # noqa: ARG002
        """`__call__` without holding up the event loop."""
        made = []
        for node in nodes:
            text = text_of(node)
            if text is not None:
                node = with_index(node, (await self.distiller.aindex(text)).dumps())
            made.append(node)
        return made

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        if "distiller" not in state["__dict__"]:  # LlamaIndex drops what cannot be pickled
            raise pickle.PicklingError("the distiller cannot be pickled")
        return state
