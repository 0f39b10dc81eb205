"""The log of one call: what the record will hold, gathered while the call is on its way."""

from __future__ import annotations

import re

from spsd_core.distillation import (
    Decision,
    Distillation,
    DraftRecord,
    EditRecord,
    Reason,
    Record,
    RuleHit,
    WithheldRecord,
)
from spsd_core.effective import EffectiveSettings
from spsd_core.energy import energy_record
from spsd_core.ledger import Candidate
from spsd_core.observers import Call, Observer
from spsd_core.settings import Settings
from spsd_core.stages import StageLog, ms_since
from spsd_core.tokens import RequestCounter

__all__ = ["CallLog"]


_WORD_RE = re.compile(r"[^\W_]{4,}")
_LONGEST_NOTE = 300


class CallLog(StageLog):
    """Stages, rules, drafts, notes and energy of one call."""

    def __init__(self, call: Call, observers: tuple[Observer, ...]) -> None:
        super().__init__(call, observers)
        self.rules: tuple[RuleHit, ...] = ()
        self.drafts: list[DraftRecord] = []
        self.rapl_uwh: float | None = None
        self.memoised = False

    def add_draft(self, draft: DraftRecord) -> None:
        """Enter an engine's attempt; words of the user's are taken out of its note."""
        note = _without_words_of(self.call.text, draft.note)
        self.drafts.append(draft.model_copy(update={"note": note}))

    def result(
        self,
        reason: Reason,
        decided_by: str,
        candidate: Candidate | None,
        *,
        effective: EffectiveSettings,
        settings: Settings,
        counter: RequestCounter,
        tokens_before: int,
        tokens_after: int,
        fingerprint: str,
    ) -> Distillation:
        """The result of the call as it stands now; a candidate makes it a distillation."""
        decision = Decision.DISTILLED if candidate else Decision.PASSTHROUGH
        edits = candidate.edits if candidate else ()
        record = Record(
            decision=decision,
            reason=reason,
            decided_by=decided_by,
            engine=candidate.engine if candidate else None,
            level=effective.level,
            tokenizer=counter.name,
            tokenizer_exact=counter.exact,
            tokens_before=tokens_before,
            tokens_after=tokens_after,
            stages=tuple(self.stages),
            rules=self.rules,
            drafts=tuple(self.drafts),
            edits=tuple(EditRecord(start=a, end=b, replacement=new) for a, b, new in edits),
            energy=energy_record(
                settings.energy,
                tokens_saved=tokens_before - tokens_after,
                core_seconds=self.core_seconds,
                rapl_uwh=self.rapl_uwh,
            ),
            memoised=self.memoised,
            settings_fingerprint=fingerprint,
            notes=(*self.notes, counter.note) if counter.note else tuple(self.notes),
            ms=ms_since(self.began),
        )
        return Distillation(
            text=candidate.text if candidate else self.call.text,
            decision=decision,
            reason=reason,
            tokens_before=tokens_before,
            tokens_after=tokens_after,
            tokenizer=counter.name,
            record=record,
        )

    def withhold(self, result: Distillation, settings: Settings) -> Distillation:
        """The result where the original is sent all the same; what could be is recorded."""
        record = result.record.model_copy(update={"arm": "original"})
        if not result.distilled:
            return result.model_copy(update={"record": record})
        unsent = WithheldRecord(
            engine=record.engine, tokens_after=record.tokens_after, edits=record.edits
        )
        change = {
            "decision": Decision.PASSTHROUGH,
            "reason": Reason.WITHHELD,
            "tokens_after": result.tokens_before,
        }
        record = record.model_copy(
            update={
                **change,
                "decided_by": f"mode.{settings.mode}",
                "engine": None,
                "edits": (),
                "withheld": unsent,
                "energy": energy_record(
                    settings.energy,
                    tokens_saved=0,
                    core_seconds=self.core_seconds,
                    rapl_uwh=self.rapl_uwh,
                ),
            }
        )
        return result.model_copy(update={**change, "text": self.call.text, "record": record})


def _without_words_of(text: str, note: str) -> str:
    """A note that quotes nothing: engines may put in it what a server or a library told them."""
    if not note:
        return ""
    text = text.casefold()
    return _WORD_RE.sub(
        lambda word: "\u2026" if word[0].casefold() in text else word[0], note[:_LONGEST_NOTE]
    )
