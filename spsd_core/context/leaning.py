"""Which units of a passage cannot be understood without which others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from spsd_core.context.layout import UnitKind
from spsd_core.context.qualifying import frames, qualifies, qualifies_from_afar
from spsd_core.context.units import Unit

__all__ = ["anchors"]

_POINTS_BACK = re.compile(
    r"[\"'\u201c\u2018(]?(?:(?:and|but|so|then|however,?|also,?|moreover,?|thus,?|hence,?"
    r"|in addition,?|for example,?|as a result,?|because of this,?)[ ]+)?"
    r"(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|such|both"
    r"|neither|the[ ](?:former|latter|same|other|others|two|second)"
    r"|(?:one|some|many|most|all|each|none|several)[ ]of[ ](?:them|these|those|which)|here"
    r"|otherwise|instead|if[ ](?:so|not)|in[ ](?:this|that|these|those|such|either|both)[ ]cases?)"
    r"\b",
    re.IGNORECASE,
)
_FOLLOWS_FROM = re.compile(
    r"(?:it|they|he|she|this|that|these|those)[ ](?:is|was|seems?|appears?)[ ](?:that|to|clear"
    r"|known|likely|possible|important|estimated|believed|said|thought)\b",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(r"[\"'\u201c\u2018(]?[a-z][a-z]|\(\d")
"""How what is no sentence of its own begins: with a small letter, or a number in brackets."""
_ANNOUNCES = re.compile(
    r"\b(?:follow\w*|below|these|steps?|lists?|listed|tables?|includ\w+|such as|examples?)\b",
    re.IGNORECASE,
)
_SHAPE = r"[A-Z][A-Za-z0-9&-]*[A-Z][A-Za-z0-9&-]*"
_EXPANDED = re.compile(rf"\(({_SHAPE}?)s?[);,]")
_EXPANDS = re.compile(rf"(?<![\w-])({_SHAPE})[ ]\(([A-Za-z])[a-z]+[ ]\w")
_SHORT_FORM = re.compile(rf"(?<![\w-]){_SHAPE}(?![\w-])")
_BULLET = re.compile(r"\W*(?:[0-9a-z]{1,2}[.)][ \t]+)?")
_NOTE_MARK = (
    r"\*{1,3}|[\u2020\u2021\u00a7]{1,2}|[\u00b9\u00b2\u00b3\u2070-\u2079]{1,2}|\[\^[\w-]{1,20}\]"
)
_FOOTNOTE = re.compile(rf"^[ \t]*({_NOTE_MARK})(?!\*):?[ \t]*(?=\w)", re.MULTILINE)
_REFERENCE = re.compile(rf"(?<=[\w.,;:!?%)\"'\u201d\u20ac$])({_NOTE_MARK})(?![\w*])")
_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2})*")
_PLAIN_TITLE, _QUESTION = 7, 8
"""Levels of headings that show none; Markdown has six."""
_CLOSING = "*_\"'\u201d\u2019) "
"""Marks that may stand behind the last mark of a sentence."""
_LAID_OUT = (UnitKind.LIST, UnitKind.TABLE)
_SHORT_BLOCK = 600
"""Characters up to which a list or a table comes with the sentence right above it."""
_LIMITING_TITLE = re.compile(
    r"\b(?:exceptions?|exclusions?|limits?|limitations?|restrictions?|warnings?|caution|caveats?"
    r"|important|notes?|corrections?|errata|erratum|not included)\b",
    re.IGNORECASE,
)
_FARTHEST = 2
"""How many units back a chain of "It ..." is followed."""


def anchors(passage: str, units: Sequence[Unit]) -> tuple[tuple[int, ...], ...]:
    """For each unit those of the passage that it cannot be understood without, by their places.

    The sentence before one that begins by pointing back ("It also ..."), and so on up to two
    sentences; the question before an answer, and the answer behind a question; what a colon opens,
    and the other way round; so with the sentence right above a short list or table; the sentence
    that announces code; the heading above; where a short form is spelled out ("the European Court
    of Justice (ECJ)"). The sentence behind one that limits it or takes it back ("Except on
    Sundays."), so that what stays never says the opposite of the whole; so with a heading that
    names exceptions; its footnote ("* For members."); and what says that it is an error or a
    thought.
    """
    texts = [passage[unit.start : unit.end] for unit in units]
    homes = _homes(texts)
    above = _above(units, texts)
    notes = _footnotes(texts)
    found: list[tuple[int, ...]] = []
    for place, text in enumerate(texts):
        needed = set(_before(units, texts, place))
        if (heading := above[place]) is not None:
            needed.add(heading)
        if place + 1 < len(units) and _leads_on(units, texts, place):
            needed.add(place + 1)
        if homes:
            needed.update(homes[word] for word in _SHORT_FORM.findall(text) if word in homes)
        if notes:
            needed.update(notes[mark] for mark in _REFERENCE.findall(text) if mark in notes)
        needed.update(_behind(units, texts, place))
        needed.discard(place)
        found.append(tuple(sorted(needed)))
    return tuple(found)


def _homes(texts: Sequence[str]) -> dict[str, int]:
    """Where each short form is spelled out first."""
    homes: dict[str, int] = {}
    for place, text in enumerate(texts):
        if "(" not in text:
            continue
        for match in _EXPANDED.finditer(text):
            homes.setdefault(match[1], place)
        for match in _EXPANDS.finditer(text):
            if match[1][0] == match[2].upper():
                homes.setdefault(match[1], place)
    return homes


def _footnotes(texts: Sequence[str]) -> dict[str, int]:
    """Where the footnote of each mark is; a mark at the head of many lines is that of a list."""
    found: dict[str, int] = {}
    many: set[str] = set()
    for place, text in enumerate(texts):
        for match in _FOOTNOTE.finditer(text):
            if match[1] in found:
                many.add(match[1])
            found[match[1]] = place
    return {mark: place for mark, place in found.items() if mark not in many}


def _above(units: Sequence[Unit], texts: Sequence[str]) -> list[int | None]:
    """The heading each unit stands below: of a heading the nearest of a higher level."""
    open_headings: list[tuple[int, int]] = []
    found: list[int | None] = []
    for place, (unit, text) in enumerate(zip(units, texts)):
        if unit.kind is UnitKind.HEADING:
            level = _level(text)
            while open_headings and open_headings[-1][0] >= level:
                open_headings.pop()
            found.append(open_headings[-1][1] if open_headings else None)
            open_headings.append((level, place))
        else:
            found.append(open_headings[-1][1] if open_headings else None)
    return found


def _level(heading: str) -> int:
    if heading[0] == "#":
        return len(heading) - len(heading.lstrip("#"))
    if heading[0] == "\\":
        return 1 + heading.count("sub", 0, 12)
    if heading[0] == "=":
        return len(heading) - len(heading.lstrip("="))
    if heading[-1] in "=-~^" and "\n" in heading.replace("\r", "\n"):  # underlined
        return 1 + "=-~^".index(heading[-1])
    if number := _NUMBER.match(heading):
        return 1 + number[0].count(".")
    return _QUESTION if heading.rstrip("*_\"' ").endswith("?") else _PLAIN_TITLE


def _before(units: Sequence[Unit], texts: Sequence[str], place: int) -> Iterator[int]:
    at = place
    while at > 0 and place - at < _FARTHEST and _leans(units, texts, at):
        at -= 1
        yield at


def _leads_on(units: Sequence[Unit], texts: Sequence[str], place: int) -> bool:
    """Whether a unit says nothing without the one behind it."""
    text = texts[place].rstrip(_CLOSING)
    if units[place + 1].kind is UnitKind.HEADING or units[place].kind is UnitKind.HEADING:
        return text.endswith(":")
    return text.endswith((":", "?")) or (
        units[place].kind is UnitKind.SENTENCE
        and units[place + 1].kind in _LAID_OUT
        and len(texts[place + 1]) <= _SHORT_BLOCK
    )


def _behind(units: Sequence[Unit], texts: Sequence[str], place: int) -> Iterator[int]:
    """The units behind one that may limit it or take it back: the next, seldom the one after."""
    if units[place].kind is UnitKind.HEADING:
        return
    for after in range(place + 1, min(place + 1 + _FARTHEST, len(units))):
        text = texts[after]
        if units[after].kind is UnitKind.LIST and after == place + 1:
            text = _BULLET.sub("", text, count=1).partition("\n")[0]
        elif units[after].kind is UnitKind.HEADING and _LIMITING_TITLE.search(text):
            yield from range(after, min(after + 2, len(units)))
            return
        elif units[after].kind is not UnitKind.SENTENCE:
            return
        if qualifies(text) if after == place + 1 else qualifies_from_afar(text):
            yield after


def _leans(units: Sequence[Unit], texts: Sequence[str], place: int) -> bool:
    """Whether a unit needs the one before it."""
    kind, text, before = units[place].kind, texts[place], texts[place - 1]
    if UnitKind.HEADING in (kind, units[place - 1].kind):
        return False
    if before.rstrip(_CLOSING).endswith((":", "?")):
        return True
    if frames(before):
        return True
    if kind in _LAID_OUT and units[place - 1].kind is UnitKind.SENTENCE:
        return True
    if kind is not UnitKind.SENTENCE:
        announced = _ANNOUNCES.search(before) is not None or before[-1] not in ".!?"
        return announced and units[place - 1].kind is UnitKind.SENTENCE
    if _UNFINISHED.match(text):
        return True
    if _FOLLOWS_FROM.match(text):
        return False
    return _POINTS_BACK.match(text) is not None
