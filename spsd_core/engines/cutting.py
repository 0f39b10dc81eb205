"""Where words of a sentence can be cut out so that no fragment, mark or half bracket is left."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from spsd_core.engines.courtesy.vocabulary import INSTEAD
from spsd_core.reader.types import WordRole
from spsd_core.spans import Span

__all__ = ["Hinges", "balanced", "cut", "hinges"]

_DEPENDENT = frozenset("me us him her them it of than".split())
"""Words that cannot begin what is left: they hang on the word before them."""
_MOST_GIVEN_BACK = 2
_BE = frozenset("is are was were am isn't aren't wasn't weren't".split())
_SUBJECTS = frozenset(
    "it there this that these those he she we they i you the a an my your our his her their "
    "any".split()
)
"""After one of `_BE`, one of these makes a question; anything else lacks its subject."""
_JOINING = frozenset("and or but so plus also then because".split())
"""Words that go with the end of a sentence they led to."""
_DANGLING = frozenset(
    "to for with of the a an my your our in on at from by as if that which who is are was were "
    "be i you we he she they not".split()
)
"""Words that cannot end what is left."""
_ACTORS = frozenset("i we he she they im ive".split())
_DOING = frozenset("m am ve have ll will would d can could may might must was were are re".split())
"""After one of `_ACTORS`, one of these leads on to the verb that is told of him."""
_MODAL = frozenset("can could may might would will should".split())
"""Before one of `_ACTORS`, one of these asks: could I get only the names?"""
_LEADING = frozenset(
    "if that whether as when what how where why can could may might will would shall should do did "
    "does am are is was were have had".split()
)
"""Before one of `_ACTORS`, one of these cannot go without it."""
_KNOWING = frozenset("know note mind remember understand aware sure realise realize".split())
"""After one of these, "that" leads on to what is known."""
_WISHING = frozenset(
    "would want wanted need like wondering wish am was hoping grateful appreciate request d".split()
)
"""Words of one who asks for something."""
_HOPED = frozenset("wanted needed hoping hoped expected asked going wondering".split())
"""Words of one who asked, and may not have got it."""
_INSTEAD_RE = re.compile(INSTEAD, re.IGNORECASE)
_PLEADING = frozenset("please pls plz kindly".split())
_MODEST = frozenset("may might could can am should ' m ve d".split())
"""After "if I", one of these asks for leave or humbles itself; any other verb tells a case."""
_GRASPING = frozenset(
    "understand learn decide choose figure cope deal prepare study see realise realize know "
    "remember feel stop get".split()
)
"""What the asker does, not the asked: before it, "help me" is what is asked."""
_ALTERNATIVE = frozenset("otherwise else then instead".split())
"""Words that stand for the other case."""
_ASKING = frozenset("what which who where when how why".split())
"""After "if you could ...," one of these asks what then."""
_PAIRED = ("**", "__", "*", "`")
"""Marks of which none goes without its partner."""
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_EMOTICON = re.compile(r"(?<![^\s.!?,])[:;=][-']?\)+(?![^\s.!?,])")
"""A smile has a bracket without a partner. (A sad face says something: it stays.)"""


class Hinges(NamedTuple):
    """The last places of a sentence at which something may hang on an "if" before; -1: none."""

    alternative: int
    """Index of a word that stands for the other case."""
    asking: int
    """Index of a comma before a question word."""


def hinges(text: str, words: Sequence[WordRole]) -> Hinges:
    """Find them, once for all runs of the sentence."""
    low = [_lower(text, word) for word in words]
    alternatives = (index for index, word in enumerate(low) if word in _ALTERNATIVE)
    asking = (
        index for index, (mark, word) in enumerate(pairwise(low)) if mark == "," and word in _ASKING
    )
    return Hinges(max(alternatives, default=-1), max(asking, default=-1))


def cut(
    text: str,
    words: Sequence[WordRole],
    spoken: Sequence[int],
    run: Sequence[int],
    hangs: Hinges,
) -> Span | None:
    """The span of a run with the marks that go with it; None where a fragment would be left.

    Args:
        text: the whole text.
        words: words and marks of one sentence.
        spoken: indices of those that are words.
        run: neighbours in `spoken` that are to go, and not all of them.
        hangs: of the sentence.
    """
    run = _off_a_governor(text, words, spoken, run)
    run = _off_an_actor(text, words, spoken, run)
    run = _off_a_reason(text, words, spoken, run)
    if not run or _runs_on(text, words, spoken, run):
        return None
    if _leaves_a_clause(text, words, spoken, run) or _was_hoped(text, words, spoken, run):
        return None
    if _takes_a_subject(text, words, spoken, run) or _is_condition(text, words, run, hangs):
        return None
    if run[-1] == spoken[-1] and run[0] != spoken[0]:
        span = _closing(text, words, spoken, run)
    elif run[0] == spoken[0]:
        span = Span(words[0].start, _end_of_marks(text, words, run[-1] + 1, ",;:-–—.!…"))
    else:
        span = _inner(text, words, run)
    return None if span is None else balanced(text, span)


def _closing(
    text: str, words: Sequence[WordRole], spoken: Sequence[int], run: Sequence[int]
) -> Span | None:
    """The end of a sentence; its last mark stays, unless a colon would stand before it."""
    place = bisect_left(spoken, run[0])
    first = run[0]
    before = spoken[place - 1]
    if not text[words[before].end : words[first].start].strip():
        last_word = _lower(text, words[before])
        if last_word in _JOINING and place > 1:
            first = before
        elif last_word in _DANGLING or last_word in _JOINING:
            return None
    start, end = words[first].start, words[run[-1]].end
    mark = first - 1
    while mark >= 0 and text[words[mark].start] in ",;-–—":
        start = words[mark].start
        mark -= 1
    if mark >= 0 and text[words[mark].start] == ":":
        end = words[-1].end
    return Span(start, end)


def _inner(text: str, words: Sequence[WordRole], run: Sequence[int]) -> Span:
    """Words between others, with one of two commas around them."""
    start, end = words[run[0]].start, words[run[-1]].end
    before, after = words[run[0] - 1], words[run[-1] + 1]
    if text[before.start] in ",-–—" and text[after.start] in ",-–—":
        end = after.end
    return Span(start, end)


def _end_of_marks(text: str, words: Sequence[WordRole], after: int, marks: str) -> int:
    end = words[after - 1].end
    while after < len(words) and text[words[after].start] in marks:
        end = words[after].end
        after += 1
    return end


def balanced(text: str, span: Span) -> Span | None:
    """The span with the bracket that closes one of its own; None where it would halve a pair."""
    open_: list[str] = []
    for character in _EMOTICON.sub("", text[span.start : span.end]):
        if character in _BRACKETS:
            open_.append(_BRACKETS[character])
        elif character in _BRACKETS.values() and (not open_ or open_.pop() != character):
            return None
    end = span.end
    for closing in reversed(open_):
        if text[end : end + 1] != closing:
            return None
        end += 1
    start = span.start
    while start and text[end : end + 1] and _BRACKETS.get(text[start - 1]) == text[end]:
        start, end = start - 1, end + 1  # an emptied pair goes, too
    cut_out = text[start:end]
    if any(cut_out.count(mark) % 2 for mark in _PAIRED) or (
        cut_out.endswith("]") and text[end : end + 1] == "("
    ):
        return None
    return Span(start, end)


def _takes_a_subject(
    text: str, words: Sequence[WordRole], spoken: Sequence[int], run: Sequence[int]
) -> bool:
    """Whether a verb would be left without what it is said of: `My questions are ...`."""
    if _next(text, words, spoken, run[-1]) not in _BE:
        return False
    place = bisect_left(spoken, run[-1]) + 1
    following = words[spoken[place + 1]] if place + 1 < len(spoken) else None
    return following is None or _lower(text, following) not in _SUBJECTS


def _is_condition(text: str, words: Sequence[WordRole], run: Sequence[int], hangs: Hinges) -> bool:
    """Whether what is left hangs on a run that begins with "if": `If I gave you a photo, would`."""
    said = _said(text, words, run)
    if "if" not in said[:2]:
        return False
    after = said[said.index("if") + 1 :]
    if after[:1] == ["i"] and not _MODEST.intersection(after[1:2]):
        return True
    asks = hangs.asking > run[-1] and after[:1] != ["i"]
    return asks or hangs.alternative > run[-1]


def _off_a_governor(
    text: str, words: Sequence[WordRole], spoken: Sequence[int], run: Sequence[int]
) -> Sequence[int]:
    """A run without its last words where what follows hangs on them: `tell` in `tell me why`,
    `help me` in `can you | help me understand it`."""
    run = list(run)
    if _said(text, words, run[-2:]) in (["help", "me"], ["help", "us"]) and (
        _next(text, words, spoken, run[-1]) in _GRASPING
    ):
        del run[-2:]
    for _ in range(_MOST_GIVEN_BACK):
        if not run:
            return run
        following = _next(text, words, spoken, run[-1])
        if following == "to":
            return []  # "I'd love you | to sing": it hangs on all of it
        if following not in _DEPENDENT:
            return run
        run.pop()
    return []


def _off_an_actor(
    text: str, words: Sequence[WordRole], spoken: Sequence[int], run: Sequence[int]
) -> Sequence[int]:
    """A run without who acts at its end: of `Well, I'm | walking`, `if I can | get it`."""
    following = "" if not run or run[-1] == spoken[-1] else _lower(text, words[run[-1] + 1])
    if not (following.isalnum() or following in ("'", "\u2019")):
        return run
    said = _said(text, words, run)
    last = len(said)
    if last > 1 and said[-1] in _DOING and said[-2] in _ACTORS:
        last -= 1
    if said[last - 1] not in _ACTORS:
        return run
    last -= 1
    return [] if last and said[last - 1] in _LEADING else run[:last]


def _leaves_a_clause(
    text: str, words: Sequence[WordRole], spoken: Sequence[int], run: Sequence[int]
) -> bool:
    """Whether what is left would begin with what hung on the run: `I am glad | if you call`."""
    following = "" if run[0] != spoken[0] else _next(text, words, spoken, run[-1])
    last = _lower(text, words[run[-1]])
    return (
        following in ("if", "whether", "not")
        or (following == "that" and last in _KNOWING)
        or (following in _ACTORS and last in _MODAL)
    )


def _runs_on(
    text: str, words: Sequence[WordRole], spoken: Sequence[int], run: Sequence[int]
) -> bool:
    """Whether a request would run on from what is told: `It hurts | and I want you to | tell me`.

    Who writes without full stops does so anyway.
    """
    if run[0] == spoken[0] or run[-1] == spoken[-1]:
        return False
    said = _said(text, words, run)
    before = spoken[bisect_left(spoken, run[0]) - 1]
    if _next(text, words, spoken, before) == "":
        return False
    before_it = _lower(text, words[before])
    if said[0] == "you" and before_it == "thank":
        return True
    joined = said[0] in _JOINING or before_it in _JOINING
    asks = _lower(text, words[spoken[bisect_left(spoken, run[-1]) + 1]]) in _ASKING
    stops = not text[words[-1].start].isalnum()
    return joined and (asks or stops) and not _WISHING.isdisjoint(said)


def _off_a_reason(
    text: str, words: Sequence[WordRole], spoken: Sequence[int], run: Sequence[int]
) -> Sequence[int]:
    """A run without the "so" that says why: `my English is bad | so please | use easy words`."""
    said = _said(text, words, run)
    if (
        said[:1] == ["so"]
        and run[0] != spoken[0]
        and len(said) > 1
        and _PLEADING.issuperset(said[1:])
    ):
        return run[1:]
    return run


def _was_hoped(
    text: str, words: Sequence[WordRole], spoken: Sequence[int], run: Sequence[int]
) -> bool:
    """Whether it is a reproach: `I wanted you to | write one line but you wrote ten`."""
    if run[0] != spoken[0] or _HOPED.isdisjoint(_said(text, words, run)):
        return False
    return _INSTEAD_RE.search(text, words[run[-1]].end, words[-1].end) is not None


def _said(text: str, words: Sequence[WordRole], run: Sequence[int]) -> list[str]:
    return [_lower(text, words[index]) for index in run]


def _next(text: str, words: Sequence[WordRole], spoken: Sequence[int], index: int) -> str:
    """The word after word `index` of the sentence; empty before a mark and at the end."""
    place = bisect_left(spoken, index) + 1
    if place == len(spoken):
        return ""
    following = words[spoken[place]]
    return "" if text[words[index].end : following.start].strip() else _lower(text, following)


def _lower(text: str, word: WordRole) -> str:
    return text[word.start : word.end].lower()
