"""When passages stay as they are: critical ones, critical questions, questions that want all."""

from __future__ import annotations

import pytest
from context_texts import ANSWER, CRITICAL, LEAFLET, PASSAGES, QUESTION, assert_promises

from spsd_core import Call, Observer, Reason, Settings
from spsd_core.context import ContextDistillation, ContextDistiller
from spsd_core.context.critical import OPERATIVE, critical_hits
from spsd_core.context.questions import needs_whole_context
from spsd_core.context.units import Unit
from spsd_core.distillation import RuleHit
from spsd_core.settings import Overrides, SafetySettings

CRITICAL_QUESTION = "I took 40 Noratil tablets an hour ago and feel dizzy, what should I do?"


@pytest.fixture(scope="module")
def distiller() -> ContextDistiller:
    return ContextDistiller()


class Policy(Observer):
    def __init__(self, **answer: object) -> None:
        self.answer = answer

    def spsd_policy(self, call: Call) -> Overrides:
        return Overrides.model_validate(self.answer)


class TestPassages:
    @pytest.mark.parametrize("name", CRITICAL)
    def test_a_critical_passage_stays_and_the_others_shrink(
        self, distiller: ContextDistiller, name: str
    ) -> None:
        """However small the budget is; and the record names what fired."""
        passages = (*PASSAGES, CRITICAL[name])
        for result in (
            distiller.distill(QUESTION, passages),
            distiller.distill(QUESTION, passages, ratio=0.1),
            distiller.distill(QUESTION, passages, target_tokens=60),
        ):
            assert_promises(passages, result)
            assert result.passages[-1] == CRITICAL[name]
            assert result.record.passages[-1].reason is Reason.SAFETY_CRITICAL
            assert result.record.passages[-1].rules
            assert not result.record.rules
            assert result.distilled
            assert ANSWER in result.passages[0]

    def test_a_domain_the_user_opens_is_shortened(self) -> None:
        """All of those that fired on it must be open."""
        passages = (*PASSAGES, LEAFLET)
        fired = ContextDistiller().distill(QUESTION, passages).record.passages[-1].rules
        domains = frozenset(hit.domain for hit in fired)
        opened = ContextDistiller(Settings(safety=SafetySettings(open_domains=domains)))
        result = opened.distill(QUESTION, passages)
        assert result.record.passages[-1].reason is Reason.SHORTENED
        assert_promises(passages, result)

    def test_a_passing_mention_makes_no_passage_critical(self, distiller: ContextDistiller) -> None:
        """An encyclopedia names diseases, wars and courts."""
        passages = (
            *PASSAGES,
            "The painter died of pneumonia in 1911. Her studio stood beside the court of justice. "
            "Two hundred of her canvases hang in the museum. She never sold a portrait. Her "
            "sister wrote the first catalogue of them.",
        )
        result = distiller.distill(QUESTION, passages)
        assert result.record.passages[-1].reason is Reason.SHORTENED

    def test_cues_count_by_the_share_of_units_they_strike(self) -> None:
        """Two of five units, or the only one."""
        units = [Unit(place * 10, place * 10 + 9) for place in range(5)]
        hit = RuleHit(rule="medical.x", domain="medical", start=0, end=9)
        one, two = [[hit], [], [], [], []], [[hit], [hit], [], [], []]
        assert critical_hits(units, one, (), False, 49) == ()
        assert critical_hits(units, two, (), False, 49) == (hit, hit)
        assert critical_hits(units[:1], [[hit]], (), False, 9) == (hit,)
        assert critical_hits(units[:2], [[hit], []], (), False, 19) == (hit,)
        assert critical_hits((), (), (), False, 0) == ()
        seen, acted = critical_hits(units, [[]] * 5, ["legal"], True, 49)
        assert (seen.rule, acted.rule) == ("reader.legal", OPERATIVE)
        assert (acted.start, acted.end, acted.domain) == (0, 49, "legal")


class TestQuestions:
    def test_a_critical_question_closes_all(self, distiller: ContextDistiller) -> None:
        result = distiller.distill(CRITICAL_QUESTION, PASSAGES, ratio=0.2)
        assert result.reason is Reason.SAFETY_CRITICAL
        assert result.passages == PASSAGES
        assert result.record.rules
        assert result.record.decided_by == result.record.rules[0].rule
        assert {one.reason for one in result.record.passages} == {Reason.SAFETY_CRITICAL}

    @pytest.mark.parametrize(
        "question",
        [
            "Summarise the passages.",
            "Hi! Could you please give me a short summary of this?",
            "List all the people mentioned.",
            "Translate the text into German.",
            "What are the key points of the document?",
            "TL;DR",
            "What is this document about?",
            "How many times is Paris mentioned in the text?",
            "How many times does the word bridge occur?",
            "Compare these two articles.",
            "Explain the article to me like I am five.",
            "What do these passages have in common?",
            "Are there any contradictions between the documents?",
            "Which towns are not mentioned?",
            "What is missing from the report?",
            "Describe the main themes.",
            "Who came? List them all.",
        ],
    )
    def test_a_question_that_wants_all_gets_all(
        self, distiller: ContextDistiller, question: str
    ) -> None:
        result = distiller.distill(question, PASSAGES, ratio=0.2)
        assert result.reason is Reason.WHOLE_CONTEXT_NEEDED
        assert result.passages == PASSAGES

    @pytest.mark.parametrize(
        "question",
        [
            "What is a summary judgment?",
            "When was the abstract of the thesis published?",
            "Who translated the Bible into German?",
            "Which river flows through the entire valley?",
            "Who wrote the synopsis of the film?",
            "What is the outline of a leaf called?",
            "How many of the workers were women?",
            "What did each of the brothers get?",
            "In what year were all the bridges closed?",
            "What are the main ideas of Kant?",
            "Who explained the tides first?",
            "What is the difference between tin and iron?",
            "How often does the ferry run?",
        ],
    )
    def test_a_near_miss_is_an_ordinary_question(self, question: str) -> None:
        assert not needs_whole_context(question)


class TestPolicies:
    def test_a_policy_can_switch_off(self, distiller: ContextDistiller) -> None:
        off = (Policy(enabled=False),)
        result = distiller.distill(QUESTION, PASSAGES, observers=off)
        assert (result.reason, result.passages) == (Reason.DISABLED, PASSAGES)

    def test_a_policy_can_close_a_domain_that_is_open(self) -> None:
        domains = frozenset({"medication", "medical", "legal", "emergency"})
        opened = ContextDistiller(Settings(safety=SafetySettings(open_domains=domains)))
        passages = (*PASSAGES, LEAFLET)
        assert opened.distill(QUESTION, passages).passages[-1] != LEAFLET
        closing = (Policy(close_domains=domains),)
        result = opened.distill(QUESTION, passages, observers=closing)
        assert result.passages[-1] == LEAFLET
        assert result.distilled

    def test_a_policy_opens_a_domain_only_where_it_may(self) -> None:
        domains = frozenset({"medication", "medical", "legal", "emergency"})
        opening = (Policy(open_domains=domains),)
        passages = (*PASSAGES, LEAFLET)
        closed = ContextDistiller().distill(QUESTION, passages, observers=opening)
        assert closed.passages[-1] == LEAFLET
        lenient = Settings(safety=SafetySettings(allow_gate_override=True))
        opened = ContextDistiller(lenient).distill(QUESTION, passages, observers=opening)
        assert opened.record.passages[-1].reason is Reason.SHORTENED

    def test_a_policy_that_names_no_domain_there_is_sends_the_original(
        self, distiller: ContextDistiller
    ) -> None:
        result = distiller.distill(
            QUESTION, PASSAGES, observers=(Policy(close_domains={"medicin"}),)
        )
        assert (result.reason, result.passages) == (Reason.POLICY_FAILED, PASSAGES)

    def test_a_failing_policy_sends_the_original(self, distiller: ContextDistiller) -> None:
        class Failing(Observer):
            def spsd_policy(self, call: Call) -> Overrides:
                raise KeyError(call.text)

        result = distiller.distill(QUESTION, PASSAGES, observers=(Failing(),))
        assert (result.reason, result.passages) == (Reason.POLICY_FAILED, PASSAGES)
        assert result.record.notes == ("policy failed: KeyError",)

    def test_a_veto_sends_the_original(self, distiller: ContextDistiller) -> None:
        """It sees what would be sent; nobody is asked where nothing would change."""
        seen: list[ContextDistillation] = []

        class Vetoing(Observer):
            def spsd_veto_context(self, call: Call, proposal: ContextDistillation) -> bool:
                seen.append(proposal)
                return True

        result = distiller.distill(QUESTION, PASSAGES, observers=(Vetoing(),))
        assert (result.reason, result.passages) == (Reason.VETOED, PASSAGES)
        assert result.record.decided_by == "Vetoing"
        assert seen[0].distilled
        distiller.distill("Summarise the passages.", PASSAGES, observers=(Vetoing(),))
        assert len(seen) == 1

    def test_a_failing_veto_sends_the_original(self, distiller: ContextDistiller) -> None:
        class Failing(Observer):
            def spsd_veto_context(self, call: Call, proposal: ContextDistillation) -> bool:
                raise ValueError(call.text)

        result = distiller.distill(QUESTION, PASSAGES, observers=(Failing(),))
        assert (result.reason, result.passages) == (Reason.POLICY_FAILED, PASSAGES)

    def test_a_failing_observer_disturbs_nothing(self, distiller: ContextDistiller) -> None:
        """It is noted; those after it are told all the same."""
        told: list[ContextDistillation] = []

        class Failing(Observer):
            def on_spsd_context(self, call: Call, distillation: ContextDistillation) -> None:
                raise ValueError(call.text)

            def on_spsd_stage(self, event: object) -> None:
                raise ValueError

        class Watching(Observer):
            def on_spsd_context(self, call: Call, distillation: ContextDistillation) -> None:
                told.append(distillation)

        result = distiller.distill(QUESTION, PASSAGES, observers=(Failing(), Watching()))
        assert result.distilled
        assert result.passages == distiller.distill(QUESTION, PASSAGES).passages
        assert "1 observer(s) failed in on_spsd_context" in result.record.notes
        assert told[0].passages == result.passages
