"""The arms: what is sent for a prompt, raw or shortened one way or another.

Every arm sends the same system prompt, so that nothing but the user's words differs. An arm that
passes a prompt through sends the raw request, byte for byte, and so shares its answer.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from spsd_core import __version__
from spsd_core.evaluation.cache import Cache, content_key
from spsd_core.evaluation.corpora import Item
from spsd_core.exceptions import ConfigurationError, EngineError
from spsd_core.settings import Settings

if TYPE_CHECKING:
    from spsd_core.context import ContextDistillation
    from spsd_core.distillation import Distillation
    from spsd_core.tokens import RequestCounter

__all__ = ["ARMS", "SYSTEM_PROMPT", "Arm", "Prepared", "build_arms", "prepare", "request_for"]

SYSTEM_PROMPT = "You are a helpful assistant."

Messages = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an arm sends for an item, and what it cost to get there."""

    messages: Messages
    """(role, text) of the whole request."""
    text: str
    """The user's words in it."""
    distilled: bool
    reason: str
    """`shortened`, or why it is sent as written; `raw` in the raw arm."""
    tokens: int
    """Target tokens of the whole request."""
    tokenizer: str
    tokenizer_exact: bool
    ms: float = 0.0
    """Wall time spent here, rejected drafts included, milliseconds."""
    edge_uwh: float = 0.0
    """Energy spent here, microwatt-hours, by the settings' assumptions."""

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Prepared:
        """What `dataclasses.asdict` gave, after a way through JSON."""
        messages = tuple((role, text) for role, text in stored["messages"])
        return cls(**{**stored, "messages": messages})


class Arm(Protocol):
    """One way to make a request of an item."""

    @property
    def name(self) -> str:
        """Shown in reports."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever `prepare` may give something else."""
        ...

    def applies(self, item: Item) -> bool:
        """Whether the arm has anything to do for such an item."""
        ...

    def prepare(self, item: Item) -> Prepared:
        """The request. Raises nothing whatever the texts are."""
        ...

    def close(self) -> None:
        """Give models and threads back."""
        ...


def request_for(item: Item, text: str, passages: Sequence[str]) -> Messages:
    """The request of an item with this text and these passages.

    >>> request_for(Item(id="1", text="Hi?", ask="Be brief."), "Hi?", ())
    (('system', 'You are a helpful assistant. Be brief.'), ('user', 'Hi?'))
    """
    system = f"{SYSTEM_PROMPT} {item.ask}".strip()
    context = "\n\n".join(passage for passage in passages if passage)
    return (("system", system), ("user", f"{context}\n\n{text}" if context else text))


class RawArm:
    """Sends what was written."""

    name = "raw"

    def __init__(self, settings: Settings) -> None:
        from spsd_core.tokens import build_request_counter

        self._counter = build_request_counter(settings.target)
        self._target = settings.target.model_dump_json()

    @property
    def version(self) -> str:
        """Names the target."""
        return f"{self._target}-{_counted_by(self._counter)}"

    def applies(self, item: Item) -> bool:  # noqa: ARG002 - the protocol's
        """Always."""
        return True

    def prepare(self, item: Item) -> Prepared:
        """The request as it would be without SPSD."""
        messages = request_for(item, item.text, item.passages)
        tokens = self._counter.request(messages)
        counter = self._counter
        return Prepared(messages, item.text, False, "raw", tokens, counter.name, counter.exact)

    def close(self) -> None:
        """Nothing to give back."""


def _prepared(
    messages: Messages,
    text: str,
    result: Distillation | ContextDistillation,
    counter: RequestCounter,
) -> Prepared:
    """The request that a distiller's result makes."""
    energy = result.record.energy
    return Prepared(
        messages=messages,
        text=text,
        distilled=result.distilled,
        reason=result.reason.value,
        tokens=counter.request(messages),
        tokenizer=counter.name,
        tokenizer_exact=counter.exact,
        ms=result.record.ms,
        edge_uwh=energy.edge_spent_uwh if energy else 0.0,
    )


class TextArm:
    """Distils the user's words; passages go along untouched."""

    def __init__(self, name: str, settings: Settings) -> None:
        from spsd_core.distiller import Distiller

        self.name = name
        self._settings = _version(settings)
        self._distiller = Distiller(settings)
        self._loaded = False

    @property
    def version(self) -> str:
        """Names everything a distiller is made of."""
        return f"{self._settings}-{_counted_by(self._distiller.counter)}"

    def applies(self, item: Item) -> bool:  # noqa: ARG002 - the protocol's
        """Always."""
        return True

    def prepare(self, item: Item) -> Prepared:
        """The request with the distilled text. Loading models is in no item's time."""
        if not self._loaded:
            self._distiller.load()
            self._loaded = True
        result = self._distiller.distill(item.text)
        messages = request_for(item, result.text, item.passages)
        return _prepared(messages, result.text, result, self._distiller.counter)

    def close(self) -> None:
        """Close the distiller."""
        self._distiller.close()


class ContextArm:
    """Shortens the passages against the question; the question goes along untouched."""

    name = "context"

    def __init__(self, settings: Settings) -> None:
        from spsd_core.context import ContextDistiller

        self._settings = _version(settings)
        self._distiller = ContextDistiller(settings)
        self._loaded = False

    @property
    def version(self) -> str:
        """Names everything a distiller is made of."""
        return f"{self._settings}-{_counted_by(self._distiller.counter)}"

    def applies(self, item: Item) -> bool:
        """Where there are passages."""
        return bool(item.passages)

    def prepare(self, item: Item) -> Prepared:
        """The request with the shortened passages."""
        if not self._loaded:
            with contextlib.suppress(EngineError):  # then each call says so in its reason
                self._distiller.load()
            self._loaded = True
        result = self._distiller.distill(item.text, item.passages)
        messages = request_for(item, item.text, result.passages)
        return _prepared(messages, item.text, result, self._distiller.counter)

    def close(self) -> None:
        """Close the distiller."""
        self._distiller.close()


_CHANGES: dict[str, dict[str, Any]] = {
    "lexical": {"engines": ("lexical",), "level": "light"},
    "extract-light": {"engines": ("extract",), "level": "light"},
    "extract-dense": {"engines": ("extract",), "level": "dense"},
    "rewrite": {"engines": ("rewrite",)},
}
ARMS = ("raw", *_CHANGES, "context")
"""Every arm there is; `raw` is the one the others are held against."""


def build_arms(names: Sequence[str], settings: Settings | None = None) -> tuple[Arm, ...]:
    """Build arms; `raw` comes first whether named or not. Loads no model.

    Args:
        names: of `ARMS`.
        settings: all but engines, level and mode, which are the arms' own.

    Raises:
        ConfigurationError: there is no such arm, or what it needs is not installed.
    """
    settings = (settings or Settings()).model_copy(update={"mode": "on"})
    arms: list[Arm] = [RawArm(settings)]
    for name in dict.fromkeys(names):
        if name == "raw":
            continue
        if name == "context":
            arms.append(ContextArm(settings))
        elif name in _CHANGES:
            arms.append(TextArm(name, settings.model_copy(update=_CHANGES[name])))
        else:
            raise ConfigurationError(f"there is no arm {name!r}; there are {', '.join(ARMS)}")
    return tuple(arms)


def prepare(arm: Arm, item: Item, cache: Cache) -> Prepared:
    """What the arm sends for the item, computed once for all runs."""
    key = content_key(
        "prepared",
        arm=arm.name,
        version=arm.version,
        text=item.text,
        passages=item.passages,
        ask=item.ask,
        system=SYSTEM_PROMPT,
    )
    stored = cache.get(key)
    if stored is not None:
        return Prepared.from_json(stored)
    prepared = arm.prepare(item)
    cache.put(key, asdict(prepared))
    return prepared


def _counted_by(counter: RequestCounter) -> str:
    """The tokenizer as it is here: what was counted by an estimate goes with no exact figure."""
    counter.text("load")
    return counter.name


def _version(settings: Settings) -> str:
    """Names SPSD, the settings, the shipped rules and the Reader."""
    from spsd_core.safety import rule_files

    digest = hashlib.sha256(__version__.encode())
    card = Path(__file__).parent.parent / "reader" / "weights" / "reader.json"
    for path in (*rule_files(), card):
        digest.update(path.read_bytes() if path.is_file() else b"")
    return f"{settings.fingerprint()}-{digest.hexdigest()[:12]}"
