"""A chat-completions server on the loopback interface that keeps what it is sent."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Answer", "ChatServer", "chat_server", "pieces"]

Answer = str | dict[str, Any]
"""Words, or arguments for a call of the first tool the request offers (in words: for none)."""


class ChatServer(ThreadingHTTPServer):
    """Gives its answers one after another, then always the last words; records the bodies."""

    daemon_threads = True

    def __init__(self, words: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.words = words
        self.answers: list[Answer] = []
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

    @property
    def user_texts(self) -> list[list[Any]]:
        """For each request the contents of the user's messages."""
        return [
            [message["content"] for message in request["messages"] if message["role"] == "user"]
            for request in self.requests
        ]


@contextmanager
def chat_server(words: str) -> Iterator[ChatServer]:
    """Run a server for as long as the context lasts."""
    with ChatServer(words) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def pieces(words: str) -> list[str]:
    """What the server streams of its words: one after another, each with the space behind it."""
    return re.findall(r"\S+\s*", words)


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
            return
        request = json.loads(body)
        message = _message(self._answer(), request)
        if request.get("stream"):
            self._send(200, "text/event-stream", _event_stream(message))
        else:
            self._send(200, "application/json", json.dumps(_completion(message)).encode())

    def _answer(self) -> Answer:
        return self.server.answers.pop(0) if self.server.answers else self.server.words

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
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


def _finish_reason(message: dict[str, Any]) -> str:
    return "tool_calls" if "tool_calls" in message else "stop"


def _completion(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": _finish_reason(message), "message": message}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 4, "total_tokens": 5},
    }


def _event_stream(message: dict[str, Any]) -> bytes:
    deltas = [{**message, "content": ""}]
    deltas += [{"content": piece} for piece in pieces(message["content"] or "")]
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": _finish_reason(message)})
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    lines = [f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n" for choice in choices]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()
