"""The corpus markup: what it gives, and that every mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.check_corpus import near_duplicates
from training.markup import MarkupError, Message, RoleSpan, parse_file, parse_message

HEADER = "persona=nurse kind=support domain=none affect=neutral"
BODY = "⟦S Hi there,⟧ where is it?\n⟦P Dear Sir,\n\nthanks.⟧ ⟦S Thanks!⟧"


def parse(body: str, header: str = HEADER) -> Message:
    return parse_message(header, body, identity="x:1")


def test_marks_are_taken_out_and_become_spans() -> None:
    message = parse(BODY)
    assert message.text == "Hi there, where is it?\nDear Sir,\n\nthanks. Thanks!"
    assert [(message.text[s.start : s.end], s.role) for s in message.spans] == [
        ("Hi there,", "S"),
        ("Dear Sir,\n\nthanks.", "P"),
        ("Thanks!", "S"),
    ]
    assert (message.role_at(0), message.role_at(10), message.role_at(25)) == ("S", "T", "P")
    assert message.without("S").split() == "where is it? Dear Sir, thanks.".split()


def test_a_message_without_marks_is_all_task() -> None:
    assert parse("sort this").spans == ()
    assert parse("sort this").role_at(3) == "T"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("⟦S Hi ⟦A you⟧⟧", "opens inside another"),
        ("⟦S Hi", "not closed"),
        ("Hi⟧", "was not opened"),
        ("⟦X Hi⟧", "no role 'X'"),
        ("⟦SHi⟧", "was not opened"),
        ("⟦Hi", "not of the form"),
        ("⟦S  Hi⟧", "space at an end"),
        ("⟦S Hi ⟧", "space at an end"),
        ("a ⟦S ⟧", "empty"),
        ("un⟦S kind⟧", "inside a word"),
        ("⟦S un⟧kind", "inside a word"),
        ("", "no text"),
    ],
)
def test_a_mistake_in_the_marks_is_named(body: str, message: str) -> None:
    with pytest.raises(MarkupError, match=message):
        parse(body)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("neutral", "calm"), "affect must be one of"),
        (HEADER.replace("kind=support ", ""), "lacks kind"),
        (HEADER + " mood=low", "'mood=low' is not one of"),
        (HEADER + " affect=sad", "'affect=sad' is not one of"),
    ],
)
def test_a_mistake_in_a_header_is_named(header: str, message: str) -> None:
    with pytest.raises(MarkupError, match=message):
        parse("Hi", header)


def test_a_file_holds_one_message_after_another(tmp_path: Path) -> None:
    (tmp_path / "roles").mkdir()
    path = tmp_path / "roles" / "a.txt"
    path.write_text(f"@@ {HEADER}\n{BODY}\n\n\n@@ {HEADER}\nsort\n\nthis\n", encoding="utf-8")
    first, second = parse_file(path)
    assert (first.id, second.id) == ("roles/a:1", "roles/a:2")
    assert first.spans[0] == RoleSpan(0, 9, "S")
    assert second.text == "sort\n\nthis"


def test_a_file_without_roles_must_not_mark_any(tmp_path: Path) -> None:
    (tmp_path / "domains").mkdir()
    path = tmp_path / "domains" / "a.txt"
    path.write_text(f"@@ {HEADER}\nsort this\n", encoding="utf-8")
    assert not next(parse_file(path)).has_roles
    path.write_text(f"@@ {HEADER}\n⟦S Hi⟧\n", encoding="utf-8")
    with pytest.raises(MarkupError, match="without roles"):
        next(parse_file(path))


def test_near_duplicates_are_found() -> None:
    long = "I would like to know when the shop in the old town opens on a public holiday"
    texts = [long, "Something else entirely, about lamps.", long + " please", "short", "short"]
    messages = [
        parse_message(HEADER, text, identity=f"x:{number}") for number, text in enumerate(texts)
    ]
    assert near_duplicates(messages) == [("x:0", "x:2"), ("x:3", "x:4")]
