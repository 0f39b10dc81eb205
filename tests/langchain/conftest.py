"""A chat-completions server on the loopback interface that keeps what it is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_openai import ChatOpenAI

ANSWER = ["Use ", "the ", "built-in ", "`reversed`."]


class ChatServer(ThreadingHTTPServer):
    """Answers every request with `ANSWER`, streamed where asked, and records the bodies."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []
        self.failures_left = 0
        """How many of the next requests get status 500."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def last_messages(self) -> list[dict[str, Any]]:
        return self.requests[-1]["messages"]


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Keep the test output clean."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        if self.server.failures_left:
            self.server.failures_left -= 1
            self._send(500, "application/json", b'{"error": {"message": "try again"}}')
        elif json.loads(body).get("stream"):
            self._send(200, "text/event-stream", _event_stream())
        else:
            self._send(200, "application/json", json.dumps(_completion()).encode())

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _completion() -> dict[str, Any]:
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "".join(ANSWER)},
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 4, "total_tokens": 5},
    }


def _event_stream() -> bytes:
    deltas: list[dict[str, str]] = [{"role": "assistant"}, *({"content": part} for part in ANSWER)]
    chunks = [
        {
            "id": "c1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
        }
        for delta in deltas
    ]
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("LANGSMITH_TRACING", raising=False)
    with ChatServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def model(server: ChatServer) -> ChatOpenAI:
    return ChatOpenAI(base_url=server.base_url, api_key="unused", model="m", max_retries=0)


@pytest.fixture
def answer() -> list[str]:
    """The pieces of text the server streams."""
    return ANSWER
