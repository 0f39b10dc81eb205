"""The corpus as it stands: well formed, without near duplicates, with enough of everything."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from training.agreement import _SECOND, kappa, word_roles
from training.check_corpus import near_duplicates
from training.markup import AFFECTS, DOMAINS, Message, parse_file, read_corpus

CORPUS = read_corpus()
WITH_ROLES = [message for message in CORPUS if message.has_roles]


def removable(message: Message) -> bool:
    return any(span.role in "SR" for span in message.spans)


def test_there_are_enough_messages_of_every_sort() -> None:
    """The least numbers this project set itself."""
    assert len(WITH_ROLES) >= 1500
    assert sum(not removable(message) for message in WITH_ROLES) >= 300
    assert sum(any(span.role == "P" for span in m.spans) for m in WITH_ROLES) >= 300
    assert sum(m.affect not in ("neutral", "unknown") for m in CORPUS) >= 200
    assert len({message.persona for message in WITH_ROLES}) >= 150


@pytest.mark.parametrize("domain", [name for name in DOMAINS if name != "none"])
def test_every_critical_domain_has_a_hundred_messages(domain: str) -> None:
    assert Counter(message.domain for message in CORPUS)[domain] >= 100


@pytest.mark.parametrize("affect", AFFECTS)
def test_every_feeling_is_there(affect: str) -> None:
    assert Counter(message.affect for message in CORPUS)[affect] >= 90


def test_no_message_is_nearly_another() -> None:
    assert near_duplicates(CORPUS) == []


def test_a_persona_writes_in_one_file_only() -> None:
    """So that a split by persona keeps a writer's voice on one side."""
    files: dict[str, set[str]] = {}
    for message in CORPUS:
        files.setdefault(message.persona, set()).add(message.id.partition(":")[0])
    assert {persona for persona, found in files.items() if len(found) > 1} == set()


def test_a_second_labeller_agrees() -> None:
    second = list(parse_file(_SECOND))
    pairs = word_roles(WITH_ROLES, second)
    assert len(second) == 150
    assert kappa(pairs) > 0.85
    assert kappa([(a == "S", b == "S") for a, b in pairs]) > 0.85


def test_kappa_is_cohens() -> None:
    """The example of Cohen's table, as it is usually told: 20, 5, 10, 15 of 50."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(pairs) == pytest.approx(0.4)


def test_the_corpus_is_plain_text_in_the_repository() -> None:
    folder = Path(_SECOND).parent
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} <= {
        ".txt",
        ".md",
        ".jsonl",
    }
