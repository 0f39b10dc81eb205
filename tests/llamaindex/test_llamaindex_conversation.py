"""Chat engines and agents of LlamaIndex with a `DistillingLLM`: the bytes on the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from llama_index.core import Document, MockEmbedding, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.chat_engine import (
    CondensePlusContextChatEngine,
    CondenseQuestionChatEngine,
    ContextChatEngine,
    SimpleChatEngine,
)
from llama_index.core.memory import Memory
from llama_index.llms.openai_like import OpenAILike

from spsd_core import ChatSettings, Distiller, Settings
from spsd_llamaindex import DistillingLLM

FIRST = "Hi! Could you please tell me which 3 lakes are the largest? Thanks!"
CRITICAL = "Hello! Could you please listen? I feel awful and I want to end my life. Thanks!"
LATER = "Hello! Could you please also list the 5 longest rivers? Thank you so much!"
LAST = "Hi there! Could you please name the 7 highest mountains? Thanks a lot!"
ALL = (FIRST, CRITICAL, LATER, LAST)
PASSAGE = "Hi team! Could you please keep the receipt? Thank you so much! A refund takes 5 days."


def shortened(text: str) -> str:
    """What the distiller makes of a text; shorter than it, or these tests prove nothing."""
    answer = Distiller().distill(text).text
    assert len(answer) < len(text)
    return answer


def converse(engine: Any, how: str, *texts: str) -> None:
    """Say one thing after another, each when the answer to the one before is in the history."""
    if how.startswith("a"):
        asyncio.run(aconverse(engine, how, *texts))
        return
    for text in texts:
        response = getattr(engine, how)(text)
        if how == "stream_chat":
            assert list(response.response_gen)


async def aconverse(engine: Any, how: str, *texts: str) -> None:
    for text in texts:
        response = await getattr(engine, how)(text)
        if how == "astream_chat":
            assert [piece async for piece in response.async_response_gen()]


def simple_engine(llm: Any) -> SimpleChatEngine:
    return SimpleChatEngine.from_defaults(llm=llm, system_prompt="Be kind, please!")


def index() -> VectorStoreIndex:
    documents = [Document(text=PASSAGE)]
    return VectorStoreIndex.from_documents(documents, embed_model=MockEmbedding(embed_dim=8))


def context_engine(llm: Any) -> ContextChatEngine:
    return ContextChatEngine.from_defaults(
        retriever=index().as_retriever(), llm=llm, memory=Memory.from_defaults()
    )


def condensing_engine(llm: Any) -> CondensePlusContextChatEngine:
    return CondensePlusContextChatEngine.from_defaults(
        retriever=index().as_retriever(), llm=llm, memory=Memory.from_defaults()
    )


HOW = ["chat", "achat", "stream_chat", "astream_chat"]
ENGINES = [simple_engine, context_engine, condensing_engine]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("make_engine", ENGINES)
def test_after_a_critical_turn_everything_is_sent_as_it_was_said(
    server: Any, openai_like: OpenAILike, make_engine: Callable[[Any], Any], how: str
) -> None:
    """Earlier turns keep their bytes, and the memory the originals."""
    engine = make_engine(DistillingLLM(openai_like))
    converse(engine, how, FIRST, CRITICAL, LATER)
    turns = [texts for texts in server.user_texts if texts[-1] in (shortened(FIRST), *ALL)]
    assert turns == [
        [shortened(FIRST)],
        [shortened(FIRST), CRITICAL],
        [shortened(FIRST), CRITICAL, LATER],
    ]
    remembered = [message for message in engine.chat_history if message.role == "user"]
    assert [message.content for message in remembered] == [FIRST, CRITICAL, LATER]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("make_engine", ENGINES)
def test_all_but_the_users_turns_is_sent_as_without_spsd(
    server: Any, openai_like: OpenAILike, make_engine: Callable[[Any], Any], how: str
) -> None:
    """System prompts with retrieved passages, condensing prompts, parameters and the order."""
    copy = openai_like.model_copy()  # its client belongs to one event loop
    for llm in (openai_like, DistillingLLM(copy)):
        converse(make_engine(llm), how, FIRST, LATER)
    half = len(server.bodies) // 2
    for plain, distilled in zip(server.requests[:half], server.requests[half:]):
        for message in plain["messages"]:
            if message["role"] == "user" and message["content"] in ALL:
                message["content"] = shortened(message["content"])
        assert distilled == plain
    assert half == (3 if make_engine is condensing_engine else 2)


def test_a_conversation_critical_from_its_start_is_byte_for_byte_the_one_without_spsd(
    server: Any, openai_like: OpenAILike
) -> None:
    for llm in (openai_like, DistillingLLM(openai_like)):
        engine = simple_engine(llm)
        for text in (CRITICAL, LATER, LAST):
            engine.chat(text)
    assert server.bodies[:3] == server.bodies[3:]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (None, [CRITICAL, LATER, LAST]),
        (0, [CRITICAL, shortened(LATER), shortened(LAST)]),
        (2, [CRITICAL, LATER, shortened(LAST)]),
    ],
)
def test_the_window_of_a_critical_turn_is_honoured(
    server: Any, openai_like: OpenAILike, window: int | None, expected: list[str]
) -> None:
    """It counts messages, the assistant's answers among them."""
    settings = Settings(chat=ChatSettings(critical_window=window))
    engine = SimpleChatEngine.from_defaults(llm=DistillingLLM(openai_like, settings=settings))
    for text in (CRITICAL, LATER, LAST):
        engine.chat(text)
    assert server.user_texts == [expected[:1], expected[:2], expected]


def test_old_turns_keep_their_bytes_when_new_ones_arrive(
    server: Any, openai_like: OpenAILike
) -> None:
    """Each request begins with all messages of the one before: prompt caches keep hitting."""
    engine = simple_engine(DistillingLLM(openai_like))
    for text in (FIRST, LATER, LAST, CRITICAL):
        engine.chat(text)
    requests = [json.dumps(request["messages"])[:-1] for request in server.requests]
    for earlier, later in pairwise(requests):
        assert later.startswith(earlier)


@pytest.mark.parametrize(
    "earlier",
    [
        ChatMessage(role="system", content=CRITICAL),
        ChatMessage(role="assistant", content=CRITICAL),
        ChatMessage(
            role="user",
            blocks=[TextBlock(text=CRITICAL), ImageBlock(url="http://127.0.0.1/lamp.png")],
        ),
        ChatMessage(
            role="assistant",
            content="",
            additional_kwargs={
                "tool_calls": [
                    {
                        "id": "call_7",
                        "type": "function",
                        "function": {"name": "note", "arguments": json.dumps({"body": CRITICAL})},
                    }
                ]
            },
        ),
    ],
    ids=["system", "assistant", "text beside an image", "arguments of a tool call"],
)
def test_critical_words_anywhere_before_it_let_a_turn_pass_untouched(
    server: Any, openai_like: OpenAILike, earlier: ChatMessage
) -> None:
    messages = [earlier, ChatMessage(role="user", content=LATER)]
    for llm in (openai_like, DistillingLLM(openai_like)):
        llm.chat(messages)
    assert server.bodies[0] == server.bodies[1]
    assert server.user_texts[1][-1] == LATER


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"Hi! Could you please wait a moment? Thank you! It rains in {city}."


def agents(llm: Any, streaming: bool) -> list[Any]:
    single = FunctionAgent(tools=[weather], llm=llm, streaming=streaming, system_prompt="Be kind!")
    workflow = AgentWorkflow.from_tools_or_functions([weather], llm=llm, system_prompt="Be kind!")
    return [single, workflow]


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("which", [0, 1], ids=["FunctionAgent", "AgentWorkflow"])
async def test_an_agent_calls_its_tools_and_only_the_users_turn_is_shortened(
    server: Any, openai_like: OpenAILike, which: int, streaming: bool
) -> None:
    """Tool definitions, calls and results go out as without SPSD."""
    for llm in (openai_like, DistillingLLM(openai_like)):
        server.answers += [{"city": "Oslo"}, "It rains."]
        answer = await agents(llm, streaming)[which].run(FIRST)
        assert str(answer) == "It rains."
    plain, distilled = server.requests[:2], server.requests[2:]
    for request in plain:
        assert request["messages"][1]["content"] == FIRST
        request["messages"][1]["content"] = shortened(FIRST)
    assert distilled == plain
    assert distilled[1]["messages"][-1]["content"] == weather("Oslo")


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_agents_critical_conversation_passes_through(
    server: Any, openai_like: OpenAILike, streaming: bool
) -> None:
    """Turn by turn, with memory."""
    agent = agents(DistillingLLM(openai_like), streaming)[0]
    memory = Memory.from_defaults()
    for text in (FIRST, CRITICAL, LATER):
        await agent.run(text, memory=memory)
    assert server.user_texts[-1] == [shortened(FIRST), CRITICAL, LATER]
    assert [m.content for m in await memory.aget() if m.role == "user"] == [FIRST, CRITICAL, LATER]


@pytest.mark.parametrize("streaming", [True, False])
async def test_critical_arguments_of_an_agents_tool_call_close_the_gate(
    server: Any, openai_like: OpenAILike, streaming: bool
) -> None:
    """The model wrote them, and it will read them again."""
    agent = agents(DistillingLLM(openai_like), streaming)[0]
    memory = Memory.from_defaults()
    server.answers += [{"city": "I want to end my life"}, "I am here."]
    await agent.run(FIRST, memory=memory)
    await agent.run(LATER, memory=memory)
    assert server.user_texts[-1] == [shortened(FIRST), LATER]


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_reacting_agents_observations_are_no_turns_of_the_user(
    server: Any, openai_like: OpenAILike, streaming: bool
) -> None:
    """It hands the output of tools to the model in messages of the user."""
    server.answers += [
        'Thought: I need a tool.\nAction: weather\nAction Input: {"city": "Oslo"}\n',
        "Thought: I can answer.\nAnswer: It rains.",
    ]
    agent = ReActAgent(tools=[weather], llm=DistillingLLM(openai_like), streaming=streaming)
    assert str(await agent.run(FIRST)) == "It rains."
    assert server.user_texts[1] == [shortened(FIRST), f"Observation: {weather('Oslo')}"]


def test_a_condensing_prompt_is_not_touched(server: Any, openai_like: OpenAILike) -> None:
    """It holds the history as text, politeness and all."""
    for llm in (openai_like, DistillingLLM(openai_like)):
        engine = CondenseQuestionChatEngine.from_defaults(
            query_engine=index().as_query_engine(llm=openai_like), llm=llm
        )
        for text in (FIRST, LATER):
            engine.chat(text)
    half = len(server.bodies) // 2
    assert server.bodies[:half] == server.bodies[half:]
