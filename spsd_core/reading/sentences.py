"""Cutting a text into sentences and lines."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import word_set
from spsd_core.spans import Span

__all__ = ["FIELD_LABELS", "split_sentences"]

_LONGEST_OPENER = 16
_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
_MARKS = ".!?\u2026\u3002\uff01\uff1f"
_EMOJI = "\u2600-\u27bf\u2b50\u2b55\ufe0f\u200d\U0001f000-\U0001faff"
_EMOTICON = r"(?<![^\s.!?])[:;=]-?[)(DPp3](?![^\s.!?,])"
_FACES = rf"(?:[ \t]?(?:[{_EMOJI}]|{_EMOTICON}))*"

# A line break; a run of end marks with the closing marks and emoji that belong to it; or an
# emoji or emoticon, which ends a sentence where no end mark does ("thanks :) can you ...").
# It begins with one class of characters because the regex engine then skips quickly to them.
_CANDIDATE = re.compile(
    rf"[{_BREAKS}{_MARKS}:;={_EMOJI}](?:"
    rf"(?P<line>(?<=[{_BREAKS}]))"
    rf"|(?P<mark>(?<=[{_MARKS}])[{_MARKS}]*)[\"'\u201d\u2019\u00bb)\]*_]*{_FACES}"
    rf"|(?P<face>(?:(?<=[{_EMOJI}])|(?<=[:;=])(?<![^\s.!?].)-?[)(DPp3](?![^\s.!?,])){_FACES}))"
)

FIELD_LABELS = (
    "message|question|description|comments?|details|query|enquiry|inquiry|request|issue|problem"
)
"""Alternatives of a pattern: the labels of the fields of a form."""
# What follows a label on its line begins a sentence. A subject is no sentence, and stays with its
# label.
_LABEL = re.compile(
    rf"[ \t]*[*_]{{0,2}}(?:{FIELD_LABELS})[ \t]?:[*_]{{0,2}}[ \t]+(?=\S)", re.IGNORECASE
)

# Never the end of a sentence: something always follows.
_TITLES = word_set(
    "mr mrs ms mx dr prof sr st mt rev hon gen capt lt col sgt fr messrs mme mlle e.g i.e eg"
    " ie cf vs viz al approx dept est fig figs vol eq sec ed eds pp ph.d gov sen maj cmdr"
)
# The end of a sentence only where a capital follows.
_SHORTENED = word_set(
    "etc inc ltd co corp jr a.m p.m a.d b.c u.s u.k u.n u.s.a e.u d.c m.d b.a m.a min max hr"
    " hrs no nos tel ext misc jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues"
    " wed thu thurs fri ave blvd rd"
)
# Short forms that are also words ("no.", "co.", "sec."): short only before a digit.
_BEFORE_DIGIT = word_set("no nos fig figs vol eq sec pp ext tel est ed art arts sect ch para cl")
# Capitalised, they stand before a name: Rep. Green, Ft. Sumter.
_BEFORE_NAME = word_set("Rep Reps Sens Ft Mt Adm Pres Treas Supt")
# Before a capital they end a sentence only where the next word often begins one: "the U.S. Please"
# ends it, "the U.S. Congress" does not.
_BEFORE_NOUN = word_set("u.s u.k u.n e.u u.s.a d.c a.m p.m inc ltd co corp bros")
# After a full stop without a space ("Hello.I need"): only what is no file type or method.
_STARTERS = word_set(
    "I I'm I've Can Could Would Will Please Thank Thanks Hello Hi My It It's The This That"
    " What How Why Where When Who Is Are Do Does We You They He She There But And So If In"
)
_OPENERS = _STARTERS | word_set(
    "Any Also Our Sorry However After Before While For At On In As A An His Her Their Its Not No"
    " Yes Then Now Today Since Best Kind Regards Many Looking Hope Let Each Some All Most Both"
    " Another With Under During Although To From By It's That's I've I'd I'll We're You're Or Dear"
)
_POLITE_STARTERS = re.compile(r"please{1,12}|pl[sz]{1,24}|than(?:ks?|x)|thx|kindly")
_WORD_AFTER = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?(?=[\s,])")


def split_sentences(text: str) -> tuple[Span, ...]:
    """Sentences and lines of `text`, in order; together they hold every character but spaces.

    A line break always ends a sentence, and so does a label such as `Message:`. Spaces before,
    between and after belong to none.
    Linear in the length of `text`; never raises.
    """
    spans: list[Span] = []
    start = _after_label(spans, text, 0)
    for candidate in _CANDIDATE.finditer(text):
        kind = candidate.lastgroup
        begin, end = candidate.span()
        if kind == "line":
            if begin > start:
                _append(spans, text, start, begin)
            start = _after_label(spans, text, end)
        elif (
            _ends_sentence(text, start, candidate) if kind == "mark" else text[end : end + 1] == " "
        ):
            _append(spans, text, start, end)
            start = end
    _append(spans, text, start, len(text))
    return tuple(spans)


def _after_label(spans: list[Span], text: str, start: int) -> int:
    """Where the line that begins at `start` goes on after its label, which is a span of its own."""
    label = _LABEL.match(text, start)
    if label is None:
        return start
    _append(spans, text, start, label.end())
    return label.end()


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    bare = piece.lstrip()
    if bare:
        start += len(piece) - len(bare)
        spans.append(Span(start, start + len(bare.rstrip())))


def _ends_sentence(text: str, start: int, candidate: re.Match[str]) -> bool:
    end, mark_end = candidate.end(), candidate.end("mark")
    marks = text[candidate.start() : mark_end]
    after = text[end : end + 4]
    if marks[-1] in "\u3002\uff01\uff1f":
        return True
    if after and not after[0].isspace():
        return end == mark_end and _glued(text, start, candidate.start(), end)
    following = after.lstrip()[:1]
    if end > mark_end and following.islower():
        # `"Stop!" he said`, `(really?) and`: the sentence goes on after the closing mark.
        return text[mark_end].isspace() or text[mark_end] > "\u2600"
    if "!" in marks or "?" in marks:
        return True
    if len(marks) > 1 or marks == "\u2026":
        return not following.islower() or after.lstrip()[:2] in ("i ", "i'", "i\u2019")
    return not _is_abbreviation(text, start, candidate.start(), text[end : end + _LONGEST_OPENER])


def _word_before(text: str, start: int, position: int) -> str:
    """The end of the word before `position`, at most 24 characters of it."""
    before = text[max(start, position - 24) : position]
    if not before or before[-1].isspace():
        return ""
    return before.rsplit(None, 1)[-1].lstrip("([{\"'\u201c\u2018*_")


def _is_abbreviation(text: str, start: int, position: int, after: str) -> bool:
    word = _word_before(text, start, position)
    next_word = _WORD_AFTER.match(after.lstrip() + " ")
    following = after.lstrip()[:1]
    if len(word) == 1 or word.isdigit():
        # "1. First item", "a. First"; the bound keeps the look back short
        opens = position - start <= 40 and text[start:position].strip() == word and len(word) <= 3
        initial = word.isupper() and word != "I" and following.isupper()  # "J. Smith"
        return opens or initial or (len(word) == 1 and following.isdigit())  # "p. 5"
    low = word.casefold()
    if low in _BEFORE_DIGIT:
        return following.isdigit()
    if low in _TITLES or (word in _BEFORE_NAME and following.isupper()):
        return True
    if low in _BEFORE_NOUN and following.isupper() and next_word is not None:
        return next_word[0] not in _OPENERS
    if low in _SHORTENED:
        return following.islower() or following.isdigit() or following == "("
    # J.R.R, u.s.a: letters with stops between; the sentence ends there only before a capital
    return "." in word and following.islower() and all(len(part) == 1 for part in word.split("."))


def _glued(text: str, start: int, position: int, end: int) -> bool:
    """Whether a sentence ends although no space follows ("Hello.I need", "Really?Yes")."""
    if not text[end].isalpha():
        return False
    apart = position > start and text[position - 1] == " "  # "no help .please tell me"
    word = _word_before(text, start, position - apart)
    if not word.isalpha():
        return False
    if text[end - 1] in "!?" and text[end].isupper():
        return True
    starter = _WORD_AFTER.match(text, end)
    if len(word) < 2 or starter is None:
        return False
    polite = _POLITE_STARTERS.fullmatch(starter[0].lower())
    return polite is not None or starter[0] in _STARTERS
