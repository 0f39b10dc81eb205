"""What is kept of a passage does not hang on how many others stand beside it; what is noticed."""

from __future__ import annotations

import pytest

from spsd_core import ContextDistiller
from spsd_core.context.questions import asks_in_english, needs_whole_context
from spsd_core.reading.sentences import split_sentences

LIFT = (
    "The lift of the Carver Building was put in by Otis. Its maximum load is 900 kilograms. "
    "Inspectors come each spring. The doors are of brass. After the inspection of 2020 the figure "
    "was lowered to 600 kilograms. Its cabin has a mirror."
)
CROWD = [
    f"The {name} grows in the {place}. Its leaves are {colour}. Farmers cut it in the autumn. "
    "Cattle do not eat it. The oldest drawing of it hangs in a town hall."
    for name, place, colour in [
        ("sedge", "marsh", "narrow"),
        ("clover", "meadow", "round"),
        ("heather", "moor", "tiny"),
        ("thrift", "dunes", "grey"),
        ("bracken", "forest", "feathered"),
        ("teasel", "ditches", "rough"),
        ("bistre", "valley", "brown"),
        ("sorrel", "gardens", "sour"),
        ("fescue", "hills", "stiff"),
        ("burdock", "lanes", "huge"),
        ("campion", "hedges", "soft"),
        ("yarrow", "verges", "fine"),
    ]
]


def test_a_crowd_changes_nothing() -> None:
    """Nor does it make one surer of the sentence that shares the question's words."""
    distiller = ContextDistiller()
    question = "What is the maximum load of the lift?"
    found = {distiller.distill(question, [LIFT, *CROWD[:n]]).passages[0] for n in (2, 6, 12)}
    assert len(found) == 1
    assert "600 kilograms" in found.pop()


@pytest.mark.parametrize(
    "text",
    [
        "Neither Gov. Abbott nor Sen. Cruz voted for the canal.",
        "It is false that the U.S. Congress approved the canal.",
        "Nobody in the U.N. Security Council supported the canal.",
        "The battle of Ft. Sumter began the war.",
        "They open at 9 a.m. Monday to Friday.",
        "The fine is set by Art. 5 of the code.",
    ],
)
def test_a_title_or_short_form_ends_no_sentence(text: str) -> None:
    """Half of it would say the opposite."""
    assert len(split_sentences(text)) == 1


def test_a_short_form_ends_one_where_another_begins() -> None:
    assert len(split_sentences("I live in the U.S. Please tell me the rate.")) == 2
    assert len(split_sentences("We open at 9 a.m. The shop is closed on Mondays.")) == 2


@pytest.mark.parametrize(
    "question",
    [
        "Give me a bullet-point summary.",
        "Give a brief summary of the history of the castle.",
        "Tell me everything about the castle.",
        "Count the rivers.",
        "What are all the rivers?",
        "Which of the documents mention ninety?",
        "Compare the hotel and the castle.",
        "What is the highest number in the text?",
        "Translate to French.",
    ],
)
def test_what_wants_everything_is_noticed(question: str) -> None:
    assert needs_whole_context(question)


@pytest.mark.parametrize(
    ("question", "english"),
    [
        ("¿Qué edad tiene Ole Dahl?", False),
        ("Hoe diep is de put van de burcht?", False),
        ("Wie alt ist er?", False),
        ("When did Luther die?", True),
        ("How deep is the well of the castle?", True),
    ],
)
def test_short_questions_in_other_languages_are_told_apart(question: str, english: bool) -> None:
    """Five words are few to go by."""
    assert asks_in_english(question) is english
