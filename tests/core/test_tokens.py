"""Llama 3's own tokens, the chat template, the estimate, and what counts as a saving."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
import regex  # type: ignore[import-untyped]
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from token_texts import LETTER, TEXTS, counter

from spsd_core.tokens import RequestCounter
from spsd_core.tokens.estimate import EstimateCounter
from spsd_core.tokens.llama3 import LLAMA3_SPLIT, SPECIAL_TOKENS
from spsd_core.tokens.pieces import by_pieces, cut, well_formed
from spsd_core.tokens.request import _MARGIN_SHARE, _MARGIN_TOKENS


@pytest.fixture(scope="session")
def llama3_ranks() -> dict[bytes, int]:
    """Llama 3's vocabulary, read here by other code than the counter's."""
    spec = find_spec("llama_models")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "llama3" / "tokenizer.model"
    lines = file.read_text(encoding="ascii").split("\n")
    return {
        base64.b64decode(word): int(rank)
        for word, _, rank in (x.partition(" ") for x in lines)
        if word
    }


@pytest.fixture(scope="session")
def reference(llama3_ranks: dict[bytes, int]) -> Callable[[str], list[int]]:
    """Byte-pair encoding as the textbook has it, in Python: split, then merge the lowest rank."""
    split = regex.compile(LLAMA3_SPLIT)

    def encode(text: str) -> list[int]:
        ids: list[int] = []
        for word in split.findall(text):
            parts = [bytes([byte]) for byte in word.encode()]
            while len(parts) > 1:
                ranks = [llama3_ranks.get(a + b, 1 << 30) for a, b in pairwise(parts)]
                lowest = min(ranks)
                if lowest == 1 << 30:
                    break
                place = ranks.index(lowest)
                parts[place : place + 2] = [parts[place] + parts[place + 1]]
            ids += [llama3_ranks[part] for part in parts]
        return ids

    return encode


@pytest.fixture(scope="session")
def llama3() -> RequestCounter:
    return counter("llama3")


class TestLlama3:
    @pytest.mark.parametrize("text", TEXTS)
    def test_it_counts_what_textbook_byte_pair_encoding_gives(
        self, llama3: RequestCounter, reference: Callable[[str], list[int]], text: str
    ) -> None:
        assert llama3.text(text) == len(reference(text))

    @settings(max_examples=150, deadline=None)
    @given(text=st.text(st.characters(exclude_categories=["Cn"]), max_size=80))
    def test_it_does_so_for_any_text(
        self, llama3: RequestCounter, reference: Callable[[str], list[int]], text: str
    ) -> None:
        """Of characters Python knows: what newer ones are depends on a library's Unicode."""
        assert llama3.text(text) == len(reference(well_formed(text)))

    def test_known_counts(self, llama3: RequestCounter) -> None:
        """Each of these words is in the vocabulary as a whole; digits go in threes."""
        assert llama3.text("Hello world") == 2  # "Hello", " world"
        assert llama3.text("1234567") == 3  # "123", "456", "7"
        assert llama3.text("I don't know.") == 5  # "I", " don", "'t", " know", "."
        assert llama3.text("Thank you!") == 3

    def test_markers_in_a_text_are_plain_text(self, llama3: RequestCounter) -> None:
        assert llama3.text("<|eot_id|>") > 1
        assert llama3.exact

    def test_a_text_longer_than_a_piece_counts_the_same(
        self, llama3: RequestCounter, reference: Callable[[str], list[int]]
    ) -> None:
        text = "\n\n".join(f"{number}. {LETTER}" for number in range(12))
        assert len(text) > 4_000
        assert llama3.text(text) == len(reference(text))

    def test_what_stands_before_an_endless_word_does_not_change_its_count(
        self, llama3: RequestCounter
    ) -> None:
        blob = "Qm9uam91cg" * 900
        alone = llama3.text(f" {blob}")
        for before in ("Look:", "Hi, please look at this:", LETTER + " Look:"):
            assert llama3.text(f"{before} {blob}") == llama3.text(before) + alone


class TestTemplate:
    def test_the_frame_is_what_the_real_tokenizer_makes_of_the_template(
        self, llama3: RequestCounter, llama3_ranks: dict[bytes, int]
    ) -> None:
        encoding = tiktoken.Encoding(
            name="with the markers allowed",
            pat_str=LLAMA3_SPLIT,
            mergeable_ranks=llama3_ranks,
            special_tokens=SPECIAL_TOKENS,
        )
        messages = [
            ("system", "Answer briefly."),
            ("user", f"\n  {LETTER}  \n"),
            ("assistant", ""),
            ("tool", '{"rows": 3}'),
            ("critic", "...not sure"),
            ("user", "\u00a0 'tis all\x1c"),
        ]
        written = "<|begin_of_text|>"
        for role, text in messages:
            name = "ipython" if role == "tool" else role
            written += f"<|start_header_id|>{name}<|end_header_id|>\n\n{text.strip()}<|eot_id|>"
        written += "<|start_header_id|>assistant<|end_header_id|>\n\n"
        assert llama3.request(messages) == len(encoding.encode(written, allowed_special="all"))

    def test_no_template_counts_the_bare_texts(self) -> None:
        bare = counter("llama3", "none")
        assert bare.request([("system", "Hello world "), ("user", "Hello")]) == 4
        assert bare.request([]) == 0

    @pytest.mark.parametrize("template", ["llama3", "none"])
    @pytest.mark.parametrize("text", [*TEXTS, "\n\n ends in blanks \n"])
    def test_a_request_is_its_empty_frame_and_the_content(self, template: str, text: str) -> None:
        for tokenizer in ("llama3", "estimate"):
            count = counter(tokenizer, template)
            frame = count.request([("user", "")])
            assert count.request([("user", text)]) == frame + count.content(text)

    def test_dropping_white_space_at_the_ends_saves_nothing(self, llama3: RequestCounter) -> None:
        assert llama3.content("Sort them.\n\n\n") == llama3.content("Sort them.")


class TestSaves:
    def test_an_exact_count_is_taken_at_its_word(self, llama3: RequestCounter) -> None:
        llama3.text("loaded")
        assert llama3.saves(10, 9, 1)
        assert not llama3.saves(10, 10, 1)
        assert not llama3.saves(10, 11, 1)
        assert not llama3.saves(10, 8, 3)

    def test_an_estimate_holds_a_margin_back(self) -> None:
        estimate = counter("estimate")
        assert not estimate.saves(10, 10, 1)
        assert not estimate.saves(10, 8, 1)
        assert estimate.saves(10, 7, 1)
        assert not estimate.saves(100, 68, 25)  # 32 less a quarter is 24
        assert estimate.saves(100, 66, 25)

    @given(before=st.integers(0, 10_000), after=st.integers(0, 10_000), minimum=st.integers(1, 500))
    def test_an_estimate_is_never_bolder_than_an_exact_count(
        self, before: int, after: int, minimum: int
    ) -> None:
        if counter("estimate").saves(before, after, minimum):
            assert before - after >= minimum + _MARGIN_TOKENS
            assert (before - after) * (1 - _MARGIN_SHARE) >= minimum

    def test_its_yes_holds_when_a_sentence_is_deleted(self, llama3: RequestCounter) -> None:
        estimate = counter("estimate")
        sentences = LETTER.split(". ")
        claimed = 0
        for dropped in range(len(sentences)):
            shorter = ". ".join(sentences[:dropped] + sentences[dropped + 1 :])
            if estimate.saves(estimate.text(LETTER), estimate.text(shorter), 3):
                claimed += 1
                assert llama3.text(LETTER) - llama3.text(shorter) >= 3
        assert claimed >= 2


class TestEstimate:
    @pytest.mark.parametrize("text", [LETTER, LETTER.replace("\n", " "), LETTER * 5])
    def test_it_is_within_a_tenth_on_english(self, llama3: RequestCounter, text: str) -> None:
        assert EstimateCounter().count(text) == pytest.approx(llama3.text(text), rel=0.1)

    @pytest.mark.parametrize(
        "text",
        [
            "Подскажите, пожалуйста, как отсортировать этот список по возрастанию?",
            "Μπορείτε να μου πείτε πώς να αλλάξω τον κωδικό μου;",
            "请问怎样才能修改我的账户密码？非常感谢您的帮助。",
            "パスワードを変更する方法を教えていただけますか？",
            "비밀번호를 어떻게 바꾸는지 알려 주실 수 있나요?",
            "هل يمكنك مساعدتي في كتابة رسالة قصيرة إلى مديري؟",
            "क्या आप मुझे बता सकते हैं कि मैं अपना पासवर्ड कैसे बदलूं?",
        ],
    )
    def test_it_is_in_the_right_region_for_other_scripts(
        self, llama3: RequestCounter, text: str
    ) -> None:
        assert EstimateCounter().count(text) == pytest.approx(llama3.text(text), rel=0.35)

    @settings(max_examples=400)
    @given(text=st.text())
    def test_it_is_never_negative_and_only_the_empty_text_costs_nothing(self, text: str) -> None:
        count = EstimateCounter().count(text)
        assert (count == 0) == (text == "")
        assert count <= 1 + 3.6 * len(text.encode(errors="replace"))

    @settings(max_examples=400)
    @given(left=st.text(), right=st.text())
    def test_joining_two_texts_costs_about_their_sum(self, left: str, right: str) -> None:
        estimate = EstimateCounter()
        assert estimate.count(left + right) <= estimate.count(left) + estimate.count(right) + 4

    @given(left=st.text(), right=st.text())
    def test_paragraphs_add_up_to_rounding(self, left: str, right: str) -> None:
        estimate = EstimateCounter()
        apart = estimate.count(f"{left}.") + estimate.count(f"{right}.")
        assert abs(estimate.count(f"{left}.\n{right}.") - apart) <= 3


class TestPieces:
    @settings(max_examples=300)
    @given(text=st.text(alphabet="ab1_ .,\n\té漢", max_size=200), limit=st.integers(1, 20))
    def test_they_join_to_the_text_and_keep_to_the_limit(self, text: str, limit: int) -> None:
        pieces = cut(text, limit)
        assert "".join(pieces) == text
        assert all(len(piece) <= limit for piece in pieces)

    def test_a_space_that_a_tokenizer_adds_is_counted_once(self) -> None:
        """As SentencePiece does: a space in front of whatever it is given."""
        count = by_pieces(lambda text: len(f" {text}"), 10)
        assert count("one two three four five six") == len(" one two three four five six")
        assert count("short") == len(" short")


def test_an_ordinary_text_takes_well_under_a_third_of_a_millisecond(llama3: RequestCounter) -> None:
    text = (LETTER + " ") * 3
    assert 150 <= len(text.split()) <= 180
    for count in (llama3, counter("estimate")):
        times = []
        for _ in range(50):
            began = time.perf_counter()
            count.request([("user", text)])
            times.append(time.perf_counter() - began)
        assert min(times) < 0.0003
