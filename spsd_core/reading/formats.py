"""Demands on the form of the answer: as a table, in JSON, step by step, no explanation."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import word_set
from spsd_core.reading.source import Source, Trigger
from spsd_core.reading.types import AtomKind

__all__ = ["TRIGGERS"]

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


TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(_FORMATS, _format),
    **dict.fromkeys(_ALONE, _alone),
}
