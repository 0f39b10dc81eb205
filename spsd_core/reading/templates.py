"""Words that are to be said or played, not meant: roles, templates, letters to be written."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import COURTESY, TEXT_NOUNS, word_set
from spsd_core.reading.payload import block, instruction, reached, to_end
from spsd_core.reading.source import Source, Trigger
from spsd_core.spans import Span

__all__ = ["TRIGGERS"]

_WINDOW = 24


def _around(source: Source, index: int, sentence: Span) -> None:
    """Take the sentence around a word as payload, once; of a very long one what is near."""
    first, last = max(0, index - _WINDOW), min(len(source.starts) - 1, index + _WINDOW)
    near = Span(max(sentence.start, source.starts[first]), min(sentence.end, source.ends[last]))
    near = sentence if near.end - near.start >= (sentence.end - sentence.start) // 2 else near
    if not source.payload or source.payload[-1] != near:
        source.take(*near)


_WRITING_NOUNS = TEXT_NOUNS | word_set("card toast invitation greeting eulogy vow vows apology")
_SAYING = word_set(
    "saying says thanking telling asking apologizing apologising wishing starting beginning"
    " ending congratulating greeting inviting requesting declining that"
)


def _writing(source: Source, index: int) -> None:
    """write an email thanking ..., draft a message that says ...: from the verb to the end."""
    if reached(source):
        return
    end = source.sentence_at(source.starts[index]).end
    noun = False
    for place in range(index + 1, min(index + _WINDOW, len(source.low))):
        if source.starts[place] >= end:
            return
        word = source.low[place]
        if word in _WRITING_NOUNS or source.low[place - 1 : place + 1] == ["thank", "you"]:
            noun = True
        if noun and (
            word in _SAYING
            and (word != "that" or source.word_at(place + 1) in ("says", "thanks", "starts"))
        ):
            to_end(source, source.starts[index])
            return
        if word in ("thank", "apology", "greeting", "eulogy", "thankyou") and source.word_at(
            place - 1
        ) in ("a", "an", "my"):
            source.take(source.starts[index], end)
            return


_TELLING_BEFORE = word_set(
    "please then and should must always you only just will can never or customer user"
)
_OBLIGED = word_set("has have needs need ought it him her them me")
_OWN_WORDS = word_set("i we they")
_SAID = COURTESY | word_set(
    "goodbye bye goodnight welcome congratulations congrats happy merry yes no nothing something"
)
"""With one of these begins what somebody is to say: card to my aunt to say thank you."""
_OPENING = re.compile(r"[ \t]{0,3}[:\n\r\"\u201c'\u2018]")
_NOT_SAYING = word_set(
    "want wanted like have just let's needless wish love i would could we say wanna"
)


def _say(source: Source, index: int) -> None:
    """say 'hello', always say thank you, how do you say; not "I just wanted to say thanks"."""
    if reached(source):
        return
    start, end = source.span(index)
    sentence = source.sentence_at(start)
    before = source.word_at(index - 1) if start > sentence.start else ""
    if before in ("you", "i", "we", "do") and source.word_at(index - 2) in (
        "do",
        "you",
        "would",
        "can",
        "should",
    ):
        source.take(end, sentence.end)
        return
    if before == "to" and source.word_at(index - 2) in _NOT_SAYING:
        return
    if source.word_at(index + 1) in ("it", "that", "this", "so", "something", "if", "whether", ""):
        return
    if before == "to":
        told = source.word_at(index + 1) in _SAID or source.word_at(index - 2) in _OBLIGED
        told = told or _OPENING.match(source.flat, end) is not None
    else:
        told = before == "" or before in _TELLING_BEFORE
    if not told or (before != "" and source.word_at(index - 2) in _OWN_WORDS):
        return  # "I must say", "they can say"
    if before == "just" and source.word_at(index - 2) in ("wanted", "to"):
        return
    opening = _OPENING.match(source.flat, end)
    if opening is not None:
        block(source, opening.end() - (opening[0][-1] not in ":\n\r"))
    else:
        source.take(end, sentence.end)


def _respond(source: Source, index: int) -> None:
    """respond with ..., start with "Hello", end with: to the end of the sentence, or the text."""
    if reached(source):
        return
    sentence = source.sentence_at(source.starts[index])
    after = source.word_at(index + 1)
    if after in ("with", "by", "only", "just", "saying"):
        start = source.ends[index + 1]
        rest = source.flat[start : sentence.end]
        if ":" in rest and sentence.end < len(source.flat) and rest.rstrip().endswith(":"):
            to_end(source, start)
        elif start < sentence.end:
            source.take(start, sentence.end)
    elif after in ("to", "for"):
        instruction(True)(source, index)


_ROLES = {
    "act": ("as", "like"),
    "pretend": ("to", "you", "that", "you're", "i", "i'm", "we"),
    "imagine": ("you", "you're", "that"),
    "you": ("are",),
    "role": ("play", "playing"),
    "roleplay": ("",),
    "assume": ("the",),
}
_ROLE_ARTICLES = word_set("a an the my going now acting playing")


def _role(source: Source, index: int) -> None:
    """act as, pretend to be, you are a ...: from there to the end of the sentence."""
    word, after = source.low[index], source.word_at(index + 1)
    if after not in _ROLES[word] and word != "roleplay":
        return
    sentence = source.sentence_at(source.starts[index])
    if word == "you":
        starts = source.starts[index] == sentence.start
        if (
            not starts
            or source.word_at(index + 2) not in _ROLE_ARTICLES
            or _is_praise(source, index)
        ):
            return
    source.take(source.starts[index], sentence.end)


_PRAISE = word_set(
    "star lifesaver legend gem angel saint genius best life lovely wonderful great amazing"
    " hero blessing god"
)


def _is_praise(source: Source, index: int) -> bool:
    return not _PRAISE.isdisjoint(source.low[index + 2 : index + 5])


_DOING = word_set("does do did")
_POINTING = word_set("it this that these those he she they you")
_LONGEST_ASKED = 8
"""Words from `does` to `mean` that can be what is asked about."""


def _mention(source: Source, index: int) -> None:
    """what does X mean, the meaning of X, synonyms for X, the word X, when the user says X."""
    sentence = source.sentence_at(source.starts[index])
    word = source.low[index]
    before, after = source.word_at(index - 1), source.word_at(index + 1)
    if word == "mean":
        first = max(source.word_index(sentence.start), index - _WINDOW)
        if _DOING.isdisjoint(source.low[first:index]) or before in (
            "i",
            "you",
            "not",
        ):
            return
        asked = next(i for i in range(index - 1, first - 1, -1) if source.low[i] in _DOING)
        pointing = index - asked == 2 and source.word_at(asked + 1) in _POINTING
        if not pointing and index - asked < _LONGEST_ASKED:
            source.take(source.starts[asked], sentence.end)
            return
    elif word in ("word", "phrase", "expression", "term"):
        if before != "the" or after in (
            "limit",
            "count",
            "for",
            "that",
            "document",
            "is",
            "of",
            "",
        ):
            return
    elif after not in ("of", "for", "to", "is", "in"):
        return
    _around(source, index, sentence)


def _quoted_speech(source: Source, index: int) -> None:
    """when the user says hello: the sentence is a template, and so is what follows."""
    window = source.low[max(0, index - 4) : index]
    if {"user", "customer", "person", "someone", "client", "i", "caller", "they"} & set(window) and {
        "when", "if", "whenever", "once", "after"
    } & set(window):  # fmt: skip
        to_end(source, source.sentence_at(source.starts[index]).start)


_LONGEST_REPORT = 4
"""Words after the verb: me this, to my brother this."""


def _reported(source: Source, index: int) -> None:
    """she texted me this: somebody's own words follow."""
    sentence = source.sentence_at(source.starts[index])
    rest = source.low[index + 1 : source.word_index(sentence.end)]
    if not reached(source) and len(rest) <= _LONGEST_REPORT and rest[-1:] == ["this"]:
        to_end(source, sentence.end)


TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(["write", "draft", "compose", "create", "send", "prepare", "craft"], _writing),
    **dict.fromkeys(["say", "greet"], _say),
    **dict.fromkeys(
        ["respond", "reply", "start", "begin", "end", "finish", "replying", "responding"], _respond
    ),
    **dict.fromkeys(_ROLES, _role),
    **dict.fromkeys(
        "mean meaning synonym synonyms antonym antonyms definition pronounce pronunciation word"
        " phrase expression"
        " term".split(),
        _mention,
    ),
    **dict.fromkeys("texted wrote sent emailed messaged said replied answered".split(), _reported),
    **dict.fromkeys(["says", "asks", "types", "writes"], _quoted_speech),
}
