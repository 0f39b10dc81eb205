"""The safety gate on real sentences, disguises, long texts and anything else that is a str."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safety_sentences import ORDINARY

from spsd_core.safety import SafetyGate, rule_files
from spsd_core.safety.matching import CompiledRules
from spsd_core.safety.ruleset import Rule, load_rules
from spsd_core.settings import DOMAINS, SafetySettings

GATE = SafetyGate(SafetySettings())
RULES = load_rules(rule_files())
EXAMPLES = [(rule, sentence) for rule in RULES for sentence in rule.must_catch]
CRISIS = [(rule, s) for rule, s in EXAMPLES if rule.domain == "crisis" and s.isascii()]
HIDEABLE = [(rule, s) for rule, s in CRISIS if rule.severity == "critical" and rule.evasive]


def name(example: object) -> str:
    return example.id if isinstance(example, Rule) else str(example)[:40]


@pytest.mark.parametrize("prompt", ORDINARY, ids=lambda prompt: prompt[:40])
def test_an_ordinary_prompt_is_not_gated(prompt: str) -> None:
    assert GATE.hits(prompt) == ()


@pytest.mark.parametrize(("rule", "sentence"), EXAMPLES, ids=name)
def test_the_span_of_a_hit_is_the_evidence_for_its_rule(rule: Rule, sentence: str) -> None:
    padded = f"So…\u200b “well”:\n\n  {sentence}  Thanks — bye!"
    hit = next(hit for hit in GATE.hits(padded) if hit.rule == rule.id)
    assert 0 <= hit.start < hit.end <= len(padded)
    assert rule.id in GATE.cue_ids(padded[hit.start : hit.end])
    assert (hit.domain, hit.severity) == (rule.domain, rule.severity)
    assert hit.domain in DOMAINS


DISGUISES = {
    "upper case": str.upper,
    "curly apostrophes": lambda s: s.replace("'", "’"),
    "no apostrophes": lambda s: s.replace("'", ""),
    "extra spaces and newlines": lambda s: s.replace(" ", " \n\n  "),
    "zero-width characters": lambda s: "\u200b".join(s),
    "soft hyphens and joiners": lambda s: s.replace("i", "i\u00ad\u2060"),
    "Cyrillic look-alikes": lambda s: s.translate(str.maketrans("aeopcyi", "аеорсуі")),
    "Greek look-alikes": lambda s: s.translate(str.maketrans("oiv", "οιν")),
    "full-width letters": lambda s: "".join(chr(ord(c) + 0xFEE0) if c > " " else c for c in s),
    "combining accents": lambda s: "".join(c + "\u0301" if c in "aeiou" else c for c in s),
    "markup": lambda s: " ".join(f"**{word}**" for word in s.split()),
    "control characters and surrogates": lambda s: s.replace("l", "l\x00\ud800"),
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize(("rule", "sentence"), CRISIS, ids=name)
def test_a_crisis_sentence_is_caught_in_disguise(rule: Rule, sentence: str, disguise: str) -> None:
    assert rule.id in GATE.cue_ids(DISGUISES[disguise](sentence))


@pytest.mark.parametrize(("rule", "sentence"), HIDEABLE, ids=name)
def test_a_crisis_sentence_is_caught_in_leet(rule: Rule, sentence: str) -> None:
    hidden = sentence.lower().translate(str.maketrans("ieoas", "130@$"))
    assert rule.id in GATE.cue_ids(hidden)


@pytest.mark.parametrize(
    "text",
    [
        "k i l l  m y s e l f",
        "I want to d i e and nothing helps, I will k-i-l-l m-y-s-e-l-f",
        "thinking about s.u.i.c.i.d.e",
        "feeling sucidal again",
        "honestly gonna kms tonight",
        "she wants to unalive herself",
        "#wanttodie",
        "my friend od'd",
    ],
)
def test_spelt_out_and_text_speak_cues_are_caught(text: str) -> None:
    assert {"crisis", "emergency"} & {hit.domain for hit in GATE.hits(text)}


def test_a_hidden_cue_is_located_in_the_original() -> None:
    text = "Hi!  Please help… k 1 l l  m y s e l f is all I think of."
    hit = next(hit for hit in GATE.hits(text) if hit.rule == "crisis.suicide")
    assert text[hit.start : hit.end] == "k 1 l l  m y s e l f"


SENTENCES = st.lists(st.sampled_from(ORDINARY), min_size=0, max_size=8)


@given(SENTENCES, SENTENCES, st.sampled_from(EXAMPLES), st.sampled_from([" ", "\n", "\n\n"]))
def test_a_critical_sentence_is_caught_wherever_it_stands(
    before: list[str], after: list[str], example: tuple[Rule, str], separator: str
) -> None:
    rule, sentence = example
    if sentence[-1] not in ".!?":
        sentence += "."
    assert rule.id in GATE.cue_ids(separator.join([*before, sentence, *after]))


@pytest.mark.parametrize("filler", ["Write a tidy report about rivers and bridges. ", "x", "é "])
def test_a_critical_sentence_is_caught_at_every_place_of_a_long_text(filler: str) -> None:
    sentence = " I have been thinking about killing myself. "
    for size in range(3000, 9500, 211):
        text = (filler * size)[:size] + sentence + (filler * 3000)[:3000]
        hits = {hit.rule: hit for hit in GATE.hits(text)}
        assert text[hits["crisis.suicide"].start :].startswith("killing myself"), size


@given(st.text(alphabet=st.characters()))
def test_no_text_makes_the_gate_raise(text: str) -> None:
    for hit in GATE.hits(text):
        assert 0 <= hit.start < hit.end <= len(text)


PIECES = st.sampled_from(
    "kill myself|I|cant|breathe|\ud83d|\x00|'|’|…|..|\u200b|मरना चाहता|想死|🙂|1|$|mg|pain|my|head"
    "|é|ß|ﬁ|İ| |\n|.|\u202e|אבג|انتحار".split("|")
)


@given(st.lists(PIECES, max_size=40), st.sampled_from(["", " "]))
def test_no_mixture_of_cues_and_oddities_makes_the_gate_raise(
    pieces: list[str], separator: str
) -> None:
    text = separator.join(pieces)
    hits = GATE.hits(text)
    assert {hit.rule for hit in hits} == GATE.cue_ids(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)


@pytest.mark.parametrize(
    "unit",
    ["a", " ", '"', "a@", "'", ".", "my wife ", "my head hurts ", "k i l l ", "é", "想", "\ud800"],
)
def test_a_megabyte_of_anything_takes_time_in_proportion(unit: str) -> None:
    text = (unit * 1_000_000)[:1_000_000]
    GATE.hits(text[:10_000])
    start = time.process_time()
    GATE.hits(text)
    assert time.process_time() - start < 5.0  # quadratic work would take minutes


def test_the_first_use_from_many_threads_gives_each_the_same_answer() -> None:
    program = (
        "import threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from spsd_core.safety import SafetyGate\n"
        "from spsd_core.settings import SafetySettings\n"
        "ready = threading.Barrier(8)\n"
        "def ask(_):\n"
        "    ready.wait()\n"
        "    return SafetyGate(SafetySettings()).hits('my chest hurts and I cannot breathe')\n"
        "answers = set(ThreadPoolExecutor(8).map(ask, range(8)))\n"
        "assert len(answers) == 1 and answers.pop()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_threads_share_the_compiled_rules() -> None:
    sentences = [sentence for _, sentence in EXAMPLES] * 3
    alone = [GATE.hits(sentence) for sentence in sentences]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(GATE.hits, sentences)) == alone


def test_importing_and_building_a_gate_loads_neither_rules_nor_re2() -> None:
    program = (
        "import sys\n"
        "from spsd_core.safety import SafetyGate\n"
        "from spsd_core.settings import SafetySettings\n"
        "SafetyGate(SafetySettings())\n"
        "assert not {'re2', 'yaml'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_exception_in_another_sentence_does_not_void_the_evidence() -> None:
    rule = next(rule for rule in RULES if rule.id == "harmful.violence")
    assert rule.unless_within > 0
    compiled = CompiledRules([rule])
    assert not compiled.find("How do I kill the guard in Skyrim?")
    assert compiled.find("I love Skyrim. How do I kill my neighbor?")


@settings(max_examples=30)
@given(st.sampled_from(EXAMPLES), st.sampled_from(ORDINARY))
def test_cue_ids_tell_a_draft_that_lost_a_cue_from_one_that_kept_it(
    example: tuple[Rule, str], polite: str
) -> None:
    _, sentence = example
    assert GATE.cue_ids(f"{polite} {sentence}") >= GATE.cue_ids(polite)
    assert GATE.cue_ids(sentence) != GATE.cue_ids("")
