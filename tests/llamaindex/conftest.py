"""A chat-completions server on the loopback interface that keeps what it is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.llms.openai_like import OpenAILike

Answer = str | dict[str, Any]
"""Words, or arguments for a call of the first tool the request offers (in words: for none)."""


class ChatServer(ThreadingHTTPServer):
    """Gives its answers one after another, then always "Noted."; records the bodies."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []
        self.answers: list[Answer] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def user_texts(self) -> list[list[Any]]:
        """For each request the contents of the user's messages."""
        return [
            [message["content"] for message in request["messages"] if message["role"] == "user"]
            for request in self.requests
        ]


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Keep the test output clean."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        request = json.loads(body)
        answer = self.server.answers.pop(0) if self.server.answers else "Noted."
        message = _message(answer, request)
        if request.get("stream"):
            self._send("text/event-stream", _event_stream(message))
        else:
            self._send("application/json", json.dumps(_completion(message)).encode())

    def _send(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _message(answer: Answer, request: dict[str, Any]) -> dict[str, Any]:
    if isinstance(answer, str) or not request.get("tools"):
        words = answer if isinstance(answer, str) else json.dumps(answer)
        return {"role": "assistant", "content": words}
    name = request["tools"][0]["function"]["name"]
    function = {"name": name, "arguments": json.dumps(answer)}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _completion(message: dict[str, Any]) -> dict[str, Any]:
    reason = "tool_calls" if "tool_calls" in message else "stop"
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": reason, "message": message}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 4, "total_tokens": 5},
    }


def _event_stream(message: dict[str, Any]) -> bytes:
    deltas = [{**message, "content": ""}]
    if message["content"]:
        deltas += [{"content": piece} for piece in message["content"].partition(" ") if piece]
    reason = "tool_calls" if "tool_calls" in message else "stop"
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": reason})
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    lines = [f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n" for choice in choices]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ChatServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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
