"""How the phrases combine: several in a row, before, after and inside what a sentence says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from spsd_core.engines.courtesy.apologies import (
    APOLOGY,
    BARE_APOLOGY,
    KNOW_BUSY,
    MODEST_QUESTION,
)
from spsd_core.engines.courtesy.closings import CLOSING, FAREWELL, HOPE_OF_HELP
from spsd_core.engines.courtesy.fillers import FILLER_RE, OPENING_FILLER_RE
from spsd_core.engines.courtesy.greetings import (
    GREETING,
    HOW_ARE_YOU,
    NAMED_GREETING_RE,
    WELL_WISH,
)
from spsd_core.engines.courtesy.requests import (
    COMMA_PLEASE_RE,
    FREE_TIME,
    IF_YOU_COULD_RE,
    PERMISSION,
    PLEASE_COMMA,
    PLEASE_RE,
    PLEASING,
    REQUEST,
)
from spsd_core.engines.courtesy.thanks import APPRECIATION, PRAISE, THANKS
from spsd_core.engines.courtesy.vocabulary import INSTEAD
from spsd_core.spans import Span

__all__ = ["courtesy_after", "courtesy_before", "courtesy_inside", "is_emphatic"]

_MOST_UNITS = 8
_REACH = 300
"""Characters from the end of a sentence in which closing courtesy is looked for."""

_FREE = (GREETING, HOW_ARE_YOU, WELL_WISH, APOLOGY, APPRECIATION, PERMISSION)
_BOUND = (
    MODEST_QUESTION,
    KNOW_BUSY,
    HOPE_OF_HELP,
    FAREWELL,
    CLOSING,
    FREE_TIME,
    PLEASE_COMMA,
    PRAISE,
    BARE_APOLOGY,
)
_UNIT = rf"(?:(?P<free>{'|'.join(_FREE)})|(?P<thanks>{THANKS})|(?P<bound>{'|'.join(_BOUND)}))(?!['-]?\w)"
"""One phrase. Free ones may run on into a clause; bound ones need a mark or "but" after them."""

_FACE = r"(?:[:;=]-?[dp]\b|<3|\^\^|\bxd\b)"
_SEPARATORS = r"[\s,;:.!?~*_()\-–—…\"=\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F\u200D]{0,60}"
_BETWEEN_RE = re.compile(rf"{_SEPARATORS}(?:{_FACE}{_SEPARATORS}){{0,3}}")
_MARK_RE = re.compile(r"[,;:.!?~–—…)\U0001F300-\U0001FAFF\u2600-\u27BF]|(?:^|\s)-+(?:\s|$)")
_CONJUNCTION_RE = re.compile(r"(?:and|but|so|oh|&|also)(?![\w'])[\s,]{0,3}")
_BEFORE_REQUEST_RE = re.compile(
    r"(?:(?:also|additionally|furthermore|finally|lastly|then|next)\s{1,2}|(?:[^\s,;:.!?()\"]{1,24}\s{1,2}){0,3}[^\s,;:.!?()\"]{1,24},\s{1,2})"
)
"""Up to four words set off by a comma ("Anna, ", "If possible, "): what follows may be a frame."""
_CLAUSE_RE = re.compile(
    r"(?:i|i'm|im|i've|ive|i'd|i'll|my|we|we're|we've|our|the|this|these|there|it|now|next|can|could|how|what|what's|whats|why|when"
    r"|where|where's|which|who|is (?:it|there|this|that|the|my|your|anyone|anybody|someone)|are (?:there|you|we|they|the)"
    r"|do (?:i|you|we|they)|does (?:it|this|that|the|my|anyone)|did|if|please|pls|plz|would|need|want|help|tell|give|explain|show"
    r"|make|write|list|create|compare|just|so)(?![\w'-])"
)

_DETERMINER_RE = re.compile(r"(?:my|our|the|this|these|just)\b")

_APART_RE = re.compile(
    r"[,;–—…!.(-]{1,4}\s{0,2}(?:(?:and|so|but)\s{1,2})?"
    r"(?=please|pl[sz]|many|much|th|tnx|ty|tks|tia|cheers|i |i'|we |any |all |your |ap{1,2}r[ei]c|great|high|sorry|sory|ap{1,2}olog|hope|hoping"
    r"|have a|look|best r|kind|warm|regards|god bless|that w|that'd|it would be)"
)
"""Where closing courtesy may begin after a mark."""
_LOOSE_WORDS = (" pl", " thank", " thans", " thanx", " thn", " thx", " tnx", " ty", " tks", " tia")
_LOOSE_RE = re.compile(
    r"\s{1,2}(?:(?:and|many)\s{1,2})?(?=pl[esz]|than[ksx]|th[nx]|tnx|ty|tks|tia)"
)
"""Where it may begin without one, and what it begins with."""
_NOT_LOOSE_AFTER = frozenset(
    "say said says saying to a the my your his her their our of or word words big no with give gave giving mean means"
    " wrote write reply told than as in just only not never without you i they she he we is was can could will would"
    " should must may and please pls plz yes".split()
)
"""After these words "thanks" or "please" is part of what is said ("say thanks", "as you please")."""
_PLEASE_ALONE_RE = re.compile(r"(?:please{0,6}|pl[sz]{1,12}|kindly)(?!['-]?\w)")
_THAT_WOULD_RE = re.compile(r"\s{0,2},?\s{1,2}(?=that|it would|i'd|i would|we'd|we would|i'll)")
_WOULD_RE = re.compile(r"i |i'|we |that|it |any|all|your|ap{1,2}r[ei]c")
_IF_RE = re.compile(r"\bif\b")
_PAST_RE = re.compile(r"\b(?:was|were|wanted|asked|hoped|would have)\b")
_REPROACH_RE = re.compile(rf"[^.!?]{{1,300}}{INSTEAD}")
_STOP_RE = re.compile(r"\s{0,2}[.!…]{1,4}(?=\s|\w)")
_BRACKET_RE = re.compile(r"[\s.!~]{0,4}\)")
_END_RE = re.compile(
    r"[\s.!?)~*\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F\u200D]*(?:[:;]-?[dp)(]+\s*)?\Z"
)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Compiled on first use: the two large patterns take a few hundredths of a second."""
    return re.compile({"unit": _UNIT, "request": REQUEST}[name])


def courtesy_before(text: str, folded: str, start: int, end: int, *, fillers: bool = False) -> int:
    """Where the courtesy at the beginning of a sentence ends; `start` where there is none.

    `end` where the sentence is courtesy and nothing else.
    """
    cut = start
    place = _skip(folded, start, end)
    for _ in range(_MOST_UNITS):
        unit = _pattern("unit").match(folded, place, end)
        opening = _opening(text, folded, place, end, fillers)
        if unit is not None and unit.end() >= opening:
            after = _skip(folded, unit.end(), end)
            if after == end:
                return end
            next_place, ends = _after_unit(folded, unit, after, end)
            if ends or opening == place:
                place = next_place
                cut = place if ends else cut
                if place == unit.end():
                    break
                continue
        if opening == place:
            break
        cut = place = opening
    return cut if cut == start or _is_balanced(folded, start, cut) else start


def _opening(text: str, folded: str, place: int, end: int, fillers: bool) -> int:
    """The end of a request's courteous frame, of a greeting before a name, of a filler."""
    match = _request(folded, place, end)
    if match is None and folded[place : place + 1] in ("h", "d", "g"):
        match = NAMED_GREETING_RE.match(text, place, end)
    if match is None and fillers:
        match = OPENING_FILLER_RE.match(folded, place, end)
    if match is None or match.end() >= end or is_emphatic(text, match.start(), match.end(), end):
        return place
    return match.end()


def is_emphatic(text: str, start: int, stop: int, end: int) -> bool:
    """Whether capitals stress a word ("PLEASE stop") in a sentence that is not all capitals."""
    if not text[start:stop].isupper():
        return False
    return any(text[place].islower() for place in range(stop, min(end, stop + 80)))


def _is_balanced(folded: str, start: int, stop: int) -> bool:
    """Whether a cut takes no bracket or mark of emphasis without its partner."""
    opened, closed = folded.count("(", start, stop), folded.count(")", start, stop)
    return opened == closed and folded.count("*", start, stop) % 2 == 0


def _after_unit(folded: str, unit: re.Match[str], after: int, end: int) -> tuple[int, bool]:
    """Where to go on after a phrase, and whether the courtesy may end there."""
    marked = _MARK_RE.search(folded, unit.end(), after) is not None
    conjunction = _CONJUNCTION_RE.match(folded, after, end)
    place = conjunction.end() if conjunction else after
    if place == end:
        return unit.end(), False
    if marked:
        return place, True
    if after == unit.end():
        return unit.end(), False
    if conjunction is not None and conjunction[0].startswith("but"):
        return place, True
    if unit["measured"] and _DETERMINER_RE.match(folded, place, end):
        return place, False  # "thanks so much for reading" may go on: "my letter"
    runs_on = unit["free"] or unit["measured"]
    return place, bool(runs_on) and _CLAUSE_RE.match(folded, place, end) is not None


def courtesy_after(folded: str, start: int, end: int) -> tuple[Span, ...]:
    """Courtesy at the end of a sentence, and the "if you could" that belongs to it.

    The closing punctuation of the sentence is left.
    """
    conditional = IF_YOU_COULD_RE.match(folded, start, end)
    window = max(start, end - _REACH)
    if conditional is not None:
        for opening in _THAT_WOULD_RE.finditer(folded, conditional.end(), end):
            close = _units_to_end(folded, opening.end(), end)
            if close:
                return Span(start, conditional.end()), Span(opening.start(), close)
    for opening in _APART_RE.finditer(folded, window, end):
        close = _units_to_end(folded, opening.end(), end)
        span = _set_apart(folded, start, end, opening, close) if close else None
        if span is not None:
            return (span,)
    tail = folded[window:end]
    if not any(word in tail for word in _LOOSE_WORDS):
        return ()
    for opening in _LOOSE_RE.finditer(folded, window, end):
        if _word_before(folded, start, opening.start()) not in _NOT_LOOSE_AFTER:
            close = _units_to_end(folded, opening.end(), end)
            if close:
                return (Span(opening.start(), close),)
    return ()


def _set_apart(
    folded: str, start: int, end: int, opening: re.Match[str], close: int
) -> Span | None:
    """The cut for courtesy that a mark sets apart, or None where more hangs on it."""
    begin = opening.start()
    if begin <= start or _word_before(folded, start, begin) in ("say", "said", "says", "saying"):
        return None
    if folded[begin] == "-" and not folded[begin - 1].isspace():
        return None
    if _WOULD_RE.match(folded, opening.end(), end) and _IF_RE.search(folded, start, begin):
        return None  # "if you have more, I would appreciate it": half of what is said
    stop = _STOP_RE.match(folded, begin, end)
    if stop is not None:  # a full stop that ended no sentence is kept
        return Span(stop.end(), end)
    if "(" in opening[0]:
        bracket = _BRACKET_RE.match(folded, close, end)
        return Span(begin, bracket.end()) if bracket else None
    return Span(begin, close)


def _word_before(folded: str, start: int, place: int) -> str:
    words = folded[max(start, place - 12) : place].rsplit(None, 1)
    return words[-1] if words else ""


def _request(folded: str, place: int, end: int) -> re.Match[str] | None:
    """The courteous frame of a request at `place`; a reproach has none: I was hoping you could
    recommend something, but you only gave me ads."""
    found = _pattern("request").match(folded, place, end)
    if found is None or _PAST_RE.search(found[0]) is None:
        return found
    return None if _REPROACH_RE.match(folded, found.end(), end) else found


def _units_to_end(folded: str, place: int, end: int) -> int:
    """The end of the last of the phrases that fill the rest of the sentence, or 0."""
    for _ in range(_MOST_UNITS):
        unit = _pattern("unit").match(folded, place, end) or _PLEASE_ALONE_RE.match(
            folded, place, end
        )
        if unit is None:
            return 0
        if _END_RE.match(folded, unit.end(), end):
            return unit.end()
        place = _skip(folded, unit.end(), end)
        conjunction = _CONJUNCTION_RE.match(folded, place, end)
        place = conjunction.end() if conjunction else place
    return 0


def courtesy_inside(folded: str, start: int, end: int, *, fillers: bool = False) -> Iterator[Span]:
    """The word "please" wherever it stands, request frames after "also" or a name, fillers."""
    before = _BEFORE_REQUEST_RE.match(folded, start, end)
    request = _request(folded, before.end(), end) if before else None
    if request is not None and not _may_please(folded, start, request.start()):
        yield Span(*request.span())
    for match in COMMA_PLEASE_RE.finditer(folded, start, end):
        yield Span(*match.span())
    for match in PLEASE_RE.finditer(folded, start, end):
        if not _may_please(folded, start, match.start()):
            yield Span(*match.span())
    if fillers:
        for match in FILLER_RE.finditer(folded, start, end):
            yield Span(*match.span())


def _may_please(folded: str, start: int, place: int) -> bool:
    """Whether "please" may be the verb here, a part of a word, or a plea repeated."""
    before = folded[place - 1 : place]
    word = _word_before(folded, start, place)
    return before.isalnum() or before in {"-", "'"} or word in PLEASING or word.endswith("n't")


def _skip(folded: str, place: int, end: int) -> int:
    match = _BETWEEN_RE.match(folded, place, end)
    return match.end() if match else place
