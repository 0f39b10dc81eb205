"""The phrase list: what it deletes, what it leaves, and how it closes the seams."""

from __future__ import annotations

import time

import pytest
from courtesy_cases import DENSE, LIGHT, OUT_OF_REACH, UNCHANGED
from hypothesis import given, settings
from hypothesis import strategies as st

from spsd_core import Distiller, Settings
from spsd_core.engines.courtesy import fold
from spsd_core.engines.lexical import LexicalEngine, courtesy_spans
from spsd_core.engines.mending import edits_for
from spsd_core.engines.protocol import DraftRequest
from spsd_core.reading import read
from spsd_core.settings import Level
from spsd_core.spans import apply_edits


def draft(text: str, level: Level = "light") -> str:
    request = DraftRequest(text, read(text), level, token_budget=10_000, count_tokens=len)
    made = LexicalEngine().submit(request).result()
    return text if made is None else made.text


@pytest.fixture(scope="module")
def distillers() -> dict[Level, Distiller]:
    """One distiller for each level."""
    return {
        level: Distiller(Settings(engines=("lexical",), level=level))
        for level in ("light", "dense")
    }


@pytest.mark.parametrize(("text", "expected"), LIGHT)
def test_only_ritual_courtesy_goes_at_light(
    text: str, expected: str, distillers: dict[Level, Distiller]
) -> None:
    """The whole pipeline sends what a careful editor would."""
    assert distillers["light"].distill(text).text == expected


@pytest.mark.parametrize("text", UNCHANGED)
def test_a_text_without_ritual_courtesy_is_sent_as_written(
    text: str, distillers: dict[Level, Distiller]
) -> None:
    """Whatever its words look like."""
    assert distillers["light"].distill(text).text == text


@pytest.mark.parametrize(("text", "expected"), DENSE)
def test_fillers_and_exact_repetition_go_at_dense(
    text: str, expected: str, distillers: dict[Level, Distiller]
) -> None:
    """And nothing that only looks like them."""
    assert distillers["dense"].distill(text).text == expected


@pytest.mark.parametrize(
    ("level", "text", "expected"),
    [
        pytest.param(level, text, expected, marks=pytest.mark.xfail(strict=True, reason=reason))
        for level, text, expected, reason in OUT_OF_REACH
    ],
)
def test_what_is_out_of_reach_today(
    level: Level, text: str, expected: str, distillers: dict[Level, Distiller]
) -> None:
    """A fix is noticed: the case then belongs with the others."""
    assert distillers[level].distill(text).text == expected


@pytest.mark.parametrize("text", [text for _, text, _, _ in OUT_OF_REACH])
def test_out_of_reach_never_means_cut_too_far(
    text: str, distillers: dict[Level, Distiller]
) -> None:
    """What is not reached is left standing: every word that is sent was to be sent, or courtesy."""
    expected = next(case[2] for case in OUT_OF_REACH if case[1] == text)
    sent = distillers["light"].distill(text).text.lower()
    assert all(word.strip(".,!?") in sent for word in expected.lower().split())


def test_few_cases_are_out_of_reach() -> None:
    """At most 15 in 100."""
    assert len(OUT_OF_REACH) <= 0.15 * len(LIGHT + UNCHANGED + DENSE + OUT_OF_REACH)


_ALL = [case[0] for case in LIGHT + DENSE] + list(UNCHANGED)
_PIECES = st.sampled_from([word for text in _ALL for word in text.split(" ")])


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES, max_size=40).map(" ".join))
def test_words_in_any_order_are_cut_in_order_and_never_raise(text: str) -> None:
    """Spans lie inside the text, and a cut leaves no two blanks that were not there."""
    spans = list(courtesy_spans(text, fillers=True))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    shorter = apply_edits(text, edits_for(text, spans, ()))
    assert len(shorter) <= len(text)
    if "  " not in text:
        assert "  " not in shorter


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_cut_without_an_error(text: str) -> None:
    """Lone surrogates, controls and right-to-left text included."""
    apply_edits(text, edits_for(text, courtesy_spans(text, fillers=True), ()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Hi! Sorry to bother you, but I was wondering if you could please tell me how to "
            "reset my router? Thanks in advance for your help!",
            "Tell me how to reset my router?",
        ),
        (
            "Hello there,\n\nI hope this email finds you well. The printer in room 12 jams.\n\n"
            "Thank you so much for your time.\n\nBest regards,\nMaria Lopez",
            "The printer in room 12 jams.\n\nMaria Lopez",
        ),
        (
            "Good morning team! Hope you're all doing well. Please send the report, please.",
            "Send the report.",
        ),
        (
            "I apologize for the long message. I know you're busy, but the invoice is wrong.",
            "The invoice is wrong.",
        ),
        ("hello i need help with my account pls", "i need help with my account"),
        ("Hi ChatGPT, can you please explain recursion?", "Explain recursion?"),
        ("Any help would be greatly appreciated! What is a monad?", "What is a monad?"),
        ("Dear Sir or Madam,\nmy kettle leaks.\nKind regards", "My kettle leaks."),
    ],
)
def test_courtesy_goes_and_the_seams_close(text: str, expected: str) -> None:
    """Whole phrases, with their spaces; a new first word gets the capital of the old one."""
    assert draft(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I want to please my boss. How can I please everyone?",
        "Is it rude to say thanks but no thanks to an offer of a job?",
        "What does the word sorry mean in the song by that name?",
        "Can you cancel an order after it was shipped?",
        "How many people say good morning to the bus driver?",
        "Thank you for smoking is the title of which film?",
        "The hello world program prints a greeting to the screen.",
        'Translate "thank you very much, have a nice day" into French.',
    ],
)
def test_words_that_only_look_like_courtesy_stay(text: str) -> None:
    """They carry the question."""
    assert draft(text) == text


def test_dense_also_drops_fillers_and_what_was_said_twice() -> None:
    """Light leaves both."""
    text = "Um, I want to send the shoes back. The box is gone. I want to send the shoes back."
    assert draft(text, "light") == text
    assert draft(text, "dense") == "I want to send the shoes back. The box is gone."


def test_a_paragraph_break_between_what_stays_is_kept() -> None:
    """Even where the paragraph between goes."""
    assert draft("The lamp is broken.\n\nThanks a lot!\n\nThe box is wet.") == (
        "The lamp is broken.\n\nThe box is wet."
    )


def test_a_deletion_that_touches_what_is_protected_is_left_out() -> None:
    """Whatever asked for it."""
    from spsd_core.spans import Span

    text = "Thanks, 3 times over! Go."
    assert edits_for(text, [(0, 21)], (Span(8, 9),)) == ()
    assert apply_edits(text, edits_for(text, [(0, 21)], ())) == "Go."


def test_folding_keeps_every_character_in_its_place() -> None:
    """Even letters that grow when lowered."""
    for text in ("İstanbul", "ẞ", "’", "ŉ", "A" * 5):
        assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    "unit",
    [
        "thanks so much for the the the ",
        "hi hi hi ",
        "sorry for the very very ",
        "please ",
        "a",
        " ",
        ", thanks",
        "if you could, that would be ",
        "(thank you (",
        "well, um, so, ",
        "hi, ",
        "***",
        "<3 :d ",
        "i would really really really appreciate any ",
        "\U0001f64f",
    ],
)
def test_the_cost_grows_no_faster_than_the_text(unit: str) -> None:
    """Eight times the text takes well under 24 times as long (the ratio of one run)."""

    def seconds(count: int) -> float:
        text = unit * count
        began = time.perf_counter()
        list(courtesy_spans(text, fillers=True))
        return time.perf_counter() - began

    seconds(200)
    small = max(min(seconds(2_000) for _ in range(3)), 1e-4)
    assert min(seconds(16_000) for _ in range(3)) / small < 24
