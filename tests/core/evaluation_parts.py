"""Parts the tests of the evaluation share: chat servers on loopback that answer by a function.

There is no model behind them; what they say is scripted, and so is how they fail.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable

from servers import Behaviour, Exchange, RecordedRequest

from spsd_core.evaluation.answering import Model

COURTEOUS = (
    "Hello there, I hope you are having a lovely day! Could you please tell me which river flows "
    "through the city of Kremsbruck, and how long it is? Thank you so much in advance!"
)


def model_at(base_url: str, name: str = "scripted", **given: object) -> Model:
    """A model that is not asked twice about one thing."""
    return Model(name=name, base_url=base_url, **{"retries": 0, "timeout_s": 10.0, **given})  # type: ignore[arg-type]


def says(answer: Callable[[RecordedRequest], str]) -> Behaviour:
    """Answers each request with a chat completion of this text."""

    def behaviour(exchange: Exchange) -> None:
        message = {"role": "assistant", "content": answer(exchange.request)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "created": 0,
            "model": "scripted",
            "choices": [choice],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        }
        exchange.start(kind="application/json")
        exchange.send(json.dumps(body).encode())

    return behaviour


def one_in_five_fails(behaviour: Behaviour, *, for_good: bool = True) -> Behaviour:
    """Every fifth request gets status 500, or a connection that is closed, and (`for_good`) that
    again whenever it is made again."""
    lock = threading.Lock()
    seen = [0]
    closed = set()

    def failing(exchange: Exchange) -> None:
        asked = exchange.request.last_message
        with lock:
            if asked in closed:
                return
            seen[0] += 1
            number = seen[0]
            if number % 10 == 0 and for_good:
                closed.add(asked)
        if number % 10 == 5:
            exchange.start(500, "application/json")
            exchange.send(b'{"error": {"message": "the scripted failure"}}')
        elif number % 10 != 0:
            behaviour(exchange)

    return failing


def echoes(request: RecordedRequest) -> str:
    """An answer that depends on the prompt alone."""
    return f"You wrote {len(request.last_message)} characters."


def points(first: int, second: int) -> str:
    """A judge's reply with the same points in each criterion."""
    rows = {
        place: dict.fromkeys(("intent", "accuracy", "completeness"), value)
        for place, value in (("first", first), ("second", second))
    }
    return json.dumps(rows)


def nonsense(request: RecordedRequest) -> str:
    """A judge that has not understood."""
    replies = (
        "Both are lovely!",
        '{"first": {"intent": 9, "accuracy": 1, "completeness": 1}, "second": {}}',
        "{" * 300,
        '{"first": [5, 5, 5], "second": [4, 4, 4]}',
        points(5, 4).replace("5", '"5"'),
    )
    return random.Random(request.last_message).choice(replies)
