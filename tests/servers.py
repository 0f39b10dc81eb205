"""Servers on the loopback interface: the real one of llama-cpp-python, and misbehaving fakes.

A fake is a `LoopbackServer` with a behaviour, a function that answers one exchange. Fakes that
write text write a scripted one; there is no model behind them, and their names say so.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

_STEP_S = 0.02


def free_port() -> int:
    """A port of the loopback interface on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def llama_server(
    gguf: Path, *, api_key: str | None = None, patience_s: float = 60.0
) -> Iterator[str]:
    """Run the server that ships with llama-cpp-python on a model file; yields its base URL."""
    port = free_port()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(gguf)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "2048"]
    command += ["--interrupt_requests", "false"]  # else a new request cuts the running one short
    if api_key is not None:
        command += ["--api_key", api_key]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_WAIT_POLICY": "passive"},  # as `load_llama_cpp` does
        )
        try:
            _wait_until_it_answers(process, port, patience_s)
            yield f"http://127.0.0.1:{port}/v1"
        except BaseException:
            log.seek(0)
            print(log.read()[-4000:].decode(errors="replace"))
            raise
        finally:
            process.kill()
            process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, patience_s: float) -> None:
    give_up = time.monotonic() + patience_s
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/v1/models")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise TimeoutError(f"the server did not answer within {patience_s:g} s")


@dataclass(frozen=True)
class RecordedRequest:
    """What a fake server was asked."""

    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: dict[str, Any]

    @property
    def last_message(self) -> str:
        """The content of the last message."""
        content: str = self.body["messages"][-1]["content"]
        return content


class Exchange:
    """One request at a fake server, and the means to answer it well or badly."""

    def __init__(self, handler: BaseHTTPRequestHandler, number: int, over: threading.Event) -> None:
        length = int(handler.headers.get("content-length", "0"))
        self.request = RecordedRequest(
            path=handler.path,
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=json.loads(handler.rfile.read(length) or b"{}"),
        )
        self.number = number
        """How many requests the server had before this one."""
        self.over = over
        """Set when the server is being closed."""
        self._handler = handler

    def send(self, raw: bytes) -> None:
        """Put bytes on the wire."""
        self._handler.wfile.write(raw)
        self._handler.wfile.flush()

    def start(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        """Send the status line and headers."""
        self._handler.send_response(status)
        self._handler.send_header("content-type", kind)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()
        self._handler.wfile.flush()

    def event(self, payload: object) -> None:
        """Send one server-sent event."""
        data = payload if isinstance(payload, str) else json.dumps(payload)
        self.send(f"data: {data}\n\n".encode())

    def piece(self, content: str) -> None:
        """Send a chunk that holds text."""
        self.event(_chunk({"content": content}))

    def end(self, finish_reason: str = "stop", usage: dict[str, Any] | None = None) -> None:
        """Send the chunks that end a stream."""
        self.event(_chunk({}, finish_reason))
        if usage is not None:
            self.event({**_chunk({}), "choices": [], "usage": usage})
        self.event("[DONE]")

    def wait(self, seconds: float = 60.0) -> None:
        """Do nothing until the time is up or the server is closed."""
        self.over.wait(seconds)

    def wait_until_left(self, seconds: float = 10.0) -> bool:
        """Whether the client closed the connection within the time."""
        connection = self._handler.connection
        connection.settimeout(seconds)
        try:
            received: bytes = connection.recv(1)
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return not received


Behaviour = Callable[[Exchange], None]


def _chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "fake",
        "choices": [choice],
    }


class LoopbackServer:
    """A fake OpenAI-compatible server with one behaviour; a context manager."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.requests: list[RecordedRequest] = []
        self.open_now = 0
        self.most_open = 0
        self.left_early = threading.Event()
        """Set when a client went away before its answer was complete."""
        self._behaviour = behaviour
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._http = _QuietServer(("127.0.0.1", 0), self._handler_class())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(_STEP_S,))

    @property
    def base_url(self) -> str:
        """What `rewrite.base_url` is to be."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> LoopbackServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server._answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep the test output quiet."""

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            exchange = Exchange(handler, len(self.requests), self._over)
            self.requests.append(exchange.request)
            self.open_now += 1
            self.most_open = max(self.most_open, self.open_now)
        try:
            self._behaviour(exchange)
        except ConnectionError:
            self.left_early.set()
        finally:
            with self._lock:
                self.open_now -= 1


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what many of these tests are about."""


def hangs_before_headers(exchange: Exchange) -> None:
    """Takes the request and says nothing."""
    exchange.wait()


def hangs_after_headers(exchange: Exchange) -> None:
    """Sends headers and then nothing."""
    exchange.start()
    exchange.wait()


def hangs_after_the_last_word(exchange: Exchange) -> None:
    """Streams a scripted text to its end, and then neither the counts nor the end of the stream."""
    exchange.start()
    exchange.piece("List three rivers in Spain.")
    exchange.event(_chunk({}, "stop"))
    exchange.wait()


def drips_headers_forever(exchange: Exchange) -> None:
    """Sends one header after another, slowly, and never the last."""
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
    while not exchange.over.is_set():
        exchange.send(b"x-more: 1\r\n")
        exchange.wait(0.05)


def drips_bytes_forever(exchange: Exchange) -> None:
    """Sends one byte after another that never make an event."""
    exchange.start()
    while not exchange.over.is_set():
        exchange.send(b":")
        exchange.wait(0.05)


def drips_words_forever(exchange: Exchange) -> None:
    """Streams empty and blank chunks without end."""
    exchange.start()
    while not exchange.over.is_set():
        exchange.piece(" ")
        exchange.wait(0.05)


def runs_on_forever(exchange: Exchange) -> None:
    """Streams words as fast as it can without end, like a model that repeats itself."""
    exchange.start()
    while not exchange.over.is_set():
        exchange.piece("rivers and ")


def sends_html(exchange: Exchange) -> None:
    """Answers 200 with a web page, as a captive portal does."""
    exchange.start(kind="text/html")
    exchange.send(b"<html><body><h1>Welcome</h1>\n\ndata is king\n\n</body></html>")


def sends_other_json(exchange: Exchange) -> None:
    """Answers 200 with JSON that is no chat completion."""
    exchange.start(kind="application/json")
    exchange.send(b'{"hello": ["world", 1, null]}')


def sends_odd_events(exchange: Exchange) -> None:
    """Streams events that are JSON but not chunks, and chunks with fields of the wrong kind."""
    exchange.start()
    for payload in ([1, 2], "7", None, {"choices": None}, {"choices": [None]}, {"choices": "x"}):
        exchange.event(json.dumps(payload))
    exchange.event({"choices": [{"delta": {"content": 5}, "finish_reason": 6}], "usage": "many"})
    exchange.event("[DONE]")


def sends_broken_json(exchange: Exchange) -> None:
    """Streams an event that is cut off in the middle of its JSON."""
    exchange.start()
    exchange.event('{"choices": [{"delta"')


def sends_invalid_utf8(exchange: Exchange) -> None:
    """Streams bytes that are not UTF-8."""
    exchange.start()
    exchange.send(b"data: \xff\xfe\xfa\n\n")


def sends_an_error_event(exchange: Exchange) -> None:
    """Streams some text and then an error object, as vLLM does when it breaks."""
    exchange.start()
    exchange.piece("List three")
    exchange.event({"error": {"message": "the engine died", "code": 500}})


def closes_midway(exchange: Exchange) -> None:
    """Streams a few chunks and closes the connection."""
    exchange.start()
    for word in ("List ", "three ", "rivers "):
        exchange.piece(word)


def breaks_off_midway(exchange: Exchange) -> None:
    """Announces chunked transfer, sends a part of it and closes the connection."""
    exchange.send(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    data = b"data: " + json.dumps(_chunk({"content": "List "})).encode() + b"\n\n"
    exchange.send(f"{len(data):x}\r\n".encode() + data + b"\r\n7f\r\ndata: ")


def answers(status: int, body: object = None, **headers: str) -> Behaviour:
    """Answers with an error status and a JSON body."""

    def behaviour(exchange: Exchange) -> None:
        exchange.start(status, "application/json", **headers)
        exchange.send(
            json.dumps(body if body is not None else {"error": {"message": "no"}}).encode()
        )

    return behaviour


def first(times: int, early: Behaviour, later: Behaviour) -> Behaviour:
    """Behaves one way for a number of requests, then another."""

    def behaviour(exchange: Exchange) -> None:
        (early if exchange.number < times else later)(exchange)

    return behaviour


def scripted_text(
    text: str,
    *,
    pause_s: float = 0.0,
    finish_reason: str = "stop",
    usage: dict[str, Any] | None = None,
) -> Behaviour:
    """Streams a scripted text properly, word by word: a fake model that always says the same."""

    def behaviour(exchange: Exchange) -> None:
        exchange.start()
        for number, word in enumerate(text.split(" ")):
            exchange.wait(pause_s)
            exchange.piece(word if number == 0 else " " + word)
        exchange.end(finish_reason, usage)

    return behaviour
