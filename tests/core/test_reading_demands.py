"""Negations, limits, demands on form, questions and feelings."""

from __future__ import annotations

import pytest
from reading_probes import is_free, keys, surfaces

from spsd_core.reading import AtomKind, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't want a refund.", ["don't want a refund"]),
        ("I dont want it, thanks", ["dont want it"]),
        ("It can’t be opened", ["can’t be opened"]),
        ("You can not use loops", ["can not use loops"]),
        ("It never works.", ["never works"]),
        ("tea without sugar and milk", ["without sugar"]),
        ("There is no sound.", ["no sound"]),
        ("neither red nor blue paint", ["neither red nor blue"]),
        ("Nothing happens.", ["Nothing happens"]),
        ("use tabs instead of spaces", ["instead of spaces"]),
        ("tea rather than coffee", ["rather than coffee"]),
        ("unless it rains", ["unless it rains"]),
        ("all except the last", ["except the last"]),
        ("It fails to start.", ["fails to start"]),
        ("No one answers.", ["No one answers"]),
        ("It won't open", ["won't open"]),
    ],
)
def test_negations_are_found_with_what_they_negate(text: str, expected: list[str]) -> None:
    assert surfaces(text, AtomKind.NEGATION) == expected


@pytest.mark.parametrize(
    "text",
    [
        "No worries!",
        "No problem at all.",
        "Please don't hesitate to ask.",
        "If you don't mind, help me.",
        "Never mind.",
        "I don't want to bother you.",
        "I can't thank you enough.",
        "Why don't you tell me a joke?",
        "I know and note it.",
    ],
)
def test_set_phrases_of_courtesy_are_no_negations(text: str) -> None:
    assert surfaces(text, AtomKind.NEGATION) == []


def test_the_key_of_a_negation_tells_what_is_negated_and_how() -> None:
    wanted = keys("I don't want a refund", AtomKind.NEGATION)
    assert wanted != keys("I can't get a refund", AtomKind.NEGATION)
    assert wanted == keys("i dont want refunds", AtomKind.NEGATION)
    assert keys("it cannot open", AtomKind.NEGATION) == keys("it can't open", AtomKind.NEGATION)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("at most 3 items", "at most 3 items"),
        ("at least two of them", "at least two of them"),
        ("no more than 5 lines", "no more than 5 lines"),
        ("up to 10 names", "up to 10 names"),
        ("under 100 words", "under 100 words"),
        ("within 24 hours", "within 24 hours"),
        ("between 3 and 5 pages", "between 3 and 5 pages"),
        ("only the code", "only the code"),
        ("just the code please", "just the code"),
        ("exactly four lines", "exactly four lines"),
        ("except cheese", "except cheese"),
        ("until Friday", "until Friday"),
        ("by Friday", "by Friday"),
        ("by the end of May", "by the end of May"),
        ("more than 3 cats", "more than 3 cats"),
        ("maximum 5 bullets", "maximum 5 bullets"),
        ("limit it to 50 words", "limit it to 50 words"),
        ("before 2020", "before 2020"),
        ("Thank you for writing with easy words.", "easy words"),
        ("If possible, send two.", "If possible"),
        ("please do it today if at all possible", "if at all possible"),
        ("Tell me in plain English, please.", "plain English"),
    ],
)
def test_limits_are_found_with_what_they_limit(text: str, limit: str) -> None:
    assert limit in surfaces(text, AtomKind.LIMIT)


@pytest.mark.parametrize(
    "text",
    [
        "I just wanted to say hello.",
        "I only wanted to ask.",
        "just a quick question",
        "I am more than happy to wait.",
        "It is up to you.",
        "the relation between tea and milk",
        "written by the way",
        "is it possible to swim there",
        "Thanks for helping if possible.",
    ],
)
def test_words_that_limit_nothing_are_no_limits(text: str) -> None:
    assert surfaces(text, AtomKind.LIMIT) == []


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Give it as a table.", "as a table"),
        ("Answer in JSON.", "in JSON"),
        ("Use bullet points.", "bullet points"),
        ("Answer in French.", "in French"),
        ("Explain step by step.", "step by step"),
        ("Explain step-by-step.", "step-by-step"),
        ("Say it in one sentence.", "in one sentence"),
        ("Write in 3 paragraphs.", "in 3 paragraphs"),
        ("Give code, no explanation.", "no explanation"),
        ("Explain with examples.", "with examples"),
        ("in a formal tone", "in a formal tone"),
        ("like I'm five", "like I'm five"),
        ("as a numbered list", "as a numbered list"),
        ("write it in Python", "in Python"),
        ("keep it short", "keep it short"),
        ("in simple terms", "in simple terms"),
        ("as short as possible", "as short as possible"),
        ("explain briefly", "briefly"),
        ("for a 5 year old", "for a 5 year old"),
        ("in alphabetical order", "in alphabetical order"),
    ],
)
def test_demands_on_form_are_found(text: str, form: str) -> None:
    assert form in surfaces(text, AtomKind.FORMAT)


@pytest.mark.parametrize(
    "text", ["in order to win", "as a child I read", "with my friend", "in Rome"]
)
def test_phrases_that_ask_for_no_form_are_none(text: str) -> None:
    assert surfaces(text, AtomKind.FORMAT) == []


@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of Peru?",
        "how do i sort a list",
        "Hi, what is rust",
        "Tell me how engines work.",
        "I was wondering whether it is open.",
        "Can you explain recursion",
        "is there a way to sort it",
        "I'd like to know why it rains.",
        "So, does it float?!",
        "I don't know what to cook.",
    ],
)
def test_questions_direct_and_indirect_are_found(text: str) -> None:
    assert len(surfaces(text, AtomKind.QUESTION)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "How are you?",
        "Hi there, how are you doing today?",
        "How's it going?",
        "What's up?",
        "Hope that's ok?",
        "Can I ask you something?",
        "Could I ask you a quick question?",
        "Is that okay?",
        "Are you there?",
        "Can you help me?",
        "What a nice day.",
        "I was wondering if you could write a poem.",
        "Have a nice day.",
        "When I run it, it stops.",
    ],
)
def test_ritual_questions_and_statements_are_no_questions(text: str) -> None:
    assert surfaces(text, AtomKind.QUESTION) == []


def test_a_question_may_lose_its_courtesy() -> None:
    text = "Could you please tell me what time the shop opens?"
    assert is_free(read(text), "Could you please tell me")
    assert keys(text, AtomKind.QUESTION) == keys("What time does the shop open?", AtomKind.QUESTION)


def test_the_key_of_a_question_leaves_the_greeting_out() -> None:
    with_greeting = keys("Hi ChatGPT, how do magnets work, thanks?", AtomKind.QUESTION)
    assert with_greeting == keys("How do magnets work?", AtomKind.QUESTION)


@pytest.mark.parametrize(
    ("text", "feeling"),
    [
        ("I'm so frustrated with it.", "frustrated"),
        ("This is really annoying.", "frustrated"),
        ("I am worried about my exam.", "anxious"),
        ("I am scared of flying.", "anxious"),
        ("I'm afraid of dogs.", "anxious"),
        ("I need it ASAP.", "urgent"),
        ("This is urgent.", "urgent"),
        ("as soon as possible", "urgent"),
        ("I am heartbroken.", "sad"),
        ("My cat passed away.", "sad"),
        ("I'm so excited about the trip!", "excited"),
        ("I'm fed up.", "frustrated"),
        ("I am at my wits' end", "frustrated"),
        ("I have had it up to here.", "frustrated"),
        ("We are over the moon!", "excited"),
        ("It is the third time I call", "frustrated"),
        ("WHY IS THIS BROKEN AGAIN", "frustrated"),
        ("I can't wait for the party", "excited"),
    ],
)
def test_real_feelings_are_found_with_their_class(text: str, feeling: str) -> None:
    found = keys(text, AtomKind.FEELING)
    assert [key.split()[0] for key in found] == [feeling]


@pytest.mark.parametrize(
    "text",
    [
        "Sorry to bother you.",
        "I'm happy to help.",
        "I'm afraid that is all.",
        "Excited to hear from you!",
        "I would be so grateful.",
        "I hate to bother you.",
        "Don't worry about it.",
        "No worries!",
        "To whom it may concern",
        "Thanks!!!",
        "THANK YOU SO MUCH",
        "I can't wait to hear from you",
        "as soon as it rains",
    ],
)
def test_ritual_feelings_are_none(text: str) -> None:
    assert keys(text, AtomKind.FEELING) == []


def test_emphasis_counts_on_a_complaint_only() -> None:
    assert "emphasis !" in keys("It still doesn't work!!!", AtomKind.FEELING)
    assert keys("Hello!!!", AtomKind.FEELING) == []
