"""What `distill` gives back: the text to send, the decision, and one complete record."""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "CheckRecord",
    "Decision",
    "Distillation",
    "DraftRecord",
    "EditRecord",
    "EnergyRecord",
    "Reason",
    "Record",
    "RuleHit",
    "StageRecord",
    "WithheldRecord",
]


class Decision(str, Enum):
    """Whether the shortened text or the original is sent."""

    DISTILLED = "distilled"
    PASSTHROUGH = "passthrough"


class Reason(str, Enum):
    """Why a decision was taken. The list is closed: a new member is a change of the public face."""

    # distilled
    SHORTENED = "shortened"

    # switched off, or refused, from outside
    DISABLED = "disabled"
    WITHHELD = "withheld"
    VETOED = "vetoed"
    POLICY_FAILED = "policy_failed"

    # admission
    EMPTY = "empty"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    INVALID_TEXT = "invalid_text"
    CHAT_MARKERS = "chat_markers"
    MOSTLY_CODE = "mostly_code"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    CACHE_CONTROL = "cache_control"
    WORKED_ON = "worked_on"
    WHOLE_CONTEXT_NEEDED = "whole_context_needed"

    # safety gate
    SAFETY_CRITICAL = "safety_critical"
    CRITICAL_CONVERSATION = "critical_conversation"
    GATE_FAILED = "gate_failed"

    # engines
    NOTHING_TO_REMOVE = "nothing_to_remove"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    ENGINE_FAILED = "engine_failed"
    DEADLINE = "deadline"
    CANCELLED = "cancelled"

    # verifier, one reason a check
    LOST_NUMBER = "lost_number"
    LOST_DATE = "lost_date"
    LOST_AMOUNT = "lost_amount"
    LOST_IDENTIFIER = "lost_identifier"
    LOST_URL = "lost_url"
    LOST_EMAIL = "lost_email"
    LOST_QUOTE = "lost_quote"
    LOST_CODE = "lost_code"
    LOST_NAME = "lost_name"
    LOST_NEGATION = "lost_negation"
    LOST_LIMIT = "lost_limit"
    LOST_FORMAT = "lost_format"
    LOST_QUESTION = "lost_question"
    LOST_LIST_ITEM = "lost_list_item"
    LOST_TERM = "lost_term"
    LOST_FEELING = "lost_feeling"
    LOST_CONTENT = "lost_content"
    PAYLOAD_CHANGED = "payload_changed"
    LANGUAGE_CHANGED = "language_changed"
    SPEAKER_CHANGED = "speaker_changed"
    ADDED_CONTENT = "added_content"
    SAFETY_CUE_CHANGED = "safety_cue_changed"
    UNSAFE_OUTPUT = "unsafe_output"
    VERIFIER_FAILED = "verifier_failed"

    # ledger
    NO_SAVING = "no_saving"

    # a defect in SPSD itself; the original was sent
    INTERNAL_ERROR = "internal_error"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleHit(_Frozen):
    """A safety rule that fired."""

    rule: str
    """Id of the rule, `domain.name`."""
    domain: str
    """The critical domain it belongs to."""
    start: int
    """First character of the evidence in the text that was checked."""
    end: int
    """End of the evidence, exclusive."""
    severity: Literal["caution", "critical"] = "critical"
    """How grave the rule's author holds it; both pass the prompt through."""


class CheckRecord(_Frozen):
    """One check of one draft against the original."""

    check: str
    """Name of the check family, for example `numbers`."""
    passed: bool
    reason: Reason | None = None
    """The refusal, where it did not pass."""
    start: int | None = None
    """Where in the original the lost thing stood, where there is such a place."""
    end: int | None = None


class EditRecord(_Frozen):
    """`original[start:end]` was replaced by `replacement` (a deletion where that is empty).

    In what a model wrote every letter and digit is masked by `•`: a record holds no words.
    """

    start: int
    end: int
    replacement: str = ""


class DraftRecord(_Frozen):
    """One engine's attempt."""

    engine: str
    accepted: bool
    reason: Reason | None = None
    """Why it was not accepted."""
    tokens: int | None = None
    """Target tokens of the draft as the content of a message, without chat template."""
    checks: tuple[CheckRecord, ...] = ()
    repaired: tuple[tuple[int, int], ...] = ()
    """Spans of the original that the repair step put back."""
    prompt_tokens_evaluated: int = 0
    """Tokens of prompt the engine's own model evaluated for this draft."""
    tokens_generated: int = 0
    """Tokens the engine's own model generated, rejected speculation not counted."""
    ms: float = 0.0
    """Wall time from submission to answer, milliseconds."""
    note: str = ""
    """One sentence from the engine; holds no user text."""


class StageRecord(_Frozen):
    """One stage of the way of a prompt."""

    stage: str
    ms: float
    """Wall time, milliseconds."""
    outcome: str
    """`pass`, `stop` or `skip`."""


class EnergyRecord(_Frozen):
    """Energy in microwatt-hours; positive means saved. See `spsd_core.energy` for the formula."""

    cloud_saved_uwh: float
    """Prefill energy the cloud model does not spend on the removed tokens."""
    edge_spent_uwh: float
    """Energy this machine spent on the call."""
    net_uwh: float
    """`cloud_saved_uwh - edge_spent_uwh`, signed."""
    edge_method: Literal["rapl", "cpu_time"]
    """How the edge share was had: read from the processor, or CPU seconds times a stated power."""
    assumptions: dict[str, float]
    """Every constant that entered, by the name of its setting."""


class WithheldRecord(_Frozen):
    """What would have been sent, had the mode not been `shadow` or the conversation of that arm."""

    engine: str | None
    tokens_after: int
    edits: tuple[EditRecord, ...] = ()


class Record(_Frozen):
    """Everything that is known about one call. Holds offsets, never the user's text."""

    schema_version: Literal[1] = 1
    decision: Decision
    reason: Reason
    decided_by: str
    """The rule, check or stage that decided, for example `medical.symptom` or `ledger`."""
    engine: str | None = None
    """The engine whose draft was sent."""
    level: Literal["light", "dense"]
    tokenizer: str
    tokenizer_exact: bool
    """Whether `tokens_*` are the target model's own counts or an estimate."""
    tokens_before: int
    tokens_after: int
    stages: tuple[StageRecord, ...] = ()
    rules: tuple[RuleHit, ...] = ()
    drafts: tuple[DraftRecord, ...] = ()
    edits: tuple[EditRecord, ...] = ()
    """What was taken out of (or put into) the original to get the text that is sent."""
    withheld: WithheldRecord | None = None
    """Where the reason is `withheld`: the distillation that was not sent."""
    arm: Literal["distilled", "original"] = "distilled"
    """What this conversation is sent: `original` in mode `shadow`, and for a share in `split`."""
    energy: EnergyRecord | None = None
    memoised: bool = False
    """Whether an earlier call on the same text had done the work already."""
    settings_fingerprint: str = ""
    """First 12 hex digits of the sha256 of the effective settings."""
    notes: tuple[str, ...] = ()
    """Plain sentences about anything unusual; they hold no user text."""
    ms: float = 0.0
    """Wall time of this call, milliseconds."""


class Distillation(_Frozen):
    """The answer to `distill`.

    `text` is what to send. Where `decision` is `passthrough` it is the input, byte for byte.
    Token counts are of the whole request that holds the text as its one user message.
    """

    text: str
    decision: Decision
    reason: Reason
    tokens_before: int = Field(ge=0)
    tokens_after: int = Field(ge=0)
    tokenizer: str
    """Which tokenizer counted; ends in `(estimate)` where it is one."""
    record: Record

    @property
    def distilled(self) -> bool:
        """Whether a shorter text than the original is sent."""
        return self.decision is Decision.DISTILLED

    @property
    def tokens_saved(self) -> int:
        """Target tokens saved; zero for a pass-through, never negative."""
        return self.tokens_before - self.tokens_after

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON types."""
        return self.model_dump(mode="json")
