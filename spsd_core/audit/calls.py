"""From an entry of a log to calls of a model: what each would have sent, and what again.

A message is sent *again* in a call where an answer of the model stands after it; what follows the
last answer is *new*. An entry that ends with an answer is a transcript: each of its answers was a
call, with everything before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from spsd_core.admission import refuse
from spsd_core.audit.reading import Outcome, Task
from spsd_core.audit.shapes import Entry
from spsd_core.chat import ChatMessage
from spsd_core.distillation import Reason
from spsd_core.settings import Role, Settings
from spsd_core.tokens import RequestCounter

__all__ = ["Call", "Frames", "Prompt", "calls_of", "tasks_of"]

_UNREAD = frozenset(
    {
        Reason.EMPTY,
        Reason.TOO_SHORT,
        Reason.TOO_LONG,
        Reason.INVALID_TEXT,
        Reason.CHAT_MARKERS,
        Reason.MOSTLY_CODE,
        Reason.UNSUPPORTED_LANGUAGE,
    }
)
"""Reasons of admission: no gate has read the text."""
_ASKING = ("user", "tool")


class Prompt(NamedTuple):
    """A text of a role that is distilled, in the call that sends it first."""

    text: str
    reason: Reason
    before: int
    after: int
    outcome: Outcome


@dataclass(slots=True)
class Call:
    """One call of a model."""

    begins: bool
    """Whether no turn comes before it."""
    prompts: list[Prompt] = field(default_factory=list)
    before: int = 0
    """Target tokens of the whole request."""
    new: int = 0
    """Of these, tokens of messages that were not sent before."""
    turn: int = 0
    """Of `new`, without system messages: what a later turn would send again."""
    saved_new: int = 0
    """Tokens saved in what is new."""
    saved_again: int = 0
    """Tokens saved in what was sent before; a provider's prompt cache may have held them."""
    closed: bool = False
    """Whether the gate is closed at its end."""
    asks: bool = False
    """Whether a user or a tool has the word in it."""


class Frames:
    """Tokens of the chat template, counted once.

    Args:
        counter: of the target model.
    """

    def __init__(self, counter: RequestCounter) -> None:
        self._counter = counter
        self._of_roles: dict[Role, int] = {}

    @cached_property
    def request(self) -> int:
        """Of a request without a message."""
        return self._counter.request(())

    def of(self, role: Role) -> int:
        """Of a message of this role without its text."""
        found = self._of_roles.get(role)
        if found is None:
            found = self._counter.request(((role, ""),)) - self.request
            self._of_roles[role] = found
        return found


def tasks_of(entry: Entry, settings: Settings) -> Iterator[Task]:
    """What has to be known of the texts of an entry."""
    alone = _alone(entry)
    for message in entry.messages:
        distilled = _is_distilled(message, settings)
        for part in message.parts:
            if distilled:
                yield "distil", part
                if alone or refuse(part, settings.admission) is None:
                    continue
            yield _gate_task(message, settings, part)
        for text in message.unseen:
            yield "rules", text
        if len(_texts(message)) > 1:
            yield "rules", _joined(message)


def calls_of(
    entry: Entry,
    settings: Settings,
    frames: Frames,
    outcome_of: Callable[[Task], Outcome],
) -> list[Call]:
    """The calls of an entry: one, or of a transcript one an answer.

    The gate is followed through the messages as `Distiller.distill_chat` follows it.

    Args:
        entry: a record of the log.
        settings: those of the distiller.
        frames: of requests and messages, in tokens.
        outcome_of: gives what `tasks_of` asked for.
    """
    window = settings.chat.critical_window
    recent: deque[bool] = deque(maxlen=1 if window is None else window)
    calls: list[Call] = []
    history, again, begun = frames.request, 0, False
    call = Call(begins=True)
    for message in entry.messages:
        answers = message.role == "assistant"
        if answers and entry.is_transcript and call.asks:
            calls.append(_complete(call, history, again))
        known = _Known(message, settings, outcome_of, alone=_alone(entry))
        closed = known.closes or any(recent)
        recent.append(closed if window is None else known.closes)
        call.closed = closed
        call.asks = call.asks or message.role in _ASKING
        tokens = frames.of(message.role) + known.tokens
        call.new += tokens
        call.turn += tokens if message.role != "system" else 0
        for prompt in known.prompts(closed=closed):
            call.prompts.append(prompt)
            call.saved_new += prompt.before - prompt.after
        if answers:
            history, again = history + call.new, again + call.saved_new
            begun = begun or call.asks
            call = Call(begins=not begun)
    if not entry.is_transcript:
        calls.append(_complete(call, history, again))
    return calls


def _complete(call: Call, history: int, again: int) -> Call:
    call.before = history + call.new
    call.saved_again = again
    return call


class _Known:
    """What is known of a message."""

    def __init__(
        self,
        message: ChatMessage,
        settings: Settings,
        outcome_of: Callable[[Task], Outcome],
        *,
        alone: bool,
    ) -> None:
        self._message = message
        self._distilled = _is_distilled(message, settings)
        self._prompt_role = message.role in settings.chat.distil_roles
        found: list[Outcome] = []
        self._parts: list[tuple[str, Outcome]] = []
        for part in message.parts:
            gate_task = _gate_task(message, settings, part)
            outcome = outcome_of(("distil", part) if self._distilled else gate_task)
            self._parts.append((part, outcome))
            unread = self._distilled and Reason(outcome.reason) in _UNREAD
            found.append(outcome_of(gate_task) if unread and not alone else outcome)
        unseen = [outcome_of(("rules", text)) for text in message.unseen]
        self.tokens = sum(one.before for one in unseen)
        self.tokens += sum(outcome.before for _, outcome in self._parts)
        found += unseen
        if len(_texts(message)) > 1:  # a cue may begin in one part and end in another
            found.append(outcome_of(("rules", _joined(message))))
        self.closes = message.role in settings.chat.gate_roles and any(one.closes for one in found)

    def prompts(self, *, closed: bool) -> Iterator[Prompt]:
        """Its parts that may be distilled, with what becomes of them in this conversation."""
        for part, outcome in self._parts if self._prompt_role else ():
            reason = Reason(outcome.reason) if self._distilled else Reason.CACHE_CONTROL
            if closed and self._distilled and not (outcome.closes or reason in _UNREAD):
                reason = Reason.CRITICAL_CONVERSATION
            after = outcome.after if reason is Reason.SHORTENED else outcome.before
            yield Prompt(part, reason, outcome.before, after, outcome)


def _alone(entry: Entry) -> bool:
    """Whether nothing comes after its only text that a gate could be closed for."""
    return len(entry.messages) == 1 and len(_texts(entry.messages[0])) == 1


def _is_distilled(message: ChatMessage, settings: Settings) -> bool:
    return message.role in settings.chat.distil_roles and not message.frozen


def _gate_task(message: ChatMessage, settings: Settings, part: str) -> Task:
    return ("reader" if message.role in settings.chat.distil_roles else "rules"), part


def _texts(message: ChatMessage) -> tuple[str, ...]:
    return (*message.parts, *message.unseen)


def _joined(message: ChatMessage) -> str:
    return "\n".join(_texts(message))
