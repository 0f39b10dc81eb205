"""What `PromptDistiller` adds to a call over the bare distiller, in milliseconds.

    python -m benchmarks.langchain_overhead [--calls 500]

Both sides do the same work on the same texts: `distill_chat` on ready core messages, against
`invoke` on LangChain messages. Their calls alternate, so that a busy machine slows both alike; the
first calls, which load rules, are not counted. With the memo on every text is known already, so
the figures are the adapter's and the framework's own; with it off every call does all the work.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable, Sequence

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableLambda

from spsd_core import Settings
from spsd_langchain import DistillationCallbackHandler, PromptDistiller
from spsd_langchain.messages import to_chat_messages
from spsd_langchain.registry import shared_distiller

GOAL_MS = 0.5
WARM_UP_CALLS = 20
TEXT = (
    "Hi there! I hope you are doing well today. Could you please explain how I reverse a list of "
    "{n} items in Python? Thank you so much in advance for your help!"
)

Timed = Callable[[], object]


def conversation(turns: int) -> list[AnyMessage]:
    """`turns` questions of a user, each but the last with its answer."""
    messages: list[AnyMessage] = []
    for turn in range(turns):
        messages += [HumanMessage(TEXT.format(n=turn)), AIMessage(f"Use reversed, as in {turn}.")]
    return messages[:-1]


def milliseconds(work: Timed) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def compare(pair: Sequence[Timed], calls: int) -> list[float]:
    """Median wall time of each, their calls alternating."""
    for work in pair:
        for _ in range(WARM_UP_CALLS):
            work()
    rounds = [[milliseconds(work) for work in pair] for _ in range(calls)]
    return [statistics.median(column) for column in zip(*rounds)]


def row(title: str, bare: float, adapter: float) -> str:
    """One line of the report."""
    verdict = "ok" if adapter - bare <= GOAL_MS else "over the goal"
    return f"{title:<44}{bare:>10.3f}{adapter:>10.3f}{adapter - bare:>12.3f}  {verdict}"


def measure(memo_entries: int, turns: int, calls: int) -> list[str]:
    """Lines for one setting of the memo and one length of conversation."""
    settings = Settings(memo_entries=memo_entries)
    distiller, step = shared_distiller(settings), PromptDistiller(settings=settings)
    plain = PromptDistiller(settings=settings, attach_records=False)
    messages = conversation(turns)
    ready = to_chat_messages(messages)
    handler = DistillationCallbackHandler(max_entries=1)
    listening = {"callbacks": [handler]}
    label = f"memo {'on ' if memo_entries else 'off'} {turns:>2} user turn(s)"

    def bare(*observers: DistillationCallbackHandler) -> object:
        return distiller.distill_chat(ready, framework="langchain", observers=observers)

    pairs: dict[str, tuple[Timed, Timed]] = {
        "invoke": (bare, lambda: step.invoke(messages)),
        "invoke, no records": (bare, lambda: plain.invoke(messages)),
        "invoke, handler": (lambda: bare(handler), lambda: step.invoke(messages, listening)),
    }
    lines = [row(f"{label}  {name}", *compare(pair, calls)) for name, pair in pairs.items()]
    on_a_loop = asyncio.run(compare_async(settings, messages, calls))
    return [*lines, row(f"{label}  ainvoke", *on_a_loop)]


async def compare_async(
    settings: Settings, messages: list[AnyMessage], calls: int
) -> tuple[float, float]:
    """The same on a running event loop."""
    distiller, step = shared_distiller(settings), PromptDistiller(settings=settings)
    ready = to_chat_messages(messages)
    bare: list[float] = []
    adapter: list[float] = []
    for number in range(calls + WARM_UP_CALLS):
        began = time.perf_counter()
        await distiller.adistill_chat(ready, framework="langchain")
        between = time.perf_counter()
        await step.ainvoke(messages)
        ended = time.perf_counter()
        if number >= WARM_UP_CALLS:
            bare.append((between - began) * 1000)
            adapter.append((ended - between) * 1000)
    return statistics.median(bare), statistics.median(adapter)


def main() -> None:
    """Print the report."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--calls", type=int, default=500, help="timed calls a line")
    calls = arguments.parse_args().calls
    print(f"median milliseconds of {calls} warm calls; goal: at most {GOAL_MS} ms more")
    print(f"{'':<44}{'distiller':>10}{'LangChain':>10}{'difference':>12}")
    for memo_entries in (4096, 0):
        for turns in (1, 10):
            print(*measure(memo_entries, turns, calls), sep="\n")
    empty = RunnableLambda(lambda messages: messages)
    messages = conversation(1)
    nothing, step = compare((lambda: None, lambda: empty.invoke(messages)), calls)
    print(row("for scale: RunnableLambda that does nothing", nothing, step))


if __name__ == "__main__":
    main()
