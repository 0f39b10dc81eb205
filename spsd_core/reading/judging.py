"""Payload by a question about it: is this polite, any mistakes, how do you say that?"""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import TEXT_NOUNS, word_set
from spsd_core.reading.payload import GREETED, ends_line, is_long, mark, reached
from spsd_core.reading.source import Source, Trigger
from spsd_core.spans import Span

__all__ = ["TRIGGERS"]

_WINDOW = 24
_SOUND = re.compile(
    r"(?:does|is|was|will|would) (?:this|that|it|the above|my|the)(?: \w+)?(?: sound| seem| look|"
    r" read| be)?"
    r"(?: \w+){0,2} (?:polite|rude|ok|okay|correct|right|professional|formal|clear|good"
    r"|grammatical|natural|impolite|friendly"
    r"|too|fine|appropriate|accurate|spam|positive|negative|sarcastic)\b"
    r"|how (?:do|would|can|should|could) (?:i|you|we|one|people) (?:say|write|put|phrase|spell"
    r"|translate|pronounce|express) (?:this|that|it)\b"
    r"|how (?:does|do) (?:this|that|it|these) (?:sound|read|look)|what do you think (?:of|about)"
    r" (?:this|that|the above|my)",
    re.IGNORECASE,
)


def _judging(source: Source, index: int) -> None:
    """is this email polite, how does this sound, what do you think of my ..."""
    start = source.starts[index]
    sentence = source.sentence_at(start)
    sound = _SOUND.match(source.flat, start)
    if reached(source) or sound is None or _is_of_a_thing(source, index, sentence):
        return
    truth = sound[0].rsplit(None, 1)[-1].lower() in _TRUE
    if truth and is_long(source, 0, start) and not ends_line(source, sentence):
        source.take(0, start)  # "Is this correct?" below what may not be
    else:
        mark(source, index, sentence)


_TRUE = word_set("right correct accurate true")
_LANGUAGE = TEXT_NOUNS | word_set(
    "english grammar spelling wording tone phrasing style above following below way invitation"
    " opener opening signature closing ending sign-off signoff thank-you greeting joke pun slogan"
    " tagline profile apology toast vow intro introduction"
)
_NO_THING = word_set("sound seem look read be too so very really all more less a an the or")


def _is_of_a_thing(source: Source, index: int, sentence: Span) -> bool:
    """Whether a thing is judged, and no text: is this therapy good, was the price right."""
    if source.word_at(index + 1) not in ("this", "that", "the", "my"):
        return False
    last = min(source.word_index(sentence.end), index + _WINDOW)
    following = source.low[index + 2 : last]
    if not following or following[0] in _NO_THING or not _LANGUAGE.isdisjoint(following):
        return False
    return _SOUND.fullmatch(f"is this {following[0]}") is None  # an adjective is no thing


_LONGEST_REMARK = 7
_LONGEST_QUIZ = 60
"""Words of a last question about the language of a text, and of that text."""


_SAID_ABOVE = re.compile(
    r"(?:that|this)(?:'s| is| was) what (?:\w+ ){1,6}?(?:says?|said|reads?|printed|wrote|writes"
    r"|written|sent|sends)\b|this (?:sentence|line|phrase|wording|notice|sign)\b",
    re.IGNORECASE,
)


def _said_above(source: Source, index: int) -> None:
    """That is what is printed on my bags, this sentence ...: a short text above is what is meant."""
    start = source.starts[index]
    if reached(source) or not 0 < index <= _LONGEST_QUIZ:
        return
    if start == source.sentence_at(start).start and _SAID_ABOVE.match(source.flat, start):
        source.take(0, start)


def _asked_about(source: Source, index: int) -> None:
    """Any mistakes? How many words? Idiom or literal?: a short text above is what is meant."""
    sentence = source.sentence_at(source.starts[index])
    first = source.word_index(sentence.start)
    last = source.word_index(sentence.end)
    if (
        reached(source)
        or last < len(source.low)
        or last - first > _LONGEST_REMARK
        or first > _LONGEST_QUIZ
        or source.flat[sentence.end - 1] != "?"
        or GREETED.issuperset(source.low[:first])
    ):
        return
    if source.low[index] in ("words", "letters") and source.word_at(index - 1) != "many":
        return
    source.take(0, sentence.start)


TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(["that", "that's", "this"], _said_above),
    **dict.fromkeys(["is", "does", "how", "what", "will", "would", "was"], _judging),
    **dict.fromkeys(
        "mistake mistakes tense idiom typo typos syllables literal grammatical words letters".split(),
        _asked_about,
    ),
}
