"""Building counters: cheap, lazy, loud about a wrong setting; loading once, never raising."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from token_texts import LETTER, counter

from spsd_core.exceptions import ConfigurationError
from spsd_core.tokens import TokenCounter
from spsd_core.tokens.estimate import EstimateCounter
from spsd_core.tokens.lazy import LazyCounter


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
