"""The contract matrix: on every way through LlamaIndex the same happens, and the same is recorded.

A real engine, chat engine or agent, a real LLM class, and an endpoint on loopback that keeps what
it is sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, get_args

import pytest
from chat_recorder import ChatServer
from llama_index.core import MockEmbedding, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.callbacks import CallbackManager
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.memory import Memory
from llama_index.core.query_engine import CitationQueryEngine, RetrieverQueryEngine
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import QueryBundle
from llama_index.core.tools import QueryEngineTool, RetrieverTool
from llama_index.llms.openai_like import OpenAILike

from llamaindex.passages import AMBLING, ANSWER, PASSAGES, QUESTION, index_of, nodes
from spsd_core import ContextDistillation, ContextDistiller, Distiller
from spsd_llamaindex import (
    ContextDistillEvent,
    ContextDistillPostprocessor,
    DistillationCallbackHandler,
    DistillationEvent,
    DistillingLLM,
    DistillQueryEngine,
    DistillQueryTransform,
    SentenceVectors,
)
from spsd_llamaindex.query_transform import EmbedWith

POLITE = f"Hi there! Sorry to bother you. {QUESTION} Thank you so much in advance!"
RATIO = 0.2


class Parts:
    """An index whose nodes bring their vectors, what shortens them, and an LLM that distils."""

    def __init__(self, llm: OpenAILike) -> None:
        self.handler = DistillationCallbackHandler()
        self.llm = DistillingLLM(llm, observers=[self.handler])
        self.shortening = ContextDistillPostprocessor(ratio=RATIO, observers=[self.handler])
        ready = SentenceVectors()(nodes())
        self.index = VectorStoreIndex(
            ready, embed_model=MockEmbedding(embed_dim=8), store_nodes_override=True
        )

    def query_engine(self, **kwargs: Any) -> Any:
        engine = self.index.as_query_engine(
            llm=self.llm,
            similarity_top_k=3,
            node_postprocessors=[self.shortening],
            **kwargs,
        )
        transform = DistillQueryTransform(observers=[self.handler])
        return DistillQueryEngine(engine, query_transform=transform)

    def chat_engine(self, mode: Any) -> Any:
        return self.index.as_chat_engine(
            chat_mode=mode,
            llm=self.llm,
            similarity_top_k=3,
            memory=Memory.from_defaults(),
            node_postprocessors=[self.shortening],
        )

    def tool(self) -> QueryEngineTool:
        """An engine that answers an agent; the agent words the question, so nothing distils it."""
        engine = self.index.as_query_engine(
            llm=self.llm, similarity_top_k=3, node_postprocessors=[self.shortening]
        )
        return QueryEngineTool.from_defaults(engine, name="book", description="Knows the coast.")


@pytest.fixture
def parts(openai_like: OpenAILike) -> Parts:
    return Parts(openai_like)


Cell = Callable[[Parts, ChatServer, str], Awaitable[str]]


async def query(parts: Parts, server: ChatServer, text: str) -> str:
    return str(parts.query_engine().query(text))


async def aquery(parts: Parts, server: ChatServer, text: str) -> str:
    return str(await parts.query_engine().aquery(text))


async def stream(parts: Parts, server: ChatServer, text: str) -> str:
    return "".join(parts.query_engine(streaming=True).query(text).response_gen)


async def astream(parts: Parts, server: ChatServer, text: str) -> str:
    response = await parts.query_engine(streaming=True).aquery(text)
    return "".join([piece async for piece in response.async_response_gen()])


def answering(response_mode: str) -> Cell:
    """A query whose answer is put together in another way."""

    async def cell(parts: Parts, server: ChatServer, text: str) -> str:
        return str(parts.query_engine(response_mode=response_mode).query(text))

    return cell


def chatting(mode: str, how: str) -> Cell:
    """One turn of a chat engine."""

    async def cell(parts: Parts, server: ChatServer, text: str) -> str:
        engine = parts.chat_engine(mode)
        if how == "chat":
            return str(engine.chat(text))
        if how == "achat":
            return str(await engine.achat(text))
        if how == "stream_chat":
            return "".join(engine.stream_chat(text).response_gen)
        response = await engine.astream_chat(text)
        return "".join([piece async for piece in response.async_response_gen()])

    return cell


def function_agent(streaming: bool) -> Cell:
    """A run in which the model asks the engine before it answers."""

    async def cell(parts: Parts, server: ChatServer, text: str) -> str:
        server.answers += [{"input": QUESTION}]
        agent = FunctionAgent(tools=[parts.tool()], llm=parts.llm, streaming=streaming)
        return str(await agent.run(text))

    return cell


async def workflow(parts: Parts, server: ChatServer, text: str) -> str:
    server.answers += [{"input": QUESTION}]
    agents = AgentWorkflow.from_tools_or_functions([parts.tool()], llm=parts.llm)
    return str(await agents.run(text))


async def reacting_agent(parts: Parts, server: ChatServer, text: str) -> str:
    server.answers += [
        f'Thought: I need the book.\nAction: book\nAction Input: {{"input": "{QUESTION}"}}\n',
        "Noted.",
        "Thought: I can answer.\nAnswer: Noted.",
    ]
    agent = ReActAgent(tools=[parts.tool()], llm=parts.llm)
    return str(await agent.run(text))


HOW = ("chat", "achat", "stream_chat", "astream_chat")
CELLS: dict[str, Cell] = {
    "query": query,
    "aquery": aquery,
    "stream": stream,
    "astream": astream,
    **{mode: answering(mode) for mode in ("refine", "tree_summarize", "simple_summarize")},
    **{f"context {how}": chatting("context", how) for how in HOW},
    **{f"condense_plus_context {how}": chatting("condense_plus_context", how) for how in HOW},
    "FunctionAgent": function_agent(streaming=False),
    "FunctionAgent, streaming": function_agent(streaming=True),
    "AgentWorkflow": workflow,
    "ReActAgent": reacting_agent,
}
AGENTS = [cell for name, cell in CELLS.items() if "Agent" in name]
"""An agent sends the user's turn again, with what the tool answered."""


def untimed(record: Any) -> dict[str, Any]:
    """A record but for what every call has anew: its times, and the energy they cost."""
    plain: dict[str, Any] = without_times(record.model_dump(mode="json", exclude={"energy"}))
    return plain


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_times(held) for name, held in value.items() if name != "ms"}
    return [without_times(one) for one in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def shortened() -> ContextDistillation:
    """What the core makes of the passages, in the order in which the index gives them."""
    distiller = ContextDistiller()
    for passage in PASSAGES:
        distiller.index(passage)
    result = distiller.distill(QUESTION, PASSAGES, ratio=RATIO)
    assert ANSWER in result.passages[0]
    assert AMBLING not in result.passages[0]
    return result


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
async def test_retrieved_passages_are_shortened_once_and_alike(
    server: ChatServer, parts: Parts, shortened: ContextDistillation, cell: Cell
) -> None:
    """The same record as from the core but for the ids, and the model reads what it says."""
    assert await cell(parts, server, QUESTION) == "Noted."
    (record,) = parts.handler.context_records
    expected = untimed(shortened.record)
    for passage, node in zip(expected["passages"], nodes()):
        passage["id"] = node.node_id
    assert untimed(record) == expected
    sent = "\n".join(str(message) for request in server.requests for message in request["messages"])
    assert shortened.passages[0] in sent
    assert AMBLING not in sent
    assert "spsd_index" not in sent
    assert "spsd1:" not in sent


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
async def test_what_the_user_says_is_distilled_alike(
    server: ChatServer, parts: Parts, cell: Cell
) -> None:
    """The same record whether it is a query or a turn, and the model never sees the original."""
    expected = Distiller(observers=[DistillationCallbackHandler()]).distill(POLITE)
    assert expected.distilled
    assert await cell(parts, server, POLITE) == "Noted."
    said = [record for record in parts.handler.records if record.tokens_before > 30]
    first, *again = said
    assert untimed(first) == untimed(expected.record)
    assert len(again) == (1 if cell in AGENTS else 0)
    assert all((one.reason, one.tokens_after) == (first.reason, first.tokens_after) for one in said)
    sent = [str(message["content"]) for message in server.requests[0]["messages"]]
    assert any(expected.text in text for text in sent)
    assert not any("Sorry to bother" in text for text in sent)


# -- other ways to the same step -------------------------------------------------------------------


def test_the_nodes_of_the_index_stay_as_they_were(server: ChatServer, parts: Parts) -> None:
    """An index in memory hands out its own; a second question finds them whole."""
    before = {key: node.model_copy(deep=True) for key, node in parts.index.docstore.docs.items()}
    first = parts.query_engine().query(QUESTION)
    again = parts.query_engine().query(QUESTION)
    assert parts.index.docstore.docs == before
    assert server.bodies[0] == server.bodies[1]
    assert [one.text for one in first.source_nodes] == [one.text for one in again.source_nodes]
    assert AMBLING not in str([one.text for one in first.source_nodes])


def test_the_distilled_query_is_what_passages_are_held_against(openai_like: OpenAILike) -> None:
    """A query transform stands before retrieval; what it leaves is the question."""
    seen: list[str] = []

    class Watching(DistillationCallbackHandler):
        def on_spsd_context(self, call: Any, distillation: Any) -> None:
            seen.append(call.text)

    step = ContextDistillPostprocessor(ratio=RATIO, observers=[Watching()])
    index = index_of()
    engine = index.as_query_engine(llm=openai_like, node_postprocessors=[step])
    for embed_with in get_args(EmbedWith):
        transform = DistillQueryTransform(embed_with=embed_with)
        DistillQueryEngine(engine, query_transform=transform).retrieve(QueryBundle(POLITE))
    engine.retrieve(QueryBundle(POLITE))
    assert seen == [Distiller().distill(POLITE).text] * 4 + [POLITE]


async def test_a_tool_that_only_retrieves_hands_out_what_is_left(parts: Parts) -> None:
    """Sync and async."""
    tool = RetrieverTool.from_defaults(
        parts.index.as_retriever(similarity_top_k=3), node_postprocessors=[parts.shortening]
    )
    output = tool.call(QUESTION)
    assert ANSWER in output.content
    assert AMBLING not in output.content
    assert (await tool.acall(QUESTION)).content == output.content


@pytest.mark.parametrize("kind", ["fusion", "citation"])
async def test_other_engines_take_it(parts: Parts, server: ChatServer, kind: str) -> None:
    """Several retrievers in one, and answers that cite their sources."""
    retriever = parts.index.as_retriever(similarity_top_k=3)
    if kind == "fusion":
        retriever = QueryFusionRetriever(
            [retriever, retriever], llm=parts.llm, num_queries=1, similarity_top_k=3
        )
        engine: Any = RetrieverQueryEngine.from_args(
            retriever, llm=parts.llm, node_postprocessors=[parts.shortening]
        )
    else:
        engine = CitationQueryEngine.from_args(
            parts.index, llm=parts.llm, retriever=retriever, node_postprocessors=[parts.shortening]
        )
    engine.query(QUESTION)
    await engine.aquery(QUESTION)
    assert len(parts.handler.context_records) == 2
    for request in server.requests:
        assert ANSWER in str(request["messages"])
        assert AMBLING not in str(request["messages"])


@pytest.fixture
def told() -> Iterator[list[str]]:
    seen: list[str] = []

    class Handler(BaseEventHandler):
        def handle(self, event: Any, **_: Any) -> None:
            if isinstance(event, (ContextDistillEvent, DistillationEvent)):
                seen.append(event.class_name())

    handler = Handler()
    get_dispatcher().add_event_handler(handler)
    yield seen
    get_dispatcher().event_handlers.remove(handler)


async def test_both_kinds_of_event_are_on_the_dispatcher(
    server: ChatServer, parts: Parts, told: list[str]
) -> None:
    """In the order in which it happens: the query, its passages; in a chat the turn comes last."""
    await aquery(parts, server, POLITE)
    assert told == ["SPSDDistillationEvent", "SPSDContextDistillEvent"]
    told.clear()
    await chatting("context", "achat")(parts, server, POLITE)
    assert told == ["SPSDContextDistillEvent", "SPSDDistillationEvent"]


@pytest.mark.parametrize("mode", ["context", "condense_plus_context"])
def test_a_policy_among_handlers_outlives_the_engine_that_takes_over(
    server: ChatServer, openai_like: OpenAILike, mode: Any
) -> None:
    """Chat engines put their own callback manager into their LLM and postprocessors."""

    class Careful(DistillationCallbackHandler):
        def spsd_veto(self, call: Any, proposal: Any) -> bool:
            return True

        def spsd_veto_context(self, call: Any, proposal: Any) -> bool:
            return True

    manager = CallbackManager([Careful()])
    engine = index_of().as_chat_engine(
        chat_mode=mode,
        similarity_top_k=3,
        llm=DistillingLLM(openai_like, callback_manager=manager),
        node_postprocessors=[ContextDistillPostprocessor(ratio=0.2, callback_manager=manager)],
    )
    engine.chat(POLITE)
    assert AMBLING in str(server.last_messages[0]["content"])
    assert server.last_messages[-1]["content"] == POLITE
