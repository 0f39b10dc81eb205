"""A critical turn in a LangChain conversation: what a real ChatOpenAI puts on the wire after it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from spsd_core import ChatSettings, Distiller, Settings
from spsd_langchain import PromptDistiller

FIRST = "Hi! Could you please tell me which 3 lakes are the largest? Thanks!"
CRITICAL = "Hello! Could you please listen? I feel awful and I want to end my life. Thanks!"
LATER = "Hello! Could you please also list the 5 longest rivers? Thank you so much!"
LAST = "Hi there! Could you please name the 7 highest mountains? Thanks a lot!"
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def shortened(text: str) -> str:
    """What the distiller makes of a text; shorter than it, or these tests prove nothing."""
    answer = Distiller().distill(text).text
    assert len(answer) < len(text)
    return answer


def settings(window: int | None) -> Settings:
    return Settings(chat=ChatSettings(critical_window=window))


class Conversation:
    """A chain in a LangGraph graph that remembers what was said."""

    def __init__(self, chain: Runnable[Any, Any]) -> None:
        prompt = ChatPromptTemplate.from_messages(
            [("system", "Be kind, please!"), MessagesPlaceholder("messages")]
        )
        builder: Any = StateGraph(MessagesState)
        builder.add_node("model", prompt | chain | (lambda answer: {"messages": [answer]}))
        builder.add_edge(START, "model")
        self.graph = builder.compile(checkpointer=InMemorySaver())
        self.config: Any = {"configurable": {"thread_id": "one"}}

    def say(self, how: str, *texts: str) -> None:
        if how.startswith("a"):
            asyncio.run(self._asay(how, *texts))
            return
        for text in texts:
            said = {"messages": [HumanMessage(text)]}
            if how == "invoke":
                self.graph.invoke(said, self.config)
            else:
                assert len(list(self.graph.stream(said, self.config, stream_mode="messages"))) > 1

    async def _asay(self, how: str, *texts: str) -> None:
        for text in texts:
            said = {"messages": [HumanMessage(text)]}
            if how == "ainvoke":
                await self.graph.ainvoke(said, self.config)
            else:
                streamed = self.graph.astream(said, self.config, stream_mode="messages")
                assert len([chunk async for chunk in streamed]) > 1

    @property
    def remembered(self) -> list[Any]:
        """What the user said, as the memory has it."""
        messages = self.graph.get_state(self.config).values["messages"]
        return [message.content for message in messages if message.type == "human"]


@pytest.mark.parametrize("how", ["invoke", "stream", "ainvoke", "astream"])
def test_after_a_critical_turn_everything_is_sent_as_it_was_said(
    server: Any, model: ChatOpenAI, how: str
) -> None:
    """Earlier turns keep their bytes, and the memory the originals."""
    conversation = Conversation(PromptDistiller() | model)
    conversation.say(how, FIRST, CRITICAL, LATER)
    assert server.user_texts == [
        [shortened(FIRST)],
        [shortened(FIRST), CRITICAL],
        [shortened(FIRST), CRITICAL, LATER],
    ]
    assert conversation.remembered == [FIRST, CRITICAL, LATER]


def test_a_conversation_critical_from_its_start_is_byte_for_byte_the_one_without_spsd(
    server: Any, model: ChatOpenAI
) -> None:
    for chain in (model, PromptDistiller() | model):
        Conversation(chain).say("invoke", CRITICAL, LATER, LAST)
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
    server: Any, model: ChatOpenAI, window: int | None, expected: list[str]
) -> None:
    """It counts messages, the assistant's answers among them."""
    chain = PromptDistiller(settings=settings(window)) | model
    Conversation(chain).say("invoke", CRITICAL, LATER, LAST)
    assert server.user_texts == [expected[:1], expected[:2], expected]


def called(arguments: dict[str, str]) -> list[AnyMessage]:
    """A tool call and its answer."""
    return [
        AIMessage("", tool_calls=[{"name": "note", "args": arguments, "id": "call_1"}]),
        ToolMessage("Noted.", tool_call_id="call_1"),
    ]


EARLIER: dict[str, Sequence[AnyMessage]] = {
    "system": [SystemMessage(CRITICAL)],
    "assistant": [AIMessage(CRITICAL)],
    "tool call": called({"body": f"She said: {CRITICAL}"}),
    "tool answer": [called({"body": "x"})[0], ToolMessage(CRITICAL, tool_call_id="call_1")],
    "text beside an image": [HumanMessage([{"type": "text", "text": CRITICAL}, IMAGE])],
    "text after an image": [HumanMessage([IMAGE, {"type": "text", "text": CRITICAL}])],
}


@pytest.mark.parametrize("earlier", EARLIER.values(), ids=EARLIER.keys())
def test_critical_words_anywhere_before_it_let_a_turn_pass_untouched(
    server: Any, model: ChatOpenAI, earlier: Sequence[AnyMessage]
) -> None:
    messages = [*earlier, HumanMessage(LATER)]
    model.invoke(messages)
    (PromptDistiller() | model).invoke(messages)
    assert server.bodies[0] == server.bodies[1]
    assert server.user_texts[1][-1] == LATER


@pytest.mark.parametrize("earlier", EARLIER.values(), ids=EARLIER.keys())
def test_with_a_window_of_none_only_the_critical_message_itself_is_kept(
    server: Any, model: ChatOpenAI, earlier: Sequence[AnyMessage]
) -> None:
    messages = [HumanMessage(FIRST), *earlier, HumanMessage(LATER)]
    model.invoke(messages)
    (PromptDistiller(settings=settings(0)) | model).invoke(messages)
    plain, sent = server.requests
    for place, text in ((0, FIRST), (-1, LATER)):
        plain["messages"][place]["content"] = shortened(text)
    assert sent == plain


@pytest.mark.parametrize(("between", "open_again"), [(1, False), (2, True), (3, True)])
def test_a_window_of_two_looks_two_messages_back(
    server: Any, model: ChatOpenAI, between: int, open_again: bool
) -> None:
    messages = [HumanMessage(CRITICAL), *[AIMessage("Go on.")] * between, HumanMessage(LATER)]
    (PromptDistiller(settings=settings(2)) | model).invoke(messages)
    assert server.user_texts == [[CRITICAL, shortened(LATER) if open_again else LATER]]


def test_a_critical_text_beside_an_image_keeps_its_own_message_whole(
    server: Any, model: ChatOpenAI
) -> None:
    """Both texts of it: they are read together."""
    content = [{"type": "text", "text": FIRST}, IMAGE, {"type": "text", "text": CRITICAL}]
    (PromptDistiller() | model).invoke([HumanMessage(content)])
    assert server.last_messages[0]["content"] == content
