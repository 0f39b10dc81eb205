"""The LlamaIndex adapter with real indexes, a real embedder interface, and a recording LLM."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core import Document, MockEmbedding, SummaryIndex, VectorStoreIndex
from llama_index.core.callbacks import CallbackManager
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import MockLLM
from llama_index.core.schema import QueryBundle
from pydantic import Field

from spsd_core import (
    Call,
    ConfigurationError,
    ContextDistiller,
    Distillation,
    Distiller,
    Overrides,
    Reason,
    Settings,
)
from spsd_llamaindex import (
    DistillationCallbackHandler,
    DistillationEvent,
    DistillQueryEngine,
    DistillQueryTransform,
)

POLITE = "Hi! Sorry to bother you, but could you please tell me how long a refund takes? Thanks!"
CORE = "Tell me how long a refund takes?"
SEARCHED = Distiller().search_query(POLITE)
MEDICAL = "Hi! Could you please tell me the usual dose of ibuprofen for an adult? Thanks!"


class RecordingEmbedding(MockEmbedding):
    """LlamaIndex's own mock, remembering which texts it was asked to embed."""

    asked: list[str] = Field(default_factory=list)

    def _get_query_embedding(self, query: str) -> list[float]:
        self.asked.append(query)
        return super()._get_query_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        self.asked.append(query)
        return await super()._aget_query_embedding(query)


@pytest.fixture
def embedding() -> RecordingEmbedding:
    return RecordingEmbedding(embed_dim=8, asked=[])


@pytest.fixture
def engine(embedding: RecordingEmbedding) -> Any:
    documents = [Document(text="A refund takes 5 working days."), Document(text="Lamps last.")]
    index = VectorStoreIndex.from_documents(documents, embed_model=embedding)
    embedding.asked.clear()
    return index.as_query_engine(llm=MockLLM())


@pytest.fixture
def events() -> Iterator[list[DistillationEvent]]:
    seen: list[DistillationEvent] = []

    class Handler(BaseEventHandler):
        def handle(self, event: Any, **_: Any) -> None:
            if isinstance(event, DistillationEvent):
                seen.append(event)

    handler = Handler()
    dispatcher = get_dispatcher()
    dispatcher.add_event_handler(handler)
    yield seen
    dispatcher.event_handlers.remove(handler)


def test_a_query_is_distilled_for_retrieval_and_for_the_model(
    engine: Any, embedding: RecordingEmbedding
) -> None:
    """MockLLM answers with its prompt, so the answer shows what the model got."""
    answer = str(DistillQueryEngine(engine).query(POLITE))
    assert CORE in answer
    assert "Sorry to bother" not in answer
    assert embedding.asked == [SEARCHED]


async def test_the_async_path_sends_the_same(engine: Any, embedding: RecordingEmbedding) -> None:
    """Word for word."""
    distilling = DistillQueryEngine(engine)
    assert str(await distilling.aquery(POLITE)) == str(distilling.query(POLITE))
    assert embedding.asked == [SEARCHED, SEARCHED]


@pytest.mark.parametrize(
    ("embed_with", "embedded"),
    [
        ("search_query", [SEARCHED]),
        ("distilled", [CORE]),
        ("original", [POLITE]),
        ("both", [POLITE, CORE]),
    ],
)
def test_what_is_embedded_can_be_chosen(
    engine: Any, embedding: RecordingEmbedding, embed_with: Any, embedded: list[str]
) -> None:
    """The model gets the distilled query either way."""
    transform = DistillQueryTransform(embed_with=embed_with)
    answer = str(DistillQueryEngine(engine, query_transform=transform).query(POLITE))
    assert embedding.asked == embedded
    assert CORE in answer


def test_the_callers_bundle_is_not_changed() -> None:
    """A new one is returned, the image path kept, a stale embedding dropped."""
    bundle = QueryBundle(POLITE, image_path="lamp.png", embedding=[0.5])
    made = DistillQueryTransform().run(bundle)
    assert bundle == QueryBundle(POLITE, image_path="lamp.png", embedding=[0.5])
    assert made.query_str == CORE
    assert made.image_path == "lamp.png"
    assert made.custom_embedding_strs == [SEARCHED]
    assert made.embedding is None


def test_an_embedding_of_the_original_is_kept_where_the_original_is_embedded() -> None:
    """It is still the right one."""
    bundle = QueryBundle(POLITE, embedding=[0.5])
    assert DistillQueryTransform(embed_with="original").run(bundle).embedding == [0.5]


def test_embedding_strings_the_caller_chose_are_kept() -> None:
    """HyDE and the like know better."""
    bundle = QueryBundle(POLITE, custom_embedding_strs=["A refund takes some days."])
    made = DistillQueryTransform().run(bundle)
    assert made.query_str == CORE
    assert made.custom_embedding_strs == ["A refund takes some days."]


def test_courtesy_that_nobody_dares_to_delete_is_not_embedded(
    engine: Any, embedding: RecordingEmbedding
) -> None:
    """The model gets the query as it is, unless a policy forbids to touch anything."""
    doubted = (
        "What does a lamp of 60 watts cost to run? Thank you kaayo even just for opening this."
    )
    transform = DistillQueryTransform()
    answer = str(DistillQueryEngine(engine, query_transform=transform).query(doubted))
    assert doubted in answer
    (searched,) = embedding.asked
    assert "watts cost to run" in searched
    assert "kaayo" not in searched

    class Forbidding(DistillationCallbackHandler):
        def spsd_policy(self, call: Call) -> Overrides:
            return Overrides(enabled=False)

    forbidden = DistillQueryTransform(observers=[Forbidding()])
    DistillQueryEngine(engine, query_transform=forbidden).query(doubted)
    assert embedding.asked == [searched, doubted]


def test_a_critical_query_goes_through_untouched(engine: Any) -> None:
    """Into retrieval as into the model."""
    made = DistillQueryTransform().run(MEDICAL)
    assert made.query_str == MEDICAL
    assert MEDICAL in str(DistillQueryEngine(engine).query(MEDICAL))


def test_retrieval_and_synthesis_share_one_distillation(
    engine: Any, events: list[DistillationEvent]
) -> None:
    """Both ask; the text is read once."""
    distilling = DistillQueryEngine(engine)
    bundle = QueryBundle(POLITE)
    nodes = distilling.retrieve(bundle)
    assert CORE in str(distilling.synthesize(bundle, nodes))
    assert len(events) == 1


async def test_async_retrieval_and_synthesis_share_one_distillation(
    engine: Any, events: list[DistillationEvent]
) -> None:
    """As in sync."""
    distilling = DistillQueryEngine(engine)
    bundle = QueryBundle(POLITE)
    nodes = await distilling.aretrieve(bundle)
    assert CORE in str(await distilling.asynthesize(bundle, nodes))
    assert len(events) == 1


def test_a_distilled_bundle_is_not_distilled_again(events: list[DistillationEvent]) -> None:
    """Nested engines and retries hand ours back."""
    transform = DistillQueryTransform()
    made = transform.run(POLITE)
    assert transform.run(made).query_str == CORE
    assert len(events) == 1


def test_a_bundle_that_was_changed_after_is_distilled_again() -> None:
    """Identity is not enough."""
    transform = DistillQueryTransform()
    bundle = QueryBundle(POLITE)
    transform.run(bundle)
    bundle.query_str = POLITE.replace("refund", "delivery")
    assert transform.run(bundle).query_str == CORE.replace("refund", "delivery")


def test_seen_bundles_are_forgotten_with_their_owners() -> None:
    """A long-lived transform must not grow."""
    transform = DistillQueryTransform()
    for number in range(50):
        transform.run(QueryBundle(f"{POLITE} And what about order {number}?"))
    gc.collect()
    assert len(transform._seen._made) <= 2


def test_the_event_carries_the_record(events: list[DistillationEvent]) -> None:
    """And none of the user's words."""
    DistillQueryTransform().run(POLITE)
    (event,) = events
    assert event.decision == "distilled"
    assert event.tokens_after < event.tokens_before
    assert event.record["reason"] == "shortened"
    assert "refund" not in str(event.model_dump())


class Off(DistillationCallbackHandler):
    """A policy that switches SPSD off for one tenant."""

    def spsd_policy(self, call: Call) -> Overrides | None:
        return Overrides(enabled=call.metadata.get("tenant") != "careful")


def test_policies_come_through_the_callback_manager(engine: Any) -> None:
    """The engine's metadata tells them whose query it is."""
    handler = Off()
    manager = CallbackManager([handler])
    careful = DistillQueryEngine(
        engine, transform_metadata={"tenant": "careful"}, callback_manager=manager
    )
    assert "Sorry to bother" in str(careful.query(POLITE))
    other = DistillQueryEngine(engine, callback_manager=manager)
    assert "Sorry to bother" not in str(other.query(POLITE))
    assert [record.reason for record in handler.records] == [Reason.DISABLED, Reason.SHORTENED]


async def test_a_veto_holds_in_async() -> None:
    """The original is used for everything."""

    class Veto(DistillationCallbackHandler):
        def spsd_veto(self, call: Call, proposal: Distillation) -> bool:
            return True

    transform = DistillQueryTransform(callback_manager=CallbackManager([Veto()]))
    assert (await transform.arun(POLITE)).query_str == POLITE


def test_a_wrong_setting_raises_when_the_transform_is_built() -> None:
    """And names itself."""
    with pytest.raises(ConfigurationError, match="embed_with"):
        DistillQueryTransform(embed_with="neither")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="settings or a distiller"):
        DistillQueryTransform(Settings(), distiller=Distiller())


def test_the_answer_streams_through() -> None:
    """Distilling happens before; the tokens come as they do without it."""
    index = SummaryIndex.from_documents([Document(text="A refund takes 5 working days.")])
    engine = index.as_query_engine(llm=MockLLM(), streaming=True)
    response = DistillQueryEngine(engine).query(POLITE)
    assert len(list(response.response_gen)) > 1  # type: ignore[union-attr]


async def test_many_queries_at_once_keep_apart(engine: Any) -> None:
    """Two hundred tasks, one transform."""
    transform = DistillQueryTransform()
    queries = [f"Hello! Could you please explain item {n} of the list? Thanks!" for n in range(200)]
    made = await asyncio.gather(*(transform.arun(query) for query in queries))
    assert [bundle.query_str for bundle in made] == [
        f"Explain item {n} of the list?" for n in range(200)
    ]


def test_the_core_and_both_adapters_agree() -> None:
    """One text, one result (P8)."""
    from langchain_core.messages import HumanMessage

    from spsd_langchain import PromptDistiller

    for text in (POLITE, MEDICAL, "Compare Oslo and Madrid in at most two lines, thank you."):
        core = Distiller().distill(text).text
        (message,) = PromptDistiller().invoke([HumanMessage(text)]).to_messages()
        assert DistillQueryTransform().run(text).query_str == core == message.content


@pytest.mark.parametrize("build", [DistillQueryTransform, None])
def test_settings_may_be_a_mapping_and_a_wrong_distiller_says_so(engine: Any, build: Any) -> None:
    """When it is built, not at the first query."""
    if build is None:
        made = DistillQueryEngine(engine, {"level": "dense"}).query_transform
    else:
        made = build({"level": "dense"})
    assert made.distiller.settings.level == "dense"
    with pytest.raises(ConfigurationError, match="ContextDistiller, not a Distiller"):
        DistillQueryTransform(distiller=ContextDistiller())  # type: ignore[arg-type]
