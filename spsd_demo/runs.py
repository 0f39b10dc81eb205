"""Sends the example prompts through both frameworks, once as written and once distilled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spsd_core.distillation import Distillation
from spsd_core.distiller import Distiller
from spsd_core.observers import Call, Observer
from spsd_core.settings import Settings
from spsd_demo.prompts import DOCUMENTS, PROMPTS, QUERIES, Example
from spsd_demo.stand_in import Endpoint

__all__ = ["Outcome", "run_chain", "run_query_engine"]

_ANSWER_TOKENS = 48
_KEYWORDS = 40
"""Enough that courtesy does not crowd the keywords out of the original query."""


@dataclass(frozen=True)
class Outcome:
    """One prompt: what SPSD did, and what the endpoint billed for both versions."""

    via: str
    example: Example
    result: Distillation
    billed_before: int | None
    """Prompt tokens the endpoint reported for the original; None where it reported none."""
    billed_after: int | None
    """Prompt tokens the endpoint reported for what SPSD sent."""
    bytes_before: int
    """Bytes of the request bodies a stand-in got for the original; 0 where none is in use."""
    bytes_after: int
    """The same for what SPSD sent."""
    answer: str


class _Last(Observer):
    """Keeps the newest result, whatever adapter it came through."""

    result: Distillation | None = None

    def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:  # noqa: ARG002
        self.result = distillation

    def take(self) -> Distillation:
        result, self.result = self.result, None
        if result is None:
            raise RuntimeError("the adapter did not distil; please report this")
        return result


def run_chain(endpoint: Endpoint, settings: Settings) -> list[Outcome]:
    """Every prompt through `prompt | PromptDistiller() | ChatOpenAI(...)`."""
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    from spsd_langchain import PromptDistiller

    model = ChatOpenAI(
        base_url=endpoint.base_url,
        api_key=SecretStr(endpoint.api_key),
        model=endpoint.model,
        temperature=0,
        max_completion_tokens=_ANSWER_TOKENS,
    )
    last = _Last()
    Distiller(settings).load()  # so that the first line shows the work, not the loading
    prompt = ChatPromptTemplate.from_messages([("user", "{text}")])
    plain = prompt | model
    distilling = prompt | PromptDistiller(settings=settings, observers=(last,)) | model
    outcomes = []
    for example in PROMPTS:
        before = plain.invoke({"text": example.text})
        bytes_before = _take_bytes(endpoint)
        after = distilling.invoke({"text": example.text})
        outcomes.append(
            Outcome(
                "LangChain",
                example,
                last.take(),
                _prompt_tokens(before),
                _prompt_tokens(after),
                bytes_before,
                _take_bytes(endpoint),
                str(after.text),
            )
        )
    return outcomes


def run_query_engine(endpoint: Endpoint, settings: Settings) -> list[Outcome]:
    """Every query through a `DistillQueryEngine` over a small keyword index."""
    from llama_index.core import Document, SimpleKeywordTableIndex
    from llama_index.llms.openai_like import OpenAILike

    from spsd_llamaindex import DistillQueryEngine, DistillQueryTransform

    llm = OpenAILike(
        api_base=endpoint.base_url,
        api_key=endpoint.api_key,
        model=endpoint.model,
        is_chat_model=True,
        temperature=0.0,
        max_tokens=_ANSWER_TOKENS,
        context_window=8192,
    )
    usage = _Usage(llm)
    documents = [Document(text=text) for text in DOCUMENTS]
    index = SimpleKeywordTableIndex.from_documents(documents, llm=llm)
    options = {"llm": llm, "max_keywords_per_query": _KEYWORDS}
    plain = index.as_query_engine(**options)
    last = _Last()
    transform = DistillQueryTransform(distiller=Distiller(settings), observers=(last,))
    distilling = DistillQueryEngine(index.as_query_engine(**options), query_transform=transform)
    outcomes = []
    for example in QUERIES:
        plain.query(example.text)
        before, bytes_before = usage.take(), _take_bytes(endpoint)
        answer = str(distilling.query(example.text))
        after, bytes_after = usage.take(), _take_bytes(endpoint)
        outcomes.append(
            Outcome(
                "LlamaIndex", example, last.take(), before, after, bytes_before, bytes_after, answer
            )
        )
    return outcomes


def _take_bytes(endpoint: Endpoint) -> int:
    size = sum(len(body) for body in endpoint.bodies)
    endpoint.bodies.clear()
    return size


class _Usage:
    """Adds up the prompt tokens an endpoint reports to a LlamaIndex LLM."""

    def __init__(self, llm: Any) -> None:
        from llama_index.core.instrumentation.event_handlers import BaseEventHandler
        from llama_index.core.instrumentation.events.llm import LLMChatEndEvent
        from llama_index_instrumentation import get_dispatcher

        usage = self
        self._tokens: int | None = None

        class Handler(BaseEventHandler):
            def handle(self, event: Any, **_: Any) -> None:
                if isinstance(event, LLMChatEndEvent) and event.response is not None:
                    usage._add(event.response.raw)

        get_dispatcher().add_event_handler(Handler())
        self.llm = llm

    def take(self) -> int | None:
        tokens, self._tokens = self._tokens, None
        return tokens

    def _add(self, raw: Any) -> None:
        reported = getattr(raw, "usage", None)
        if reported is not None:
            self._tokens = (self._tokens or 0) + int(reported.prompt_tokens)


def _prompt_tokens(message: Any) -> int | None:
    usage = getattr(message, "usage_metadata", None)
    return None if usage is None else int(usage["input_tokens"])
