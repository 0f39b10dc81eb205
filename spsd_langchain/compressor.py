"""`ContextDistillCompressor`: retrieved documents, shortened against the question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from langchain_core.callbacks import Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict, Field, PrivateAttr, model_validator
from typing_extensions import Self, override

from spsd_core.context.types import ContextDistillation, Passage
from spsd_core.observers import Observer
from spsd_core.settings import Settings
from spsd_langchain.context_step import ContextStep, Retrieved

if TYPE_CHECKING:
    from spsd_core.context import ContextDistiller

__all__ = ["ContextDistillCompressor"]


class ContextDistillCompressor(BaseDocumentCompressor):
    """Keeps of each document the sentences that matter to the question, or all of it.

    Takes the place of any document compressor, and stands behind a retriever in a chain:

        compressor = ContextDistillCompressor()
        retriever = ContextualCompressionRetriever(
            base_compressor=compressor, base_retriever=retriever
        )

    Documents keep order, id and metadata; one that stays as it was is the same object. What was
    done, and why, goes to observers among the callbacks and into the custom event `spsd.context`.

    Raises:
        pydantic.ValidationError: when built, where a setting is wrong.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True, extra="forbid", use_attribute_docstrings=True
    )

    settings: Settings = Settings()
    """How to shorten; see its group `context`."""
    ratio: float | None = Field(default=None, gt=0, le=1)
    """Share of the tokens to keep."""
    target_tokens: int | None = Field(default=None, ge=1)
    """Number of tokens to keep, all documents together. With neither this nor `ratio`,
    `settings.context` says: by confidence as delivered."""
    drop_empty: bool = False
    """Whether a document of which nothing is left is left out. False: its content is empty."""
    index_key: str = Field(default="spsd_index", min_length=1)
    """Key of the metadata under which `index_documents` puts a document's sentence vectors."""
    observers: tuple[Observer, ...] = Field(default=(), exclude=True, repr=False)
    """Observers of every call, besides those among the callbacks of a call."""

    _distiller: ContextDistiller = PrivateAttr()
    _step: ContextStep = PrivateAttr()

    @model_validator(mode="after")
    def _set_up(self) -> Self:
        from spsd_core.context import ContextDistiller

        if self.ratio is not None and self.target_tokens is not None:
            raise ValueError("ratio and target_tokens are both given; leave one of them out")
        self._distiller = ContextDistiller(self.settings)
        self._step = ContextStep(
            self._distiller,
            observers=self.observers,
            ratio=self.ratio,
            target_tokens=self.target_tokens,
        )
        return self

    @override
    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """Shorten the documents against the query. The given ones are not changed."""
        result = self._step.invoke(self._retrieved(documents, query), _config(callbacks))
        return self._answer(documents, result)

    @override
    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """`compress_documents` without blocking the event loop."""
        result = await self._step.ainvoke(self._retrieved(documents, query), _config(callbacks))
        return self._answer(documents, result)

    def index_documents(self, documents: Iterable[Document]) -> list[Document]:
        """Copies that carry their sentence vectors in their metadata: do it once, at ingestion.

        A query then costs one short pass over the question. An index that no longer fits its
        document (the text was edited, or split again) is not used.
        """
        return [
            self._indexed(document, self._distiller.index(document.page_content).dumps())
            for document in documents
        ]

    async def aindex_documents(self, documents: Iterable[Document]) -> list[Document]:
        """`index_documents` without blocking the event loop."""
        return [
            self._indexed(document, (await self._distiller.aindex(document.page_content)).dumps())
            for document in documents
        ]

    def _indexed(self, document: Document, index: str) -> Document:
        return document.model_copy(
            update={"metadata": {**document.metadata, self.index_key: index}}
        )

    def _retrieved(self, documents: Sequence[Document], query: str) -> Retrieved:
        return Retrieved(query, [self._passage(document) for document in documents])

    def _passage(self, document: Document) -> Passage:
        index = document.metadata.get(self.index_key)
        return Passage(
            document.page_content, document.id, index if isinstance(index, str) else None
        )

    def _answer(self, documents: Sequence[Document], result: ContextDistillation) -> list[Document]:
        return [
            _shortened(document, text)
            for document, text in zip(documents, result.passages)
            if text or not self.drop_empty
        ]


def _config(callbacks: Callbacks | None) -> RunnableConfig | None:
    """A configuration for the run; without callbacks those of a run around it hold."""
    return None if callbacks is None else {"callbacks": callbacks}


def _shortened(document: Document, text: str) -> Document:
    if text == document.page_content:
        return document
    return document.model_copy(update={"page_content": text, "metadata": dict(document.metadata)})
