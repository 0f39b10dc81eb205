"""The demo end to end: real frameworks, the recorder, and a real GGUF as a stand-in."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from spsd_core import Settings
from spsd_core.cli import main
from spsd_demo.marks import pieces
from spsd_demo.page import page
from spsd_demo.prompts import PROMPTS, QUERIES
from spsd_demo.runs import Outcome, run_chain, run_query_engine
from spsd_demo.show import summary_lines
from spsd_demo.stand_in import gguf_answers, recorder_answers, serve


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPSD_BASE_URL", "SPSD_API_KEY", "SPSD_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    with serve(recorder_answers(), "recorder", "the recorder") as endpoint:
        return run_chain(endpoint, Settings()) + run_query_engine(endpoint, Settings())


def test_every_example_is_sent_both_ways(outcomes: list[Outcome]) -> None:
    """And the demo shows at least one text of each kind of decision."""
    assert len(outcomes) == len(PROMPTS) + len(QUERIES)
    reasons = {outcome.result.reason.value for outcome in outcomes}
    assert {"shortened", "safety_critical", "unsupported_language", "chat_markers"} <= reasons


def test_what_the_endpoint_counts_is_what_spsd_says(outcomes: list[Outcome]) -> None:
    """For one-message requests, to the token; for RAG, the difference is the saving."""
    for outcome in outcomes:
        assert outcome.billed_before is not None and outcome.billed_after is not None
        saved = outcome.billed_before - outcome.billed_after
        assert saved == outcome.result.tokens_saved
        if outcome.via == "LangChain":
            assert outcome.billed_after == outcome.result.tokens_after


def test_kept_and_added_pieces_join_to_the_text_that_is_sent(outcomes: list[Outcome]) -> None:
    """And kept and removed ones to the original."""
    for outcome in outcomes:
        cut = list(pieces(outcome.example.text, outcome.result))
        sent = "".join(piece.text for piece in cut if piece.mark != "removed")
        original = "".join(piece.text for piece in cut if piece.mark != "added")
        assert (sent, original) == (outcome.result.text, outcome.example.text)


def test_the_page_escapes_what_people_wrote(outcomes: list[Outcome]) -> None:
    """A prompt is not markup."""
    made = page(outcomes, "<script>alert(1)</script>", summary_lines(outcomes))
    assert "<script>" not in made
    assert "<|im_start|>" not in made
    assert "&lt;|im_start|&gt;" in made
    assert "<del>" in made


def test_the_command_prints_a_table_and_writes_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `make demo` runs."""
    made = tmp_path / "demo.html"
    assert main(["demo", "--stand-in", "recorder", "--html", str(made)]) == 0
    printed = capsys.readouterr().out
    assert "no model answers" in printed
    assert "texts distilled" in printed
    assert made.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_an_endpoint_without_a_model_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the variable."""
    monkeypatch.setenv("SPSD_BASE_URL", "http://127.0.0.1:9/v1")
    assert main(["demo"]) == 2
    assert "SPSD_MODEL" in capsys.readouterr().err


def test_an_endpoint_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It gets every request, both versions of each."""
    with serve(recorder_answers(), "my-llama", "elsewhere") as endpoint:
        monkeypatch.setenv("SPSD_BASE_URL", endpoint.base_url)
        monkeypatch.setenv("SPSD_MODEL", "my-llama")
        assert main(["demo"]) == 0
        assert len(endpoint.bodies) == 2 * (len(PROMPTS) + len(QUERIES))
        assert all(json.loads(body)["model"] == "my-llama" for body in endpoint.bodies)
    assert "my-llama at" in capsys.readouterr().out


def test_a_real_model_answers_from_loopback(smollm2_gguf: Path) -> None:
    """The GGUF stand-in counts with its own tokenizer."""
    with serve(gguf_answers(str(smollm2_gguf)), "smollm2", "a GGUF") as endpoint:
        body = {"model": "smollm2", "messages": [{"role": "user", "content": "Say hello."}]}
        request = urllib.request.Request(
            f"{endpoint.base_url}/chat/completions", json.dumps(body).encode()
        )
        with urllib.request.urlopen(request) as response:
            answer = json.load(response)
    assert answer["choices"][0]["message"]["content"]
    assert answer["usage"]["prompt_tokens"] > 5


def test_a_broken_request_is_answered_with_400() -> None:
    """The stand-in does not fall over."""
    with serve(recorder_answers(), "recorder", "the recorder") as endpoint:
        request = urllib.request.Request(f"{endpoint.base_url}/chat/completions", b"nonsense")
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(request)
