"""Ways into a question or a request: courtesy in most sentences, a part of what is asked in some.

"Can you explain ...?" asks for an explanation, "Can you translate tax law with it?" does not; "I
want to know how ..." asks, "I want to know more" has nothing else to say. The forms are listed
here, with what has to follow so that the rest can stand; which of the two a sentence is, the
Reader says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from spsd_core.engines.courtesy import fold
from spsd_core.reading.sentences import split_sentences
from spsd_core.spans import Span

__all__ = ["openings"]

_LEAD = (
    r"(?:(?:and|so|but|well|ok|okay|anyway|now|also|hi|hello|hey|basically|actually|oh)[, ]{1,2})"
    r"{0,3}"
)
_ASIDE = r"(?:(?:just|also|really|only|then|now|still|actually|basically|honestly|simply) ){0,2}"
_SOFTLY = r"(?:(?:please|pl[sz]{1,3}|kindly|possibly|maybe|just|also) ){0,2}"
_YOU = r"(?:you|u|ya|anyone|someone|somebody|anybody)"
_ASKS = (
    r"(?= (?:what|what's|whats|how|how's|why|when|where|who|which|is|are|was|were|do|does|did|can"
    r"|could|should|would|will|has|have|am)\b)"
)
"""A question that stands by itself. "if" and "whether" hang on what stands before them."""
_DOES = (
    r"(?=(?:help|tell|explain|give|show|suggest|recommend|describe|provide|advise|list|write"
    r"|create|make|generate|summari[sz]e|check|find|come up|translate|send|share|clarify|guide"
    r"|let|outline|compare|elaborate|walk|teach|name|identify|draft|fix|add|convert|rewrite"
    r"|break)\b)"
)
"""What is asked of an assistant."""
_OPENING_RE = re.compile(
    rf"{_LEAD}(?:"
    rf"(?:i(?:'m|m| am| was|'ve been| have been)? |am |was )?{_ASIDE}wonder(?:ing|ed)?[,:]?{_ASKS}"
    rf"|(?:i|we)(?:'d|d| would| will)? {_ASIDE}(?:like to|want to|wanted to|wanna|need to|needed to"
    r"|love to|wish to|have to) (?:know|ask|find out|understand|learn|hear|inquire|enquire|clarify)"
    rf"(?: from you| you| please)?[,:]?{_ASKS}"
    r"|(?:(?:my|the|our) )?(?:(?:main|only|first|second|next|other|big|real|actual) )?"
    r"(?:question|query|doubt)s?(?: here)? (?:is|are|was)(?: this| the following| that"
    rf"| as follows)?[,: ]{{0,3}}{_ASKS}"
    rf"|(?:can|could|would|will|cud|cld) {_YOU} {_SOFTLY}{_DOES}"
    r"|(?:is there (?:any|a|some) way|do you think|(?:i was |i'm |i am )?(?:wondering|hoping)"
    rf"(?: if| that)?) {_YOU} (?:can|could|would|will|might) {_SOFTLY}{_DOES}"
    rf"|(?:would|will) {_YOU} be able to {_SOFTLY}{_DOES}"
    rf"|(?:i|we)(?:'d|d| would| will)? {_ASIDE}(?:like|want|need|love|wish)(?: for)? you to(?= \w)"
    r")"
)
_BEFORE_RE = re.compile(r"(?:[^\s,;:.!?()\"]{1,24} ){0,3}[^\s,;:.!?()\"]{1,24}, ")
"""Up to four words set off by a comma: "To start, ", "If possible, "."""


def openings(text: str) -> Iterator[Span]:
    """Where a sentence of `text` begins with such a form, and how far it reaches; linear.

    >>> text = "I was wondering, what is a fjord? Can you fish in one?"
    >>> [text[start:end] for start, end in openings(text)]
    ['I was wondering,']
    """
    folded = fold(text)
    for start, end in split_sentences(text):
        found = _OPENING_RE.match(folded, start, end)
        if found is None and (before := _BEFORE_RE.match(folded, start, end)) is not None:
            found = _OPENING_RE.match(folded, before.end(), end)
        if found is not None:
            yield Span(found.start(), found.end() - (folded[found.end() - 1] == " "))
