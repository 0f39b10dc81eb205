"""The Reader in conversations: what it closes, what it must not close, and what stays as it was."""

from __future__ import annotations

import pytest

from spsd_core import ChatMessage, Distiller, Reason, SafetySettings, Settings
from spsd_core.exceptions import EngineUnavailable
from spsd_core.reader import shared_encoder

POLITE = "Hello! Could you please tell me which planet is the largest? Thank you so much!"
OBLIQUE = (
    "My husband decides whom I may phone, checks my bag each evening and I am frightened when the "
    "key turns. What can I do?"
)


def user(text: str) -> ChatMessage:
    return ChatMessage("user", (text,))


def test_a_matter_that_only_the_reader_sees_closes_the_chat() -> None:
    first, second = Distiller().distill_chat([user(OBLIQUE), user(POLITE)]).parts
    assert first[0].reason is Reason.SAFETY_CRITICAL
    assert second[0].reason is Reason.CRITICAL_CONVERSATION
    assert second[0].text == POLITE


def test_a_rule_in_an_open_domain_does_not_silence_the_reader() -> None:
    """The headache may be distilled here; the fear may not, and closes what comes after it."""
    opened = Settings(safety=SafetySettings(open_domains=frozenset({"medical"})))
    chat = [user(f"I have had a headache for days. {OBLIQUE}"), user(POLITE)]
    parts = Distiller(opened).distill_chat(chat).parts
    assert parts[1][0].reason is Reason.CRITICAL_CONVERSATION


def test_a_pasted_program_does_not_close_what_comes_after_it() -> None:
    paste = "for x in range(10):\n    print(x, x ** 2, [y for y in range(x)])\n" * 400
    chat = Distiller(Settings(deadline_ms=2000)).distill_chat([user(paste), user(POLITE)])
    assert [part[0].reason for part in chat.parts] == [Reason.MOSTLY_CODE, Reason.SHORTENED]


def test_a_turn_sent_as_written_when_the_reader_broke_stays_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Other bytes would break the provider's prompt cache."""
    distiller = Distiller()

    def broken() -> None:
        raise EngineUnavailable("not now")

    with monkeypatch.context() as patched:
        patched.setattr("spsd_core.reader.shared_encoder", broken)
        first = distiller.distill_chat([user(POLITE)])
    assert (first.parts[0][0].text, first.parts[0][0].reason) == (POLITE, Reason.GATE_FAILED)
    shared_encoder()
    again = distiller.distill_chat([user(POLITE), user(f"{POLITE} And the smallest?")])
    assert again.parts[0][0].text == POLITE
    assert again.parts[1][0].distilled
