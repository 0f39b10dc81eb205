"""`DistillationMiddleware`: for agents, shortens what a model call sends and leaves the state."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain.agents.middleware.types import ContextT, ResponseT
from langchain_core.messages import AnyMessage, BaseMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, merge_configs
from typing_extensions import override

from spsd_core.distiller import Distiller
from spsd_core.exceptions import ConfigurationError
from spsd_core.observers import Observer
from spsd_core.settings import Settings
from spsd_langchain.registry import shared_distiller
from spsd_langchain.runnable import PromptDistiller
from spsd_langchain.tool_results import ToolResultDistiller, ToolResultSettings

__all__ = ["DistillationMiddleware"]

_log = logging.getLogger(__name__)


class DistillationMiddleware(AgentMiddleware[AgentState[ResponseT], ContextT, ResponseT]):
    """Shortens the user's messages in every model call of an agent.

        agent = create_agent(model, tools, middleware=[DistillationMiddleware()])

    It edits the request, never the state: memory and checkpoints hold what was said. Each message
    is distilled on its own and remembered, so that it keeps its bytes in later calls. Observers
    among the callbacks, custom events and `config["configurable"]` are those of `PromptDistiller`,
    which does the work as a run below the agent's model node.

    Should SPSD itself fail, the request goes out as it was, and a warning is logged.

    Args:
        settings: how to distil; the defaults if left out.
        tool_results: also shorten long results of tools, against what the user had asked. None:
            they stay as they are.
        observers: of every call, besides those among the callbacks.
        attach_records: whether messages that were considered carry their records in
            `response_metadata["spsd"]`, in the request alone.
        call_metadata: what policies may know of a call beside the run's metadata, for example
            `lambda request: {"user": request.runtime.context.user}`. Tracers see it, too.
        distiller: one of your own, instead of the shared one; `settings` are then its.

    Raises:
        pydantic.ValidationError: `settings` and `distiller` disagree, or a setting cannot work.
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        tool_results: ToolResultSettings | None = None,
        observers: Sequence[Observer] = (),
        attach_records: bool = True,
        call_metadata: Callable[[ModelRequest[Any]], Mapping[str, Any]] | None = None,
        distiller: Distiller | None = None,
    ) -> None:
        super().__init__()
        if settings is None:
            settings = distiller.settings if distiller else Settings()
        self._prompts = PromptDistiller(
            settings=settings,
            attach_records=attach_records,
            observers=tuple(observers),
            distiller=distiller,
        )
        self._call_metadata = call_metadata
        self._tool_results: ToolResultDistiller | None = None
        if tool_results is not None:
            from spsd_core.context import ContextDistiller

            self._tool_results = ToolResultDistiller(
                distiller or shared_distiller(settings),
                ContextDistiller(_never_emptying(settings)),
                tool_results,
                (*(distiller.observers if distiller else ()), *observers),
            )

    @override
    def wrap_model_call(
        self,
        request: ModelRequest[ContextT],
        handler: Callable[[ModelRequest[ContextT]], ModelResponse[ResponseT]],
    ) -> ModelResponse[ResponseT]:
        """Send the shortened request.

        Raises:
            ConfigurationError: a value in `config["configurable"]` is not one SPSD knows.
        """
        messages = sent = _conversation(request)
        results: dict[int, BaseMessage] = {}
        with _original_on_failure():
            sent = self._prompts.invoke(messages, self._config(request)).to_messages()
        if self._tool_results is not None:
            with _original_on_failure():
                results = self._tool_results.shorten(messages, self._config(request))
        return handler(_edited(request, sent, results))

    @override
    async def awrap_model_call(
        self,
        request: ModelRequest[ContextT],
        handler: Callable[[ModelRequest[ContextT]], Awaitable[ModelResponse[ResponseT]]],
    ) -> ModelResponse[ResponseT]:
        """`wrap_model_call` without blocking the event loop. Raises what it raises."""
        messages = sent = _conversation(request)
        results: dict[int, BaseMessage] = {}
        with _original_on_failure():
            prompt = await self._prompts.ainvoke(messages, self._config(request))
            sent = prompt.to_messages()
        if self._tool_results is not None:
            with _original_on_failure():
                results = await self._tool_results.ashorten(messages, self._config(request))
        return await handler(_edited(request, sent, results))

    def _config(self, request: ModelRequest[ContextT]) -> RunnableConfig:
        """The configuration of the node's run, and what the caller adds to its metadata."""
        config = ensure_config()
        if self._call_metadata is None:
            return config
        return merge_configs(config, {"metadata": dict(self._call_metadata(request))})


def _never_emptying(settings: Settings) -> Settings:
    """Providers refuse messages with an empty block."""
    context = settings.context.model_copy(update={"drop_passages": False})
    return settings.model_copy(update={"context": context})


@contextmanager
def _original_on_failure() -> Iterator[None]:
    """P7: a defect of ours, or of a callback, must not cost the agent its call."""
    try:
        yield
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever broke, the original is sent
        _log.warning(
            "SPSD failed (%s); the model call is sent as it was. Please report it.",
            type(error).__name__,
        )


def _conversation(request: ModelRequest[Any]) -> list[BaseMessage]:
    """All messages of a request; the gate reads the system message, too."""
    return [*([request.system_message] if request.system_message else ()), *request.messages]


def _edited(
    request: ModelRequest[ContextT],
    sent: Sequence[BaseMessage],
    results: Mapping[int, BaseMessage],
) -> ModelRequest[ContextT]:
    """The request with other messages; itself where none is another."""
    messages = [results.get(place, message) for place, message in enumerate(sent)]
    before = _conversation(request)
    if all(after is original for after, original in zip(messages, before)):
        return request
    if request.system_message is not None:
        system = cast(SystemMessage, messages.pop(0))
        request = request.override(system_message=system)
    return request.override(messages=cast("list[AnyMessage]", messages))
