"""Folding: many spellings, one form, and the way back to the writer's characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.safety.folding import fold, fold_offsets, unmask, unmask_offsets

ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates and NUL included


@pytest.mark.parametrize(
    "written",
    [
        "i cant breathe",
        "I CAN'T BREATHE",
        "I can’t  breathe",
        "i\tcan't\n\nbreathe",
        "i can\u200bt brea\u200dthe",
        "i cаnt brеаthe",  # Cyrillic а and е
        "ι CΑΝ'Τ ΒREΑΤΗΕ",  # Greek capitals
        "ｉ ｃａｎ'ｔ ｂｒｅａｔｈｅ",
        "í cän't bréathê",
        "**i** can't *breathe*",
        "i can't\u00a0brea\u00adthe",
        "i can\x00't breathe\ud800",
    ],
)
def test_spellings_of_one_sentence_fold_to_one_form(written: str) -> None:
    assert fold(written).strip() == "i cant breathe"


def test_sentence_ends_survive_but_trailing_dots_become_a_gap() -> None:
    assert fold("Stop. Now... go!") == "stop. now go!"


def test_scripts_without_a_latin_twin_are_kept() -> None:
    assert fold("我想死。") == "我想死."
    assert fold("मरना चाहता") == "मरना चाहता"


@given(ANY_TEXT)
def test_every_folded_character_has_a_place_in_the_text(text: str) -> None:
    folded, origin = fold(text), fold_offsets(text)
    assert len(origin) == len(folded) + 1
    assert origin == sorted(origin)
    assert origin[-1] == len(text)
    assert all(0 <= place < len(text) for place in origin[:-1])


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("masked", "plain"),
    [
        ("i will k1ll mys3lf", "i will kill myself"),
        ("k i l l m y s e l f", "killmyself"),
        ("k.i.l.l m.e", "kill.m.e"),
        ("commit $uicide", "commit suicide"),
    ],
)
def test_hidden_words_are_read(masked: str, plain: str) -> None:
    assert (unmask(masked) or "").replace(".", "") == plain.replace(".", "")


@pytest.mark.parametrize("text", ["call 911", "$999 for 12 months", "a plan b plan", "use gpt 4"])
def test_plain_text_is_not_unmasked(text: str) -> None:
    assert unmask(text) is None


@given(ANY_TEXT.map(fold) | st.text(alphabet="ab1 3.@$,"))
def test_every_unmasked_character_has_a_place_in_the_folded_text(folded: str) -> None:
    unmasked = unmask(folded)
    if unmasked is not None:
        origin = unmask_offsets(folded)
        assert len(origin) == len(unmasked) + 1
        assert origin == sorted(origin)
        assert origin[-1] == len(folded)
