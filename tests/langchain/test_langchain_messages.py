"""What becomes of a LangChain message: only its text, only where allowed, and nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    AnyMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
    convert_to_messages,
)

from spsd_core.chat import ChatDistillation
from spsd_core.chat import ChatMessage as CoreMessage
from spsd_core.distillation import Decision, Distillation, Reason, Record, StageRecord
from spsd_langchain.messages import apply_distillation, message_record, to_chat_messages

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def result(text: str, ms: float = 1.5) -> Distillation:
    record = Record(
        decision=Decision.DISTILLED,
        reason=Reason.SHORTENED,
        decided_by="lexical",
        engine="lexical",
        level="light",
        tokenizer="estimate",
        tokenizer_exact=False,
        tokens_before=9,
        tokens_after=4,
        stages=(StageRecord(stage="gate", ms=ms, outcome="pass"),),
        ms=ms,
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


def chat_result(*parts: tuple[Distillation | None, ...]) -> ChatDistillation:
    return ChatDistillation(parts=parts, tokens_before=9, tokens_after=4, tokenizer="estimate")


def core(message: BaseMessage) -> CoreMessage:
    return to_chat_messages([message])[0]


@pytest.mark.parametrize(
    ("message", "role"),
    [
        (HumanMessage("a"), "user"),
        (HumanMessageChunk(content="a"), "user"),
        (ChatMessage(role="user", content="a"), "user"),
        (ChatMessage(role="User", content="a"), "user"),
        (ChatMessage(role="human", content="a"), "user"),
        (AIMessage("a"), "assistant"),
        (AIMessageChunk(content="a"), "assistant"),
        (ChatMessage(role="assistant", content="a"), "assistant"),
        (SystemMessage("a"), "system"),
        (convert_to_messages([{"role": "developer", "content": "a"}])[0], "system"),
        (ChatMessage(role="developer", content="a"), "system"),
        (ToolMessage("a", tool_call_id="1"), "tool"),
        (FunctionMessage(name="f", content="a"), "tool"),
        (ChatMessage(role="tool", content="a"), "tool"),
    ],
)
def test_every_kind_of_message_has_its_role(message: BaseMessage, role: str) -> None:
    assert core(message) == CoreMessage(role=role, parts=("a",))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "message", [ChatMessage(role="critic", content="a"), RemoveMessage(id="1")]
)
def test_a_message_of_unknown_role_is_read_but_never_rewritten(message: BaseMessage) -> None:
    assert core(message).frozen
    assert core(message).role == "system"


def test_strings_and_text_blocks_are_parts_and_the_rest_is_not() -> None:
    message = HumanMessage(
        content=[
            "first",
            IMAGE,
            {"type": "text", "text": "second"},
            {"type": "text", "text": None},
            {"type": "text"},
        ]
    )
    assert core(message) == CoreMessage(role="user", parts=("first", "second"))


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
        [{"type": "text", "text": "a"}, {**IMAGE, "cache_control": {"type": "ephemeral"}}],
        [{"type": "text", "text": "a"}, {"cachePoint": {"type": "default"}}],
        [{"type": "text", "text": "a", "extras": {"cache_control": {"type": "ephemeral"}}}],
        [{"type": "text", "text": "a", "extras": {"prompt_cache_breakpoint": True}}],
    ],
)
def test_a_mark_of_the_providers_cache_freezes_the_message(content: list[Any]) -> None:
    assert core(HumanMessage(content=content)).frozen
    assert core(HumanMessage(content=content)).parts == ("a",)


def test_a_mark_on_the_message_itself_freezes_it() -> None:
    marked = HumanMessage("a", additional_kwargs={"cache_control": {"type": "ephemeral"}})
    assert core(marked).frozen


def test_text_with_citations_by_position_is_frozen() -> None:
    block = {"type": "text", "text": "a", "annotations": [{"type": "citation", "end_index": 1}]}
    assert core(AIMessage(content=[block])).frozen
    assert not core(AIMessage(content=[{**block, "annotations": []}])).frozen


def test_the_gate_sees_tool_calls_with_line_ends_as_line_ends() -> None:
    message = AIMessage(
        "",
        tool_calls=[{"name": "note", "args": {"body": "chest\npain", "tags": ["a", 2]}, "id": "1"}],
        invalid_tool_calls=[
            {"name": "mail", "args": '{"to": "x", "body": "two\\nlines', "id": "2", "error": None}
        ],
    )
    assert core(message).unseen == (
        "note\nbody: chest\npain\ntags: a\ntags: 2",
        'mail\n{"to": "x", "body": "two\nlines',
    )


def test_the_gate_sees_tool_calls_in_openais_own_notation() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": "b"}'}}
    assert core(AIMessage("", additional_kwargs={"function_call": call["function"]})).unseen == (
        "f\na: b",
    )
    message = AIMessage("").model_copy(update={"additional_kwargs": {"tool_calls": [call]}})
    assert core(message).unseen == ("f\na: b",)


def test_a_call_shown_twice_is_read_once() -> None:
    message = AIMessage(
        content=[
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "1", "name": "f", "input": {"url": "b"}},
        ],
        tool_calls=[{"name": "f", "args": {"url": "b"}, "id": "1"}],
    )
    assert core(message).unseen == ("f\nurl: b",)
    assert core(message.model_copy(update={"tool_calls": []})).unseen == ("f\nurl: b",)


def test_the_gate_sees_documents_and_results_inside_blocks_but_no_binary_data() -> None:
    message = HumanMessage(
        content=[
            IMAGE,
            {"type": "text-plain", "text": "attached note", "mime_type": "text/plain"},
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "a report"},
                "title": "Report",
            },
            {"type": "file", "base64": "QUJD", "mime_type": "application/pdf"},
            {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "r"}]},
        ]
    )
    assert core(message).parts == ()
    assert core(message).unseen == (
        "text: attached note",
        "data: a report\ntitle: Report",
        "text: r",
    )


def test_deep_and_circular_arguments_are_read_without_end_or_error() -> None:
    circle: dict[str, Any] = {"word": "inner"}
    circle["self"] = circle
    deep: Any = "bottom"
    for _ in range(5_000):
        deep = [deep]
    message = AIMessage("").model_copy(
        update={
            "tool_calls": [
                {"name": "f", "args": circle, "id": "1"},
                {"name": "g", "args": {"deep": deep}, "id": "2"},
            ]
        }
    )
    assert core(message).unseen == ("f\nword: inner", "g\ndeep: bottom")
    bracketed = {"name": "h", "args": "[" * 200_000, "id": "3", "error": None}
    broken = AIMessage("", invalid_tool_calls=[bracketed])
    assert core(broken).unseen == ("h\n" + "[" * 200_000,)


def full_messages() -> list[AnyMessage]:
    return [
        SystemMessage("Answer briefly.", id="s"),
        HumanMessage(
            content=["one", IMAGE, {"type": "text", "text": "two", "id": "b"}],
            id="h",
            name="ada",
            additional_kwargs={"k": [1]},
            response_metadata={"mine": 1},
        ),
        AIMessage("", id="a", tool_calls=[{"name": "f", "args": {"x": 1}, "id": "1"}]),
        ToolMessage("42", tool_call_id="1", artifact={"raw": b"\0"}, status="error", id="t"),
    ]


def test_only_the_text_changes_and_the_input_stays_as_it_was() -> None:
    messages = full_messages()
    before = copy.deepcopy(messages)
    sent = apply_distillation(
        messages, chat_result((None,), (result("1"), result("2")), (None,), (None,))
    )
    assert messages == before
    assert [sent[0] is messages[0], sent[2] is messages[2], sent[3] is messages[3]] == [True] * 3
    human = sent[1]
    assert human.content == ["1", IMAGE, {"type": "text", "text": "2", "id": "b"}]
    assert human.model_dump(exclude={"content", "response_metadata"}) == before[1].model_dump(
        exclude={"content", "response_metadata"}
    )
    assert human.response_metadata["mine"] == 1
    records = human.response_metadata["spsd"]["parts"]
    assert [record["tokens_after"] for record in records] == [4, 4]
    assert json.loads(json.dumps(records)) == records


def test_without_records_an_unchanged_message_is_the_same_object() -> None:
    message = HumanMessage("one")
    same = apply_distillation([message], chat_result((result("one"),)), attach_records=False)
    assert same[0] is message
    other = apply_distillation([message], chat_result((result("1"),)), attach_records=False)
    assert other == [HumanMessage("1")]


def test_a_chunk_stays_a_chunk() -> None:
    chunk = HumanMessageChunk(content="one", id="c")
    sent = apply_distillation([chunk], chat_result((result("1"),)), attach_records=False)
    assert sent == [HumanMessageChunk(content="1", id="c")]


def test_results_of_other_messages_are_refused() -> None:
    with pytest.raises(ValueError, match="1 messages cannot take the results of 2"):
        apply_distillation([HumanMessage("a")], chat_result((None,), (None,)))
    with pytest.raises(ValueError, match="a message of 1 texts cannot take 2 results"):
        apply_distillation([HumanMessage("a")], chat_result((None, None)))


def test_the_record_on_a_message_does_not_differ_from_run_to_run() -> None:
    assert message_record(result("a", ms=1.0).record) == message_record(result("a", ms=2.0).record)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
blocks = (
    st.text()
    | st.builds(lambda text: {"type": "text", "text": text}, st.text())
    | st.dictionaries(
        st.sampled_from(["type", "text", "id", "source", "data", "content", "input", "extras"]),
        json_values,
    )
)


@given(content=st.text() | st.lists(blocks, max_size=5))
def test_any_content_can_be_mapped_there_and_back(content: Any) -> None:
    """Each part put back unchanged gives the same object; each replaced, only texts differ."""
    message = HumanMessage("").model_copy(update={"content": content})
    mapped = core(message)
    unchanged = tuple(result(part) for part in mapped.parts)
    assert apply_distillation([message], chat_result(unchanged), attach_records=False)[0] is message
    replaced = tuple(result(part + "!") for part in mapped.parts)
    sent = apply_distillation([message], chat_result(replaced), attach_records=False)[0]
    assert core(sent).parts == tuple(part + "!" for part in mapped.parts)
    assert core(sent).unseen == mapped.unseen
