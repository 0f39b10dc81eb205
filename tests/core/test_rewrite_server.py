"""The rewrite engine against real sockets: llama.cpp's own server, and servers that misbehave."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import json
import logging
import multiprocessing
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import servers
from servers import Behaviour, LoopbackServer, free_port, llama_server

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import Draft, DraftRequest, Engine
from spsd_core.engines.rewrite.openai_compatible import OpenAICompatibleEngine, build
from spsd_core.engines.rewrite.prompt import clean_output, rewrite_messages
from spsd_core.exceptions import (
    ConfigurationError,
    DeadlineExceeded,
    DraftAbandoned,
    DraftCancelled,
    EngineError,
    EngineFailed,
    EngineUnavailable,
)
from spsd_core.settings import Settings
from spsd_core.testing import check_engine_contract, request_for

TEXT = "Hello there! Could you please list three rivers in Spain for me? Thanks so very much!"
SHORT = "List three rivers in Spain."
KEY = "sk-loopback-4711-not-a-real-key"

EngineFactory = Callable[..., OpenAICompatibleEngine]
ServerFactory = Callable[[Behaviour], LoopbackServer]


@pytest.fixture
def engine_for() -> Iterator[EngineFactory]:
    """Builds engines for a base URL; afterwards they are closed and must have left no thread."""
    engines: list[OpenAICompatibleEngine] = []

    def make(base_url: str, **rewrite: Any) -> OpenAICompatibleEngine:
        engines.append(OpenAICompatibleEngine(settings_for(base_url, **rewrite)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()
    assert not [each for each in threading.enumerate() if each.name == "spsd-rewrite"]


@pytest.fixture
def server_that() -> Iterator[ServerFactory]:
    """Starts fake servers with a behaviour and stops them afterwards."""
    started: list[LoopbackServer] = []

    def start(behaviour: Behaviour) -> LoopbackServer:
        started.append(LoopbackServer(behaviour).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.__exit__(None, None, None)


@pytest.fixture(scope="module")
def llama_url(smollm2_gguf: Path) -> Iterator[str]:
    """The real server of llama-cpp-python with the real SmolLM2, guarded by a key."""
    with llama_server(smollm2_gguf, api_key=KEY) as base_url:
        yield base_url


def settings_for(base_url: str, **rewrite: Any) -> Settings:
    given = {"backend": "openai_compatible", "base_url": base_url, "model": "fake", **rewrite}
    return Settings.model_validate({"engines": ["rewrite"], "rewrite": given})


def draft_of(engine: Engine, request: DraftRequest | None = None) -> Draft | None:
    return engine.submit(request or request_for(TEXT)).result(timeout=60)


def error_of(engine: Engine, request: DraftRequest | None = None) -> EngineError:
    error = engine.submit(request or request_for(TEXT)).exception(timeout=60)
    assert isinstance(error, EngineError)
    return error


class TestDrafts:
    def test_a_complete_stream_becomes_a_generative_draft(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT))
        draft = draft_of(engine_for(server.base_url))
        assert draft is not None
        assert (draft.text, draft.generative, draft.edits) == (SHORT, True, None)
        assert draft.busy_core_seconds == 0
        assert "energy is not measured" in draft.note

    def test_the_request_is_deterministic_bounded_and_streamed(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT))
        draft_of(engine_for(server.base_url, model="tiny-model"))
        body = server.requests[0].body
        assert (body["temperature"], body["seed"], body["stream"]) == (0, 0, True)
        assert body["stream_options"] == {"include_usage": True}
        assert body["model"] == "tiny-model"
        words = len(TEXT.split())
        assert words < body["max_tokens"] <= 2 * words + 16
        sent = [(message["role"], message["content"]) for message in body["messages"]]
        assert sent == rewrite_messages(TEXT)

    def test_tokens_come_from_the_servers_usage_without_its_cached_prefix(
        self, engine_for, server_that
    ):
        usage = {
            "prompt_tokens": 900,
            "completion_tokens": 7,
            "total_tokens": 907,
            "prompt_tokens_details": {"cached_tokens": 850},
        }
        server = server_that(servers.scripted_text(SHORT, usage=usage))
        draft = draft_of(engine_for(server.base_url))
        assert draft is not None
        assert (draft.prompt_tokens_evaluated, draft.tokens_generated) == (50, 7)

    def test_without_usage_the_chunks_are_counted(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT))
        draft = draft_of(engine_for(server.base_url))
        assert draft is not None
        assert (draft.prompt_tokens_evaluated, draft.tokens_generated) == (0, len(SHORT.split()))

    def test_the_text_itself_as_answer_means_nothing_to_remove(self, engine_for, server_that):
        server = server_that(servers.scripted_text(TEXT))
        request = request_for(TEXT, token_budget=100)
        assert draft_of(engine_for(server.base_url), request) is None

    def test_a_blank_text_is_not_sent_at_all(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT))
        assert draft_of(engine_for(server.base_url), request_for(" \n")) is None
        assert server.requests == []

    def test_a_complete_text_is_taken_although_the_stream_never_ends(self, engine_for, server_that):
        server = server_that(servers.hangs_after_the_last_word)
        began = time.monotonic()
        draft = draft_of(engine_for(server.base_url))
        assert draft is not None
        assert draft.text == SHORT
        assert time.monotonic() - began < 4

    def test_a_lone_surrogate_cannot_be_sent_and_says_so(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT))
        error = error_of(engine_for(server.base_url), request_for(TEXT + " \ud83d"))
        assert isinstance(error, EngineFailed)
        assert "surrogate" in str(error)
        assert server.requests == []


class TestStoppingEarly:
    def test_the_connection_is_closed_once_nothing_can_be_saved(self, engine_for, server_that):
        server = server_that(servers.runs_on_forever)
        error = error_of(engine_for(server.base_url))
        assert isinstance(error, DraftAbandoned)
        assert error.reason is Reason.NO_SAVING
        assert server.left_early.wait(5)

    def test_counting_a_growing_draft_is_linear_work(self, engine_for, server_that):
        server = server_that(servers.runs_on_forever)
        counted: list[int] = []

        def count(text: str) -> int:
            counted.append(len(text))
            return len(text) // 10

        request = replace(request_for("word " * 40_000), count_tokens=count, token_budget=20_000)
        error = error_of(engine_for(server.base_url, request_timeout_s=60), request)
        assert isinstance(error, DraftAbandoned)
        assert sum(counted) < 40 * max(counted)

    def test_a_budget_that_no_text_can_meet_asks_nobody(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT))
        error = error_of(engine_for(server.base_url), request_for(TEXT, token_budget=1))
        assert isinstance(error, DraftAbandoned)
        assert error.reason is Reason.NO_SAVING
        assert server.requests == []

    def test_a_finished_draft_that_saves_too_little_is_abandoned(self, engine_for, server_that):
        nearly = TEXT.removesuffix(" much!")
        server = server_that(servers.scripted_text(nearly))
        engine = engine_for(server.base_url)
        words = len(TEXT.split())
        too_long = error_of(engine, request_for(TEXT, token_budget=words - 1))
        assert isinstance(too_long, DraftAbandoned)
        draft = draft_of(engine, request_for(TEXT, token_budget=words))
        assert draft is not None
        assert draft.text == nearly

    def test_a_refusal_the_guard_foresees_closes_the_connection(self, engine_for, server_that):
        from spsd_core.reading import Atom, AtomKind, Reading
        from spsd_core.spans import Span
        from spsd_core.verifier.streaming import DraftGuard

        text = (
            "Hi! Please tell me how to move file 1234 to the new folder, thanks a lot to you all!"
        )
        start = text.index("1234")
        span = Span(start, start + 4)
        atom = Atom(AtomKind.IDENTIFIER, *span, key="1234")
        reading = Reading(text=text, atoms=(atom,), payload=(), protected=(span,))
        strange = (
            "As an AI language model, I am sorry, but here are 777 files at https://x.example/ "
        )
        assert DraftGuard(reading).feed(strange * 3) is not None
        server = server_that(servers.scripted_text(strange * 40, pause_s=0.001))
        request = replace(request_for(text, token_budget=1000), reading=reading)
        engine = engine_for(server.base_url)
        request = replace(request, count_tokens=lambda _: 1, token_budget=2)
        error = error_of(engine, request)
        assert isinstance(error, DraftAbandoned)
        assert error.reason is not Reason.NO_SAVING
        assert server.left_early.wait(5)


class TestBadAnswers:
    @pytest.mark.parametrize(
        "behaviour",
        [
            servers.sends_html,
            servers.sends_other_json,
            servers.sends_odd_events,
            servers.sends_broken_json,
            servers.sends_invalid_utf8,
            servers.sends_an_error_event,
            servers.closes_midway,
            servers.breaks_off_midway,
            servers.scripted_text(""),
            servers.scripted_text(" \n\t "),
            servers.scripted_text("?! ... --"),
            servers.scripted_text("List three rivers \ud83d in Spain"),
            servers.scripted_text("List three", finish_reason="length"),
            servers.scripted_text("List three", finish_reason="content_filter"),
        ],
        ids=lambda behaviour: getattr(behaviour, "__name__", None),
    )
    def test_an_unusable_answer_is_a_failed_engine_and_not_asked_for_again(
        self, engine_for, server_that, behaviour
    ):
        server = server_that(behaviour)
        error = error_of(engine_for(server.base_url, max_retries=3))
        assert type(error) is EngineFailed
        assert len(server.requests) == 1

    def test_a_draft_cut_at_max_tokens_that_would_not_save_counts_as_no_saving(
        self, engine_for, server_that
    ):
        server = server_that(servers.scripted_text("w " * 18 + "w", finish_reason="length"))
        error = error_of(engine_for(server.base_url))
        assert isinstance(error, DraftAbandoned)


class TestRefusals:
    def test_a_refused_connection_is_an_unavailable_engine(self, engine_for):
        base_url = f"http://127.0.0.1:{free_port()}/v1"
        error = error_of(engine_for(base_url))
        assert isinstance(error, EngineUnavailable)
        assert base_url in str(error)
        assert "rewrite.base_url" in str(error)

    @pytest.mark.parametrize(
        ("status", "advice"),
        [
            (401, "rewrite.api_key"),
            (403, "rewrite.api_key"),
            (404, "rewrite.model"),
            (307, "redir"),
        ],
    )
    def test_a_refusal_of_the_setting_says_what_to_check(
        self, engine_for, server_that, status, advice
    ):
        server = server_that(servers.answers(status))
        error = error_of(engine_for(server.base_url, max_retries=3))
        assert isinstance(error, EngineUnavailable)
        assert advice in str(error)
        assert len(server.requests) == 1

    def test_a_redirect_is_not_followed_because_the_text_stays_where_it_was_sent(
        self, engine_for, server_that
    ):
        elsewhere = server_that(servers.scripted_text(SHORT))
        there = f"{elsewhere.base_url}/chat/completions"
        server = server_that(servers.answers(307, location=there))
        assert isinstance(error_of(engine_for(server.base_url)), EngineUnavailable)
        assert elsewhere.requests == []

    def test_two_server_errors_and_then_a_good_stream_make_a_draft(self, engine_for, server_that):
        good = servers.scripted_text(SHORT)
        server = server_that(servers.first(2, servers.answers(500), good))
        draft = draft_of(engine_for(server.base_url, max_retries=2))
        assert draft is not None
        assert draft.text == SHORT
        assert len(server.requests) == 3

    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    @pytest.mark.parametrize("max_retries", [0, 2])
    def test_a_busy_or_broken_server_is_asked_again_max_retries_times(
        self, engine_for, server_that, status, max_retries
    ):
        server = server_that(servers.answers(status))
        error = error_of(engine_for(server.base_url, max_retries=max_retries))
        assert type(error) is EngineFailed
        assert str(status) in str(error)
        assert len(server.requests) == 1 + max_retries

    def test_a_retry_that_would_come_after_the_deadline_is_not_waited_for(
        self, engine_for, server_that
    ):
        server = server_that(servers.answers(429, retry_after="30"))
        engine = engine_for(server.base_url, request_timeout_s=60, max_retries=5)
        began = time.monotonic()
        error = error_of(engine, request_for(TEXT, deadline_s=20))
        assert isinstance(error, EngineFailed)
        assert time.monotonic() - began < 10
        assert len(server.requests) == 1

    def test_retry_after_is_kept_where_there_is_time(self, engine_for, server_that):
        busy = servers.answers(429, retry_after="1")
        server = server_that(servers.first(1, busy, servers.scripted_text(SHORT)))
        began = time.monotonic()
        assert draft_of(engine_for(server.base_url, max_retries=1)) is not None
        assert time.monotonic() - began >= 1

    def test_retries_end_at_the_deadline(self, engine_for, server_that):
        server = server_that(servers.answers(503))
        engine = engine_for(server.base_url, max_retries=10_000)
        began = time.monotonic()
        error = error_of(engine, request_for(TEXT, deadline_s=3))
        assert isinstance(error, EngineError)
        assert time.monotonic() - began < 10


class TestServersThatTakeLess:
    @pytest.mark.parametrize("status", [400, 422])
    def test_a_server_that_rejects_an_option_gets_the_plain_form_from_then_on(
        self, engine_for, server_that, status
    ):
        def picky(exchange: servers.Exchange) -> None:
            taken = "stream_options" not in exchange.request.body
            (servers.scripted_text(SHORT) if taken else servers.answers(status))(exchange)

        server = server_that(picky)
        engine = engine_for(server.base_url)
        for _ in range(2):
            draft = draft_of(engine)
            assert draft is not None
            assert draft.text == SHORT
        assert ["seed" in each.body for each in server.requests] == [True, False, False]
        for each in server.requests[1:]:
            roles = [message["role"] for message in each.body["messages"]]
            assert roles[0] == "user"
            assert set(roles) == {"user", "assistant"}
            assert TEXT in each.last_message

    def test_a_template_without_system_role_is_met_even_where_it_answers_500(
        self, engine_for, server_that
    ):
        def gemma(exchange: servers.Exchange) -> None:
            roles = {message["role"] for message in exchange.request.body["messages"]}
            refusal = servers.answers(500, {"error": {"message": "System role not supported"}})
            (refusal if "system" in roles else servers.scripted_text(SHORT))(exchange)

        server = server_that(gemma)
        draft = draft_of(engine_for(server.base_url, max_retries=0))
        assert draft is not None
        assert draft.text == SHORT

    def test_a_request_that_is_wrong_in_every_form_fails_with_its_status(
        self, engine_for, server_that
    ):
        server = server_that(servers.answers(400))
        error = error_of(engine_for(server.base_url, max_retries=5))
        assert type(error) is EngineFailed
        assert "400" in str(error)
        assert len(server.requests) == 2


HANGING = [
    servers.hangs_before_headers,
    servers.hangs_after_headers,
    servers.drips_headers_forever,
    servers.drips_bytes_forever,
    servers.drips_words_forever,
]


class TestTime:
    @pytest.mark.parametrize("behaviour", HANGING)
    def test_a_hanging_server_is_left_at_the_deadline(self, engine_for, server_that, behaviour):
        server = server_that(behaviour)
        engine = engine_for(server.base_url, request_timeout_s=30)
        request = replace(request_for(TEXT, deadline_s=1.0), count_tokens=lambda _: 5)
        began = time.monotonic()
        error = error_of(engine, replace(request, token_budget=100))
        assert isinstance(error, DeadlineExceeded)
        assert 0.9 < time.monotonic() - began < 5

    @pytest.mark.parametrize("behaviour", HANGING)
    def test_a_hanging_server_is_left_at_the_request_timeout(
        self, engine_for, server_that, behaviour
    ):
        server = server_that(behaviour)
        engine = engine_for(server.base_url, request_timeout_s=0.5, max_retries=0)
        request = replace(request_for(TEXT), count_tokens=lambda text: 3 + ("rivers" in text))
        error = error_of(engine, replace(request, token_budget=100))
        assert type(error) is EngineFailed
        assert "rewrite.request_timeout_s" in str(error)

    @pytest.mark.parametrize("behaviour", HANGING)
    def test_a_cancelled_request_ends_at_once(self, engine_for, server_that, behaviour):
        server = server_that(behaviour)
        engine = engine_for(server.base_url, request_timeout_s=30)
        request = replace(request_for(TEXT), count_tokens=lambda _: 5, token_budget=100)
        future = engine.submit(request)
        while not server.requests:
            time.sleep(0.01)
        request.cancelled.set()
        began = time.monotonic()
        assert isinstance(future.exception(timeout=10), DraftCancelled)
        assert time.monotonic() - began < 3

    def test_a_cancelled_request_closes_its_connection(self, engine_for, server_that):
        left = threading.Event()

        def watches(exchange: servers.Exchange) -> None:
            exchange.start()
            if exchange.wait_until_left():
                left.set()

        server = server_that(watches)
        request = request_for(TEXT)
        future = engine_for(server.base_url).submit(request)
        while not server.requests:
            time.sleep(0.01)
        request.cancelled.set()
        assert isinstance(future.exception(timeout=10), DraftCancelled)
        assert left.wait(5)

    def test_a_deadline_in_the_past_asks_nobody(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT))
        error = error_of(engine_for(server.base_url), request_for(TEXT, deadline_s=-1))
        assert isinstance(error, DeadlineExceeded)
        assert server.requests == []


class TestManyAtOnce:
    def test_fifty_at_once_keep_to_max_concurrency_and_all_succeed(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT, pause_s=0.01))
        engine = engine_for(server.base_url, max_concurrency=4)
        began = time.monotonic()
        futures = [engine.submit(request_for(TEXT)) for _ in range(50)]
        assert time.monotonic() - began < 1
        drafts = [future.result(timeout=60) for future in futures]
        assert {draft.text for draft in drafts if draft} == {SHORT}
        assert len(server.requests) == 50
        assert server.most_open == 4

    def test_a_request_whose_deadline_passes_in_the_queue_ends_then(self, engine_for, server_that):
        server = server_that(servers.hangs_after_headers)
        engine = engine_for(server.base_url, max_concurrency=1, request_timeout_s=30)
        blocking = engine.submit(request_for(TEXT))
        began = time.monotonic()
        waiting = [engine.submit(request_for(TEXT, deadline_s=0.5)) for _ in range(20)]
        for future in waiting:
            assert isinstance(future.exception(timeout=10), DeadlineExceeded)
        assert time.monotonic() - began < 5
        assert len(server.requests) <= 1
        assert not blocking.done()

    def test_a_cancelled_request_leaves_the_queue_without_its_turn(self, engine_for, server_that):
        server = server_that(servers.hangs_after_headers)
        engine = engine_for(server.base_url, max_concurrency=1, request_timeout_s=30)
        engine.submit(request_for(TEXT))
        by_event, by_future = request_for(TEXT), request_for(TEXT)
        futures = [engine.submit(by_event), engine.submit(by_future)]
        by_event.cancelled.set()
        assert futures[1].cancel()
        assert isinstance(futures[0].exception(timeout=5), DraftCancelled)
        assert wait(futures, timeout=5).not_done == set()

    def test_the_callers_event_loop_and_default_pool_stay_free(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT, pause_s=0.4))
        engine = engine_for(server.base_url, max_concurrency=2)

        async def scenario() -> tuple[list[Draft | None], float]:
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
            submitted = [asyncio.wrap_future(engine.submit(request_for(TEXT))) for _ in range(4)]
            gathering = asyncio.gather(*submitted)
            longest = 0.0
            while not gathering.done():
                began = time.monotonic()
                await asyncio.to_thread(time.sleep, 0.01)
                longest = max(longest, time.monotonic() - began)
            return await gathering, longest

        drafts, longest = asyncio.run(scenario())
        assert all(draft is not None and draft.text == SHORT for draft in drafts)
        assert longest < 1.5


class TestClosing:
    def test_closing_cancels_what_runs_and_what_waits_and_is_quick(self, engine_for, server_that):
        server = server_that(servers.hangs_before_headers)
        engine = engine_for(server.base_url, max_concurrency=2, request_timeout_s=30)
        futures = [engine.submit(request_for(TEXT)) for _ in range(10)]
        while len(server.requests) < 2:
            time.sleep(0.01)
        began = time.monotonic()
        engine.close()
        assert time.monotonic() - began < 1.5
        for future in futures:
            assert isinstance(future.exception(timeout=0), DraftCancelled)

    def test_a_closed_engine_is_unavailable_and_may_be_closed_again(self, engine_for, server_that):
        engine = engine_for(server_that(servers.scripted_text(SHORT)).base_url)
        draft_of(engine)
        engine.close()
        engine.close()
        assert isinstance(error_of(engine), EngineUnavailable)

    def test_an_engine_that_is_forgotten_ends_its_thread(self, server_that):
        engine = OpenAICompatibleEngine(
            settings_for(server_that(servers.scripted_text(SHORT)).base_url)
        )
        draft_of(engine)
        threads = [each for each in threading.enumerate() if each.name == "spsd-rewrite"]
        del engine
        gc.collect()
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive()

    def test_an_interpreter_with_a_hanging_request_exits_without_waiting(self, server_that):
        server = server_that(servers.hangs_before_headers)
        program = (
            "import sys\n"
            "from spsd_core.engines.rewrite.openai_compatible import OpenAICompatibleEngine\n"
            "from spsd_core.settings import Settings\n"
            "from spsd_core.testing import request_for\n"
            "rewrite = {'backend': 'openai_compatible', 'base_url': sys.argv[1],\n"
            "           'request_timeout_s': 300}\n"
            "engine = OpenAICompatibleEngine(Settings.model_validate({'rewrite': rewrite}))\n"
            "engine.submit(request_for('could you please list three rivers in Spain'))\n"
            "sys.stdin.read()\n"
        )
        command = [sys.executable, "-c", program, server.base_url]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
            while not server.requests and process.poll() is None:
                time.sleep(0.01)
            assert process.communicate(timeout=20) == (b"", b"")
        assert process.returncode == 0
        assert len(server.requests) == 1

    @pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")
    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    def test_a_forked_worker_can_use_the_engine_of_its_parent(self, engine_for, server_that):
        server = server_that(servers.scripted_text(SHORT))
        engine = engine_for(server.base_url)
        draft_of(engine)
        fork = multiprocessing.get_context("fork")
        answers = fork.SimpleQueue()
        child = fork.Process(target=lambda: answers.put(draft_of(engine)))
        child.start()
        child.join(30)
        assert child.exitcode == 0
        assert answers.get().text == SHORT


class TestTheKey:
    def test_the_key_is_sent_and_nothing_from_the_environment(
        self, engine_for, server_that, monkeypatch
    ):
        for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL"):
            monkeypatch.setenv(name, "from-the-environment")
        server = server_that(servers.scripted_text(SHORT))
        draft_of(engine_for(server.base_url, api_key=KEY))
        draft_of(engine_for(server.base_url))
        draft_of(engine_for(server.base_url, api_key=""))
        with_key, without, empty = (each.headers for each in server.requests)
        assert with_key["authorization"] == f"Bearer {KEY}"
        assert "authorization" not in without
        assert "authorization" not in empty
        assert "from-the-environment" not in json.dumps([with_key, without])

    def test_a_proxy_in_the_environment_does_not_get_loopback_traffic(
        self, engine_for, server_that, monkeypatch
    ):
        server = server_that(servers.scripted_text(SHORT))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
        assert draft_of(engine_for(server.base_url)) is not None

    @pytest.mark.parametrize("status", [400, 401, 404, 422, 429, 500])
    def test_the_key_is_in_no_message_repr_traceback_or_log_though_the_server_echoes_it(
        self, engine_for, server_that, caplog, status
    ):
        caplog.set_level(logging.DEBUG)
        echo = {"error": {"message": f"Incorrect API key provided: {KEY}. You wrote: {TEXT}"}}
        server = server_that(servers.answers(status, echo))
        engine = engine_for(server.base_url, api_key=KEY, max_retries=0)
        error = error_of(engine)
        told = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        told += repr(error) + repr(engine) + repr(vars(engine)) + repr(error.__context__)
        spsd_logs = [each.getMessage() for each in caplog.records if each.name.startswith("spsd")]
        assert KEY not in told + "".join(spsd_logs)
        assert TEXT not in told
        assert error.__context__ is None
        assert error.__cause__ is None

    def test_a_password_in_the_address_is_in_no_message(self, engine_for):
        error = error_of(engine_for(f"http://me:s3cret@127.0.0.1:{free_port()}/v1?k=s3cret"))
        assert isinstance(error, EngineUnavailable)
        assert "s3cret" not in str(error)

    @pytest.mark.parametrize("key", [KEY + "\n", "two words", "schlüssel"])
    def test_a_key_that_no_header_can_hold_is_refused_when_built(self, key):
        settings = settings_for("http://127.0.0.1:1/v1", api_key=key)
        with pytest.raises(ConfigurationError, match=r"rewrite\.api_key") as raised:
            OpenAICompatibleEngine(settings)
        assert key.strip() not in str(raised.value)


class TestBuilding:
    def test_building_imports_and_starts_nothing(self):
        program = (
            "import sys, threading\n"
            "from spsd_core.engines.rewrite.openai_compatible import build\n"
            "from spsd_core.settings import Settings\n"
            "rewrite = {'backend': 'openai_compatible', 'base_url': 'http://127.0.0.1:1/v1'}\n"
            "build(Settings.model_validate({'rewrite': rewrite})).close()\n"
            "assert threading.active_count() == 1\n"
            "print(sorted({'openai', 'httpx'} & set(sys.modules)))\n"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        assert ran.stdout.strip() == "[]"

    def test_a_missing_package_is_a_configuration_error_that_says_what_to_install(
        self, monkeypatch
    ):
        find_spec = importlib.util.find_spec

        def without_openai(name: str, package: str | None = None) -> Any:
            return None if name == "openai" else find_spec(name, package)

        monkeypatch.setattr(importlib.util, "find_spec", without_openai)
        with pytest.raises(ConfigurationError, match=r"pip install 'spsd\[openai\]'"):
            build(settings_for("http://127.0.0.1:1/v1"))

    @pytest.mark.parametrize(
        "base_url",
        ["127.0.0.1:8080/v1", "ftp://host/v1", "http://", "http://h:99999", "http://[::"],
    )
    def test_an_address_that_is_none_is_refused_when_built(self, base_url):
        with pytest.raises(ConfigurationError, match=r"rewrite\.base_url"):
            build(settings_for(base_url))

    def test_a_local_backend_is_refused_for_want_of_an_address(self):
        with pytest.raises(ConfigurationError, match=r"rewrite\.base_url"):
            build(Settings())


class TestContract:
    def test_the_engine_keeps_the_contract_with_a_scripted_server(self, server_that):
        server = server_that(servers.scripted_text(SHORT, pause_s=0.005))
        engine = OpenAICompatibleEngine(settings_for(server.base_url))
        check_engine_contract(engine, request_for, text=TEXT)

    @pytest.mark.parametrize(
        "behaviour", [servers.hangs_after_headers, servers.sends_odd_events, servers.closes_midway]
    )
    def test_the_engine_keeps_the_contract_with_a_server_that_does_not(
        self, server_that, behaviour
    ):
        settings = settings_for(
            server_that(behaviour).base_url, request_timeout_s=0.3, max_retries=0
        )
        check_engine_contract(OpenAICompatibleEngine(settings), request_for, text=TEXT)


class TestRealServer:
    """llama.cpp's own server with SmolLM2-135M. So small a model writes poor drafts, so these
    tests hold the engine to what the server says, not to the quality of the text."""

    def complete(self, base_url: str, max_tokens: int) -> dict[str, Any]:
        """The same question asked by hand, without streaming."""
        body = {
            "model": "smollm2",
            "messages": [{"role": r, "content": c} for r, c in rewrite_messages(TEXT)],
            "temperature": 0,
            "seed": 0,
            "max_tokens": max_tokens,
        }
        asked = urllib.request.Request(
            f"{base_url}/chat/completions",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json", "authorization": f"Bearer {KEY}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked, timeout=120) as response:
            choice: dict[str, Any] = json.load(response)["choices"][0]
            return choice

    def roomy(self) -> DraftRequest:
        """A request whose budget cuts nothing short, so that the whole answer comes through."""
        return replace(request_for(TEXT), count_tokens=lambda _: 100, token_budget=101)

    def test_the_draft_is_what_the_real_server_answers(self, engine_for, llama_url):
        engine = engine_for(llama_url, model="smollm2", api_key=KEY, request_timeout_s=120)
        # What the server keeps of the last prompt may change its last bits: ask on both sides.
        before = self.complete(llama_url, max_tokens=101 + 50 + 16)
        outcome = engine.submit(self.roomy())
        error = outcome.exception(timeout=120)
        after = self.complete(llama_url, max_tokens=101 + 50 + 16)
        assert {before["finish_reason"], after["finish_reason"]} == {"stop"}
        assert error is None
        draft = outcome.result()
        assert draft is not None
        answers = [each["message"]["content"] for each in (before, after)]
        assert draft.text in [clean_output(answer, TEXT) for answer in answers]
        assert 0 < draft.tokens_generated < 50

    def test_leaving_early_frees_the_real_server_for_the_next_request(self, engine_for, llama_url):
        engine = engine_for(llama_url, model="smollm2", api_key=KEY, request_timeout_s=120)
        first = replace(request_for(TEXT), count_tokens=lambda text: 5 if text == TEXT else 9)
        error = error_of(engine, replace(first, token_budget=6))
        assert isinstance(error, DraftAbandoned)
        assert error.reason is Reason.NO_SAVING
        second = engine.submit(self.roomy())
        assert wait([second], timeout=120).done

    def test_a_wrong_key_is_refused_by_the_real_server(self, engine_for, llama_url):
        error = error_of(engine_for(llama_url, api_key="sk-wrong"))
        assert isinstance(error, EngineUnavailable)
        assert "rewrite.api_key" in str(error)
        assert "sk-wrong" not in str(error)

    def test_an_address_without_v1_is_not_found_on_the_real_server(self, engine_for, llama_url):
        error = error_of(engine_for(llama_url.removesuffix("/v1"), api_key=KEY))
        assert isinstance(error, EngineUnavailable)
        assert "/v1" in str(error)

    def test_a_deadline_is_kept_while_the_real_server_is_reading(self, engine_for, llama_url):
        engine = engine_for(llama_url, api_key=KEY)
        began = time.monotonic()
        error = error_of(engine, request_for(TEXT, deadline_s=0.3))
        assert isinstance(error, DeadlineExceeded)
        assert time.monotonic() - began < 1.5

    def test_the_engine_keeps_the_contract_with_the_real_server(self, llama_url):
        settings = settings_for(llama_url, api_key=KEY, request_timeout_s=60, model="smollm2")
        check_engine_contract(
            OpenAICompatibleEngine(settings), request_for, text=TEXT, patience_s=60
        )
