"""Words, stems and numbers: which forms count as the same."""

from __future__ import annotations

import pytest

from spsd_core.reading.stemming import stem
from spsd_core.verifier.words import split_words


@pytest.mark.parametrize(
    "forms",
    [
        "organise organize organised organizing organises",
        "colour color colours colored",
        "travel travelling traveling travelled",
        "analyse analyze analysing",
        "centre center centres",
        "use uses used using",
        "company companies",
        "reply replies replied replying",
        "try tries tried trying",
        "quick quickly",
        "stop stopped stopping",
        "write wrote written writing",
        "agree agreed agreeing",
        "need needs needed needing",
        "licence license",
        "favourite favorite",
        "box boxes",
        "class classes",
        "pay paid paying",
    ],
)
def test_the_forms_of_a_word_share_a_stem(forms: str) -> None:
    """Inflection and spelling are no new content."""
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "words", ["red reed", "news new", "king kin", "thing the", "quiet quit", "color collar"]
)
def test_different_words_keep_different_stems(words: str) -> None:
    """A stem that is too short would let inventions through."""
    one, other = words.split()
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("twenty-five rows", "25 rows"),
        ("three hundred and two", "300 and 2"),
        ("two thousand five hundred", "2500"),
        ("1,250.50", "1250.50"),
        ("don’t", "do not"),
        ("cannot", "can't"),
        ("20kg", "20 kg"),
        ("as a table", "as table"),
        ("the user's files", "the user files"),
    ],
)
def test_two_ways_of_writing_are_one(one: str, other: str) -> None:
    """In the canonical form, in which facts are looked for."""
    assert split_words(one).canonical == split_words(other).canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [("-5", "5"), ("1.5", "15"), ("3", "30"), ("AB12", "AB 12"), ("$5", "5"), ("10%", "10")],
)
def test_two_numbers_stay_two(one: str, other: str) -> None:
    """What changes the value or its kind is kept."""
    assert split_words(one).canonical != split_words(other).canonical


def test_a_long_run_of_number_words_makes_no_giant_number() -> None:
    """Its digits would cost quadratic time, and beyond some thousands an exception."""
    words = split_words("hundred five " * 20_000)
    assert max(map(len, words.folded)) < 60
