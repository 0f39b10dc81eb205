"""A chat model stand-in on loopback that speaks the OpenAI protocol and remembers what it got.

Two kinds of answer: a *recorder* has no model at all and says so; a *GGUF* answers with a small
local model. Both report how many prompt tokens they counted.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from spsd_core.llama_runtime import load_llama_cpp
from spsd_core.settings import TargetSettings
from spsd_core.tokens import build_request_counter

__all__ = ["Answer", "Endpoint", "gguf_answers", "recorder_answers", "serve"]

_ANSWER_TOKENS = 48


class Answer(NamedTuple):
    """What a stand-in says, and the tokens it counted."""

    text: str
    prompt_tokens: int
    completion_tokens: int


Answers = Callable[[list[dict[str, Any]]], Answer]


@dataclass
class Endpoint:
    """An OpenAI-compatible endpoint, and what went over it where that can be seen."""

    base_url: str
    api_key: str
    model: str
    description: str
    bodies: list[bytes] = field(default_factory=list)
    """Request bodies in the order they came; only a stand-in fills it."""


def recorder_answers() -> Answers:
    """Answers of the recorder: it counts the request and says what it is."""
    counter = build_request_counter(TargetSettings())

    def answer(messages: list[dict[str, Any]]) -> Answer:
        pairs = [(str(message["role"]), _text(message["content"])) for message in messages]
        tokens = counter.request(pairs)
        text = f"[recorder, no model: {tokens} prompt tokens by {counter.name}]"
        return Answer(text, tokens, counter.text(text))

    return answer


def gguf_answers(path: str) -> Answers:
    """Answers of a GGUF through llama-cpp-python, one request at a time."""
    llama_cpp = load_llama_cpp()
    llama = llama_cpp.Llama(model_path=path, n_ctx=2048, verbose=False)
    lock = threading.Lock()

    def answer(messages: list[dict[str, Any]]) -> Answer:
        plain = [{"role": m["role"], "content": _text(m["content"])} for m in messages]
        with lock:
            reply = llama.create_chat_completion(
                messages=plain, temperature=0.0, max_tokens=_ANSWER_TOKENS
            )
        usage = reply["usage"]
        text = reply["choices"][0]["message"]["content"] or ""
        return Answer(text, usage["prompt_tokens"], usage["completion_tokens"])

    return answer


@contextmanager
def serve(answers: Answers, model: str, description: str) -> Iterator[Endpoint]:
    """Serve `answers` on a free loopback port for the duration of the block."""
    endpoint = Endpoint("", "none", model, description)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answers, endpoint))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="spsd-stand-in", daemon=True)
    thread.start()
    endpoint.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def _handler(answers: Answers, endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            endpoint.bodies.append(body)
            try:
                request = json.loads(body)
                payload = _completion(endpoint.model, answers(request["messages"]))
                status, data = 200, json.dumps(payload).encode()
            except (ValueError, KeyError, TypeError) as error:
                status, data = 400, json.dumps({"error": {"message": str(error)}}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it so
            """Keep the terminal for the table."""

    return Handler


def _completion(model: str, answer: Answer) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{time.monotonic_ns()}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer.text},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "total_tokens": answer.prompt_tokens + answer.completion_tokens,
        },
    }


def _text(content: Any) -> str:
    """The text of a message, whether it is one string or a list of blocks."""
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content or [] if isinstance(block, dict))
