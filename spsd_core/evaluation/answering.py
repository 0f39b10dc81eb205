"""Asking chat models on any OpenAI-compatible server, through the `openai` package.

A call that fails is an answer too: it is recorded with its error, counts as the worst score, and is
not asked again when a run is resumed (unless that is wanted). Only a server that never answered at
all ends the run, with nothing recorded, because then there is nothing to learn.
"""

from __future__ import annotations

import importlib.util
import math
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
_NO_CONNECTION = "no connection"


class ServerUnreachable(SPSDError):
    """No call reached the server. The message says which server, and what to do."""


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
        ServerUnreachable: the first call found no server.
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

    def ask(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Answer]]:
        """Each question with its answer, as they come in."""
        first, *others = questions
        yield first, self._ask_first(first)
        with ThreadPoolExecutor(self._model.concurrency, thread_name_prefix="spsd-eval") as pool:
            futures = {pool.submit(self._ask, question): question for question in others}
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
            if answer.error != _NO_CONNECTION:
                return self._keep(question, answer)
        raise ServerUnreachable(
            f"{self._model.base_url} cannot be reached: start the server of {self._model.name}, or "
            "name another address; what was answered before is kept"
        )

    def _ask(self, question: Question) -> Answer:
        return self._keep(question, self._call(question))

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
        except openai.APITimeoutError:
            answer = Answer(error="timeout")
        except openai.APIConnectionError:
            answer = Answer(error=_NO_CONNECTION)
        except openai.APIStatusError as error:
            answer = Answer(error=f"status {error.status_code}")
        except (openai.OpenAIError, AttributeError, IndexError, TypeError, ValueError):
            answer = Answer(error="no chat completion came back")
        return replace(answer, ms=(time.perf_counter() - started) * 1000)


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
