"""The `extract` engine: what careful cuts leave, and what is never cut."""

from __future__ import annotations

import pytest

from spsd_core import Distiller, Settings
from spsd_core.distillation import Reason

DISTILLER = Distiller(Settings(engines=("extract",)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Good morning! Could you please tell me how to sort a list of 10 names? Thanks a lot!",
            "Tell me how to sort a list of 10 names?",
        ),
        (
            "Hello! If you could tell me how to sort a list of names, that would be great. Thanks!",
            "Tell me how to sort a list of names.",
        ),
        (
            "hey there, hope ur having a great day! can u pls explain how a fridge keeps cold? thx",
            "explain how a fridge keeps cold?",
        ),
    ],
)
def test_courtesy_goes_and_the_rest_stands(text: str, expected: str) -> None:
    result = DISTILLER.distill(text)
    assert result.text.lower() == expected.lower()
    assert result.record.engine == "extract"


@pytest.mark.parametrize(
    "text",
    [
        "Write a limerick about a lighthouse keeper who is afraid of the dark.",
        "What is the difference between a violin and a viola?",
        "Compare 'thank you' and 'thanks' in business mail, in 3 bullet points.",
    ],
)
def test_a_plain_prompt_is_left_alone(text: str) -> None:
    result = DISTILLER.distill(text)
    assert (result.text, result.reason) == (text, Reason.NOTHING_TO_REMOVE)


def test_courtesy_inside_payload_stays() -> None:
    mail = '"Dear Mr Okoro, could you please confirm the date? Thank you so much, Eva"'
    result = DISTILLER.distill(f"Hello! Could you please make this mail shorter: {mail} Thanks!")
    assert mail in result.text


@pytest.mark.parametrize(
    "quoted",
    [
        "rewrite Please be advised that forklift certification classes move to room 4",
        "Click the link in the row where the third cell is exactly Please call back today.",
        "Change the button so that it says Thank you once the form has been sent off.",
    ],
)
def test_words_quoted_without_quotation_marks_stay(quoted: str) -> None:
    assert DISTILLER.distill(quoted).text == quoted


@pytest.mark.parametrize(
    ("text", "goes", "stays"),
    [
        ("I was wondering what is the deepest lake in Peru?", "wondering", "deepest lake"),
        ("And so I would like to know how long a mast has to dry?", "know", "long a mast"),
        ("My question is: are there otters in Wales?", "question", "otters in Wales"),
        ("I would be very grateful if you can suggest a wool for socks.", "grateful", "for socks"),
        ("So i request you to kindly explain the tides at Hull.", "request", "tides at Hull"),
        ("Could you point me to the page on knots?", "could", "the page on knots"),
        ("To start, can you tell me the kings of Norway since 1905?", "can you", "since 1905"),
    ],
)
def test_an_opening_goes_where_the_reader_agrees(text: str, goes: str, stays: str) -> None:
    result = DISTILLER.distill(text)
    assert goes.lower() not in result.text.lower()
    assert stays in result.text


@pytest.mark.parametrize(
    "text",
    [
        "I was wondering whether the shop in Oslo opens on Sundays.",
        "I want to know more about the history of the mast.",
        "Can you make bread without yeast?",
        "I was wondering if you can make cheese from goat milk?",
        "I was hoping you could tell I was upset.",
        "Can you refer a friend for a bonus?",
        "I wanted to ask what the goat ate, but he had left.",
        "Can you give goats hay that got wet?",
        "In Iowa, can you list a car as salvage yourself?",
        "I only want to know what year it was, no story.",
        "Message: hi\nWhy does the bot log this field as if it were empty?",
        "Subject: Thank you\nHow do I make this subject line less dull for readers?",
        "My question is on page 4 of the booklet.",
        "Do you wonder what is behind the moon?",
    ],
)
def test_an_opening_that_says_something_stays(text: str) -> None:
    assert DISTILLER.distill(text).text == text


def test_a_feeling_stays() -> None:
    text = "Hi there. I am so angry about this bill I could scream. Please explain line 4. Thanks!"
    result = DISTILLER.distill(text)
    assert "angry" in result.text
    assert "scream" in result.text
    assert result.distilled


def test_the_reader_closes_the_gate_where_no_rule_does() -> None:
    """Its domain is recorded like a rule that fired."""
    text = "ever since the wee one fell off the swing he keeps walking into doors, what could it be"
    result = DISTILLER.distill(text)
    assert result.text == text
    assert result.reason is Reason.SAFETY_CRITICAL


def test_a_repeated_text_is_read_once() -> None:
    distiller = Distiller(Settings(engines=("extract",)))
    text = "Good evening! Could you kindly list the planets in order? Many thanks!"
    first, second = distiller.distill(text), distiller.distill(text)
    assert second.record.memoised
    assert first.text == second.text
    assert [stage.stage for stage in first.record.stages].count("reader") == 1


async def test_sync_and_async_agree() -> None:
    text = "Good evening! Could you kindly list the planets in order? Many thanks!"
    assert (await DISTILLER.adistill(text)).text == DISTILLER.distill(text).text


def test_a_reader_that_cannot_be_loaded_passes_the_text_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The gate is not sure without it."""
    from spsd_core.exceptions import EngineUnavailable

    def missing() -> None:
        raise EngineUnavailable("no file")

    monkeypatch.setattr("spsd_core.reader.shared_encoder", missing)
    text = "Hello! Could you please tell me which planet is the largest? Thanks!"
    result = Distiller(Settings(engines=("extract",))).distill(text)
    assert (result.text, result.reason) == (text, Reason.GATE_FAILED)
    assert result.record.decided_by == "reader"
