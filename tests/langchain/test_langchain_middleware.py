"""`DistillationMiddleware` in real agents: what goes to the model, and what stays in the state."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from agent_parts import (
    CRITICAL,
    LATER,
    POLITE,
    ScriptedModel,
    calling,
    pairs_are_whole,
    shortened,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.middleware import ModelRequest
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, ValidationError

import spsd_langchain
from spsd_core import ChatSettings, Distiller, Settings
from spsd_core.exceptions import ConfigurationError
from spsd_langchain import DistillationCallbackHandler, DistillationMiddleware

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


@tool
def stock(part: str) -> str:
    """How many of a part are left."""
    return f"Hi! Please note: 3 of {part} left. Thank you so much!"


def said(*texts: str) -> dict[str, Any]:
    return {"messages": [HumanMessage(text) for text in texts]}


async def _drained(stream: Any) -> None:
    assert [chunk async for chunk in stream]


def _stream(mode: Any) -> Callable[[Any, Any, Any], Awaitable[None]]:
    async def entry(agent: Any, value: Any, config: Any) -> None:
        assert list(agent.stream(value, config, stream_mode=mode)) or mode == "custom"

    return entry


def _astream(mode: Any) -> Callable[[Any, Any, Any], Awaitable[None]]:
    async def entry(agent: Any, value: Any, config: Any) -> None:
        chunks = [chunk async for chunk in agent.astream(value, config, stream_mode=mode)]
        assert chunks or mode == "custom"

    return entry


async def _invoke(agent: Any, value: Any, config: Any) -> None:
    agent.invoke(value, config)


async def _ainvoke(agent: Any, value: Any, config: Any) -> None:
    await agent.ainvoke(value, config)


async def _batch(agent: Any, value: Any, config: Any) -> None:
    agent.batch([value], config)


async def _abatch(agent: Any, value: Any, config: Any) -> None:
    await agent.abatch([value], config)


async def _events(agent: Any, value: Any, config: Any) -> None:
    await _drained(agent.astream_events(value, config, version="v2"))


async def _events_v3(agent: Any, value: Any, config: Any) -> None:
    stream = await agent.astream_events(value, config, version="v3")
    await _drained(stream.messages)


MODES: dict[str, Any] = {
    "values": "values",
    "updates": "updates",
    "messages": "messages",
    "custom": "custom",
    "several": ["updates", "messages"],
}
ENTRIES = {
    "invoke": _invoke,
    "ainvoke": _ainvoke,
    "batch": _batch,
    "abatch": _abatch,
    "events": _events,
    "events v3": _events_v3,
    **{f"stream {name}": _stream(mode) for name, mode in MODES.items()},
    **{f"astream {name}": _astream(mode) for name, mode in MODES.items()},
}


@pytest.mark.filterwarnings("ignore:The v3 streaming protocol")
@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
async def test_every_entry_point_sends_the_shortened_text_and_keeps_the_original(
    server: Any, model: ChatOpenAI, entry: Callable[[Any, Any, Any], Awaitable[None]]
) -> None:
    """With the same record, whichever way the agent is run."""
    handler = DistillationCallbackHandler()
    agent: Any = create_agent(
        model,
        [stock],
        system_prompt="Be kind, please!",
        middleware=[DistillationMiddleware()],
        checkpointer=InMemorySaver(),
    )
    config: Any = {"configurable": {"thread_id": "one"}, "callbacks": [handler]}
    server.answers = [{"part": "4711"}]
    await entry(agent, said(POLITE), config)
    assert server.user_texts == [[shortened(POLITE)], [shortened(POLITE)]]
    assert {request["messages"][0]["content"] for request in server.requests} == {
        "Be kind, please!"
    }
    assert server.last_messages[-1]["content"] == stock.invoke("4711")
    state = agent.get_state(config).values["messages"]
    assert [message.type for message in state] == ["human", "ai", "tool", "ai"]
    assert (state[0].content, state[0].response_metadata) == (POLITE, {})
    assert [record.reason.value for record in handler.records] == ["shortened", "shortened"]
    assert [event["distilled"] for event in handler.events] == [1, 1]


def test_a_turn_keeps_its_bytes_for_thirty_turns() -> None:
    """So that the provider's prompt cache keeps hitting; the checkpoint holds what was said."""
    model = ScriptedModel()
    agent: Any = create_agent(
        model, middleware=[DistillationMiddleware()], checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "one"}}
    turns = [f"Hello! Could you please tell me what {n} times 7 is? Thanks!" for n in range(30)]
    for turn in turns:
        agent.invoke(said(turn), config)
    longest = [message.content for message in model.seen[-1]]
    for request in model.seen:
        assert [message.content for message in request] == longest[: len(request)]
    assert longest[::2] == [shortened(turn) for turn in turns]
    kept = agent.get_state(config).values["messages"]
    assert [message.content for message in kept if message.type == "human"] == turns


@pytest.mark.parametrize("text", [CRITICAL, "Ok.", ""])
def test_a_passed_through_request_is_byte_for_byte_the_one_without_spsd(
    server: Any, model: ChatOpenAI, text: str
) -> None:
    for middleware in ((), (DistillationMiddleware(),)):
        agent: Any = create_agent(model, [stock], system_prompt="Hi!", middleware=middleware)
        agent.invoke(said(text))
    assert server.bodies[0] == server.bodies[1]


def test_the_gate_reads_the_system_message_and_the_results_of_tools(
    server: Any, model: ChatOpenAI
) -> None:
    create_agent(model, system_prompt=CRITICAL, middleware=[DistillationMiddleware()]).invoke(
        said(POLITE)
    )
    earlier = [calling(("stock", {"part": "x"})), ToolMessage(CRITICAL, tool_call_id="call_1")]
    agent = create_agent(model, [stock], middleware=[DistillationMiddleware()])
    agent.invoke({"messages": [HumanMessage(POLITE), *earlier, HumanMessage(LATER)]})
    assert server.user_texts == [[POLITE], [shortened(POLITE), LATER]]


def test_the_system_message_changes_only_where_its_role_is_to_be_distilled() -> None:
    for roles, expected in (({"user"}, POLITE), ({"system"}, shortened(POLITE))):
        model = ScriptedModel()
        chat = ChatSettings(distil_roles=frozenset(roles))  # type: ignore[arg-type]
        middleware = DistillationMiddleware(settings=Settings(chat=chat))
        create_agent(model, system_prompt=POLITE, middleware=[middleware]).invoke(said("Ok."))
        assert [message.content for message in model.seen[0]] == [expected, "Ok."]


def test_ids_names_and_everything_but_the_text_stay() -> None:
    model = ScriptedModel()
    message = HumanMessage(
        [{"type": "text", "text": POLITE}, IMAGE],
        id="m1",
        name="ada",
        additional_kwargs={"custom": 1},
    )
    create_agent(model, middleware=[DistillationMiddleware(attach_records=False)]).invoke(
        {"messages": [message]}
    )
    ((sent,),) = model.seen
    expected = [{"type": "text", "text": shortened(POLITE)}, IMAGE]
    assert sent == message.model_copy(update={"content": expected})
    assert message.content[0] == {"type": "text", "text": POLITE}


def test_parallel_calls_of_tools_stay_together() -> None:
    calls = calling(("stock", {"part": "a"}), ("stock", {"part": "b"}), content="Thanks, please!")
    model = ScriptedModel(answers=[calls])
    agent: Any = create_agent(model, [stock], middleware=[DistillationMiddleware()])
    state = agent.invoke(said(POLITE))["messages"]
    sent = model.seen[-1]
    assert pairs_are_whole(sent)
    assert sent[1:] == state[1:-1]
    assert [message.content for message in sent] == [
        shortened(POLITE),
        "Thanks, please!",
        stock.invoke("a"),
        stock.invoke("b"),
    ]


class Lake(BaseModel):
    """A lake."""

    name: str


def test_structured_output_comes_through() -> None:
    """Both ways there are: a tool of the model's, and the provider's own."""
    answers = {
        ToolStrategy: calling(("Lake", {"name": "Vänern"})),
        ProviderStrategy: AIMessage('{"name": "Vänern"}'),
    }
    for strategy, answer in answers.items():
        model = ScriptedModel(answers=[answer])
        agent: Any = create_agent(
            model, response_format=strategy(Lake), middleware=[DistillationMiddleware()]
        )
        assert agent.invoke(said(LATER))["structured_response"] == Lake(name="Vänern")
        assert model.seen[0][0].content == shortened(LATER)


@dataclass
class Seat:
    """What an application knows of who is talking."""

    user: str


@pytest.mark.parametrize("how", ["sync", "async"])
async def test_policies_know_thread_metadata_and_what_the_caller_adds(how: str) -> None:
    class Watching(DistillationCallbackHandler):
        def spsd_policy(self, call: Any) -> None:
            known.append((call.framework, *(call.metadata[key] for key in keys)))

    known: list[tuple[Any, ...]] = []
    keys = ("thread_id", "tenant", "user", "langgraph_node")
    middleware = DistillationMiddleware[Any, Any](
        call_metadata=lambda request: {"user": request.runtime.context.user}
    )
    agent: Any = create_agent(
        ScriptedModel(), middleware=[middleware], context_schema=Seat, checkpointer=InMemorySaver()
    )
    config = {
        "callbacks": [Watching()],
        "metadata": {"tenant": "acme"},
        "configurable": {"thread_id": "one"},
    }
    if how == "sync":
        agent.invoke(said(POLITE), config, context=Seat("ada"))
    else:
        await agent.ainvoke(said(POLITE), config, context=Seat("ada"))
    assert known == [("langchain", "one", "acme", "ada", "model")]


async def test_the_events_stream_shows_the_run_and_its_event() -> None:
    agent: Any = create_agent(ScriptedModel(), middleware=[DistillationMiddleware()])
    events = [event async for event in agent.astream_events(said(POLITE), version="v2")]
    ours = [event for event in events if event["name"] in ("PromptDistiller", "spsd.distillation")]
    assert [event["event"] for event in ours] == [
        "on_chain_start",
        "on_custom_event",
        "on_chain_end",
    ]


async def test_streams_hold_the_models_words_and_the_original_only() -> None:
    """A rewritten message must not show up in `messages` or `values`."""
    agent: Any = create_agent(ScriptedModel(), middleware=[DistillationMiddleware()])
    words = [chunk.content for chunk, _ in agent.stream(said(POLITE), stream_mode="messages")]
    assert words == ["Done."]
    values = [
        value["messages"] async for value in agent.astream(said(POLITE), stream_mode="values")
    ]
    assert [[message.content for message in value] for value in values] == [
        [POLITE],
        [POLITE, "Done."],
    ]


def test_a_call_can_switch_it_off_and_a_typing_error_is_told() -> None:
    model = ScriptedModel()
    agent: Any = create_agent(model, middleware=[DistillationMiddleware()])
    agent.invoke(said(POLITE), {"configurable": {"spsd_enabled": False}})
    assert model.seen[0][0].content == POLITE
    with pytest.raises(ConfigurationError, match="spsd_level"):
        agent.invoke(said(POLITE), {"configurable": {"spsd_level": "denser"}})


def test_settings_are_those_of_a_given_distiller_and_must_not_contradict_it() -> None:
    dense = Distiller(Settings(level="dense"))
    DistillationMiddleware(distiller=dense)
    with pytest.raises(ValidationError, match="disagree"):
        DistillationMiddleware(settings=Settings(), distiller=dense)


class BrokenDistiller(Distiller):
    """One with a defect."""

    def distill_chat(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a defect")

    async def adistill_chat(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a defect")


class RaisingHandler(DistillationCallbackHandler):
    """Insists that its failures are everybody's."""

    raise_error = True

    def on_custom_event(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("full disk")


def _no_metadata(request: ModelRequest[Any]) -> dict[str, Any]:
    raise LookupError("nobody is logged in")


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize(
    ("made", "callbacks"),
    [
        ({"distiller": BrokenDistiller()}, []),
        ({"call_metadata": _no_metadata}, []),
        ({}, [RaisingHandler()]),
    ],
    ids=["defect", "metadata", "callback"],
)
async def test_a_failure_of_the_middleware_sends_the_original(
    how: str, made: Any, callbacks: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model = ScriptedModel()
    agent: Any = create_agent(model, middleware=[DistillationMiddleware(**made)])
    with caplog.at_level(logging.WARNING, "spsd_langchain"):
        if how == "sync":
            state = agent.invoke(said(POLITE), {"callbacks": callbacks})
        else:
            state = await agent.ainvoke(said(POLITE), {"callbacks": callbacks})
    assert [message.content for message in state["messages"]] == [POLITE, "Done."]
    assert model.seen[0] == state["messages"][:1]
    assert "sent as it was" in caplog.text
    assert "reverse a list" not in caplog.text


def test_an_error_of_the_model_is_the_agents_own_affair(server: Any, model: ChatOpenAI) -> None:
    server.failures_left = 1
    agent: Any = create_agent(model, middleware=[DistillationMiddleware()])
    with pytest.raises(Exception, match="try again"):
        agent.invoke(said(POLITE))
    assert len(server.bodies) == 1


texts = st.sampled_from([POLITE, LATER, CRITICAL, "Ok.", "", "Danke, bitte!"]) | st.text(
    max_size=40
)
exchanges = st.one_of(
    texts.map(lambda text: [HumanMessage(text)]),
    texts.map(lambda text: [AIMessage(text)]),
    texts.map(lambda text: [SystemMessage(text)]),
    st.tuples(texts, texts).map(
        lambda pair: [
            calling(("stock", {"part": pair[0]})),
            ToolMessage(pair[1], tool_call_id="call_1", name="stock"),
        ]
    ),
)


@settings(max_examples=40)
@given(st.lists(exchanges, min_size=1, max_size=6))
def test_whatever_the_conversation_only_texts_of_the_user_differ(
    parts: list[list[AnyMessage]],
) -> None:
    """Number, order, kinds, ids and all other messages are those of the state."""
    model = ScriptedModel()
    agent: Any = create_agent(
        model, [stock], middleware=[DistillationMiddleware(attach_records=False)]
    )
    given = [message for part in parts for message in part]
    state = agent.invoke({"messages": given})["messages"][:-1]
    (sent,) = model.seen
    assert len(sent) == len(state) == len(given)
    for after, before in zip(sent, state):
        if isinstance(before, HumanMessage):
            assert after.model_copy(update={"content": before.content}) == before
            assert len(after.content) <= len(before.content)
        else:
            assert after == before


def test_without_langchain_the_error_says_what_to_install() -> None:
    """`PromptDistiller` does without: it needs langchain-core alone."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\nsys.modules['langchain'] = None\nimport spsd_langchain\n"
            "spsd_langchain.PromptDistiller\n"
            "try:\n    spsd_langchain.DistillationMiddleware\n"
            "except ImportError as error:\n    print(error)",
        ],
        cwd=Path(spsd_langchain.__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "pip install 'spsd[agents]'" in done.stdout, done.stderr
