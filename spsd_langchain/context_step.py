"""Passages against a question, as a run of LangChain's: the step that documents and tool results
have in common."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForChainRun,
    CallbackManagerForChainRun,
    adispatch_custom_event,
    dispatch_custom_event,
)
from langchain_core.callbacks.manager import BaseRunManager
from langchain_core.runnables import Runnable, RunnableConfig
from typing_extensions import override

from spsd_core.context.types import ContextDistillation, Passage
from spsd_core.memo import Memo, text_key
from spsd_core.modes import arm_of
from spsd_core.observers import Call, Observer
from spsd_langchain.callbacks import (
    CONTEXT_EVENT_NAME,
    run_metadata,
    run_observers,
    wants_event,
)
from spsd_langchain.configurable import careful_policies

if TYPE_CHECKING:
    from spsd_core.context import ContextDistiller

__all__ = ["ContextStep", "Retrieved"]


@dataclass(frozen=True)
class Retrieved:
    """What is known about a question."""

    question: str
    passages: Sequence[Passage]

    def key(self) -> tuple[bytes, ...]:
        """The same for the same texts."""
        return tuple(map(text_key, (self.question, *(passage.text for passage in self.passages))))


class ContextStep(Runnable[Retrieved, ContextDistillation]):
    """Shortens passages against their question.

    Observers are those given here and those among the callbacks of the run; who listens to custom
    events gets `spsd.context`.

    Args:
        distiller: does the work.
        observers: of every call.
        ratio: share of the tokens to keep.
        target_tokens: number of tokens to keep. With neither, the distiller's settings say.
        memo_entries: how many results are remembered, failures included, so that passages of the
            same question keep the bytes they were first sent with. Not used in calls that a policy
            or a veto may steer: they are asked each time.
    """

    def __init__(
        self,
        distiller: ContextDistiller,
        *,
        observers: Sequence[Observer] = (),
        ratio: float | None = None,
        target_tokens: int | None = None,
        memo_entries: int = 0,
    ) -> None:
        self.name = "ContextDistiller"
        self._distiller = distiller
        self._observers = tuple(observers)
        self._ratio = ratio
        self._target_tokens = target_tokens
        self._memo: Memo[ContextDistillation] | None = Memo(memo_entries) if memo_entries else None

    @override
    def invoke(
        self, input: Retrieved, config: RunnableConfig | None = None, **kwargs: Any
    ) -> ContextDistillation:
        """Shorten the passages of one question."""
        return self._call_with_config(self._distil, input, config)

    @override
    async def ainvoke(
        self, input: Retrieved, config: RunnableConfig | None = None, **kwargs: Any
    ) -> ContextDistillation:
        """Shorten the passages of one question without blocking the event loop."""
        return await self._acall_with_config(self._adistil, input, config)

    def _distil(
        self, value: Retrieved, run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> ContextDistillation:
        call, observers = self._call(value, run_manager, config)
        result = self._recall(value, call, observers)
        if result is None:
            result = self._distiller.distill(
                value.question,
                value.passages,
                ratio=self._ratio,
                target_tokens=self._target_tokens,
                call=call,
                observers=observers,
            )
            result = self._remember(value, call, observers, result)
        if wants_event(run_manager):
            dispatch_custom_event(CONTEXT_EVENT_NAME, _data(result), config=config)
        return result

    async def _adistil(
        self, value: Retrieved, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> ContextDistillation:
        call, observers = self._call(value, run_manager, config)
        result = self._recall(value, call, observers)
        if result is None:
            result = await self._distiller.adistill(
                value.question,
                value.passages,
                ratio=self._ratio,
                target_tokens=self._target_tokens,
                call=call,
                observers=observers,
            )
            result = self._remember(value, call, observers, result)
        if wants_event(run_manager):
            await adispatch_custom_event(CONTEXT_EVENT_NAME, _data(result), config=config)
        return result

    def _call(
        self, value: Retrieved, run: BaseRunManager, config: RunnableConfig
    ) -> tuple[Call, tuple[Observer, ...]]:
        """What is known of the call, and who watches it."""
        call = Call(value.question, framework="langchain", metadata=run_metadata(run))
        return call, (*run_observers(run, self._observers), *careful_policies(config))

    def _recall(
        self, value: Retrieved, call: Call, observers: Sequence[Observer]
    ) -> ContextDistillation | None:
        """What was made of these texts before; observers are told of it as they were then."""
        if self._memo is None or any(map(_steers, observers)):
            return None
        result = self._memo.get(self._key(value, call))
        if result is not None:
            for observer in observers:
                with suppress(Exception):  # watching must not disturb
                    observer.on_spsd_context(call, result)
        return result

    def _key(self, value: Retrieved, call: Call) -> tuple[object, ...]:
        """Same texts, same key, but for conversations that are sent the originals."""
        return (*value.key(), arm_of(self._distiller.settings, call.metadata))

    def _remember(
        self,
        value: Retrieved,
        call: Call,
        observers: Sequence[Observer],
        result: ContextDistillation,
    ) -> ContextDistillation:
        """Keep the result; where a call beside this one was faster, its result holds for both."""
        if self._memo is None or any(map(_steers, observers)):
            return result
        return self._memo.keep(self._key(value, call), result, sum(map(len, result.passages)))


def _steers(observer: Observer) -> bool:
    """Whether an observer may change what becomes of a call."""
    own = type(observer)
    return (
        own.spsd_policy is not Observer.spsd_policy
        or own.spsd_veto_context is not Observer.spsd_veto_context
    )


def _data(result: ContextDistillation) -> dict[str, Any]:
    return result.record.model_dump(mode="json")
