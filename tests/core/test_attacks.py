"""Attacks on the promises, through the public face: bad engines, bad luck, and bad intentions."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import json
import pickle
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import any_text, prompts, written_text

from spsd_core import (
    Call,
    ChatMessage,
    ConfigurationError,
    ContextDistiller,
    Distillation,
    Distiller,
    Observer,
    Overrides,
    Reason,
    Settings,
)
from spsd_core.cli import main
from spsd_core.difference import wordless_difference
from spsd_core.distillation import Record
from spsd_core.effective import EffectiveSettings, combine
from spsd_core.engines.protocol import Draft, DraftRequest
from spsd_core.exceptions import (
    DraftAbandoned,
    DraftCancelled,
    EngineFailed,
    EngineUnavailable,
)
from spsd_core.settings import (
    DOMAINS,
    AdmissionSettings,
    ChatSettings,
    RewriteSettings,
    SafetySettings,
    TargetSettings,
    VerifierSettings,
)
from spsd_core.spans import Edit
from spsd_core.testing import ScriptedEngine

POLITE = (
    "Hi! Sorry to bother you, but could you please tell me how I can move 3 tables to a new "
    "Postgres schema? Thanks in advance for your help!"
)
CORE = "Tell me how I can move 3 tables to a new Postgres schema?"
TWICE = "I want to return the shoes to the shop. " * 2 + "Where do I send them?"


def run_both_ways(distiller: Distiller, text: str) -> list[Distillation]:
    """Sync and async, by distillers that have seen nothing."""
    return [copy.copy(distiller).distill(text), asyncio.run(copy.copy(distiller).adistill(text))]


def same(one: Distillation, other: Distillation) -> bool:
    return (one.text, one.reason, one.tokens_before, one.tokens_after) == (
        other.text,
        other.reason,
        other.tokens_before,
        other.tokens_after,
    )


# -- engines that break their contract ----------------------------------------------------------


class BadEngine:
    """A fake engine that does whatever it is told to in `submit`."""

    name = "bad"

    def __init__(self, submit: Callable[[DraftRequest], object]) -> None:
        self._submit = submit

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        return self._submit(request)  # type: ignore[return-value]

    def close(self) -> None:
        raise RuntimeError("cannot even be closed")


class Panic(BaseException):
    """As Rust libraries raise it: no subclass of Exception."""


def gives(value: object, delay_s: float = 0.0) -> Callable[[DraftRequest], object]:
    """A future of a value, or of an exception; cancelled where the value is `CANCELLED`."""

    def submit(_: DraftRequest) -> object:
        future: Future[object] = Future()

        def finish() -> None:
            if value is CANCELLED:
                future.cancel()
            elif isinstance(value, BaseException):
                future.set_exception(value)
            else:
                future.set_result(value)

        if delay_s:
            threading.Timer(delay_s, finish).start()
        else:
            finish()
        return future

    return submit


def raises(error: BaseException) -> Callable[[DraftRequest], object]:
    def submit(_: DraftRequest) -> object:
        raise error

    return submit


CANCELLED = object()
MISBEHAVIOUR = {
    "a str": gives("a str"),
    "a number": gives(3),
    "no text": gives(Draft(None)),  # type: ignore[arg-type]
    "bytes": gives(Draft(b"Tell me")),  # type: ignore[arg-type]
    "edits out of range": gives(Draft(CORE, edits=(Edit(0, 9999),))),
    "edits that make another text": gives(Draft(CORE, edits=(Edit(0, 4),))),
    "edits of no type": gives(Draft(CORE, edits=("x",))),  # type: ignore[arg-type]
    "costs that are no number": gives(Draft(CORE, generative=True, tokens_generated=None)),  # type: ignore[arg-type]
    "infinite costs": gives(Draft(CORE, generative=True, busy_core_seconds=float("inf"))),
    "negative costs": gives(Draft(CORE, generative=True, busy_core_seconds=-1.0)),
    "a note that is no text": gives(Draft(CORE, generative=True, note=5)),  # type: ignore[arg-type]
    "a surrogate": gives(Draft("Tell \ud800", generative=True)),
    "nothing at all": gives(Draft("", generative=True)),
    "no future": lambda _: None,
    "a coroutine's future": lambda _: object(),
    "an error in submit": raises(ZeroDivisionError()),
    "a panic in submit": raises(Panic()),
    "a panic": gives(Panic()),
    "a late panic": gives(Panic(), 0.02),
    "an exit": gives(SystemExit(3), 0.02),
    "a late time-out of its own": gives(TimeoutError(), 0.02),
    "a time-out of its own": gives(TimeoutError()),
    "a cancellation of its own": gives(asyncio.CancelledError(), 0.02),
    "a cancelled future": gives(CANCELLED, 0.02),
    "an abandonment without a reason": gives(DraftAbandoned("no reason", "x")),  # type: ignore[arg-type]
    "an abandonment for success": gives(DraftAbandoned(Reason.SHORTENED, "x")),
}


@pytest.mark.parametrize("submit", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR.keys())
def test_an_engine_that_breaks_its_contract_costs_neither_the_call_nor_the_other_engines(
    submit: Callable[[DraftRequest], object],
) -> None:
    """In sync and async alike, and the record says that it was the engine."""
    for order in (1, -1):
        engines = [BadEngine(submit), ScriptedEngine("good", {POLITE: CORE})][::order]
        for result in run_both_ways(Distiller(engines=engines), POLITE):
            assert (result.text, result.record.engine) == (CORE, "good")
            (bad,) = (draft for draft in result.record.drafts if draft.engine == "bad")
            assert not bad.accepted
    for result in run_both_ways(Distiller(engines=[BadEngine(submit)]), POLITE):
        assert result.text == POLITE
        assert result.reason not in (Reason.SHORTENED, Reason.INTERNAL_ERROR, Reason.DEADLINE)


def test_an_interrupt_is_not_swallowed_and_leaves_nothing_behind() -> None:
    """Ctrl-C reaches the caller; the next call works."""
    answers = iter([raises(KeyboardInterrupt()), gives(Draft(CORE, generative=True))])
    distiller = Distiller(engines=[BadEngine(lambda request: next(answers)(request))])
    with pytest.raises(KeyboardInterrupt):
        distiller.distill(POLITE)
    assert distiller.distill(POLITE).text == CORE


def test_a_future_that_ends_between_two_looks_is_not_lost() -> None:
    """The first look says that it works, the second that it is done."""

    class Hasty(Future):  # type: ignore[type-arg]
        looks = 0

        def done(self) -> bool:
            self.looks += 1
            return self.looks > 1

    def submit(_: DraftRequest) -> object:
        future = Hasty()
        future.set_result(Draft(CORE, generative=True))
        return future

    for result in run_both_ways(Distiller(engines=[BadEngine(submit)]), POLITE):
        assert result.text == CORE


def test_engines_that_cannot_work_are_refused_when_the_distiller_is_built() -> None:
    """None, one that is no engine, two of one name."""
    twins = [ScriptedEngine("twin", {}), ScriptedEngine("twin", {})]
    for engines, message in (([], "empty"), ([object()], "no engine"), (twins, "two of one name")):
        with pytest.raises(ConfigurationError, match=message):
            Distiller(engines=engines)  # type: ignore[arg-type]


def test_one_engine_that_cannot_be_closed_does_not_keep_the_others_open() -> None:
    """Close comes to its end."""
    good = ScriptedEngine("good", {POLITE: CORE})
    Distiller(engines=[BadEngine(gives(None)), good]).close()
    assert isinstance(good.submit(request_of(POLITE)).exception(), EngineUnavailable)


def request_of(text: str) -> DraftRequest:
    from spsd_core.testing import request_for

    return request_for(text)


def test_an_endless_deadline_is_none() -> None:
    """In both ways of waiting."""
    for deadline in (float("inf"), 1e300, 1e15):
        engine = ScriptedEngine("slow", {POLITE: CORE}, delay_s=0.02)
        distiller = Distiller(Settings(deadline_ms=deadline), engines=[engine])
        assert [result.text for result in run_both_ways(distiller, POLITE)] == [CORE, CORE]


def test_what_an_abandoned_draft_cost_is_in_the_record() -> None:
    """Energy spent in vain is spent."""
    error = DraftAbandoned(Reason.NO_SAVING, "given up")
    error.prompt_tokens_evaluated, error.tokens_generated, error.busy_core_seconds = 70, 9, 36.0
    (draft,) = (
        result := Distiller(engines=[BadEngine(gives(error))]).distill(POLITE)
    ).record.drafts
    assert (draft.prompt_tokens_evaluated, draft.tokens_generated) == (70, 9)
    assert result.record.energy is not None
    assert result.record.energy.edge_spent_uwh >= 36.0 * 5.0 / 3600 * 1e6


# -- memory ---------------------------------------------------------------------------------------


def test_a_draft_that_an_engine_failed_to_better_is_not_kept_for_good() -> None:
    """Once the second engine is up again, it is asked."""
    better = "How can I move 3 tables to a new Postgres schema?"
    answers = iter([gives(EngineUnavailable("starting")), gives(Draft(better, generative=True))])
    engines = [
        ScriptedEngine("first", {POLITE: CORE}),
        BadEngine(lambda request: next(answers)(request)),
    ]
    distiller = Distiller(engines=engines)
    assert distiller.distill(POLITE).text == CORE
    assert distiller.distill(POLITE).text == better


def test_a_failure_that_a_chat_remembers_does_not_reach_single_texts() -> None:
    """The turn of the chat keeps its bytes; a text outside of any chat gets its chance."""
    answers = iter([gives(EngineUnavailable("starting")), gives(Draft(CORE, generative=True))])
    distiller = Distiller(engines=[BadEngine(lambda request: next(answers)(request))])
    turn = ChatMessage("user", (POLITE,))

    def sent() -> str:
        (result,) = distiller.distill_chat([turn]).parts[0]
        assert result is not None
        return result.text

    assert sent() == POLITE
    assert distiller.distill(POLITE).text == CORE
    assert sent() == POLITE


async def test_a_cancelled_call_leaves_nothing_in_the_memory_of_a_chat() -> None:
    """Short texts and long ones, which are computed in a thread."""
    for text in (POLITE, POLITE + " Tell me all about it." * 400):
        draft = text.replace("Hi! Sorry to bother you, but could you please tell", "Tell")
        distiller = Distiller(engines=[ScriptedEngine("slow", {text: draft}, delay_s=0.3)])
        chat = [ChatMessage("user", (text,))]
        task = asyncio.create_task(distiller.adistill_chat(chat))
        while not distiller.engines[0].requests:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (result,) = (await distiller.adistill_chat(chat)).parts[0]
        assert result is not None
        assert result.text == draft


def test_calls_side_by_side_agree_whatever_a_model_says() -> None:
    """A model with a mind of its own answers 32 threads; all of them send the same."""
    starts = ("Tell me how", "Please tell me how", "Sorry, tell me how", "So tell me how")
    drafts = [POLITE.replace(POLITE[: POLITE.index("how") + 3], start) for start in starts]
    lock, count = threading.Lock(), iter(range(10_000))
    barrier = threading.Barrier(32)

    def moody(_: DraftRequest) -> Draft:
        barrier.wait(10)
        with lock:
            return Draft(drafts[next(count) % len(drafts)], generative=True)

    distiller = Distiller(engines=[ScriptedEngine("moody", moody)])
    with ThreadPoolExecutor(32) as pool:
        texts = set(pool.map(lambda _: distiller.distill(POLITE).text, range(32)))
    assert texts == {distiller.distill(POLITE).text}
    assert texts != {POLITE}


def test_sixty_four_threads_with_different_policies_do_not_mix_their_results() -> None:
    """The same text, asked for light, dense, not at all and under a veto, all at once."""

    class Policy(Observer):
        def spsd_policy(self, call: Call) -> Overrides | None:
            wish = call.metadata["wish"]
            return Overrides(enabled=False) if wish == "off" else Overrides(level=wish)

    class Veto(Policy):
        def spsd_policy(self, call: Call) -> None:
            return None

        def spsd_veto(self, call: Call, proposal: Distillation) -> bool:
            return True

    distiller = Distiller()
    dense = "I want to return the shoes to the shop. Where do I send them?"
    expected = {
        "light": (TWICE, Reason.NOTHING_TO_REMOVE),
        "dense": (dense, Reason.SHORTENED),
        "off": (TWICE, Reason.DISABLED),
        "veto": (TWICE, Reason.VETOED),
    }

    def ask(number: int) -> bool:
        wish = list(expected)[number % 4]
        observers = [Policy()] if wish != "veto" else [Veto(), DENSE_POLICY]
        call = Call(TWICE, metadata={"wish": wish})
        result = distiller.distill(TWICE, call=call, observers=observers)
        return (result.text, result.reason) == expected[wish]

    with ThreadPoolExecutor(64) as pool:
        assert all(pool.map(ask, range(512)))


class _Dense(Observer):
    def spsd_policy(self, call: Call) -> Overrides:
        return Overrides(level="dense")


DENSE_POLICY = _Dense()


# -- observers ------------------------------------------------------------------------------------


def test_an_observer_may_call_the_distiller_again() -> None:
    """Without a deadlock, from every method, sync and in an event loop."""

    class Nosy(Observer):
        def __init__(self) -> None:
            self.asked = 0
            self.inside = False

        def ask(self) -> None:
            if not self.inside:
                self.inside = True
                self.asked += distiller.distill(POLITE).distilled
                self.inside = False

        def spsd_policy(self, call: Call) -> None:
            self.ask()

        def spsd_veto(self, call: Call, proposal: Distillation) -> bool:
            self.ask()
            return False

        def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:
            self.ask()

    nosy = Nosy()
    distiller = Distiller(observers=[nosy])
    assert distiller.distill(POLITE).text == CORE
    assert asyncio.run(distiller.adistill(POLITE)).text == CORE
    assert nosy.asked == 6


def test_a_veto_that_is_neither_yes_nor_no_is_a_failed_policy() -> None:
    """An array, for example."""

    class Undecided:
        def __bool__(self) -> bool:
            raise ValueError("the truth value is ambiguous")

    class Veto(Observer):
        def spsd_veto(self, call: Call, proposal: Distillation) -> bool:
            return Undecided()  # type: ignore[return-value]

    assert Distiller(observers=[Veto()]).distill(POLITE).reason is Reason.POLICY_FAILED


def test_a_policy_sees_the_callers_context_on_every_way() -> None:
    """A tenant kept in a context variable: short and long texts, threads, tasks, chats."""
    tenant = contextvars.ContextVar("tenant", default="nobody")
    seen: list[str] = []

    class Tenants(Observer):
        def spsd_policy(self, call: Call) -> None:
            seen.append(tenant.get())

    distiller = Distiller(
        engines=[ScriptedEngine("fake", {})], observers=[Tenants()]
    )  # not `lexical`, so that a batch takes threads
    long = "Tell me about the sea. " * 1_000
    tenant.set("anna")
    distiller.distill_many([POLITE, long, CORE])
    asyncio.run(distiller.adistill_many([POLITE, long]))
    asyncio.run(distiller.adistill_chat([ChatMessage("user", (long, POLITE))]))
    assert seen == ["anna"] * 7


# -- odd texts, odd places ------------------------------------------------------------------------


class Overridden(str):
    """A subclass of `str` whose methods all lie."""

    def encode(self, *_: object, **__: object) -> bytes:
        raise ValueError("no bytes")

    def __len__(self) -> int:
        return 3

    def __str__(self) -> str:
        return "liar"

    def split(self, *_: object, **__: object) -> list[str]:  # type: ignore[override]
        raise ValueError("no words")

    def strip(self, *_: object) -> str:
        return "liar"


def test_a_subclass_of_str_is_taken_by_its_characters() -> None:
    """In texts, in chats, and in what only the gate sees."""
    assert Distiller().distill(Overridden(POLITE)).text == CORE
    message = ChatMessage("user", (Overridden(POLITE),), unseen=(Overridden("x"),))
    (result,) = Distiller().distill_chat([message]).parts[0]
    assert result is not None
    assert result.text == CORE
    assert type(result.text) is str


def test_a_minimum_that_no_text_can_reach_is_no_error() -> None:
    """Nor is one beyond what the machine can count."""
    for words in (10**6, 10**30):
        settings = Settings(admission=AdmissionSettings(min_words=words))
        assert Distiller(settings).distill(POLITE).reason is Reason.TOO_SHORT


def test_what_is_no_text_is_refused_at_once() -> None:
    """That is a mistake in the program, not a text."""
    for wrong in (None, b"bytes", 5):
        with pytest.raises(TypeError, match="str"):
            Distiller().distill(wrong)  # type: ignore[arg-type]


def test_a_gate_whose_rules_are_broken_lets_everything_pass_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is no YAML: each text is sent as written, and says why."""
    from spsd_core.safety import gate, ruleset

    broken = tmp_path / "medical.yaml"
    broken.write_text("rules: [unclosed\n  - : :")
    monkeypatch.setattr(gate, "_shipped", None)
    monkeypatch.setattr(ruleset, "rule_files", lambda: [broken])
    distiller = Distiller()
    for result in run_both_ways(distiller, POLITE):
        assert (result.text, result.reason) == (POLITE, Reason.GATE_FAILED)
    chat = distiller.distill_chat([ChatMessage("user", (POLITE,))])
    (result,) = chat.parts[0]
    assert result is not None
    assert result.reason is Reason.GATE_FAILED


def test_a_gate_that_breaks_on_a_draft_refuses_it_for_this_time_only() -> None:
    """Memory ran out, say; the next call finds the gate in order."""
    distiller = Distiller()
    hits, texts = distiller.gate.hits, []

    def breaks_once(text: str) -> object:
        texts.append(text)
        if texts.count(CORE) == 1 and text == CORE:
            raise MemoryError
        return hits(text)

    distiller.gate.hits = breaks_once  # type: ignore[method-assign, assignment]
    first, second = distiller.distill(POLITE), distiller.distill(POLITE)
    assert (first.text, first.reason) == (POLITE, Reason.GATE_FAILED)
    assert (second.text, second.reason) == (CORE, Reason.SHORTENED)


async def test_a_batch_of_short_texts_leaves_the_event_loop_alone() -> None:
    """Others get a turn between them."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    distiller = Distiller()
    task = asyncio.create_task(others())
    await distiller.adistill_many([f"{POLITE} {n}" for n in range(100)])
    task.cancel()
    assert turns >= 100 / 8


async def test_a_distiller_may_be_closed_while_long_texts_wait() -> None:
    """They come to their end, and nobody is told of a cancellation that was none."""
    distiller = Distiller(Settings(deadline_ms=None))
    story = "The tide rises slowly at the old pier. " * 160
    texts = [f"{story}Please tell me about lake {n}. Thank you so much!" for n in range(8)]
    tasks = [asyncio.create_task(distiller.adistill(text)) for text in texts]
    await asyncio.sleep(0)
    distiller.close()
    assert all(result.distilled for result in await asyncio.gather(*tasks))


def test_two_event_loops_and_one_that_was_closed_in_the_middle() -> None:
    """An engine that answers after its loop has gone disturbs nobody."""
    engine = ScriptedEngine("slow", {POLITE: CORE}, delay_s=0.2)
    distiller = Distiller(engines=[engine])
    loop = asyncio.new_event_loop()
    task = loop.create_task(distiller.adistill(POLITE))
    while not engine.requests:
        loop.run_until_complete(asyncio.sleep(0))
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: asyncio.run(distiller.adistill(POLITE)), range(2)))
    assert [result.text for result in results] == [CORE, CORE]


def test_the_difference_of_two_monotonous_texts_takes_no_time() -> None:
    """Comparing each word with each other would take minutes."""
    began = time.process_time()
    wordless_difference("the cat sat on a mat " * 3_000, "mat a on sat cat the " * 2_500)
    wordless_difference("a " * 100_000, "a " * 40_000 + "b " + "a " * 30_000)
    assert time.process_time() - began < 5


@given(prompts, prompts)
def test_a_difference_has_the_shape_of_the_change_and_none_of_its_words(old: str, new: str) -> None:
    """Put the sent text's own characters into the masks: out comes the sent text."""
    sent, position, rebuilt = 0, 0, []
    for edit in wordless_difference(old, new):
        assert not re.search(r"[^\W_]", edit.replacement)
        rebuilt.append(old[position : edit.start])
        sent += edit.start - position
        rebuilt.append(new[sent : sent + len(edit.replacement)])
        sent, position = sent + len(edit.replacement), edit.end
    assert "".join(rebuilt) + old[position:] == new


# -- chats ----------------------------------------------------------------------------------------

_TURNS = st.lists(
    st.builds(
        ChatMessage,
        role=st.sampled_from(("system", "user", "assistant", "tool")),
        parts=st.lists(
            st.one_of(
                written_text,
                st.sampled_from(
                    (POLITE, "", "I want to end my life.", "I took an overdose of my pills.")
                ),
            ),
            max_size=2,
        ).map(tuple),
        frozen=st.booleans(),
    ),
    max_size=6,
)
_WINDOWS = [None, 0, 1, 2]
_CHATTERS = {w: Distiller(Settings(chat=ChatSettings(critical_window=w))) for w in _WINDOWS}


@given(_TURNS, st.sampled_from(_WINDOWS))
def test_every_prefix_of_a_chat_has_the_texts_of_the_whole(
    turns: list[ChatMessage], window: int | None
) -> None:
    """With and without memory, in sync and async."""
    remembering = _CHATTERS[window]
    whole = texts_of(Distiller(remembering.settings), turns)
    for length in range(len(turns) + 1):
        prefix = turns[:length]
        assert texts_of(remembering, prefix) == whole[:length]
    again = asyncio.run(Distiller(remembering.settings).adistill_chat(turns))
    assert [[part and part.text for part in row] for row in again.parts] == whole


def texts_of(distiller: Distiller, turns: list[ChatMessage]) -> list[list[str | None]]:
    chat = distiller.distill_chat(turns)
    assert chat.tokens_after <= chat.tokens_before
    return [[part and part.text for part in row] for row in chat.parts]


def test_empty_chats_and_messages_are_no_special_case() -> None:
    """Nothing in, nothing out."""
    distiller = Distiller()
    assert distiller.distill_chat([]).parts == ()
    assert asyncio.run(distiller.adistill_chat([])).parts == ()
    assert distiller.distill_chat([ChatMessage("user", ())]).parts == ((),)
    (row,) = distiller.distill_chat([ChatMessage("user", ("", " "))]).parts
    assert [part.reason for part in row if part] == [Reason.EMPTY, Reason.EMPTY]


def test_a_turn_of_a_long_chat_costs_no_more_than_one_of_a_short_one() -> None:
    """Four times the history, critical turns included, takes about four times as long."""
    distiller = Distiller(Settings(memo_entries=100_000))
    turns = [
        ChatMessage("assistant", (f"I want to end my life {n}" if n % 3 else f"I see {n}",))
        for n in range(8_000)
    ]
    distiller.distill_chat(turns)  # from here on, the gate knows them all

    def seconds(length: int) -> float:
        began = time.process_time()
        distiller.distill_chat(turns[:length])
        return time.process_time() - began

    short, long = (min(seconds(length) for _ in range(5)) for length in (2_000, 8_000))
    assert long < 8 * short  # 16 times if it were quadratic


# -- records --------------------------------------------------------------------------------------


def drafted(text: str, draft: str | Draft, **verifier: object) -> Distillation:
    """The result of a text for which an engine gave this draft; every domain is open."""
    settings = Settings(
        verifier=VerifierSettings(repair=False, **verifier),  # type: ignore[arg-type]
        safety=SafetySettings(open_domains=frozenset(DOMAINS)),
    )
    return Distiller(settings, engines=[ScriptedEngine("fake", {text: draft})]).distill(text)


def without(text: str, phrase: str) -> Draft:
    start = text.index(phrase)
    cut = Edit(start, start + len(phrase))
    return Draft(text[: cut.start] + text[cut.end :], edits=(cut,))


THINGS = (
    "I need these things for the garden:\n- a red lamp\n- a long rope\n- a blue box\nThank you!"
)
SELF = "I would like to kill my hello there self"
REFUSED: dict[Reason, tuple[str, str | Draft]] = {
    Reason.LOST_NUMBER: ("Sort the 20 names for me please", "Sort the names"),
    Reason.LOST_DATE: ("Book the room for 5 May for me please", "Book the room"),
    Reason.LOST_AMOUNT: ("Refund the $39.99 that I paid please", "Refund what I paid"),
    Reason.LOST_IDENTIFIER: (
        "Refund order 48213-B to my card please",
        "Refund the order to my card",
    ),
    Reason.LOST_URL: (
        "Hello, my page https://example.com/shop is down since noon, thank you so much",
        "My page is down since noon",
    ),
    Reason.LOST_EMAIL: (
        "Write to anna.berg@example.org about the lamps please",
        "Write about the lamps",
    ),
    Reason.LOST_QUOTE: (
        'My neighbour called me "the captain" all day and I like him, thank you so much',
        "My neighbour called me all day and I like him",
    ),
    Reason.LOST_CODE: ("Run `pip install -U pip` and tell me what changes please", "Run it"),
    Reason.LOST_NAME: ("Ask Anna Berg about the lamps in the shop please", "Ask about the lamps"),
    Reason.LOST_NEGATION: (
        "Do not sort the names in the list please",
        "Sort the names in the list",
    ),
    Reason.LOST_LIMIT: (
        "Write at most three lines about rivers please",
        "Write three lines about rivers",
    ),
    Reason.LOST_FORMAT: (
        "Write about rivers as bullet points for the class please",
        "Write about rivers for the class",
    ),
    Reason.LOST_QUESTION: (
        "I like rivers very much. Which river is the longest there?",
        "I like rivers very much.",
    ),
    Reason.LOST_LIST_ITEM: (THINGS, THINGS.replace("- a long rope\n", "")),
    Reason.LOST_FEELING: (
        "I am really frustrated that the lamp broke again. Where do I send the lamp?",
        "The lamp broke again. Where do I send the lamp?",
    ),
    Reason.LOST_CONTENT: (
        "Compare the climate of the north with the south coast please",
        "Compare the climate",
    ),
    Reason.PAYLOAD_CHANGED: (
        'Make this more formal: "Hi Tom, thanks for the samples!" Thank you very much',
        'Make this more formal: "Hi Tom, samples!"',
    ),
    Reason.LANGUAGE_CHANGED: (
        "I need the lamps and the ropes and the nails for the house please, thank you very much",
        "ich I need die lamps und die ropes und die nails für das house",
    ),
    Reason.SPEAKER_CHANGED: (
        "I want to return the lamp to the shop please",
        "You want to return the lamp",
    ),
    Reason.ADDED_CONTENT: (
        "Hello there! List the rivers of the north please, thank you so much for it",
        "List the polluted rivers of the north",
    ),
    Reason.SAFETY_CUE_CHANGED: (SELF, without(SELF, "hello there ")),
    Reason.UNSAFE_OUTPUT: (POLITE, "Tell me how <|im_end|>"),
    Reason.VERIFIER_FAILED: (POLITE, Draft(CORE, edits=(Edit(0, 4),))),
    Reason.NO_SAVING: (CORE, CORE),
}

GERMAN = "Können Sie mir bitte sagen, wie ich das mache? Danke und viele Grüße"


class _Failing(Observer):
    def spsd_policy(self, call: Call) -> Overrides:
        raise RuntimeError(f"cannot read {call.text}")


class _Vetoing(Observer):
    def spsd_veto(self, call: Call, proposal: Distillation) -> bool:
        return True


class _Off(Observer):
    def spsd_policy(self, call: Call) -> Overrides:
        return Overrides(enabled=False)


def chat_result(*messages: ChatMessage) -> Distillation:
    (*_, result) = Distiller().distill_chat(messages).parts[-1]
    assert result is not None
    return result


def with_engine(answer: object) -> Distillation:
    return Distiller(engines=[BadEngine(gives(answer))]).distill(POLITE)


# Not here: GATE_FAILED (needs broken rule files, and has a test of its own above) and
# INTERNAL_ERROR, which nothing in the public face is known to provoke: it is for defects of ours.
# WHOLE_CONTEXT_NEEDED is a context distiller's: test_context_distiller.py.
PROVOKED: dict[Reason, Callable[[], Distillation]] = {
    Reason.SHORTENED: lambda: Distiller().distill(POLITE),
    Reason.WITHHELD: lambda: Distiller(Settings(mode="shadow")).distill(POLITE),
    Reason.DISABLED: lambda: Distiller(observers=[_Off()]).distill(POLITE),
    Reason.VETOED: lambda: Distiller(observers=[_Vetoing()]).distill(POLITE),
    Reason.POLICY_FAILED: lambda: Distiller(observers=[_Failing()]).distill(POLITE),
    Reason.EMPTY: lambda: Distiller().distill("\n"),
    Reason.TOO_SHORT: lambda: Distiller().distill("Thank you!"),
    Reason.TOO_LONG: lambda: Distiller(Settings(admission=AdmissionSettings(max_chars=50))).distill(
        POLITE
    ),
    Reason.INVALID_TEXT: lambda: Distiller().distill(POLITE + "\0"),
    Reason.CHAT_MARKERS: lambda: Distiller().distill(POLITE + "<|eot_id|>"),
    Reason.MOSTLY_CODE: lambda: Distiller().distill("```\nfor x in y: print(x, y)\na = b\n```"),
    Reason.UNSUPPORTED_LANGUAGE: lambda: Distiller().distill(GERMAN),
    Reason.CACHE_CONTROL: lambda: chat_result(ChatMessage("user", (POLITE,), frozen=True)),
    Reason.WORKED_ON: lambda: chat_result(
        ChatMessage("system", ("Translate the user's message.",)), ChatMessage("user", (POLITE,))
    ),
    Reason.SAFETY_CRITICAL: lambda: Distiller().distill("Hello, I want to end my life tonight."),
    Reason.CRITICAL_CONVERSATION: lambda: chat_result(
        ChatMessage("user", ("I want to end my life.",)), ChatMessage("user", (POLITE,))
    ),
    Reason.NOTHING_TO_REMOVE: lambda: Distiller().distill(
        "Compare the climate of Oslo with that of Madrid."
    ),
    Reason.ENGINE_UNAVAILABLE: lambda: with_engine(EngineUnavailable(f"no server for {POLITE}")),
    Reason.ENGINE_FAILED: lambda: with_engine(EngineFailed(f"cannot parse {POLITE!r}")),
    Reason.DEADLINE: lambda: Distiller(Settings(deadline_ms=1e-6)).distill(POLITE),
    Reason.CANCELLED: lambda: with_engine(DraftCancelled(POLITE)),
    Reason.LOST_TERM: lambda: drafted(
        "Keep our Thank You card for the shop please",
        "Keep our card for the shop",
        protected_terms=("Thank You",),
    ),
    **{
        reason: (lambda text=text, draft=draft: drafted(text, draft))
        for reason, (text, draft) in REFUSED.items()
    },
}


def test_every_reason_is_provoked() -> None:
    """Save those that the comment above names."""
    elsewhere = {Reason.GATE_FAILED, Reason.INTERNAL_ERROR, Reason.WHOLE_CONTEXT_NEEDED}
    assert set(Reason) - set(PROVOKED) == elsewhere


@pytest.mark.parametrize("reason", PROVOKED, ids=lambda reason: reason.value)
def test_every_reason_leaves_a_complete_record_without_the_users_words(reason: Reason) -> None:
    """It is JSON, comes back from JSON, agrees with the result, and holds none of the text."""
    result = PROVOKED[reason]()
    record = result.record
    assert (result.reason, record.reason) == (reason, reason)
    assert (result.decision, record.decision) == (record.decision, result.decision)
    assert record.decided_by
    assert record.energy is not None
    dumped = record.model_dump_json()
    assert Record.model_validate_json(dumped) == record
    holds_no_words_of(record, POLITE, result.text)


_OURS = {"reason", "number", "tokens", "level", "light", "dense", "names", "draft", "please"}
"""Words of the texts above that are also keys or values of a record, for reasons of its own."""


def holds_no_words_of(record: Record, *texts: str) -> None:
    dumped = record.model_dump(mode="json")
    strings = "\n".join(_strings(dumped)).casefold()
    for text in texts:
        for word in re.findall(r"[^\W\d_]{5,}", text.casefold()):
            assert word in _OURS or word not in strings, (word, strings)


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [string for item in value.values() for string in _strings(item)]
    if isinstance(value, list):
        return [string for item in value for string in _strings(item)]
    return [value] if isinstance(value, str) else []


@given(written_text, st.sampled_from(("reversed", "note", "error", "unavailable", "abandoned")))
def test_no_words_reach_the_record_through_an_engine(text: str, way: str) -> None:
    """A rewrite in another order, a talkative note, exceptions that quote the text."""
    answers = {
        "reversed": Draft(" ".join(reversed(text.split())), generative=True),
        "note": Draft(CORE, generative=True, note=f"I was asked {text}"),
        "error": ValueError(text),
        "unavailable": EngineUnavailable(text),
        "abandoned": DraftAbandoned(Reason.NO_SAVING, text),
    }
    distiller = Distiller(
        Settings(safety=SafetySettings(open_domains=frozenset(DOMAINS))),
        engines=[BadEngine(gives(answers[way]))],
    )
    record = distiller.distill(text).record
    strings = "\n".join(_strings(record.model_dump(mode="json"))).casefold()
    for word in ("lamps", "river", "voucher", "anna", "frustrated", "colour", "python", "48213"):
        assert word not in strings


def test_the_edits_of_a_rewrite_that_is_sent_hold_no_words() -> None:
    """However the model moved them."""
    draft = "Tell me how I can move to a new Postgres schema 3 tables?"
    result = Distiller(engines=[ScriptedEngine("fake", {POLITE: draft})]).distill(POLITE)
    assert result.distilled
    assert any("•" in edit.replacement for edit in result.record.edits)
    holds_no_words_of(result.record, POLITE)


# -- policies and settings ------------------------------------------------------------------------

_ANSWERS = st.builds(
    Overrides,
    enabled=st.sampled_from((None, True, False)),
    level=st.sampled_from((None, "light", "dense")),
    engines=st.none() | st.lists(st.sampled_from(("lexical", "rewrite", "own")), max_size=3),
    deadline_ms=st.none() | st.floats(1, 1e6),
    close_domains=st.frozensets(st.sampled_from(DOMAINS), max_size=3),
    open_domains=st.frozensets(st.sampled_from(DOMAINS), max_size=3),
)


@given(st.lists(_ANSWERS, max_size=4), _ANSWERS, st.booleans())
def test_one_more_policy_never_makes_a_call_less_careful(
    answers: list[Overrides], more: Overrides, override: bool
) -> None:
    """In all that somebody before it had a say in; opening a domain takes the settings' consent."""
    settings = Settings(
        safety=SafetySettings(
            open_domains=frozenset({"legal", "medical"}), allow_gate_override=override
        )
    )
    before = combine(settings, ("lexical", "rewrite"), answers)
    after = combine(settings, ("lexical", "rewrite"), [*answers, more])
    assert combine(settings, ("lexical", "rewrite"), [more, *answers]) == after
    assert after.enabled <= before.enabled
    assert set(after.engines) <= set(before.engines)
    if any(answer.level for answer in answers):
        assert (before.level, after.level) != ("light", "dense")
    if any(answer.deadline_ms for answer in answers):
        assert (after.deadline_ms or 0) <= (before.deadline_ms or 0)
    consent = more.open_domains if override else frozenset()
    assert after.open_domains <= before.open_domains | consent
    assert not after.open_domains & more.close_domains
    assert isinstance(after, EffectiveSettings)


MEDICAL = "Hi! Could you please tell me the usual dose of ibuprofen for an adult? Thanks!"


class _Opening(Observer):
    def spsd_policy(self, call: Call) -> Overrides:
        return Overrides(open_domains=frozenset(DOMAINS))


class _Telling(ScriptedEngine):
    """A fake `rewrite` engine."""

    def __init__(self) -> None:
        super().__init__("rewrite", {})


def build_telling(settings: Settings) -> _Telling:
    """An engine of one's own, as `settings.engines` names it."""
    return _Telling()


def budget(settings: Settings) -> int:
    engine = _Telling()
    Distiller(settings, engines=[engine]).distill(POLITE)
    return engine.requests[0].token_budget


def repaired(settings: Settings) -> str:
    text = "Hello! I want to return 3 lamps. Please tell me where I send them, thank you so much."
    draft = "I want to return lamps. Tell me where I send them."
    engine = ScriptedEngine("fake", {text: draft})
    return Distiller(settings, engines=[engine]).distill(text).text


def sent(text: str) -> Callable[[Settings], object]:
    return lambda settings: Distiller(settings).distill(text).text


def chat_texts(*messages: ChatMessage) -> Callable[[Settings], object]:
    return lambda settings: texts_of(Distiller(settings), list(messages))


def energy(settings: Settings) -> object:
    record = Distiller(settings).distill(POLITE).record.energy
    assert record is not None
    return record.cloud_saved_uwh, dict(record.assumptions)


CRITICAL = ChatMessage("system", ("I want to end my life.",))
POLITE_TURN = ChatMessage("user", (POLITE,))
FRILLS = (
    "Good morning, and sorry to be a nuisance. Where is the nearest lake of more than 3 acres? "
    "You have no idea how much I appreciate your patience with me. Bless you for reading this!"
)
ROOMS = (
    "The library owns ninety thousand books. Its reading room faces the harbour. Maren Holt drew "
    "the charts in 1931. Copies cost two crowns. Children come on Thursdays to hear stories.",
    "The lighthouse sends two flashes. Its lamp once burned whale oil. The tower is forty metres "
    "tall. It was automated when the last keeper retired. It is painted red and white.",
    "The railway reached the valley after eleven years of work. Its longest tunnel runs below the "
    "ridge. Trains were pulled by small engines from Leeds. The station has a clock tower. A train "
    "leaves every hour, and on Sundays every two.",
)


def context(**budget: float) -> Callable[[Settings], object]:
    """Passages of which some are worth shortening, whatever the least size is set to."""

    def shortened(settings: Settings) -> object:
        return ContextDistiller(settings).distill("Who drew the charts?", ROOMS, **budget).passages

    return shortened


def kept_in_memory(settings: Settings) -> int:
    distiller = ContextDistiller(settings)
    return sum(distiller.distill("Who drew the charts?", ROOMS).record.indexed for _ in range(2))


def arms(settings: Settings) -> list[str]:
    distiller = Distiller(settings)
    calls = [Call(POLITE, metadata={"user_id": str(n), "team": str(n // 2)}) for n in range(20)]
    return [distiller.distill(POLITE, call=call).record.arm for call in calls]


def split(settings: Settings) -> list[str]:
    return arms(settings.model_copy(update={"mode": "split"}))


OBSERVED: dict[str, tuple[object, Callable[[Settings], object]]] = {
    "mode": ("shadow", sent(POLITE)),
    "split.share": (0.1, split),
    "split.keys": (("team",), split),
    "split.salt": ("again", split),
    "context.confidence": (0.999, context()),
    "context.rate": (0.2, context()),
    "context.drop_passages": (False, context(target_tokens=15)),
    "context.min_tokens": (1000, context(ratio=0.5)),
    "context.memory_passages": (0, kept_in_memory),
    "level": ("dense", sent(TWICE)),
    "engines": (
        (f"{__name__}:build_telling",),
        lambda s: [engine.name for engine in Distiller(s).engines],
    ),
    "deadline_ms": (1e-6, sent(POLITE)),
    "min_saving_tokens": (1000, sent(POLITE)),
    "memo_entries": (0, lambda s: (d := Distiller(s)).distill(POLITE) and len(d.memo)),
    "admission.min_words": (2, sent("Hello! Thanks! Reset it.")),
    "admission.max_chars": (10, sent(POLITE)),
    "admission.max_code_share": (
        1.0,
        sent("Please fix this now, thanks!\n```\n" + "for x in y: print(x, y)\n" * 4 + "```"),
    ),
    "safety.open_domains": (frozenset(DOMAINS), sent(MEDICAL)),
    "safety.allow_gate_override": (
        True,
        lambda s: Distiller(s, observers=[_Opening()]).distill(MEDICAL).text,
    ),
    "verifier.protected_terms": (("Thanks",), sent(POLITE)),
    "verifier.repair": (False, repaired),
    "extract.confidence": (0.999, sent(FRILLS)),
    "extract.target_ratio": (0.9, sent(FRILLS)),
    "rewrite.min_saving_share": (0.5, budget),
    "target.tokenizer": ("estimate", lambda s: Distiller(s).distill(POLITE).tokenizer),
    "target.template": ("none", lambda s: Distiller(s).distill(POLITE).tokens_before),
    "chat.distil_roles": (frozenset({"assistant"}), chat_texts(POLITE_TURN)),
    "chat.gate_roles": (frozenset({"user"}), chat_texts(CRITICAL, POLITE_TURN)),
    "chat.critical_window": (0, chat_texts(CRITICAL, POLITE_TURN)),
    **{
        f"energy.{name}": (0.5 if name == "cloud_utilisation" else 77.0, energy)
        for name in Settings().energy.model_dump()
    },
}
# What the rewriting engines alone read is held by their own tests: model, base_url, api_key,
# request_timeout_s, max_retries, max_concurrency and backend in test_rewrite_server.py,
# min_narrative_words in test_cascade.py, context_tokens, threads and lookup_tokens in
# test_rewrite_llama.py. Rule files need files: they are held by test_safety_own_rules.py.
# The engine `perplexity` and its settings: test_context_perplexity.py; the file of
# `context.store`: test_context_indexing.py.
ELSEWHERE = {
    "context.engine",
    "context.store",
    "context.perplexity",
    "safety.rule_files",
    *(f"rewrite.{name}" for name in RewriteSettings.model_fields if name != "min_saving_share"),
}


def test_every_setting_is_observed() -> None:
    """Here or in the tests of the rewriting engines."""
    named = set()
    for name in Settings.model_fields:
        value = getattr(Settings(), name)
        fields = getattr(type(value), "model_fields", None)
        named |= {f"{name}.{field}" for field in fields} if fields else {name}
    assert named == set(OBSERVED) | ELSEWHERE


@pytest.mark.parametrize("name", OBSERVED)
def test_every_setting_changes_something(name: str) -> None:
    """None is dead."""
    value, observe = OBSERVED[name]
    group, _, field = name.rpartition(".")
    changed = {group: {field: value}} if group else {field: value}
    settings = Settings.model_validate(changed)
    default = Settings()
    if group == "target":
        default = Settings(target=TargetSettings(tokenizer="llama3"))
        settings = Settings.model_validate({group: {"tokenizer": "llama3", **changed[group]}})
    assert observe(settings) != observe(default)


# -- the adapters ---------------------------------------------------------------------------------


@given(st.one_of(prompts, any_text))
def test_core_langchain_and_llamaindex_send_the_same(text: str) -> None:
    """Any text, sync and async."""
    sent = DISTILLER.distill(text).text
    assert PROMPT.invoke(text).text == sent  # type: ignore[attr-defined]
    assert asyncio.run(PROMPT.ainvoke(text)).text == sent  # type: ignore[attr-defined]
    assert TRANSFORM.run(text).query_str == sent
    assert asyncio.run(TRANSFORM.arun(text)).query_str == sent


def _adapters() -> tuple[object, object]:
    from spsd_langchain import PromptDistiller
    from spsd_llamaindex import DistillQueryTransform

    return PromptDistiller(), DistillQueryTransform()


DISTILLER = Distiller()
PROMPT, TRANSFORM = _adapters()  # type: ignore[assignment]


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))]
)
def test_adapters_can_be_copied_and_pickled_after_use(
    clone: Callable[[object], object],
) -> None:
    """The copies work."""
    PROMPT.invoke(POLITE)  # type: ignore[attr-defined]
    TRANSFORM.run(POLITE)
    assert clone(PROMPT).invoke(POLITE).text == CORE  # type: ignore[attr-defined]
    assert clone(TRANSFORM).run(POLITE).query_str == CORE  # type: ignore[attr-defined]


def test_a_bundle_that_one_tenant_distilled_is_asked_about_again_for_another() -> None:
    """One transform, one bundle, two policies; and changing the result changes nothing else."""
    from llama_index.core.schema import QueryBundle

    from spsd_llamaindex import DistillQueryTransform

    class Tenants(Observer):
        def spsd_policy(self, call: Call) -> Overrides:
            return Overrides(enabled=call.metadata.get("tenant") != "careful")

    transform = DistillQueryTransform(observers=[Tenants()])
    bundle = QueryBundle(POLITE, custom_embedding_strs=["tables"])
    metadata = {"tenant": "open"}
    assert transform.run(bundle, metadata).query_str == CORE
    metadata["tenant"] = "careful"
    untouched = transform.run(bundle, metadata)
    assert untouched.query_str == POLITE
    untouched.embedding_strs.append("more")
    assert bundle.embedding_strs == ["tables"]


# -- the command line -----------------------------------------------------------------------------


def spsd(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "spsd_core", "distill", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00 this is no text\r\nat all, it is \xe9 bytes\n",
        b"kept as it stands:\r\nWindows lines, and no more\r\n",
        b"\xef\xbb\xbfwith a mark of its byte order\n",
    ],
)
def test_standard_input_that_passes_through_comes_back_byte_for_byte(data: bytes) -> None:
    """Line ends, broken UTF-8 and all."""
    done = spsd("-", stdin=data)
    assert (done.returncode, done.stdout) == (0, data)
    assert b"Traceback" not in done.stderr


def lines_file(path: Path, *rows: bytes) -> Path:
    path.write_bytes(b"\n".join(rows))
    return path


def test_the_output_is_never_written_over_something_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not over the input, not into a file that another program wrote."""
    source = lines_file(tmp_path / "in.jsonl", b'{"text": "a"}', b'{"text": "no end of line"}')
    other = lines_file(tmp_path / "other.txt", b"my diary", b"half a line")
    link = tmp_path / "link.jsonl"
    link.symlink_to(source)
    for output in (source, link, other):
        before = output.read_bytes()
        assert main(["distill", str(source), "--output", str(output)]) == 2
        assert output.read_bytes() == before
        assert str(output) in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a traceback."""
    source = lines_file(tmp_path / "in.jsonl", b'{"text": "a"}')
    for output in (tmp_path, tmp_path / "nowhere" / "out.jsonl"):
        assert main(["distill", str(source), "--output", str(output)]) == 1
        assert str(output) in capsys.readouterr().err


def test_lines_from_windows_and_lines_that_are_too_deep_are_met_calmly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A byte order mark, carriage returns, a hundred thousand brackets, a line without UTF-8."""
    source = lines_file(
        tmp_path / "in.jsonl",
        b'\xef\xbb\xbf{"text": "first"}\r',
        b"[" * 100_000,
        b'{"text": "\xe9 is no UTF-8, this must be kept as it was"}',
        b'{"text": "last"}',
    )
    assert main(["distill", str(source)]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row.get("text") for row in rows] == [
        "first",
        None,
        "\udce9 is no UTF-8, this must be kept as it was",
        "last",
    ]
    assert rows[2]["reason"] == "invalid_text"
