"""A draft of edits that was refused for one of them goes without that one."""

from __future__ import annotations

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.engines.protocol import Draft
from spsd_core.reading import read
from spsd_core.settings import VerifierSettings
from spsd_core.spans import Edit, apply_edits
from spsd_core.verifier import verify, without_refused_edits

TEXT = "Hello there! Will you still honour it? The lamp is broken. Thanks a lot!"


def draft_without(*phrases: str) -> Draft:
    edits = tuple(Edit(TEXT.index(one), TEXT.index(one) + len(one)) for one in phrases)
    return Draft(apply_edits(TEXT, edits), edits)


def test_the_lost_question_comes_back_and_the_courtesy_stays_away() -> None:
    draft = draft_without("Hello there! ", "Will you still honour it? ", " Thanks a lot!")
    checks = verify(read(TEXT), draft, VerifierSettings())
    assert {check.reason for check in checks if not check.passed} == {Reason.LOST_QUESTION}
    fewer = without_refused_edits(TEXT, draft, checks)
    assert fewer is not None
    assert fewer.text == "Will you still honour it? The lamp is broken."
    assert all(check.passed for check in verify(read(TEXT), fewer, VerifierSettings()))


def test_nothing_is_tried_again_where_all_passed_or_nothing_would_be_left() -> None:
    good = draft_without("Hello there! ")
    assert without_refused_edits(TEXT, good, verify(read(TEXT), good, VerifierSettings())) is None
    bad = draft_without("Will you still honour it? ")
    assert without_refused_edits(TEXT, bad, verify(read(TEXT), bad, VerifierSettings())) is None


def test_a_model_s_draft_is_not_trimmed() -> None:
    draft = Draft("The lamp is broken.", generative=True)
    checks = verify(read(TEXT), draft, VerifierSettings())
    assert without_refused_edits(TEXT, draft, checks) is None


def test_the_capital_that_made_up_for_a_cut_goes_with_it() -> None:
    text = "Please Bob, name three rivers."
    edits = (Edit(0, 12), Edit(12, 13, "N"), Edit(22, 29))
    draft = Draft(apply_edits(text, edits), edits)
    refused = (CheckRecord(check="names", passed=False, reason=Reason.LOST_NAME, start=7, end=10),)
    fewer = without_refused_edits(text, draft, refused)
    assert fewer is not None
    assert fewer.text == "Please Bob, name three."
