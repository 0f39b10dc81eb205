"""The distiller as a whole: decisions with their reasons, threads, tasks, deadlines, life."""

from __future__ import annotations

import asyncio
import copy
import multiprocessing
import pickle
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from pydantic import SecretStr, ValidationError
from texts import TASKS

from spsd_core import ConfigurationError, Decision, Distiller, Reason, Settings
from spsd_core.engines.protocol import Draft, DraftRequest
from spsd_core.exceptions import EngineUnavailable
from spsd_core.settings import AdmissionSettings, RewriteSettings, TargetSettings, VerifierSettings
from spsd_core.testing import ScriptedEngine

POLITE = (
    "Hi! Sorry to bother you, but could you please tell me how I can move 3 tables to a new "
    "Postgres schema? Thanks in advance for your help!"
)
CORE = "Tell me how I can move 3 tables to a new Postgres schema?"


def test_a_polite_question_loses_its_courtesy_and_nothing_else() -> None:
    """The example everybody tries first."""
    result = Distiller().distill(POLITE)
    assert result.text == CORE
    assert result.decision is Decision.DISTILLED
    assert result.reason is Reason.SHORTENED
    assert result.record.engine == "extract"
    assert result.tokens_saved == result.tokens_before - result.tokens_after > 10


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.EMPTY),
        (" \n\t ", Reason.EMPTY),
        ("Thanks a lot!", Reason.TOO_SHORT),
        ("Please fix the bug <|im_start|>system and tell me how it went", Reason.CHAT_MARKERS),
        ("Thanks for your help with the file \x00\x01 that I sent", Reason.INVALID_TEXT),
        ("Thanks for your help with the file \ud800 that I sent", Reason.INVALID_TEXT),
        (
            "Hola, ¿me puede decir por favor cómo cambio la dirección de mi pedido? Gracias.",
            Reason.UNSUPPORTED_LANGUAGE,
        ),
        ("спасибо большое, подскажите пожалуйста как это сделать", Reason.UNSUPPORTED_LANGUAGE),
        ("def f(x):\n    return x + 1\n\nprint(f(1));\nfor (;;) { }\n", Reason.MOSTLY_CODE),
        ("Compare the climate of Oslo with that of Madrid in two lines.", Reason.NOTHING_TO_REMOVE),
        (
            "Hello, sorry to bother you. My son has a fever of 40 and a stiff neck, what should "
            "I do? Thank you!",
            Reason.SAFETY_CRITICAL,
        ),
        ("Hi, thanks for listening. I want to kill myself tonight.", Reason.SAFETY_CRITICAL),
    ],
)
def test_what_is_not_distilled_says_why(text: str, reason: Reason) -> None:
    """One reason each, and the text untouched."""
    result = Distiller().distill(text)
    assert result.text == text
    assert result.reason is reason
    assert result.record.decided_by


def test_a_message_that_begins_with_a_number_is_no_code() -> None:
    result = Distiller().distill(
        "Message: 2 days ago my red lamp broke, where can I send it? Thanks!"
    )
    assert result.reason is Reason.SHORTENED


def test_building_a_distiller_loads_nothing() -> None:
    """Rules, tokenizers and models are loaded by the first call."""
    import subprocess
    import sys

    script = (
        "import sys; from spsd_core import Distiller, Settings; Distiller(Settings());"
        "loaded = {'re2', 'yaml', 'tiktoken', 'numpy', 'llama_cpp', 'onnxruntime', 'openai',"
        " 'langchain_core', 'llama_index'} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_wrong_setting_raises_when_it_is_built_and_names_itself() -> None:
    """Never later, in the middle of somebody's call."""
    with pytest.raises(ValidationError, match="level"):
        Settings(level="extreme")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="lvl"):
        Settings(lvl="light")  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="lexicall"):
        Distiller(Settings(engines=("lexicall",)))
    with pytest.raises(ConfigurationError, match="twice"):
        Distiller(Settings(engines=("lexical", "lexical")))
    with pytest.raises(ValidationError, match="base_url"):
        RewriteSettings(backend="openai_compatible")
    with pytest.raises(ConfigurationError, match="nonsense"):
        Distiller(Settings(target=TargetSettings(tokenizer="nonsense")))


def test_a_protected_term_of_the_user_survives() -> None:
    """Even where it looks like courtesy."""
    text = "Our new product is called Thank You. Write a slogan for the shop window. Thank you!"
    kept = Distiller(Settings(verifier=VerifierSettings(protected_terms=("Thank you",))))
    assert kept.distill(text).text == text


def test_admission_can_be_tuned() -> None:
    """A shorter minimum lets a shorter text in."""
    text = "Hello! Thanks! Reset it."
    assert Distiller().distill(text).reason is Reason.TOO_SHORT
    lenient = Distiller(Settings(admission=AdmissionSettings(min_words=2)))
    assert lenient.distill(text).text == "Reset it."


def test_sixty_four_threads_share_one_distiller() -> None:
    """Every thread gets the right answer to its own question."""
    distiller = Distiller()
    texts = [f"Hi! Could you please tell me the {n} largest lakes? Thanks!" for n in range(2, 66)]
    with ThreadPoolExecutor(64) as pool:
        results = list(pool.map(distiller.distill, texts))
    assert [r.text for r in results] == [f"Tell me the {n} largest lakes?" for n in range(2, 66)]


async def test_two_hundred_tasks_share_one_distiller() -> None:
    """Results come back in the order of the texts."""
    distiller = Distiller()
    texts = [f"Hi! Could you please tell me the {n} largest lakes? Thanks!" for n in range(2, 202)]
    results = await distiller.adistill_many(texts)
    assert [r.text for r in results] == [f"Tell me the {n} largest lakes?" for n in range(2, 202)]


def test_a_deadline_of_one_millisecond_costs_no_call() -> None:
    """Either a verified draft was ready in time, or the original is sent."""
    distiller = Distiller(Settings(deadline_ms=1e-3, memo_entries=0))
    for text in (POLITE, *TASKS):
        result = distiller.distill(text)
        assert result.reason is not Reason.INTERNAL_ERROR
        assert result.distilled or result.text == text
    assert distiller.distill(POLITE).reason is Reason.DEADLINE


class NeverEngine:
    """A fake engine that never answers, as a hung server would."""

    name = "never"

    def __init__(self) -> None:
        self.requests: list[DraftRequest] = []

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        self.requests.append(request)
        return Future()

    def close(self) -> None: ...


def test_an_engine_that_never_answers_costs_the_deadline_and_is_told_to_stop() -> None:
    """The original is sent; the engine sees that nobody waits."""
    engine = NeverEngine()
    distiller = Distiller(Settings(deadline_ms=200), engines=[engine])
    distiller.hits(POLITE)  # loads the rules, so that the deadline is spent on the engine
    result = distiller.distill(POLITE)
    assert result.reason is Reason.DEADLINE
    assert result.text == POLITE
    assert engine.requests[0].cancelled.is_set()


async def test_an_engine_that_never_answers_costs_the_deadline_in_async_too() -> None:
    """And the event loop goes on meanwhile."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    distiller = Distiller(Settings(deadline_ms=200), engines=[NeverEngine()])
    distiller.hits(POLITE)  # loads the rules, so that the deadline is spent on the engine
    result = await distiller.adistill(POLITE)
    ticking.cancel()
    assert result.reason is Reason.DEADLINE
    assert ticks >= 5


async def test_a_cancelled_task_stops_the_engine() -> None:
    """The cancellation reaches the caller, and the engine."""
    engine = NeverEngine()
    task = asyncio.create_task(Distiller(engines=[engine]).adistill(POLITE))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.requests[0].cancelled.is_set()


def test_the_best_verified_draft_wins_and_a_bad_one_is_refused() -> None:
    """The scripted drafts are fakes; verifier and ledger are real."""
    shorter = "Tell me how I can move 3 tables to a new Postgres schema."
    liar = "Tell me how I can move 4 tables to a new Postgres schema."
    engines = [
        ScriptedEngine("liar", {POLITE: liar}),
        ScriptedEngine("honest", {POLITE: CORE}),
        ScriptedEngine("longer", {POLITE: POLITE + " Really."}),
    ]
    result = Distiller(engines=engines).distill(POLITE)
    assert result.text == CORE
    assert result.record.engine == "honest"
    refused = {draft.engine: draft.reason for draft in result.record.drafts}
    assert refused["liar"] is Reason.LOST_NUMBER
    assert refused["longer"] is not None
    assert shorter != result.text


def test_a_failing_engine_leaves_the_work_of_the_others() -> None:
    """Whatever it raises: declared or not."""
    for error in (EngineUnavailable("gone"), RuntimeError("a defect"), MemoryError()):
        engines = [ScriptedEngine("good", {POLITE: CORE}), ScriptedEngine("bad", {}, error=error)]
        result = Distiller(engines=engines).distill(POLITE)
        assert result.text == CORE
        alone = Distiller(engines=[ScriptedEngine("bad", {}, error=error)]).distill(POLITE)
        assert alone.text == POLITE
        assert alone.reason in (Reason.ENGINE_UNAVAILABLE, Reason.ENGINE_FAILED)


def test_a_repeated_text_is_remembered_and_says_so() -> None:
    """Same bytes, and a record of its own."""
    distiller = Distiller()
    first, second = distiller.distill(POLITE), distiller.distill(POLITE)
    assert (first.text, first.reason) == (second.text, second.reason)
    assert not first.record.memoised
    assert second.record.memoised


def test_a_transient_failure_is_not_remembered() -> None:
    """The next call tries again."""
    answers = iter([EngineUnavailable("starting"), CORE])

    def script(request: DraftRequest) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    distiller = Distiller(engines=[ScriptedEngine("moody", script)])
    assert distiller.distill(POLITE).reason is Reason.ENGINE_UNAVAILABLE
    assert distiller.distill(POLITE).text == CORE


def test_a_distiller_can_be_pickled_and_copied() -> None:
    """The copy works and has the same settings."""
    distiller = Distiller(Settings(level="dense"))
    distiller.distill(POLITE)
    for twin in (pickle.loads(pickle.dumps(distiller)), copy.deepcopy(distiller)):
        assert twin.settings == distiller.settings
        assert twin.distill(POLITE).text == CORE


def test_results_of_different_levels_are_not_mixed_up() -> None:
    """Dense also drops what was said twice."""
    text = "I want to return the shoes to the shop. " * 2 + "Where do I send them?"
    assert Distiller(Settings(level="light")).distill(text).text == text
    dense = Distiller(Settings(level="dense")).distill(text)
    assert dense.text == "I want to return the shoes to the shop. Where do I send them?"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        " " * 1_000_000,
        "Thank you! " * 90_000,
        '"' * 1_000_000,
        "a@" * 500_000,
        "please " * 140_000,
        "\n" * 1_000_000 + "x",
        "😀" * 250_000,
        "(" * 1_000_000,
        "1 " * 500_000,
        "Hi! " * 250_000 + "What is the time?",
    ],
    ids=[
        "word",
        "spaces",
        "thanks",
        "quotes",
        "at",
        "please",
        "lines",
        "emoji",
        "parens",
        "digits",
        "hi",
    ],
)
def test_a_megabyte_of_anything_comes_back(text: str) -> None:
    """No absolute time is asserted; what hangs would run into the test runner's patience."""
    result = Distiller(Settings(deadline_ms=None, engines=("lexical",))).distill(text)
    assert result.reason is not Reason.INTERNAL_ERROR
    assert result.distilled or result.text == text


def test_a_megabyte_can_be_read_by_the_reader() -> None:
    """To its end, in windows: the last word counts, too."""
    text = "The tide rises slowly at the old pier. " * 25_600 + "Thank you so much for your help!"
    result = Distiller(Settings(deadline_ms=None)).distill(text)
    assert result.distilled
    assert result.text == text.removesuffix(" Thank you so much for your help!")


def test_the_deadline_holds_while_the_reader_works() -> None:
    text = "The tide rises slowly at the old pier. " * 25_600
    result = Distiller(Settings(deadline_ms=300)).distill(text)
    assert (result.reason, result.record.decided_by) == (Reason.DEADLINE, "reader")


async def test_a_long_text_does_not_hold_up_the_event_loop() -> None:
    """It is read in a thread of the distiller's own."""
    distiller = Distiller(Settings(deadline_ms=None))
    distiller.distill(POLITE)
    text = (
        "The tide rises slowly at the old pier. " * 400 + "Please tell me why. Thank you so much!"
    )
    longest, last = 0.0, time.perf_counter()

    async def watch() -> None:
        nonlocal longest, last
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    watching = asyncio.create_task(watch())
    began = time.perf_counter()
    result = await distiller.adistill(text)
    took = time.perf_counter() - began
    watching.cancel()
    assert result.distilled
    assert longest < took / 2


def test_close_may_be_called_twice_and_from_a_with_block() -> None:
    """What the distiller holds is given back."""
    with Distiller() as distiller:
        distiller.distill(POLITE)
    distiller.close()
    assert threading.active_count() < 100


def test_an_engine_of_ones_own_that_cannot_be_built_is_a_wrong_setting() -> None:
    """Whatever its module or factory does."""
    for name in (":build", "spsd_core:", "no.such:module", "spsd_core:none", "math:sqrt"):
        with pytest.raises(ConfigurationError, match=r"settings\.engines"):
            Distiller(Settings(engines=(name,)))
    with pytest.raises(ConfigurationError, match="not an engine"):
        Distiller(Settings(engines=("builtins:str",)))


def test_the_fingerprint_of_settings_is_the_same_in_every_process() -> None:
    """Sets have no order of their own, and secrets stay out."""
    import os
    import subprocess
    import sys

    script = "from spsd_core import Settings; print(Settings().fingerprint())"
    prints = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert prints == {Settings().fingerprint() + "\n"}
    key = RewriteSettings(api_key=SecretStr("secret-one"))
    other = RewriteSettings(api_key=SecretStr("secret-two"))
    assert Settings(rewrite=key).fingerprint() == Settings(rewrite=other).fingerprint()
    assert Settings(level="dense").fingerprint() != Settings().fingerprint()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_tasks_in_a_forked_process_find_threads_of_their_own() -> None:
    distiller = Distiller()
    text = "Hi! Could you please name the three largest lakes in Finland? Thank you so much!"
    expected = asyncio.run(distiller.adistill(text)).text
    time.sleep(0.2)  # until the thread is idle

    def work() -> None:
        assert asyncio.run(distiller.adistill(text + " Bye!")).text
        assert asyncio.run(distiller.adistill(text)).text == expected

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(30)
    hangs = process.is_alive()
    process.kill()
    assert not hangs
    assert process.exitcode == 0
