"""Drafts that only delete and mend have to prove it."""

from __future__ import annotations

import pytest

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.engines.protocol import Draft
from spsd_core.reading import Reading, read
from spsd_core.settings import VerifierSettings
from spsd_core.spans import Edit, apply_edits
from spsd_core.verifier import verify
from spsd_core.verifier.context import VerifierContext
from spsd_core.verifier.edits import check_edits

TEXT = "Hello there! Please send parcel #44713 to Marta Lindqvist by Friday. Thank you so much!"


def cut(phrase: str, replacement: str = "", text: str = TEXT) -> Edit:
    """The edit that replaces the first occurrence of a phrase."""
    start = text.index(phrase)
    return Edit(start, start + len(phrase), replacement)


def refused(original: Reading, *edits: Edit, made: str | None = None) -> Reason | None:
    """What the edits check says to a draft made by these edits."""
    text = apply_edits(original.text, edits) if made is None else made
    return check_edits(VerifierContext(original, read(text), edits=edits)).reason


def failing(original: str, *edits: Edit) -> list[CheckRecord]:
    """All failed checks of the draft these edits make."""
    draft = Draft(apply_edits(original, edits), edits=edits)
    return [c for c in verify(read(original), draft, VerifierSettings()) if not c.passed]


def test_deleted_courtesy_with_a_new_capital_is_accepted_by_every_check() -> None:
    """The ordinary work of the lexical engine."""
    assert failing(TEXT, cut("Hello there! Please s", "S"), cut(" Thank you so much!")) == []


def test_the_capital_may_be_an_edit_of_its_own() -> None:
    """Edits that touch are judged as one."""
    start = TEXT.index("send")
    assert refused(read(TEXT), Edit(0, start), Edit(start, start + 1, "S")) is None


def test_a_draft_its_edits_do_not_make_is_refused() -> None:
    """Even where the draft is harmless."""
    edit = cut(" Thank you so much!")
    assert refused(read(TEXT), edit, made=TEXT) is Reason.VERIFIER_FAILED


@pytest.mark.parametrize(
    "edits",
    [
        (Edit(0, 400),),
        (Edit(4, 2),),
        (Edit(0, 9), Edit(5, 12)),
        (Edit(20, 25), Edit(0, 5)),
        (Edit(-3, 2),),
    ],
)
def test_edits_that_overlap_or_leave_the_text_are_refused(edits: tuple[Edit, ...]) -> None:
    """And nothing is raised."""
    assert refused(read(TEXT), *edits, made="anything") is Reason.VERIFIER_FAILED


@pytest.mark.parametrize(
    "edit",
    [
        cut("Thank you so much!", "Regards"),
        cut("Please send", "Post"),
        cut("Please", "Do"),
        cut("Hello there!", "Sure."),
        cut("Hello", "H"),
        cut("there", "her"),
        cut("Hello there! ", "(1) "),
    ],
)
def test_a_replacement_that_writes_words_is_refused(edit: Edit) -> None:
    """Mending is a capital, a space or a punctuation mark."""
    assert refused(read(TEXT), edit) is Reason.VERIFIER_FAILED


@pytest.mark.parametrize("phrase", ["ello there", " there!", "Hell", " Please "])
def test_a_deletion_keeps_words_whole_and_apart(phrase: str) -> None:
    """`unhappy` must not become `happy`, nor two words one."""
    text = "Hello there! Please send it soon."
    expected = None if phrase == " there!" else Reason.VERIFIER_FAILED
    edit = cut(phrase, text=text)
    if phrase == " Please ":
        text = "Now Please send it soon."
        edit = cut(phrase, text=text)
    assert refused(read(text), edit) is expected


@pytest.mark.parametrize(
    ("phrase", "reason"),
    [
        ("#44713 ", Reason.LOST_IDENTIFIER),
        ("Marta", Reason.LOST_NAME),
        ("Friday", Reason.LOST_LIMIT),
    ],
)
def test_a_deletion_that_touches_an_atom_names_the_atom(phrase: str, reason: Reason) -> None:
    """From the edits alone, before any comparison of texts."""
    assert refused(read(TEXT), cut(phrase)) is reason


def test_a_deletion_inside_payload_is_refused_though_it_is_courtesy() -> None:
    """The politeness in a quoted letter is what the user wants worked on."""
    text = (
        "Please proofread the e-mail below for me.\n\nDear Ms Vogel,\n\nThank you so much for your"
        " kind letter. Please forgive me the delay.\n\nBest regards,\nOle"
    )
    assert read(text).payload
    assert refused(read(text), cut("Please f", "F", text=text)) is not None
    edit = cut(" so much", text=text)
    assert refused(read(text), edit) is Reason.PAYLOAD_CHANGED


def test_the_case_of_code_is_not_mended() -> None:
    """`print` and `Print` are two functions."""
    text = "Please `print(1)` is what I ran, why does it fail?"
    edit = Edit(0, text.index("print") + 1, "P")
    assert refused(read(text), edit) is not None


def test_nothing_is_put_into_the_middle_of_an_atom() -> None:
    """An insertion deletes nothing and still changes the atom."""
    text = "Please open https://example.com/guide for me."
    place = text.index("/guide")
    assert refused(read(text), Edit(place, place, ". ")) is Reason.LOST_URL


def test_a_seam_that_makes_a_new_fact_is_refused() -> None:
    """Both halves stood in the original, their sum did not."""
    text = "It was in May. Hello again! 5 lamps broke, please help."
    edit = Edit(text.index(". Hello"), text.index(" 5 lamps"))
    assert Reason.ADDED_CONTENT in {c.reason for c in failing(text, edit)}
