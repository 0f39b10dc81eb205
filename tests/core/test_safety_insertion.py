"""A must-catch sentence anywhere in an ordinary prompt: the prompt goes through untouched."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core import Decision, Distiller, Reason, Settings
from spsd_core.safety import SafetyGate, rule_files
from spsd_core.safety.matching import CompiledRules
from spsd_core.safety.ruleset import Rule, load_rules
from spsd_core.settings import SafetySettings

GATE = SafetyGate(SafetySettings())
DISTILLER = Distiller(Settings(memo_entries=0))
RULES = load_rules(rule_files())
EXAMPLES = [(rule, sentence) for rule in RULES for sentence in rule.must_catch]

BENIGN = [
    # one sentence or two, with a mark at the end
    "Hi there! Could you please explain how a list comprehension works in Python? Thanks a lot!",
    "Good morning. Please plan a three day trip to Porto for two people who like seafood.",
    "Could you rewrite this paragraph so that it sounds friendlier? It is for our newsletter.",
    "I would be grateful if you could suggest a vegetarian lasagne for eight guests.",
    "My parcel was meant to arrive on Monday. Where is it, please?",
    "Please give me five names for a small bakery near the harbour. Short ones, if possible.",
    "What is the difference between a left join and an inner join? An example would help.",
    "Hello! Please translate the menu into French. Keep the prices as they are.",
    "I forgot my password and the reset mail never comes. Can you help me log in again?",
    "Could you compare the climate of Oslo with that of Madrid? Two lines will do.",
    "Please write a limerick about a cat who reads maps. Make the last line silly.",
    "How many litres of paint do I need for a room of 20 square metres? Two coats.",
    "Explain photosynthesis to a ten year old in four sentences. Use a kitchen as the picture.",
    "Which of these two laptops is quieter? I record podcasts at home.",
    "Sum up the plot of Hamlet in six lines for my English homework, please.",
    "Kindly list the ten longest rivers of Asia with their lengths in kilometres.",
    # false friends: alarming words in ordinary texts
    "How do I kill a zombie process on Linux? It ignores the usual signal.",
    "In Skyrim, how do I kill the dragon at the bridge? I keep running out of arrows.",
    "My build dies with a fatal error. The deadline is killing me, so a quick fix would be great.",
    "Please write a thriller scene in which the detective finds the weapon. Keep it short.",
    "Our Docker container was killed and the child process hangs. What could it be?",
    "Suggest a dose of humour for my speech. The audience has seen it all.",
    "How do we court a new client? Our last campaign bombed.",
    "Shoot me a list of camera settings for a video at dusk. I use a crop sensor.",
    "The battery of my phone is dying after an hour. Is there a setting that drains it?",
    "Write a Dungeons & Dragons encounter with three goblins. The players are level two.",
    "Drop the table and create it again, please. I need the statement for Postgres.",
    # lower case, no marks, lines
    "hey can you help me write a cover letter for a junior designer job thanks",
    "pls fix my excel formula it should add up column c but only where column a says paid",
    "quick question what should i cook with rice eggs and half a cabbage",
    "Notes for the meeting\n\nwelcome everybody\nbudget for the stand\nnext date",
    "Please sort these:\n- apples\n- lamps\n- violins\n- chalk",
    "Shopping list\n* flour\n* yeast\n* olive oil\n\nWhat can I bake with that",
    "1. Open the settings.\n2. Choose a language.\n3. Restart.\nPlease make this sound nicer.",
    "Subject: Offer\n\nDear Ms Lind,\n\nthanks for the offer. We decide on Monday.\n\nBye,\nTom",
    "> When can you deliver?\n> We close at six.\n\nPlease answer this mail politely for me.",
    "Review my function:\n\n```python\ndef area(r):\n    return 3.14 * r * r\n```\n\nIs it fine?",
    '{"task": "summarise", "style": "short", "text": "The harbour was rebuilt in 1987."}',
    # long ones
    "Please tidy up my text. " + "The old mill stands by the river and turns when it rains. " * 150,
    "Make a table of contents. " + "A chapter about bridges, one about ferries; then tolls. " * 400,
]


def ended(sentence: str) -> str:
    return sentence if sentence[-1] in ".!?。।؟" else f"{sentence}."


PLACES: dict[str, Callable[[str, str], str]] = {
    "at the start": lambda prompt, s: f"{ended(s)} {prompt}",
    "on the first line": lambda prompt, s: f"{ended(s)}\n{prompt}",
    "at the end": lambda prompt, s: f"{ended(prompt)} {s}",
    "on the last line": lambda prompt, s: f"{ended(prompt)}\n\n{s}",
    "after a greeting": lambda prompt, s: f"Hello,\n\n{ended(s)}\n\n{prompt}",
    "in a bullet list": lambda prompt, s: f"{ended(prompt)}\n\n- {s}\n- thank you",
    "after a code block": lambda prompt, s: f"{ended(prompt)}\n\n```\nprint(1)\n```\n\n{s}",
    "in a quoted mail": lambda prompt, s: f"{ended(prompt)}\n\n> Hi,\n> {ended(s)}\n> Bye\n",
    "in a JSON string": lambda prompt, s: json.dumps({"a": ended(prompt), "b": s}),
    "in a JSON string of ASCII": lambda p, s: json.dumps([ended(p), s], ensure_ascii=True),
}


@pytest.mark.parametrize("prompt", BENIGN, ids=lambda prompt: prompt[:40])
def test_the_ordinary_prompts_are_not_gated(prompt: str) -> None:
    assert GATE.hits(prompt) == ()


def missed(place: Callable[[str, str], str]) -> dict[str, str]:
    """Rules that miss a sentence of theirs next to some ordinary prompt, each with one text."""
    found: dict[str, str] = {}
    for rule in RULES:
        compiled = CompiledRules([rule])
        for sentence in rule.must_catch:
            for prompt in BENIGN[:-2]:
                text = place(prompt, sentence)
                if rule.id not in found and not compiled.find(text):
                    found[rule.id] = text
    return found


@pytest.mark.parametrize("place", PLACES)
def test_every_rule_fires_next_to_every_ordinary_prompt(place: str) -> None:
    assert missed(PLACES[place]) == {}


LONGEST_OPEN_LINE = 44
"""A longer line before a small letter may be a sentence that was wrapped there."""
OPEN_LINES = sorted(
    {
        line
        for prompt in BENIGN
        for line in prompt.split("\n")
        if line and line[-1] not in ".!?" and len(line) <= LONGEST_OPEN_LINE
    }
)


def test_a_line_without_a_full_stop_silences_no_rule_in_the_next() -> None:
    assert [rule.id for rule in RULES if silenced_by_lines(rule)] == []


def test_an_exception_counts_where_a_sentence_was_wrapped() -> None:
    rule = next(rule for rule in RULES if rule.id == "harmful.violence")
    compiled = CompiledRules([rule])
    assert not compiled.find("In Skyrim, when the dragon has landed, how do I\nkill the guard?")


def silenced_by_lines(rule: Rule) -> list[str]:
    compiled = CompiledRules([rule])
    texts = [
        text
        for sentence in rule.must_catch
        for line in OPEN_LINES
        for text in (f"{line}\n{ended(sentence)}\n{line}", f"{line}\n\n{sentence}\n\n{line}")
    ]
    return [text for text in texts if not compiled.find(text)]


def assert_passes_through(text: str) -> None:
    result = DISTILLER.distill(text)
    assert result.decision is Decision.PASSTHROUGH
    assert result.text == text
    if result.record.decided_by == "admission":  # turned away before the gate was asked
        assert GATE.cue_ids(text)
    else:
        assert result.reason is Reason.SAFETY_CRITICAL


def inserted(prompt: str, sentence: str, luck: random.Random) -> str:
    """`sentence` between two sentences or two lines of `prompt`, or at one of its ends.

    A line before it gets a full stop; the lines without one have a test of their own.
    """
    ends = [i + 1 for i, c in enumerate(prompt[:-1]) if c in ".!?\n" and prompt[i + 1].isspace()]
    place = luck.choice([0, *ends, len(prompt)])
    before, after = prompt[:place], prompt[place:]
    if before.strip() and before.rstrip()[-1] not in ".!?":
        before = f"{before.rstrip()}."
    return f"{before}{luck.choice((' ', chr(10)))}{ended(sentence)} {after}"


@given(st.sampled_from(EXAMPLES), st.sampled_from(BENIGN), st.randoms(use_true_random=False))
def test_a_prompt_with_a_critical_sentence_between_its_own_passes_through(
    example: tuple[Rule, str], prompt: str, luck: random.Random
) -> None:
    assert_passes_through(inserted(prompt, example[1], luck))


@given(
    st.sampled_from(EXAMPLES),
    st.lists(st.sampled_from(BENIGN[:-2]), min_size=1, max_size=4),
    st.sampled_from(list(PLACES)),
)
def test_prompts_around_a_critical_sentence_pass_through(
    example: tuple[Rule, str], prompts: list[str], place: str
) -> None:
    assert_passes_through(PLACES[place]("\n\n".join(map(ended, prompts)), example[1]))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_critical_sentence_in_half_a_megabyte_passes_through(share: float) -> None:
    filler = " ".join(ended(prompt) for prompt in BENIGN[:16])
    luck = random.Random(share)
    for _, sentence in luck.sample(EXAMPLES, 4):
        prompts = filler * (500_000 // len(filler) + 1)
        at = prompts.rfind(". ", 0, int(500_000 * share) + 200) + 2
        assert_passes_through(f"{prompts[:at]}{ended(sentence)} {prompts[at:]}")
