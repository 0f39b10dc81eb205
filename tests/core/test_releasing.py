"""Atoms that only belong to a ceremony are released; no other is, however sure the Reader is."""

from __future__ import annotations

import re
import time

import pytest

from spsd_core.reader.releasing import release
from spsd_core.reader.types import Role, RoleReading, WordRole
from spsd_core.reading import AtomKind, Reading, read

_NEUTRAL = {"none": 1.0}


def reading_of(
    text: str, *scaffold: str, chance: float = 0.99, affect: float = 0.0, doubtful: str = ""
) -> Reading:
    """`text` as rules read it, released by a stand-in for the Reader: `scaffold` phrases are sure.

    Of one word of them it may be `doubtful`: a chance of 0.76.

    The Reader's own judgement is tested elsewhere; here it is given, so that each rule is tested.
    """
    spans = [(text.index(part), text.index(part) + len(part)) for part in scaffold]
    return release(read(text), roles_of(text, spans, chance, affect, doubtful))


def roles_of(
    text: str,
    spans: list[tuple[int, int]],
    chance: float = 0.99,
    affect: float = 0.0,
    doubtful: str = "",
) -> RoleReading:
    """What a Reader would say that holds the words of these spans for scaffold."""
    words = []
    for match in re.finditer(r"\w+|[^\w\s]", text):
        start, end = match.span()
        sure = any(first <= start and end <= last for first, last in spans)
        odds = [0.0] * len(Role)
        certainty = 0.76 if match[0] == doubtful else chance
        odds[list(Role).index(Role.SCAFFOLD)] = certainty if sure else 0.0
        odds[list(Role).index(Role.AFFECT)] = affect if sure else 0.0
        odds[0] = 1 - sum(odds)
        words.append(WordRole(start, end, tuple(odds)))
    return RoleReading(text, tuple(words), _NEUTRAL, {"neutral": 1.0}, (1.0,))


def kept(reading: Reading) -> set[str]:
    """The words of the atoms that are still protected."""
    return {reading.text[atom.start : atom.end] for atom in reading.atoms}


@pytest.mark.parametrize(
    ("text", "scaffold"),
    [
        ("Hi Conor, where is my parcel from Leeds?", "Hi Conor"),
        ("Where is my parcel from Leeds?\nBest regards,\nSunil", "Best regards,\nSunil"),
        ("Sorry to disturb you on a Sunday. Where is my parcel from Leeds?",
         "Sorry to disturb you on a Sunday."),
        ("I do hope this is not too silly. Where is my parcel from Leeds?",
         "I do hope this is not too silly."),
        ("GOOD MORNING TO YOU ALL. Where is my parcel from Leeds?", "GOOD MORNING TO YOU ALL."),
        ("I do not usually write to strangers, sorry. Where is my parcel from Leeds?",
         "I do not usually write to strangers, sorry."),
        ("Long time no see, friend! Where is my parcel from Leeds?", "Long time no see, friend!"),
        ("Only one small question, please. Where is my parcel from Leeds?",
         "Only one small question, please."),
        ("Hope your day is better than mine. Where is my parcel from Leeds?",
         "Hope your day is better than mine."),
        ("Good evening dear Mr.or Mrs. Where is my parcel from Leeds?",
         "Good evening dear Mr.or Mrs."),
        ("Sorry my english is not so good. Where is my parcel from Leeds?",
         "Sorry my english is not so good."),
        ("Sorry for my English, it is not my first language. Where is my parcel from Leeds?",
         "Sorry for my English, it is not my first language."),
        ("I hope you can help, and if not, maybe you know who can. Where is my parcel from Leeds?",
         "I hope you can help, and if not, maybe you know who can."),
        ("Where is my parcel from Leeds, if I am not too late, sorry, and when?",
         "if I am not too late, sorry"),
    ],
)  # fmt: skip
def test_what_only_greets_or_apologises_is_released(text: str, scaffold: str) -> None:
    before, after = read(text), reading_of(text, *scaffold.split("\n"))
    place = text.index(scaffold)
    end = place + len(scaffold)
    assert [a for a in before.atoms if a.start < end and place < a.end]
    assert not [a for a in after.atoms if place <= a.start and a.end <= end]
    assert "Leeds" in kept(after)


@pytest.mark.parametrize(
    ("text", "scaffold", "stays"),
    [
        ("Thanks for order 5512 of May 5. Where is it?", "Thanks for order 5512 of May 5.", "5512"),
        ("Kind regards, ana@example.org", "Kind regards, ana@example.org", "ana@example.org"),
        ("Thanks for `make all`, it works. Why?", "Thanks for `make all`, it works.", "`make all`"),
        ('Sorry, he said "no way". Why?', 'Sorry, he said "no way".', '"no way"'),
    ],
)
def test_facts_stay_whatever_the_reader_says(text: str, scaffold: str, stays: str) -> None:
    assert any(stays in words for words in kept(reading_of(text, scaffold)))


def test_a_sentence_without_courtesy_needs_more_certainty() -> None:
    text = "It is only me, Colin from the hatch. Sort the list."
    sentence = "It is only me, Colin from the hatch."
    assert "Colin" in kept(reading_of(text, sentence, doubtful="hatch"))
    assert "Colin" not in kept(reading_of(text, sentence))


@pytest.mark.parametrize(
    ("kind", "wish"),
    [
        (AtomKind.NEGATION, "Please don't use Java."),
        (AtomKind.NEGATION, "Never use Java, please."),
        (AtomKind.NEGATION, "Please do not apologise in your answer, thank you!"),
        (AtomKind.NEGATION, "No pleasantries please, thank you very much!"),
        (AtomKind.NEGATION, "Please no small talk, thanks!"),
        (AtomKind.NEGATION, "Sorry, nothing too long please!"),
        (AtomKind.NEGATION, "Thanks, and we both hope you do not use Java!"),
        (AtomKind.NEGATION, "Thank you in advance for not using any jargon."),
        (AtomKind.NEGATION, "I'd be grateful if you didn't use big words."),
        (AtomKind.NEGATION, "I hope the answer isn't too technical, thanks!"),
        (AtomKind.NEGATION, "No need to explain, thank you."),
        (AtomKind.NEGATION, "I don't want anything long, thank you."),
        (AtomKind.NEGATION, "Hi, I'm sorry, I can't read long texts."),
        (AtomKind.LIMIT, "Sorry, only the totals please!"),
        (AtomKind.LIMIT, "Please just the first name, thanks."),
        (AtomKind.LIMIT, "Thanks, at most three lines please."),
        (AtomKind.LIMIT, "Please keep it shorter than last time, thank you!"),
        (AtomKind.LIMIT, "Only short answers please, thank you."),
        (AtomKind.LIMIT, "Please, I want just one question at a time."),
        (AtomKind.LIMIT, "Kindly only one at a time, thank you."),
        (AtomKind.LIMIT, "Thanks! Only one thing please."),
        (AtomKind.LIMIT, "I'd be so thankful if you could be brief."),
        (AtomKind.LIMIT, "I would be so grateful for an honest answer."),
    ],
)
def test_an_order_not_to_and_a_limit_are_never_released(kind: AtomKind, wish: str) -> None:
    text = f"{wish} Sort the list."
    atoms = read(text).of_kind(kind)
    assert atoms
    assert reading_of(text, wish).of_kind(kind) == atoms


def test_a_name_on_the_last_line_is_a_signature() -> None:
    text = "Where is my parcel from Leeds?\nBronwyn Tate"
    assert "Bronwyn Tate" not in kept(reading_of(text, "Bronwyn Tate", doubtful="Tate"))
    assert "Bronwyn Tate" in kept(reading_of(text, "Bronwyn Tate", chance=0.8))
    not_alone = "Where is my parcel?\nIt is from Leeds. Bronwyn Tate"
    assert "Bronwyn Tate" in kept(reading_of(not_alone, "Bronwyn Tate", doubtful="Tate"))
    inside = "Which is the longer name?\nBronwyn Tate\nColin Hu"
    assert "Tate" in kept(reading_of(inside, "Bronwyn Tate", doubtful="Tate"))


def test_who_shouts_everything_shouts_the_greeting_too() -> None:
    text = "HELLO DEAR SIR MY VAN DOES NOT START AT ALL THANK YOU VASILE"
    after = reading_of(text, "HELLO DEAR SIR", "THANK YOU VASILE")
    assert [text[a.start : a.end] for a in after.of_kind(AtomKind.FEELING)] == [
        "MY VAN DOES NOT START AT ALL"
    ]
    assert reading_of(text).of_kind(AtomKind.FEELING) == read(text).of_kind(AtomKind.FEELING)


@pytest.mark.parametrize(
    "text",
    [
        "Could you tell me what this name means? Thanks!\nSiobhan",
        "Write to my landlord about the leak and sign it. Best regards,\nSiobhan",
    ],
)
def test_a_name_that_is_asked_about_or_needed_is_no_signature(text: str) -> None:
    closing = text[text.rindex(". " if ". " in text else "? ") + 2 :].split("\n")
    assert "Siobhan" in kept(reading_of(text, *closing))


def test_half_certain_is_not_certain() -> None:
    text = "Hi Conor, where is my parcel?"
    assert "Conor" in kept(reading_of(text, "Hi Conor", chance=0.8))


def test_a_feeling_is_no_ceremony() -> None:
    text = "Sorry, I am so angry with Conor. Where is it?"
    sentence = "Sorry, I am so angry with Conor."
    assert "Conor" in kept(reading_of(text, sentence, chance=0.7, affect=0.3))


def test_payload_keeps_its_names() -> None:
    text = 'Shorten this: "Hi Conor, many thanks for the tea. Regards, Sunil"'
    assert reading_of(text, "Hi Conor").protected == read(text).protected


@pytest.mark.parametrize(
    "unit",
    [
        "Thank you, dear Conor Hume.\n",
        "THANK YOU VERY MUCH SIR. Go on now please.\n",
        "MY VAN IS BROKEN AGAIN. Thank you, dear Conor.\n",
    ],
)
def test_releasing_takes_time_in_proportion_to_the_length(unit: str) -> None:
    def seconds(count: int) -> float:
        text = unit * count
        reading, roles = read(text), roles_of(text, [(0, len(text))])
        began = time.process_time()
        release(reading, roles)
        return time.process_time() - began

    seconds(10)
    short, long = min(seconds(150) for _ in range(3)), min(seconds(1200) for _ in range(3))
    assert long < 8 * 4 * short
