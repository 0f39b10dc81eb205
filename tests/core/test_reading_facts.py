"""Numbers, dates, amounts, identifiers, addresses and names that the reading finds, or must not."""

from __future__ import annotations

import pytest
from reading_probes import keys, surfaces

from spsd_core.reading import AtomKind, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I have 3 cats.", ["3"]),
        ("Write 100 words about it.", ["100 words"]),
        ("It grew by 12.5%.", ["12.5%"]),
        ("It grew 12 percent.", ["12 percent"]),
        ("The 3rd place", ["3rd"]),
        ("between 10-15 km", ["10-15 km"]),
        ("A 5km run and 70 kg", ["5km", "70 kg"]),
        ("1,000,000 users", ["1,000,000 users"]),
        ("-5 degrees", ["-5 degrees"]),
        ("use twenty-five examples", ["twenty-five examples"]),
        ("two hundred and ten people", ["two hundred and ten people"]),
        ("give me one sentence", ["one sentence"]),
        ("half of the cake", ["half"]),
        ("twice a day", ["twice"]),
        ("a dozen eggs", ["dozen"]),
        ("the second option", ["second"]),
        ("about 5 million people", ["5 million people"]),
        ("values 1 2 3 4 5 6 in a row", ["1 2 3 4 5 6"]),
    ],
)
def test_numbers_are_found_with_their_units(text: str, expected: list[str]) -> None:
    assert surfaces(text, AtomKind.NUMBER) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I like this one.",
        "No one knows.",
        "Which one is it?",
        "Thanks a million!",
        "A million thanks!",
        "A thousand thanks to you.",
        "One more thing, please.",
        "Give me a second.",
        "First of all, hello.",
        "everyone and someone",
    ],
)
def test_number_words_that_count_nothing_are_no_numbers(text: str) -> None:
    assert surfaces(text, AtomKind.NUMBER) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on May 5", ["May 5"]),
        ("on 5 May 2026", ["5 May 2026"]),
        ("on January 3rd, 2025 we", ["January 3rd, 2025"]),
        ("since 2026-11-21", ["2026-11-21"]),
        ("at 10:30 am sharp", ["10:30 am"]),
        ("at 5 pm", ["5 pm"]),
        ("at 5pm", ["5pm"]),
        ("due 12/31/2025", ["12/31/2025"]),
        ("by Friday", ["Friday"]),
        ("Tuesday morning works", ["Tuesday morning"]),
        ("It broke yesterday.", ["yesterday"]),
        ("I leave tomorrow", ["tomorrow"]),
        ("what happens today", ["today"]),
        ("next week is fine", ["next week"]),
        ("last month it worked", ["last month"]),
        ("for 3 days now", ["3 days"]),
        ("two weeks ago", ["two weeks ago"]),
        ("a week ago", ["a week ago"]),
        ("for a few days", ["few days"]),
        ("every morning", ["every morning"]),
        ("in the 1990s", ["1990s"]),
        ("in March", ["March"]),
        ("a 20-year loan", ["20-year"]),
    ],
)
def test_dates_times_and_durations_are_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, AtomKind.DATE) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Have a nice day!",
        "Have a great weekend.",
        "I hope you are doing well today.",
        "Good morning!",
        "Happy Monday!",
        "How are you today?",
        "How are you doing today?",
        "I hope you are having a wonderful Friday so far!",
        "Enjoy the rest of your week.",
        "I hope you had a lovely weekend.",
        "Thank you for your help today.",
        "May I ask you something?",
        "You may march on.",
        "If you have a minute, please help.",
        "It would make my day.",
    ],
)
def test_the_days_of_courtesy_are_no_dates(text: str) -> None:
    assert surfaces(text, AtomKind.DATE) == []


def test_a_date_that_shares_its_sentence_with_a_wish_is_still_a_date() -> None:
    text = "I hope you are doing well and can send it by Friday."
    assert surfaces(text, AtomKind.DATE) == ["Friday"]
    assert surfaces("I have a meeting on Monday.", AtomKind.DATE) == ["Monday"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It cost $39.99.", ["$39.99"]),
        ("It cost 40 euros.", ["40 euros"]),
        ("€1.200,50 in total", ["€1.200,50"]),
        ("USD 500 please", ["USD 500"]),
        ("a $5 million loan", ["$5 million"]),
        ("I paid $ 20", ["$ 20"]),
        ("twenty dollars", ["twenty dollars"]),
        ("£5k a month", ["£5k"]),
        ("₹500", ["₹500"]),
    ],
)
def test_amounts_of_money_are_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, AtomKind.AMOUNT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("order #12345 is late", ["#12345"]),
        ("my order number is 88123", ["88123"]),
        ("invoice INV-2024-001", ["INV-2024-001"]),
        ("error 0x80070057 again", ["0x80070057"]),
        ("version v1.2.3", ["v1.2.3"]),
        ("at 192.168.0.1", ["192.168.0.1"]),
        ("open report_final.docx", ["report_final.docx"]),
        ("see /etc/nginx/nginx.conf", ["/etc/nginx/nginx.conf"]),
        ("see C:\\Users\\me\\a.txt", ["C:\\Users\\me\\a.txt"]),
        ("call (555) 123-4567", ["(555) 123-4567"]),
        ("call +49 30 1234567 now", ["+49 30 1234567"]),
        ("ask @some_user", ["@some_user"]),
        ("the my_var value", ["my_var"]),
        ("call os.path.join", ["os.path.join"]),
        ("use gpt-4o", ["gpt-4o"]),
        ("config.please is missing", ["config.please"]),
    ],
)
def test_identifiers_are_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, AtomKind.IDENTIFIER) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Tea and/or milk.",
        "e.g. this",
        "Thanks.Can you help?",
        "well-known",
        "yes/no",
        "...",
        "Dear sir/ madam",
        "It broke.plzzzz help",
    ],
)
def test_plain_words_are_no_identifiers(text: str) -> None:
    assert surfaces(text, AtomKind.IDENTIFIER) == []


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("See https://example.com/a?b=1, ok", AtomKind.URL, ["https://example.com/a?b=1"]),
        ("(see http://example.com/a_(b))", AtomKind.URL, ["http://example.com/a_(b))"]),
        ("(see http://example.com/a)", AtomKind.URL, ["http://example.com/a"]),
        ("[here](https://example.com/x).", AtomKind.URL, ["https://example.com/x"]),
        ("go to www.example.com.", AtomKind.URL, ["www.example.com"]),
        ("go to example.org", AtomKind.URL, ["example.org"]),
        ("mail a.b+c@mail.example.com.", AtomKind.EMAIL, ["a.b+c@mail.example.com"]),
        ("mail <me@example.com>", AtomKind.EMAIL, ["me@example.com"]),
        ("see you @ five", AtomKind.EMAIL, []),
    ],
)
def test_addresses_are_found(text: str, kind: AtomKind, expected: list[str]) -> None:
    assert surfaces(text, kind) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I live in Berlin.", ["Berlin"]),
        ("Tell me about Marie Curie.", ["Marie Curie"]),
        ("the University of Michigan", ["University of Michigan"]),
        ("Ask Mr. Smith about it", ["Mr. Smith"]),
        ("what is NASA doing", ["NASA"]),
        ("install PyTorch and iOS", ["PyTorch", "iOS"]),
        ("programs in C++ and Rust", ["C++", "Rust"]),
        ("Hi Anna, can you help?", ["Anna"]),
        ("My name is peter and I need help.", ["peter"]),
        ("Please help me.\n\nRegards,\nLaura Becker", ["Laura Becker"]),
        ("Thanks for your help! Bob", ["Bob"]),
        ("Who was Claude Monet?", ["Claude Monet"]),
        ("laws in the US and China", ["US", "China"]),
    ],
)
def test_names_are_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, AtomKind.NAME) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Thank You So Much!",
        "PLEASE help me.",
        "Best Regards",
        "Hi There, can you help?",
        "Dear Sir or Madam,",
        "Good Morning Everyone,",
        "I'm sure I've asked.",
        "Hi ChatGPT, how do magnets work?",
        "Hello AI, hello Assistant.",
        "This is it. What now? Nothing.",
        "Hello, Could you help?",
        "Dear Support Team, I need a hand.",
    ],
)
def test_courtesy_and_sentence_starts_are_no_names(text: str) -> None:
    assert surfaces(text, AtomKind.NAME) == []


def test_a_fact_inside_a_longer_fact_is_named_once() -> None:
    kinds = [atom.kind for atom in read("Come on May 5, 2026.").atoms]
    assert kinds == [AtomKind.DATE]


def test_protected_terms_are_found_in_any_letter_case_as_whole_words() -> None:
    text = "The super widget  pro works, superwidget does not."
    reading = read(text, ("Super Widget Pro",))
    assert [text[a.start : a.end] for a in reading.of_kind(AtomKind.TERM)] == ["super widget  pro"]
    assert reading.of_kind(AtomKind.TERM)[0].key == "super widget pro"


def test_keys_are_case_folded_with_unified_spaces() -> None:
    assert keys("on  MAY   5", AtomKind.DATE) == ["may 5"]
    assert keys("Write 100  Words", AtomKind.NUMBER) == ["100 words"]
