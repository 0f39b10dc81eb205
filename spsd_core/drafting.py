"""Engines, verifier, ledger: from a reading to the shortest draft that can be trusted."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from spsd_core.answers import as_engine_error, is_defect, reason_of, received, require_future
from spsd_core.call_log import CallLog
from spsd_core.cues import check_cues
from spsd_core.difference import wordless_difference
from spsd_core.distillation import CheckRecord, DraftRecord, Reason
from spsd_core.effective import EffectiveSettings
from spsd_core.energy import system_rapl
from spsd_core.engines.protocol import Draft, DraftRequest, Engine
from spsd_core.exceptions import DeadlineExceeded, EngineError
from spsd_core.ledger import Candidate, token_budget, worth_sending
from spsd_core.reader.types import READER, Role
from spsd_core.reading import Reading
from spsd_core.spans import Edit
from spsd_core.stages import ms_since
from spsd_core.verifier import repair, verify, without_refused_edits

if TYPE_CHECKING:
    from spsd_core.distiller import Distiller

__all__ = ["Drafting", "Verdict", "Wait"]

_MOST_TRIMS = 4
"""Times a draft of edits is tried again without those that were refused."""


class Wait(NamedTuple):
    """The way cannot go on before this future is done or cancelled, or the deadline has passed."""

    future: Future[Draft | None]
    deadline: float | None

    def seconds_left(self) -> float | None:
        """Seconds until the deadline; None where there is none."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


class Verdict(NamedTuple):
    """A decision and what led to it."""

    reason: Reason
    decided_by: str
    candidate: Candidate | None = None


class Drafting:
    """The drafts of one call."""

    def __init__(
        self,
        distiller: Distiller,
        reading: Reading,
        effective: EffectiveSettings,
        log: CallLog,
        deadline: float | None,
        cancelled: threading.Event,
    ) -> None:
        self._distiller = distiller
        self._settings = distiller.settings
        self._reading = reading
        self._effective = effective
        self._log = log
        self._deadline = deadline
        self._cancelled = cancelled
        self._tokens_before = distiller.count(reading.text)

    def best(self) -> Generator[Wait, None, Verdict]:
        """Ask the engines in their order; keep the shortest draft that passes every check."""
        best: Candidate | None = None
        refusal = Verdict(Reason.NOTHING_TO_REMOVE, "engines")
        for engine in self._distiller.engines:
            if engine.name not in self._effective.engines:
                continue
            if self._deadline is not None and time.monotonic() >= self._deadline:
                refusal = self._gave_up(engine, DeadlineExceeded("not asked: no time was left"))
                break
            outcome = yield from self._attempt(engine, best)
            if isinstance(outcome, Candidate):
                best = outcome
            elif outcome is not None:
                refusal = outcome
        return refusal if best is None else Verdict(Reason.SHORTENED, best.engine, best)

    def _attempt(
        self, engine: Engine, best: Candidate | None
    ) -> Generator[Wait, None, Candidate | Verdict | None]:
        """One engine's draft, judged; None where it found nothing to remove."""
        if engine.name == "rewrite" and not self._has_narrative():
            self._log.notes.append("rewrite was not asked: the Reader sees too little narrative")
            return None
        request = self._request(engine, best)
        began = time.perf_counter()
        rapl = system_rapl()
        joules = rapl.read() if rapl.readable and engine.name != "lexical" else ()
        try:
            draft = yield from self._answer(engine, request)
        except EngineError as error:
            self._spend(error.busy_core_seconds, joules)
            return self._gave_up(engine, error, began)
        if draft is None:
            return None
        self._spend(draft.busy_core_seconds, joules)
        return self._judge(engine, draft, request.token_budget, began)

    def _has_narrative(self) -> bool:
        """Whether there is so much story that a model may say it shorter; True without roles."""
        roles = self._reading.roles
        if roles is None:
            return True
        told = sum(
            word.role in (Role.CONTEXT, Role.REDUNDANT)
            for word in roles.words
            if roles.text[word.start].isalnum()
        )
        return told >= self._settings.rewrite.min_narrative_words

    def _answer(self, engine: Engine, request: DraftRequest) -> Generator[Wait, None, Draft | None]:
        """What the engine gives, in order; whatever else it does is an `EngineError`."""
        try:
            with self._log.stage(engine.name):
                future = require_future(engine.submit(request))
                done = future.done()
        except BaseException as error:
            if not is_defect(error):
                raise
            raise as_engine_error(error) from None
        if not done:
            began = time.perf_counter()
            yield Wait(future, self._deadline)
            self._log.add_stage(f"{engine.name}.wait", ms_since(began))
            if not future.done():
                self._cancelled.set()
                raise DeadlineExceeded("the deadline passed while the engine worked")
        return received(future)

    def _spend(self, core_seconds: float, joules: tuple[int, ...]) -> None:
        """Enter what an engine's own threads spent."""
        self._log.core_seconds += core_seconds
        if joules and core_seconds:  # a server's work is not this machine's
            rapl = system_rapl()
            self._log.rapl_uwh = rapl.spent_uwh(joules, rapl.read())

    def _request(self, engine: Engine, best: Candidate | None) -> DraftRequest:
        share = self._settings.rewrite.min_saving_share if engine.name == "rewrite" else 0.0
        minimum = self._settings.min_saving_tokens
        return DraftRequest(
            text=self._reading.text,
            reading=self._reading,
            level=self._effective.level,
            token_budget=token_budget(self._tokens_before, minimum, share, best),
            count_tokens=self._distiller.counter.content,
            reread=None if self._reading.roles is None else self._reread,
            deadline=self._deadline,
            cancelled=self._cancelled,
        )

    def _reread(self, text: str) -> Reading:
        return self._distiller.read(text, deadline=self._deadline)

    def _gave_up(self, engine: Engine, error: EngineError, began: float | None = None) -> Verdict:
        reason = reason_of(error)
        self._log.add_draft(
            DraftRecord(
                engine=engine.name,
                accepted=False,
                reason=reason,
                prompt_tokens_evaluated=error.prompt_tokens_evaluated,
                tokens_generated=error.tokens_generated,
                ms=0.0 if began is None else ms_since(began),
                note=str(error),
            )
        )
        return Verdict(reason, engine.name)

    def _judge(
        self, engine: Engine, draft: Draft, budget: int, began: float
    ) -> Candidate | Verdict:
        """Verify, repair where possible, and count last."""
        with self._log.stage("verifier"):
            draft, checks, repaired = self._verified(draft)
        failed = next((check for check in checks if not check.passed), None)
        reason = failed.reason if failed else None
        tokens = None if failed else self._distiller.count(draft.text)
        if tokens is not None and not worth_sending(
            self._distiller.counter,
            self._tokens_before,
            tokens,
            budget,
            self._settings.min_saving_tokens,
        ):
            reason = Reason.NO_SAVING
        self._log.add_draft(
            DraftRecord(
                engine=engine.name,
                accepted=reason is None,
                reason=reason,
                tokens=tokens,
                checks=checks,
                repaired=repaired,
                prompt_tokens_evaluated=draft.prompt_tokens_evaluated,
                tokens_generated=draft.tokens_generated,
                ms=ms_since(began),
                note=draft.note,
            )
        )
        if reason is not None or tokens is None:
            decided_by = f"verifier.{failed.check}" if failed else "ledger"
            return Verdict(reason or Reason.VERIFIER_FAILED, decided_by)
        return Candidate(draft.text, engine.name, tokens, self._edits(draft))

    def _edits(self, draft: Draft) -> tuple[Edit, ...]:
        """The edits from the original to the text that is sent, as the record may hold them."""
        if draft.edits is not None and not draft.generative:
            return draft.edits  # verified: they write marks and capitals, no words
        return wordless_difference(self._reading.text, draft.text)

    def _verified(
        self, draft: Draft
    ) -> tuple[Draft, tuple[CheckRecord, ...], tuple[tuple[int, int], ...]]:
        """The draft, or what could be made of it, with the checks that hold for it."""
        checks = self._checks(draft)
        for _ in range(_MOST_TRIMS):
            fewer = without_refused_edits(self._reading.text, draft, checks)
            if fewer is None:
                break
            draft, checks = fewer, self._checks(fewer)
        failed = [check for check in checks if not check.passed]
        if failed and draft.generative and self._settings.verifier.repair:
            mended = repair(self._reading, draft.text, failed)
            if mended is not None:
                again = replace(draft, text=mended[0], edits=None)
                checks_again = self._checks(again)
                if all(check.passed for check in checks_again):
                    spans = tuple((span.start, span.end) for span in mended[1])
                    return again, checks_again, spans
        return draft, checks, ()

    def _checks(self, draft: Draft) -> tuple[CheckRecord, ...]:
        """Every check of the verifier, and that no safety cue appeared or vanished."""
        try:
            checks = verify(self._reading, draft, self._settings.verifier)
        except Exception as error:  # noqa: BLE001 - an unverified draft is a refused draft
            self._log.notes.append(f"verifier failed: {type(error).__name__}")
            return (CheckRecord(check="verifier", passed=False, reason=Reason.VERIFIER_FAILED),)
        before = [hit for hit in self._log.rules if not hit.rule.startswith(READER)]
        after = self._distiller.hits(draft.text)
        return (*checks, check_cues(before, after, draft))
