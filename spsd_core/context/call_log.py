"""The log of one call of a context distiller: stages, notes, energy, and the result they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from spsd_core.context.types import Budget, ContextDistillation, ContextRecord, PassageRecord
from spsd_core.distillation import Decision, Reason, RuleHit
from spsd_core.energy import energy_record
from spsd_core.observers import Call, Observer
from spsd_core.spans import Span
from spsd_core.stages import OpenStage, StageLog, ms_since

if TYPE_CHECKING:
    from spsd_core.context.distiller import ContextDistiller

__all__ = ["ContextLog", "Outcome", "PassageIn", "Wanted"]


class PassageIn(NamedTuple):
    """A passage as it came in."""

    text: str
    id: str | None
    stored: str | None
    """An index made at ingestion, as `PassageIndex.dumps` wrote it."""


class Wanted(NamedTuple):
    """What the call is held to."""

    budget: Budget
    value: float


class Outcome(NamedTuple):
    """What becomes of one passage."""

    text: str
    reason: Reason
    units: int = 0
    kept: tuple[Span, ...] = ()
    rules: tuple[RuleHit, ...] = ()


class ContextLog(StageLog):
    """What the record of one call will hold, gathered while it is on its way."""

    def __init__(
        self,
        distiller: ContextDistiller,
        call: Call,
        passages: Sequence[PassageIn],
        wanted: Wanted,
        observers: Sequence[Observer],
    ) -> None:
        super().__init__(call, observers)
        self.passages = passages
        self.wanted = wanted
        self.rules: tuple[RuleHit, ...] = ()
        self.indexed = 0
        self._distiller = distiller

    @contextmanager
    def stage(self, name: str) -> Iterator[OpenStage]:
        """Time a stage; one that is left by an exception stopped the call."""
        with super().stage(name) as stage:
            stage.outcome = "stop"
            yield stage
            stage.outcome = "pass"

    def untouched(self, reason: Reason, decided_by: str) -> ContextDistillation:
        """The result where all passages are sent as they are."""
        outcomes = tuple(Outcome(passage.text, reason) for passage in self.passages)
        return self._built(outcomes, reason, decided_by)

    def result(self, outcomes: Sequence[Outcome]) -> ContextDistillation:
        """The result where each passage had its own outcome."""
        if any(outcome.reason is Reason.SHORTENED for outcome in outcomes):
            return self._built(outcomes, Reason.SHORTENED, "budget")
        reasons = {outcome.reason for outcome in outcomes}
        reason = reasons.pop() if len(reasons) == 1 else Reason.NOTHING_TO_REMOVE
        return self._built(outcomes, reason, "budget")

    def _built(
        self, outcomes: Sequence[Outcome], reason: Reason, decided_by: str
    ) -> ContextDistillation:
        count = self._distiller.count
        counter = self._distiller.counter
        records = tuple(
            PassageRecord(
                id=passage.id,
                reason=outcome.reason,
                tokens_before=count(passage.text),
                tokens_after=count(outcome.text),
                units=outcome.units,
                kept=outcome.kept,
                rules=outcome.rules,
            )
            for passage, outcome in zip(self.passages, outcomes)
        )
        before = sum(record.tokens_before for record in records)
        after = sum(record.tokens_after for record in records)
        decision = Decision.DISTILLED if reason is Reason.SHORTENED else Decision.PASSTHROUGH
        record = ContextRecord(
            decision=decision,
            reason=reason,
            decided_by=decided_by,
            engine=self._distiller.settings.context.engine,
            budget=self.wanted.budget,
            budget_value=self.wanted.value,
            tokenizer=counter.name,
            tokenizer_exact=counter.exact,
            tokens_before=before,
            tokens_after=after,
            passages=records,
            rules=self.rules,
            indexed=self.indexed,
            stages=tuple(self.stages),
            energy=energy_record(
                self._distiller.settings.energy,
                tokens_saved=before - after,
                core_seconds=self.core_seconds,
            ),
            settings_fingerprint=self._distiller.fingerprint,
            notes=(*self.notes, counter.note) if counter.note else tuple(self.notes),
            ms=ms_since(self.began),
        )
        return ContextDistillation(
            passages=tuple(outcome.text for outcome in outcomes),
            decision=decision,
            reason=reason,
            tokens_before=before,
            tokens_after=after,
            tokenizer=counter.name,
            record=record,
        )

    def withheld(self, result: ContextDistillation) -> ContextDistillation:
        """The passages as they came, whatever was found; the record keeps what would be sent."""
        record = result.record.model_copy(update={"arm": "original"})
        if not result.distilled:
            return result.model_copy(update={"record": record})
        change = {
            "decision": Decision.PASSTHROUGH,
            "reason": Reason.WITHHELD,
            "tokens_after": result.tokens_before,
        }
        energy = energy_record(
            self._distiller.settings.energy, tokens_saved=0, core_seconds=self.core_seconds
        )
        record = record.model_copy(
            update={
                **change,
                "decided_by": f"mode.{self._distiller.settings.mode}",
                "tokens_withheld": result.tokens_after,
                "energy": energy,
            }
        )
        texts = tuple(passage.text for passage in self.passages)
        return result.model_copy(update={**change, "passages": texts, "record": record})
