"""The text a user wants worked on is payload; his courtesy around it is not."""

from __future__ import annotations

import pytest
from reading_probes import is_free, is_protected, payload, surfaces

from spsd_core.reading import AtomKind, read

_MAIL = "Dear Ms. Lee, thank you so much for your kind reply. Please let me know. Best regards, Tom"


@pytest.mark.parametrize(
    "instruction",
    [
        "Please translate the following to French: ",
        "Could you proofread this email for me?\n\n",
        "Please rewrite this message - ",
        "Can you summarise this text? ",
        "Shorten the following email:\n",
        "Please make this sound more polite: ",
        "Fix the grammar in this letter: ",
        "can u pls check my grammar: ",
        "How should I reply to this email?\n",
        "Here is my email:\n",
        "My sister texted me this.\n",
        "Email: ",
        "Please paraphrase ",
        "What is the tone of this message? ",
        "Is this email polite? ",
        "classify the sentiment of this review: ",
        "Improve my cover letter:\n",
    ],
)
def test_what_follows_an_instruction_to_work_on_a_text_is_payload(instruction: str) -> None:
    text = "Hello! " + instruction + _MAIL
    reading = read(text)
    assert is_protected(reading, _MAIL)
    assert is_free(reading, "Hello!")


@pytest.mark.parametrize(
    "instruction",
    [
        "Can you make this more polite?",
        "Please translate the above into German.",
        "Could you proofread this email? Thanks!",
        "Is this email okay?",
        "How do you say that in Thai?",
        "Make it warmer.",
        "Please rephrase what I wrote.",
    ],
)
def test_an_instruction_at_the_end_makes_what_stands_before_payload(instruction: str) -> None:
    text = (
        "Hi team, thanks a lot for the kind invitation. Please start without me.\n\n" + instruction
    )
    assert is_protected(read(text), "Hi team, thanks a lot for the kind invitation. Please start")


@pytest.mark.parametrize(
    "text",
    [
        'What does "thank you kindly" mean?',
        "What does thanks a bunch mean?",
        "I want you to act as a polite waiter who says thank you.",
        "Pretend to be my grandmother, please.",
        "You are a helpful travel guide.",
        'When the user says hello, answer "Hi there, please wait a moment".',
        "Write a message saying thanks to my boss. Please be nice.",
        "Draft an email thanking my neighbour for the cake.",
    ],
)
def test_templates_roles_and_mentioned_words_are_payload(text: str) -> None:
    assert payload(text)


@pytest.mark.parametrize(
    ("text", "protected"),
    [
        ("How do you say good morning in Japanese?", "good morning in Japanese"),
        ("Please say thank you very much in the end.", "thank you very much"),
        ("Always respond with please and thank you.", "please and thank you"),
        ("Please translate good evening to Spanish.", "good evening to Spanish"),
        ("Start with 'Hello dear' every time.", "'Hello dear' every time"),
    ],
)
def test_words_to_be_said_are_protected(text: str, protected: str) -> None:
    assert is_protected(read(text), protected)


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("Hi!\n```\nplease = 1\n```\nThanks!", "```\nplease = 1\n```"),
        ("Why?\n> Hi, thanks a lot\n> please call\nThanks", "> Hi, thanks a lot"),
        (
            'Parse {"text": "please and thanks", "n": [1, 2]} for me',
            '{"text": "please and thanks", "n": [1, 2]}',
        ),
        ("See:\nname,age,city\nAnn,3,Rome\nBob,4,Oslo\nThanks!", "Ann,3,Rome"),
        ("See:\n|a|b|\n|---|---|\n|hi|thanks|\n", "|hi|thanks|"),
        (
            "Log:\n2026-01-02 10:00:00 ERROR please retry\nThanks",
            "2026-01-02 10:00:00 ERROR please retry",
        ),
        (
            'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no\nHelp!',
            'File "a.py", line 1',
        ),
        ("Anna: Hi, how are you?\nBen: Fine, thank you!\nWho is polite?", "Ben: Fine, thank you!"),
        ("Ok?\nSubject: Thanks\n\nHi all,\nthank you\n", "Hi all,\nthank you"),
        (
            "I would ask you to read my farewell to Gurung and cut what is pompous.\n\n"
            "My dear Gurung. I thank you for the tea. Please write. Your obedient servant",
            "Please write. Your obedient servant",
        ),
        ("def f(x):\n    return x\n\nplease explain", "def f(x):\n    return x"),
    ],
)
def test_blocks_are_payload(text: str, block: str) -> None:
    assert is_protected(read(text), block)


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("Thank you for you're help. Is this right?", "Thank you for you're help."),
        ("I love you to bits. Rewrite this for a formal card.", "I love you to bits."),
        ("Can you help me? How do you say that in Thai?", "Can you help me?"),
        ("Is my signature right? Kind regards, Dr. Anna Vogel", "Kind regards, Dr. Anna Vogel"),
        (
            "Thank you for your custom\nThat is what is printed on my bags. Suggest another.",
            "Thank you for your custom",
        ),
        (
            "Please report to the desk. That's what my sign says. How would you put it?",
            "Please report to the desk.",
        ),
        (
            "Sorry, could you say it again?\nThis sentence I say all day. What is better?",
            "Sorry, could you say it again?",
        ),
        ("Can you give me a hand? Idiom or literal?", "Can you give me a hand?"),
        ("I want to know how much is the ticket. Any mistakes?", "I want to know"),
        ("Request: Hello, please call me.\nHow many words?", "Hello, please call me."),
        ("Subject: Hi\nThanks a lot for all. Ben\nScore this email from 1-10.", "Thanks a lot"),
        ("Type this in caps. hello can you please help", "hello can you please help"),
    ],
)
def test_a_short_text_that_is_all_there_is_is_what_is_meant(text: str, judged: str) -> None:
    assert is_protected(read(text), judged)


@pytest.mark.parametrize(
    "text",
    [
        "Hello! Could you explain how photosynthesis works? Thanks in advance!",
        "Hi, I need help with my essay. Could you give me some ideas? Thank you very much!",
        "I have the following problem: my app crashes. Please help. Thanks!",
        "You are a legend! Thanks so much.",
        "I just wanted to say thanks. Please list the planets.",
        "My washing machine makes a loud noise at night.\n\nDear team, what can I do? Thank you!",
        "I must say I find this careless. When will my parcel come?",
        "There were 50 people, I should say. Which tent is large enough?",
        "My neighbours have plenty to say about it. How do I tune a mower?",
        "They say the exam is very strict. Ask me 15 questions on anatomy.",
        "Please write a poem about the sea. Thank you!",
        "Please reply soon. Thank you!",
        "Good morning! Please recommend a book.",
        "Could you please check whether the shop is open? Thanks!",
        "Hello, how do I clean a rug? Sorry for my mistakes, thank you!",
        "Hi there! Any mistakes?",
    ],
)
def test_ordinary_requests_hold_no_payload(text: str) -> None:
    assert payload(text) == []


@pytest.mark.parametrize(
    ("text", "protected", "free"),
    [
        ('How do I set it to say "Hi there" instead if it is empty? Many thanks!', '"Hi there"',
         "Many thanks!"),
        ("I would like you to act as a poet. Thank you!", "act as a poet.", "I would like you to"),
        ("Please explain why we should rewrite it. Thanks a lot for your help with this, cheers!",
         None, "Thanks a lot"),
        ("I think we should rewrite this: Hi Tom, thank you for nothing. Thanks!",
         "Hi Tom, thank you for nothing.", "I think we should"),
        ("My goose can make it sound like a horn. Do we get the missed lessons? Thank you so much!",
         None, "Thank you so much"),
        ("Say hello to my aunt in Welsh. I am so grateful for this, you are kind.",
         "hello to my aunt in Welsh.", "I am so grateful"),
        ("My van makes a noise. Is this repair good for it? I just need an answer, please. Thanks!",
         None, "Thanks!"),
        ("The dealer told me the warranty runs out next May, is this correct? Thanks so much, Ana!",
         None, "Thanks so much"),
        ("Hello! Is this right? Me and him goes to school. Thank you for that.",
         "Me and him goes to school. Thank you for that.", "Hello!"),
        ("Good day, could you please tell me what does 'sorry' mean in a shop?",
         "does 'sorry' mean in a shop?", "Good day"),
        ("He seems to respond to that. I hope you can help me, thank you so much!", None,
         "thank you so much"),
        ('In [LOCATION]" there was a fire. Thank you very much for your help!', None,
         "Thank you very much"),
    ],
)  # fmt: skip
def test_payload_is_what_is_meant_and_no_more(text: str, protected: str | None, free: str) -> None:
    reading = read(text)
    assert protected is None or is_protected(reading, protected)
    assert is_free(reading, free)


def test_thanks_after_a_closing_quote_or_fence_are_free() -> None:
    quoted = 'Please translate "Where is the station?" into Italian. Thanks a lot!'
    assert is_free(read(quoted), "Thanks a lot!")
    fenced = "Please fix this code:\n```\nx = 1\n```\n\nThanks a lot!"
    assert is_free(read(fenced), "Thanks a lot!")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said "hello" twice', ['"hello"']),
        ("the “big one” here", ["“big one”"]),
        ("the 'big one' here", ["'big one'"]),
        ("don't say it's the boys' toy", []),
        ('a 5" pipe and a 6" pipe', []),
        ("«bonjour» and", ["«bonjour»"]),
    ],
)
def test_quotations_are_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, AtomKind.QUOTE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run `pip list` now", "`pip list`"),
        ("solve x + y = 4z for x", "x + y = 4z"),
        ("what is 3*4+2 then", "3*4+2"),
        ("compute $x^2$ here and $y$", "$x^2$"),
        ("use <b>bold</b> text", "<b>"),
    ],
)
def test_code_and_formulas_are_found(text: str, expected: str) -> None:
    reading = read(text)
    assert is_protected(reading, expected)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Pick:\n1. Tea please\n2. Milk", ["1. Tea please", "2. Milk"]),
        ("Pick:\n- Hi\n* thanks", ["- Hi", "* thanks"]),
        ("Which? A) Thank you B) Please C) None", ["A) Thank you B) Please C) None"]),
        ("Which?\n(a) one\n(b) two", ["(a) one", "(b) two"]),
    ],
)
def test_list_items_are_protected_whole(text: str, items: list[str]) -> None:
    assert surfaces(text, AtomKind.LIST_ITEM) == items
    assert all(is_protected(read(text), item) for item in items)


def test_a_message_under_its_own_subject_line_is_the_writers_own() -> None:
    reading = read("Subject: late parcel\nMessage: Hello, my parcel is late. Thank you!")
    assert is_free(reading, "Thank you!")


_WHOLE_MAIL = (
    "From: ana@example.org\nSent: Monday, 3 May\nTo: Help Desk\nSubject: late parcel\n\n"
    "Dear team,\nmy parcel is late. Thank you so much!\n\nBest regards,\nAna Ruiz"
)


@pytest.mark.parametrize(
    "text", [_WHOLE_MAIL, _WHOLE_MAIL.replace("\n", "\r\n"), f"\n{_WHOLE_MAIL}\n\n"]
)
def test_a_whole_mail_with_its_head_is_the_writers_own(text: str) -> None:
    reading = read(text)
    assert is_free(reading, "Thank you so much!")
    assert is_protected(reading, "ana@example.org")


@pytest.mark.parametrize(
    "text",
    [
        f"{_WHOLE_MAIL}\n\nSummarize",
        f"{_WHOLE_MAIL}\n\nInto French",
        f"{_WHOLE_MAIL}\n\nHow do I answer her?",
        f"What does she want?\n{_WHOLE_MAIL}",
        f"{_WHOLE_MAIL}\n\nFrom: Help Desk\nSubject: Re: late parcel\nHi!\nBest regards,\nBo",
    ],
)
def test_a_mail_with_something_above_or_below_it_is_to_be_worked_on(text: str) -> None:
    assert is_protected(read(text), "Best regards")


def test_a_subject_is_read_like_the_rest_and_other_heads_of_a_mail_are_payload() -> None:
    assert is_free(read("Subject: please help me\nMy parcel is late."), "please help me")
    assert is_protected(read("From: thanks@example.org\nMy parcel is late."), "thanks@example.org")
