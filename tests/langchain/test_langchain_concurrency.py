"""Many callers at once: same results, a free event loop, cancellation that reaches the engine."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from langchain_core.messages import HumanMessage

from spsd_core import Distiller, Settings
from spsd_core.engines import Draft, DraftRequest, Engine, build_engines
from spsd_langchain import DistillationCallbackHandler, PromptDistiller

POLITE = (
    "Hi there! I hope you are doing well today. Could you please explain how I reverse a list of "
    "{n} items in Python? Thank you so much in advance for your help!"
)


class SlowEngine:
    """The lexical engine, answering from another thread after a while."""

    name = "slow"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.requests: list[DraftRequest] = []
        self._lexical: Engine = build_engines(Settings(engines=("lexical",)))[0]

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        self.requests.append(request)
        future: Future[Draft | None] = Future()
        future.set_running_or_notify_cancel()
        timer = threading.Timer(self.seconds, self._answer, (request, future))
        timer.daemon = True
        timer.start()
        return future

    def _answer(self, request: DraftRequest, future: Future[Draft | None]) -> None:
        future.set_result(self._lexical.submit(request).result())

    def close(self) -> None:
        """Nothing to give back."""


def test_sixty_four_threads_get_what_one_gets() -> None:
    texts = [POLITE.format(n=n % 16) for n in range(256)]
    one = PromptDistiller(settings=Settings(memo_entries=0))
    expected = [one.invoke([HumanMessage(text)]) for text in texts]
    many = PromptDistiller(settings=Settings(memo_entries=8))
    with ThreadPoolExecutor(64) as pool:
        outputs = list(pool.map(lambda text: many.invoke([HumanMessage(text)]), texts))
    assert [o.to_string() for o in outputs] == [e.to_string() for e in expected]
    assert many.batch([[HumanMessage(text)] for text in texts]) == outputs


async def test_two_hundred_tasks_get_what_one_gets() -> None:
    texts = [POLITE.format(n=n) for n in range(200)]
    step = PromptDistiller()
    handler = DistillationCallbackHandler()
    outputs = await asyncio.gather(
        *(step.ainvoke(text, {"callbacks": [handler]}) for text in texts)
    )
    assert [output.to_string() for output in outputs] == [
        step.invoke(text).to_string() for text in texts
    ]
    assert len(handler.records) == len(handler.events) == 200


async def test_two_hundred_tasks_wait_for_a_slow_engine_side_by_side() -> None:
    step = PromptDistiller(distiller=Distiller(engines=[SlowEngine(0.2)]))
    texts = [POLITE.format(n=n) for n in range(200)]
    began = time.monotonic()
    outputs = await asyncio.gather(*(step.ainvoke(text) for text in texts))
    assert time.monotonic() - began < 0.2 * len(texts) / 4
    assert all(len(o.to_string()) < len(text) for o, text in zip(outputs, texts))


def test_one_step_serves_several_event_loops() -> None:
    step = PromptDistiller(distiller=Distiller(engines=[SlowEngine(0.01)]))

    async def ask() -> list[str]:
        prompts = await step.abatch([POLITE.format(n=n) for n in range(4)])
        return [prompt.to_string() for prompt in prompts]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: asyncio.run(ask()), range(4)))
    assert all(answer == answers[0] for answer in answers)


async def test_the_event_loop_is_free_while_an_engine_works() -> None:
    step = PromptDistiller(distiller=Distiller(engines=[SlowEngine(0.5)]))
    task = asyncio.create_task(step.ainvoke(POLITE.format(n=3)))
    beats = 0
    while not task.done():
        await asyncio.sleep(0.01)
        beats += 1
    assert len((await task).to_string()) < len(POLITE)
    assert beats > 10


async def test_cancelling_a_call_reaches_the_engine_at_once() -> None:
    engine = SlowEngine(5.0)
    step = PromptDistiller(distiller=Distiller(engines=[engine]))
    task = asyncio.create_task(step.ainvoke(POLITE.format(n=3)))
    while not engine.requests and not task.done():
        await asyncio.sleep(0.01)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 1.0
    assert engine.requests[0].cancelled.is_set()


async def test_a_timeout_around_a_call_is_kept() -> None:
    step = PromptDistiller(distiller=Distiller(engines=[SlowEngine(5.0)]))
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(step.ainvoke(POLITE.format(n=3)), 0.1)


async def test_a_deadline_sends_the_original_in_sync_and_async() -> None:
    step = PromptDistiller(
        distiller=Distiller(Settings(deadline_ms=50.0), engines=[SlowEngine(5.0)])
    )
    text = POLITE.format(n=3)
    assert step.invoke(text).to_string() == text
    assert (await step.ainvoke(text)).to_string() == text
