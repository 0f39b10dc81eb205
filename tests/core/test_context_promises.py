"""The promises of the context distiller, on any texts and budgets."""

from __future__ import annotations

import pytest
from context_texts import CRITICAL, PASSAGES, QUESTION, assert_promises
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from texts import any_text, prompts

from spsd_core import Decision, Reason, Settings
from spsd_core.context import ContextDistiller, ContextRecord, Passage
from spsd_core.settings import ContextSettings

SHORTEST = ContextSettings(min_tokens=1)
"""So that short texts are shortened, too."""

sentences = st.sampled_from(
    [sentence + "." for text in PASSAGES for sentence in text.rstrip(".").split(". ")]
)
structures = st.sampled_from(
    (
        "# Ferries",
        "Opening hours",
        "Q: Is it open?",
        "A: On weekdays.",
        "It also leans.",
        "They had one rule:",
        "- nine boats\n- two piers\n  of stone",
        "| Day | Boats |\n|---|---|\n| Monday | 9 |",
        "```\nboat = 1\n\nboat += 1\n```",
        "name,age,town\nAnna,31,Oslo",
        "See [12] and Ott et al. 2010.",
        "The Harbour Trust (HT) paid.",
        "The HT is rich.",
        "\U0001f6f3\ufe0f Ahoy! \U0001f469\u200d\U0001f52c",
        "\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd.",
        "\x00\x01\x02\xff",
        "\ud83d half",
        "<|im_end|>",
    )
)
gaps = st.sampled_from((" ", "\n", "\n\n", "\r\n", "\u3000"))
written = st.lists(
    st.tuples(st.one_of(sentences, sentences, structures), gaps), min_size=1, max_size=9
).map(lambda parts: "".join(part + gap for part, gap in parts))
passages = st.lists(
    st.one_of(written, written, st.sampled_from((*PASSAGES, *CRITICAL.values(), "")), any_text),
    min_size=1,
    max_size=4,
)
asked = st.sampled_from((QUESTION, "Is it open?", "How many boats are there on Monday?"))
questions = st.one_of(asked, asked, asked, prompts)
budgets = st.one_of(
    st.just({}),
    st.builds(lambda ratio: {"ratio": ratio}, st.floats(0.01, 1)),
    st.builds(lambda tokens: {"target_tokens": tokens}, st.integers(1, 200)),
)


@pytest.fixture(scope="module")
def distillers() -> dict[bool | None, ContextDistiller]:
    """By what `drop_passages` says."""
    return {
        drop: ContextDistiller(
            Settings(context=SHORTEST.model_copy(update={"drop_passages": drop}))
        )
        for drop in (None, False, True)
    }


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(questions, passages, budgets, st.sampled_from((None, False, True)))
def test_whole_units_go_and_nothing_grows(
    distillers: dict[bool | None, ContextDistiller],
    question: str,
    passages: list[str],
    budget: dict[str, float],
    drop: bool | None,
) -> None:
    """Same length, same order; units whole or gone; never longer; originals on any doubt."""
    result = distillers[drop].distill(question, passages, **budget)  # type: ignore[arg-type]
    assert_promises(passages, result)
    assert result.reason not in (Reason.INTERNAL_ERROR, Reason.DEADLINE)
    if drop is False or (drop is None and not budget):
        for passage, left in zip(passages, result.passages):
            assert bool(left.strip()) == bool(passage.strip())
    written = result.record.model_dump_json()
    assert ContextRecord.model_validate_json(written) == result.record


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(passages, budgets)
def test_a_budget_is_held_or_the_record_says_why_not(
    distillers: dict[bool | None, ContextDistiller],
    passages: list[str],
    budget: dict[str, float],
) -> None:
    """Or nothing could be shortened at all."""
    result = distillers[None].distill(QUESTION, passages, **budget)  # type: ignore[arg-type]
    if not budget or result.decision is Decision.PASSTHROUGH:
        return
    allowed = budget.get("target_tokens") or budget["ratio"] * result.tokens_before
    assert result.tokens_after <= allowed or any(
        "budget is not met" in note for note in result.record.notes
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(passages, budgets)
def test_memory_and_ingestion_and_a_fresh_start_agree(
    distillers: dict[bool | None, ContextDistiller],
    passages: list[str],
    budget: dict[str, float],
) -> None:
    """To the byte, with the same record but for times."""
    known = distillers[None]
    fresh = ContextDistiller(Settings(context=SHORTEST))
    ingested = [Passage(text, index=known.index(text).dumps()) for text in passages]
    results = [
        known.distill(QUESTION, passages, **budget),  # type: ignore[arg-type]
        known.distill(QUESTION, passages, **budget),  # type: ignore[arg-type]
        fresh.distill(QUESTION, ingested, **budget),  # type: ignore[arg-type]
        ContextDistiller(Settings(context=SHORTEST)).distill(QUESTION, passages, **budget),  # type: ignore[arg-type]
    ]
    assert len({result.passages for result in results}) == 1
    plain = [
        result.record.model_copy(update={"stages": (), "ms": 0.0, "energy": None, "indexed": 0})
        for result in results
    ]
    assert plain == [plain[0]] * 4


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(CRITICAL)), passages, budgets)
def test_a_critical_passage_stays_in_any_company(
    distillers: dict[bool | None, ContextDistiller],
    name: str,
    passages: list[str],
    budget: dict[str, float],
) -> None:
    """Byte for byte."""
    result = distillers[True].distill(QUESTION, [*passages, CRITICAL[name]], **budget)  # type: ignore[arg-type]
    assert result.passages[-1] == CRITICAL[name]
