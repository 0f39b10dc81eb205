"""Cuts inside a sentence leave no fragment, no half of a pair, no mark without a word."""

from __future__ import annotations

import re
import time

import pytest

from spsd_core.engines.extract import removals
from spsd_core.engines.mending import edits_for
from spsd_core.reader.types import Certainty, Role, RoleReading, WordRole
from spsd_core.spans import apply_edits

SURE = Certainty(0.8, 0.8, 0.8)


def left(text: str, *scaffold: str) -> str:
    """`text` after the cuts, where these phrases are scaffold to a stand-in for the Reader."""
    spans = [(text.index(part), text.index(part) + len(part)) for part in scaffold]
    words = []
    for match in re.finditer(r"\w+|[^\w\s]", text):
        start, end = match.span()
        sure = any(first <= start and end <= last for first, last in spans)
        chances = [0.0] * len(Role)
        chances[list(Role).index(Role.SCAFFOLD if sure else Role.TASK)] = 1.0
        words.append(WordRole(start, end, tuple(chances)))
    roles = RoleReading(text, tuple(words), {"none": 1.0}, {"neutral": 1.0}, (1.0,))
    edits = edits_for(text, [removal.span for removal in removals(roles, SURE)], ())
    return apply_edits(text, edits)


@pytest.mark.parametrize(
    ("text", "scaffold", "expected"),
    [
        ("Could you please tell me why it rains?", "Could you please", "Tell me why it rains?"),
        ("I was hoping you could tell me why.", "I was hoping you could tell", "Tell me why."),
        ("Name a river and thank you.", "thank you", "Name a river."),
        ("My questions are is it safe?", "My questions", "My questions are is it safe?"),
        ("Can you say is it safe?", "Can you say", "Is it safe?"),
        ("Well I'm walking home, why?", "Well I'm", "I'm walking home, why?"),
        (
            "It would be good if I can get it.",
            "It would be good if I can",
            "It would be good if I can get it.",
        ),
        ("Sorry, me again, I've moved.", "Sorry, me again, I", "I've moved."),
        ("I'd love you to sing.", "I'd love you", "I'd love you to sing."),
        ("I'd be glad if you could not tell.", "I'd be glad", "I'd be glad if you could not tell."),
        (
            "I'd like you to know that I fly.",
            "I'd like you to know",
            "I'd like you to know that I fly.",
        ),
        ("Thanks that helped.", "Thanks", "That helped."),
        ("Can you help me understand it?", "Can you help me", "Help me understand it?"),
        ("Can you help me find it?", "Can you help me", "Find it?"),
        (
            "I hurt my back and I'd be grateful if you could name a stretch.",
            "I'd be grateful if you could",
            "I hurt my back and I'd be grateful if you could name a stretch.",
        ),
        (
            "It is swollen and I want you to tell me why.",
            "and I want you to",
            "It is swollen and I want you to tell me why.",
        ),
        (
            "it is swollen and i want you to tell me why",
            "and i want you to",
            "it is swollen tell me why",
        ),
        (
            "My English is bad so please use easy words.",
            "so please",
            "My English is bad so use easy words.",
        ),
        (
            "I wanted you to name one but you named ten.",
            "I wanted you to",
            "I wanted you to name one but you named ten.",
        ),
        ("I'd like you to not tell.", "I'd like you to", "I'd like you to not tell."),
        ("Thank you I will try that.", "you", "Thank you I will try that."),
        ("Can I get a refund?", "Can I", "Can I get a refund?"),
        (
            "It froze and I want to know why it did.",
            "and I want to know",
            "It froze and I want to know why it did.",
        ),
        ("Send it to my friend please.", "please", "Send it to my friend."),
        ("This is for the kind help.", "kind help", "This is for the kind help."),
        ("Name a river [many thanks] now.", "[many thanks", "Name a river now."),
        ("**Hi there! Sort** this list.", "**Hi there", "**Hi there! Sort** this list."),
        ("Note: thanks a lot.", "thanks a lot", "Note:"),
        (
            "If I gave you a photo, could you name it?",
            "If I gave you a photo, could you",
            "If I gave you a photo, could you name it?",
        ),
        (
            "If you could change one law, which is it?",
            "If you could",
            "If you could change one law, which is it?",
        ),
        (
            "If you can, name it, otherwise guess.",
            "If you can,",
            "If you can, name it, otherwise guess.",
        ),
        ("If I may ask, which river is it?", "If I may ask,", "Which river is it?"),
        ("Name a river, if you can.", "if you can", "Name a river."),
        ("Thanks a lot. :) Name a river.", "Thanks a lot", "Name a river."),
        ("I need help :( Name a river.", "I need help", "I need help :( Name a river."),
    ],
)
def test_what_is_left_can_stand(text: str, scaffold: str, expected: str) -> None:
    assert left(text, scaffold) == expected


def test_a_link_is_not_halved() -> None:
    text = "[Hello there](https://example.com) sort this list."
    assert left(text, "[Hello there") == text


def test_cutting_takes_time_in_proportion_to_the_length() -> None:
    def seconds(count: int) -> float:
        text = "name it if you can and go " * count
        words = []
        for match in re.finditer(r"\w+", text):
            chances = [0.0] * len(Role)
            goes = match[0] in ("if", "you", "can")
            chances[list(Role).index(Role.SCAFFOLD if goes else Role.TASK)] = 1.0
            words.append(WordRole(*match.span(), tuple(chances)))
        roles = RoleReading(text, tuple(words), {"none": 1.0}, {"neutral": 1.0}, (1.0,))
        began = time.process_time()
        list(removals(roles, SURE))
        return time.process_time() - began

    seconds(10)
    short, long = min(seconds(150) for _ in range(3)), min(seconds(1200) for _ in range(3))
    assert long < 8 * 4 * short
