"""Every counter takes every str, in linear time, from any thread, and reads files as meant."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from token_texts import LETTER, TEXTS, counter

from spsd_core.tokens import RequestCounter
from spsd_core.tokens.estimate import EstimateCounter

LONE_SURROGATES = "\ud800 half \udfff emoji \ud83d"
AWKWARD_UNITS = ["a", " ", "\n", '"', "a@", "_-", "🙏", "漢", "1", "\ud800", "\x00", "\t \u00a0"]


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
        """The cache folder here is empty, and the way to the network is a port that is closed."""
        monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        count = counter("tiktoken:p50k_edit")
        assert count.exact
        assert count.text(LETTER) == EstimateCounter().count(LETTER)
        assert not count.exact
        assert count.name == "tiktoken:p50k_edit (estimate)"
        assert "could not be loaded" in count.note
        assert not count.saves(10, 8, 1)
