"""Questions, direct and indirect; ritual ones ("How are you?") are none."""

from __future__ import annotations

import re
from bisect import bisect_left

from spsd_core.reading.lexicon import FUNCTION_WORDS, REQUEST_WORDS, word_set
from spsd_core.reading.negation import is_ritual
from spsd_core.reading.source import Source
from spsd_core.reading.stemming import stem
from spsd_core.reading.types import AtomKind
from spsd_core.spans import Span, overlaps

__all__ = ["find_questions"]

_INTERROGATIVES = word_set("what how why when where who whom whose which whether")
_NEGATORS = word_set("not no never can't cannot don't doesn't isn't won't didn't without")
_THANKS = word_set(
    "thanks thank thx ty advance appreciate appreciated grateful gratitude regards sorry"
    " bother bothering disturb disturbing cheers favor favour"
)
_UNASKED = FUNCTION_WORDS | REQUEST_WORDS | _THANKS
_RITUAL_REST = word_set("too much trouble to ask mind hesitate bother you worry me asking")
_GREETINGS = word_set("hi hello hey hiya heya dear greetings yo good")
_LONGEST_GREETING = 4  # words after the first
_LONGEST_RITUAL = 120
_QUESTION_END = re.compile(r"\?[!?\s\"')\]*_\u201d\u2019\U0001F300-\U0001FAFF\u2600-\u27bf.:;]*\Z")

_ADDRESS = (
    r"(?:(?:hi+|hey+|hello+|hiya|oh|so|ok|okay|and|well|good (?:morning|afternoon|evening|day))[ ,!.]+"
    r"(?:(?:there|all|everyone|team|guys|folks|friend|buddy|[a-z]+,)[ ,!.]+)?){0,2}"
)
_RITUAL = re.compile(
    rf"{_ADDRESS}(?:"
    r"how(?:'s| is| are|s|'re)? (?:you|u|ya|y'all|things|everything|everyone|life|it|your (?:day|week|morning|evening))"
    r"(?: all| guys| both)?(?: (?:doing|going|feeling|been|so far|holding up|treating you))*"
    r"(?: (?:today|lately|tonight|these days|this (?:fine |lovely )?(?:morning|evening|afternoon|week|day)))?"
    r"|how have you been|how do you do|what'?s (?:up|new|good)|wassup|sup"
    r"|(?:i )?hope (?:that|this|it|you)(?:'s| is|'re| are)? (?:ok|okay|alright|all right|fine|well|good)"
    r"|(?:is|would|was) (?:that|this|it)(?: be)? (?:ok|okay|alright|all right|fine|cool|possible)(?: with you| for you)?"
    r"|(?:can|could|may|might) i (?:please )?(?:just )?(?:ask|bother|trouble|pick)"
    r"(?: you| your brain)?(?: (?:something|(?:a|one)(?: (?:quick|small|little|simple))? (?:question|favou?r|thing)|for (?:some )?help"
    r"|for a favou?r|with (?:something|a(?: quick)? question)))?(?: please| today| here| real quick)?"
    r"|(?:can|could|would|will) (?:you|u|someone|anyone|anybody|somebody) (?:please |pls |kindly |possibly )?(?:help|assist)"
    r"(?: me| us)?(?: out)?(?: with (?:this|that|something|it))?(?: please| pls| today)?"
    r"|(?:i(?:'m| am| was) )?(?:just )?(?:wondering|hoping) (?:if|that)? ?(?:you|someone|anyone) (?:could|can|might be able to)"
    r"(?: possibly| maybe| please)? (?:help|assist)(?: me| us)?(?: out)?(?: with (?:this|that|something))?"
    r"|(?:are|r) (?:you|u) (?:there|ready|busy|available|free)(?: to help)?(?: today| now| right now)?"
    r"|(?:is )?any(?:one|body) (?:there|here|around)"
    r"|(?:do you|have you)(?: happen to)?(?: have| got)?(?: got)?(?: a)? (?:(?:quick|few|free|spare) )*(?:min|minute|moment|second|sec|time)s?(?: to spare)?"
    r"|would (?:that|this|it) be (?:ok|okay|alright|possible|too much trouble)|do you mind|would you mind|pretty please|please|ok|okay"
    r"|(?:mind|ok|okay) if i ask(?: you)?(?: a (?:quick )?question| something)?"
    r")[ ,.!?]*\Z"
)
# What opens a sentence and may stand before the question in it.
_LEAD = re.compile(
    r"(?:(?:hi+|hey+|hello+|ok|okay|so|and|but|well|also|please|pls|then|anyway|thanks|um+|oh|yo|"
    r"quick question|question|good (?:morning|afternoon|evening))(?: (?:there|all|everyone|team|guys|folks))?[\s,.:!\u2013-]+){0,3}"
)
_OPENS = re.compile(
    r"(?:(?:what|how|why|who|which|whose)(?!(?:ever)| an? (?:nice|great|lovely|beautiful|wonderful|mess|day|shame|waste)\b)\b"
    r"|(?:when|where) (?:is|are|was|were|do|does|did|will|would|can|could|should|am|has|have|to)\b|what'?s|how'?s|where'?s|who'?s"
    r"|(?:is|are|was|were|do|does|did|can|could|should|would|will|am|isn't|aren't|doesn't|don't|can't)"
    r" (?:there|it|this|that|i|we|the|an?|any|anyone|he|she|they|my|these|those|someone|people)\b"
    r"|(?:has|have) (?:it|this|that|i|we|you|any|anyone|he|she|they|the)\b"
    r"|(?:can|could|would|will) (?:you|u|someone|anyone) (?:please |kindly |possibly |also |maybe )*"
    r"(?:tell|explain|describe|clarify|show|let me know|help me (?:understand|figure)|say|give me an idea|advise|suggest|recommend))"
)
_INDIRECT = re.compile(
    r"\b(?:tell (?:me|us)|let (?:me|us) know|explain(?: to (?:me|us))?|wonder(?:ing)?|curious(?: about| to know)?|(?:to|like to|want to) know"
    r"|don't know|dont know|not sure|unsure|no idea|figure out|find out|understand|ask(?:ing)?(?: you)?|advise|clarify|confirm|check|idea"
    r"|show me|question is|questions are|any idea|know)"
    r"(?: exactly| about| on)? (?:how|what|what's|why|when|where|which|who|whose|if|whether)\b(?! you (?:can|could|would|might|may|need|have|want)\b)"
)


def find_questions(source: Source, payload: tuple[Span, ...]) -> None:
    """Note every sentence that asks something, unless it stands in the payload."""
    for span in source.sentences:
        if payload and overlaps(span, payload) and _inside(span, payload):
            continue
        sentence = source.flat[span.start : min(span.end, span.start + 600)].lower()
        direct = _QUESTION_END.search(source.flat, max(span.start, span.end - 24), span.end)
        if direct is None and not _is_indirect(sentence):
            continue
        if span.end - span.start <= _LONGEST_RITUAL and _RITUAL.match(sentence):
            continue
        key = _key(source, span)
        if key:
            source.add(AtomKind.QUESTION, span.start, span.end, key)


def _inside(span: Span, payload: tuple[Span, ...]) -> bool:
    index = bisect_left(payload, (span.start + 1,)) - 1
    return index >= 0 and payload[index].end >= span.end


def _is_indirect(sentence: str) -> bool:
    lead = _LEAD.match(sentence)
    if _OPENS.match(sentence, lead.end() if lead else 0):
        return True
    return _INDIRECT.search(sentence) is not None


def _key(source: Source, span: Span) -> str:
    """The stems of what is asked about, question words and negations included, in order."""
    kept: list[str] = []
    last = source.word_index(span.end)
    skipped = -1
    for index in range(_after_greeting(source, source.word_index(span.start), last), last):
        word = source.low[index]
        if index <= skipped and word in _RITUAL_REST:
            continue
        if word in _NEGATORS:
            if is_ritual(source, index):
                skipped = index + 3
            else:
                kept.append(word)
        elif (bare := word.partition("'")[0]) in _INTERROGATIVES:
            kept.append(bare)
        elif word not in _UNASKED and not (word == "kind" and source.word_at(index - 1) == "so"):
            kept.append(stem(word))
    return " ".join(kept)


def _after_greeting(source: Source, first: int, last: int) -> int:
    """Index of the first word after "Hi Bob," or "Good morning everyone!"."""
    if first < last and source.low[first] in _GREETINGS:
        for index in range(first, min(first + _LONGEST_GREETING, last - 1)):
            if "," in source.gap(index) or "!" in source.gap(index):
                return index + 1
    return first
