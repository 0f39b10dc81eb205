"""Limits and demands on the form of the answer."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import MONTHS, NUMBER_WORDS, WEEKDAYS, word_set
from spsd_core.reading.source import Source, Trigger
from spsd_core.reading.types import AtomKind

__all__ = ["FORMAT_TRIGGERS", "LIMIT_TRIGGERS"]

_REACH = 3
_BREAKS = word_set("and but or because so if when then which please thanks thank")
_COUNTED = NUMBER_WORDS | word_set("a an the that this my")
_S = r"[ \t]{1,4}"


def _limit(source: Source, first: int, cue_last: int, reach: int = _REACH) -> None:
    """Note the limit whose cue is words `first` to `cue_last`, with the words it limits."""
    last = cue_last
    low = source.low
    while last < cue_last + reach and last + 1 < len(low) and low[last + 1] not in _BREAKS:
        if not source.same_clause(last):
            break
        last += 1
    source.add(AtomKind.LIMIT, source.starts[first], source.ends[last])


def _covered(source: Source, index: int) -> bool:
    found = source.found
    return bool(found) and found[-1][2] is AtomKind.LIMIT and found[-1][1] > source.starts[index]


def _is_number(word: str) -> bool:
    return word[:1].isdigit() or word in NUMBER_WORDS


def _at(source: Source, index: int) -> None:
    after = source.word_at(index + 1)
    if after in ("most", "least", "maximum", "minimum", "max", "min"):
        _limit(source, index, index + 1)
    elif after == "the" and source.word_at(index + 2) in ("most", "latest", "least", "earliest"):
        _limit(source, index, index + 2)


_COMPARATIVES = word_set(
    "more less fewer greater higher lower longer shorter bigger smaller larger older younger"
    " earlier later"
    " faster slower cheaper better worse exceed exceeding"
)
_RITUAL_COMPARED = word_set(
    "happy welcome glad grateful appreciated enough willing ok okay fine anything"
)


def _comparison(source: Source, index: int) -> None:
    than = source.word_at(index + 1) == "than"
    if not (than or source.low[index].startswith("exceed")) or _covered(source, index):
        return
    if source.word_at(index + 2) in _RITUAL_COMPARED:
        return
    first = index - 1 if source.word_at(index - 1) in ("no", "not") else index
    _limit(source, first, index + than)


def _number_follows(source: Source, index: int) -> None:
    """under, over, around, up to, top, last ... + a number."""
    last = index
    if source.low[index] == "up":
        if source.word_at(index + 1) != "to":
            return
        last += 1
    if last + 1 < len(source.low) and _is_number(source.low[last + 1]):
        if source.same_clause(last) or source.gap(last).strip() in ("$", "\u20ac", "\xa3", "~"):
            _limit(source, index, last + 1, 1)


def _plain(source: Source, index: int) -> None:
    if not _covered(source, index):
        _limit(source, index, index)


_RITUAL_ONLY = word_set("wanted want wondering wonder hoping hope asking curious wish")


def _only(source: Source, index: int) -> None:
    if source.word_at(index + 1) not in _RITUAL_ONLY and not _covered(source, index):
        _limit(source, index, index)


_JUST_LIMITS = NUMBER_WORDS | word_set(
    "the output return answer reply respond give provide list write tell show code yes your plain"
    " raw"
    " names print use those these this that send include say once for"
)
_NOT_JUST_A = word_set(
    "quick little small simple short question bit heads thought note minute second few"
)


def _just(source: Source, index: int) -> None:
    after = source.word_at(index + 1)
    beyond = source.word_at(index + 2)
    if after in ("a", "an"):
        limits = beyond not in _NOT_JUST_A
    else:
        limits = after in _JUST_LIMITS and not (after == "for" and beyond in ("fun", "clarity"))
    if limits and source.word_at(index - 1) not in ("was", "am", "i'm", "im", "been", "had"):
        _limit(source, index, index)


def _between(source: Source, index: int) -> None:
    """between 3 and 5, between Monday and Friday; not between two things."""
    for last in range(index + 2, min(index + 7, len(source.low) - 1)):
        if not source.same_clause(last - 1) and source.gap(last - 1).strip() not in ("$", "-"):
            return
        if source.low[last] in ("and", "to"):
            ends = source.low[index + 1 : last] + source.low[last + 1 : last + 3]
            if any(_is_number(word) or word in WEEKDAYS or word in MONTHS for word in ends):
                _limit(source, index, last, 2)
            return


_TIMES = (
    WEEKDAYS
    | MONTHS
    | word_set(
        "today tomorrow tonight yesterday noon midnight next eod cob eow monday's christmas"
        " easter morning"
        " evening then end thanksgiving"
    )
)


def _by(source: Source, index: int) -> None:
    """by, before, after, since + a time."""
    after = source.word_at(index + 1)
    if after == "may" and source.raw[index + 1] == "may":
        return
    beyond = source.word_at(index + 2)
    if after in ("the", "this"):
        if beyond in ("end", "beginning", "start", "time", "weekend", "morning", "evening"):
            _limit(source, index, index + 2)
    elif after[:1].isdigit() or (after in _TIMES and after != "then"):
        _limit(source, index, index + 1, 2 if after in ("end", "next") else 1)


def _to_limited(source: Source, index: int) -> None:
    """limited to, limit ... to, capped at, maximum, minimum, max."""
    low = source.low
    if low[index] in ("maximum", "minimum", "max", "min", "maximal"):
        first = index
        if index and _is_number(low[index - 1]) and source.adjoins(index - 1):
            first = index - 1
        _limit(source, first, index)
        return
    for last in range(index + 1, min(index + 5, len(low))):
        if not source.same_clause(last - 1):
            return
        if low[last] in ("to", "at"):
            _limit(source, index, last)
            return


LIMIT_TRIGGERS: dict[str, Trigger] = {
    "at": _at,
    **dict.fromkeys(_COMPARATIVES, _comparison),
    **dict.fromkeys(
        "under over below above within around approximately roughly nearly almost beyond past up"
        " top"
        " approx first last".split(),
        _number_follows,
    ),
    **dict.fromkeys(
        "exactly precisely strictly solely exclusively except excluding unless until till".split(),
        _plain,
    ),
    "only": _only,
    "just": _just,
    "between": _between,
    **dict.fromkeys("by before after since".split(), _by),
    **dict.fromkeys(
        "maximum minimum max min limit limited capped cap restrict restricted".split(), _to_limited
    ),
}

_LANGUAGES = (
    "english|french|spanish|german|italian|portuguese|dutch|polish|russian|ukrainian|chinese"
    "|mandarin|japanese"
    "|korean|arabic|hebrew|hindi|urdu|bengali|tamil|turkish|greek|latin|swedish|norwegian|danish"
    "|finnish|czech"
    "|hungarian|romanian|vietnamese|thai|indonesian|swahili|persian|farsi|british english"
    "|american english"
)
_PROGRAMMING = (
    r"python3?|java|javascript|typescript|c\+\+|c#|rust|golang|go|ruby|php|swift|kotlin|matlab"
    r"|sql|bash|html"
    "|css|react|scala|perl|julia|haskell|excel|latex"
)
_SHAPES = (
    "(?:[a-z]+[ -])?(?:tables?|bullet(?:ed)?(?:[ -](?:points?|lists?))?|bullets|point form"
    "|list(?: form(?:at)?)?"
    "|paragraphs?|sentences?|words?|lines?|essay|letter|email|report|outline|summary|checklist"
    "|diagram|chart"
    "|poem|haiku|story|script|tweet|json|yaml|xml|csv|html|markdown|latex|plain text|prose|verse"
    "|code block"
    "|dialogue|tabular form(?:at)?|nutshell|form(?:at)?)"
)
_TONES = (
    "formal|informal|casual|professional|friendly|polite|neutral|persuasive|humorous|funny"
    "|academic|scientific"
    "|conversational|concise|brief|short|simple|plain|clear|serious|empathetic|warm|cold"
    "|sarcastic|technical"
    "|layman's|laymans|lay|easy|creative|detailed|specific|honest|succinct|precise|realistic"
    "|poetic|objective"
)
_KINDS_OF_TONE = "tone|style|language|way|manner|voice|register|terms|words|english|format"
_EXTRAS = (
    "explanations?|comments?|commentary|preamble|intro(?:duction)?|jargon|markdown|code|examples?"
    "|emojis?|fluff"
    "|headings?|citations?|references?|sources?|bullet points|formatting|conclusion|disclaimers?"
    "|headers?"
    "|repetition|spoilers|extra text|additional text|other words|further text|quotes|apolog(?:y"
    "|ies)"
)
_ORDER = "order(?! to)|detail|depth|full|brief|short|general|caps|uppercase|lowercase|capitals|capital letters|person"

_FORMATS: dict[str, str] = {
    "in": rf"(?:an? |one |a single |the )?(?:following |correct |same )?(?:{_SHAPES})"
          rf"|(?:{_LANGUAGES})"
    rf"|(?:{_PROGRAMMING})(?!\w)|(?:an? |the |very |more |my own |your own |{_TONES})+(?: and"
    rf" (?:{_TONES}))?"
    rf" ?(?:{_KINDS_OF_TONE})|(?:your|my|his|her) own words|(?:all |great |more |the |some "
    rf"|alphabetical |chronological"
    rf"|reverse |ascending |descending |sorted |numerical |first |second |third |random"
    rf" )*(?:{_ORDER})"
    rf"|the (?:style|form|format|voice|manner|tone) of(?: \w+){{1,3}}|(?:\d+|\w+) (?:words?"
    rf"|sentences?|paragraphs?|lines?"
    r"|bullet points|pages?|steps?|points|bullets|parts|stanzas|verses|characters)(?: or (?:less"
    r"|fewer))?",
    "as": rf"(?:an? |one |a single |the )?(?:{_SHAPES})|(?:short|brief|concise|simple|detailed"
          rf"|long|clear|briefly"
    r"|clearly|concisely|simply|accurate|accurately|few|many|much|little) as (?:possible|you can"
    r"|needed|necessary|\w+)"
    r"|if (?:i'm|i am|i was|i were|you were|you are) .{0,24}?\b(?:old|child|kid|five|5|beginner"
    r"|expert|pirate)",
    "with": rf"(?:an? |some |real |real-world |concrete |simple |many |few |several |detailed "
            rf"|step-by-step )*(?:{_EXTRAS}"
    rf"|bullets?|a table|rhymes?|headings)|(?:only|just) (?:a |an |the )?\w+|(?:an?"
    rf" )?(?:{_TONES}) (?:tone|style|voice)",
    "using": rf"(?:an? |some |only |the |just )*(?:{_EXTRAS}|bullets?|tables?"
             rf"|(?:{_PROGRAMMING})(?!\w)|(?:{_TONES})"
    rf" (?:{_KINDS_OF_TONE})|(?:first|second|third)[ -]person)",
    "use": rf"(?:an? |some |only |the |just )*(?:{_EXTRAS}|bullets?|tables?|(?:{_TONES})"
           rf" (?:{_KINDS_OF_TONE})"
    r"|(?:first|second|third)[ -]person|british|american)",
    "without": rf"(?:any |using |further |additional |extra |an |a )*(?:{_EXTRAS})",
    "no": rf"(?:further |additional |extra |more |other )*(?:{_EXTRAS})",
    "bullet": r"points?|lists?|form(?:at)?",
    "bulleted": "lists?|points?|form(?:at)?",
    "numbered": "lists?|steps|points?|form(?:at)?",
    "step": r"by[ -]step",
    "word": r"for word|limit|count|by word",
    "line": r"by line",
    "side": r"by side",
    "point": r"by point|form",
    "one": r"by one|(?:word|sentence|paragraph|line|page)(?: (?:answer|only|summary|reply))?",
    "single": r"(?:word|sentence|paragraph|line|page|table|list)(?: (?:answer|only|summary"
              r"|reply))?",
    "like": r"(?:i'm|i am|im|i was|i were|you(?:'re| are|re)? (?:talking|explaining|speaking) to)"
            r" .{0,24}?\b(?:old|child|kid"
    r"|five|5|beginner|expert|student|idiot|dummy)|a (?:pirate|child|poem|story|poet|professional"
    r"|expert)",
    "for": r"(?:an? )?(?:absolute |complete |total )?(?:beginners?|dummies|kids|children|child"
           r"|newbies?|laym[ae]n|expert"
    r"|experts|(?:\w+)[ -]year[ -]olds?|(?:\w+)[ -]graders?)",
    "to": r"(?:an? )?(?:absolute |complete )?(?:beginner|child|kid|layman|(?:\w+)[ -]year[ -]old"
          r"|(?:\w+)[ -]grader)",
    "keep": rf"(?:it|this|the \w+|your \w+|answers?|them) (?:\w+ )?(?:{_TONES}|under|below|within"
            rf"|to)(?: and (?:{_TONES}))?",
    "make": rf"(?:it|this|the \w+|them|sure it's|sure it is) (?:\w+ )?(?:{_TONES}|shorter|longer"
            rf"|simpler|clearer|funnier"
    r"|rhyme)",
    "be": rf"(?:very |as |more |super |really )?(?:{_TONES}|thorough|accurate|critical"
          rf"|careful)(?!\w)(?: and (?:{_TONES}))?",
    "yes": r"or no",
    "tl": "dr",
    "short": "answers?|version|summary|form",
    "json": "format|object|only|array|schema|response",
    "table": "form(?:at)?",
    "tabular": "form(?:at)?",
    "list": "form(?:at)?",
    "markdown": "format|table|only",
    "first": "person",
    "third": "person",
    "plain": "text|english|language",
    "layman's": "terms",
    "laymans": "terms",
    "formal": _KINDS_OF_TONE,
    "informal": _KINDS_OF_TONE,
    "casual": _KINDS_OF_TONE,
    "professional": _KINDS_OF_TONE,
    "friendly": _KINDS_OF_TONE,
    "polite": _KINDS_OF_TONE,
    "academic": _KINDS_OF_TONE,
    "conversational": _KINDS_OF_TONE,
}
_ALONE = word_set(
    "briefly concisely succinctly verbatim tldr eli5 thoroughly stepwise bulleted rhyming"
)


def _pattern(word: str, pattern: str) -> re.Pattern[str]:
    """The demand that begins with `word`; a space in `pattern` is any small gap in a line."""
    spaced = pattern.replace("[ -]", " ").replace(" ", r"[ \t-]")
    return re.compile(rf"{word}[ \t-]{{1,3}}(?:{spaced})(?!\w)", re.IGNORECASE)


_PATTERNS = {word: _pattern(word, pattern) for word, pattern in _FORMATS.items()}


def _format(source: Source, index: int) -> None:
    start = source.starts[index]
    match = _PATTERNS[source.low[index]].match(source.flat, start)
    if match:
        source.add(AtomKind.FORMAT, start, match.end())


def _alone(source: Source, index: int) -> None:
    source.add(AtomKind.FORMAT, *source.span(index))


FORMAT_TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(_FORMATS, _format),
    **dict.fromkeys(_ALONE, _alone),
}
