"""What a real ChatOpenAI sends to a real server once `PromptDistiller` stands before it."""

from __future__ import annotations

import copy
import json
from itertools import pairwise
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI

from spsd_core import ChatSettings, Settings
from spsd_langchain import PromptDistiller

POLITE = (
    "Hi there! I hope you are doing well today. Could you please explain how I reverse a list of "
    "17 items in Python? Thank you so much in advance for your help!"
)
CRITICAL = (
    "Hello! Thank you for being here. I have had crushing chest pain and numbness in my left arm "
    "since this morning, could you please tell me what I should do?"
)
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def shortened(text: str = POLITE) -> str:
    """What the distiller makes of a text; shorter than it, or these tests prove nothing."""
    answer = PromptDistiller().invoke(text).to_string()
    assert len(answer) < len(text)
    return answer


def test_the_request_holds_the_shortened_text_and_nothing_of_spsd(
    server: Any, model: ChatOpenAI
) -> None:
    (PromptDistiller() | model).invoke([SystemMessage("Answer briefly."), HumanMessage(POLITE)])
    assert server.last_messages == [
        {"role": "system", "content": "Answer briefly."},
        {"role": "user", "content": shortened()},
    ]
    assert b"spsd" not in server.bodies[-1]


def test_a_passed_through_request_is_byte_for_byte_the_one_without_spsd(
    server: Any, model: ChatOpenAI
) -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "Be kind."), ("human", "{q}")])
    (prompt | model).invoke({"q": CRITICAL})
    (prompt | PromptDistiller() | model).invoke({"q": CRITICAL})
    assert server.bodies[0] == server.bodies[1]


def conversation() -> list[AnyMessage]:
    call = {"name": "search", "args": {"q": "stock of part 4711"}, "id": "call_1"}
    return [
        SystemMessage("Thank you for answering briefly, please!"),
        HumanMessage(content=[{"type": "text", "text": POLITE}, IMAGE], name="ada"),
        AIMessage("Hello! Could you please wait? Thank you so much!", tool_calls=[call]),
        ToolMessage("Hi! Please note: 3 left. Thank you so much!", tool_call_id="call_1"),
        HumanMessage(POLITE),
    ]


def test_everything_but_the_users_text_is_sent_as_without_spsd(
    server: Any, model: ChatOpenAI
) -> None:
    """Tool calls with their answers, images, names, system and assistant text, and the order."""
    messages = conversation()
    untouched = copy.deepcopy(messages)
    model.invoke(messages)
    (PromptDistiller() | model).invoke(messages)
    expected = server.requests[0]["messages"]
    expected[1]["content"][0]["text"] = shortened()
    expected[4]["content"] = shortened()
    assert server.last_messages == expected
    assert messages == untouched


def test_other_roles_are_distilled_where_the_settings_say_so(
    server: Any, model: ChatOpenAI
) -> None:
    settings = Settings(chat=ChatSettings(distil_roles=frozenset({"system"})))
    chain = PromptDistiller(settings=settings) | model
    chain.invoke([SystemMessage(POLITE), HumanMessage(POLITE)])
    assert [message["content"] for message in server.last_messages] == [shortened(), POLITE]


def test_old_turns_keep_their_bytes_when_new_ones_arrive(server: Any, model: ChatOpenAI) -> None:
    """Each request begins with all messages of the one before: prompt caches keep hitting."""
    chain = PromptDistiller() | model
    history: list[AnyMessage] = [SystemMessage("Answer briefly.")]
    for turn in range(4):
        history.append(HumanMessage(f"{POLITE} This is my question number {turn}."))
        history.append(AIMessage(chain.invoke(history).content))
    history.append(HumanMessage(CRITICAL))
    chain.invoke(history)
    requests = [json.dumps(request["messages"])[:-1] for request in server.requests]
    assert len(requests) == 5
    for earlier, later in pairwise(requests):
        assert later.startswith(earlier)
    assert server.last_messages[1]["content"] != history[1].content
    assert server.last_messages[-1]["content"] == CRITICAL


def test_a_message_marked_for_the_providers_cache_is_sent_as_it_is(
    server: Any, model: ChatOpenAI
) -> None:
    block = {"type": "text", "text": POLITE, "cache_control": {"type": "ephemeral"}}
    messages = [HumanMessage(content=[block]), HumanMessage(POLITE)]
    (PromptDistiller() | model).invoke(messages)
    assert server.last_messages[0]["content"] == [block]
    assert server.last_messages[1]["content"] == shortened()


@pytest.mark.parametrize(
    "earlier",
    [
        SystemMessage(CRITICAL),
        ToolMessage(CRITICAL, tool_call_id="1"),
        AIMessage("", tool_calls=[{"name": "note", "args": {"body": CRITICAL}, "id": "1"}]),
        HumanMessage(content=[IMAGE, {"type": "text-plain", "text": CRITICAL}]),
        HumanMessage(CRITICAL),
    ],
)
def test_critical_words_anywhere_before_it_let_a_turn_pass_untouched(earlier: AnyMessage) -> None:
    sent = PromptDistiller().invoke([earlier, HumanMessage(POLITE)]).to_messages()
    assert sent[1].content == POLITE
    assert sent[1].response_metadata["spsd"]["reason"] == "critical_conversation"


def test_a_chain_streams_the_models_tokens_one_by_one(
    server: Any, model: ChatOpenAI, answer: list[str]
) -> None:
    prompt = ChatPromptTemplate.from_messages([("human", "{q}")])
    chain = prompt | PromptDistiller() | model | StrOutputParser()
    assert [piece for piece in chain.stream({"q": POLITE}) if piece] == answer
    assert server.last_messages == [{"role": "user", "content": shortened()}]


async def test_a_chain_streams_the_models_tokens_one_by_one_async(
    server: Any, model: ChatOpenAI, answer: list[str]
) -> None:
    prompt = ChatPromptTemplate.from_messages([("human", "{q}")])
    chain = prompt | PromptDistiller() | model | StrOutputParser()
    assert [piece async for piece in chain.astream({"q": POLITE}) if piece] == answer
    events = [event async for event in chain.astream_events({"q": POLITE}, version="v2")]
    streamed = [
        event["data"]["chunk"].content
        for event in events
        if event["event"] == "on_chat_model_stream"
    ]
    assert [piece for piece in streamed if piece] == answer
    named = [event["name"] for event in events if event["event"] == "on_custom_event"]
    assert named == ["spsd.distillation"]
    assert all(request["messages"][0]["content"] == shortened() for request in server.requests)


def test_one_key_of_a_dict_is_distilled_and_the_others_are_handed_on(
    server: Any, model: ChatOpenAI
) -> None:
    prompt = ChatPromptTemplate.from_messages([("human", "{context}\n\n{question}")])
    chain = PromptDistiller().for_key("question") | prompt | model | StrOutputParser()
    chain.invoke({"question": POLITE, "context": "Thank you so much in advance!"})
    assert server.last_messages[0]["content"] == f"Thank you so much in advance!\n\n{shortened()}"


def test_it_works_beside_other_branches(server: Any, model: ChatOpenAI) -> None:
    both = RunnableParallel(answer=PromptDistiller() | model, asked=RunnablePassthrough())
    answered = both.invoke(POLITE)
    assert answered["asked"] == POLITE
    assert server.last_messages == [{"role": "user", "content": shortened()}]


def test_it_works_under_retries_and_fallbacks(server: Any, model: ChatOpenAI) -> None:
    chain = PromptDistiller() | model
    server.failures_left = 1
    chain.with_retry(stop_after_attempt=2, wait_exponential_jitter=False).invoke(POLITE)
    server.failures_left = 1
    chain.with_fallbacks([PromptDistiller() | model.bind(user="second")]).invoke(POLITE)
    contents = {request["messages"][0]["content"] for request in server.requests}
    assert contents == {shortened()}
    assert len(server.requests) == 4


def test_langchains_model_cache_is_hit_by_the_same_prompt(server: Any, model: ChatOpenAI) -> None:
    cached = model.model_copy(update={"cache": InMemoryCache()})
    for _ in range(3):
        (PromptDistiller() | cached).invoke([HumanMessage(POLITE)])
    assert len(server.requests) == 1
    for text in (POLITE, "Hello! " + POLITE):
        (PromptDistiller(attach_records=False) | cached).invoke([HumanMessage(text)])
    assert len(server.requests) == 2
