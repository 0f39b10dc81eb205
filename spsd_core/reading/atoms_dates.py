"""Dates in words: weekdays, months, relative days, durations, but not the days of courtesy."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import MONTHS, WEEKDAYS, word_set
from spsd_core.reading.source import Source, Trigger
from spsd_core.reading.types import AtomKind

__all__ = ["TRIGGERS"]

_LOOK_BACK = 16
# Every word of "I hope you are having a great day so far today": the wish goes on while they last.
_WISH_WORDS = word_set(
    "hope hoping trust wish wishing have has having had enjoy enjoying how how's hows is are"
    " was be been you you're youre u your yours yourself all everyone everybody everything"
    " things it it's this that the a an of rest and so far very really truly well good great"
    " nice lovely wonderful fine ok okay alright awesome amazing fantastic pleasant beautiful"
    " blessed happy safe relaxing productive brilliant excellent splendid super fabulous"
    " terrific sunny best doing going getting on along feeling finds find found email message"
    " mail note letter health spirits in with thank thanks for time help taking your kind"
    " assistance support family team start to new year holiday holidays weekend week day"
    " evening morning afternoon night monday tuesday wednesday thursday friday saturday sunday"
    " today tonight christmas easter thanksgiving halloween weather already"
)
_WISH_HEADS = word_set(
    "hope hoping trust wish wishing enjoy enjoying how's hows happy merry thank thanks"
)
_KIND_WORDS = word_set(
    "good great nice lovely wonderful fine awesome amazing fantastic pleasant beautiful"
    " blessed happy safe relaxing productive brilliant excellent splendid super fabulous"
    " terrific sunny best"
)
_PERIODS = word_set(
    "second seconds minute minutes hour hours day days night nights morning mornings"
    " afternoon evening week weeks weekend weekends month months quarter quarters semester"
    " term year years decade decades century centuries fortnight spring summer autumn fall"
    " winter season moment"
)
_SINGLE_PERIODS = word_set(
    "hour day week month year decade century fortnight weekend quarter night"
)
_PARTS_OF_DAY = word_set("morning afternoon evening night")
_TAIL = re.compile(
    r"(?:[ \t]{1,3}(?:morning|afternoon|evening|night|noon))?"
    r"(?:,?[ \t]{1,3}(?:the[ \t])?\d{1,2}(?:st|nd|rd|th)?(?!\S*[\w:%]))?(?:,?[ \t]{1,3}(?:19"
    r"|20)\d{2}\b)?",
    re.IGNORECASE,
)
_AGO = re.compile(r"[ \t](?:ago|from now|later|earlier|before|after|old)\b", re.IGNORECASE)


def _is_wish(source: Source, index: int) -> bool:
    """Whether word `index` ends a ritual wish: "have a nice day", "how are you today"."""
    if source.next_is(index, "to", "you"):
        return True  # "happy Monday to you", "good day to you"
    kind = have = are = False
    place = index - 1
    while place >= max(0, index - _LOOK_BACK) and source.low[place] in _WISH_WORDS:
        if not source.same_clause(place) and source.low[place] not in _WISH_HEADS:
            return False
        word = source.low[place]
        if word in _WISH_HEADS:
            return True
        if word == "how":
            return are
        have = have or word in ("have", "having")
        kind = kind or word in _KIND_WORDS
        are = are or word in ("are", "is", "you", "everything")
        if word in ("have", "having") and kind:
            return True
        place -= 1
    return False


def _named_day(source: Source, index: int) -> None:
    """Weekdays, holidays, today and the like."""
    if _is_wish(source, index):
        return
    start, end = source.span(index)
    if source.word_at(index - 1) in (
        "next",
        "last",
        "this",
        "every",
        "each",
        "coming",
        "late",
        "early",
    ):
        start = source.starts[index - 1]
    tail = _TAIL.match(source.flat, end)
    source.add(AtomKind.DATE, start, tail.end() if tail else end)


_MONTHS_OR_WORDS = word_set("may march mar jan sept sep dec jun apr")
_BEFORE_MONTHS = word_set("in since until by this next last early late mid of and to")


def _is_month(source: Source, index: int) -> bool:
    """Whether `may` or `march`, or a short form, is the month: dated, or "in May"."""
    if source.low[index] not in _MONTHS_OR_WORDS:
        return True
    if source.adjoins(index) and source.word_at(index + 1)[:1].isdigit():
        return True
    follows_word = index > 0 and source.adjoins(index - 1)
    if not follows_word or not source.raw[index][0].isupper():
        return False
    return source.low[index] not in ("may", "march") or source.low[index - 1] in _BEFORE_MONTHS


def _month(source: Source, index: int) -> None:
    if not _is_month(source, index):
        return
    start, end = source.span(index)
    before = source.word_at(index - 1)
    if before in ("next", "last", "this", "early", "late", "mid") and source.adjoins(index - 1):
        start = source.starts[index - 1]
    tail = _TAIL.match(source.flat, end)
    source.add(AtomKind.DATE, start, tail.end() if tail else end)


def _relative(source: Source, index: int) -> None:
    """this, next, last, every, all + a period."""
    after = source.word_at(index + 1)
    if after not in _PERIODS or after == "moment" or not source.adjoins(index):
        return
    if _is_wish(source, index + 1) or (after == "time" and source.low[index] == "this"):
        return
    source.add(AtomKind.DATE, source.starts[index], source.ends[index + 1])


_TAKING = word_set("have take taking took spare sparing spend spending got need grab give giving")


def _duration(source: Source, index: int) -> None:
    """a week, an hour, a few days, several months, the past year."""
    word = source.low[index]
    after = source.word_at(index + 1)
    last = index + 1
    if word in ("a", "an") and after in ("few", "couple"):
        return  # found from "few" or "couple"
    if word == "couple" and after == "of":
        last = index + 2
    if not source.adjoins(index):
        return
    period = source.word_at(last)
    known = _SINGLE_PERIODS if word in ("a", "an") else _PERIODS
    if period not in known or _is_wish(source, last) or source.word_at(index - 1) == "what":
        return
    follows = _AGO.match(source.flat, source.ends[last])
    before = source.word_at(index - 1), source.word_at(index - 2)
    if not follows and (_TAKING & set(before) or source.next_is(last, "of", "your")):
        return
    start = source.starts[index]
    source.add(AtomKind.DATE, start, follows.end() if follows else source.ends[last])


_BEFORE_DAY_PARTS = word_set("in at on during over for by")


def _the(source: Source, index: int) -> None:
    """in the morning, at the weekend, the past month, the day before."""
    after = source.word_at(index + 1)
    if after in _PARTS_OF_DAY or after == "weekend":
        placed = source.word_at(index - 1) in _BEFORE_DAY_PARTS
        if placed and not _is_wish(source, index + 1):
            source.add(AtomKind.DATE, source.starts[index], source.ends[index + 1])
    elif after in ("past", "last", "next", "following", "previous", "coming"):
        period = source.word_at(index + 2)
        if period in _PERIODS and source.adjoins(index + 1):
            source.add(AtomKind.DATE, source.starts[index], source.ends[index + 2])


_DAYS = word_set(
    "today tomorrow yesterday tonight noon midnight christmas easter thanksgiving halloween"
    " ramadan eid diwali hanukkah tmrw tmr weekdays weekends midday overnight"
)
_OFTEN = word_set(
    "daily weekly monthly yearly annually quarterly hourly biweekly nightly fortnightly"
)

TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(WEEKDAYS | _DAYS | _OFTEN, _named_day),
    **dict.fromkeys(MONTHS, _month),
    **dict.fromkeys(
        ["this", "next", "last", "every", "each", "all", "per", "following"], _relative
    ),
    **dict.fromkeys(["a", "an", "few", "couple", "several", "many"], _duration),
    "the": _the,
}
