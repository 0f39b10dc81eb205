"""An audit says of a request what the distiller would do with it, and knows what is sent again."""

from __future__ import annotations

from pathlib import Path

from audit_parts import (
    ANOTHER,
    LEXICAL,
    MEDICAL,
    PLAIN,
    POLITE,
    SHORT,
    audited,
    timeless,
    write_log,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spsd_core import ChatMessage, ChatSettings, Distiller, Settings

CRISIS = "I want to die."
TEXTS = (POLITE, ANOTHER, PLAIN, SHORT, MEDICAL, CRISIS, "", "x = [1, 2];\ny = f(x);\n")
DISTILLERS = {
    window: Distiller(LEXICAL.model_copy(update={"chat": ChatSettings(critical_window=window)}))
    for window in (None, 0, 1)
}
EXTRACT = Distiller(Settings())


def roles(last: st.SearchStrategy[str]) -> st.SearchStrategy[list[dict[str, object]]]:
    one = st.fixed_dictionaries(
        {
            "role": st.sampled_from(["system", "user", "user", "assistant", "tool"]),
            "content": st.one_of(
                st.sampled_from(TEXTS),
                st.lists(
                    st.builds(lambda t: {"type": "text", "text": t}, st.sampled_from(TEXTS)),
                    min_size=1,
                    max_size=2,
                ),
            ),
        }
    )
    end = st.fixed_dictionaries({"role": last, "content": st.sampled_from(TEXTS)})
    return st.tuples(st.lists(one, max_size=5), end).map(lambda both: [*both[0], both[1]])


def as_chat(messages: list[dict[str, object]]) -> list[ChatMessage]:
    chat = []
    for message in messages:
        content = message["content"]
        parts = [content] if isinstance(content, str) else [part["text"] for part in content]  # type: ignore[union-attr, attr-defined]
        chat.append(ChatMessage(message["role"], tuple(parts)))  # type: ignore[arg-type]
    return chat


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    messages=roles(st.sampled_from(["user", "tool", "system"])),
    window=st.sampled_from([None, 0, 1]),
)
def test_a_request_costs_what_the_distiller_says(
    messages: list[dict[str, object]], window: int | None, tmp_path: Path
) -> None:
    """Tokens before and after, with the gate followed through the conversation."""
    distiller = DISTILLERS[window]
    found = distiller.distill_chat(as_chat(messages))
    report = audited(
        write_log(tmp_path / "log.jsonl", {"messages": messages}), distiller.settings
    ).figures
    if report["broken_lines"]["count"]:
        assert not any(part for one in as_chat(messages) for part in one.parts)
        return
    assert report["tokens_before"] == found.tokens_before
    assert report["tokens_after"] == found.tokens_after


def test_with_the_reader_a_request_costs_what_the_distiller_says(tmp_path: Path) -> None:
    """The same with `extract`, whose Reader joins the gate; an early turn may be critical."""
    early = [
        {"role": "user", "content": CRISIS},
        {"role": "assistant", "content": "I am here."},
        {"role": "user", "content": POLITE},
    ]
    late = [early[2], early[1], early[0]]
    for messages in (early, late, [*late, early[1], {"role": "user", "content": ANOTHER}]):
        found = EXTRACT.distill_chat(as_chat(messages))
        log = write_log(tmp_path / "log.jsonl", {"messages": messages})
        report = audited(log, EXTRACT.settings).figures
        assert report["tokens_before"] == found.tokens_before
        assert report["tokens_after"] == found.tokens_after
    assert report["by_reason"] == {"critical_conversation": 1}


def test_history_counts_as_sent_again_and_only_the_new_turn_is_a_prompt(tmp_path: Path) -> None:
    """Three requests of one chat, as a client sends them; the first turn's saving comes thrice."""
    turns: list[dict[str, str]] = []
    rows: list[object] = []
    for text in (POLITE, PLAIN, ANOTHER):
        turns.append({"role": "user", "content": text})
        rows.append({"messages": list(turns)})
        turns.append({"role": "assistant", "content": "Good."})
    report = audited(write_log(tmp_path / "log.jsonl", *rows)).figures
    distiller = Distiller(LEXICAL)
    first, last = (distiller.distill(text).tokens_saved for text in (POLITE, ANOTHER))
    assert (report["calls"], report["conversations"], report["prompts"]) == (3, 1, 3)
    assert report["by_reason"] == {"shortened": 2, "nothing_to_remove": 1}
    assert report["tokens_saved"] == 3 * first + last
    assert report["tokens_saved_again"] == 2 * first


def test_a_transcript_is_as_many_calls_as_it_has_answers(tmp_path: Path) -> None:
    """It says the same as the requests it stands for."""
    turns: list[dict[str, str]] = [{"role": "system", "content": "Be brief."}]
    rows: list[object] = []
    for text in (POLITE, SHORT, ANOTHER):
        turns.append({"role": "user", "content": text})
        rows.append({"messages": list(turns)})
        turns.append({"role": "assistant", "content": "Good."})
    requests = audited(write_log(tmp_path / "requests.jsonl", *rows)).figures
    transcript = audited(write_log(tmp_path / "one.jsonl", {"messages": turns})).figures
    for key in ("calls", "conversations", "prompts", "by_reason", "tokens_before", "tokens_saved"):
        assert transcript[key] == requests[key], key


def test_rows_that_name_a_conversation_get_their_history_by_conversation_only(
    tmp_path: Path,
) -> None:
    """Totals stay those of the log; by conversation the earlier turns are sent again."""
    log = write_log(
        tmp_path / "log.jsonl",
        {"text": POLITE, "conversation_id": 7},
        {"text": ANOTHER, "conversation_id": 7},
        {"text": PLAIN, "conversation_id": 7},
    )
    report = audited(log).figures
    distiller = Distiller(LEXICAL)
    first, second = (distiller.distill(text).tokens_saved for text in (POLITE, ANOTHER))
    assert report["tokens_saved"] == first + second
    assert report["per_conversation"]["calls"]["value"] == 3
    assert report["per_conversation"]["tokens_saved"]["value"] == 3 * first + 2 * second
    assert any("earlier turns were added" in note for note in report["notes"])


def test_processes_change_no_figure(tmp_path: Path) -> None:
    """One process or two: the same report, whatever order they finish in."""
    rows = [{"text": f"{POLITE} Group {n % 70}."} for n in range(700)]
    log = write_log(tmp_path / "log.jsonl", *rows)
    alone, together = (audited(log, workers=count, sample=10).to_json() for count in (1, 2))
    assert alone["prompts"] == 700
    assert timeless(together) == timeless(alone)
