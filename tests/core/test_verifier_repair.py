"""What a rewrite lost is put back verbatim, in its place; what cannot be mended is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from texts import any_text, prompts

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.engines.protocol import Draft
from spsd_core.reading import read
from spsd_core.settings import VerifierSettings
from spsd_core.spans import Span
from spsd_core.verifier import repair, verify

unhurried = settings(deadline=None)  # a busy machine is no defect

TEXT = (
    "Hello! I was charged $39.99 twice on May 5 for order #44713. I do not want a voucher. The lamp"
    " arrived broken. Could you please tell me how I can get a refund? Thank you so much!"
)
WHOLE = (
    "I was charged $39.99 twice on May 5 for order #44713. I do not want a voucher. The lamp"
    " arrived broken. How can I get a refund?"
)


def failed(original: str, draft: str) -> list[CheckRecord]:
    """The checks that a model's draft does not pass."""
    checks = verify(read(original), Draft(draft, generative=True), VerifierSettings())
    return [check for check in checks if not check.passed]


def mended(original: str, draft: str) -> tuple[str, tuple[Span, ...]] | None:
    """The repaired draft."""
    return repair(read(original), draft, failed(original, draft))


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (WHOLE.replace(" on May 5", ""), WHOLE),
        (WHOLE.replace("I do not want a voucher. ", ""), WHOLE),
        (WHOLE.replace("do not want", "want"), WHOLE),
        (WHOLE.replace("The lamp arrived broken. ", ""), WHOLE),
        (WHOLE.replace(" How can I get a refund?", ""), None),
        (WHOLE.split(". ", 1)[1], WHOLE),
    ],
)
def test_the_lost_sentence_returns_to_its_place(draft: str, expected: str | None) -> None:
    """Instead of the draft's own version of it, or before the first kept sentence after it."""
    assert failed(TEXT, draft)
    repaired = mended(TEXT, draft)
    assert repaired is not None
    text, spans = repaired
    assert failed(TEXT, text) == []
    assert all(TEXT[start:end] in text for start, end in spans)
    if expected is not None:
        assert text == expected


def test_lost_payload_returns_byte_for_byte() -> None:
    """With its line breaks."""
    letter = "Dear Ms Vogel,\n\nThank you  so much for your letter.\n\nBest regards,\nOle"
    text = f"Hi! Please proofread the e-mail below for me, thank you.\n\n{letter}"
    repaired = mended(text, "Proofread the e-mail below for me.")
    assert repaired is not None
    assert letter in repaired[0]


@pytest.mark.parametrize(
    "draft",
    [
        WHOLE.replace("lamp", "sofa"),
        f"Sure! {WHOLE}",
        f"{WHOLE}<end_of_turn>",
        "Hola, quiero que me ayuden con mi pedido, pero no sé cómo.",
        WHOLE.replace("I do", "They do"),
    ],
)
def test_inventions_and_worse_are_not_repaired(draft: str) -> None:
    """Nothing that is put back makes them good."""
    assert failed(TEXT, draft)
    assert mended(TEXT, draft) is None


def test_nothing_failed_means_nothing_to_repair() -> None:
    """And a failure of the pipeline itself is none of the repair's business."""
    assert repair(read(TEXT), WHOLE, []) is None
    other = CheckRecord(check="verifier", passed=False, reason=Reason.VERIFIER_FAILED)
    assert repair(read(TEXT), WHOLE, [other]) is None


def test_of_a_long_sentence_only_the_clause_returns() -> None:
    """A repair that puts everything back saves nothing."""
    text = (
        "I moved into the flat above the bakery in the old part of town with my two cats and my"
        " piano a while ago, and I pay $700 every month; please help me write to the owner."
    )
    draft = text.replace(", and I pay $700 every month", "")
    repaired = mended(text, draft)
    assert repaired is not None
    assert [text[start:end] for start, end in repaired[1]] == ["and I pay $700 every month"]


@unhurried
@given(prompts, any_text | prompts)
def test_a_repair_of_anything_never_raises_and_holds_what_it_says_verbatim(
    text: str, draft: str
) -> None:
    """Any original, any draft."""
    repaired = mended(text, draft)
    if repaired is not None:
        assert all(text[start:end] in repaired[0] for start, end in repaired[1])
