"""One call on its way through a distiller: the stages in order."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spsd_core import admission
from spsd_core.call_log import CallLog
from spsd_core.cues import GATE_FAILED
from spsd_core.distillation import Distillation, DraftRecord, Reason, RuleHit
from spsd_core.drafting import Drafting, Verdict, Wait
from spsd_core.effective import EffectiveSettings, combine
from spsd_core.exceptions import DeadlineExceeded
from spsd_core.memo import plain, text_key
from spsd_core.modes import arm_of
from spsd_core.observers import Call, Observer, each_once
from spsd_core.reading import Reading

if TYPE_CHECKING:
    from spsd_core.distiller import Distiller
    from spsd_core.reader import RoleReading

__all__ = ["GATE_FAILED", "Remembered", "Run", "Wait", "Way"]

Way = Generator[Wait, None, Distillation]

_TRANSIENT = frozenset(
    {
        Reason.DEADLINE,
        Reason.CANCELLED,
        Reason.ENGINE_FAILED,
        Reason.ENGINE_UNAVAILABLE,
        Reason.GATE_FAILED,
        Reason.VERIFIER_FAILED,
    }
)


_LONGEST_WAIT_S = threading.TIMEOUT_MAX / 2
"""A deadline further away than this is none; the operating system could not wait so long."""


@dataclass(frozen=True)
class Remembered:
    """What is kept of a run for the next one on the same text."""

    verdict: Verdict
    rules: tuple[RuleHit, ...]
    drafts: tuple[DraftRecord, ...]


class Run:
    """One call of a distiller on one text.

    Args:
        distiller: whose settings, engines, gate and counter are used.
        call: the text and what is known about it.
        observers: those of this call, after the distiller's own.
        conversation_hits: safety rules that fired on this and earlier messages of the chat.
        fixed: send the text as it is, for this reason.
        keep_transient: remember even a failure that might not happen again, so that a turn of
            a conversation keeps the bytes it was first sent with.
    """

    def __init__(
        self,
        distiller: Distiller,
        call: Call,
        observers: Sequence[Observer],
        *,
        conversation_hits: tuple[RuleHit, ...] = (),
        fixed: Reason | None = None,
        keep_transient: bool = False,
    ) -> None:
        if type(call.text) is not str:
            call = replace(call, text=plain(call.text))
        self.text = call.text
        self.cancelled = threading.Event()
        self._distiller = distiller
        self._observers = each_once((*distiller.observers, *observers))
        self._log = CallLog(call, self._observers)
        self._conversation_hits = conversation_hits
        self._fixed = fixed
        self._keep_transient = keep_transient
        self._engine_names = tuple(engine.name for engine in distiller.engines)
        self._effective = combine(distiller.settings, self._engine_names, ())
        self._deadline: float | None = None
        self._abandoned = False
        self._roles: RoleReading | None = None

    def abandon(self) -> None:
        """Say that nobody waits any longer: engines stop, and nothing of it is remembered."""
        self._abandoned = True
        self.cancelled.set()

    def way(self) -> Way:
        """Every stage in order. Yields where an engine works elsewhere; returns the result."""
        try:
            verdict = self._ask_policies() or self._recall()
            if verdict is None:
                verdict = self._admit() or self._pass_gate() or self._pass_reader()
                if verdict is None:
                    verdict = yield from self._draft(self._read())
                verdict = self._remember(verdict)
            verdict = self._ask_veto(verdict)
        except Exception as error:  # noqa: BLE001 - P7: a defect of ours must not cost the call
            self._log.notes.append(f"internal error: {type(error).__name__}; please report it")
            verdict = Verdict(Reason.INTERNAL_ERROR, "distiller")
        return self._conclude(verdict)

    def _ask_policies(self) -> Verdict | None:
        """Hear the policies and set the deadline; stop where one says so or fails."""
        if self._observers:
            with self._log.stage("policy"):
                try:
                    self._effective = self._hear(self._observers)
                except Exception as error:  # noqa: BLE001 - a failing policy is met with care
                    self._log.notes.append(f"policy failed: {type(error).__name__}")
                    return Verdict(Reason.POLICY_FAILED, "policy")
        deadline_s = (self._effective.deadline_ms or math.inf) / 1000
        if deadline_s < _LONGEST_WAIT_S:
            self._deadline = time.monotonic() + deadline_s
        if not self._effective.enabled:
            return Verdict(Reason.DISABLED, "policy")
        return None if self._fixed is None else Verdict(self._fixed, "chat")

    def _hear(self, observers: Sequence[Observer]) -> EffectiveSettings:
        answers = [observer.spsd_policy(self._log.call) for observer in observers]
        given = [answer for answer in answers if answer is not None]
        for answer in given:
            domains = answer.open_domains | answer.close_domains
            self._distiller.gate.check_domains(domains, "policy")
        return combine(self._distiller.settings, self._engine_names, given)

    def _recall(self) -> Verdict | None:
        """Use what an earlier run on the same text found."""
        remembered = self._remembered()
        return None if remembered is None else self._adopt(remembered)

    def _remembered(self) -> Remembered | None:
        memo = self._distiller.memo
        own = memo.get(self._key(transient=True)) if self._keep_transient else None
        return own or memo.get(self._key())

    def _adopt(self, remembered: Remembered) -> Verdict:
        self._log.memoised = True
        self._log.rules = remembered.rules
        self._log.drafts = list(remembered.drafts)
        return remembered.verdict

    def _remember(self, verdict: Verdict) -> Verdict:
        """Keep the verdict; where a run beside this one was faster, its verdict holds for both."""
        transient = self._is_transient(verdict)
        if self._abandoned or (transient and not self._keep_transient):
            return verdict
        own = Remembered(verdict, self._log.rules, tuple(self._log.drafts))
        held = self._remembered() or self._distiller.memo.keep(
            self._key(transient=transient), own, _weight(verdict)
        )
        return verdict if held is own else self._adopt(held)

    def _is_transient(self, verdict: Verdict) -> bool:
        """Whether the next run might find something better."""
        reasons = {verdict.reason, *(draft.reason for draft in self._log.drafts)}
        return not _TRANSIENT.isdisjoint(reasons)

    def _key(self, *, transient: bool = False) -> tuple[object, ...]:
        """Everything the result depends on, apart from the distiller's own settings.

        Transient failures have keys of their own: only chats may find them.
        """
        effective = self._effective
        return (
            text_key(self.text),
            effective.level,
            effective.engines,
            effective.open_domains,
            # a gate that broke may not break again, and what was sent then must not change
            next((h.rule for h in self._closed(self._conversation_hits) if h != GATE_FAILED), None),
            transient,
        )

    def _admit(self) -> Verdict | None:
        with self._log.stage("admission") as stage:
            reason = admission.refuse(self.text, self._distiller.settings.admission)
            if reason is None:
                return None
            stage.outcome = "stop"
            return Verdict(reason, "admission")

    def _pass_gate(self) -> Verdict | None:
        with self._log.stage("gate") as stage:
            self._log.rules = self._distiller.hits(self.text)
            own = self._closed(self._log.rules)
            decisive = next(iter(own or self._closed(self._conversation_hits)), None)
            if decisive is None:
                return None
            stage.outcome = "stop"
            if decisive == GATE_FAILED:
                return Verdict(Reason.GATE_FAILED, "gate")
            # what the Reader saw in this very turn is among the hits of the conversation
            own_matter = own or decisive in self._distiller.reader_hits(self.text)
            reason = Reason.SAFETY_CRITICAL if own_matter else Reason.CRITICAL_CONVERSATION
            return Verdict(reason, decisive.rule)

    def _pass_reader(self) -> Verdict | None:
        """Where an engine needs the Reader, its view of the domain counts like a rule's."""
        distiller = self._distiller
        if not distiller.reads_roles:
            return None
        with self._log.stage("reader") as stage:
            try:
                self._roles = distiller.roles(self.text, self._deadline)
            except DeadlineExceeded:
                stage.outcome = "stop"
                return Verdict(Reason.DEADLINE, "reader")
            except Exception:  # noqa: BLE001 - whatever broke, an unread text must pass through
                stage.outcome = "stop"
                self._log.notes.append("the Reader could not be used; see `spsd doctor`")
                return Verdict(Reason.GATE_FAILED, "reader")
            hits = self._roles.critical_hits() if self._roles else ()
            self._log.rules += hits
            decisive = next(iter(self._closed(hits)), None)
            if decisive is None:
                return None
            stage.outcome = "stop"
            return Verdict(Reason.SAFETY_CRITICAL, decisive.rule)

    def _closed(self, hits: Sequence[RuleHit]) -> list[RuleHit]:
        """The hits in domains that are not open for this call."""
        return [hit for hit in hits if hit.domain not in self._effective.open_domains]

    def _read(self) -> Reading:
        with self._log.stage("reading"):
            return self._distiller.read(self.text, self._roles)

    def _draft(self, reading: Reading) -> Generator[Wait, None, Verdict]:
        drafting = Drafting(
            self._distiller, reading, self._effective, self._log, self._deadline, self.cancelled
        )
        return (yield from drafting.best())

    def _ask_veto(self, verdict: Verdict) -> Verdict:
        """Let policies refuse a shortened text."""
        if verdict.candidate is None or not self._observers:
            return verdict
        proposal = self._result(verdict)
        with self._log.stage("veto") as stage:
            for observer in self._observers:
                try:
                    refused = bool(observer.spsd_veto(self._log.call, proposal))
                except Exception as error:  # noqa: BLE001 - a failing policy is met with care
                    self._log.notes.append(f"veto failed: {type(error).__name__}")
                    stage.outcome = "stop"
                    return Verdict(Reason.POLICY_FAILED, type(observer).__name__)
                if refused:
                    stage.outcome = "stop"
                    return Verdict(Reason.VETOED, type(observer).__name__)
        return verdict

    def _conclude(self, verdict: Verdict) -> Distillation:
        """Give the result, and tell the observers."""
        result = self._result(verdict)
        if arm_of(self._distiller.settings, self._log.call.metadata) == "original":
            result = self._log.withhold(result, self._distiller.settings)
        failures = 0
        for observer in self._observers:
            try:
                observer.on_spsd_distillation(self._log.call, result)
            except Exception:  # noqa: BLE001 - watching must not disturb
                failures += 1
        if not failures:
            return result
        notes = (*self._log.notes, f"{failures} observer(s) failed in on_spsd_distillation")
        record = result.record.model_copy(update={"notes": notes})
        return result.model_copy(update={"record": record})

    def _result(self, verdict: Verdict) -> Distillation:
        distiller, candidate = self._distiller, verdict.candidate
        before = distiller.count(self.text)
        template = distiller.counter.request([(self._log.call.role, "")])
        return self._log.result(
            verdict.reason,
            verdict.decided_by,
            candidate,
            effective=self._effective,
            settings=distiller.settings,
            counter=distiller.counter,
            tokens_before=template + before,
            tokens_after=template + (candidate.tokens if candidate else before),
            fingerprint=distiller.fingerprint,
        )


def _weight(verdict: Verdict) -> int:
    """About how much memory a verdict takes, in characters."""
    if verdict.candidate is None:
        return 200
    return 200 + len(verdict.candidate.text) + 100 * len(verdict.candidate.edits)
