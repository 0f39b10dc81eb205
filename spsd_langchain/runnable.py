"""`PromptDistiller`: a LangChain runnable that shortens what it is given, for a chat model."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForChainRun,
    CallbackManagerForChainRun,
    adispatch_custom_event,
    dispatch_custom_event,
)
from langchain_core.language_models import LanguageModelInput
from langchain_core.load.serializable import (
    SerializedConstructor,
    SerializedNotImplemented,
)
from langchain_core.messages import AnyMessage, BaseMessage, convert_to_messages
from langchain_core.prompt_values import (
    ChatPromptValue,
    ChatPromptValueConcrete,
    PromptValue,
    StringPromptValue,
)
from langchain_core.runnables import (
    ConfigurableFieldSpec,
    Runnable,
    RunnableAssign,
    RunnableConfig,
    RunnableLambda,
    RunnableParallel,
    RunnableSerializable,
)
from pydantic import ConfigDict, Field, model_validator
from typing_extensions import Self, override

from spsd_core.chat import ChatDistillation
from spsd_core.distiller import Distiller
from spsd_core.exceptions import ConfigurationError
from spsd_core.observers import Observer
from spsd_core.settings import Settings
from spsd_langchain.callbacks import EVENT_NAME, run_metadata, run_observers, wants_event
from spsd_langchain.configurable import careful_policies, configurable_fields
from spsd_langchain.messages import apply_distillation, to_chat_messages
from spsd_langchain.registry import shared_distiller

__all__ = ["PromptDistiller"]


class PromptDistiller(RunnableSerializable[LanguageModelInput, PromptValue]):
    """Shortens the user's messages of a prompt, or passes them on byte for byte.

    Takes what a chat model takes and gives a prompt value, so it stands before any model:

        chain = prompt | PromptDistiller() | model

    A string (or `StringPromptValue`) gives a `StringPromptValue`, messages a `ChatPromptValue` of
    as many messages in the same order. Distillers of equal settings are shared in the process.

    For one call, `config["configurable"]` may hold `spsd_enabled=False` (send the original) and
    `spsd_level="light"`. They can only make a call more careful than `settings`; the rest is for
    policies, see `spsd_core.observers`.

    Raises:
        pydantic.ValidationError: when built, where a setting is wrong.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True, extra="forbid", use_attribute_docstrings=True
    )

    settings: Settings = Settings()
    """How to distil."""
    attach_records: bool = True
    """Whether messages that were considered carry their records in `response_metadata["spsd"]`.
    Providers are not sent it. Turn it off where differently worded prompts that distil to the
    same text are to share an entry in LangChain's model cache."""
    observers: tuple[Observer, ...] = Field(default=(), exclude=True, repr=False)
    """Observers of every call, besides those among the callbacks of a call."""
    distiller: Distiller | None = Field(default=None, exclude=True, repr=False)
    """A distiller of your own, instead of the shared one; `settings` are then its."""

    @model_validator(mode="before")
    @classmethod
    def _settings_of_given_distiller(cls, values: Any) -> Any:
        if isinstance(values, dict) and "settings" not in values:
            distiller = values.get("distiller")
            if isinstance(distiller, Distiller):
                return {**values, "settings": distiller.settings}
        return values

    @model_validator(mode="after")
    def _settings_work(self) -> Self:
        if self.distiller is None:
            shared_distiller(self.settings)
        elif self.distiller.settings != self.settings:
            raise ConfigurationError(
                "settings and distiller disagree: give one of them, or build the distiller "
                "with these settings"
            )
        return self

    @override
    def invoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        **kwargs: Any,  # a sequence hands its own on to its first step; templates ignore them too
    ) -> PromptValue:
        """Distil one prompt.

        Raises:
            ValueError: `input` is nothing a chat model would accept.
            ConfigurationError: a value in `config["configurable"]` is not one SPSD knows.
        """
        return self._call_with_config(self._distil, input, config)

    @override
    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> PromptValue:
        """Distil one prompt without blocking the event loop. Raises what `invoke` raises."""
        return await self._acall_with_config(self._adistil, input, config)

    def for_key(
        self, key: str, config: RunnableConfig | None = None
    ) -> Runnable[dict[str, Any], dict[str, Any]]:
        """A step that distils one entry of a dict and hands the others on.

        A string stays a string, a list of messages a list of messages:

            chain = PromptDistiller().for_key("question") | prompt | model

        The entry is read alone: where the template says what is to be done with it ("Translate
        this: {text}"), it is not known to be text that must not be touched.

        Args:
            key: of the entry.
            config: of every call of the step; `with_config(...).for_key(key)` fills it in.
        """
        step = self if config is None else self.with_config(config)
        distilled = itemgetter(key) | step | RunnableLambda(_plain, name="plain")
        return RunnableAssign(RunnableParallel({key: distilled}))

    def _distil(
        self,
        value: LanguageModelInput,
        run_manager: CallbackManagerForChainRun,
        config: RunnableConfig,
    ) -> PromptValue:
        prompt = _to_prompt_value(value)
        messages = prompt.to_messages()
        result = self._working_distiller().distill_chat(
            to_chat_messages(messages),
            framework="langchain",
            metadata=run_metadata(run_manager),
            observers=(*run_observers(run_manager, self.observers), *careful_policies(config)),
        )
        if wants_event(run_manager):
            dispatch_custom_event(EVENT_NAME, result.summary(), config=config)
        return self._answer(prompt, messages, result)

    async def _adistil(
        self,
        value: LanguageModelInput,
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
    ) -> PromptValue:
        prompt = _to_prompt_value(value)
        messages = prompt.to_messages()
        result = await self._working_distiller().adistill_chat(
            to_chat_messages(messages),
            framework="langchain",
            metadata=run_metadata(run_manager),
            observers=(*run_observers(run_manager, self.observers), *careful_policies(config)),
        )
        if wants_event(run_manager):
            await adispatch_custom_event(EVENT_NAME, result.summary(), config=config)
        return self._answer(prompt, messages, result)

    def _working_distiller(self) -> Distiller:
        return self.distiller or shared_distiller(self.settings)

    def _answer(
        self, prompt: PromptValue, messages: Sequence[BaseMessage], result: ChatDistillation
    ) -> PromptValue:
        if isinstance(prompt, ChatPromptValue):
            sent = apply_distillation(messages, result, attach_records=self.attach_records)
            return prompt.model_copy(update={"messages": sent})
        sent = apply_distillation(messages, result, attach_records=False)
        if all(after is before for before, after in zip(messages, sent)):
            return prompt
        if isinstance(prompt, StringPromptValue):
            return prompt.model_copy(update={"text": sent[0].content})
        return ChatPromptValue(messages=sent)

    @property
    @override
    def InputType(self) -> Any:
        """What chat models say they take."""
        return str | StringPromptValue | ChatPromptValueConcrete | list[AnyMessage]

    @property
    @override
    def OutputType(self) -> Any:
        """The prompt values it gives; the abstract base would make an empty schema."""
        return StringPromptValue | ChatPromptValueConcrete

    @property
    @override
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """What `config["configurable"]` may hold."""
        return configurable_fields()

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        """True; an instance that holds objects or a key is left out all the same."""
        return True

    @override
    def to_json(self) -> SerializedConstructor | SerializedNotImplemented:
        """The constructor call as JSON types.

        Observers, a distiller of one's own and an API key have no faithful JSON form, so an
        instance with one of them is "not implemented" as LangChain has it.
        """
        if self.observers or self.distiller or self.settings.rewrite.api_key:
            return self.to_json_not_implemented()
        return super().to_json()

    @property
    @override
    def lc_attributes(self) -> dict[str, Any]:
        """The settings that differ from the defaults, as JSON types."""
        return {"settings": self.settings.model_dump(mode="json", exclude_defaults=True)}


def _to_prompt_value(value: object) -> PromptValue:
    """Read an input as chat models do."""
    if isinstance(value, PromptValue):
        return value
    if isinstance(value, str):
        return StringPromptValue(text=value)
    if isinstance(value, Sequence):
        return ChatPromptValue(messages=convert_to_messages(value))
    raise ValueError(
        f"Invalid input type {type(value)}. Must be a PromptValue, str, or list of BaseMessages."
    )


def _plain(value: PromptValue) -> str | list[BaseMessage]:
    return value.text if isinstance(value, StringPromptValue) else value.to_messages()
