"""Counting tokens: the counters agree with references, never raise, and load only when asked."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
import regex  # type: ignore[import-untyped]
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from spsd_core.exceptions import ConfigurationError
from spsd_core.settings import TargetSettings
from spsd_core.tokens import RequestCounter, TokenCounter, build_request_counter
from spsd_core.tokens.estimate import EstimateCounter
from spsd_core.tokens.lazy import LazyCounter
from spsd_core.tokens.llama3 import LLAMA3_SPLIT, SPECIAL_TOKENS
from spsd_core.tokens.pieces import by_pieces, cut, well_formed
from spsd_core.tokens.request import _MARGIN_SHARE, _MARGIN_TOKENS

LETTER = (
    "Hi there! I hope you're having a lovely week. I'm sorry to bother you, but could you please "
    "tell me why my invoice #20431 from March shows €1,250.00 twice? Our accountant (Ms. Okafor) "
    "needs an answer by 14:30 tomorrow.\n\nI've already tried:\n  - logging out and in again\n"
    "  - `reload_invoices(force=True)`\n\nThanks a million, you're a star! 🙏"
)
TEXTS = [
    "",
    " ",
    "a",
    "Could you please sort these numbers for me? 3, 14, 159, 26535",
    LETTER,
    "don't WON'T it's we'll I'D they've",
    "def f(x_1: int) -> str:\n\treturn f'{x_1:>08.3f}'  # padded\n\n\n",
    "trailing blanks   \n \t \r\n  and  double  spaces",
    "Grüße aus Köln, señor. Ça va? Привет, как дела? 你好，世界。 مرحبا نمस्ते สวัสดี 안녕",
    "👩‍👩‍👧‍👦 🇩🇪 ❤️ ½ ² ٣٤ \u200b\ufeff\u00a0\u2028\x1c\x85",
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>[INST] <|im_start|>",
    "--------\n========\n| a | b |\n|---|---|\n",
    "nul \x00 in the middle",
]
LONE_SURROGATES = "\ud800 half \udfff emoji \ud83d"
AWKWARD_UNITS = ["a", " ", "\n", '"', "a@", "_-", "🙏", "漢", "1", "\ud800", "\x00", "\t \u00a0"]


def counter(tokenizer: str, template: str = "llama3") -> RequestCounter:
    return build_request_counter(
        TargetSettings.model_validate({"tokenizer": tokenizer, "template": template})
    )


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


@pytest.fixture(scope="session")
def tokenizer_json(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small byte-level tokenizer with a marker, a truncation limit and padding, as files have."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|im_start|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([LETTER], trainer)
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    file = tmp_path_factory.mktemp("small") / "tokenizer.json"
    tokenizer.save(str(file))
    return file


class TestLlama3:
    @pytest.mark.parametrize("text", TEXTS)
    def test_it_counts_what_textbook_byte_pair_encoding_gives(
        self, llama3: RequestCounter, reference: Callable[[str], list[int]], text: str
    ) -> None:
        assert llama3.text(text) == len(reference(text))

    @settings(max_examples=150, deadline=None)
    @given(text=st.text(max_size=80))
    def test_it_does_so_for_any_text(
        self, llama3: RequestCounter, reference: Callable[[str], list[int]], text: str
    ) -> None:
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
        assert estimate.count(left + right) <= estimate.count(left) + estimate.count(right) + 3

    @given(left=st.text(), right=st.text())
    def test_paragraphs_add_up_to_rounding(self, left: str, right: str) -> None:
        estimate = EstimateCounter()
        apart = estimate.count(f"{left}.") + estimate.count(f"{right}.")
        assert abs(estimate.count(f"{left}.\n{right}.") - apart) <= 3


class TestAnyText:
    """Every counter takes every str, in linear time, from any thread."""

    @pytest.fixture(params=["llama3", "estimate", "gguf", "hf"])
    def any_counter(self, request: pytest.FixtureRequest) -> RequestCounter:
        if request.param == "gguf":
            return counter(f"gguf:{request.getfixturevalue('smollm2_gguf')}")
        if request.param == "hf":
            return counter(f"hf:{request.getfixturevalue('tokenizer_json')}")
        return counter(request.param)

    @pytest.mark.parametrize("text", [*TEXTS, LONE_SURROGATES])
    def test_awkward_texts_are_counted(self, any_counter: RequestCounter, text: str) -> None:
        assert (any_counter.text(text) == 0) == (text == "")
        assert not any_counter.note

    @pytest.mark.parametrize("unit", AWKWARD_UNITS)
    def test_a_megabyte_takes_a_time_that_grows_no_faster_than_the_text(
        self, any_counter: RequestCounter, unit: str
    ) -> None:
        any_counter.text("loaded")
        times = []
        for characters in (100_000, 1_000_000):
            began = time.perf_counter()
            assert any_counter.text(unit * (characters // len(unit))) > 0
            times.append(time.perf_counter() - began)
        assert times[1] < 40 * times[0] + 1.0  # ten times the text; generous on a busy machine
        assert not any_counter.note

    def test_threads_get_the_counts_one_thread_gets(self, any_counter: RequestCounter) -> None:
        texts = [f"{number} {text}" for number in range(20) for text in TEXTS]
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(any_counter.text, texts))
        assert together == [any_counter.text(text) for text in texts]


class TestGguf:
    def test_it_counts_what_llama_cpp_counts(self, smollm2_gguf: Path) -> None:
        from llama_cpp import Llama

        model = Llama(str(smollm2_gguf), vocab_only=True, verbose=False)
        count = counter(f"gguf:{smollm2_gguf}")
        for text in TEXTS:
            expected = model.tokenize(text.encode(), add_bos=False, special=False)
            assert count.text(text) == len(expected), text
        assert (count.name, count.exact) == (f"gguf:{smollm2_gguf.name}", True)

    def test_a_broken_file_gives_way_to_the_estimate(self, tmp_path: Path) -> None:
        file = tmp_path / "cut-off.gguf"
        file.write_bytes(b"GGUF\x03\x00\x00\x00")
        count = counter(f"gguf:{file}")
        assert count.text(LETTER) == EstimateCounter().count(LETTER)
        assert (count.name, count.exact) == ("gguf:cut-off.gguf (estimate)", False)
        assert "could not be loaded" in count.note


class TestTokenizerJson:
    def test_its_truncation_padding_and_markers_do_not_count(self, tokenizer_json: Path) -> None:
        from tokenizers import Tokenizer

        plain = Tokenizer.from_file(str(tokenizer_json))
        plain.no_truncation()
        plain.no_padding()
        count = counter(f"hf:{tokenizer_json}")
        assert count.text(LETTER) == len(plain.encode(LETTER).ids) > 8
        assert count.text("a") == 1
        assert len(plain.encode("<|im_start|>").ids) == 1
        assert count.text("<|im_start|>") > 1

    def test_a_folder_means_the_file_in_it(self, tokenizer_json: Path) -> None:
        count = counter(f"hf:{tokenizer_json.parent}")
        assert count.text("a") == 1
        assert count.exact


class TestTiktokenNames:
    def test_a_model_name_means_its_encoding(self) -> None:
        assert counter("tiktoken:gpt-4o").name.startswith("tiktoken:o200k_base")

    def test_ranks_that_cannot_be_had_give_way_to_the_estimate(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """The suite lets nothing reach the network, and the cache folder here is empty."""
        monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
        count = counter("tiktoken:p50k_edit")
        assert count.exact
        assert count.text(LETTER) == EstimateCounter().count(LETTER)
        assert not count.exact
        assert count.name == "tiktoken:p50k_edit (estimate)"
        assert "could not be loaded" in count.note
        assert not count.saves(10, 8, 1)


class TestBuilding:
    def test_nothing_heavy_is_imported_until_the_first_count(self) -> None:
        program = """
import sys
from spsd_core.settings import TargetSettings
from spsd_core.tokens import build_request_counter
counter = build_request_counter(TargetSettings(tokenizer="llama3"))
counter.name, counter.exact, counter.saves(2, 1, 1)
heavy = {"tiktoken", "llama_models", "tokenizers", "llama_cpp", "numpy"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert counter.text("Hello world") == 2
assert "tiktoken" in sys.modules and "llama_models" not in sys.modules
"""
        subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

    def test_auto_is_llama3_where_that_is_installed(self) -> None:
        assert counter("auto").name == "llama3"

    def test_auto_is_the_estimate_elsewhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("spsd_core.tokens.llama3.find_spec", lambda name: None)
        auto = counter("auto")
        assert (auto.name, auto.exact) == ("llama3 (estimate)", False)

    @pytest.mark.parametrize(
        ("module", "tokenizer", "extra"),
        [
            ("llama3", "llama3", "spsd[llama3]"),
            ("gguf", "gguf:model.gguf", "spsd[slm]"),
            ("huggingface", "hf:tokenizer.json", "spsd[tokenizers]"),
            ("tiktoken_encodings", "tiktoken:gpt2", "spsd[tokenizers]"),
        ],
    )
    def test_a_missing_package_is_named_with_its_extra(
        self, monkeypatch: pytest.MonkeyPatch, module: str, tokenizer: str, extra: str
    ) -> None:
        monkeypatch.setattr(f"spsd_core.tokens.{module}.find_spec", lambda name: None)
        with pytest.raises(ConfigurationError) as raised:
            counter(tokenizer)
        assert extra in str(raised.value)
        assert f"target.tokenizer='{tokenizer.partition(':')[0]}" in str(raised.value)

    @pytest.mark.parametrize(
        "tokenizer",
        [
            "",
            "llama-3",
            "gguf",
            "gguf:",
            "LLAMA3",
            "sentencepiece:x",
            "tiktoken:no-such-encoding",
            "gguf:no/such/file.gguf",
            "hf:no/such/tokenizer.json",
            "gguf:with\x00nul",
            "hf:with\x00nul",
            "gguf:~no-such-user-here/x.gguf",
        ],
    )
    def test_a_wrong_setting_raises_at_once_and_names_itself(self, tokenizer: str) -> None:
        with pytest.raises(ConfigurationError, match=r"target\.tokenizer"):
            counter(tokenizer)

    @pytest.mark.parametrize("scheme", ["gguf", "hf"])
    def test_a_file_of_another_kind_raises_at_once(self, tmp_path: Path, scheme: str) -> None:
        file = tmp_path / "letter.txt"
        file.write_text(LETTER, encoding="utf-8")
        with pytest.raises(ConfigurationError, match=r"target\.tokenizer"):
            counter(f"{scheme}:{file}")
        with pytest.raises(ConfigurationError, match=r"target\.tokenizer"):
            counter(f"{scheme}:{tmp_path}")

    def test_a_file_that_only_looks_right_gives_way_to_the_estimate(self, tmp_path: Path) -> None:
        file = tmp_path / "tokenizer.json"
        file.write_text(json.dumps({"not": "a tokenizer"}))
        count = counter(f"hf:{file}")
        assert count.text("Hello world") == 2
        assert not count.exact


class TestLazyLoading:
    def test_many_threads_load_once(self) -> None:
        loads = []

        def load() -> Callable[[str], int]:
            loads.append(threading.current_thread().name)
            time.sleep(0.05)
            return len

        lazy = LazyCounter("letters", load)
        assert not lazy.loaded
        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(lazy.count, ["abc"] * 32)) == {3}
        assert len(loads) == 1
        assert lazy.loaded
        assert isinstance(lazy, TokenCounter)

    def test_a_loader_that_hangs_is_given_up(self) -> None:
        release = threading.Event()

        def load() -> Callable[[str], int]:
            release.wait(30)
            return len

        lazy = LazyCounter("stuck", load, patience_s=0.05)
        assert lazy.count("Hello world") == 2
        assert (lazy.exact, lazy.name) == (False, "stuck (estimate)")
        assert "TimeoutError" in lazy.note
        release.set()
        assert lazy.count("Hello world") == 2

    def test_a_tokenizer_that_breaks_on_a_text_gives_way_for_that_text(self) -> None:
        class PanicException(BaseException):
            """As Rust extensions raise it: no subclass of Exception."""

        def fragile(text: str) -> int:
            if "!" in text:
                raise PanicException
            return len(text)

        lazy = LazyCounter("fragile", lambda: fragile)
        assert lazy.count("abc") == 3
        assert lazy.exact
        assert lazy.count("abc!") == EstimateCounter().count("abc!")
        assert not lazy.exact
        assert "failed on a text" in lazy.note
        assert lazy.count("abc") == 3

    def test_an_interrupt_is_not_swallowed(self) -> None:
        def interrupted(text: str) -> int:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            LazyCounter("interrupted", lambda: interrupted).count("abc")


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
