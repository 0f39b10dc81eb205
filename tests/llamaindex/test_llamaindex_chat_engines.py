"""Long conversations through LlamaIndex's chat engines and agents with a `DistillingLLM`.

What counts is what the endpoint received: old turns keep their bytes, so that prompt caches hit.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from chat_recorder import ChatServer
from llama_index.core import Document, MockEmbedding, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, CodeActAgent, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager
from llama_index.core.chat_engine import (
    CondensePlusContextChatEngine,
    ContextChatEngine,
    MultiModalContextChatEngine,
    SimpleChatEngine,
)
from llama_index.core.memory import InsertMethod, Memory, StaticMemoryBlock
from llama_index.core.program import LLMTextCompletionProgram
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

from spsd_core import Call, Distillation, Distiller, Settings
from spsd_llamaindex import DistillationCallbackHandler, DistillingLLM

GREETINGS = ("Hi! ", "Hello there! ", "Good morning! Sorry to bother you again. ", "")
DEMANDS = ("Could you please tell me ", "Would you kindly explain ", "I would like to know ")
THANKS = (" Thank you so much!", " Thanks a lot in advance!", " Thanks!", "")
TOPICS = (
    "how long a refund of order 4711 takes",
    "which 3 lakes in Sweden are the largest",
    "what `zip(*rows)` does in Python",
    "how many grams are in 2.5 ounces",
    "what {name} stands for in a format string",
    "why the sky is blue, in at most two sentences",
)
TURNS = [
    f"{GREETINGS[n % 4]}{DEMANDS[n % 3]}{TOPICS[n % 6]} (part {n + 1})?{THANKS[(n // 2) % 4]}"
    for n in range(27)
]
TURNS[9:9] = [
    "Thanks!",
    "Hello! Could you please shorten this?\n-------------\nHi team, thanks a lot!\n-------------",
    "Könnten Sie mir bitte sagen, wie lange eine Erstattung dauert? Vielen Dank im Voraus!",
]
PASSAGE = "Hi team! Could you please keep the receipt? Thank you so much! A refund takes 5 days."


def index() -> VectorStoreIndex:
    documents = [Document(text=PASSAGE)]
    return VectorStoreIndex.from_documents(documents, embed_model=MockEmbedding(embed_dim=8))


def simple_engine(llm: Any) -> SimpleChatEngine:
    return SimpleChatEngine.from_defaults(llm=llm, system_prompt="Be kind, please!")


def context_engine(llm: Any) -> ContextChatEngine:
    return ContextChatEngine.from_defaults(
        retriever=index().as_retriever(), llm=llm, memory=Memory.from_defaults()
    )


def condensing_engine(llm: Any) -> CondensePlusContextChatEngine:
    return CondensePlusContextChatEngine.from_defaults(
        retriever=index().as_retriever(), llm=llm, memory=Memory.from_defaults()
    )


ENGINES = [simple_engine, context_engine, condensing_engine]
HOW = ["chat", "achat", "stream_chat", "astream_chat"]


class Texts(DistillationCallbackHandler):
    """Keeps the texts that were distilled."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:
        self.texts.append(call.text)


async def say(engine: Any, how: str, text: str) -> None:
    """Say one thing and read the answer to its end."""
    if how == "chat":
        engine.chat(text)
    elif how == "achat":
        await engine.achat(text)
    elif how == "stream_chat":
        assert list(engine.stream_chat(text).response_gen)
    else:
        response = await engine.astream_chat(text)
        assert [piece async for piece in response.async_response_gen()]


def conversation_requests(server: ChatServer) -> list[list[dict[str, Any]]]:
    """The messages of each request of a conversation, condensing prompts left out."""
    messages = [request["messages"] for request in server.requests]
    return [sent for sent in messages if "standalone question" not in str(sent[0]["content"])]


@pytest.mark.parametrize("engines", [("extract",), ("lexical",)], ids=["reader", "lexical"])
@pytest.mark.parametrize("make_engine", ENGINES)
def test_over_thirty_turns_every_earlier_turn_keeps_its_bytes(
    server: ChatServer, openai_like: OpenAILike, make_engine: Any, engines: tuple[str, ...]
) -> None:
    """Whatever the later turns hold, and the memory keeps every turn as it was said."""
    distiller = Distiller(Settings(engines=engines))
    engine = make_engine(DistillingLLM(openai_like, distiller=distiller))
    for text in TURNS:
        engine.chat(text)
    requests = [
        [message for message in request if message["role"] != "system"]
        for request in conversation_requests(server)
    ]
    assert [len(request) for request in requests] == list(range(1, 61, 2))
    for earlier, later in pairwise(requests):
        assert json.dumps(later).startswith(json.dumps(earlier)[:-1])
    asked = [message.content for message in engine.chat_history if message.role == "user"]
    assert asked == TURNS
    sent = [message["content"] for message in requests[-1] if message["role"] == "user"]
    assert [len(text) <= len(said) for text, said in zip(sent, TURNS)] == [True] * 30
    assert sum(text != said for text, said in zip(sent, TURNS)) > 15


@pytest.mark.parametrize("engines", [("extract",), ("lexical",)], ids=["reader", "lexical"])
async def test_a_new_process_sends_the_same_bytes(
    server: ChatServer, openai_like: OpenAILike, engines: tuple[str, ...]
) -> None:
    """Nothing hangs on what a distiller remembers: a fresh one makes the same of the history."""
    engine = simple_engine(DistillingLLM(openai_like, settings=Settings(engines=engines)))
    for text in TURNS:
        engine.chat(text)
    fresh = simple_engine(DistillingLLM(openai_like, settings=Settings(engines=engines)))
    history = engine.chat_history[:-2]
    fresh.chat(TURNS[-1], chat_history=history)
    *_, last, again = server.bodies
    assert again == last


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("make_engine", ENGINES)
async def test_every_text_of_a_request_is_distilled_once(
    server: ChatServer, openai_like: OpenAILike, make_engine: Any, how: str
) -> None:
    """The turns of the user and nothing else; a condensing prompt is none."""
    handler = Texts()
    openai_like.callback_manager = CallbackManager([handler])
    engine = make_engine(DistillingLLM(openai_like))
    for n, text in enumerate(TURNS[:3], start=1):
        handler.texts.clear()
        await say(engine, how, text)
        assert handler.texts == TURNS[:n]


@pytest.mark.parametrize("mode", ["simple", "context", "condense_plus_context", "best"])
def test_the_chat_modes_of_an_index_take_it(
    server: ChatServer, openai_like: OpenAILike, mode: Any
) -> None:
    """`index.as_chat_engine` builds the engines from their names."""
    engine = index().as_chat_engine(chat_mode=mode, llm=DistillingLLM(openai_like))
    engine.chat(TURNS[0])
    assert server.last_messages[-1]["content"] == Distiller().distill(TURNS[0]).text != TURNS[0]
    assert engine.chat_history[0].content == TURNS[0]


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"Hi! Could you please wait a moment? Thank you! It rains in {city}."


def run_nothing(code: str) -> str:
    """Take code, and do not run it."""
    return "done"


AGENTS: dict[str, Callable[..., Any]] = {
    "FunctionAgent": lambda **kwargs: FunctionAgent(tools=[weather], **kwargs),
    "ReActAgent": lambda **kwargs: ReActAgent(tools=[weather], **kwargs),
    "CodeActAgent": lambda **kwargs: CodeActAgent(code_execute_fn=run_nothing, **kwargs),
    "AgentWorkflow": lambda **kwargs: AgentWorkflow(
        agents=[FunctionAgent(name="a", description="it", tools=[weather], **kwargs)]
    ),
}
FINAL_WORDS = {"ReActAgent": "Thought: I can answer without tools.\nAnswer: Noted."}


@pytest.mark.parametrize("streaming", [True, False], ids=["streaming", "at once"])
@pytest.mark.parametrize("kind", AGENTS)
async def test_an_agents_turns_keep_their_bytes_from_run_to_run(
    server: ChatServer, openai_like: OpenAILike, kind: str, streaming: bool
) -> None:
    """Eight runs with one memory, which keeps what was said; once a request, no more."""
    handler = Texts()
    openai_like.callback_manager = CallbackManager([handler])
    agent = AGENTS[kind](llm=DistillingLLM(openai_like), streaming=streaming)
    server.words = FINAL_WORDS.get(kind, server.words)
    memory = Memory.from_defaults()
    for n, text in enumerate(TURNS[:8], start=1):
        handler.texts.clear()
        await agent.run(text, memory=memory)
        assert handler.texts == TURNS[:n]
    for earlier, later in pairwise(server.requests):
        assert json.dumps(later["messages"]).startswith(json.dumps(earlier["messages"])[:-1])
    said = [message.content for message in await memory.aget() if message.role == "user"]
    assert said == TURNS[:8]
    assert server.user_texts[-1] != TURNS[:8]


SLOPPY = "It rains in Oslo. Thank you so much for your patience!"


def sloppy(code: str) -> str:
    """Take code, and answer with courtesy."""
    return SLOPPY


async def run_code(llm: Any, server: ChatServer) -> None:
    server.answers = ["<execute>print(1)</execute>", "It rains."]
    await CodeActAgent(code_execute_fn=sloppy, llm=llm).run(TURNS[0])


async def retry(llm: Any, server: ChatServer) -> None:
    server.answers = [
        "Thought: I do.\nAction: \nAction Input: x",
        "Thought: So.\nAnswer: It rains.",
    ]
    await ReActAgent(tools=[weather], llm=llm).run(TURNS[0])


async def keep_state(llm: Any, server: ChatServer) -> None:
    agent = FunctionAgent(tools=[weather], llm=llm, initial_state={"note": SLOPPY})
    await agent.run(TURNS[0])


async def give_an_object(llm: Any, server: ChatServer) -> None:
    server.answers = ["It rains.", {"name": "Oslo"}]
    agent = FunctionAgent(tools=[weather], llm=llm, output_cls=City)
    response = await agent.run(TURNS[0])
    assert response.structured_response == {"name": "Oslo"}


@pytest.mark.parametrize("use", [run_code, retry, keep_state, give_an_object])
async def test_what_an_agent_writes_in_the_users_role_goes_out_as_without_spsd(
    server: ChatServer, openai_like: OpenAILike, use: Callable[..., Any]
) -> None:
    """Results of code, hints to try again, its state, the conversation as one text."""
    copy = openai_like.model_copy()
    for llm in (openai_like, DistillingLLM(copy)):
        await use(llm, server)
    half = len(server.bodies) // 2
    assert half == (1 if use is keep_state else 2)
    for plain, distilled in zip(server.requests[:half], server.requests[half:]):
        for message in plain["messages"]:
            if message["content"] == TURNS[0]:
                message["content"] = Distiller().distill(TURNS[0]).text
        assert distilled["messages"] == plain["messages"]


async def test_turns_of_two_conversations_through_one_llm_keep_apart(
    server: ChatServer, openai_like: OpenAILike
) -> None:
    """A server has one LLM and many users."""
    llm = DistillingLLM(openai_like)
    engines = [simple_engine(llm) for _ in range(4)]
    for text in TURNS[:3]:
        await asyncio.gather(*(engine.achat(text) for engine in engines))
    sent = [json.dumps(request) for request in server.user_texts]
    assert [sent.count(request) for request in sent] == [4] * 12
    for engine in engines:
        assert [m.content for m in engine.chat_history if m.role == "user"] == TURNS[:3]


class City(BaseModel):
    """A city."""

    name: str = "none"


ONCE: dict[str, Callable[[Any], Any]] = {
    "complete": lambda llm: llm.complete(TURNS[0]),
    "stream_complete": lambda llm: list(llm.stream_complete(TURNS[0])),
    "acomplete": lambda llm: asyncio.run(_awaited(llm.acomplete(TURNS[0]))),
    "astream_complete": lambda llm: asyncio.run(_all(llm.astream_complete(TURNS[0]))),
}


async def _awaited(answer: Any) -> Any:
    return await answer


async def _all(pieces: Any) -> list[Any]:
    return [piece async for piece in await pieces]


@pytest.mark.parametrize("call", ONCE.values(), ids=ONCE)
@pytest.mark.parametrize("asked", [True, False], ids=["asked for", "by default"])
def test_a_completion_a_chat_model_answers_is_distilled_once_or_not_at_all(
    server: ChatServer,
    openai_like: OpenAILike,
    dispatched: list[str],
    call: Callable[[Any], Any],
    asked: bool,
) -> None:
    """The wrapped LLM makes a chat of it, below where the distilling happens."""
    call(DistillingLLM(openai_like, distil_completions=asked))
    sent = Distiller().distill(TURNS[0]).text if asked else TURNS[0]
    assert server.user_texts == [[sent]]
    assert dispatched.count("SPSDDistillationEvent") == int(asked)


STRUCTURED: dict[str, Callable[[Any, Any], Any]] = {
    "stream_chat": lambda llm, messages: list(llm.stream_chat(messages)),
    "astream_chat": lambda llm, messages: asyncio.run(_all(llm.astream_chat(messages))),
}


@pytest.mark.parametrize("call", STRUCTURED.values(), ids=STRUCTURED)
def test_an_llm_that_streams_objects_distils_once(
    server: ChatServer,
    openai_like: OpenAILike,
    dispatched: list[str],
    call: Callable[[Any, Any], Any],
) -> None:
    """`as_structured_llm`, with the object piece by piece."""
    server.answers = [{"name": "Oslo"}]
    llm = DistillingLLM(openai_like).as_structured_llm(City)
    answers = call(llm, [ChatMessage(role="user", content=TURNS[0])])
    assert answers[-1].raw == City(name="Oslo")
    assert server.user_texts == [[Distiller().distill(TURNS[0]).text]]
    assert dispatched.count("SPSDDistillationEvent") == 1


@pytest.mark.parametrize("how", HOW)
async def test_what_a_memory_remembers_is_not_taken_for_the_users_words(
    server: ChatServer, openai_like: OpenAILike, how: str
) -> None:
    """Some memories put it in a message of his; that message goes out as without SPSD."""
    copy = openai_like.model_copy()
    for llm in (openai_like, DistillingLLM(copy)):
        block = StaticMemoryBlock(name="facts", static_content=SLOPPY)
        memory = Memory.from_defaults(memory_blocks=[block], insert_method=InsertMethod.USER)
        engine = SimpleChatEngine.from_defaults(llm=llm, memory=memory)
        await say(engine, how, TURNS[0])
    assert server.bodies[0] == server.bodies[1]
    assert SLOPPY in str(server.last_messages)


@pytest.mark.parametrize("how", HOW)
async def test_passages_beside_the_question_are_not_touched(
    server: ChatServer, openai_like: OpenAILike, how: str
) -> None:
    """The engine for images puts both in one message; earlier turns are shortened all the same."""
    copy = openai_like.model_copy()
    for llm in (openai_like, DistillingLLM(copy)):
        engine = MultiModalContextChatEngine.from_defaults(
            retriever=index().as_retriever(), multi_modal_llm=llm, memory=Memory.from_defaults()
        )
        await say(engine, how, TURNS[0])
        await say(engine, how, TURNS[1])
    *plain, first, second = server.user_texts
    assert first == plain[0]
    assert PASSAGE in str(second[-1])
    assert second == [Distiller().distill(TURNS[0]).text, plain[1][-1]]


def test_a_program_that_asks_for_json_keeps_its_instructions(
    server: ChatServer, openai_like: OpenAILike
) -> None:
    """It fills its template by itself, and adds the form of the answer."""
    for llm in (openai_like, DistillingLLM(openai_like)):
        server.answers = [json.dumps({"name": "Oslo"})]
        program = LLMTextCompletionProgram.from_defaults(
            output_cls=City, prompt_template_str=f"{PASSAGE} Name a city of {{land}}.", llm=llm
        )
        assert program(land="Norway") == City(name="Oslo")
    assert server.bodies[0] == server.bodies[1]
