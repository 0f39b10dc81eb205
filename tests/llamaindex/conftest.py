"""What the tests of the LlamaIndex adapter share: a recorded endpoint, and a real LLM before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from chat_recorder import ChatServer, chat_server
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.llms.openai_like import OpenAILike


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with chat_server("Noted.") as server:
        yield server


@pytest.fixture
def openai_like(server: ChatServer) -> OpenAILike:
    """An LLM that talks to the server, and calls functions."""
    return OpenAILike(
        model="m",
        api_base=server.base_url,
        api_key="sk-not-to-be-seen",
        is_chat_model=True,
        is_function_calling_model=True,
        context_window=8192,
        max_retries=0,
    )


@pytest.fixture
def dispatched() -> Iterator[list[str]]:
    """The class names of the events on the dispatcher, in order."""
    seen: list[str] = []

    class Handler(BaseEventHandler):
        def handle(self, event: Any, **_: Any) -> None:
            seen.append(event.class_name())

    handler = Handler()
    get_dispatcher().add_event_handler(handler)
    yield seen
    get_dispatcher().event_handlers.remove(handler)
