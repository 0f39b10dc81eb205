"""The promises P1 to P10 as properties over any text, on the default path and on the fakes."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import any_text, prompts, written_text

from spsd_core import Decision, Distiller, Reason, Settings
from spsd_core.admission import find_chat_marker
from spsd_core.reading import read
from spsd_core.spans import Edit, apply_edits

LIGHT, DENSE, LEXICAL_LIGHT, LEXICAL_DENSE = (
    Distiller(Settings(engines=(engine,), level=level, memo_entries=0))
    for engine in ("extract", "lexical")
    for level in ("light", "dense")
)
LEVELS = st.sampled_from((LIGHT, DENSE, LEXICAL_LIGHT, LEXICAL_DENSE))


@given(prompts, LEVELS)
def test_p1_a_passed_through_prompt_is_byte_identical(text: str, distiller: Distiller) -> None:
    """And anything that is not a distillation says `passthrough`."""
    result = distiller.distill(text)
    if result.decision is Decision.PASSTHROUGH:
        assert result.text == text
        assert result.tokens_after == result.tokens_before
        assert result.reason is not Reason.SHORTENED


@given(prompts, LEVELS)
def test_p2_a_distilled_prompt_is_shorter_in_the_target_models_tokens(
    text: str, distiller: Distiller
) -> None:
    """Counted again here, over the whole request, with a counter of our own."""
    result = distiller.distill(text)
    if result.decision is Decision.DISTILLED:
        count = distiller.counter.request
        assert result.tokens_after == count([("user", result.text)])
        assert result.tokens_before == count([("user", text)])
        assert result.tokens_after < result.tokens_before


@given(written_text, LEVELS)
def test_p3_and_p5_every_atom_and_feeling_survives_in_order(
    text: str, distiller: Distiller
) -> None:
    """The sent text holds the words of each in order; the Reader may release a greeting's."""
    result = distiller.distill(text)
    position = 0
    for atom in distiller.read(text).atoms:
        if atom.kind.value == "question":
            continue
        words = text[atom.start : atom.end]
        found = result.text.find(words, position)
        assert found >= 0, (atom, result.text)
        position = found


@given(written_text, LEVELS)
def test_p4_payload_is_byte_identical(text: str, distiller: Distiller) -> None:
    """Politeness inside it included."""
    result = distiller.distill(text)
    for start, end in read(text).payload:
        assert text[start:end] in result.text


@given(any_text, LEVELS)
@settings(max_examples=300)
def test_p7_no_text_raises(text: str, distiller: Distiller) -> None:
    """Nor is any of them answered with an internal error."""
    assert distiller.distill(text).reason is not Reason.INTERNAL_ERROR


@given(prompts)
def test_p8_the_same_text_gives_the_same_result_whichever_way_it_is_asked(text: str) -> None:
    """Sync, async, in a batch, and by a distiller built anew."""
    first = LIGHT.distill(text)
    others = (
        asyncio.run(LIGHT.adistill(text)),
        LIGHT.distill_many([text, text])[1],
        asyncio.run(LIGHT.adistill_many([text]))[0],
        Distiller().distill(text),
    )
    for other in others:
        assert (other.text, other.decision, other.reason) == (
            first.text,
            first.decision,
            first.reason,
        )
        assert (other.tokens_before, other.tokens_after) == (
            first.tokens_before,
            first.tokens_after,
        )


@given(
    st.tuples(
        written_text,
        st.sampled_from(("<|im_start|>", "<|eot_id|>", "<end_of_turn>", "[INST]", "<<SYS>>")),
        written_text,
    ).map("".join)
)
def test_p9_a_text_with_chat_markers_is_sent_as_written(text: str) -> None:
    """It neither opens a turn of its own nor loses the evidence that it tried."""
    result = LIGHT.distill(text)
    assert result.text == text
    assert result.decision is Decision.PASSTHROUGH


@given(prompts, LEVELS)
def test_p9_distilling_never_makes_a_chat_marker(text: str, distiller: Distiller) -> None:
    """Deleting words must not join the halves of a marker."""
    if find_chat_marker(text) is None:
        assert find_chat_marker(distiller.distill(text).text) is None


@given(prompts, LEVELS)
def test_p10_every_call_leaves_one_complete_record(text: str, distiller: Distiller) -> None:
    """It is JSON, agrees with the result, and its edits turn the original into what is sent."""
    result = distiller.distill(text)
    record = result.record
    json.dumps(record.model_dump(mode="json"))
    assert record.decision is result.decision
    assert record.reason is result.reason
    assert record.decided_by
    assert (record.tokens_before, record.tokens_after) == (
        result.tokens_before,
        result.tokens_after,
    )
    assert record.energy is not None
    assert record.energy.net_uwh == pytest.approx(
        record.energy.cloud_saved_uwh - record.energy.edge_spent_uwh
    )
    assert all(stage.ms >= 0 for stage in record.stages)
    edits = [Edit(edit.start, edit.end, edit.replacement) for edit in record.edits]
    assert apply_edits(text, edits) == result.text


@given(written_text)
def test_the_record_holds_no_word_of_the_users_text(text: str) -> None:
    """It may be logged where the text may not: offsets only, and single capitals."""
    dumped = json.dumps(LIGHT.distill(text).record.model_dump(mode="json"))
    for word in ("lamps", "Elbe", "voucher", "anna.berg", "frustrated", "colour"):
        assert word not in dumped


@given(written_text, LEVELS)
def test_a_distilled_text_is_never_empty_and_is_left_alone_the_second_time(
    text: str, distiller: Distiller
) -> None:
    """Distilling is not a way to lose everything; a phrase list may find a new phrase at a seam."""
    result = distiller.distill(text)
    if result.distilled:
        assert result.text.strip()
        again = distiller.distill(result.text)
        if distiller in (LIGHT, DENSE):
            assert again.text == result.text
        assert again.tokens_after <= result.tokens_after
