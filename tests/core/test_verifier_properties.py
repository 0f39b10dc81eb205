"""What holds for every text: identity passes, a lost atom fails, nothing raises, time is linear."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import any_text, prompts, written_text

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import Draft
from spsd_core.reading import AtomKind, read
from spsd_core.settings import VerifierSettings
from spsd_core.spans import Edit, apply_edits
from spsd_core.verifier import verify
from spsd_core.verifier.context import VerifierContext
from spsd_core.verifier.families import FAMILIES

unhurried = settings(deadline=None)  # a busy machine is no defect

SETTINGS = VerifierSettings(protected_terms=("lamp",))


def failed(original: str, draft: Draft) -> list[Reason | None]:
    """Why a draft is refused; empty where it is accepted."""
    checks = verify(read(original, SETTINGS.protected_terms), draft, SETTINGS)
    return [check.reason for check in checks if not check.passed]


@unhurried
@given(prompts, st.sampled_from((None, ())), st.booleans())
def test_a_text_is_a_faithful_draft_of_itself(
    text: str, edits: tuple[Edit, ...] | None, generative: bool
) -> None:
    """Whoever says to have made it."""
    assert failed(text, Draft(text, edits=edits, generative=generative)) == []


@unhurried
@given(written_text, st.data())
def test_deleting_any_atom_fails(text: str, data: st.DataObject) -> None:
    """By an engine that only deletes: from the edits alone, and from the texts."""
    reading = read(text)
    kept_verbatim = [a for a in reading.atoms if a.kind is not AtomKind.QUESTION]
    if not kept_verbatim:
        return
    atom = data.draw(st.sampled_from(kept_verbatim))
    edits = (Edit(atom.start, atom.end),)
    assert failed(text, Draft(apply_edits(text, edits), edits=edits))


@unhurried
@given(written_text, st.data())
def test_a_model_that_leaves_out_the_only_mention_of_an_atom_fails(
    text: str, data: st.DataObject
) -> None:
    """Without edits there are only the texts to compare."""
    atoms = [
        atom
        for atom in read(text).atoms
        if text.casefold().count(text[atom.start : atom.end].casefold()) == 1
        and atom.kind is not AtomKind.QUESTION  # asked twice in other words, it may be asked once
    ]
    if not atoms:
        return
    atom = data.draw(st.sampled_from(atoms))
    assert failed(text, Draft(text[: atom.start] + text[atom.end :], generative=True))


@unhurried
@given(prompts | any_text, prompts | any_text, st.booleans())
def test_no_pair_of_texts_raises(original: str, draft: str, generative: bool) -> None:
    """Lone surrogates and control characters included."""
    failed(original, Draft(draft, generative=generative))


@unhurried
@given(any_text, any_text, st.lists(st.tuples(st.integers(), st.integers(), any_text), max_size=4))
def test_no_list_of_edits_raises(
    original: str, draft: str, edits: list[tuple[int, int, str]]
) -> None:
    """A foreign engine may claim anything."""
    failed(original, Draft(draft, edits=tuple(Edit(*edit) for edit in edits)))


@pytest.mark.parametrize(
    "unit",
    ["a", " ", '"', "a@", "not ", "5 ", "not want ", "why? ", "twenty ", "- x\n", "I you ", "'",
     "A1 ", "$5 ", "Anna ", "one hundred ", "e-", "```", "me\u2019 "],
)  # fmt: skip
def test_time_is_linear_in_the_length_of_the_texts(unit: str) -> None:
    """Checks only; the reader has its own test. 20,000 characters, and a draft that differs."""
    original = unit * (20_000 // len(unit))
    draft = original[: len(original) // 2] + " 7 not " + original[len(original) // 2 :]
    for context in (
        VerifierContext(read(original), read(original), generative=True),
        VerifierContext(read(original), read(draft), generative=True),
        VerifierContext(read(draft), read(original), generative=True),
    ):
        began = time.perf_counter()
        for check in FAMILIES:
            check(context)
        assert time.perf_counter() - began < 2


def test_a_prompt_of_150_words_is_verified_in_about_a_millisecond() -> None:
    """Beyond the reading of the draft; the bound here leaves room for a busy machine."""
    sentence = (
        "I was charged $39.99 twice on May 5 for order #44713 and I do not want a voucher from"
        " Marta Lindqvist, so could you please tell me how I can get a refund? "
    )
    text = sentence * 5
    original = read(text)
    spent = []
    for _ in range(20):
        context = VerifierContext(original, read(text.replace("please ", "")), generative=True)
        began = time.perf_counter()
        for check in FAMILIES:
            check(context)
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.01
