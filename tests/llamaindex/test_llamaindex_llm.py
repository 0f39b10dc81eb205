"""`DistillingLLM` on every way into an LLM: one distillation, and otherwise as without it."""

from __future__ import annotations

import asyncio
import copy
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core import Document, SummaryIndex
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.llms import MockLLM
from llama_index.core.prompts import (
    ChatPromptTemplate,
    PromptTemplate,
    RichPromptTemplate,
    SelectorPromptTemplate,
)
from llama_index.core.tools import FunctionTool
from llama_index.core.types import BaseOutputParser, PydanticProgramMode
from llama_index.llms.openai import OpenAI
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

from spsd_core import (
    Distiller,
)
from spsd_llamaindex import DistillingLLM

POLITE = "Hi! Sorry to bother you, but could you please tell me how long a refund takes? Thanks!"
CRITICAL = "Hello! Could you please listen? I feel awful and I want to end my life. Thanks!"
PASSAGE = "Dear shop! Could you please keep the receipt? Thank you so much! It takes 5 days."
ASKED = [ChatMessage(role="user", content=POLITE)]
QUESTION = ChatPromptTemplate([ChatMessage(role="user", content="{query_str}")])


class City(BaseModel):
    """A city."""

    name: str = "none"


def weather(name: str) -> str:
    """Tell the weather of a city."""
    return f"It rains in {name}."


TOOL = FunctionTool.from_defaults(weather)


def shortened(text: str = POLITE) -> str:
    """What the distiller makes of a text; shorter than it, or these tests prove nothing."""
    answer = Distiller().distill(text).text
    assert len(answer) < len(text)
    return answer


SYNC: dict[str, Callable[[Any], Any]] = {
    "chat": lambda llm: llm.chat(ASKED),
    "stream_chat": lambda llm: list(llm.stream_chat(ASKED)),
    "predict": lambda llm: llm.predict(QUESTION, query_str=POLITE),
    "stream": lambda llm: list(llm.stream(QUESTION, query_str=POLITE)),
    "chat_with_tools": lambda llm: llm.chat_with_tools([TOOL], chat_history=ASKED),
    "chat_with_tools, a string": lambda llm: llm.chat_with_tools([TOOL], user_msg=POLITE),
    "chat_with_tools, a message": lambda llm: llm.chat_with_tools(
        [TOOL], ASKED[0], tool_required=True
    ),
    "stream_chat_with_tools": lambda llm: list(llm.stream_chat_with_tools([TOOL], POLITE)),
    "predict_and_call": lambda llm: llm.predict_and_call([TOOL], POLITE),
    "structured_predict": lambda llm: llm.structured_predict(City, QUESTION, query_str=POLITE),
    "stream_structured_predict": lambda llm: list(
        llm.stream_structured_predict(City, QUESTION, query_str=POLITE)
    ),
    "as_structured_llm": lambda llm: llm.as_structured_llm(City).chat(ASKED),
}


async def _all(pieces: Any) -> list[Any]:
    return [piece async for piece in await pieces]


ASYNC: dict[str, Callable[[Any], Any]] = {
    "achat": lambda llm: llm.achat(ASKED),
    "astream_chat": lambda llm: _all(llm.astream_chat(ASKED)),
    "apredict": lambda llm: llm.apredict(QUESTION, query_str=POLITE),
    "astream": lambda llm: _all(llm.astream(QUESTION, query_str=POLITE)),
    "achat_with_tools": lambda llm: llm.achat_with_tools([TOOL], chat_history=ASKED),
    "astream_chat_with_tools": lambda llm: _all(llm.astream_chat_with_tools([TOOL], POLITE)),
    "apredict_and_call": lambda llm: llm.apredict_and_call([TOOL], POLITE),
    "astructured_predict": lambda llm: llm.astructured_predict(City, QUESTION, query_str=POLITE),
    "astream_structured_predict": lambda llm: _all(
        llm.astream_structured_predict(City, QUESTION, query_str=POLITE)
    ),
    "as_structured_llm": lambda llm: llm.as_structured_llm(City).achat(ASKED),
}
WAYS_IN = [
    *(pytest.param(call, id=name) for name, call in SYNC.items()),
    *(
        pytest.param(lambda llm, call=call: asyncio.run(_awaited(call(llm))), id=name)
        for name, call in ASYNC.items()
    ),
]


async def _awaited(answer: Any) -> Any:
    return await answer


def plain(answer: Any) -> Any:
    """What two answers are compared by; objects of streams are of classes made for the call."""
    if isinstance(answer, list):
        return [plain(part) for part in answer]
    if hasattr(answer, "message"):
        return answer.message.model_dump()
    return answer.model_dump() if isinstance(answer, BaseModel) else str(answer)


@pytest.mark.parametrize("way_in", WAYS_IN)
def test_every_way_in_distils_once_and_is_else_as_without_it(
    server: Any, openai_like: OpenAILike, dispatched: list[str], way_in: Callable[[Any], Any]
) -> None:
    """The same request but for the text, the same answer, the wrapped LLM's events once."""
    debug = LlamaDebugHandler(print_trace_on_end=False)
    openai_like.callback_manager = CallbackManager([debug])
    answers, told, starts = [], [], []
    for llm in (openai_like.model_copy(), DistillingLLM(openai_like)):
        server.answers = [{"name": "Oslo"}]
        answers.append(plain(way_in(llm)))
        told.append(Counter(dispatched))
        dispatched.clear()
        starts.append(len(debug.get_event_pairs(CBEventType.LLM)))
        debug.flush_event_logs()
    expected, sent = server.requests
    (question,) = [message for message in expected["messages"] if message["content"] == POLITE]
    question["content"] = shortened()
    assert sent == expected
    assert answers[0] == answers[1]
    assert told[1].pop("SPSDDistillationEvent") == 1
    assert told[0] == told[1]
    assert starts == [1, 1]


@pytest.mark.parametrize(
    "way_in",
    [
        pytest.param(call, id=name)
        for name, call in SYNC.items()
        if name in ("structured_predict", "stream_structured_predict", "as_structured_llm")
    ],
)
def test_an_llm_with_its_own_way_to_give_objects_keeps_it(
    server: Any, way_in: Callable[[Any], Any]
) -> None:
    """OpenAI sends a JSON schema instead of a tool, where its client can."""
    model = OpenAI(model="gpt-4o-mini", api_base=server.base_url, api_key="none", max_retries=0)
    answers = []
    for llm in (model, DistillingLLM(model)):
        server.answers = [{"name": "Oslo"}]
        answers.append(plain(way_in(llm)))
    expected, sent = server.requests
    expected["messages"][-1]["content"] = shortened()
    assert sent == expected
    assert ("response_format" in sent) == model._should_use_structure_outputs()
    assert answers[0] == answers[1]


def test_the_callers_messages_stay_as_they_were(server: Any, openai_like: OpenAILike) -> None:
    messages = copy.deepcopy(ASKED)
    DistillingLLM(openai_like).chat(messages)
    assert messages == ASKED
    assert server.user_texts == [[shortened()]]


def test_a_completion_is_passed_on_as_it_is_unless_asked_otherwise(dispatched: list[str]) -> None:
    """LlamaIndex puts templates there, with retrieved passages in them. MockLLM echoes."""
    llm = DistillingLLM(MockLLM())
    assert llm.complete(POLITE).text == POLITE
    assert "".join(piece.delta or "" for piece in llm.stream_complete(POLITE)) == POLITE
    assert "SPSDDistillationEvent" not in dispatched
    asked = DistillingLLM(MockLLM(), distil_completions=True)
    assert asked.complete(POLITE).text == shortened()
    assert "".join(piece.delta or "" for piece in asked.stream_complete(POLITE)) == shortened()
    assert asked.complete(CRITICAL).text == CRITICAL
    assert dispatched.count("SPSDDistillationEvent") == 3


async def test_an_async_completion_likewise() -> None:
    assert (await DistillingLLM(MockLLM()).acomplete(POLITE)).text == POLITE
    asked = DistillingLLM(MockLLM(), distil_completions=True)
    assert (await asked.acomplete(POLITE)).text == shortened()
    pieces = [piece.delta async for piece in await asked.astream_complete(POLITE)]
    assert "".join(filter(None, pieces)) == shortened()


async def test_a_template_for_a_model_without_chat_is_a_completion(dispatched: list[str]) -> None:
    """Untouched by default; as one text of the user where that is asked for."""
    template = PromptTemplate("{query_str}")
    llm = DistillingLLM(MockLLM())
    assert llm.predict(template, query_str=POLITE) == POLITE
    assert await llm.apredict(template, query_str=POLITE) == POLITE
    assert "SPSDDistillationEvent" not in dispatched
    asked = DistillingLLM(MockLLM(), distil_completions=True)
    assert asked.predict(template, query_str=POLITE) == shortened()
    assert await asked.apredict(template, query_str=POLITE) == shortened()
    assert "".join(asked.stream(template, query_str=POLITE)) == shortened()
    pieces = [piece async for piece in await asked.astream(template, query_str=POLITE)]
    assert "".join(pieces) == shortened()
    assert dispatched.count("SPSDDistillationEvent") == 4


MIXED = "Notes:\n{context_str}\nQuestion: {query_str}\n"
RICH = """{% chat role="system" %}Be kind.{% endchat %}
{% chat role="user" %}{{ query_str }}{% endchat %}"""


@pytest.mark.parametrize(
    ("template", "turns"),
    [
        (PromptTemplate("{query_str}"), [shortened()]),
        (PromptTemplate("{query_str}").partial_format(query_str=POLITE), [shortened()]),
        (PromptTemplate(MIXED), [MIXED.format(context_str=PASSAGE, query_str=POLITE)]),
        (PromptTemplate("{context_str}"), [PASSAGE]),
        (PromptTemplate("Translate: {query_str}"), [f"Translate: {POLITE}"]),
        (RichPromptTemplate(RICH), [shortened()]),
        (
            SelectorPromptTemplate(
                PromptTemplate(MIXED), [(lambda llm: llm.metadata.is_chat_model, QUESTION)]
            ),
            [shortened()],
        ),
        (
            ChatPromptTemplate(
                [
                    ChatMessage(role="system", content=PASSAGE),
                    *ASKED,
                    ChatMessage(role="assistant", content="Five days."),
                    ChatMessage(role="user", content=MIXED),
                    ChatMessage(role="user", content="{query_str}"),
                ]
            ),
            [shortened(), MIXED.format(context_str=PASSAGE, query_str=POLITE), shortened()],
        ),
    ],
    ids=["question", "partial", "mixed", "passage", "task", "rich", "selector", "chat"],
)
def test_of_a_template_only_the_users_own_turns_are_shortened(
    server: Any, openai_like: OpenAILike, template: Any, turns: list[str]
) -> None:
    """Never a message that mixes his words with instructions or retrieved passages."""
    values = {"query_str": POLITE, "context_str": PASSAGE}
    DistillingLLM(openai_like).predict(template, **values)
    assert server.user_texts == [turns]


@pytest.mark.parametrize(
    ("response_mode", "filtering", "structured"),
    [
        *((mode, False, False) for mode in ("compact", "refine", "tree_summarize", "accumulate")),
        *((mode, False, True) for mode in ("compact", "refine", "tree_summarize")),
        *((mode, True, False) for mode in ("compact", "refine")),
    ],
)
def test_retrieved_passages_reach_the_model_untouched(
    server: Any, openai_like: OpenAILike, response_mode: Any, filtering: bool, structured: bool
) -> None:
    """LlamaIndex puts them beside the question, in one message of the user."""
    documents = [Document(text=PASSAGE), Document(text=PASSAGE.replace("5", "6"))]
    index = SummaryIndex.from_documents(documents)
    for llm in (openai_like, DistillingLLM(openai_like)):
        server.answers = [{"answer": "5 days", "query_satisfied": True, "name": "Oslo"}] * 4
        index.as_query_engine(
            llm=llm.as_structured_llm(City) if structured else llm,
            response_mode=response_mode,
            structured_answer_filtering=filtering,
        ).query(POLITE)
        server.answers.clear()
    half = len(server.bodies) // 2
    assert half
    assert server.bodies[:half] == server.bodies[half:]
    assert PASSAGE in server.requests[0]["messages"][-1]["content"]


class Shouting(BaseOutputParser):
    """Asks for capitals, and gives them."""

    def parse(self, output: str) -> str:
        return output.upper()

    def format(self, query: str) -> str:
        return f"{query} SHOUT!"


def test_fields_of_the_wrapped_llm_count_as_without_it(
    server: Any, openai_like: OpenAILike
) -> None:
    """System prompt and output parser of the LLM and of the template, the way to give objects."""
    openai_like.system_prompt = "Be kind."
    openai_like.output_parser = Shouting()
    openai_like.pydantic_program_mode = PydanticProgramMode.LLM
    template = PromptTemplate("Translate: {query_str}", output_parser=Shouting())
    answers = []
    for llm in (openai_like, DistillingLLM(openai_like)):
        answers.append(llm.predict(template, query_str=POLITE))
        server.answers = [json.dumps({"name": "Oslo"})]
        fresh = PromptTemplate("Translate: {query_str}")
        answers.append(llm.structured_predict(City, fresh, query_str=POLITE))
    assert answers == ["NOTED.", City(name="Oslo")] * 2
    assert server.bodies[:2] == server.bodies[2:]


def test_the_gate_reads_the_system_prompt_of_the_wrapped_llm(
    server: Any, openai_like: OpenAILike
) -> None:
    """It stands before the messages of a template."""
    openai_like.system_prompt = CRITICAL
    DistillingLLM(openai_like).predict(QUESTION, query_str=POLITE)
    assert server.user_texts == [[POLITE]]
