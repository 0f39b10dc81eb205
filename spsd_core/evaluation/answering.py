"""Asking chat models on any OpenAI-compatible server, through the `openai` package.

A call that fails is an answer too: it is recorded with its error, counts as the worst score, and is
not asked again when a run is resumed (unless that is wanted). A server that is not there is none:
nothing is recorded of calls that no server took, and when call after call finds none, the run ends.
What was answered before stays, and the same run goes on from there.
"""

from __future__ import annotations

import importlib.util
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from spsd_core.evaluation.cache import Cache, content_key
from spsd_core.exceptions import ConfigurationError, SPSDError

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["Answer", "Model", "Question", "ServerUnreachable", "ask_all"]

_PATIENCE = 3
"""How often the first call is made before the server is held to be absent."""
_PATIENCE_MIDWAY = 10
"""Calls in a row that find no server, after which it is held to be gone. At least twice as many as
are in flight at once: one restart of a server breaks all of those off."""
_NOT_TAKEN = "no connection"
"""Nobody took the call, so that it says nothing of the answerer."""
_BROKEN_OFF = "the connection broke off"
_AWAY = frozenset({_NOT_TAKEN, _BROKEN_OFF, "status 502", "status 503", "status 504"})
"""What calls come to when a server is gone, or the one behind it. Each is made once more after the
others: one that was taken, and comes to this again while the server is there, failed by itself."""


class ServerUnreachable(SPSDError):
    """A server is not there, or no longer. The message says which, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A chat model on a server.

    Built cheaply; the client is made on first use. Answers are kept by `name` and parameters, not
    by address, so that a server may move.
    """

    name: str
    base_url: str
    api_key: str = "none"
    temperature: float = 0.0
    max_tokens: int = 512
    timeout_s: float = 120.0
    """Longest wait for one attempt."""
    retries: int = 2
    """Further attempts after a connection error, a timeout, 429 or 5xx."""
    concurrency: int = 4
    """Calls in flight at once."""

    def __post_init__(self) -> None:
        if importlib.util.find_spec("openai") is None:
            raise ConfigurationError("asking models needs openai: pip install 'spsd[eval]'")
        if not self.base_url.startswith(("http://", "https://")):
            raise ConfigurationError(
                f"base_url {self.base_url!r} is no address; give one as http://127.0.0.1:8080/v1"
            )
        if not 0 <= self.temperature < math.inf:
            raise ConfigurationError(f"temperature is {self.temperature}; give 0 or more")
        if not self.timeout_s > 0:
            raise ConfigurationError(f"timeout is {self.timeout_s} s; give more than 0")
        if self.retries < 0:
            raise ConfigurationError(f"retries is {self.retries}; give 0 or more")

    def client(self) -> OpenAI:
        """A client of the server."""
        from openai import OpenAI

        return OpenAI(
            base_url=self.base_url,
            api_key=self.api_key,
            timeout=self.timeout_s,
            max_retries=self.retries,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """One call to be made."""

    messages: tuple[tuple[str, str], ...]
    seed: int = 0

    def key(self, model: Model) -> str:
        """What the answer is kept under."""
        return content_key(
            "answer",
            model=model.name,
            temperature=model.temperature,
            max_tokens=model.max_tokens,
            messages=self.messages,
            seed=self.seed,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    text: str = ""
    error: str = ""
    """Why there is no text; empty where there is."""
    finish_reason: str = ""
    prompt_tokens: int | None = None
    """As billed, where the server says so."""
    completion_tokens: int | None = None
    ms: float = 0.0
    """Wall time with all attempts, milliseconds."""

    @property
    def failed(self) -> bool:
        """Whether there is no answer."""
        return bool(self.error)


def ask_all(
    model: Model,
    questions: Iterable[Question],
    cache: Cache,
    *,
    retry_failed: bool = False,
    on_answer: Callable[[], None] | None = None,
) -> dict[Question, Answer]:
    """Ask every question that has no answer yet; equal questions are asked once.

    Args:
        model: who is asked.
        questions: what.
        cache: where answers are kept, each as soon as it is there.
        retry_failed: ask those again that failed in an earlier run.
        on_answer: called once for each distinct question.

    Raises:
        ServerUnreachable: the first call found no server, or many in a row later on.
    """
    answers: dict[Question, Answer] = {}
    open_questions = []
    for question in dict.fromkeys(questions):
        stored = cache.get(question.key(model))
        known = None if stored is None else Answer(**stored)
        if known is None or (known.failed and retry_failed):
            open_questions.append(question)
            continue
        answers[question] = known
        if on_answer:
            on_answer()
    if open_questions:
        for question, answer in _Caller(model, cache).ask(open_questions):
            answers[question] = answer
            if on_answer:
                on_answer()
    return answers


class _Caller:
    """Makes the calls of one run to one model."""

    def __init__(self, model: Model, cache: Cache) -> None:
        self._model = model
        self._cache = cache
        self._client = model.client()
        self._lock = threading.Lock()
        self._away = 0
        """Calls in a row that found no server."""
        self._postponed: set[Question] = set()
        """Questions that came to nothing once."""

    def ask(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Answer]]:
        """Each question with its answer, as they come in."""
        first, *others = questions
        yield first, self._ask_first(first)
        while others:
            postponed: list[Question] = []
            for question, answer in self._round(others):
                if answer is None:
                    postponed.append(question)
                else:
                    yield question, answer
            others = postponed

    def _round(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Answer | None]]:
        """Each question with its answer, or None where it is to be asked again."""
        with ThreadPoolExecutor(self._model.concurrency, thread_name_prefix="spsd-eval") as pool:
            futures = {pool.submit(self._ask, question): question for question in questions}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            finally:
                for future in futures:
                    future.cancel()

    def _ask_first(self, question: Question) -> Answer:
        """The call that shows whether there is a server at all."""
        for _ in range(_PATIENCE):
            answer = self._call(question)
            if answer.error not in _AWAY:
                return self._keep(question, answer)
        raise ServerUnreachable(
            f"{self._model.base_url} cannot be reached ({answer.error}): start the server of "
            f"{self._model.name}, or name another address; {self._what_is_kept()}"
        )

    def _ask(self, question: Question) -> Answer | None:
        answer = self._call(question)
        with self._lock:
            if answer.error not in _AWAY:
                self._away = 0
            else:
                self._away += 1
                self._stop_if_gone(answer)
                if answer.error == _NOT_TAKEN or question not in self._postponed:
                    self._postponed.add(question)
                    return None
        return self._keep(question, answer)

    def _stop_if_gone(self, answer: Answer) -> None:
        if self._away >= max(_PATIENCE_MIDWAY, 2 * self._model.concurrency):
            raise ServerUnreachable(
                f"{self._model.base_url} is gone: the last {self._away} calls came to nothing "
                f"({answer.error}). See to the server of {self._model.name} and run the same "
                f"command again; {self._what_is_kept()}"
            )

    def _what_is_kept(self) -> str:
        if self._cache.lasts:
            return "what was answered before is kept, and not asked again"
        return "nothing is kept, because no cache file was named (--cache)"

    def _keep(self, question: Question, answer: Answer) -> Answer:
        self._cache.put(question.key(self._model), asdict(answer))
        return answer

    def _call(self, question: Question) -> Answer:
        import openai

        messages: Any = [{"role": role, "content": text} for role, text in question.messages]
        started = time.perf_counter()
        try:
            answer = _answer(
                self._client.chat.completions.create(
                    model=self._model.name,
                    messages=messages,
                    temperature=self._model.temperature,
                    max_tokens=self._model.max_tokens,
                    seed=question.seed,
                )
            )
        except openai.APITimeoutError as error:
            answer = Answer(error=_NOT_TAKEN if _nobody_took(error) else "timeout")
        except openai.APIConnectionError as error:
            answer = Answer(error=_NOT_TAKEN if _nobody_took(error) else _BROKEN_OFF)
        except openai.APIStatusError as error:
            answer = Answer(error=f"status {error.status_code}")
        except (openai.OpenAIError, AttributeError, IndexError, TypeError, ValueError):
            answer = Answer(error="no chat completion came back")
        return replace(answer, ms=(time.perf_counter() - started) * 1000)


def _nobody_took(error: Exception) -> bool:
    """Whether not even a connection came about."""
    import httpx

    return isinstance(error.__cause__, (httpx.ConnectError, httpx.ConnectTimeout))


def _answer(completion: Any) -> Answer:
    choice = completion.choices[0]
    usage = getattr(completion, "usage", None)
    text = choice.message.content
    if not isinstance(text, str) or not text.strip():
        return Answer(error="the answer is empty", finish_reason=str(choice.finish_reason))
    return Answer(
        text=text,
        finish_reason=str(choice.finish_reason),
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
    )


def _count(usage: object, name: str) -> int | None:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) else None
