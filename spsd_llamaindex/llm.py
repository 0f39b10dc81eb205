"""`DistillingLLM`: stands before any LlamaIndex LLM and shortens the user's turns."""

from __future__ import annotations

import pickle
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms import LLM
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.program.utils import FlexibleModel
from llama_index.core.prompts import BasePromptTemplate, PromptTemplate
from llama_index.core.types import Model, TokenAsyncGen, TokenGen
from pydantic import Field, PrivateAttr, field_serializer
from typing_extensions import Self

from spsd_core.distiller import Distiller
from spsd_core.exceptions import ConfigurationError
from spsd_core.observers import Observer
from spsd_core.settings import Settings
from spsd_llamaindex.building import text_distiller
from spsd_llamaindex.callbacks import observers_in
from spsd_llamaindex.rewriting import Rewriting
from spsd_llamaindex.templates import FilledTemplate, bare_template, turns_of

__all__ = ["DistillingLLM"]

_SHARED = frozenset(LLM.model_fields)
"""What every LLM has (callback manager, system prompt, ...): one for both, here and wrapped."""


class DistillingLLM(LLM):
    """Shortens the user's turns in each request to `llm`, or passes them on byte for byte.

    Use it wherever LlamaIndex takes an LLM: chat engines, agents, `Settings.llm`. The messages of
    the caller, his memory and his history keep the original; `llm` answers as it always does, with
    its own callbacks and events. For an `llm` that calls functions the instance is one that does
    (a `FunctionCallingLLM`).

    Args:
        llm: the LLM that answers.
        settings: of the distiller it builds.
        distiller: a ready one to use instead.
        observers: asked and told for every text, besides those among the handlers of the callback
            manager and of LlamaIndex's global one.
        metadata: reaches policies as `Call.metadata`.
        distil_completions: whether `complete` shortens its prompt as one text of the user. By
            default it passes it on: LlamaIndex puts templates with retrieved passages there.
        callback_manager: of both; by default the one `llm` has. Engines put theirs in its place;
            observers among the handlers of this one take part nevertheless.
        shared: other fields that every LLM has, `system_prompt` for example; set on `llm` as well.

    Raises:
        ConfigurationError: `llm` is no LLM or distils already, or a setting cannot work.
    """

    llm: LLM = Field(repr=False)
    """The LLM that answers."""
    distiller: Distiller = Field(exclude=True, repr=False)
    """What shortens the turns."""
    observers: tuple[Observer, ...] = Field(default=(), exclude=True, repr=False)
    call_metadata: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    """What `metadata` was given."""
    distil_completions: bool = False
    _given_manager: CallbackManager | None = PrivateAttr(default=None)
    """The one it was built with: a policy must not go when an engine brings its own manager."""

    def __new__(cls, llm: object = None, **_: Any) -> Self:
        """Of the class that has what agents need, where `llm` has it."""
        if cls is DistillingLLM and isinstance(llm, FunctionCallingLLM):
            from spsd_llamaindex.function_calling import DistillingFunctionCallingLLM

            return super().__new__(DistillingFunctionCallingLLM)  # type: ignore[return-value]
        return super().__new__(cls)

    def __init__(
        self,
        llm: LLM,
        *,
        settings: Settings | Mapping[str, Any] | None = None,
        distiller: Distiller | None = None,
        observers: Sequence[Observer] = (),
        metadata: Mapping[str, Any] | None = None,
        distil_completions: bool = False,
        callback_manager: CallbackManager | None = None,
        **shared: Any,
    ) -> None:
        _check_llm(llm)
        if callback_manager is not None:
            shared["callback_manager"] = callback_manager
        for name, value in shared.items():
            if name not in _SHARED:
                raise ConfigurationError(f"DistillingLLM knows no {name!r}; set it on the llm")
            setattr(llm, name, value)
        fields: dict[str, Any] = {name: getattr(llm, name) for name in _SHARED}
        fields["llm"] = llm
        fields["distiller"] = text_distiller(settings, distiller)
        fields["observers"] = tuple(observers)
        fields["call_metadata"] = dict(metadata or {})
        fields["distil_completions"] = distil_completions
        super().__init__(**fields)
        self._given_manager = self.callback_manager

    @classmethod
    def class_name(cls) -> str:
        """Name under which LlamaIndex knows it."""
        return "SPSDDistillingLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """Those of the wrapped LLM."""
        return self.llm.metadata

    # -- chat ------------------------------------------------------------------------------------

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Chat, the user's turns shortened."""
        return self.llm.chat(self._sent(messages), **kwargs)

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """`chat` without holding up the event loop."""
        return await self.llm.achat(await self._asent(messages), **kwargs)

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """`chat` with the answer piece by piece."""
        return self.llm.stream_chat(self._sent(messages), **kwargs)

    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """`achat` with the answer piece by piece."""
        return await self.llm.astream_chat(await self._asent(messages), **kwargs)

    # -- completions -----------------------------------------------------------------------------

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Complete the prompt as it is, or shortened with `distil_completions`."""
        return self.llm.complete(self._sent_prompt(prompt), formatted=formatted, **kwargs)

    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """`complete` without holding up the event loop."""
        sent = await self._asent_prompt(prompt)
        return await self.llm.acomplete(sent, formatted=formatted, **kwargs)

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """`complete` with the answer piece by piece."""
        return self.llm.stream_complete(self._sent_prompt(prompt), formatted=formatted, **kwargs)

    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """`acomplete` with the answer piece by piece."""
        sent = await self._asent_prompt(prompt)
        return await self.llm.astream_complete(sent, formatted=formatted, **kwargs)

    # -- templates -------------------------------------------------------------------------------
    # The wrapped LLM does the work: it may have a way of its own to give objects, for example.

    def predict(self, prompt: BasePromptTemplate, **prompt_args: Any) -> str:
        """Answer a template; of its messages only the user's own turns are shortened."""
        if self._completes:
            return super().predict(prompt, **prompt_args)
        return self.llm.predict(self._filled(prompt, prompt_args), **prompt_args)

    async def apredict(self, prompt: BasePromptTemplate, **prompt_args: Any) -> str:
        """`predict` without holding up the event loop."""
        if self._completes:
            return await super().apredict(prompt, **prompt_args)
        return await self.llm.apredict(await self._afilled(prompt, prompt_args), **prompt_args)

    def stream(self, prompt: BasePromptTemplate, **prompt_args: Any) -> TokenGen:
        """`predict` with the answer piece by piece."""
        if self._completes:
            return super().stream(prompt, **prompt_args)
        return self.llm.stream(self._filled(prompt, prompt_args), **prompt_args)

    async def astream(self, prompt: BasePromptTemplate, **prompt_args: Any) -> TokenAsyncGen:
        """`apredict` with the answer piece by piece."""
        if self._completes:
            return await super().astream(prompt, **prompt_args)
        return await self.llm.astream(await self._afilled(prompt, prompt_args), **prompt_args)

    def structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """An object instead of words; the template is treated as in `predict`."""
        if self._completes:
            predict: Any = super().structured_predict
        else:
            predict = self.llm.structured_predict
            prompt = self._filled(prompt, prompt_args)
        made: Model = predict(output_cls, prompt, llm_kwargs, **prompt_args)
        return made

    async def astructured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """`structured_predict` without holding up the event loop."""
        if self._completes:
            predict: Any = super().astructured_predict
        else:
            predict = self.llm.astructured_predict
            prompt = await self._afilled(prompt, prompt_args)
        made: Model = await predict(output_cls, prompt, llm_kwargs, **prompt_args)
        return made

    def stream_structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Model | FlexibleModel, None, None]:
        """`structured_predict` with the object piece by piece."""
        if self._completes:
            return super().stream_structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
        filled = self._filled(prompt, prompt_args)
        return self.llm.stream_structured_predict(output_cls, filled, llm_kwargs, **prompt_args)

    async def astream_structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Model | FlexibleModel, None]:
        """`astructured_predict` with the object piece by piece."""
        if self._completes:
            return await super().astream_structured_predict(
                output_cls, prompt, llm_kwargs, **prompt_args
            )
        filled = await self._afilled(prompt, prompt_args)
        return await self.llm.astream_structured_predict(
            output_cls, filled, llm_kwargs, **prompt_args
        )

    # -- rewriting -------------------------------------------------------------------------------

    @property
    def _rewriting(self) -> Rewriting:
        managers = (self._given_manager, self.callback_manager, self.llm.callback_manager)
        observers = (*self.observers, *observers_in(*managers))
        return Rewriting(self.distiller, observers, self.call_metadata)

    @property
    def _completes(self) -> bool:
        """Whether templates become prompts for `complete`, to be shortened there."""
        return self.distil_completions and not self._reads_messages

    @property
    def _reads_messages(self) -> bool:
        metadata = self.metadata
        return metadata.is_chat_model or metadata.is_function_calling_model

    def _sent(self, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
        return self._rewriting.messages(messages)

    async def _asent(self, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
        return await self._rewriting.amessages(messages)

    def _sent_prompt(self, prompt: str) -> str:
        return self._rewriting.prompt(prompt) if self.distil_completions else prompt

    async def _asent_prompt(self, prompt: str) -> str:
        return await self._rewriting.aprompt(prompt) if self.distil_completions else prompt

    def _filled(self, prompt: BasePromptTemplate, values: Mapping[str, Any]) -> Any:
        """The template with its messages rewritten; as it is for an LLM that reads strings."""
        if not self._reads_messages:
            return prompt
        bare, request = self._formatted(prompt, values)
        return FilledTemplate(bare, self._rewriting.messages(*request), prompt.output_parser)

    async def _afilled(self, prompt: BasePromptTemplate, values: Mapping[str, Any]) -> Any:
        if not self._reads_messages:
            return prompt
        bare, request = self._formatted(prompt, values)
        return FilledTemplate(bare, await self._rewriting.amessages(*request), prompt.output_parser)

    def _formatted(
        self, prompt: BasePromptTemplate, values: Mapping[str, Any]
    ) -> tuple[BasePromptTemplate, tuple[list[ChatMessage], frozenset[str], str | None]]:
        """The template the LLM gets, and what `Rewriting.messages` takes of it."""
        bare = bare_template(prompt, self.llm)
        messages = bare.format_messages(llm=self.llm, **values)
        return bare, (messages, turns_of(bare, values), self.llm.system_prompt)

    # -- life ------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        """LlamaIndex hands an LLM its callback manager by assignment: both get it."""
        super().__setattr__(name, value)
        wrapped = self.__dict__.get("llm")
        if name in _SHARED and wrapped is not None:
            setattr(wrapped, name, value)

    @field_serializer("llm")
    def _llm_by_name(self, llm: LLM) -> dict[str, str]:
        # LLMs put keys and headers in their dumps.
        return {"class_name": llm.class_name()}

    def to_dict(self, **kwargs: Any) -> dict[str, Any]:
        """JSON types without secrets: of the wrapped LLM only its class name."""
        settings = self.distiller.settings.model_dump(
            mode="json", exclude={"rewrite": {"api_key"}}, exclude_defaults=True
        )
        return {**super().to_dict(**kwargs), "settings": settings}

    @classmethod
    def from_dict(cls, data: dict[str, Any], **kwargs: Any) -> Self:
        """Build it from `to_dict` and the LLM, which is not in there: `from_dict(data, llm=llm)`.

        Raises:
            ConfigurationError: `llm` was not given.
        """
        if "llm" not in kwargs:
            raise ConfigurationError(
                "a DistillingLLM is saved without its LLM, which holds secrets; "
                "give it: from_dict(data, llm=...)"
            )
        own = ("settings", "distil_completions")
        given: dict[str, Any] = {name: data[name] for name in own if name in data}
        return cls(**{**given, **kwargs})

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        lost = {"llm", "distiller"} - state["__dict__"].keys()
        if lost:  # LlamaIndex drops what cannot be pickled, but a default in its place would harm
            raise pickle.PicklingError(f"the {' and the '.join(sorted(lost))} cannot be pickled")
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        fields = dict(state["__dict__"])
        self.__init__(metadata=fields.pop("call_metadata", None), **fields)  # type: ignore[misc]


def _check_llm(llm: object) -> None:
    if isinstance(llm, DistillingLLM):
        raise ConfigurationError("llm is a DistillingLLM already; give the LLM that it wraps")
    if not isinstance(llm, LLM):
        raise ConfigurationError(
            f"llm is a {type(llm).__name__}, not a LlamaIndex LLM; give an instance of one, for "
            "example OpenAI(model=...) of llama-index-llms-openai"
        )
