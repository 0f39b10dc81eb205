"""What a reviewer of the adapter ran into, so that nobody does again."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from spsd_core import Call, Observer, Overrides, Settings
from spsd_langchain import (
    DistillationCallbackHandler,
    DistillationMiddleware,
    PromptDistiller,
    ToolResultSettings,
)

POLITE = "Hello! Could you please name three rivers in Spain? Thank you so much!"
CORE = "Name three rivers in Spain?"


class _Off(Observer, BaseCallbackHandler):
    """Switches SPSD off."""

    def spsd_policy(self, call: Call) -> Overrides:
        return Overrides(enabled=False)


def test_distillers_of_different_levels_stand_in_one_chain() -> None:
    """LangChain asks each step what may be configured, and wants one answer."""
    chain = PromptDistiller(settings=Settings(level="light")) | PromptDistiller(
        settings=Settings(level="dense")
    )
    assert {spec.id for spec in chain.config_specs} == {"spsd_enabled", "spsd_level"}
    assert chain.config_schema() is not None


@pytest.mark.parametrize("name", ["spsd_enabled", "spsd_level"])
def test_none_configures_nothing(name: str) -> None:
    sent = PromptDistiller().invoke(POLITE, {"configurable": {name: None}})
    assert sent.to_string() == CORE


def test_any_key_can_be_distilled() -> None:
    """Also one that is the name of a parameter somewhere."""
    assert PromptDistiller().for_key("cls").invoke({"cls": POLITE}) == {"cls": CORE}


@pytest.mark.parametrize(
    "config", [{"configurable": {"spsd_enabled": False}}, {"callbacks": [_Off()]}]
)
def test_a_bound_configuration_holds_for_one_key_too(config: Any) -> None:
    """`with_config` before `for_key`."""
    step = PromptDistiller().with_config(config).for_key("q")
    assert step.invoke({"q": POLITE}) == {"q": POLITE}


def test_a_handler_that_only_observes_knows_what_was_saved() -> None:
    """It gets no events; its records say it."""
    handler = DistillationCallbackHandler()
    PromptDistiller(observers=(handler,)).invoke(POLITE)
    (record,) = handler.records
    assert handler.tokens_saved == record.tokens_before - record.tokens_after > 0


def test_what_is_kept_can_be_read_while_it_grows() -> None:
    """A snapshot, not the thing itself."""
    handler = DistillationCallbackHandler()
    before = handler.records
    PromptDistiller(observers=(handler,)).invoke(POLITE)
    assert (len(before), len(handler.records)) == (0, 1)


def test_a_middleware_with_tool_results_can_be_copied() -> None:
    """As web frameworks and checkpointers do with what they hold."""
    middleware = DistillationMiddleware(tool_results=ToolResultSettings())
    assert isinstance(copy.deepcopy(middleware), DistillationMiddleware)
