"""Payload by instruction: the text that is to be translated, corrected, answered."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import COURTESY, TEXT_NOUNS, word_set
from spsd_core.reading.source import Source, Trigger
from spsd_core.spans import Span

__all__ = [
    "GREETED",
    "TRIGGERS",
    "block",
    "ends_line",
    "instruction",
    "is_long",
    "mark",
    "reached",
    "to_end",
]

_WINDOW = 24
_LONGEST_SENTENCE = 600
_LONGEST_PHRASE = 80  # characters of a quotation that ends where its quotation mark does
_LONG_ENOUGH = 8  # words that may be the text meant by "this" at the end of a prompt

# Work on a text, whatever else is said.
_STRONG = word_set(
    "translate translated translating translation proofread proofreading rewrite rewriting"
    " reword rephrase rephrasing paraphrase paraphrasing summarize summarise summarizing"
    " summarising summary shorten condense reformulate copyedit punctuate transcribe annotate"
)
# Work on a text only where a text is named, or something follows a colon.
_WEAK = word_set(
    "edit correct improve polish revise fix check grade review critique evaluate analyze"
    " analyse analyzing classify categorize categorise label complete continue expand extract"
    " convert reformat format simplify interpret explain identify read make turn change find"
    " rate assess judge detect tag finish debug refactor count answer consider generate"
    " enhance parse clean feedback grammar spelling tone sentiment transform replace remove"
    " optimize optimise elaborate comment type score"
)
_POINTING = word_set("this these that those following below above it attached wrote written")
_ASKING = word_set("please pls plz kindly can could would will")
_GREETINGS = word_set("dear hi hello hey thank thanks good")
_FORWARD = word_set("following below here")
_OWNING = word_set(
    "my our his her their this these that those following above below given attached"
)
_BACK = re.compile(
    r"\b(?:above|this|that|it|these|those|my (?:e-?mail|message|letter|text|draft|reply|post|essay)"
    r"|(?:what|which) i (?:wrote|have written|said)|the (?:e-?mail|message|letter|text) i wrote)\b",
    re.IGNORECASE,
)
_DELIMITER = re.compile(
    r"[-:=\n\r\u2013\u2014\"\u201c\xab`'](?:(?<=:)(?=[\s\"'\u201c\u2018`*<\[({>-]|\Z)"
    r"|(?<=[\n\r\u2014\"\u201c\xab`])|(?<=\s[-=\u2013])[->]{0,2}(?=\s)|(?<=')(?<![^\W_]')(?=\w))"
)
_NOUN_COLON = re.compile(r"[ \t]{0,3}[*_]{0,2}:[*_]{0,2}(?=\s|\"|\u201c|\Z)")
_AFTER_QUOTE = re.compile(r"[.,;:!?)]{0,3}(?:[ \t]*(?:\n|\r|\Z)|[ \t]+(?=[A-Z]))")


def to_end(source: Source, start: int) -> None:
    """Take everything from `start` on as payload."""
    source.take(start, len(source.text))


def _limit(source: Source, index: int, sentence: Span) -> int:
    """How far to look for what word `index` asks about: the sentence, and the break after it."""
    return min(sentence.end + 2, source.ends[index] + _LONGEST_SENTENCE, len(source.flat))


def reached(source: Source) -> bool:
    """Whether what follows is payload already, so that looking on is idle."""
    return bool(source.payload) and source.payload[-1][1] >= source.sentences[-1].end


def instruction(strong: bool) -> Trigger:
    """Make the trigger for a verb of work on a text; a weak verb needs a certain text."""

    def find(source: Source, index: int) -> None:
        if reached(source):
            return
        sentence = source.sentence_at(source.starts[index])
        if _is_told(source, index) and not _opens_block(source, index, sentence):
            return
        last, named, pointed, noun, forward = index, False, False, False, False
        while last + 1 < len(source.low) and last - index < _WINDOW:
            if source.starts[last + 1] >= sentence.end:
                break
            last += 1
            word = source.low[last]
            forward = forward or word in _FORWARD
            if word in TEXT_NOUNS:
                noun = True
                named = named or strong or _is_owned(source, last)
            elif word in _POINTING or word == "my":
                pointed = True
        changed = pointed and not strong and _changes(source, index)
        named = named or (noun and forward)
        if strong and source.word_at(index + 1) in _GREETINGS:
            to_end(source, source.ends[index])
            return
        if (
            named
            or changed
            or (strong and (pointed or last == index))
            or (pointed and _opens_block(source, index, sentence))
        ):
            mark(source, index, sentence)
        elif strong and source.low[index].startswith("translat"):
            source.take(source.ends[index], sentence.end)

    return find


_SUBJECTS = word_set("we i they he she it")
_MODALS = word_set("should could must will would can might may cannot can't couldn't shouldn't")
_SEEMING = word_set("seems seem seemed tends tend tended fails failed used began started")


def _is_told(source: Source, index: int) -> bool:
    """Whether the verb tells what somebody does: why we should rewrite it, he seems to answer."""
    before = source.word_at(index - 1)
    if before == "to":
        return source.word_at(index - 2) in _SEEMING
    return before in _MODALS and source.word_at(index - 2) in _SUBJECTS


_CHANGES = re.compile(
    r"\w+[ \t](?:this|it|that|these|them|the above|my \w+)[ \t](?:\w+[ \t]){0,2}?(?:sound|more"
    r"|less|shorter|longer|better"
    r"|clearer|simpler|nicer|softer|stronger|polite|formal|professional|concise|grammatical"
    r"|grammatically|up"
    r"|into|in (?:all )?(?:caps|capitals|bold|italics|uppercase|lowercase)|politer|warmer|kinder"
    r"|friendlier|stronger|for (?:grammar|spelling|errors|mistakes|typos|clarity))\b",
    re.IGNORECASE,
)


def _changes(source: Source, index: int) -> bool:
    """Whether a text can only be meant: make this sound better, check it for typos."""
    start = source.starts[index]
    return _CHANGES.match(source.flat, start, start + 80) is not None


def _is_owned(source: Source, index: int) -> bool:
    """Whether a text noun means a certain text: "this email", "the following short poem"."""
    return any(source.word_at(place) in _OWNING for place in range(max(0, index - 3), index))


def _opens_block(source: Source, index: int, sentence: Span) -> bool:
    """Whether the sentence ends with a colon before a line break, or quotes something."""
    start = source.ends[index]
    rest = source.flat[start : min(sentence.end, start + _LONGEST_SENTENCE)]
    return rest.endswith(":") or ": " in rest or '"' in rest or "\u201c" in rest


def mark(source: Source, index: int, sentence: Span) -> None:
    """Mark what the instruction at word `index` is about."""
    start = source.starts[index]
    delimiter = _DELIMITER.search(source.flat, source.ends[index], _limit(source, index, sentence))
    if delimiter is not None and source.flat[delimiter.end() :].strip():
        _from_delimiter(source, delimiter)
    elif not _is_courtesy(source, sentence.end) and not _refers_back(source, start, sentence):
        forward = source.word_at(index + 1) not in ("it", "them")
        first = sentence.start == 0 and (index == 0 or source.low[0] in _ASKING)
        if forward or first or ends_line(source, sentence):
            to_end(source, sentence.end)
    elif _refers_back(source, start, sentence):
        source.take(0, sentence.start)
        if is_long(source, sentence.end, len(source.text)):
            to_end(source, sentence.end)
    else:
        source.take(source.ends[index], sentence.end)


def ends_line(source: Source, sentence: Span) -> bool:
    """Whether a new line follows the sentence: "it" is hardly ever what stands beside it."""
    return "\n" in source.flat[sentence.end - 1 : sentence.end + 2]


def _from_delimiter(source: Source, delimiter: re.Match[str]) -> None:
    """Payload after a colon, dash or line break, or from a quotation mark on."""
    quoted = delimiter[0] in "\"\u201c\xab`'"
    block(source, delimiter.start() if quoted else delimiter.end())


def block(source: Source, opening: int) -> None:
    """Take payload to the end of the text; a phrase in quotes, or a fence, up to the closing one."""
    while opening < len(source.flat) and source.flat[opening].isspace():
        opening += 1
    end = source.closings.get(opening)
    if end is not None and (
        end - opening <= _LONGEST_PHRASE or _AFTER_QUOTE.match(source.flat, end)
    ):
        source.take(opening, end)
    else:
        to_end(source, opening)


_LAST_COURTESY = COURTESY | word_set(
    "for help time in i would be it this and patience attention consideration could if we"
    " really any"
)


def _is_courtesy(source: Source, start: int) -> bool:
    """Whether nothing but thanks follows."""
    words = source.low[(first := source.word_index(start)) : first + 16]
    return not source.flat[start : start + 400].strip() or (
        len(words) < 16 and _LAST_COURTESY.issuperset(words) and bool(words)
    )


_POINTED = word_set("this that these those")
_JUDGED = word_set("is was does how what")
GREETED = COURTESY | word_set("there all everyone team sir madam question quick one i have a")
"""Before an instruction, a text of these words alone is no text to work on."""


def is_long(source: Source, start: int, end: int) -> bool:
    """Whether enough words stand between two places to be a text that is meant."""
    return source.word_index(end) - source.word_index(start) >= _LONG_ENOUGH


def _refers_back(source: Source, start: int, sentence: Span) -> bool:
    """Whether "this" can only mean the text before: hardly any follows, and enough precedes."""
    first = source.word_index(start)
    words = set(source.low[first : min(source.word_index(sentence.end), first + _WINDOW)])
    pointing = bool(words & _POINTED) or source.low[first] in _JUDGED
    alone = (
        pointing  # "Make it shorter" may mean a thing
        and _is_courtesy(source, sentence.end)
        and not GREETED.issuperset(source.low[: source.word_index(sentence.start)])
    )
    if words & _FORWARD or not (alone or is_long(source, 0, sentence.start)):
        return False
    if not _BACK.search(source.flat, start, min(sentence.end, start + _LONGEST_SENTENCE)):
        return False
    return (
        "above" in words
        or not is_long(source, sentence.end, len(source.text))
        or ("wrote" in words or "written" in words)
    )


def _labelled(source: Source, index: int) -> None:
    """`Email: ...`, `Text:` and a line break: what follows the colon is a text."""
    if reached(source):
        return
    if source.low[index] == "message" and (index == 0 or source.low[0] == "subject"):
        return  # the writer's own: "Subject: ... Message: ..."
    colon = _NOUN_COLON.match(source.flat, source.ends[index])
    if colon is not None and source.flat[colon.end() : colon.end() + 400].strip():
        block(source, colon.end())


def _here(source: Source, index: int) -> None:
    """here is my code, here's the text, below is, the following."""
    word = source.low[index]
    if reached(source) or (
        word in ("here", "below") and source.word_at(index + 1) not in ("is", "are", "'s")
    ):
        return
    sentence = source.sentence_at(source.starts[index])
    last = min(source.word_index(sentence.end), index + _WINDOW)
    named = any(source.low[place] in TEXT_NOUNS for place in range(index + 1, last))
    rest = source.flat[source.ends[index] : _limit(source, index, sentence)].rstrip()
    if named or rest.endswith(":") or '"' in rest or "\u201c" in rest:
        delimiter = _DELIMITER.search(
            source.flat, source.ends[index], _limit(source, index, sentence)
        )
        if delimiter is not None:
            _from_delimiter(source, delimiter)


TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(TEXT_NOUNS - word_set("question questions answer answers"), _labelled),
    **dict.fromkeys(["context", "sentence", "transcript", "output", "document"], _labelled),
    **dict.fromkeys(_WEAK, instruction(False)),
    **dict.fromkeys(_STRONG, instruction(True)),
    **dict.fromkeys(["here", "here's", "heres", "below", "following"], _here),
}
