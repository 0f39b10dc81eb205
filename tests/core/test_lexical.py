"""The phrase list: what it deletes, what it leaves, and how it closes the seams."""

from __future__ import annotations

import time

import pytest

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
    ["thanks so much for the the the ", "hi hi hi ", "sorry for the very very ", "please ", "a"],
)
def test_the_cost_grows_no_faster_than_the_text(unit: str) -> None:
    """Eight times the text takes well under 24 times as long (the ratio of one run)."""

    def seconds(count: int) -> float:
        text = unit * count
        began = time.perf_counter()
        list(courtesy_spans(text))
        return time.perf_counter() - began

    seconds(200)
    small = max(min(seconds(2_000) for _ in range(3)), 1e-4)
    assert min(seconds(16_000) for _ in range(3)) / small < 24
