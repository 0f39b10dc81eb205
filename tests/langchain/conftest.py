"""What the tests of the LangChain adapter share: an endpoint, and a real model before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chat_recorder import ChatServer, chat_server, pieces
from langchain_openai import ChatOpenAI

WORDS = "Use the built-in `reversed`."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("LANGSMITH_TRACING", raising=False)
    with chat_server(WORDS) as server:
        yield server


@pytest.fixture
def model(server: ChatServer) -> ChatOpenAI:
    return ChatOpenAI(base_url=server.base_url, api_key="unused", model="m", max_retries=0)


@pytest.fixture
def answer() -> list[str]:
    """The pieces of text the server streams."""
    return pieces(WORDS)
