"""Lists of messages: the gate reads the whole conversation, and old turns keep their bytes."""

from __future__ import annotations

import pytest

from spsd_core import ChatMessage, Distiller, Reason, Settings
from spsd_core.settings import ChatSettings

POLITE = "Hi! Could you please tell me which 3 lakes are the largest? Thanks!"
CORE = "Tell me which 3 lakes are the largest?"
CRISIS = "I feel awful and I want to end my life."
BENIGN = "Hello! Could you please also list the 5 longest rivers? Thank you!"


def user(*parts: str) -> ChatMessage:
    return ChatMessage("user", parts)


def test_only_the_configured_roles_are_distilled() -> None:
    """By default the user's."""
    chat = Distiller().distill_chat([ChatMessage("system", (POLITE,)), user(POLITE)])
    assert chat.parts[0] == (None,)
    assert chat.parts[1][0] is not None
    assert chat.parts[1][0].text == CORE


def test_totals_cover_the_whole_request() -> None:
    """They equal a count of the messages as they are sent."""
    distiller = Distiller()
    chat = distiller.distill_chat([ChatMessage("system", ("Be brief.",)), user(POLITE)])
    count = distiller.counter.request
    assert chat.tokens_before == count([("system", "Be brief."), ("user", POLITE)])
    assert chat.tokens_after == count([("system", "Be brief."), ("user", CORE)])


def test_a_critical_turn_closes_the_gate_for_itself_and_later_turns_only() -> None:
    """Earlier turns keep the bytes they were sent with."""
    chat = Distiller().distill_chat([user(POLITE), user(CRISIS), user(BENIGN)])
    first, second, third = (row[0] for row in chat.parts)
    assert first is not None and first.text == CORE
    assert second is not None and second.reason is Reason.SAFETY_CRITICAL
    assert third is not None and third.reason is Reason.CRITICAL_CONVERSATION
    assert third.text == BENIGN


def test_the_window_of_a_critical_turn_can_be_set() -> None:
    """After it, texts are distilled again."""
    settings = Settings(chat=ChatSettings(critical_window=1))
    chat = Distiller(settings).distill_chat([user(CRISIS), user(POLITE), user(BENIGN)])
    reasons = [row[0].reason for row in chat.parts if row[0]]
    assert reasons == [
        Reason.SAFETY_CRITICAL,
        Reason.CRITICAL_CONVERSATION,
        Reason.SHORTENED,
    ]


def test_the_gate_reads_every_role_and_what_is_not_shown() -> None:
    """A tool call about an overdose is a critical turn as well."""
    called = ChatMessage("assistant", ("",), unseen=('{"query": "I took an overdose of pills"}',))
    chat = Distiller().distill_chat([called, user(POLITE)])
    result = chat.parts[1][0]
    assert result is not None and result.reason is Reason.CRITICAL_CONVERSATION


def test_a_critical_part_closes_the_gate_for_the_other_parts_of_its_message() -> None:
    """A person wrote them in one breath."""
    chat = Distiller().distill_chat([user(POLITE, CRISIS)])
    assert [part.text for part in chat.parts[0] if part] == [POLITE, CRISIS]


def test_a_frozen_message_is_sent_as_it_is() -> None:
    """A block marked for the provider's cache must keep its bytes."""
    chat = Distiller().distill_chat([ChatMessage("user", (POLITE,), frozen=True)])
    result = chat.parts[0][0]
    assert result is not None and result.text == POLITE
    assert result.reason is Reason.CACHE_CONTROL


def test_old_turns_keep_their_bytes_as_the_conversation_grows() -> None:
    """Each prefix gives the same texts as the whole."""
    distiller = Distiller()
    turns = [user(POLITE), ChatMessage("assistant", ("Sure.",)), user(BENIGN), user(CRISIS)]
    whole = distiller.distill_chat(turns)
    for length in range(1, len(turns) + 1):
        prefix = distiller.distill_chat(turns[:length])
        texts = [[part and part.text for part in row] for row in prefix.parts]
        assert texts == [[part and part.text for part in row] for row in whole.parts[:length]]


async def test_sync_and_async_agree() -> None:
    """Texts, reasons and totals."""
    turns = [user(POLITE), user(CRISIS), user(BENIGN, POLITE)]
    sync, asynchronous = Distiller().distill_chat(turns), await Distiller().adistill_chat(turns)
    assert sync.tokens_after == asynchronous.tokens_after
    for row, other in zip(sync.parts, asynchronous.parts):
        assert [(p.text, p.reason) for p in row if p] == [(p.text, p.reason) for p in other if p]


MAIL = (
    "Hi! Sorry to bother you, but could you please tell me where my parcel is? Thank you so much!"
)


@pytest.mark.parametrize(
    "turns",
    [
        [user("Translate this message into French:", MAIL)],
        [user("Correct the grammar of the text below.\n\n", MAIL)],
        [user(MAIL, "Translate the message above into French.")],
        [user("Translate the following message into French:"), user(MAIL)],
        [
            user("Translate everything I send you from now on into French."),
            ChatMessage("assistant", ("OK!",)),
            user(MAIL),
        ],
        [ChatMessage("system", ("You are a translator. Be exact.",)), user(MAIL)],
        [ChatMessage("system", ("Rate the politeness of the customer's message.",)), user(MAIL)],
        [ChatMessage("system", ("Proofread what the user sends.",)), user(MAIL)],
        [ChatMessage("system", ("Repeat the user's message word for word.",)), user(MAIL)],
    ],
)
def test_what_another_text_wants_worked_on_is_not_touched(turns: list[ChatMessage]) -> None:
    """The order may stand in another block, in the message before, in the system prompt."""
    chat = Distiller().distill_chat(turns)
    (result,) = [part for row in chat.parts for part in row if part and part.text[:9] == MAIL[:9]]
    assert (result.text, result.reason) == (MAIL, Reason.WORKED_ON)


@pytest.mark.parametrize(
    "turns",
    [
        [ChatMessage("system", ("You are a helpful assistant. Answer briefly.",)), user(MAIL)],
        [ChatMessage("system", ("Answer the customer's question from the text.",)), user(MAIL)],
        [user("Hello there, I have a question."), user(MAIL)],
        [user("Translate 'cat' into French."), ChatMessage("assistant", ("Chat.",)), user(MAIL)],
        [user("My order number is 4711.", MAIL)],
    ],
)
def test_other_company_changes_nothing(turns: list[ChatMessage]) -> None:
    """Most texts beside a text ask for no work on it."""
    chat = Distiller().distill_chat(turns)
    (result,) = [part for part in chat.parts[-1] if part and "parcel" in part.text]
    assert result.reason is Reason.SHORTENED
