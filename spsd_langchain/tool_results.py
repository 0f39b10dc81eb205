"""Long results of tools, shortened against what the user had asked before the tool was called."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel, ConfigDict, Field

from spsd_core.admission import refuse
from spsd_core.chat import ChatMessage
from spsd_core.context.types import ContextDistillation, Passage
from spsd_core.distillation import RuleHit
from spsd_core.distiller import Distiller
from spsd_core.observers import Observer
from spsd_core.unseen import call_text
from spsd_langchain.context_step import ContextStep, Retrieved
from spsd_langchain.messages import is_summary, message_texts, to_chat_messages, with_texts

if TYPE_CHECKING:
    from spsd_core.context import ContextDistiller

__all__ = ["ToolResultDistiller", "ToolResultSettings", "looks_like_data"]

_LEAST_WORDS = 3
"""Of a question: "Yes, please" does not say which sentences of a result matter."""

# {"key": ...}, {'key': ...}, [{...}], [[...]], ["..."], [(...)]: also where the end was cut off
_DATA_RE = re.compile(r"""\s*(?:\{\s*["'\[{}]|\[\s*["'\[{(])""")


class ToolResultSettings(BaseModel):
    """Which results of tools a `DistillationMiddleware` shortens, and how much."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    min_tokens: int = Field(default=500, ge=1)
    """Texts of fewer target tokens stay as they are."""
    ratio: float | None = Field(default=None, gt=0, le=1)
    """Share of the tokens to keep. None: as `settings.context` says, by confidence as delivered."""
    question: Literal["user", "user_and_call"] = "user"
    """What decides which sentences matter: the user's latest message before the result, or that and
    the arguments of the call the result answers."""
    include: frozenset[str] | None = None
    """Names of the tools whose results may be shortened. None: all."""
    exclude: frozenset[str] = frozenset()
    """Names of tools whose results stay as they are, whatever `include` says."""


@dataclass(frozen=True)
class _Long:
    """A result that is worth shortening."""

    place: int
    """Of its message in the conversation."""
    texts: dict[int, str]
    """Its long texts by their places in the content."""
    question: str

    @property
    def retrieved(self) -> Retrieved:
        return Retrieved(self.question, [Passage(text) for text in self.texts.values()])


class ToolResultDistiller:
    """Shortens what tools gave back; each result on its own, so that it keeps its bytes.

    What a result becomes depends on itself, on the user's latest message before it and on whether
    anything critical was said before it: all the same in every later request of the conversation.
    Untouched are errors, data such as JSON, blocks that are no text, results marked for the
    provider's cache or with citations, and all that admission turns away.

    Args:
        distiller: has the gate and the counter of the conversation.
        contexts: shortens; it must not empty a passage, as providers refuse empty blocks.
        settings: which results, and how much.
        observers: of every call.
    """

    def __init__(
        self,
        distiller: Distiller,
        contexts: ContextDistiller,
        settings: ToolResultSettings,
        observers: Sequence[Observer] = (),
    ) -> None:
        self._distiller = distiller
        self._settings = settings
        self._step = ContextStep(
            contexts,
            observers=observers,
            ratio=settings.ratio,
            memo_entries=distiller.settings.memo_entries,
        )

    def shorten(
        self, messages: Sequence[BaseMessage], config: RunnableConfig | None = None
    ) -> dict[int, BaseMessage]:
        """The messages that became shorter, by their places. The given ones are not changed."""
        return {
            long.place: _shortened(messages[long.place], long, result)
            for long in self._long_results(messages)
            if (result := self._step.invoke(long.retrieved, config)).distilled
        }

    async def ashorten(
        self, messages: Sequence[BaseMessage], config: RunnableConfig | None = None
    ) -> dict[int, BaseMessage]:
        """`shorten` without blocking the event loop."""
        return {
            long.place: _shortened(messages[long.place], long, result)
            for long in self._long_results(messages)
            if (result := await self._step.ainvoke(long.retrieved, config)).distilled
        }

    def _long_results(self, messages: Sequence[BaseMessage]) -> Iterator[_Long]:
        told = to_chat_messages(messages)
        contexts = self._distiller.gate_contexts(list(map(_without_result, told)))
        asked = ""
        calls: dict[str | None, tuple[str, str]] = {}
        for place, (message, known, hits) in enumerate(zip(messages, told, contexts)):
            if isinstance(message, HumanMessage):
                asked = "" if is_summary(message) else "\n".join(known.parts)
            elif isinstance(message, AIMessage):
                for call in message.tool_calls:
                    calls[call["id"]] = (call["name"], call_text(None, call["args"]))
            elif isinstance(message, ToolMessage):
                name, arguments = calls.get(message.tool_call_id, ("", ""))
                if known.frozen or not self._may_touch(message, message.name or name, hits):
                    continue
                texts = {at: text for at, text in message_texts(message) if self._is_long(text)}
                with_call = self._settings.question == "user_and_call" and arguments
                question = f"{asked}\n{arguments}" if with_call else asked
                if texts and len(question.split()) >= _LEAST_WORDS:
                    yield _Long(place, texts, question)

    def _may_touch(self, message: ToolMessage, name: str, hits: Sequence[RuleHit]) -> bool:
        settings = self._settings
        open_domains = self._distiller.settings.safety.open_domains
        return (
            message.status != "error"
            and (settings.include is None or name in settings.include)
            and name not in settings.exclude
            and all(hit.domain in open_domains for hit in hits)
        )

    def _is_long(self, text: str) -> bool:
        return (
            refuse(text, self._distiller.settings.admission) is None
            and not looks_like_data(text)
            and self._distiller.count(text) >= self._settings.min_tokens
        )


def _without_result(message: ChatMessage) -> ChatMessage:
    """For the gate: words of people and models only.

    One cue in a page that a tool brought is no critical conversation; `ContextDistiller` has rules
    of its own for pages.
    """
    return message if message.role != "tool" else replace(message, parts=(), unseen=())


def looks_like_data(text: str) -> bool:
    r"""Whether a text is JSON, lines of JSON, or what Python prints for a dict or a list.

    >>> looks_like_data('{"a": 1}\n{"a": 2}'), looks_like_data("{'a': 1, 'b")
    (True, True)
    >>> looks_like_data("[1] Oslo is the capital of Norway.")
    False
    """
    if _DATA_RE.match(text):
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _shortened(message: BaseMessage, long: _Long, result: ContextDistillation) -> BaseMessage:
    changed = dict(zip(long.texts, result.passages))
    return message.model_copy(update={"content": with_texts(message.content, changed)})
