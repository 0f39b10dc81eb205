"""One call of a context distiller: gate, index, choose, assemble, count."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from spsd_core.admission import find_chat_marker
from spsd_core.context.assembly import assemble, kept_spans
from spsd_core.context.call_log import ContextLog, Outcome, PassageIn
from spsd_core.context.choosing import Offer, choose_by_budget, choose_by_confidence
from spsd_core.context.indexing import IndexedPassage
from spsd_core.context.questions import asks_in_english, needs_whole_context
from spsd_core.context.relevance import chances, features, terms
from spsd_core.context.types import ContextDistillation
from spsd_core.context.units import UnitKind
from spsd_core.distillation import Reason, RuleHit
from spsd_core.effective import EffectiveSettings, combine
from spsd_core.engines.lexical import courtesy_spans
from spsd_core.exceptions import DeadlineExceeded, EngineUnavailable
from spsd_core.modes import arm_of
from spsd_core.spans import Edit, Span, apply_edits, merge_spans

if TYPE_CHECKING:
    from spsd_core.context.distiller import ContextDistiller

__all__ = ["ContextCall"]

_LONGEST_WAIT_S = 1e6
_TRIES = 8


class _Refused(Exception):
    """All passages are sent as they are."""

    def __init__(self, reason: Reason, decided_by: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.decided_by = decided_by


def _is_courtesy(question: str) -> bool:
    """Whether nothing is said but what the phrase list knows."""
    courtesy = [Edit(*span) for span in merge_spans(courtesy_spans(question))]
    return not any(map(str.isalnum, apply_edits(question, courtesy)))


class ContextCall:
    """The passages of one question on their way. Used once.

    Args:
        distiller: whose settings, gate, Reader and counter are used.
        log: knows question, passages, budget and observers, and takes down what happens.
    """

    def __init__(self, distiller: ContextDistiller, log: ContextLog) -> None:
        self._distiller = distiller
        self._settings = distiller.settings
        self._log = log
        self._deadline: float | None = None
        self._effective: EffectiveSettings | None = None

    def run(self) -> ContextDistillation:
        """Shorten the passages, or give them back with the reason. Raises nothing."""
        try:
            result = self._veto(self._log.result(self._outcomes()))
        except _Refused as refusal:
            result = self._log.untouched(refusal.reason, refusal.decided_by)
        except DeadlineExceeded:
            result = self._log.untouched(Reason.DEADLINE, self._log.stages[-1].stage)
        except EngineUnavailable as error:
            self._log.notes.append(str(error))
            result = self._log.untouched(Reason.ENGINE_UNAVAILABLE, self._log.stages[-1].stage)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not cost the call
            self._log.notes.append(f"defect: {type(error).__name__}")
            result = self._log.untouched(Reason.INTERNAL_ERROR, "context")
        if arm_of(self._settings, self._log.call.metadata) == "original":
            result = self._log.withheld(result)
        return self._tell(result)

    # -- the way ------------------------------------------------------------------------------

    def _outcomes(self) -> tuple[Outcome, ...]:
        with self._log.stage("policy"):
            self._hear()
        with self._log.stage("admission"):
            self._admit()
        with self._log.stage("gate"):
            question = self._read_question()
        with self._log.stage("index"):
            indexed = [self._index(passage) for passage in self._log.passages]
        with self._log.stage("choose"):
            whole = [self._stays_whole(passage) for passage in indexed]
            if self._settings.context.engine == "perplexity":
                return self._prune(indexed, whole)
            return self._choose(question, indexed, whole)

    def _hear(self) -> None:
        try:
            answers = [observer.spsd_policy(self._log.call) for observer in self._log.observers]
            given = [answer for answer in answers if answer is not None]
            for answer in given:
                domains = answer.open_domains | answer.close_domains
                self._distiller.gate.check_domains(domains, "policy")
            self._effective = combine(self._settings, (), given)
        except Exception as error:  # a failing policy is met with care
            self._log.notes.append(f"policy failed: {type(error).__name__}")
            raise _Refused(Reason.POLICY_FAILED, "policy") from error
        wait_s = (self._effective.deadline_ms or math.inf) / 1000
        if wait_s < _LONGEST_WAIT_S:
            self._deadline = time.monotonic() + wait_s
        if not self._effective.enabled:
            raise _Refused(Reason.DISABLED, "policy")

    def _admit(self) -> None:
        question = self._log.call.text
        if not any(passage.text.strip() for passage in self._log.passages):
            raise _Refused(Reason.EMPTY, "admission")
        if not any(character.isalnum() for character in question):
            raise _Refused(Reason.EMPTY, "question")
        if self._tokens_before() < self._settings.context.min_tokens:
            raise _Refused(Reason.TOO_SHORT, "admission")
        size = len(question) + sum(len(passage.text) for passage in self._log.passages)
        if size > self._settings.admission.max_chars:
            raise _Refused(Reason.TOO_LONG, "admission")
        if find_chat_marker(question):
            raise _Refused(Reason.CHAT_MARKERS, "question")
        if not asks_in_english(question):
            raise _Refused(Reason.UNSUPPORTED_LANGUAGE, "question")
        if needs_whole_context(question):
            raise _Refused(Reason.WHOLE_CONTEXT_NEEDED, "question")

    def _read_question(self) -> tuple[str, Any]:
        """What is asked, without courtesy, and its vector; refuses where the gate closes."""
        try:
            hits = tuple(self._distiller.gate.hits(self._log.call.text))
        except Exception as error:  # an unread question closes the gate
            raise _Refused(Reason.GATE_FAILED, "gate") from error
        reading, vector = self._distiller.encoder().read_asked(self._log.call.text, self._deadline)
        self._log.rules = self._closed((*hits, *reading.critical_hits()))
        if self._log.rules:
            raise _Refused(Reason.SAFETY_CRITICAL, self._log.rules[0].rule)
        asked = reading.asked()
        if not terms(asked) or _is_courtesy(self._log.call.text):
            # "Thanks!", or "What about it?": nothing to judge a sentence by
            raise _Refused(Reason.EMPTY, "question")
        return asked, vector

    def _index(self, passage: PassageIn) -> IndexedPassage:
        found = self._distiller.find_index(passage.text, passage.stored)
        if found is None:
            self._log.indexed += 1
            found = self._distiller.make_index(passage.text, self._deadline)
        return found

    def _stays_whole(self, passage: IndexedPassage) -> Outcome | None:
        """Why a passage stays as it is before anything is asked; None: it may be shortened."""
        rules = self._closed(passage.index.critical)
        if rules:
            return Outcome(passage.text, Reason.SAFETY_CRITICAL, rules=rules)
        if passage.untouchable:
            return Outcome(passage.text, passage.untouchable)
        return None

    def _choose(
        self,
        question: tuple[str, Any],
        passages: Sequence[IndexedPassage],
        whole: Sequence[Outcome | None],
    ) -> tuple[Outcome, ...]:
        offers = self._offers(question, passages, whole)
        empty = self._may_empty()
        if self._log.wanted.budget == "confidence":
            kept = choose_by_confidence(offers, self._log.wanted.value, empty=empty)
            return self._assembled(passages, whole, kept)
        free = [place for place, outcome in enumerate(whole) if outcome is None]
        allowed = budget = self._token_budget(free)
        for step in range(_TRIES):  # the tokens of joined units may be more than the sum of theirs
            kept = choose_by_budget(offers, budget, empty=empty)
            outcomes = self._assembled(passages, whole, kept)
            over = sum(self._distiller.count(outcomes[place].text) for place in free) - allowed
            if over <= 0 or budget < 0:
                break
            budget -= over << step
        after = sum(self._distiller.count(outcome.text) for outcome in outcomes)
        if after > self._token_budget(range(len(passages))):
            self._log.notes.append("the budget is not met: some passages or sentences must stay")
        return outcomes

    def _offers(
        self,
        question: tuple[str, Any],
        passages: Sequence[IndexedPassage],
        whole: Sequence[Outcome | None],
    ) -> list[Offer]:
        given = [passage for passage in passages if passage.index.units]
        likely: list[float] = []
        if given:
            likely = chances(features(*question, given)).tolist()
        offers, first = [], 0
        for passage, outcome in zip(passages, whole):
            units = passage.index.units
            last = first + len(units)
            offers.append(
                Offer(
                    chances=likely[first:last],
                    tokens=self._distiller.unit_tokens(passage),
                    anchors=passage.anchors,
                    whole=outcome is not None,
                    titles=frozenset(
                        place
                        for place, (unit, words) in enumerate(zip(units, passage.unit_texts))
                        if unit.kind is UnitKind.HEADING or not words.size
                    ),
                )
            )
            first = last
        return offers

    def _assembled(
        self,
        passages: Sequence[IndexedPassage],
        whole: Sequence[Outcome | None],
        kept: Sequence[set[int]],
    ) -> tuple[Outcome, ...]:
        return tuple(
            outcome or self._shortened(passage, units)
            for passage, outcome, units in zip(passages, whole, kept)
        )

    def _shortened(self, passage: IndexedPassage, kept: set[int]) -> Outcome:
        units = passage.index.units
        spans = kept_spans(units, kept)
        text = passage.text if len(kept) == len(units) else assemble(passage.text, spans)
        return self._checked(passage.text, text, len(units), spans)

    def _checked(self, before: str, after: str, units: int, spans: tuple[Span, ...]) -> Outcome:
        """The shortened passage, if it is sure to save tokens and no new marker came about."""
        count = self._distiller.count
        if after == before:
            return Outcome(before, Reason.NOTHING_TO_REMOVE, units, (Span(0, len(before)),))
        if not self._distiller.counter.saves(count(before), count(after), 1):
            return Outcome(before, Reason.NO_SAVING, units, (Span(0, len(before)),))
        if find_chat_marker(after):
            return Outcome(before, Reason.UNSAFE_OUTPUT, units, (Span(0, len(before)),))
        return Outcome(after, Reason.SHORTENED, units, spans)

    def _prune(
        self, passages: Sequence[IndexedPassage], whole: Sequence[Outcome | None]
    ) -> tuple[Outcome, ...]:
        """The `perplexity` engine."""
        value = self._log.wanted.value
        found = self._distiller.pruner().prune(
            self._log.call.text,
            [passage.text for passage in passages],
            rate=value if self._log.wanted.budget == "ratio" else None,
            target_tokens=int(value) if self._log.wanted.budget == "tokens" else None,
            count=self._distiller.count,
            may_empty=self._may_empty(),
            frozen=[outcome is not None for outcome in whole],
            deadline=self._deadline,
        )
        self._log.notes.extend(found.notes)
        self._log.core_seconds += found.busy_core_seconds
        return tuple(
            outcome
            or self._checked(
                passage.text, text, len(passage.index.units), tuple(map(Span._make, kept))
            )
            for passage, outcome, text, kept in zip(passages, whole, found.passages, found.kept)
        )

    # -- what the settings say ------------------------------------------------------------------

    def _may_empty(self) -> bool:
        allowed = self._settings.context.drop_passages
        return self._log.wanted.budget != "confidence" if allowed is None else allowed

    def _token_budget(self, places: Iterable[int]) -> int:
        """The share of the budget that falls to the passages at these places."""
        own = sum(self._distiller.count(self._log.passages[place].text) for place in places)
        value = self._log.wanted.value
        if self._log.wanted.budget == "tokens":
            value /= self._tokens_before()
        return math.floor(own * value)

    def _closed(self, hits: Sequence[RuleHit]) -> tuple[RuleHit, ...]:
        opened = self._effective.open_domains if self._effective else frozenset()
        return tuple(hit for hit in hits if hit.domain not in opened)

    def _tokens_before(self) -> int:
        return sum(self._distiller.count(passage.text) for passage in self._log.passages)

    # -- the end --------------------------------------------------------------------------------

    def _veto(self, proposal: ContextDistillation) -> ContextDistillation:
        if not proposal.distilled:
            return proposal
        for observer in self._log.observers:
            name = type(observer).__name__
            try:
                refused = observer.spsd_veto_context(self._log.call, proposal)
            except Exception as error:
                self._log.notes.append(f"veto failed: {type(error).__name__}")
                raise _Refused(Reason.POLICY_FAILED, name) from error
            if refused:
                raise _Refused(Reason.VETOED, name)
        return proposal

    def _tell(self, result: ContextDistillation) -> ContextDistillation:
        failures = 0
        for observer in self._log.observers:
            try:
                observer.on_spsd_context(self._log.call, result)
            except Exception:  # noqa: BLE001 - watching must not disturb
                failures += 1
        if not failures:
            return result
        notes = (*result.record.notes, f"{failures} observer(s) failed in on_spsd_context")
        record = result.record.model_copy(update={"notes": notes})
        return result.model_copy(update={"record": record})
