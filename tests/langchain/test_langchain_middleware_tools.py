"""Long results of tools, which `DistillationMiddleware` shortens where it is asked to."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest
from agent_parts import CRITICAL, POLITE, ScriptedModel, calling, pairs_are_whole, shortened
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
)
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from passages import ANSWER, PAGE, QUESTION, sentences
from pydantic import ValidationError

from spsd_core import Call, ContextDistiller, Distiller, Observer, Overrides
from spsd_core.exceptions import DeadlineExceeded
from spsd_langchain import (
    DistillationCallbackHandler,
    DistillationMiddleware,
    ToolResultSettings,
)
from spsd_langchain.tool_results import ToolResultDistiller, looks_like_data

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
HALF = ToolResultSettings(min_tokens=200, ratio=0.5)


@tool(response_format="content_and_artifact")
def look_up(topic: str) -> tuple[str, dict[str, str]]:
    """What the guide book says."""
    return PAGE, {"source": "guide book"}


def asking(*results: BaseMessage, question: str = QUESTION) -> dict[str, Any]:
    """A conversation in which the tool was called once for each result."""
    calls = calling(*[("look_up", {"topic": "library"})] * len(results))
    return {"messages": [HumanMessage(question), calls, *results]}


def result(content: Any = PAGE, number: int = 1, **fields: Any) -> ToolMessage:
    return ToolMessage(content, tool_call_id=f"call_{number}", name="look_up", **fields)


def sent_for(
    value: dict[str, Any], settings: ToolResultSettings | None = HALF, **config: Any
) -> list[BaseMessage]:
    """What a model gets of a conversation."""
    model = ScriptedModel()
    middleware = DistillationMiddleware(tool_results=settings, attach_records=False)
    create_agent(model, [look_up], middleware=[middleware]).invoke(value, config)  # type: ignore[arg-type]
    return model.seen[0]


def test_results_stay_as_they_are_unless_asked() -> None:
    assert sent_for(asking(result()), None)[-1].content == PAGE


def test_whole_sentences_are_kept_the_answer_among_them() -> None:
    """By half of the tokens, and by the confidence that the settings name."""
    for settings in (HALF, ToolResultSettings(min_tokens=200)):
        kept = str(sent_for(asking(result()), settings)[-1].content)
        assert len(kept) < len(PAGE)
        assert ANSWER in kept
        assert set(sentences(kept)) <= set(sentences(PAGE))


def test_the_message_keeps_all_but_its_text_and_the_state_keeps_that() -> None:
    model = ScriptedModel(answers=[calling(("look_up", {"topic": "library"}))])
    middleware = DistillationMiddleware(tool_results=HALF)
    agent: Any = create_agent(model, [look_up], middleware=[middleware])
    before = agent.invoke({"messages": [HumanMessage(QUESTION)]})["messages"][2]
    sent = model.seen[-1][2]
    assert (before.content, before.artifact) == (PAGE, {"source": "guide book"})
    assert len(sent.content) < len(PAGE)
    assert sent.model_copy(update={"content": PAGE}) == before


@pytest.mark.parametrize("how", ["sync", "async"])
async def test_a_result_keeps_its_bytes_whatever_is_said_later(how: str) -> None:
    """In later requests, in another agent, and without a memory of what was done."""
    sent: list[list[BaseMessage]] = []
    for _ in range(2):
        model = ScriptedModel(answers=[calling(("look_up", {"topic": "library"}))])
        middleware = DistillationMiddleware(tool_results=HALF)
        agent: Any = create_agent(
            model, [look_up], middleware=[middleware], checkpointer=InMemorySaver()
        )
        config: Any = {"configurable": {"thread_id": "one"}}
        for text in (QUESTION, POLITE, "Which flashes does the lighthouse send, please?"):
            value = {"messages": [HumanMessage(text)]}
            await agent.ainvoke(value, config) if how == "async" else agent.invoke(value, config)
        sent += model.seen
    contents = {request[2].content for request in sent if len(request) > 2}
    assert len(contents) == 1
    assert contents != {PAGE}


@pytest.mark.parametrize("how", ["sync", "async"])
async def test_observers_and_events_tell_of_each_result(how: str) -> None:
    """The question is what the user wrote, not what it was shortened to."""

    class Watching(DistillationCallbackHandler):
        def on_spsd_context(self, call: Any, distillation: Any) -> None:
            asked.append((call.text, call.framework, call.metadata["tenant"]))
            super().on_spsd_context(call, distillation)

    asked: list[tuple[str, str, str]] = []
    handler = Watching()
    model = ScriptedModel()
    agent: Any = create_agent(
        model, [look_up], middleware=[DistillationMiddleware(tool_results=HALF)]
    )
    value = asking(result(), result("Nothing found.", 2), result(PAGE[::-1][::-1] + " ", 3))
    config = {"callbacks": [handler], "metadata": {"tenant": "acme"}}
    await agent.ainvoke(value, config) if how == "async" else agent.invoke(value, config)
    assert asked == [(QUESTION, "langchain", "acme")] * 2
    assert [record.reason.value for record in handler.context_records] == ["shortened"] * 2
    assert [event["tokens_after"] for event in handler.context_events] == [
        record.tokens_after for record in handler.context_records
    ]
    assert "Maren" not in json.dumps(list(handler.context_events))
    assert handler.tokens_saved > sum(
        event["tokens_before"] - event["tokens_after"] for event in handler.context_events
    )


def test_parallel_results_are_shortened_each_on_its_own() -> None:
    alone = sent_for(asking(result()))[-1].content
    sent = sent_for(asking(result(), result("Short.", 2), result(PAGE, 3)))
    assert pairs_are_whole(sent)
    assert [message.content for message in sent[2:]] == [alone, "Short.", alone]


def test_text_blocks_are_shortened_and_others_stay_where_they_are() -> None:
    blocks = [IMAGE, {"type": "text", "text": PAGE}, {"type": "text", "text": "Page 7"}]
    content: Any = sent_for(asking(result(blocks)))[-1].content
    assert (content[0], content[2]) == (blocks[0], blocks[2])
    assert ANSWER in content[1]["text"]
    assert len(content[1]["text"]) < len(PAGE)


def test_no_block_is_emptied_however_small_the_ratio() -> None:
    """Providers refuse empty blocks."""
    blocks = [{"type": "text", "text": f"{PAGE} Part {number}."} for number in range(3)]
    settings = ToolResultSettings(min_tokens=200, ratio=0.01)
    content: Any = sent_for(asking(result(blocks)), settings)[-1].content
    assert all(0 < len(block["text"]) < 200 for block in content)


ROWS = [{"id": number, "text": sentence} for number, sentence in enumerate(sentences(PAGE))]
UNTOUCHED: dict[str, tuple[dict[str, Any], ToolResultSettings]] = {
    "an error": (asking(result(status="error")), HALF),
    "short": (asking(result()), ToolResultSettings(min_tokens=5000, ratio=0.5)),
    "json": (asking(result(json.dumps(ROWS))), HALF),
    "lines of json": (asking(result("\n".join(map(json.dumps, ROWS)))), HALF),
    "cut json": (asking(result(json.dumps(ROWS)[:3000])), HALF),
    "a printed dict": (asking(result(str({"rows": ROWS}))), HALF),
    "another tool": (asking(result()), HALF.model_copy(update={"include": frozenset({"other"})})),
    "excluded": (asking(result()), HALF.model_copy(update={"exclude": frozenset({"look_up"})})),
    "nothing asked": (asking(result(), question=""), HALF),
    "hardly anything asked": (asking(result(), question="Yes, please!"), HALF),
    "a critical question": (asking(result(), question=CRITICAL), HALF),
    "a critical result": (asking(result("\n\n".join([CRITICAL] * 12))), HALF),
    "a mark of the cache": (
        asking(
            result([{"type": "text", "text": PAGE, "cache_control": {"type": "ephemeral"}}]),
        ),
        HALF,
    ),
    "cited by position": (
        asking(result([{"type": "text", "text": PAGE, "citations": [{"start_char_index": 3}]}])),
        HALF,
    ),
    "after a summary": (
        {
            "messages": [
                HumanMessage(QUESTION, additional_kwargs={"lc_source": "summarization"}),
                *asking(result())["messages"][1:],
            ]
        },
        HALF,
    ),
    "a critical turn before": (
        {
            "messages": [
                HumanMessage(CRITICAL),
                AIMessage("Call an ambulance."),
                *asking(result())["messages"],
            ]
        },
        HALF,
    ),
}


@pytest.mark.parametrize(("value", "settings"), UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_where_in_doubt_a_result_is_sent_as_it_was(
    value: dict[str, Any], settings: ToolResultSettings
) -> None:
    before = [message.content for message in value["messages"] if message.type == "tool"]
    sent = sent_for(value, settings)
    assert [message.content for message in sent if message.type == "tool"] == before


def test_a_call_that_is_switched_off_sends_results_as_they_were() -> None:
    sent = sent_for(asking(result()), configurable={"spsd_enabled": False})
    assert [message.content for message in sent] == [QUESTION, "", PAGE]


def test_a_policy_may_veto() -> None:
    class Vetoing(DistillationCallbackHandler):
        def spsd_veto_context(self, call: Any, proposal: Any) -> bool:
            return "charts" in call.text

    handler = Vetoing()
    sent = sent_for(asking(result()), callbacks=[handler])
    assert [message.content for message in sent] == [shortened(QUESTION), "", PAGE]
    assert [record.reason.value for record in handler.context_records] == ["vetoed"]


def test_a_failure_costs_neither_the_call_nor_what_else_is_shortened() -> None:
    class Raising(DistillationCallbackHandler):
        raise_error = True

        def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
            if name == "spsd.context":
                raise RuntimeError("full disk")

    sent = sent_for(asking(result()), callbacks=[Raising()])
    assert [message.content for message in sent] == [shortened(QUESTION), "", PAGE]


def test_every_request_tells_of_the_result_it_holds() -> None:
    """Also where it was made before; a policy is asked each time all the same."""
    for handler in (DistillationCallbackHandler(), Asked()):
        model = ScriptedModel(answers=[calling(("look_up", {"topic": "library"}))])
        agent: Any = create_agent(
            model,
            [look_up],
            middleware=[DistillationMiddleware(tool_results=HALF)],
            checkpointer=InMemorySaver(),
        )
        config: Any = {"configurable": {"thread_id": "one"}, "callbacks": [handler]}
        for text in (QUESTION, POLITE, "Ok."):
            agent.invoke({"messages": [HumanMessage(text)]}, config)
        assert len(handler.context_events) == len(handler.context_records) == 3
        assert len({record.tokens_after for record in handler.context_records}) == 1
        if isinstance(handler, Asked):
            assert handler.questions == [QUESTION] * 3


class Asked(DistillationCallbackHandler):
    """Keeps the questions whose passages it was asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []

    def spsd_veto_context(self, call: Any, proposal: Any) -> bool:
        self.questions.append(call.text)
        return False


class SlowAtFirst(ContextDistiller):
    """Does not read its first passage in time."""

    reads = 0

    def make_index(self, text: str, deadline: float | None) -> Any:
        self.reads += 1
        if self.reads == 1:
            raise DeadlineExceeded
        return super().make_index(text, deadline)


def test_a_result_that_was_once_sent_whole_stays_whole() -> None:
    """A deadline that passed must not cost the provider's cache in the next request."""
    distiller = ToolResultDistiller(Distiller(), SlowAtFirst(), HALF)
    messages = asking(result())["messages"]
    assert [distiller.shorten(messages) for _ in range(2)] == [{}, {}]
    assert list(distiller.shorten(asking(result(PAGE + " "))["messages"])) == [2]


def test_one_cue_in_a_page_closes_neither_it_nor_later_ones() -> None:
    """Encyclopedias name diseases in passing; what people say weighs more."""
    page = PAGE.replace("the last keeper retired", "the last keeper died of lung cancer")
    assert Distiller().hits(page)
    sent = sent_for(asking(result(page), result(PAGE, 2)))
    assert all(len(message.content) < len(PAGE) for message in sent[2:])


def test_the_arguments_of_the_call_may_be_part_of_the_question() -> None:
    """For agents whose tools are asked something else than the agent was."""

    class Watching(DistillationCallbackHandler):
        def on_spsd_context(self, call: Any, distillation: Any) -> None:
            asked.append(call.text)

    asked: list[str] = []
    settings = HALF.model_copy(update={"question": "user_and_call"})
    value = asking(result(), question="Plan my day, please.")
    sent_for(value, settings, callbacks=[Watching()])
    assert asked == ["Plan my day, please.\ntopic: library"]


@pytest.mark.parametrize(
    "wrong", [{"ratio": 0.0}, {"ratio": 1.5}, {"min_tokens": 0}, {"question": "x"}, {"tools": 1}]
)
def test_wrong_settings_are_refused_when_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ToolResultSettings(**wrong)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("[]", True),
        ("{}", True),
        ("3.5", True),
        ('{"a": [1, 2', True),
        ("[('a', 1)]", True),
        ("[1] Oslo is the capital. [2] Bergen is not.", False),
        ("{name} is a placeholder.", False),
        ("", False),
        ("[" * 100_000, True),
    ],
)
def test_data_is_told_from_prose(text: str, data: bool) -> None:
    assert looks_like_data(text) is data


MADE = {
    "summary": lambda: SummarizationMiddleware(
        ScriptedModel(),
        trigger=("messages", 7),
        keep=("messages", 6),
        summarizer=lambda messages: "The user asked about lists.",
    ),
    "pii": lambda: PIIMiddleware("email"),
    "editing": lambda: ContextEditingMiddleware(edits=[ClearToolUsesEdit(trigger=10, keep=1)]),
    "spsd": lambda: DistillationMiddleware(tool_results=HALF),
}


@pytest.mark.parametrize("order", list(permutations(MADE)), ids="-".join)
def test_beside_others_the_order_does_not_matter(order: tuple[str, ...]) -> None:
    model = ScriptedModel()
    agent: Any = create_agent(model, [look_up], middleware=[MADE[name]() for name in order])
    asked = asking(result(), result(PAGE, 2))["messages"]
    earlier, later = (
        [HumanMessage(POLITE), AIMessage("So.")],
        [AIMessage("Holt."), HumanMessage("Ok")],
    )
    agent.invoke({"messages": [*earlier, *asked, *later]})
    (sent,) = model.seen
    assert pairs_are_whole(sent)
    assert sent[0].content.endswith("The user asked about lists.")
    assert [message.content for message in sent if message.type == "tool"] == [
        "[cleared]",
        sent_for(asking(result()))[-1].content,
    ]


def test_observers_of_a_distiller_of_ones_own_steer_tool_results_too() -> None:
    """A tenant who is switched off gets no shortened results either."""

    class Off(Observer):
        def spsd_policy(self, call: Call) -> Overrides:
            return Overrides(enabled=False)

    model = ScriptedModel()
    middleware = DistillationMiddleware(tool_results=HALF, distiller=Distiller(observers=[Off()]))
    create_agent(model, [look_up], middleware=[middleware]).invoke(asking(result()))  # type: ignore[arg-type]
    assert model.seen[0][-1].content == PAGE
