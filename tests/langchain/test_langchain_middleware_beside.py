"""`DistillationMiddleware` beside LangChain's own middleware, in every order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from agent_parts import LATER, POLITE, ScriptedModel, calling, pairs_are_whole, shortened
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    ModelRetryMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
)
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver

from spsd_langchain import DistillationMiddleware

MAILED = "Hello! Could you please write to ada@example.org about the 3 parts? Thank you so much!"
REDACTED = MAILED.replace("ada@example.org", "[REDACTED_EMAIL]")
SUMMARY = "Hello! Could you please note that the user asked about lists? Thank you so much!"


@tool
def stock(part: str) -> str:
    """How many of a part are left."""
    return f"Please note: 3 of {part} left. " + "Thank you for asking. " * 20


def others() -> dict[str, AgentMiddleware[Any, Any, Any]]:
    """Each set so that it has something to do in `history`."""
    return {
        "summary": SummarizationMiddleware(
            ScriptedModel(),
            trigger=("messages", 9),
            keep=("messages", 8),
            summarizer=lambda messages: SUMMARY,
        ),
        "pii": PIIMiddleware("email"),
        "editing": ContextEditingMiddleware(edits=[ClearToolUsesEdit(trigger=10, keep=1)]),
        "spsd": DistillationMiddleware(),
    }


def history() -> list[AnyMessage]:
    """Two old messages, three calls of tools with their results, and something new."""
    messages: list[AnyMessage] = [HumanMessage(POLITE), AIMessage("Use `reversed`.")]
    messages.append(HumanMessage(LATER))
    for number in range(3):
        call = calling(("stock", {"part": str(number)}))
        call.tool_calls[0]["id"] = f"c{number}"
        messages += [call, ToolMessage(stock.invoke(str(number)), tool_call_id=f"c{number}")]
    return [*messages, HumanMessage(MAILED)]


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("order", list(permutations(others())), ids="-".join)
async def test_every_order_sends_the_same(how: str, order: tuple[str, ...]) -> None:
    """Each does its own work: old messages summed up, addresses hidden, old results cleared."""
    model = ScriptedModel()
    made = others()
    agent: Any = create_agent(
        model, [stock], middleware=[made[name] for name in order], checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "one"}}
    if how == "sync":
        agent.invoke({"messages": history()}, config)
    else:
        await agent.ainvoke({"messages": history()}, config)
    (sent,) = model.seen
    assert pairs_are_whole(sent)
    contents = [message.content for message in sent]
    assert contents[0].endswith(SUMMARY)
    assert contents[1:] == [
        shortened(LATER),
        "",
        "[cleared]",
        "",
        "[cleared]",
        "",
        stock.invoke("2"),
        shortened(REDACTED),
    ]
    kept = agent.get_state(config).values["messages"]
    assert [message.content for message in kept if message.type == "human"][1:] == [LATER, REDACTED]
    assert [message.content for message in kept if message.type == "tool"] == [
        stock.invoke(str(number)) for number in range(3)
    ]


@pytest.mark.parametrize("order", [("spsd", "editing"), ("editing", "spsd")], ids="-".join)
def test_turns_keep_their_bytes_beside_context_editing(order: tuple[str, ...]) -> None:
    model = ScriptedModel(answers=[calling(("stock", {"part": "a"})), AIMessage("Three.")])
    made = others()
    agent: Any = create_agent(
        model, [stock], middleware=[made[name] for name in order], checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "one"}}
    for text in (POLITE, LATER, MAILED):
        agent.invoke({"messages": [HumanMessage(text)]}, config)
    longest = [message.content for message in model.seen[-1]]
    assert longest[0] == shortened(POLITE)
    for request in model.seen:
        assert [message.content for message in request] == longest[: len(request)]


@pytest.mark.parametrize("inside", [True, False])
def test_an_attempt_that_is_repeated_sends_the_same(
    server: Any, model: ChatOpenAI, inside: bool
) -> None:
    retry = ModelRetryMiddleware(max_retries=1, initial_delay=0.0)
    both: list[Any] = [retry, DistillationMiddleware()]
    server.failures_left = 1
    agent: Any = create_agent(model, middleware=both if inside else both[::-1])
    agent.invoke({"messages": [HumanMessage(POLITE)]})
    assert len(server.bodies) == 2
    assert server.bodies[0] == server.bodies[1]
    assert server.user_texts[0] == [shortened(POLITE)]
