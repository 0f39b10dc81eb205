"""The public doubles, and the engine contract: it passes good engines and catches broken ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import Draft, DraftRequest, Engine
from spsd_core.exceptions import (
    DeadlineExceeded,
    DraftAbandoned,
    DraftCancelled,
    EngineFailed,
    EngineUnavailable,
)
from spsd_core.spans import Edit
from spsd_core.testing import FixedCounter, ScriptedEngine, check_engine_contract, request_for
from spsd_core.tokens import TokenCounter

TEXT = "Hi! Could you please compare these two bicycles? Many thanks!"
SHORT = "Compare these two bicycles?"


class TestScriptedEngine:
    def test_it_answers_from_its_script_and_remembers_what_it_was_asked(self):
        engine = ScriptedEngine("fake", {TEXT: SHORT})
        request = request_for(TEXT)
        draft = engine.submit(request).result(timeout=0)
        assert draft == Draft(text=SHORT, generative=True)
        assert engine.submit(request_for("another text")).result(timeout=0) is None
        assert engine.requests[0] is request

    def test_a_function_may_write_the_script_and_may_refuse(self):
        def script(request: DraftRequest) -> Draft:
            if request.level == "dense":
                raise DraftAbandoned(Reason.NO_SAVING, "scripted")
            return Draft(text=request.text[4:], edits=(Edit(0, 4),))

        engine = ScriptedEngine("fake", script)
        assert engine.submit(request_for(TEXT)).result(timeout=0).text == TEXT[4:]
        error = engine.submit(request_for(TEXT, level="dense")).exception(timeout=0)
        assert isinstance(error, DraftAbandoned)

    def test_an_error_stands_in_for_every_answer(self):
        engine = ScriptedEngine("fake", {TEXT: SHORT}, error=EngineFailed("scripted"))
        assert isinstance(engine.submit(request_for(TEXT)).exception(timeout=0), EngineFailed)

    def test_the_delay_is_spent_outside_submit(self):
        engine = ScriptedEngine("fake", {TEXT: SHORT}, delay_s=0.3)
        began = time.monotonic()
        future = engine.submit(request_for(TEXT))
        assert not future.done()
        assert future.result(timeout=10).text == SHORT
        assert time.monotonic() - began >= 0.3

    def test_a_delayed_answer_heeds_deadline_cancellation_and_close(self):
        engine = ScriptedEngine("fake", {TEXT: SHORT}, delay_s=60)
        late = engine.submit(request_for(TEXT, deadline_s=0.05))
        assert isinstance(late.exception(timeout=10), DeadlineExceeded)
        request = request_for(TEXT)
        cancelled = engine.submit(request)
        request.cancelled.set()
        assert isinstance(cancelled.exception(timeout=10), DraftCancelled)
        running = engine.submit(request_for(TEXT))
        engine.close()
        assert isinstance(running.exception(timeout=10), DraftCancelled)
        assert isinstance(engine.submit(request_for(TEXT)).exception(timeout=10), EngineUnavailable)


class TestFixedCounter:
    @given(st.text(st.characters()))
    def test_it_counts_any_text_and_is_marked_as_an_estimate(self, text):
        counter = FixedCounter()
        assert isinstance(counter, TokenCounter)
        assert counter.count(text) == len(text.split())
        assert counter.name.endswith("(estimate)")
        assert not counter.exact


class Blocking(ScriptedEngine):
    """Works inside `submit` and yet returns an unfinished future."""

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        time.sleep(1.2)
        return Future()


class Deaf(ScriptedEngine):
    """Never answers a request that nobody waits for."""

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        return Future() if request.cancelled.is_set() else super().submit(request)


def raising(request: DraftRequest) -> Draft | None:
    raise ValueError(request.text[:3])


def misedited(request: DraftRequest) -> Draft | None:
    return Draft(text="other", edits=(Edit(0, 0),))


def fickle(request: DraftRequest) -> Draft | None:
    return Draft(text=f"draft on {threading.get_ident()} at {time.monotonic_ns()}")


def fragile(request: DraftRequest) -> Draft | None:
    return Draft(text=request.text.encode().decode())


class TestContract:
    @pytest.mark.parametrize("delay_s", [0.0, 0.05])
    def test_the_scripted_engine_keeps_it(self, delay_s):
        check_engine_contract(
            ScriptedEngine("fake", {TEXT: SHORT}, delay_s), request_for, text=TEXT
        )

    def test_an_engine_that_always_fails_in_the_declared_way_keeps_it(self):
        engine = ScriptedEngine("fake", {}, error=EngineFailed("scripted"))
        check_engine_contract(engine, request_for)

    @pytest.mark.parametrize(
        ("make", "promise"),
        [
            (lambda: ScriptedEngine("", {}), "an engine has a name"),
            (lambda: Blocking("fake", {}), "blocked"),
            (lambda: Deaf("fake", {}), "ends within 2 s"),
            (lambda: ScriptedEngine("fake", misedited), "edits of a draft"),
            (lambda: ScriptedEngine("fake", fickle), "same draft on every thread"),
        ],
    )
    def test_a_broken_promise_is_named(self, make: Callable[[], Engine], promise):
        with pytest.raises(AssertionError, match=promise):
            check_engine_contract(make(), request_for, text=TEXT, patience_s=2)

    @pytest.mark.parametrize(
        ("script", "promise"),
        [(raising, "ValueError is not"), (fragile, "UnicodeEncodeError is not")],
    )
    @pytest.mark.parametrize("delay_s", [0.0, 0.01])
    def test_an_exception_that_is_no_engine_error_breaks_it(self, script, promise, delay_s):
        with pytest.raises(AssertionError, match=promise):
            check_engine_contract(ScriptedEngine("fake", script, delay_s), request_for, text=TEXT)
