"""What becomes of a LlamaIndex message: only the text of turns, and nothing else."""

from __future__ import annotations

import copy
import time
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.base.llms import types as llama
from llama_index.core.base.llms.types import ChatMessage, DocumentBlock, ImageBlock, TextBlock

from spsd_core.chat import ChatMessage as CoreMessage
from spsd_core.distillation import Decision, Distillation, Reason, Record
from spsd_llamaindex.messages import apply_distillation, to_chat_messages

IMAGE = ImageBlock(url="http://127.0.0.1/lamp.png")
CACHE = llama.CachePoint(cache_control=llama.CacheControl(type="ephemeral"))


def result(text: str) -> Distillation:
    record = Record(
        decision=Decision.DISTILLED,
        reason=Reason.SHORTENED,
        decided_by="lexical",
        level="light",
        tokenizer="estimate",
        tokenizer_exact=False,
        tokens_before=9,
        tokens_after=4,
    )
    return Distillation(
        text=text,
        decision=Decision.DISTILLED,
        reason=Reason.SHORTENED,
        tokens_before=9,
        tokens_after=4,
        tokenizer="estimate",
        record=record,
    )


def core(message: ChatMessage, turns: Any = None) -> CoreMessage:
    return to_chat_messages([message], turns)[0]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("user", "user"),
        ("assistant", "assistant"),
        ("chatbot", "assistant"),
        ("model", "assistant"),
        ("system", "system"),
        ("developer", "system"),
        ("tool", "tool"),
        ("function", "tool"),
    ],
)
def test_every_role_of_llamaindex_is_known(role: Any, expected: Any) -> None:
    assert core(ChatMessage(role=role, content="a")) == CoreMessage(expected, ("a",))


def test_the_list_of_roles_above_is_complete() -> None:
    roles = {role.value for role in llama.MessageRole}
    assert roles <= set("user assistant chatbot model system developer tool function".split()), (
        roles
    )


def test_a_message_of_unknown_role_is_read_but_never_rewritten() -> None:
    message = ChatMessage(content="a").model_copy(update={"role": "critic"})
    assert core(message) == CoreMessage("system", ("a",), frozen=True)


def test_each_text_block_is_a_part_and_the_rest_is_not() -> None:
    message = ChatMessage(role="user", blocks=[TextBlock(text="a"), IMAGE, TextBlock(text="b")])
    assert core(message) == CoreMessage("user", ("a", "b"))


@pytest.mark.parametrize(
    "message",
    [
        ChatMessage(role="user", blocks=[TextBlock(text="a"), CACHE]),
        ChatMessage(content="a", additional_kwargs={"cache_control": {"type": "ephemeral"}}),
    ],
)
def test_a_mark_of_the_providers_cache_freezes_the_message(message: ChatMessage) -> None:
    assert core(message) == CoreMessage("user", ("a",), frozen=True)


FILLED = [
    "Context is below.\n---------------------\nThanks!\n---------------------\nQuery: a",
    "We have the opportunity\n------------\nthanks\r\n------------\t\nGiven this, refine",
    "<memory>\n<facts>\nThanks!\n</facts>\n</memory>",
    "<current_conversation>\n",
    "Error while parsing the output: nothing\n\nThanks!",
    "Current state:\n{'mood': 'thankful'}\n\nCurrent message:\nThanks!\n",
    "Thanks!\n\n\nHere's a JSON schema to follow:\n{}\n\nOutput a valid JSON object",
]


@pytest.mark.parametrize("text", FILLED)
@pytest.mark.parametrize("turns", [None, frozenset(FILLED)])
def test_a_filled_in_template_is_read_but_is_no_turn(text: str, turns: Any) -> None:
    assert core(ChatMessage(content=text), turns) == CoreMessage("user", (), unseen=(text,))


@pytest.mark.parametrize(
    "text", ["Observation: Thank you!", "Result of executing the code given:\n\nThank you!"]
)
def test_what_an_agent_observed_is_the_output_of_a_tool(text: str) -> None:
    assert core(ChatMessage(content=text)) == CoreMessage("tool", (), unseen=(text,))


@pytest.mark.parametrize(
    "text",
    [
        "a -------------- b",
        "a\n---\nb\n---\nc",
        "-" * 200,
        "Thanks a lot!\n--------------\nJane Roe, sales",
        "My observation:",
        "What is <memory> for?",
        "Current state: tired. Thanks!",
    ],
)
def test_other_dashes_and_words_make_no_template(text: str) -> None:
    assert core(ChatMessage(content=text)).parts == (text,)


def test_where_the_turns_are_known_nothing_else_is_one() -> None:
    """A message of several texts is one where each of them is."""
    both = ChatMessage(role="user", blocks=[TextBlock(text="a"), TextBlock(text="b")])
    assert core(both, {"a", "b"}).parts == ("a", "b")
    assert core(both, {"a"}) == CoreMessage("user", (), unseen=("a", "b"))
    assert core(ChatMessage(role="assistant", content="c"), {"a"}).parts == ("c",)


OPENAI_CALL = {
    "id": "1",
    "type": "function",
    "function": {"name": "note", "arguments": '{"body": "two\\nlines", "tags": ["x", 2]}'},
}
NOTE = "note\nbody: two\nlines\ntags: x\ntags: 2"


@pytest.mark.parametrize(
    "kwargs",
    [
        {"tool_calls": [OPENAI_CALL]},
        {"function_call": OPENAI_CALL["function"]},
        {
            "tool_calls": (
                SimpleNamespace(id="1", function=SimpleNamespace(**OPENAI_CALL["function"])),  # type: ignore[arg-type]
            )
        },
        {"tool_calls": [{"name": "note", "args": {"body": "two\nlines", "tags": ["x", 2]}}]},
        {
            "tool_calls": [
                {"toolUseId": "1", "name": "note", "input": {"body": "two\nlines", "tags": "x 2"}}
            ]
        },
    ],
    ids=["openai", "function_call", "objects", "gemini", "bedrock"],
)
def test_the_gate_sees_tool_calls_in_the_notations_of_providers(kwargs: dict[str, Any]) -> None:
    (text,) = core(ChatMessage(role="assistant", content="", additional_kwargs=kwargs)).unseen
    assert text in (NOTE, "note\nbody: two\nlines\ntags: x 2")


def test_the_gate_sees_broken_arguments_and_unknown_shapes_of_calls() -> None:
    broken = {"function": {"name": "mail", "arguments": '{"body": "two\\nlines'}}
    message = ChatMessage(
        role="assistant",
        content="",
        additional_kwargs={"tool_calls": [broken, {"weird": {"body": "words"}}, None, 7, {}]},
    )
    assert core(message).unseen == ('mail\n{"body": "two\nlines', "body: words", "7")


@pytest.mark.skipif(
    not hasattr(llama, "ToolCallBlock"), reason="this llama-index-core has no such blocks"
)
def test_the_gate_sees_tool_calls_and_thoughts_in_blocks_and_each_call_once() -> None:
    message = ChatMessage(
        role="assistant",
        blocks=[
            llama.ThinkingBlock(content="hm"),
            llama.ToolCallBlock(tool_call_id="1", tool_name="f", tool_kwargs={"city": "Oslo"}),
            llama.ToolCallBlock(tool_name="g", tool_kwargs='{"city": "Bergen"}'),
        ],
        additional_kwargs={"tool_calls": [OPENAI_CALL, {**OPENAI_CALL, "id": "2"}]},
    )
    assert core(message).unseen == ("hm", "f\ncity: Oslo", "g\ncity: Bergen", NOTE)


def test_the_gate_sees_documents_and_citations_but_no_binary_data() -> None:
    note = DocumentBlock(data="a nöte".encode(), title="Report", document_mimetype="text/plain")
    message = ChatMessage(
        role="user",
        blocks=[
            note,
            DocumentBlock(data=b"%PDF-1.4 \x00", document_mimetype="application/pdf", title="P"),
            llama.CitableBlock(
                title="Book", source="Shelf", content=[TextBlock(text="page"), note]
            ),
            llama.CitationBlock(
                cited_content="quoted", source="Shelf", title="Book", additional_location_info={}
            ),
            IMAGE,
        ],
    )
    assert core(message) == CoreMessage(
        "user",
        (),
        unseen=(
            "Report\na nöte",
            "P",
            "Book\nShelf\npage\nReport\na nöte",
            "Book\nShelf\nquoted",
        ),
    )


def test_deep_and_circular_arguments_are_read_without_end_or_error() -> None:
    circle: dict[str, Any] = {"word": "inner"}
    circle["self"] = circle
    deep: Any = "bottom"
    for _ in range(5_000):
        deep = [deep]
    message = ChatMessage(role="assistant", content="").model_copy(
        update={
            "additional_kwargs": {
                "tool_calls": [{"name": "f", "args": circle}, {"name": "g", "args": {"d": deep}}]
            }
        }
    )
    assert core(message).unseen == ("f\nword: inner", "g\nd: bottom")


def test_only_the_text_changes_and_the_input_stays_as_it_was() -> None:
    message = ChatMessage(
        role="user",
        blocks=[TextBlock(text="one"), IMAGE, TextBlock(text="two"), CACHE],
        additional_kwargs={"name": "ada"},
    )
    before = copy.deepcopy(message)
    (sent,) = apply_distillation([message], [(result("1"), result("two"))])
    assert message == before
    assert sent.additional_kwargs == {"name": "ada"}
    assert sent.blocks == [TextBlock(text="1"), IMAGE, TextBlock(text="two"), CACHE]
    assert [sent.blocks[n] is message.blocks[n] for n in (1, 2, 3)] == [True] * 3


def test_a_message_that_keeps_its_texts_is_the_same_object() -> None:
    message = ChatMessage(content="one")
    for row in ((), (None,), (result("one"),)):
        assert apply_distillation([message], [row])[0] is message


def test_results_of_other_messages_are_refused() -> None:
    message = ChatMessage(content="one")
    with pytest.raises(ValueError, match="1 messages cannot take the results of 2"):
        apply_distillation([message], [(None,), (None,)])
    with pytest.raises(ValueError, match="a message of 1 texts cannot take 2 results"):
        apply_distillation([message], [(None, None)])


@pytest.mark.parametrize(
    "unit", ["-" * 10 + "\n", "-", "-" * 10 + " ", "Observation: ", "\n", " ", "\ud83d"]
)
def test_long_texts_are_read_in_linear_time(unit: str) -> None:
    """Sixteen times the text may not take more than some sixteen times as long."""

    def seconds(length: int) -> float:
        message = ChatMessage(content=unit * (length // len(unit)))
        began = time.perf_counter()
        core(message)
        return time.perf_counter() - began

    short = max(min(seconds(62_500) for _ in range(3)), 0.0005)
    assert min(seconds(1_000_000) for _ in range(3)) < 80 * short


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
blocks = st.builds(TextBlock, text=st.text()) | st.sampled_from([IMAGE, CACHE])
kwargs = st.dictionaries(st.sampled_from(["tool_calls", "function_call", "k"]), json_values)


@given(
    role=st.sampled_from(["user", "assistant", "system", "tool"]),
    content=st.lists(blocks, max_size=5),
    extra=kwargs,
)
def test_any_message_can_be_mapped_there_and_back(role: Any, content: Any, extra: Any) -> None:
    """Each part put back unchanged gives the same object; each replaced, only texts differ."""
    message = ChatMessage(role=role, blocks=content, additional_kwargs=extra)
    mapped = core(message)
    unchanged = [tuple(result(part) for part in mapped.parts)]
    assert apply_distillation([message], unchanged)[0] is message
    replaced = [tuple(result(part + "!") for part in mapped.parts)]
    (sent,) = apply_distillation([message], replaced)
    assert core(sent).parts == tuple(part + "!" for part in mapped.parts)
    assert core(sent).unseen == mapped.unseen
    assert sent.additional_kwargs is message.additional_kwargs
