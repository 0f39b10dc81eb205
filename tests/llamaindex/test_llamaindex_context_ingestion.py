"""`SentenceVectors` in an ingestion pipeline: vectors travel with a node, and disturb nothing."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core import Document, MockEmbedding, StorageContext, VectorStoreIndex
from llama_index.core.ingestion import DocstoreStrategy, IngestionCache, IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import (
    BaseNode,
    ImageNode,
    MetadataMode,
    NodeWithScore,
    QueryBundle,
    TextNode,
)
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict

from llamaindex.passages import ANSWER, FISHERY, LIGHTHOUSE, PASSAGES, QUESTION, nodes
from spsd_core import ContextDistiller
from spsd_llamaindex import (
    ContextDistillPostprocessor,
    DistillationCallbackHandler,
    SentenceVectors,
)

MODES = [MetadataMode.LLM, MetadataMode.EMBED, MetadataMode.NONE]


@pytest.fixture(scope="module")
def vectors() -> SentenceVectors:
    return SentenceVectors()


def vectors_of(text: str) -> str:
    return str(SentenceVectors()(nodes(text))[0].metadata["spsd_index"])


def indexed_in(found: list[BaseNode]) -> int:
    """How many passages a fresh distiller has to index itself when it is asked about some nodes."""
    handler = DistillationCallbackHandler()
    step = ContextDistillPostprocessor(observers=[handler], ratio=0.3)
    step.postprocess_nodes([NodeWithScore(node=node) for node in found], QueryBundle(QUESTION))
    (record,) = handler.context_records
    return record.indexed


def test_vectors_are_a_string_that_nobody_reads(vectors: SentenceVectors) -> None:
    """Neither the LLM nor the embedding model; what they read is what it was."""
    before = nodes()
    for node, original in zip(vectors(before), before):
        index = node.metadata["spsd_index"]
        assert type(index) is str
        assert index.isascii()
        assert index.isprintable()
        for mode in MODES:
            assert node.get_content(metadata_mode=mode) == original.get_content(metadata_mode=mode)
        expected = original.model_dump()
        expected["metadata"]["spsd_index"] = index
        expected["excluded_llm_metadata_keys"].append("spsd_index")
        expected["excluded_embed_metadata_keys"].append("spsd_index")
        assert node.model_dump() == expected


def test_the_nodes_it_gets_are_not_changed(vectors: SentenceVectors) -> None:
    """A docstore that goes by their hash finds them again."""
    given_nodes = nodes()
    before = copy.deepcopy(given_nodes)
    vectors(given_nodes)
    assert given_nodes == before
    assert [node.hash for node in given_nodes] == [node.hash for node in before]


async def test_the_async_form_gives_the_same(vectors: SentenceVectors) -> None:
    assert await vectors.acall(nodes()) == vectors(nodes())


def test_a_second_time_changes_nothing(vectors: SentenceVectors) -> None:
    """Not the excluded keys either."""
    once = vectors(nodes())
    assert vectors(once) == once


def test_what_is_no_plain_text_gets_none(vectors: SentenceVectors) -> None:
    picture = ImageNode(text="a lamp", image_url="http://127.0.0.1/lamp.png")
    assert vectors([picture])[0] is picture


def test_the_postprocessor_uses_them(vectors: SentenceVectors) -> None:
    """And comes to the same result as without."""
    ready = vectors(nodes())
    assert indexed_in(list(nodes())) == 3
    assert indexed_in(ready) == 0
    step = ContextDistillPostprocessor(ratio=0.3)
    found = step.postprocess_nodes([NodeWithScore(node=node) for node in ready], query_str=QUESTION)
    plain = [NodeWithScore(node=node) for node in nodes()]
    expected = step.postprocess_nodes(plain, query_str=QUESTION)
    assert [one.text for one in found] == [one.text for one in expected] != list(PASSAGES)


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param(lambda own: vectors_of(FISHERY), id="of another text"),
        pytest.param(lambda own: own[:-9], id="cut off"),
        pytest.param(lambda own: own.replace("spsd1:", "spsd0:"), id="of another form"),
        pytest.param(lambda own: "", id="empty"),
        pytest.param(lambda own: 7, id="a number"),
        pytest.param(lambda own: ["a"], id="a list"),
    ],
)
def test_vectors_that_are_not_of_this_text_are_not_used(
    vectors: SentenceVectors, foreign: Any
) -> None:
    """The passage is read again, and the result is the same."""
    (node,) = vectors(nodes(LIGHTHOUSE))
    node.metadata["spsd_index"] = foreign(node.metadata["spsd_index"])
    assert indexed_in([node]) == 1
    step = ContextDistillPostprocessor(ratio=0.5)
    given_nodes = [NodeWithScore(node=one) for one in (node, *nodes(LIGHTHOUSE))]
    alone = [step.postprocess_nodes([one], query_str=QUESTION)[0].text for one in given_nodes]
    assert alone[0] == alone[1] != LIGHTHOUSE


@settings(max_examples=25)
@given(st.text(max_size=400))
def test_whatever_a_text_is_it_gets_vectors_that_fit_it(text: str) -> None:
    """Nothing raises, and they are found again."""
    (node,) = _SHARED([TextNode(text=text)])
    assert node.get_content() == text
    if text.strip():
        index = ContextDistiller().find_index(text, node.metadata["spsd_index"])
        assert index is not None


_SHARED = SentenceVectors()


# -- in a pipeline ---------------------------------------------------------------------------------

LONG = " ".join(PASSAGES)
BOOK = Document(text=LONG, id_="book", metadata={"title": "The coast"})


def pipeline(**parts: Any) -> IngestionPipeline:
    splitter = SentenceSplitter(chunk_size=80, chunk_overlap=0)
    steps = [splitter, SentenceVectors(), MockEmbedding(embed_dim=8)]
    return IngestionPipeline(transformations=steps, **parts)


def test_behind_a_splitter_every_chunk_has_its_own() -> None:
    """And none is read at query time."""
    chunks = list(pipeline().run(documents=[BOOK]))
    assert len(chunks) > 3
    assert len({chunk.metadata["spsd_index"] for chunk in chunks}) == len(chunks)
    assert indexed_in(chunks) == 0


async def test_an_async_run_gives_the_same() -> None:
    """But for the ids, which the splitter makes up."""
    ran, awaited = pipeline().run(documents=[BOOK]), await pipeline().arun(documents=[BOOK])
    kept = {"id_", "relationships"}
    assert [n.model_dump(exclude=kept) for n in ran] == [
        n.model_dump(exclude=kept) for n in awaited
    ]


def test_before_a_splitter_chunks_inherit_vectors_that_are_ignored() -> None:
    """A mistake that costs time, and nothing else: the splitter takes no notice of their length."""
    steps = [SentenceVectors(), SentenceSplitter(chunk_size=80, chunk_overlap=0)]
    chunks = list(IngestionPipeline(transformations=steps).run(documents=[BOOK]))
    plain = pipeline().run(documents=[BOOK])
    assert [chunk.get_content() for chunk in chunks] == [chunk.get_content() for chunk in plain]
    assert indexed_in(chunks) == len(chunks)


def test_a_second_run_comes_from_the_cache(tmp_path: Path) -> None:
    """Also in another process that read it from disk: nodes with the same ids."""
    cache = IngestionCache()
    first = pipeline(cache=cache).run(documents=[BOOK])
    entries = len(cache.cache.get_all(collection=cache.collection))
    again = pipeline(cache=cache).run(documents=[BOOK])
    assert len(cache.cache.get_all(collection=cache.collection)) == entries == 3
    cache.persist(str(tmp_path / "cache.json"))
    read = IngestionCache.from_persist_path(str(tmp_path / "cache.json"))
    later = pipeline(cache=read).run(documents=[BOOK])
    assert [n.id_ for n in first] == [n.id_ for n in again] == [n.id_ for n in later]
    assert indexed_in(list(later)) == 0


@pytest.mark.parametrize("before_the_splitter", [False, True])
@pytest.mark.parametrize("strategy", list(DocstoreStrategy))
def test_a_document_that_did_not_change_is_not_ingested_again(
    strategy: DocstoreStrategy, before_the_splitter: bool
) -> None:
    """The docstore goes by the hash of the document, which vectors must not enter."""
    runner = pipeline(
        docstore=SimpleDocumentStore(),
        docstore_strategy=strategy,
        vector_store=SimpleVectorStore(),
        disable_cache=True,
    )
    if before_the_splitter:
        runner.transformations.insert(0, runner.transformations.pop(1))
    documents = [BOOK, Document(text=FISHERY, id_="leaf")]
    assert len(runner.run(documents=copy.deepcopy(documents))) > 4
    assert runner.run(documents=copy.deepcopy(documents)) == []
    documents[1].set_content(FISHERY + " It opens at nine.")
    assert {node.ref_doc_id for node in runner.run(documents=copy.deepcopy(documents))} == {"leaf"}


def test_a_store_that_flattens_metadata_takes_and_returns_them(vectors: SentenceVectors) -> None:
    """Most remote vector stores keep a node so: flat metadata, the rest as JSON."""
    (node,) = vectors(nodes(LIGHTHOUSE))
    kept = node_to_metadata_dict(node, remove_text=True, flat_metadata=True)
    assert type(kept["spsd_index"]) is str
    returned = metadata_dict_to_node(kept, text=LIGHTHOUSE)
    assert returned == node
    assert indexed_in([returned]) == 0


def test_an_index_on_disk_keeps_them(tmp_path: Path) -> None:
    """From ingestion through storage to a query in another process, where no passage is read."""
    index = VectorStoreIndex(
        list(pipeline().run(documents=[BOOK])), embed_model=MockEmbedding(embed_dim=8)
    )
    index.storage_context.persist(str(tmp_path))
    from llama_index.core import load_index_from_storage

    storage = StorageContext.from_defaults(persist_dir=str(tmp_path))
    loaded = load_index_from_storage(storage, embed_model=MockEmbedding(embed_dim=8))
    handler = DistillationCallbackHandler()
    step = ContextDistillPostprocessor(ratio=0.3, observers=[handler])
    found = loaded.as_retriever(similarity_top_k=9).retrieve(QUESTION)
    shortened = step.postprocess_nodes(found, query_str=QUESTION)
    assert any(ANSWER in one.text for one in shortened)
    assert handler.context_records[0].indexed == 0


def test_it_can_be_saved_and_sent_to_another_process(vectors: SentenceVectors) -> None:
    """A pipeline with several workers sends its parts."""
    chosen = {"context": {"min_tokens": 20}, "rewrite": {"api_key": "secret"}}
    saved = SentenceVectors(chosen).to_dict()
    assert "secret" not in str(saved)
    assert SentenceVectors.from_dict(saved).distiller.settings.context.min_tokens == 20
    assert pickle.loads(pickle.dumps(vectors))(nodes()) == vectors(nodes())


def test_its_dump_names_the_reader(vectors: SentenceVectors) -> None:
    """So that a pipeline's cache does not give out vectors that no postprocessor would use."""
    (node,) = vectors(nodes(LIGHTHOUSE))
    assert vectors.to_dict()["version"] == vectors.distiller.index(LIGHTHOUSE).version
    assert vectors.to_dict() == SentenceVectors().to_dict()
    assert vectors.distiller.find_index(LIGHTHOUSE, node.metadata["spsd_index"]) is not None
