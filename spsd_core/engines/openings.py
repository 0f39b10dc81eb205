"""Ways into a question or a request: courtesy in most sentences, a part of what is asked in some.

"I want to know how ..." asks, "I want to know more" has nothing else to say; "Can you show me ...?"
is a request, "Can you show dogs in a shop?" is none. The forms are listed here, with what has to
follow so that the rest can stand; which of the two a sentence is, the Reader says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from spsd_core.engines.courtesy import fold
from spsd_core.reading.sentences import split_sentences
from spsd_core.spans import Span

__all__ = ["Opening", "openings"]

_LEAD = (
    r"(?:(?:and|so|well|ok|okay|anyway|now|also|hi|hello|hey|basically|actually|oh)[, ]{1,2}){0,3}"
)
_ASIDE = r"(?:(?:just|also|really|then|now|still|actually|basically|honestly|simply) ){0,2}"
_SOFTLY = r"(?:(?:please|pl[sz]{1,3}|kindly|possibly|maybe|just|also) ){0,2}"
_YOU = r"(?:you|u|ya|anyone|someone|somebody|anybody)"
_ASKS = (
    r"(?= (?:what|what's|whats|how|how's|why|when|where|who|which|is|are|was|were|do|does|did|can"
    r"|could|should|would|will|has|have|am)\b)"
)
"""A question that stands by itself. "if" and "whether" hang on what stands before them."""
_FOR_ME = (
    r"(?=(?:give|show|send|help|tell|teach|make|write|explain to|walk|guide|advise|refer|direct"
    r"|point|mail|e-mail|email|inform|remind) (?:me|us)\b)"
)
"""What is asked of somebody for oneself. Any other verb may ask what one can do in general."""
_KNOWN = (
    "provide|suggest|recommend|explain|describe|summari[sz]e|advise|clarify|elaborate|outline"
    "|compare"
)
_SAY = rf"(?=(?:{_KNOWN})\b)"
"""What is asked of somebody who knows: nobody wonders whether one can recommend in general."""
_DO = (
    rf"(?=(?:{_KNOWN}|list|give|show|send|help|tell|teach|make|write|walk|translate|share|draft"
    r"|look|check|find|answer|create|generate|compute|calculate|name|include|add|use|address)\b)"
)
"""What an assistant is told to do, or thanked for."""
_GLAD = (
    r"(?:(?:grateful|thankful|obliged|indebted|glad|happy|pleased|delighted|appreciative)"
    r"|(?:great|nice|lovely|wonderful|helpful|good|awesome|amazing|fantastic|kind|cool|super))"
)
_VERY = (
    r"(?:(?:very|so|really|most|extremely|truly|much|eternally|greatly|deeply|forever|super) ){0,2}"
)
_OPENING_RE = re.compile(
    rf"(?P<lead>{_LEAD})(?:"
    rf"(?:i(?:'m|m| am| was|'ve been| have been)? |am |was )?{_ASIDE}wonder(?:ing|ed)?[,:]?{_ASKS}"
    rf"|(?:i|we)(?:'d|d| would| will)? {_ASIDE}(?:like to|want to|wanted to|wanna|need to|needed to"
    r"|love to|wish to|have to) (?:know|ask|find out|understand|learn|hear|inquire|enquire|clarify)"
    rf"(?: from you| you| please)?[,:]?{_ASKS}"
    r"|(?:(?:my|the|our) )?(?:(?:main|only|first|second|next|other|big|actual) )?"
    r"(?:question|query|doubt)s?(?: here)? (?:is|are|was)(?: this| the following| that"
    rf"| as follows)?[,: ]{{0,3}}{_ASKS}"
    rf"|(?:can|could|would|will|cud|cld) {_YOU} {_SOFTLY}{_FOR_ME}"
    rf"|(?:i|we|it|that)(?:'d| would|'ll| will|d) {_ASIDE}(?:be {_VERY}{_GLAD}"
    rf"|{_VERY}appreciate(?: it)?(?: very much| a lot| so much)?) (?:if|for) {_YOU}"
    rf" (?:can|could|would|will|might) {_SOFTLY}{_DO}"
    rf"|(?:i|we)(?:'d| would)? {_ASIDE}(?:like|want|need|request|beg|urge|ask) {_YOU} to"
    rf" {_SOFTLY}{_DO}"
    rf"|(?:i was |i'm |i am |we were |we are )?(?:wondering|hoping)(?: if| that)? {_YOU}"
    rf" (?:can|could|would|will|might) {_SOFTLY}{_SAY}"
    rf"|(?:is there (?:any|a|some) way|(?:i was |i'm |i am )?(?:wondering|hoping)(?: if| that)?)"
    rf" {_YOU} (?:can|could|would|will|might) {_SOFTLY}{_FOR_ME}"
    r")"
)
_BEFORE_RE = re.compile(r"(?:[^\s,;:.!?()\"]{1,24} ){0,3}[^\s,;:.!?()\"]{1,24}, ")
"""Up to four words set off by a comma: "To start, ", "If possible, "."""
# A form in the past, and what then happened: I wanted to ask, but she hung up.
_PAST_RE = re.compile(r"\b(?:wanted|needed|was|were|wondered)\b")
_TOLD_RE = re.compile(
    r"[\s,](?:(?:but|so|and|until|because) (?:i|we|he|she|they|it|you|nobody|then)\b"
    r"|but (?:the|my|a)\b|only to\b|and got\b|instead\b)"
)
_SUPPOSED_RE = re.compile(
    r"\bor (?:can|could|only|just|do|does|are|is|will|would|not|by|in)\b|\bif i (?:were|was)\b"
    r"|\bwithout (?:me|my|us)\b"
)
"""What one can or would do is asked, not that it be done: can you email me or only write here?"""
_LONGEST_TOLD = 200


class Opening(NamedTuple):
    """One way into a sentence."""

    span: Span
    form: Span
    """The span without a filler or greeting that leads up to it."""


def openings(text: str) -> Iterator[Opening]:
    """Where a sentence of `text` begins with such a form, and how far it reaches; linear.

    >>> text = "So, I was wondering, what is a fjord? Can you fish in one?"
    >>> [text[one.form.start : one.form.end] for one in openings(text)]
    ['I was wondering,']
    """
    folded = fold(text)
    for start, end in split_sentences(text):
        found = _OPENING_RE.match(folded, start, end)
        if found is None and (before := _BEFORE_RE.match(folded, start, end)) is not None:
            found = _OPENING_RE.match(folded, before.end(), end)
        if found is not None and not _is_told(folded, found, end):
            stop = found.end() - (folded[found.end() - 1] == " ")
            yield Opening(Span(found.start(), stop), Span(found.end("lead"), stop))


def _is_told(folded: str, found: re.Match[str], end: int) -> bool:
    """Whether it is told or supposed: I wanted to ask what she meant, but she hung up."""
    if _SUPPOSED_RE.search(folded, found.end(), end) is not None:
        return True
    if _PAST_RE.search(found[0]) is None or folded[end - 1] == "?":
        return False
    return _TOLD_RE.search(folded, found.end(), min(end, found.end() + _LONGEST_TOLD)) is not None
