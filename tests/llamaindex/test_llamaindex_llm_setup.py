"""How a `DistillingLLM` is built, steered, saved and copied, and that no text makes it raise."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core import Settings as LlamaIndexSettings
from llama_index.core.base.llms.types import ChatMessage, LLMMetadata
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms import LLM, MockLLM
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.prompts import (
    ChatPromptTemplate,
)
from llama_index.core.types import PydanticProgramMode
from llama_index.llms.openai_like import OpenAILike

from spsd_core import (
    Call,
    ConfigurationError,
    Distillation,
    Distiller,
    Overrides,
    Reason,
    RewriteSettings,
    Settings,
)
from spsd_core.testing import WEIRD_TEXTS
from spsd_llamaindex import DistillationCallbackHandler, DistillingLLM

POLITE = "Hi! Sorry to bother you, but could you please tell me how long a refund takes? Thanks!"
CORE = "Tell me how long a refund takes?"
ASKED = [ChatMessage(role="user", content=POLITE)]
QUESTION = ChatPromptTemplate([ChatMessage(role="user", content="{query_str}")])


class Off(DistillationCallbackHandler):
    """A policy that switches SPSD off for one tenant."""

    def spsd_policy(self, call: Call) -> Overrides | None:
        assert call.framework == "llamaindex"
        return Overrides(enabled=call.metadata.get("tenant") != "careful")


def test_policies_come_through_the_callback_manager() -> None:
    """The metadata tell them whose conversation it is."""
    handler = Off()
    manager = CallbackManager([handler])
    careful = DistillingLLM(MockLLM(), metadata={"tenant": "careful"}, callback_manager=manager)
    assert POLITE in str(careful.chat(ASKED))
    assert CORE in str(DistillingLLM(MockLLM(callback_manager=manager)).chat(ASKED))
    assert [record.reason for record in handler.records] == [Reason.DISABLED, Reason.SHORTENED]


class Veto(DistillationCallbackHandler):
    """Refuses every shortened text."""

    def spsd_veto(self, call: Call, proposal: Distillation) -> bool:
        return True


@pytest.fixture
def global_veto() -> Iterator[Veto]:
    before, handler = LlamaIndexSettings.callback_manager, Veto()
    LlamaIndexSettings.callback_manager = CallbackManager([handler])
    yield handler
    LlamaIndexSettings.callback_manager = before


async def test_handlers_of_the_global_callback_manager_take_part(global_veto: Veto) -> None:
    answer = await DistillingLLM(MockLLM()).achat(ASKED)
    assert POLITE in str(answer)
    assert [record.reason for record in global_veto.records] == [Reason.VETOED]


def test_observers_of_its_own_take_part() -> None:
    assert POLITE in str(DistillingLLM(MockLLM(), observers=[Veto()]).chat(ASKED))


def test_what_llamaindex_assigns_reaches_the_wrapped_llm() -> None:
    """It hands LLMs their callback manager that way, and the way to give objects."""
    inner = MockLLM()
    llm = DistillingLLM(inner, system_prompt="Be kind.")
    assert inner.system_prompt == "Be kind."
    assert llm.callback_manager is inner.callback_manager
    manager = CallbackManager([])
    llm.callback_manager = manager
    llm.pydantic_program_mode = PydanticProgramMode.LLM
    assert inner.callback_manager is manager
    assert inner.pydantic_program_mode is PydanticProgramMode.LLM


def test_it_is_a_function_calling_llm_where_the_wrapped_one_is(openai_like: OpenAILike) -> None:
    calling = DistillingLLM(llm=openai_like)
    assert isinstance(calling, FunctionCallingLLM)
    assert isinstance(calling, DistillingLLM)
    assert calling.metadata == openai_like.metadata
    assert not isinstance(DistillingLLM(MockLLM()), FunctionCallingLLM)


@pytest.mark.parametrize("llm", ["gpt-4o", None, MockLLM, object()])
def test_what_is_no_llm_is_refused_when_it_is_built(llm: Any) -> None:
    with pytest.raises(ConfigurationError, match="not a LlamaIndex LLM; give an instance"):
        DistillingLLM(llm)


def test_wrong_arguments_are_refused_when_it_is_built() -> None:
    with pytest.raises(ConfigurationError, match="give the LLM that it wraps"):
        DistillingLLM(DistillingLLM(MockLLM()))
    with pytest.raises(ConfigurationError, match="settings or a distiller"):
        DistillingLLM(MockLLM(), settings=Settings(), distiller=Distiller())
    with pytest.raises(ConfigurationError, match="not a Distiller"):
        DistillingLLM(MockLLM(), distiller=Settings())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="knows no 'temperature'"):
        DistillingLLM(MockLLM(), temperature=0.5)


SECRETIVE = Settings(
    level="dense",
    rewrite=RewriteSettings(
        backend="openai_compatible", base_url="http://127.0.0.1:9/v1", api_key="hush-hush"
    ),
)


def test_it_is_saved_without_secrets_and_loaded_with_its_llm(openai_like: OpenAILike) -> None:
    openai_like.default_headers = {"Authorization": "Bearer hush-hush"}
    llm = DistillingLLM(openai_like, settings=SECRETIVE, distil_completions=True)
    for shown in (llm.to_json(), str(llm.to_dict()), repr(llm), str(llm), llm.model_dump_json()):
        assert "hush" not in shown
        assert "sk-not" not in shown
    loaded = DistillingLLM.from_dict(json.loads(llm.to_json()), llm=openai_like)
    assert loaded.distiller.settings.level == "dense"
    assert loaded.distil_completions
    with pytest.raises(ConfigurationError, match="from_dict"):
        DistillingLLM.from_dict(llm.to_dict())


def test_a_copy_and_a_pickle_do_the_same() -> None:
    """Settings, metadata and class included."""
    llm = DistillingLLM(MockLLM(), settings=SECRETIVE, metadata={"tenant": "careful"})
    for other in (copy.copy(llm), copy.deepcopy(llm), pickle.loads(pickle.dumps(llm))):
        assert type(other) is type(llm)
        assert other.distiller.settings == SECRETIVE
        assert other.call_metadata == {"tenant": "careful"}
        assert CORE in str(other.chat(ASKED))


def test_a_distiller_that_cannot_be_pickled_is_not_replaced_by_another() -> None:
    """LlamaIndex drops such parts silently; here the settings for safety would go with it."""
    llm = DistillingLLM(MockLLM(), distiller=Distiller(observers=[Local()]))
    with pytest.raises(pickle.PicklingError, match="distiller"):
        pickle.dumps(llm)


def _local() -> type[Veto]:
    class Inner(Veto):
        pass

    return Inner


Local = _local()


class EchoingChat(MockLLM):
    """LlamaIndex's own mock, which says that it is a chat model."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_chat_model=True)


@pytest.mark.parametrize("text", WEIRD_TEXTS, ids=range(len(WEIRD_TEXTS)))
async def test_no_text_makes_it_raise(text: str) -> None:
    llm: LLM = DistillingLLM(EchoingChat(), distil_completions=True)
    message = ChatMessage(role="user", content=text)
    assert llm.chat([message]).message.content is not None
    assert (await llm.achat([message])).message.content is not None
    assert llm.complete(text).text is not None
    assert llm.predict(QUESTION, query_str=text) is not None
