"""A deletion that would change a safety cue is given back; the others stand."""

from __future__ import annotations

import pytest

from spsd_core import Distiller, SafetySettings, Settings
from spsd_core.cues import GATE_FAILED, check_cues
from spsd_core.distillation import Reason, RuleHit
from spsd_core.engines.protocol import Draft
from spsd_core.settings import DOMAINS
from spsd_core.spans import Edit, apply_edits

PAIN = RuleHit(rule="medical.pain", domain="medical", start=10, end=14)
SKIN = RuleHit(rule="medical.skin", domain="medical", start=3, end=9)
TEXT = "My elbow's pain, thank you, has not gone away."
CUT = Edit(15, 26)


def draft(*edits: Edit, generative: bool = False) -> Draft:
    return Draft(apply_edits(TEXT, edits), edits=edits, generative=generative)


def test_the_same_cues_pass() -> None:
    assert check_cues([PAIN, SKIN], [SKIN, PAIN], draft(CUT)).passed


def test_a_lost_cue_is_named_with_its_place() -> None:
    check = check_cues([SKIN, PAIN], [SKIN], draft(CUT))
    assert (check.passed, check.reason) == (False, Reason.SAFETY_CUE_CHANGED)
    assert (check.start, check.end) == (PAIN.start, PAIN.end)


def test_a_new_cue_is_traced_to_the_deletion_that_joined_its_words() -> None:
    joined = RuleHit(rule="medical.new", domain="medical", start=10, end=20)
    check = check_cues([], [joined], draft(CUT))
    assert check.start is not None
    assert check.end is not None
    assert check.start < CUT.start < CUT.end < check.end


def test_a_written_draft_has_no_places() -> None:
    check = check_cues([PAIN], [], draft(CUT, generative=True))
    assert (check.passed, check.start) == (False, None)


def test_a_gate_that_broke_refuses_the_draft_as_a_whole() -> None:
    check = check_cues([PAIN], [GATE_FAILED], draft(CUT))
    assert (check.reason, check.start) == (Reason.GATE_FAILED, None)


@pytest.mark.parametrize(
    ("text", "stays", "goes"),
    [
        (
            "Hello dear team! I have had a rash on my arm since May 5. Sirs, I have a medical"
            " problem and I'd be very grateful if you can help. Which ointment is right? Thanks a"
            " lot!",
            "medical problem",
            ("Hello dear team!", "Thanks a lot!"),
        ),
    ],
)
def test_only_the_deletion_with_the_cue_is_given_back(
    text: str, stays: str, goes: tuple[str, ...]
) -> None:
    open_to_all = Settings(safety=SafetySettings(open_domains=frozenset(DOMAINS)))
    result = Distiller(open_to_all).distill(text)
    assert result.reason is Reason.SHORTENED
    assert stays in result.text
    assert not any(phrase in result.text for phrase in goes)
