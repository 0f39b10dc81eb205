"""What holds for the reading of every text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsd_core.reading import AtomKind, read
from spsd_core.reading.source import normal_form

_PIECES = [
    *(
        "please thanks no not 3 $5 May Friday Bob NASA I ? ! . , : ; - ( ) [ ] { } \" ' “ ” `"
        " ``` http://a.example a@b.example translate this email write saying say A) B) 1. > |"
        " only at most in JSON table as urgent ASAP !!! x = + \\( $ 0 İ ß 😊 <b> you are a act"
        " here is the text today have nice day hope between and one hundred million can't n't"
        " # _ / @ www. e.g. Mr."
    ).split(" "),
    "\n",
    "\n\n",
    "\r\n",
    "\ud800",
    "\0",
]
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=40).flatmap(
    lambda pieces: st.sampled_from(["", " "]).map(lambda glue: glue.join(pieces))
) | st.text(max_size=200)
_KEY_IS_SURFACE = frozenset(AtomKind) - {AtomKind.NEGATION, AtomKind.QUESTION, AtomKind.FEELING}


@settings(max_examples=400, deadline=None)
@given(_TEXTS)
def test_reading_never_raises_and_its_spans_are_sound(text: str) -> None:
    reading = read(text, ("nice day",))
    assert reading.text == text
    for atom in reading.atoms:
        assert 0 <= atom.start < atom.end <= len(text)
        assert atom.key
    assert [a.start for a in reading.atoms] == sorted(a.start for a in reading.atoms)
    for spans in (reading.payload, reading.protected):
        position = -1
        for start, end in spans:
            assert position < start < end <= len(text)
            position = end
    protected = set()
    for start, end in reading.protected:
        protected.update(range(start, end))
    for start, end in reading.payload:
        assert protected.issuperset(range(start, end))
    for atom in reading.atoms:
        assert atom.kind is AtomKind.QUESTION or protected.issuperset(range(atom.start, atom.end))


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_the_same_text_is_read_the_same_way_and_keys_stand_in_it(text: str) -> None:
    reading = read(text)
    again = read("".join(text))
    assert [(a.kind, a.key) for a in again.atoms] == [(a.kind, a.key) for a in reading.atoms]
    folded = normal_form(text)
    for atom in reading.atoms:
        if atom.kind in _KEY_IS_SURFACE:
            assert normal_form(atom.key) in folded


_HOSTILE = [
    "a",
    "a ",
    " ",
    "\n",
    ".",
    "a. ",
    "1 ",
    "1. ",
    "1,",
    "$5 ",
    "5 May ",
    "no ",
    "not want ",
    "No one ",
    "A",
    "AB CD EF ",
    "{",
    "[1",
    '{"a":',
    "<a>",
    "<a",
    "`",
    "``` ",
    "```\n",
    '"',
    '" ',
    "'a ",
    "“",
    "“a” ",
    "‘",
    "a@",
    "a@b.c ",
    "://",
    "http://a ",
    "a_b ",
    "a/b/c ",
    "#",
    "\\(",
    "$",
    "= ",
    "x = ",
    "-",
    ":) ",
    "😊",
    "- a\n",
    "a: b\n",
    "a,b,c\n",
    "> a\n",
    "    x\n",
    "translate ",
    "edit this ",
    "write an email saying ",
    "reply to this ",
    "here is the text ",
    "is this email polite? ",
    "what does it mean ",
    "A) b B) c ",
    "one hundred ",
    "as short as ",
    "between a and ",
    "only ",
    "have a nice day ",
    "today ",
    "urgent ",
    "no!!! ",
    "how are you? ",
    "tell me how ",
    "+1 ",
    "(555) 123-4567 ",
    "a.b.c.",
    "e.g. ",
    "İ ",
    "\ud800",
    'Translate "a b c".\n',
    "summarize this. ",
    "you are a ",
    "when the user says ",
    "my name is ",
]


@pytest.mark.parametrize("unit", _HOSTILE)
def test_reading_takes_time_in_proportion_to_the_length(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        runs = []
        for _ in range(3):
            started = time.process_time()
            read(text)
            runs.append(time.process_time() - started)
        return min(runs)

    assert seconds(24_000) < 3.5 * seconds(12_000) + 0.02


def test_a_text_with_more_atoms_than_prose_can_hold_is_payload_as_a_whole() -> None:
    text = "no! " * 30_000
    reading = read(text)
    assert reading.payload == reading.protected == ((0, len(text)),)


def test_long_prose_is_read_atom_by_atom() -> None:
    text = (
        "Please tell Anna that the slow train leaves from Berlin at 10:30, and that she should"
        " bring all the books that she still has at home. "
    ) * 2_000
    reading = read(text)
    assert len(reading.of_kind(AtomKind.NAME)) == 4_000
    assert reading.payload == ()
