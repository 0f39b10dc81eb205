"""`ContextDistillCompressor`: what becomes of documents, alone, in chains and in retrievers."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI
from passages import ANSWER, PARAGRAPHS, QUESTION, sentences
from pydantic import ValidationError

from spsd_core import ContextSettings, Settings
from spsd_langchain import ContextDistillCompressor, DistillationCallbackHandler

DROPPING = Settings(context=ContextSettings(drop_passages=True))


def documents() -> list[Document]:
    return [
        Document(text, id=f"d{number}", metadata={"source": "guide book", "page": number})
        for number, text in enumerate(PARAGRAPHS)
    ]


async def compress(how: str, compressor: Any, given: Any, query: str, **kwargs: Any) -> Any:
    if how == "sync":
        return compressor.compress_documents(given, query, **kwargs)
    return await compressor.acompress_documents(given, query, **kwargs)


both = pytest.mark.parametrize("how", ["sync", "async"])


@both
async def test_documents_keep_all_but_sentences_that_do_not_matter(how: str) -> None:
    given = documents()
    compressed = await compress(how, ContextDistillCompressor(ratio=0.5), given, QUESTION)
    assert [(one.id, one.metadata) for one in compressed] == [
        (one.id, one.metadata) for one in given
    ]
    assert ANSWER in compressed[2].page_content
    assert sum(len(one.page_content) for one in compressed) < sum(map(len, PARAGRAPHS))
    for before, after in zip(given, compressed):
        assert set(sentences(after.page_content)) <= set(sentences(before.page_content))
    assert given == documents()


def test_sync_and_async_give_the_same_and_so_does_a_copy() -> None:
    compressor = ContextDistillCompressor(ratio=0.4)
    expected = compressor.compress_documents(documents(), QUESTION)
    assert asyncio.run(compressor.acompress_documents(documents(), QUESTION)) == expected
    for other in (copy.deepcopy(compressor), pickle.loads(pickle.dumps(compressor))):
        assert other.compress_documents(documents(), QUESTION) == expected


def test_with_the_defaults_nothing_is_emptied_and_the_answer_stays() -> None:
    compressed = ContextDistillCompressor().compress_documents(documents(), QUESTION)
    assert len(compressed) == len(PARAGRAPHS)
    assert all(one.page_content for one in compressed)
    assert ANSWER in compressed[2].page_content


def test_an_emptied_document_is_left_out_only_on_demand() -> None:
    compressor = ContextDistillCompressor(settings=DROPPING, target_tokens=30)
    kept = compressor.compress_documents(documents(), QUESTION)
    assert [one.id for one in kept] == [f"d{number}" for number in range(len(PARAGRAPHS))]
    assert "" in [one.page_content for one in kept]
    fewer = compressor.model_copy(update={"drop_empty": True}).compress_documents(
        documents(), QUESTION
    )
    assert fewer == [one for one in kept if one.page_content]


def test_documents_that_stay_as_they_were_are_the_same_objects() -> None:
    given = documents()[:1]
    (same,) = ContextDistillCompressor(ratio=1.0).compress_documents(given, QUESTION)
    assert same is given[0]
    assert ContextDistillCompressor().compress_documents([], QUESTION) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"ratio": 0},
        {"ratio": 1.2},
        {"target_tokens": 0},
        {"ratio": 0.5, "target_tokens": 100},
        {"index_key": ""},
        {"rate": 0.5},
    ],
)
def test_wrong_arguments_are_refused_when_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ContextDistillCompressor(**wrong)


# -- the index of a document ---------------------------------------------------------------------


@both
async def test_an_index_made_at_ingestion_is_used_and_changes_nothing_else(how: str) -> None:
    ingesting = ContextDistillCompressor(index_key="vectors")
    indexed = (
        ingesting.index_documents(documents())
        if how == "sync"
        else await ingesting.aindex_documents(documents())
    )
    assert all(one.metadata["vectors"].isascii() for one in indexed)
    handler = DistillationCallbackHandler()
    compressor = ContextDistillCompressor(ratio=0.5, index_key="vectors")
    compressed = await compress(how, compressor, indexed, QUESTION, callbacks=[handler])
    assert handler.context_records[0].indexed == 0
    assert [one.metadata for one in compressed] == [one.metadata for one in indexed]
    plain = ContextDistillCompressor(ratio=0.5).compress_documents(documents(), QUESTION)
    assert [one.page_content for one in compressed] == [one.page_content for one in plain]


@pytest.mark.parametrize("index", ["", "no index", 7, None, "of another"])
def test_an_index_that_does_not_fit_is_not_used(index: object) -> None:
    compressor = ContextDistillCompressor(ratio=0.5)
    expected = compressor.compress_documents(documents(), QUESTION)
    if index == "of another":
        index = compressor.index_documents([Document("Another text altogether.")])[0].metadata[
            "spsd_index"
        ]
    given = [
        one.model_copy(update={"metadata": {**one.metadata, "spsd_index": index}})
        for one in documents()
    ]
    compressed = compressor.compress_documents(given, QUESTION)
    assert [one.page_content for one in compressed] == [one.page_content for one in expected]


# -- who is told -----------------------------------------------------------------------------------


class Watching(DistillationCallbackHandler):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Any] = []

    def spsd_policy(self, call: Any) -> None:
        self.calls.append(call)


@both
async def test_the_record_goes_to_handlers_and_events_not_to_the_documents(how: str) -> None:
    handler = Watching()
    await compress(
        how, ContextDistillCompressor(ratio=0.5), documents(), QUESTION, callbacks=[handler]
    )
    (record,) = handler.context_records
    (event,) = handler.context_events
    assert record.reason.value == "shortened"
    assert [one.id for one in record.passages] == [one.id for one in documents()]
    assert event == record.model_dump(mode="json")
    assert handler.tokens_saved == record.tokens_before - record.tokens_after > 0
    assert {(call.text, call.framework) for call in handler.calls} == {(QUESTION, "langchain")}


class Guide(BaseRetriever):
    """Finds everything, whatever the question."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return documents()


def _joined(found: list[Document]) -> str:
    return "\n\n".join(one.page_content for one in found)


@both
async def test_in_a_chain_the_model_reads_the_shortened_documents(
    server: Any, model: ChatOpenAI, how: str
) -> None:
    """With the callbacks and the metadata of the run around it."""
    compressor = ContextDistillCompressor(ratio=0.5)
    expected = compressor.compress_documents(documents(), QUESTION)
    retriever = Guide()
    found = RunnableLambda(
        lambda query: compressor.compress_documents(retriever.invoke(query), query),
        lambda query: _asked(compressor, retriever, query),
    )
    prompt = ChatPromptTemplate.from_template("{context}\n\n{question}")
    chain: Any = {"context": found | _joined, "question": RunnablePassthrough()} | prompt | model
    handler = Watching()
    config = {"callbacks": [handler], "metadata": {"tenant": "acme"}}
    await chain.ainvoke(QUESTION, config) if how == "async" else chain.invoke(QUESTION, config)
    assert server.user_texts == [[f"{_joined(expected)}\n\n{QUESTION}"]]
    assert handler.calls[0].metadata["tenant"] == "acme"
    assert len(handler.context_events) == 1


async def _asked(compressor: Any, retriever: BaseRetriever, query: str) -> list[Document]:
    documents: list[Document] = await compressor.acompress_documents(
        await retriever.ainvoke(query), query
    )
    return documents


@both
async def test_it_compresses_for_the_contextual_retriever(how: str) -> None:
    retrievers = pytest.importorskip("langchain_classic.retrievers")
    compressor: BaseDocumentCompressor = ContextDistillCompressor(ratio=0.5)
    retriever = retrievers.ContextualCompressionRetriever(
        base_compressor=compressor, base_retriever=Guide()
    )
    handler = Watching()
    config = {"callbacks": [handler], "metadata": {"tenant": "acme"}}
    found = (
        retriever.invoke(QUESTION, config)
        if how == "sync"
        else await retriever.ainvoke(QUESTION, config)
    )
    assert found == compressor.compress_documents(documents(), QUESTION)
    assert handler.calls[0].metadata["tenant"] == "acme"


def test_a_call_can_switch_it_off() -> None:
    compressor = ContextDistillCompressor(ratio=0.5)
    chain = RunnableLambda(lambda query: compressor.compress_documents(documents(), query))
    assert chain.invoke(QUESTION, {"configurable": {"spsd_enabled": False}}) == documents()


texts = st.sampled_from(PARAGRAPHS) | st.text(max_size=60)


@settings(max_examples=30)
@given(st.text(max_size=40) | st.just(QUESTION), st.lists(texts, max_size=4))
def test_whatever_the_texts_documents_stay_in_their_places_and_never_grow(
    query: str, given: list[str]
) -> None:
    compressor = ContextDistillCompressor(ratio=0.5)
    before = [Document(text, metadata={"place": place}) for place, text in enumerate(given)]
    after = compressor.compress_documents(before, query)
    assert [one.metadata for one in after] == [one.metadata for one in before]
    assert all(len(a.page_content) <= len(b.page_content) for a, b in zip(after, before))
