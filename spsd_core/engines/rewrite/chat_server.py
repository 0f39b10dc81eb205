"""One question to an OpenAI-compatible server, answered as a stream that can be left at any time.

Nothing here raises on what a server does. An attempt ends in an `Answer` or a `Failure`, and no
message quotes the server, the user's text or the key: servers like to echo all three.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from spsd_core.exceptions import (
    ConfigurationError,
    EngineError,
    EngineFailed,
    EngineUnavailable,
)

if TYPE_CHECKING:
    from openai import APIStatusError

    from spsd_core.settings import RewriteSettings

__all__ = ["Answer", "ChatServer", "Failure", "Messages", "check_address", "check_key"]

Messages = Sequence[tuple[str, str]]
"""A conversation as (role, content) pairs."""

_USAGE_WAIT_S = 0.5
"""Once the text is complete, longest wait for the chunk that holds the token counts."""
_LOOK_CHARS = 32
"""The text is looked at after this many new characters (about eight tokens), or ..."""
_LOOKS_PER_LENGTH = 16
"""... after it has grown by this part of its length, whichever is more."""
_MAX_ERROR_BODY = 4096
"""Characters of an error answer that are searched for what the server objects to."""


@dataclass
class Answer:
    """What a server has streamed so far."""

    text: str = ""
    finish_reason: str | None = None
    """None: the stream ended before the server said that the text is complete."""
    prompt_tokens_evaluated: int = 0
    """From the server's usage, tokens it found in its cache not counted; 0 where it gives none."""
    completion_tokens: int = 0
    """From the server's usage; 0 where it gives none."""
    chunks: int = 0
    """Chunks that held text."""

    @property
    def tokens_generated(self) -> int:
        """The server's own count; where it gives none, the chunks: mostly one a token."""
        return self.completion_tokens or self.chunks


@dataclass(frozen=True)
class Failure:
    """Why there is no answer."""

    error: EngineError
    retry_after_s: float | None = None
    """How long to wait before another attempt, 0 where the server does not say; None: do not."""
    disliked_shape: bool = False
    """Whether the server may have stumbled over the form of the request."""


class ChatServer:
    """A client for one server and model. Belongs to one event loop; building it imports `openai`.

    Servers differ in what they take: some reject `seed` or `stream_options`, some models' templates
    have no system role (Gemma 2). Such a server gets the plain form (neither option, the
    instruction at the head of the first message) from its first rejection on.
    """

    def __init__(self, settings: RewriteSettings) -> None:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        address = settings.base_url or ""
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        self._model = settings.model
        self._address = _shown(address)
        self._shape: Literal["unknown", "full", "plain"] = "unknown"
        self._client = AsyncOpenAI(
            base_url=address,
            api_key=key
            or "none",  # the SDK's default would send the user's OPENAI_API_KEY to this server
            max_retries=0,
            timeout=None,  # the caller bounds the whole attempt, which covers dripping servers too
            http_client=DefaultAsyncHttpxClient(
                # No proxy can reach this machine's loopback; texts stay at the given address.
                trust_env=not _is_loopback(address),
                follow_redirects=False,
            ),
        )
        self._extra_headers = _suppressed_headers(send_key=bool(key))

    async def ask(
        self, messages: Messages, max_tokens: int, look: Callable[[str], EngineError | None]
    ) -> Answer | Failure:
        """Ask once; leave the stream as soon as `look` (given the text so far) returns an error."""
        if self._shape == "plain":
            return await self._ask(_plain(messages), max_tokens, look)
        outcome = await self._ask(messages, max_tokens, look, seed=0, usage=True)
        if isinstance(outcome, Answer):
            self._shape = "full"
        elif outcome.disliked_shape and self._shape == "unknown":
            second = await self._ask(_plain(messages), max_tokens, look)
            if isinstance(second, Answer):
                self._shape = "plain"
                return second
        return outcome

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _ask(
        self,
        messages: Messages,
        max_tokens: int,
        look: Callable[[str], EngineError | None],
        *,
        seed: int | None = None,
        usage: bool = False,
    ) -> Answer | Failure:
        options: dict[str, Any] = {} if seed is None else {"seed": seed}
        if usage:
            options["stream_options"] = {"include_usage": True}
        answer = Answer()
        opened = False
        try:
            stream: Any = await self._client.chat.completions.create(
                model=self._model,
                messages=[{"role": role, "content": content} for role, content in messages],  # type: ignore[misc]
                temperature=0,
                max_tokens=max_tokens,
                stream=True,
                extra_headers=self._extra_headers,
                **options,
            )
            opened = True
            async with stream:
                stop = await _read(stream, answer, look)
        except Exception as error:  # noqa: BLE001 - the SDK lets decoding and transport errors out
            if answer.finish_reason is None:
                return self._failure(error, opened)
            return answer  # complete before the connection broke
        return answer if stop is None else Failure(stop)

    def _failure(self, error: Exception, opened: bool) -> Failure:
        import openai

        if isinstance(error, openai.APIStatusError):
            return self._refusal(error)
        if opened:
            broke = f"the server's stream broke off or was unreadable ({type(error).__name__})"
            return Failure(EngineFailed(broke))
        if isinstance(error, openai.APIConnectionError):
            unreachable = (
                f"cannot reach the server at {self._address}: "
                "check that it runs and that rewrite.base_url is right"
            )
            return Failure(EngineUnavailable(unreachable), retry_after_s=0.0)
        return Failure(EngineFailed(f"the server could not be asked ({type(error).__name__})"))

    def _refusal(self, error: APIStatusError) -> Failure:
        status = error.status_code
        if status in (401, 403):
            advice = "check rewrite.api_key"
        elif status in (404, 405):
            advice = (
                "check rewrite.base_url (it usually ends in /v1) and that the server has the "
                f"model {self._model!r} (rewrite.model)"
            )
        elif 300 <= status < 400:
            advice = "it redirects; set rewrite.base_url to the final address"
        else:
            disliked = status in (400, 422) or (status >= 500 and _names_system_role(error))
            busy = status in (408, 429) or status >= 500
            return Failure(
                EngineFailed(f"the server answered with status {status}"),
                retry_after_s=_retry_after_s(error) if busy else None,
                disliked_shape=disliked,
            )
        problem = f"the server at {self._address} answered with status {status}: {advice}"
        return Failure(EngineUnavailable(problem))


def check_address(base_url: str | None) -> None:
    """Refuse an address that no request could be sent to.

    Raises:
        ConfigurationError: it is missing or not an http(s) address.
    """
    try:
        parts = urlsplit(base_url or "")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(
            "rewrite.base_url is not the address of a server: "
            "give one such as 'http://127.0.0.1:8080/v1'"
        )


def check_key(key: str) -> None:
    """Refuse a key that no header can hold, before an error message could quote it.

    Raises:
        ConfigurationError: it holds a blank, a line break or a character outside ASCII.
    """
    if not all("!" <= character <= "~" for character in key):
        raise ConfigurationError(
            "rewrite.api_key holds a blank, a line break or a character outside ASCII: "
            "check how it was copied"
        )


async def _read(
    stream: Any, answer: Answer, look: Callable[[str], EngineError | None]
) -> EngineError | None:
    """Read chunks into `answer`, to the end or to the first error that `look` returns."""
    pieces: list[str] = []
    length, next_look = 0, _LOOK_CHARS
    chunks = stream.__aiter__()
    while True:
        # Before the text is complete the time of the whole attempt is the only limit.
        wait_s = None if answer.finish_reason is None else _USAGE_WAIT_S
        try:
            chunk = await asyncio.wait_for(chunks.__anext__(), wait_s)
        except (StopAsyncIteration, asyncio.TimeoutError):
            return None
        piece = _take(chunk, answer)
        pieces.append(piece)
        length += len(piece)
        if answer.finish_reason is not None or length >= next_look:
            pieces = [answer.text] = ["".join(pieces)]
            # Steps that grow with the text keep the work linear in its length.
            next_look = length + max(_LOOK_CHARS, length // _LOOKS_PER_LENGTH)
            stop = None if answer.finish_reason is not None else look(answer.text)
            if stop is not None:
                return stop


def _take(chunk: object, answer: Answer) -> str:
    """Note a chunk's counts and finish reason, and return the text it holds.

    Attributes are read defensively: the SDK builds chunks without validating them.
    """
    usage = getattr(chunk, "usage", None)
    if usage is not None:
        details = getattr(usage, "prompt_tokens_details", None)
        cached = _count(getattr(details, "cached_tokens", None))
        evaluated = _count(getattr(usage, "prompt_tokens", None)) - cached
        answer.prompt_tokens_evaluated = max(0, evaluated)
        answer.completion_tokens = _count(getattr(usage, "completion_tokens", None))
    choices = getattr(chunk, "choices", None)
    if not isinstance(choices, list) or not choices:
        return ""
    finish_reason = getattr(choices[0], "finish_reason", None)
    if isinstance(finish_reason, str) and finish_reason:
        answer.finish_reason = finish_reason
    content = getattr(getattr(choices[0], "delta", None), "content", None)
    if not isinstance(content, str) or not content:
        return ""
    answer.chunks += 1
    return content


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _plain(messages: Messages) -> Messages:
    """The conversation without a system role: the instruction opens the first user message."""
    system = [content for role, content in messages if role == "system"]
    others = [message for message in messages if message[0] != "system"]
    if not system or not others:
        return messages
    role, content = others[0]
    return [(role, "\n\n".join([*system, content])), *others[1:]]


def _suppressed_headers(*, send_key: bool) -> dict[str, Any]:
    """Take out of each request what the SDK reads from OPENAI_* variables meant for another."""
    from openai import Omit

    names = ["OpenAI-Organization", "OpenAI-Project"]
    return {name: Omit() for name in (names if send_key else [*names, "Authorization"])}


def _names_system_role(error: APIStatusError) -> bool:
    return "system role" in str(error.body)[:_MAX_ERROR_BODY].lower()


def _retry_after_s(error: APIStatusError) -> float:
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0  # a date: the ordinary pause will do


def _shown(address: str) -> str:
    """The address as it may stand in a message: without user, password and query."""
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path}"


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
