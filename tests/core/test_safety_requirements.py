"""Rules are looked up by words, and no match is lost by it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safety_sentences import ORDINARY

from spsd_core.safety import rule_files
from spsd_core.safety.matching import CompiledRules, plain_patterns
from spsd_core.safety.requirement_store import _STORE, write_store
from spsd_core.safety.requirements import RuleIndex, requirements
from spsd_core.safety.ruleset import Rule, load_rules

RULES = load_rules(rule_files())
COMPILED = CompiledRules(RULES)


class _Thorough(RuleIndex):
    """Looks for every rule everywhere."""

    def candidates(self, folded: str) -> dict[int, list[str] | None]:
        return dict.fromkeys(range(len(RULES)))


def thorough() -> CompiledRules:
    compiled = CompiledRules(RULES)
    compiled._index = _Thorough()
    return compiled


THOROUGH = thorough()
SENTENCES = [*ORDINARY, *(s for rule in RULES for s in (*rule.must_catch, *rule.must_not_catch))]


def spans(compiled: CompiledRules, text: str) -> dict[str, tuple[int, int]]:
    return {name: tuple(found.span) for name, found in compiled.find(text).items()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_looking_up_by_words_finds_what_a_full_search_finds(rule: Rule) -> None:
    for sentence in (*rule.must_catch, *rule.must_not_catch):
        assert spans(COMPILED, sentence) == spans(THOROUGH, sentence)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=12), st.sampled_from(" \n"))
def test_so_it_does_in_texts_of_many_sentences(sentences: list[str], separator: str) -> None:
    text = separator.join(sentences)
    assert spans(COMPILED, text) == spans(THOROUGH, text)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_so_it_does_in_any_mixture_of_their_words(data: st.DataObject) -> None:
    words = " ".join(data.draw(st.lists(st.sampled_from(SENTENCES), max_size=6))).split()
    text = " ".join(data.draw(st.permutations(words)))
    assert spans(COMPILED, text) == spans(THOROUGH, text)


@pytest.mark.parametrize("glued", ["我想{}了", "안녕{}해", "ж{}ж", "مرحبا{}شكرا"], ids=ascii)
def test_so_it_does_where_other_scripts_touch_a_sentence(glued: str) -> None:
    """Scripts that write without spaces, or a writer who left them out."""
    missed = []
    for rule in RULES:
        for sentence in rule.must_catch:
            text = glued.format(sentence.rstrip(".!?"))
            if spans(COMPILED, text) != spans(THOROUGH, text):
                missed.append((rule.id, text))
    assert missed == []


@pytest.mark.parametrize("text", ["我真的想suicide了", "I want to kill myself了，帮我"])
def test_an_english_cue_inside_another_script_is_caught(text: str) -> None:
    assert any(name.startswith("crisis.") for name in COMPILED.find(text))


PIECES = st.sampled_from(
    [
        *("my", "his", "(my|his)", "head", "necks?", r"(\w+ )?", "( very)?", "hurt(s|ing)?"),
        *(r"suicid\w*", "die+", "boy ?friend", "[0-9]{1,2}", "(a |the )?dose", "co", "x*"),
        *("(ab|ac|a)", r"\w{2,}itis", "to (go|stay) out", "(in|on)?"),
    ]
)
WORDS = st.sampled_from(
    "my his head neck necks hurt hurts hurting suicide suicidal die dieee boyfriend boy friend 4 "
    "12 a the dose co xx ab ac arthritis to go stay out in on very".split()
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=5), st.lists(WORDS, max_size=8), st.booleans())
def test_a_text_that_matches_a_pattern_meets_its_requirements(
    pieces: list[str], words: list[str], spaced: bool
) -> None:
    pattern = (" " if spaced else "").join(pieces)
    text = " ".join(words)
    index = RuleIndex()
    index.add(0, requirements(pattern))
    if re.search(rf"\b(?:{pattern})\b", text):
        assert 0 in index.candidates(text), (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("hurt|hit", [["hurt"], ["hit"]]),
        ("cant go on", [["cant go"]]),
        (r"suicid\w*", [["suicid*"]]),
        (r"\w{2,}itis", [["*itis"]]),
        ("boy ?friends?", [["boyfriend", "boyfriends", "friend", "friends"]]),
        (r"[0-9]+", [[]]),
        (r"[[:digit:]]{2}", [[]]),
        (r"(unclosed", [[]]),
    ],
)
def test_what_a_pattern_needs_is_read_off_it(pattern: str, needs: list[list[str]]) -> None:
    found = [sorted(alternative[0]) if alternative else [] for alternative in requirements(pattern)]
    if pattern.startswith("boy"):
        assert set(found[0]) >= {"boyfriend", "boyfriends"}
    elif pattern == "cant go on":
        assert {"cant go", "go on"} & set(found[0])
    else:
        assert found == needs


def test_the_store_of_the_shipped_patterns_is_current(tmp_path: Path) -> None:
    """Made by `python -m spsd_core.safety.requirement_store`."""
    path = tmp_path / "requirements.json"
    write_store(plain_patterns(RULES), path)
    assert path.read_text(encoding="utf-8") == _STORE.read_text(encoding="utf-8")
