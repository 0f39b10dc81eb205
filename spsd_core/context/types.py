"""What goes into a context distiller and what comes back: passages, and one record of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from spsd_core.distillation import Decision, EnergyRecord, Reason, RuleHit, StageRecord

__all__ = [
    "ContextDistillation",
    "ContextRecord",
    "Passage",
    "PassageLike",
    "PassageRecord",
]

Budget = Literal["confidence", "ratio", "tokens"]


@runtime_checkable
class PassageLike(Protocol):
    """Anything with an id and a text: a retrieved chunk of any framework."""

    @property
    def id(self) -> str | None:
        """What the record calls it."""

    @property
    def text(self) -> str:
        """What the model would read."""


@dataclass(frozen=True)
class Passage:
    """A retrieved text."""

    text: str
    id: str | None = None
    """What the record calls it; not read."""
    index: str | None = None
    """What `ContextDistiller.index(text).dumps()` made of this text at ingestion. One that was made
    of another text, or by another Reader, is not used."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PassageRecord(_Frozen):
    """What became of one passage. Holds offsets, never its text."""

    id: str | None
    reason: Reason
    """`shortened` (also where nothing is left), or why it stayed as it was."""
    tokens_before: int
    tokens_after: int
    units: int = 0
    """Sentences, lists, tables, blocks of code in it; 0 where it was not taken apart."""
    kept: tuple[tuple[int, int], ...] = ()
    """Spans of the original that stayed, in order (first character, end exclusive)."""
    rules: tuple[RuleHit, ...] = ()
    """Safety rules that fired on it."""


class ContextRecord(_Frozen):
    """Everything that is known about one call of a context distiller. Holds no text."""

    schema_version: Literal[1] = 1
    decision: Decision
    reason: Reason
    decided_by: str
    engine: str
    """`sentences` or `perplexity`."""
    budget: Budget
    """What the call was held to: a confidence, a share of the tokens, or a number of tokens."""
    budget_value: float
    tokenizer: str
    tokenizer_exact: bool
    """Whether `tokens_*` are the target model's own counts or an estimate."""
    tokens_before: int
    """Target tokens of all passages as bare texts, the question not counted."""
    tokens_after: int
    passages: tuple[PassageRecord, ...] = ()
    """In the order of the input; where the reason is `withheld`, as they would have been sent."""
    tokens_withheld: int | None = None
    """Where the reason is `withheld`: `tokens_after`, had the passages been sent shortened."""
    arm: Literal["distilled", "original"] = "distilled"
    """What this conversation is sent: `original` in mode `shadow`, and for a share in `split`."""
    rules: tuple[RuleHit, ...] = ()
    """Safety rules that fired on the question; they close the gate for every passage."""
    indexed: int = 0
    """Passages whose sentence vectors had to be computed in this call."""
    stages: tuple[StageRecord, ...] = ()
    energy: EnergyRecord | None = None
    settings_fingerprint: str = ""
    """First 12 hex digits of the sha256 of the settings."""
    notes: tuple[str, ...] = ()
    """Plain sentences about anything unusual; they hold no user text."""
    ms: float = 0.0
    """Wall time, milliseconds."""


class ContextDistillation(_Frozen):
    """The answer of a context distiller.

    Where `decision` is `passthrough`, every passage is the input, byte for byte.
    """

    passages: tuple[str, ...]
    """What to send: same length and order as the input; an emptied passage is `""`."""
    decision: Decision
    reason: Reason
    tokens_before: int = Field(ge=0)
    tokens_after: int = Field(ge=0)
    tokenizer: str
    """Which tokenizer counted; ends in `(estimate)` where it is one."""
    record: ContextRecord

    @property
    def distilled(self) -> bool:
        """Whether any passage was shortened."""
        return self.decision is Decision.DISTILLED

    @property
    def tokens_saved(self) -> int:
        """Target tokens saved; zero for a pass-through, never negative."""
        return self.tokens_before - self.tokens_after

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON types."""
        return self.model_dump(mode="json")
