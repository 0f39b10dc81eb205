"""Bad drafts are refused for the right reason, good drafts are accepted."""

from __future__ import annotations

import pytest

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import Draft
from spsd_core.reading import read
from spsd_core.settings import VerifierSettings
from spsd_core.verifier import verify
from spsd_core.verifier.families import FAMILIES

TERMS = ("Nimbus Desk", "error E-Tor", "Blue Plan")
SETTINGS = VerifierSettings(protected_terms=TERMS)

REFUND = (
    "Hi there! I hope you are having a great day. I was charged $39.99 twice on May 5 for order"
    " #44713 and I am really frustrated. I do not want a voucher. Could you please tell me how I"
    " can get a refund? Thanks so much!"
)
LIST = (
    "Hello! Please say which of these you would take on a hike and which you would not:\n"
    "1. a wool hat\n2. a glass jar\n3. a paper map\n4. an umbrella\nThank you in advance!"
)
QUOTE = 'Could you kindly make this more formal: "Hey Tom, cheers for the samples!" Thank you!'
CODE = "Hi! Please be so kind and explain what `rows.sort(key=len)` changes. Many thanks!"
LETTER = (
    "Hi! Please proofread the e-mail below for me, thank you.\n\n"
    "Dear Ms Vogel,\n\nThank you so much for your kind letter of 3 March. Please forgive me the"
    " delay.\n\nBest regards,\nOle"
)

BAD = [
    # numbers
    (Reason.LOST_NUMBER, "Hello! Please plan dinner for 12 people, thank you.", "Plan dinner."),
    (
        Reason.LOST_NUMBER,
        "Hi! Could you suggest names for twenty kittens, please?",
        "Suggest names for kittens.",
    ),
    (
        Reason.LOST_NUMBER,
        "Please mix 3 apples and 5 pears into a salad, thanks!",
        "Mix 5 apples and 3 pears into a salad.",
    ),
    (Reason.LOST_NUMBER, "I rang them 3 times, please help me complain.", "I rang them, help."),
    # dates
    (Reason.LOST_DATE, REFUND, REFUND.replace(" on May 5", "")),
    (Reason.LOST_DATE, "Please remind the team about the call on 2026-11-21.", "Remind the team."),
    (
        Reason.LOST_DATE,
        "Hi! My train leaves tomorrow at 10:30 am, please draft a note to my host.",
        "My train leaves, draft a note to my host.",
    ),
    # amounts
    (Reason.LOST_AMOUNT, REFUND, REFUND.replace(" $39.99", "")),
    (Reason.LOST_AMOUNT, "Please split a bill of 40 euros fairly.", "Split a bill fairly."),
    (Reason.LOST_AMOUNT, "I paid $1,250 for the sofa, please advise.", "I paid $250 for the sofa."),
    # identifiers
    (Reason.LOST_IDENTIFIER, REFUND, REFUND.replace(" #44713", "")),
    (
        Reason.LOST_IDENTIFIER,
        "Please say why report_final.csv will not open, thank you.",
        "Say why it will not open.",
    ),
    (
        Reason.LOST_IDENTIFIER,
        "Thanks! Where is parcel RX-20417-B right now, please?",
        "Where is parcel RX-20417 right now?",
    ),
    # URLs
    (
        Reason.LOST_URL,
        "Hi! Please summarise https://example.com/guide?a=1 for me.",
        "Summarise it for me.",
    ),
    (
        Reason.LOST_URL,
        "Could you please say why https://example.com/a/b returns 404?",
        "Why does https://example.com/a return 404?",
    ),
    (Reason.LOST_URL, "Please compare http://example.org and http://example.net.", "Compare."),
    # e-mail addresses
    (Reason.LOST_EMAIL, "Please write to anna.berg@example.org for me.", "Write to Anna for me."),
    (Reason.LOST_EMAIL, "My address is ole@example.com, please reply.", "Please reply."),
    (
        Reason.LOST_EMAIL,
        "Kindly move info@example.com and sales@example.com to one inbox.",
        "Move info@example.com to one inbox.",
    ),
    # quotes
    (Reason.LOST_QUOTE, QUOTE, "Make this more formal."),
    (Reason.LOST_QUOTE, QUOTE, 'Make this more formal: "Tom, cheers for the samples!"'),
    (Reason.LOST_QUOTE, 'Please define the word "serendipity" for me.', "Define the word for me."),
    # code
    (Reason.LOST_CODE, CODE, "Explain what it changes."),
    (Reason.LOST_CODE, CODE, "Explain what `rows.sort()` changes."),
    (
        Reason.LOST_CODE,
        "Please run `pip install -U pip` and say what changes.",
        "Say what changes.",
    ),
    # names
    (
        Reason.LOST_NAME,
        "Hi! Please write a toast for Marta Lindqvist, thank you.",
        "Write a toast.",
    ),
    (
        Reason.LOST_NAME,
        "Please compare the museums in Oslo with those in Bergen.",
        "Compare the museums in Oslo.",
    ),
    (Reason.LOST_NAME, "Please tell my boss, Mr Williams, that I am late.", "Tell my boss."),
    # negations
    (Reason.LOST_NEGATION, REFUND, REFUND.replace("do not want", "want")),
    (Reason.LOST_NEGATION, REFUND, REFUND.replace(" I do not want a voucher.", "")),
    (
        Reason.LOST_NEGATION,
        "I don't want the blue chair, I want the red one. Please confirm.",
        "I don't want the red chair. Confirm.",
    ),
    (
        Reason.LOST_NEGATION,
        "The parcel never arrived and nobody answers. No tracking, no refund. Please help.",
        "The parcel arrived. Tracking, refund. Help.",
    ),
    (
        Reason.LOST_NEGATION,
        "Please suggest a cake without nuts.",
        "Suggest a cake with nuts.",
    ),
    # limits
    (
        Reason.LOST_LIMIT,
        "Could you please describe the river Elbe in under 100 words? Thank you!",
        "Describe the river Elbe in 100 words.",
    ),
    (Reason.LOST_LIMIT, "Please give me at most 3 ideas for lunch.", "Give me 3 ideas for lunch."),
    (
        Reason.LOST_LIMIT,
        "Kindly list only the rivers that cross Austria, thanks.",
        "List the rivers that cross Austria.",
    ),
    # formats
    (
        Reason.LOST_FORMAT,
        "Please show the planets as a table, thank you very much!",
        "Show the planets.",
    ),
    (Reason.LOST_FORMAT, "Please answer in French: what is a fjord?", "What is a fjord?"),
    (
        Reason.LOST_FORMAT,
        "Kindly give me the colours of the rainbow in JSON.",
        "Give me the colours.",
    ),
    # questions
    (Reason.LOST_QUESTION, REFUND, REFUND.replace("Could you please tell me how I can get a", "A")),
    (
        Reason.LOST_QUESTION,
        "Hello! Do you ship to islands? Also, how long does it take? Thanks!",
        "Do you ship to islands?",
    ),
    (Reason.LOST_QUESTION, "She says you need it, why? Please explain.", "She says you need it."),
    (
        Reason.LOST_QUESTION,
        "Is it better to bake or to fry the fish? Thank you!",
        "It is better to bake the fish.",
    ),
    # list items
    (Reason.LOST_LIST_ITEM, LIST, LIST.replace("2. a glass jar\n", "")),
    (
        Reason.LOST_LIST_ITEM,
        LIST,
        "Say which of these you would take on a hike and which you would not: a wool hat.",
    ),
    (
        Reason.LOST_LIST_ITEM,
        "Please sort my chores by effort:\n- mow the lawn\n- wash the van\n- paint the fence",
        "Sort my chores by effort:\n- mow the lawn\n- paint the fence",
    ),
    # protected terms
    (Reason.LOST_TERM, "Please say how to log in to Nimbus Desk.", "Say how to log in."),
    (
        Reason.LOST_TERM,
        "Hi, I get error E-Tor when I print, please help.",
        "I get error when I print.",
    ),
    (Reason.LOST_TERM, "Kindly move my account to the Blue Plan.", "Move my account to the plan."),
    # feelings
    (Reason.LOST_FEELING, REFUND, REFUND.replace(" and I am really frustrated", "")),
    (
        Reason.LOST_FEELING,
        "Hi! I am so worried about my exam. Please give me a study plan.",
        "Give me a study plan about my exam.",
    ),
    (
        Reason.LOST_FEELING,
        "This is urgent! Please help me cancel the booking.",
        "Help me cancel the booking.",
    ),
    # content that is no atom
    (
        Reason.LOST_CONTENT,
        "Hi! My washing machine leaks soap every morning. Please write to the landlord about it.",
        "Write to the landlord.",
    ),
    (
        Reason.LOST_CONTENT,
        "I would like a refund for the broken kettle. I adore tea. Thank you!",
        "I adore tea.",
    ),
    (Reason.LOST_CONTENT, "Please write a poem about the sea. I love poems.", "I love it."),
    # payload
    (Reason.PAYLOAD_CHANGED, LETTER, LETTER.replace("Thank you so much for", "Thanks for")),
    (Reason.PAYLOAD_CHANGED, LETTER, "Proofread the e-mail below."),
    (Reason.PAYLOAD_CHANGED, LETTER, LETTER.replace("Best regards,\n", "")),
    # language
    (Reason.LANGUAGE_CHANGED, REFUND, "Hola, quiero que me ayuden con mi pedido, pero no sé cómo."),
    (Reason.LANGUAGE_CHANGED, REFUND, "Мне нужен возврат денег."),
    (Reason.LANGUAGE_CHANGED, REFUND, "我要退款。"),
    # speaker
    (
        Reason.SPEAKER_CHANGED,
        "My sister says you need it for the oven, why? Please explain.",
        "My sister says I need it for the oven, why? Explain.",
    ),
    (
        Reason.SPEAKER_CHANGED,
        "Hello, I lost my key and I need help, please.",
        "The user lost my key and needs help.",
    ),
    (Reason.SPEAKER_CHANGED, "Please help me fix my bike.", "I help you fix your bike."),
    (Reason.SPEAKER_CHANGED, "We sold our house, please advise.", "They sold their house, advise."),
    # added content
    (
        Reason.ADDED_CONTENT,
        "My loan is late and I am upset, please advise.",
        "My loan is overdue and late and I am upset. Will it hurt my credit score?",
    ),
    (Reason.ADDED_CONTENT, "Hello! Please plan a picnic, thanks.", "Plan a picnic for 8 people."),
    (Reason.ADDED_CONTENT, "What is the capital of Peru, please?", "The capital of Peru is Lima."),
    (Reason.ADDED_CONTENT, "Please suggest a gift for Marta.", "Suggest a gift for Marta and Ole."),
    (
        Reason.ADDED_CONTENT,
        "I like this lamp, please order it.",
        "I do not like this lamp, order it.",
    ),
    (
        Reason.ADDED_CONTENT,
        "Could you please rewrite my note? Thanks!",
        "Sure, here is my note: rewrite.",
    ),
    (
        Reason.ADDED_CONTENT,
        "I have been learning the flute for two weeks. Could you please explain how to breathe?",
        "Learning the flute? Two weeks? How to breathe?",
    ),
    # unsafe output
    (Reason.UNSAFE_OUTPUT, "Please plan a picnic, thanks.", "Plan a picnic.<end_of_turn>"),
    (Reason.UNSAFE_OUTPUT, "Please plan a picnic, thanks.", "Plan a picnic.\x07"),
    (Reason.UNSAFE_OUTPUT, "Please plan a picnic, thanks.", "Plan a picnic.\ud83d"),
    (Reason.UNSAFE_OUTPUT, "Please plan a picnic, thanks.", "```\nPlan a picnic.\n```"),
    (Reason.UNSAFE_OUTPUT, "Please plan a picnic, thanks.", '"Plan a picnic."'),
    (Reason.UNSAFE_OUTPUT, "Please plan a picnic, thanks.", "Sure: plan a picnic."),
    (Reason.UNSAFE_OUTPUT, "Please plan a picnic, thanks.", " "),
]

GOOD = [
    (
        REFUND,
        "I was charged $39.99 twice on May 5 for order #44713 and I am frustrated. I don't want a"
        " voucher. How can I get a refund?",
    ),
    (
        "Hello! Would you be so kind as to explain what the capital of Peru is? Thank you!",
        "What is the capital of Peru?",
    ),
    (
        "Hi, could you please give me twenty names for a boat? I would appreciate it.",
        "Give me 20 names for a boat.",
    ),
    ("Please add 1,000 and 250 for me, thank you.", "Add 1000 and 250 for me."),
    (
        "Could you please describe the river Elbe in under 100 words? Thank you!",
        "Describe the river Elbe in under 100 words.",
    ),
    (
        "Hi! I would like to know whether you ship to islands. Thanks in advance!",
        "I want to know whether you ship to islands.",
    ),
    (
        "Could you possibly help me with organising my colourful book collection, please?",
        "Help me organize my colorful book collection.",
    ),
    (
        "Hello! I was wondering if you could help me out. My oven beeps at night, what is wrong?",
        "My oven beeps at night, what is wrong?",
    ),
    (LIST, "S" + LIST.removeprefix("Hello! Please s")),
    (QUOTE, 'Make this more formal: "Hey Tom, cheers for the samples!"'),
    (CODE, "Explain what `rows.sort(key=len)` changes."),
    (LETTER, "P" + LETTER.removeprefix("Hi! Please p")),
    (
        "Sorry to bother you, but my sister says you need it for the oven, why? Thanks!",
        "My sister says you need it for the oven, why?",
    ),
    (
        "Hi! My washing machine leaks every morning. Could you please write to the landlord?",
        "My washing machine leaks every morning. Write to the landlord.",
    ),
]


def reasons(original: str, draft: str) -> set[Reason | None]:
    """Why a model's draft is refused; empty where it is accepted."""
    checks = verify(read(original, TERMS), Draft(draft, generative=True), SETTINGS)
    assert all((check.reason is None) is check.passed for check in checks)
    return {check.reason for check in checks if not check.passed}


@pytest.mark.parametrize(("reason", "original", "draft"), BAD)
def test_a_bad_draft_is_refused_for_its_reason(reason: Reason, original: str, draft: str) -> None:
    """Each row names one thing that went wrong; others may have gone wrong with it."""
    assert reason in reasons(original, draft)


@pytest.mark.parametrize(("original", "draft"), GOOD)
def test_a_good_draft_is_accepted(original: str, draft: str) -> None:
    """Shorter, other inflections, digits for words, a request instead of a polite question."""
    assert reasons(original, draft) == set()


def test_the_table_has_three_bad_drafts_for_every_reason_of_the_verifier() -> None:
    """So that no check can be switched off without a test that notices."""
    elsewhere = {Reason.VERIFIER_FAILED, Reason.SAFETY_CUE_CHANGED}
    members = list(Reason)
    verifiers = members[members.index(Reason.LOST_NUMBER) : members.index(Reason.NO_SAVING)]
    counts = {reason: sum(reason is row[0] for row in BAD) for reason in verifiers}
    assert {r for r, count in counts.items() if count < 3} == elsewhere


def test_every_family_gives_one_record_and_the_names_differ() -> None:
    """The record of a call lists all checks, passed or not."""
    checks = verify(read(REFUND), Draft(REFUND, generative=True), VerifierSettings())
    assert len(checks) == len(FAMILIES) == len({check.check for check in checks})


def test_a_loss_says_where_in_the_original_the_thing_stood() -> None:
    """The place lets a reader of the record, and the repair, find it."""
    checks = verify(
        read(REFUND), Draft(REFUND.replace(" #44713", ""), generative=True), VerifierSettings()
    )
    lost = next(check for check in checks if check.reason is Reason.LOST_IDENTIFIER)
    assert lost.start is not None
    assert "44713" in REFUND[lost.start : lost.end]
