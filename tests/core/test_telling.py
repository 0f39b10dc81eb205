"""Orders, conditions and data in the words of a ceremony stay, whatever the Reader says of them."""

from __future__ import annotations

import re

import pytest

from spsd_core import Distiller
from spsd_core.engines.telling import without_telling
from spsd_core.spans import Span

ASKED = "How tall is the lighthouse of Kaskinen?"


@pytest.fixture(scope="module")
def distiller() -> Distiller:
    return Distiller()


@pytest.mark.parametrize(
    "told",
    [
        "I'd be glad if you stopped using emojis.",
        "I'd be grateful if you avoided lists.",
        "I'd be grateful if you only answered with yes or no.",
        "I'd be happy if you could be stricter.",
        "I'd appreciate it if you waited for my next message before you answer.",
        "Sorry for asking again, but in metres please.",
        "Thanks again, and in kilometres please.",
        "Sorry for asking again, but shorter please.",
        "Thanks for answering like a pirate.",
        "Thanks for skipping the introduction.",
        "Thanks for leaving out museums.",
        "Thanks for writing it in Welsh.",
        "Sources would be much appreciated.",
        "Sorry, please ignore my last message.",
        "Sorry, never mind the table.",
        "Excuse my English, I'm a physicist, so please go into depth.",
        "Hopefully with pictures if possible, please explain it to me.",
        "Thanks for keeping it under a page, if possible.",
    ],
)
def test_an_order_in_courtesy_stays(distiller: Distiller, told: str) -> None:
    """Its last word, at least, is there."""
    sent = distiller.distill(f"Hello! {told} {ASKED} Thank you!").text
    words = [word for word in re.findall(r"\w+", told.lower()) if word != "please"]
    kept = iter(re.findall(r"\w+", sent.lower()))
    assert [word for word in words[-1:] if word not in kept] == [], sent


@pytest.mark.parametrize(
    "held",
    [
        "I'd be grateful if you avoided lists.",
        "I'd appreciate it if the technician rang before noon.",
        "I'd be grateful if you only answered with yes or no.",
        "Thanks for writing it in Welsh.",
    ],
)
def test_what_hangs_on_thanks_is_not_left_alone(distiller: Distiller, held: str) -> None:
    """`If you avoided lists.` is no sentence."""
    assert held in distiller.distill(f"{held} {ASKED} Thank you!").text


@pytest.mark.parametrize(
    "text",
    [
        "I was going to ask if you could please refund order 12, but it came today. Thanks!",
        "We were hoping you could deliver on Monday only to find the door closed. Thanks!",
        "I asked if you could please send a blue one and got red. Thank you so much!",
        "I was wondering if you could fix the app before May but nothing happened. Thanks!",
    ],
)
def test_what_was_asked_before_is_no_order_now(distiller: Distiller, text: str) -> None:
    """The frame in the past stays."""
    sent = distiller.distill(text).text
    assert sent.startswith(text[:8])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Thanks a lot, that was really helpful. Is that sarcastic? My boss wrote it.", "Thanks"),
        ("I hope this email finds you well. Give me three better first lines.", "finds you well"),
        ("Sorry for my bad English. How can I make it better in three months? Thanks!", "English"),
        ("Can you email me or can you only write here? Thank you so much!", "Can you email"),
        ("If it's okay with Ann please move the meeting to five. Thanks!", "with Ann"),
        ("Could you or a colleague please tell me the price of it? Thanks!", "Could you or"),
        ("Sorry to ask, but could I get only the names of the two? Thanks!", "could I get"),
    ],
)
def test_what_the_rest_is_about_stays(distiller: Distiller, text: str, kept: str) -> None:
    """Courtesy as the datum, as a condition, as a part of a question."""
    assert kept.lower() in distiller.distill(text).text.lower()


@pytest.mark.parametrize(
    "courtesy",
    [
        "I would be very grateful if you could help me with this.",
        "I'd appreciate it if you could let me know.",
        "Thanks for taking the time to read this.",
        "Sorry for my bad English!",
        "Sorry for the long text and thank you in advance.",
    ],
)
def test_courtesy_that_tells_nothing_goes(distiller: Distiller, courtesy: str) -> None:
    """The guard is no excuse for leaving it."""
    assert distiller.distill(f"{ASKED} {courtesy}").text == ASKED


def test_spans_are_judged_one_by_one() -> None:
    """One that tells something does not hold the others."""
    text = "Hello! Thanks for skipping the introduction."
    assert without_telling(text, [Span(0, 6), Span(7, 44)]) == [Span(0, 6)]
