"""`PromptDistiller` as a runnable: what goes in, what comes out, however it is called."""

from __future__ import annotations

import copy
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.load import dumps, loads
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_core.prompt_values import (
    ChatPromptValue,
    ImagePromptValue,
    PromptValue,
    StringPromptValue,
)
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_core.runnables import ConfigurableField
from pydantic import ValidationError

from spsd_core import ConfigurationError, Distiller, RewriteSettings, Settings
from spsd_core.observers import Observer
from spsd_langchain import PromptDistiller, registry
from spsd_langchain.registry import shared_distiller

POLITE = (
    "Hi there! I hope you are doing well today. Could you please explain how I reverse a list of "
    "17 items in Python? Thank you so much in advance for your help!"
)
FILLED = (
    "Basically, I just wanted to ask whether you could possibly explain, you know, how the "
    "garbage collector of the Java virtual machine actually decides what it can throw away."
)

Entry = Callable[[Any, Any], Awaitable[list[PromptValue]]]


async def _one(value: Any) -> AsyncIterator[Any]:
    yield value


async def _events(step: Any, value: Any) -> list[PromptValue]:
    return [
        event["data"]["output"]
        async for event in step.astream_events(value, version="v2")
        if event["event"] == "on_chain_end" and not event["parent_ids"]
    ]


async def _invoke(step: Any, value: Any) -> list[PromptValue]:
    return [step.invoke(value)]


async def _ainvoke(step: Any, value: Any) -> list[PromptValue]:
    return [await step.ainvoke(value)]


async def _batch(step: Any, value: Any) -> list[PromptValue]:
    first, second = step.batch([value, value])
    assert first == second
    return [first]


async def _abatch(step: Any, value: Any) -> list[PromptValue]:
    first, second = await step.abatch([value, value])
    assert first == second
    return [first]


async def _as_completed(step: Any, value: Any) -> list[PromptValue]:
    return [output for _, output in step.batch_as_completed([value])]


async def _aas_completed(step: Any, value: Any) -> list[PromptValue]:
    return [output async for _, output in step.abatch_as_completed([value])]


async def _stream(step: Any, value: Any) -> list[PromptValue]:
    return list(step.stream(value))


async def _astream(step: Any, value: Any) -> list[PromptValue]:
    return [output async for output in step.astream(value)]


async def _transform(step: Any, value: Any) -> list[PromptValue]:
    return list(step.transform(iter([value])))


async def _atransform(step: Any, value: Any) -> list[PromptValue]:
    return [output async for output in step.atransform(_one(value))]


ENTRIES: list[Entry] = [
    _invoke,
    _ainvoke,
    _batch,
    _abatch,
    _as_completed,
    _aas_completed,
    _stream,
    _astream,
    _transform,
    _atransform,
    _events,
]
INPUTS: dict[str, Any] = {
    "str": POLITE,
    "string value": PromptTemplate.from_template("{q}").invoke({"q": POLITE}),
    "chat value": ChatPromptTemplate.from_messages(
        [("system", "Be brief."), ("human", "{q}")]
    ).invoke({"q": POLITE}),
    "messages": [SystemMessage("Be brief.", id="s"), HumanMessage(POLITE, id="h")],
    "pairs": [("system", "Be brief."), ("human", POLITE)],
    "dicts": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": POLITE}],
    "words": [POLITE, "Sure."],
    "tuple": (HumanMessage(POLITE),),
    "no messages": [],
}


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("entry", ENTRIES)
async def test_every_entry_point_gives_the_same_one_output(entry: Entry, kind: str) -> None:
    expected = PromptDistiller().invoke(INPUTS[kind])
    assert await entry(PromptDistiller(), INPUTS[kind]) == [expected]


@pytest.mark.parametrize("kind", INPUTS)
def test_a_string_gives_a_string_value_and_messages_a_chat_value(kind: str) -> None:
    output = PromptDistiller().invoke(INPUTS[kind])
    assert type(output) is (StringPromptValue if kind.startswith("str") else ChatPromptValue)
    before = FakeListChatModel(responses=[""])._convert_input(INPUTS[kind]).to_messages()
    after = output.to_messages()
    assert [(type(m), m.id) for m in after] == [(type(m), m.id) for m in before]
    if before:
        assert len(output.to_string()) < len("".join(str(m.content) for m in before))


@pytest.mark.parametrize(
    "value", [None, 7, {"question": "x"}, object(), HumanMessage("x"), [7], [("a", "b", "c")]]
)
async def test_what_a_chat_model_refuses_is_refused_in_the_same_way(value: Any) -> None:
    model = FakeListChatModel(responses=[""])
    with pytest.raises((ValueError, NotImplementedError)) as expected:
        model.invoke(value)
    with pytest.raises(expected.type) as sync_error:
        PromptDistiller().invoke(value)
    with pytest.raises(expected.type):
        await PromptDistiller().ainvoke(value)
    assert str(sync_error.value) == str(expected.value)


@pytest.mark.parametrize(
    "text", ["", " ", "\ud800 lone", "nul \0", "\u202eright to left", "🙂" * 9]
)
def test_odd_text_comes_back_as_it_was(text: str) -> None:
    assert PromptDistiller().invoke(text) == StringPromptValue(text=text)


def test_a_prompt_value_of_another_kind_is_handed_on() -> None:
    image = ImagePromptValue(image_url={"url": "https://example.org/a.png"})
    assert PromptDistiller().invoke(image) is image


def test_a_subclass_of_a_prompt_value_stays_what_it_is() -> None:
    class Marked(StringPromptValue):
        mark: str = "m"

    output = PromptDistiller().invoke(Marked(text=POLITE))
    assert isinstance(output, Marked)
    assert output.text == PromptDistiller().invoke(POLITE).to_string() != POLITE


def test_for_key_keeps_the_kind_of_the_value() -> None:
    step = PromptDistiller(attach_records=False).for_key("q")
    short = PromptDistiller().invoke(POLITE).to_string()
    assert step.invoke({"q": POLITE, "n": 1}) == {"q": short, "n": 1}
    assert step.invoke({"q": [HumanMessage(POLITE)]}) == {"q": [HumanMessage(short)]}
    with pytest.raises(KeyError):
        step.invoke({"n": 1})


async def test_for_key_works_async_and_streamed() -> None:
    step = PromptDistiller().for_key("q")
    short = PromptDistiller().invoke(POLITE).to_string()
    assert await step.ainvoke({"q": POLITE, "n": 1}) == {"q": short, "n": 1}
    merged: dict[str, Any] = {}
    for chunk in step.stream({"q": POLITE, "n": 1}):
        merged |= chunk
    assert merged == {"q": short, "n": 1}


# -- configuration ---------------------------------------------------------------------------------


def records(output: PromptValue) -> list[dict[str, Any]]:
    return [
        record
        for message in output.to_messages()
        if (record := message.response_metadata.get("spsd")) is not None
    ]


def ask(step: Any, text: str = POLITE, **configurable: Any) -> dict[str, Any]:
    (record,) = records(step.invoke([HumanMessage(text)], {"configurable": configurable}))
    return record


def test_a_call_can_switch_distillation_off_and_the_level_down_but_not_up() -> None:
    light, dense = PromptDistiller(), PromptDistiller(settings=Settings(level="dense"))
    assert ask(light, spsd_enabled=False)["reason"] == "disabled"
    assert ask(light, spsd_enabled=True)["reason"] == "shortened"
    assert ask(dense)["level"] == "dense"
    assert ask(dense, spsd_level="light")["level"] == "light"
    assert ask(light, spsd_level="dense")["level"] == "light"


@pytest.mark.parametrize("wrong", [{"spsd_level": "lite"}, {"spsd_enabled": "no"}])
async def test_a_wrong_value_in_the_calls_configuration_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        PromptDistiller().invoke(POLITE, {"configurable": wrong})
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        await PromptDistiller().ainvoke(POLITE, {"configurable": wrong})


def test_safety_cannot_be_opened_through_a_calls_configuration() -> None:
    specs = {spec.id for spec in PromptDistiller().config_specs}
    assert specs == {"spsd_enabled", "spsd_level"}


def test_fields_can_be_made_configurable_and_share_distillers() -> None:
    step = PromptDistiller().configurable_fields(settings=ConfigurableField(id="how"))
    dense = Settings(level="dense", memo_entries=77)
    assert ask(step, how=dense)["level"] == "dense"
    handle = shared_distiller(dense)
    assert ask(step, how=dense)["level"] == "dense"
    assert shared_distiller(dense) is handle
    assert ask(step)["level"] == "light"


def test_bound_and_configured_copies_give_the_same() -> None:
    expected = PromptDistiller().invoke(POLITE)
    step = PromptDistiller().with_config(run_name="distil", tags=["a"]).bind(stop=["x"])
    assert step.invoke(POLITE) == expected
    assert PromptDistiller(name="mine").get_name() == "mine"
    assert PromptDistiller().get_name() == "PromptDistiller"


def test_arguments_of_a_sequence_do_not_disturb_its_first_step() -> None:
    chain = PromptDistiller() | FakeListChatModel(responses=["fine"])
    assert chain.invoke(POLITE, stop=["x"]).content == "fine"


def test_settings_may_be_given_as_a_mapping_and_are_checked() -> None:
    assert PromptDistiller(settings={"level": "dense"}).settings.level == "dense"  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="level"):
        PromptDistiller(settings={"level": "denser"})  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="level"):
        PromptDistiller(level="dense")  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="no_such_engine"):
        PromptDistiller(settings=Settings(engines=("no_such_engine",)))


def test_a_distiller_of_ones_own_is_used_with_its_settings() -> None:
    own = Distiller(Settings(level="dense"))
    step = PromptDistiller(distiller=own)
    assert step.settings == own.settings
    assert ask(step)["level"] == "dense"
    assert len(own.memo) == 1
    with pytest.raises(ValidationError, match="settings and distiller disagree"):
        PromptDistiller(distiller=own, settings=Settings())


def test_equal_settings_share_a_distiller_and_old_ones_are_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "MAX_DISTILLERS", 2)
    monkeypatch.setattr(registry, "_distillers", type(registry._distillers)())
    first = shared_distiller(Settings(memo_entries=1))
    assert shared_distiller(Settings(memo_entries=1)) is first
    shared_distiller(Settings(memo_entries=2))
    assert shared_distiller(Settings(memo_entries=1)) is first
    shared_distiller(Settings(memo_entries=3))
    assert list(registry._distillers) == [Settings(memo_entries=1), Settings(memo_entries=3)]


def test_secrets_tell_distillers_apart() -> None:
    def keyed(key: str) -> Settings:
        rewrite = RewriteSettings(
            backend="openai_compatible", base_url="http://127.0.0.1:9/v1", api_key=key
        )
        return Settings(rewrite=rewrite)

    assert shared_distiller(keyed("a")) is not shared_distiller(keyed("b"))


# -- copies, files, schemas ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "clone", [copy.deepcopy, copy.copy, lambda step: pickle.loads(pickle.dumps(step))]
)
@pytest.mark.parametrize("own", [False, True])
def test_copies_work_and_give_the_same(clone: Callable[[Any], Any], own: bool) -> None:
    settings = Settings(level="dense")
    step = (
        PromptDistiller(distiller=Distiller(settings))
        if own
        else PromptDistiller(settings=settings)
    )
    copied = clone(step)
    assert copied.settings == step.settings
    assert copied.invoke(POLITE) == step.invoke(POLITE)
    chain = step | FakeListChatModel(responses=["fine"])
    assert clone(chain).invoke(POLITE).content == "fine"


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
def test_it_can_be_written_as_json_and_read_again() -> None:
    settings = Settings(level="dense", safety={"open_domains": ["legal"]})  # type: ignore[arg-type]
    step = PromptDistiller(settings=settings, attach_records=False, name="mine")
    again = loads(
        dumps(step), allowed_objects=[PromptDistiller], valid_namespaces=["spsd_langchain"]
    )
    assert isinstance(again, PromptDistiller)
    assert (again.settings, again.attach_records, again.name) == (settings, False, "mine")
    default = loads(
        dumps(PromptDistiller()),
        allowed_objects=[PromptDistiller],
        valid_namespaces=["spsd_langchain"],
    )
    assert default == PromptDistiller()


@pytest.mark.parametrize(
    "step",
    [
        PromptDistiller(observers=(Observer(),)),
        PromptDistiller(distiller=Distiller()),
        PromptDistiller(settings=Settings(rewrite=RewriteSettings(
            backend="openai_compatible", base_url="http://127.0.0.1:9/v1", api_key="s3cret"
        ))),
    ],
)  # fmt: skip
def test_what_json_cannot_hold_is_not_written(step: PromptDistiller) -> None:
    assert step.to_json()["type"] == "not_implemented"
    assert "s3cret" not in dumps(step)
    assert "s3cret" not in repr(step)


def test_its_schemas_say_what_it_takes_and_gives() -> None:
    step = PromptDistiller()
    model = FakeListChatModel(responses=[""])
    assert step.get_input_jsonschema()["anyOf"] == model.get_input_jsonschema()["anyOf"]
    given = step.get_output_jsonschema()
    assert {choice["$ref"] for choice in given["anyOf"]} == {
        "#/$defs/StringPromptValue",
        "#/$defs/ChatPromptValueConcrete",
    }
    properties = step.config_schema(include=["configurable"]).model_json_schema()["$defs"]
    assert set(properties["Configurable"]["properties"]) == {"spsd_enabled", "spsd_level"}


def test_the_input_is_never_changed() -> None:
    messages: list[BaseMessage] = [HumanMessage([{"type": "text", "text": POLITE}])]
    before = copy.deepcopy(messages)
    PromptDistiller().invoke(ChatPromptValue(messages=messages))
    PromptDistiller().invoke(messages)
    assert messages == before
