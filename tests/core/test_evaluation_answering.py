"""Arms make requests, servers answer them, and all of it is kept."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from evaluation_parts import COURTEOUS, echoes, model_at, one_in_five_fails, says
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from servers import (
    Behaviour,
    Exchange,
    LoopbackServer,
    answers,
    first,
    free_port,
    hangs_before_headers,
    sends_html,
    sends_other_json,
)

from spsd_core import Settings, TargetSettings
from spsd_core.evaluation.answering import (
    Answer,
    Question,
    ServerUnreachable,
    ask_all,
)
from spsd_core.evaluation.arms import ARMS, build_arms, prepare
from spsd_core.evaluation.cache import Cache, content_key
from spsd_core.evaluation.corpora import Item
from spsd_core.exceptions import ConfigurationError
from spsd_core.testing import WEIRD_TEXTS

PASSAGES = (
    "The Krems rises in the hills of Oberau. Its waters are known for trout. Anglers come from far "
    "away in spring. There is a museum of fishing rods in the old mill, open on Sundays.",
    "Kremsbruck is a city on the Krems, which is 102 kilometres long. The town hall was built in "
    "1604. It has a clock with two faces. The market sells cheese, bread and woollen socks.",
    "The cooks of the region use a lot of dill. Dumplings are served with it on feast days. A book "
    "of recipes appeared in 1911 and was reprinted nine times. Its author remains unknown.",
)


def closes_at_once(exchange: Exchange) -> None:
    """Takes the request, and is gone."""


def questions(count: int) -> list[Question]:
    return [Question((("system", "Be kind."), ("user", f"Say {n}."))) for n in range(count)]


class TestArms:
    def test_every_arm_sends_the_same_system_prompt(self) -> None:
        item = Item(id="1", text=COURTEOUS, passages=PASSAGES, ask="Be brief.")
        arms = build_arms([name for name in ARMS if name != "rewrite"])
        made = {arm.name: arm.prepare(item) for arm in arms}
        assert {prepared.messages[0] for prepared in made.values()} == {
            ("system", "You are a helpful assistant. Be brief.")
        }
        assert made["raw"].text == COURTEOUS
        assert made["lexical"].distilled
        assert made["extract-light"].tokens < made["raw"].tokens
        assert made["context"].tokens < made["raw"].tokens
        assert made["context"].text == COURTEOUS
        assert "102 kilometres" in made["context"].messages[1][1]
        for arm in arms:
            arm.close()

    def test_tokens_are_those_of_the_whole_request(self) -> None:
        (raw,) = build_arms([], Settings(target=TargetSettings(tokenizer="estimate")))
        short = raw.prepare(Item(id="1", text="Why?"))
        longer = raw.prepare(Item(id="1", text="Why?", ask="Answer with one word, please."))
        assert short.tokens < longer.tokens
        assert short.tokenizer.endswith("(estimate)")
        assert not short.tokenizer_exact

    def test_the_context_arm_has_nothing_to_do_without_passages(self) -> None:
        context = build_arms(["context"])[1]
        assert not context.applies(Item(id="1", text="Why?"))
        assert context.applies(Item(id="1", text="Why?", passages=("Because.",)))

    def test_there_is_no_such_arm(self) -> None:
        with pytest.raises(ConfigurationError, match=r"no arm 'magic'; there are raw, lexical"):
            build_arms(["magic"])

    def test_an_arm_works_on_a_prompt_once(self) -> None:
        """Also what it cost in time is kept, so that a resumed run reports the same."""
        item = Item(id="1", text=COURTEOUS)
        with Cache() as cache:
            lexical = build_arms(["lexical"])[1]
            once = prepare(lexical, item, cache)
            assert prepare(lexical, item, cache) == once
            assert cache.entries == 1
            other = build_arms(["lexical"], Settings(min_saving_tokens=500))[1]
            assert not prepare(other, item, cache).distilled
            assert cache.entries == 2

    @pytest.mark.parametrize("text", WEIRD_TEXTS, ids=lambda text: ascii(text[:12]))
    def test_odd_texts_come_back_from_the_cache_as_they_were(self, text: str) -> None:
        with Cache() as cache:
            lexical = build_arms(["lexical"])[1]
            once = prepare(lexical, Item(id="1", text=text), cache)
            assert once.text == text
            assert prepare(lexical, Item(id="1", text=text), cache) == once


class TestAsking:
    def test_equal_questions_are_asked_once(self) -> None:
        with LoopbackServer(says(echoes)) as server, Cache() as cache:
            found = ask_all(model_at(server.base_url), questions(3) * 4, cache)
            assert len(found) == len(server.requests) == 3
            answer = found[questions(1)[0]]
            assert answer.text == "You wrote 6 characters."
            assert (answer.prompt_tokens, answer.completion_tokens) == (11, 7)

    def test_a_second_run_asks_only_what_is_new(self, tmp_path: Path) -> None:
        with LoopbackServer(says(echoes)) as server:
            model = model_at(server.base_url)
            with Cache(tmp_path / "c.sqlite") as cache:
                before = ask_all(model, questions(5), cache)
            with Cache(tmp_path / "c.sqlite") as cache:
                after = ask_all(model, questions(7), cache)
            assert len(server.requests) == 7
            assert {question: after[question] for question in before} == before

    def test_parameters_and_seeds_are_part_of_the_question(self) -> None:
        system, user = questions(1)[0].messages
        with LoopbackServer(says(echoes)) as server, Cache() as cache:
            for seed in (1, 2):
                ask_all(model_at(server.base_url), [Question((system, user), seed)], cache)
            warmer = model_at(server.base_url, temperature=0.4)
            ask_all(warmer, [Question((system, user), 1)], cache)
            asked = [(sent.body["seed"], sent.body["temperature"]) for sent in server.requests]
            assert asked == [(1, 0.0), (2, 0.0), (1, 0.4)]

    def test_one_call_in_five_that_fails_is_recorded_and_not_hidden(self) -> None:
        with LoopbackServer(one_in_five_fails(says(echoes))) as server, Cache() as cache:
            model = model_at(server.base_url, concurrency=1)
            found = ask_all(model, questions(40), cache)
            failed = [answer for answer in found.values() if answer.failed]
            assert len(failed) == 8
            assert {answer.error for answer in failed} == {
                "status 500",
                "the connection broke off",
            }
            assert ask_all(model, questions(40), cache) == found
            assert len(server.requests) == 44  # what broke off was asked twice

    def test_retries_get_an_answer_out_of_such_a_server(self) -> None:
        with (
            LoopbackServer(one_in_five_fails(says(echoes), for_good=False)) as server,
            Cache() as cache,
        ):
            found = ask_all(model_at(server.base_url, retries=2), questions(12), cache)
            assert not any(answer.failed for answer in found.values())

    def test_failures_are_asked_again_where_that_is_wanted(self) -> None:
        with LoopbackServer(first(2, answers(500), says(echoes))) as server, Cache() as cache:
            model = model_at(server.base_url)
            assert ask_all(model, questions(1), cache)[questions(1)[0]].error == "status 500"
            assert ask_all(model, questions(1), cache, retry_failed=True)[questions(1)[0]].failed
            again = ask_all(model, questions(1), cache, retry_failed=True)
            assert not again[questions(1)[0]].failed
            assert len(server.requests) == 3

    @pytest.mark.parametrize(
        ("behaviour", "error"),
        [
            (answers(429), "status 429"),
            (sends_html, "no chat completion came back"),
            (sends_other_json, "no chat completion came back"),
            (says(lambda _: "  "), "the answer is empty"),
            (hangs_before_headers, "timeout"),
        ],
        ids=["busy", "html", "other json", "empty", "hangs"],
    )
    def test_answers_that_are_none(self, behaviour: object, error: str) -> None:
        with LoopbackServer(behaviour) as server, Cache() as cache:  # type: ignore[arg-type]
            model = model_at(server.base_url, timeout_s=0.5)
            assert ask_all(model, questions(1), cache)[questions(1)[0]].error == error

    def test_without_a_server_the_run_ends_and_nothing_is_recorded(self) -> None:
        with Cache() as cache:
            nowhere = model_at(f"http://127.0.0.1:{free_port()}/v1")
            with pytest.raises(ServerUnreachable, match="start the server of scripted"):
                ask_all(nowhere, questions(9), cache)
            assert cache.entries == 0

    @pytest.mark.parametrize("concurrency", [1, 8])
    @pytest.mark.parametrize("end", [closes_at_once, answers(502)], ids=["dead", "behind a proxy"])
    def test_a_server_that_dies_midway_ends_the_run_and_leaves_no_failures(
        self, end: Behaviour, concurrency: int, tmp_path: Path
    ) -> None:
        """The same command goes on, without `retry_failed`, and asks only what has no answer."""
        path = tmp_path / "c.sqlite"
        with LoopbackServer(first(20, says(echoes), end)) as server, Cache(path) as cache:
            with pytest.raises(
                ServerUnreachable, match=r"is gone: .* is kept, and not asked again"
            ):
                ask_all(model_at(server.base_url, concurrency=concurrency), questions(90), cache)
            assert cache.entries == 20
            assert len(server.requests) <= 20 + 4 * max(10, concurrency)
        with LoopbackServer(says(echoes)) as server, Cache(path) as cache:
            found = ask_all(model_at(server.base_url), questions(90), cache)
            assert len(server.requests) == 70
        assert not any(answer.failed for answer in found.values())

    def test_a_server_that_nobody_can_reach_any_more_leaves_no_failures_either(self) -> None:
        """Its third answer is its last: then it does not even listen."""
        with Cache() as cache:
            server = LoopbackServer(says(echoes))

            def dies() -> None:
                if cache.entries == 3:
                    server.__exit__(None, None, None)

            server.__enter__()
            model = model_at(server.base_url, concurrency=1)
            with pytest.raises(ServerUnreachable, match="nothing is kept, because no cache file"):
                ask_all(model, questions(30), cache, on_answer=dies)
            assert cache.entries < 15  # some were answered while the third was being told

    def test_a_server_that_restarts_is_asked_again(self) -> None:
        """Calls that broke off are made once more; those that were answered are not."""
        restarting = first(8, says(echoes), first(13, closes_at_once, says(echoes)))
        with LoopbackServer(restarting) as server, Cache() as cache:
            found = ask_all(model_at(server.base_url), questions(30), cache)
            assert len(server.requests) == 35
        assert not any(answer.failed for answer in found.values())

    def test_a_prompt_that_breaks_the_connection_fails_by_itself(self) -> None:
        """The server is there for the others, so that is the answerer's failure, and is kept."""

        def chokes(exchange: Exchange) -> None:
            if exchange.request.last_message != "Say 7.":
                says(echoes)(exchange)

        with LoopbackServer(chokes) as server, Cache() as cache:
            found = ask_all(model_at(server.base_url), questions(20), cache)
            assert cache.entries == 20
        failed = {question: one.error for question, one in found.items() if one.failed}
        assert failed == {questions(8)[7]: "the connection broke off"}

    def test_an_address_that_is_none(self) -> None:
        with pytest.raises(ConfigurationError, match="is no address"):
            model_at("localhost:8080")


class TestCache:
    @hypothesis_settings(max_examples=50)
    @given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans(), max_size=5))
    def test_what_goes_in_comes_out(self, value: dict[str, object]) -> None:
        with Cache() as cache:
            cache.put("k", value)
            assert cache.get("k") == value
            assert cache.get("other") is None

    def test_keys_differ_where_anything_differs(self) -> None:
        keys = {content_key(kind, text=text) for kind in ("a", "b") for text in ("", "x", "\ud83d")}
        assert len(keys) == 6

    @pytest.mark.parametrize("content", [b"no database at all, but long enough to be one" * 40])
    def test_a_file_that_is_no_cache_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "notes.txt"
        path.write_bytes(content)
        with pytest.raises(ConfigurationError, match="name another file"):
            Cache(path)
        assert path.read_bytes() == content

    def test_what_was_answered_survives_a_killed_process(self, tmp_path: Path) -> None:
        """Killed, not closed: the operating system's `kill -9`."""
        path = tmp_path / "c.sqlite"
        script = (
            "import sys, time\n"
            "from spsd_core.evaluation.cache import Cache\n"
            "cache = Cache(sys.argv[1])\n"
            "for number in range(10**6):\n"
            "    cache.put(str(number), {'n': number})\n"
            "    print(number, flush=True)\n"
            "    time.sleep(0.001)\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        lines += process.stdout.readlines()
        process.stdout.close()
        known = int([line for line in lines if line.endswith("\n")][-1])
        with Cache(path) as cache:
            assert all(cache.get(str(number)) == {"n": number} for number in range(known + 1))

    def test_two_runs_share_a_file(self, tmp_path: Path) -> None:
        with Cache(tmp_path / "c.sqlite") as one, Cache(tmp_path / "c.sqlite") as other:
            one.put("a", 1)
            other.put("b", 2)
            assert (other.get("a"), one.get("b")) == (1, 2)

    def test_a_cache_closed_under_us_says_so(self) -> None:
        cache = Cache()
        cache.close()
        with pytest.raises((sqlite3.ProgrammingError, Exception), match="cannot be used"):
            cache.get("a")


def test_the_time_of_an_answer_holds_its_attempts() -> None:
    with LoopbackServer(first(1, answers(500), says(echoes))) as server, Cache() as cache:
        started = time.perf_counter()
        found: Answer = ask_all(model_at(server.base_url, retries=1), questions(1), cache)[
            questions(1)[0]
        ]
        # the client waits half a second before it tries again, less up to a quarter at random
        assert 370 < found.ms < (time.perf_counter() - started) * 1000
