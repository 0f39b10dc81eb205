"""A real file server on the loopback interface that can break off, refuse, and change its mind."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What the server has, and how it behaves."""

    content: bytes
    etag: str | None = '"one"'
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)
    """For each coming request: close the connection after so many body bytes."""
    statuses: list[int] = field(default_factory=list)
    """For each coming request: answer with this status and nothing else."""
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Path, Range and If-Range of every request so far."""
    claimed_length: int | None = None
    """What to say the length is, where that is not the truth."""
    url: str = ""
    hold: threading.Event = field(default_factory=threading.Event)
    """Where cleared after construction, bodies wait for it after their first bytes."""

    def __post_init__(self) -> None:
        self.hold.set()


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        site = self.site
        asked, condition = self.headers.get("Range"), self.headers.get("If-Range")
        site.asked.append((self.path, asked, condition))
        if site.statuses:
            self._bare(site.statuses.pop(0))
            return
        start = self._start(asked, condition)
        if start >= len(site.content):
            self._bare(416, {"Content-Range": f"bytes */{len(site.content)}"})
            return
        self.send_response(206 if start else 200)
        if start:
            last = len(site.content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(site.content)}")
        if site.etag:
            self.send_header("ETag", site.etag)
        self.send_header("Content-Length", str(site.claimed_length or len(site.content) - start))
        self.end_headers()
        cut = site.cut_after.pop(0) if site.cut_after else len(site.content)
        body = site.content[start:][:cut]
        self.wfile.write(body[:1000])
        self.wfile.flush()
        site.hold.wait(30)
        self.wfile.write(body[1000:])

    def _start(self, asked: str | None, condition: str | None) -> int:
        if not asked or not self.site.ranges or condition not in (None, self.site.etag):
            return 0
        match = re.fullmatch(r"bytes=(\d+)-", asked)
        return int(match[1]) if match else 0

    def _bare(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves early is part of these tests."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Run the server; `site.url` is the address of its file `tiny.gguf`."""
    handler = type("Handler", (_Handler,), {"site": site})
    server = _Server(("127.0.0.1", 0), handler)
    site.url = f"http://127.0.0.1:{server.server_address[1]}/tiny.gguf"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
