"""Where sentences and lines end."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.reading.sentences import split_sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("  \n\t ", []),
        ("no marks at all", ["no marks at all"]),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("one. two", ["one.", "two"]),
        ("What?! Really...", ["What?!", "Really..."]),
        ("Hi!! Can you help??", ["Hi!!", "Can you help??"]),
        ("I met Mr. Brown and Dr. Lee. They left.", ["I met Mr. Brown and Dr. Lee.", "They left."]),
        ("Fruit, e.g. apples, i.e. food.", ["Fruit, e.g. apples, i.e. food."]),
        ("The U.S. is big.", ["The U.S. is big."]),
        ("He lives in the U.S. He likes it.", ["He lives in the U.S.", "He likes it."]),
        ("Come at 5 p.m. tomorrow.", ["Come at 5 p.m. tomorrow."]),
        ("Come at 5 p.m. It is late.", ["Come at 5 p.m.", "It is late."]),
        ("See Fig. 3 and No. 5 there.", ["See Fig. 3 and No. 5 there."]),
        ("I said no. It was late.", ["I said no.", "It was late."]),
        ("J. K. Rowling wrote it.", ["J. K. Rowling wrote it."]),
        ("So do I. Good.", ["So do I.", "Good."]),
        ("It costs 3.50 now. Fine.", ["It costs 3.50 now.", "Fine."]),
        ("See https://a.example/x?y=1. Ok.", ["See https://a.example/x?y=1.", "Ok."]),
        ("Well... maybe it works", ["Well... maybe it works"]),
        ("Well... i tried", ["Well...", "i tried"]),
        ("Hello… Can you help", ["Hello…", "Can you help"]),
        ("First line\nsecond line\r\n\r\nthird", ["First line", "second line", "third"]),
        ("1. Tea\n2. Milk", ["1. Tea", "2. Milk"]),
        ('"Stop!" he said. Then "Go." Yes.', ['"Stop!" he said.', 'Then "Go."', "Yes."]),
        ("Is it (really?) so? Yes.", ["Is it (really?) so?", "Yes."]),
        ("thanks :) can you do it", ["thanks :)", "can you do it"]),
        ("Thanks! 😊 Can you do it?", ["Thanks! 😊", "Can you do it?"]),
        ("thanks 🙏 can you do it", ["thanks 🙏", "can you do it"]),
        ("Hello.I need a list.", ["Hello.", "I need a list."]),
        ("Use node.js or asp.net here.", ["Use node.js or asp.net here."]),
        ("It broke .please help", ["It broke .", "please help"]),
        ("It broke.plzzz help", ["It broke.", "plzzz help"]),
        ("Use .net and a .py file", ["Use .net and a .py file"]),
        (
            "Subject: my lamp\nMessage: Hi, it broke",
            ["Subject: my lamp", "Message:", "Hi, it broke"],
        ),
        ("The message: it broke", ["The message: it broke"]),
        ("Question:\nWhy?", ["Question:", "Why?"]),
        ("你好。谢谢！", ["你好。", "谢谢！"]),
        ("ratio 3:2; fine", ["ratio 3:2; fine"]),
    ],
)
def test_a_text_is_cut_at_the_ends_of_its_sentences_and_lines(
    text: str, sentences: list[str]
) -> None:
    assert cut(text) == sentences


@given(
    st.text(alphabet=st.sampled_from("ab I.!?…:)\"'”\n\r \t😊1eg\ud800\0"), max_size=80) | st.text()
)
def test_sentences_are_in_order_and_hold_every_character_but_spaces(text: str) -> None:
    position = 0
    for start, end in split_sentences(text):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        position = end
    assert not text[position:].strip()


@pytest.mark.parametrize("unit", ["a. ", ". ", "...a", "1. ", "😊", ":) ", '!"', "\n", "U.S. "])
def test_cutting_takes_time_in_proportion_to_the_length(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        runs = []
        for _ in range(3):
            started = time.process_time()
            split_sentences(text)
            runs.append(time.process_time() - started)
        return min(runs)

    assert seconds(80_000) < 3.5 * seconds(40_000) + 0.02
