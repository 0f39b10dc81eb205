"""Watching and steering through ordinary LangChain callbacks, in sync and async calls alike."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

from spsd_core import (
    Call,
    ChatDistillation,
    Distillation,
    Observer,
    Overrides,
    Settings,
    StageEvent,
)
from spsd_langchain import DistillationCallbackHandler, PromptDistiller

POLITE = (
    "Hi there! I hope you are doing well today. Could you please explain how I reverse a list of "
    "17 items in Python? Thank you so much in advance for your help!"
)


async def run(how: str, step: Any, value: Any, **config: Any) -> Any:
    return step.invoke(value, config) if how == "sync" else await step.ainvoke(value, config)


both = pytest.mark.parametrize("how", ["sync", "async"])


class Watching(BaseCallbackHandler, Observer):
    """A plain LangChain handler that also watches SPSD."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.stages: list[str] = []

    def on_spsd_stage(self, event: StageEvent) -> None:
        self.stages.append(event.record.stage)

    def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:
        self.calls.append(call)


class Tenants(DistillationCallbackHandler):
    """Switches SPSD off for one tenant and the level down for one tag."""

    def spsd_policy(self, call: Call) -> Overrides | None:
        if call.metadata.get("tenant") == "careful":
            return Overrides(enabled=False)
        return Overrides(level="light") if "plain" in call.metadata["tags"] else None


class Vetoing(DistillationCallbackHandler):
    def spsd_veto(self, call: Call, proposal: Distillation) -> bool:
        return "17" in call.text and proposal.distilled


class Breaking(AsyncCallbackHandler, Observer):
    """An async handler whose policy raises."""

    def spsd_policy(self, call: Call) -> Overrides | None:
        raise RuntimeError("no such tenant")


class BreakingWatcher(BaseCallbackHandler, Observer):
    def on_spsd_stage(self, event: StageEvent) -> None:
        raise RuntimeError("full disk")

    def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:
        raise RuntimeError("full disk")


@both
async def test_a_handler_in_the_config_sees_every_text(how: str) -> None:
    watching = Watching()
    await run(how, PromptDistiller(), [("human", POLITE), ("human", "Ok.")], callbacks=[watching])
    assert [call.text for call in watching.calls] == [POLITE, "Ok."]
    assert {call.framework for call in watching.calls} == {"langchain"}
    assert "policy" in watching.stages


@both
@pytest.mark.parametrize("place", ["config", "runnable", "chain", "parent", "field", "everywhere"])
async def test_a_handler_is_found_wherever_it_is_and_asked_once(how: str, place: str) -> None:
    watching = Watching()
    every = place == "everywhere"
    step: Any = PromptDistiller(observers=(watching,) if place == "field" or every else ())
    if place == "runnable" or every:
        step = step.with_config(callbacks=[watching])
    chain: Any = ChatPromptTemplate.from_template("{q}") | step
    if place == "chain" or every:
        chain = chain.with_config(callbacks=[watching])
    if place == "parent" or every:
        inner = chain
        chain = RunnableLambda(
            lambda value, config: inner.invoke(value, config),
            lambda value, config: inner.ainvoke(value, config),  # type: ignore[arg-type]
        )
    callbacks = [watching] if place in ("config", "parent") or every else []
    await run(how, chain, {"q": POLITE}, callbacks=callbacks)
    assert [call.text for call in watching.calls] == [POLITE]


@both
async def test_a_policy_decides_by_the_runs_metadata_and_tags(how: str) -> None:
    tenants = Tenants()
    step = PromptDistiller(settings=Settings(level="dense"))
    chain = ChatPromptTemplate.from_template("{q}") | step
    for config in ({"metadata": {"tenant": "careful"}}, {"tags": ["plain"]}, {}):
        await run(how, chain, {"q": POLITE}, callbacks=[tenants], **config)
    seen = [(record.reason.value, record.level) for record in tenants.records]
    assert seen == [("disabled", "dense"), ("shortened", "light"), ("shortened", "dense")]


@both
async def test_metadata_of_the_run_reach_the_call(how: str) -> None:
    watching = Watching()
    config = {"metadata": {"tenant": "acme", "run_id": "mine"}, "tags": ["a", "b"]}
    await run(how, PromptDistiller(), POLITE, callbacks=[watching], **config)
    (call,) = watching.calls
    assert call.metadata["tenant"] == "acme"
    assert call.metadata["run_id"] == "mine"
    assert sorted(call.metadata["tags"]) == ["a", "b"]


@both
async def test_a_veto_has_the_original_sent(how: str) -> None:
    vetoing = Vetoing()
    output = await run(how, PromptDistiller(), POLITE, callbacks=[vetoing])
    assert output.to_string() == POLITE
    assert vetoing.records[0].reason.value == "vetoed"
    assert (await run(how, PromptDistiller(), POLITE)).to_string() != POLITE


@both
async def test_a_policy_that_raises_has_the_original_sent(how: str) -> None:
    handler = DistillationCallbackHandler()
    output = await run(how, PromptDistiller(), POLITE, callbacks=[Breaking(), handler])
    assert output.to_string() == POLITE
    assert handler.records[0].reason.value == "policy_failed"


@both
async def test_a_watcher_that_raises_changes_nothing(how: str) -> None:
    expected = PromptDistiller().invoke(POLITE)
    assert await run(how, PromptDistiller(), POLITE, callbacks=[BreakingWatcher()]) == expected


@both
async def test_the_event_holds_the_totals_and_every_record_but_no_text(how: str) -> None:
    handler = DistillationCallbackHandler()
    value = [("system", "Be brief."), ("human", POLITE), ("human", "Ok.")]
    await run(how, PromptDistiller(), value, callbacks=[handler])
    (event,) = handler.events
    assert (event["texts"], event["distilled"]) == (2, 1)
    assert handler.tokens_saved == event["tokens_before"] - event["tokens_after"] > 0
    assert [record["ms"] >= 0 for record in event["records"]] == [True, True]
    assert "reverse a list" not in json.dumps(event)
    assert len(handler.records) == 2
    handler.clear()
    assert (len(handler.records), len(handler.events)) == (0, 0)


@both
async def test_nobody_listening_costs_no_event(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Deaf(BaseCallbackHandler):
        ignore_custom_event = True

    prepared: list[int] = []
    summary = ChatDistillation.summary
    monkeypatch.setattr(
        ChatDistillation, "summary", lambda self: prepared.append(1) or summary(self)
    )
    await run(how, PromptDistiller(), POLITE)
    await run(how, PromptDistiller(), POLITE, callbacks=[Deaf()])
    assert prepared == []
    await run(how, PromptDistiller(), POLITE, callbacks=[DistillationCallbackHandler()])
    assert prepared == [1]


def test_a_handler_ignores_other_events_and_forgets_the_oldest() -> None:
    handler = DistillationCallbackHandler(max_entries=2)
    for _ in range(3):
        PromptDistiller().invoke(POLITE, {"callbacks": [handler]})
    assert (len(handler.records), len(handler.events)) == (2, 2)
    handler.on_custom_event("other", {}, run_id=None)  # type: ignore[arg-type]
    assert len(handler.events) == 2


def test_each_prompt_of_a_batch_has_its_own_metadata() -> None:
    tenants = Tenants()
    configs: list[Any] = [
        {"callbacks": [tenants], "metadata": {"tenant": tenant}} for tenant in ("careful", "open")
    ]
    careful, opened = PromptDistiller().batch([POLITE, POLITE], configs)
    assert careful.to_string() == POLITE
    assert opened.to_string() != POLITE


async def test_the_events_stream_shows_the_run_and_its_event() -> None:
    chain = PromptDistiller() | FakeListChatModel(responses=["fine"])
    events = [event async for event in chain.astream_events([HumanMessage(POLITE)], version="v2")]
    ours = [event for event in events if event["name"] in ("PromptDistiller", "spsd.distillation")]
    kinds = [event["event"] for event in ours]
    assert kinds[0] == "on_chain_start"
    assert kinds.count("on_custom_event") == 1
    assert kinds[-1] == "on_chain_end"
    assert len({event["run_id"] for event in ours}) == 1
