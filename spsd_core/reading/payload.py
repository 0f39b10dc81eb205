"""Payload by instruction: the text the user wants worked on, found by what he asks to be done to"
" it."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import COURTESY, TEXT_NOUNS, word_set
from spsd_core.reading.source import Source, Trigger
from spsd_core.spans import Span

__all__ = ["JUDGING_TRIGGERS", "TRIGGERS"]

_WINDOW = 24
_LONGEST_SENTENCE = 600
_LONG_ENOUGH = 8  # words that may be the text meant by "this" at the end of a prompt

# Work on a text, whatever else is said.
_STRONG = word_set(
    "translate translated translating translation proofread proofreading rewrite rewriting reword"
    " rephrase"
    " rephrasing paraphrase paraphrasing summarize summarise summarizing summarising summary"
    " shorten condense"
    " reformulate copyedit punctuate transcribe annotate"
)
# Work on a text only where a text is named, or something follows a colon.
_WEAK = word_set(
    "edit correct improve polish revise fix check grade review critique evaluate analyze analyse"
    " analyzing"
    " classify categorize categorise label complete continue expand extract convert reformat"
    " format simplify"
    " interpret explain identify read make turn change find rate assess judge detect tag finish"
    " debug"
    " refactor count answer consider generate enhance parse clean feedback grammar spelling tone"
    " sentiment"
    " transform replace remove optimize optimise elaborate comment"
)
_POINTING = word_set("this these that those following below above it attached wrote written")
_GREETINGS = word_set("dear hi hello hey thank thanks good")
_FORWARD = word_set("following below here")
_OWNING = word_set(
    "my our his her their this these that those following above below given attached your"
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


def _to_end(source: Source, start: int) -> None:
    source.take(start, len(source.text))


def _limit(source: Source, index: int, sentence: Span) -> int:
    """How far to look for what word `index` asks about: the sentence, and the break after it."""
    return min(sentence.end + 2, source.ends[index] + _LONGEST_SENTENCE, len(source.flat))


def _whole(source: Source, sentence: Span) -> None:
    """Take a sentence as payload, once."""
    if not source.payload or source.payload[-1] != sentence:
        source.take(*sentence)


def _reached(source: Source) -> bool:
    """Whether what follows is payload already, so that looking on is idle."""
    return bool(source.payload) and source.payload[-1][1] >= source.sentences[-1].end


def _instruction(strong: bool) -> Trigger:
    def find(source: Source, index: int) -> None:
        if _reached(source):
            return
        sentence = source.sentence_at(source.starts[index])
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
            _to_end(source, source.ends[index])
            return
        if (
            named
            or changed
            or (strong and (pointed or last == index))
            or (pointed and _opens_block(source, index, sentence))
        ):
            _mark(source, index, sentence)
        elif strong and source.low[index].startswith("translat"):
            source.take(source.ends[index], sentence.end)

    return find


_CHANGES = re.compile(
    r"\w+[ \t](?:this|it|that|these|them|the above|my \w+)[ \t](?:\w+[ \t]){0,2}?(?:sound|more"
    r"|less|shorter|longer|better"
    r"|clearer|simpler|nicer|softer|stronger|polite|formal|professional|concise|grammatical"
    r"|grammatically|up"
    r"|into|for (?:grammar|spelling|errors|mistakes|typos|clarity))\b",
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


def _mark(source: Source, index: int, sentence: Span) -> None:
    """Mark what the instruction at word `index` is about."""
    start = source.starts[index]
    delimiter = _DELIMITER.search(source.flat, source.ends[index], _limit(source, index, sentence))
    if delimiter is not None and source.flat[delimiter.end() :].strip():
        _from_delimiter(source, delimiter)
    elif not _is_courtesy(source, sentence.end) and not _refers_back(source, start, sentence):
        _to_end(source, sentence.end)
    elif _refers_back(source, start, sentence):
        source.take(0, sentence.start)
        if _is_long(source, sentence.end, len(source.text)):
            _to_end(source, sentence.end)
    else:
        source.take(source.ends[index], sentence.end)


def _from_delimiter(source: Source, delimiter: re.Match[str]) -> None:
    """Payload after a colon, dash or line break, or from a quotation mark on."""
    quoted = delimiter[0] in "\"\u201c\xab`'"
    _block(source, delimiter.start() if quoted else delimiter.end())


def _block(source: Source, opening: int) -> None:
    """Payload to the end of the text; in quotes or a fence, up to the closing one."""
    while opening < len(source.flat) and source.flat[opening].isspace():
        opening += 1
    end = source.closings.get(opening)
    if end is not None and _AFTER_QUOTE.match(source.flat, end):
        source.take(opening, end)
    else:
        _to_end(source, opening)


_LAST_COURTESY = COURTESY | word_set(
    "for help time in i would be it this and patience attention consideration could if we really"
    " any"
)


def _is_courtesy(source: Source, start: int) -> bool:
    """Whether nothing but thanks follows."""
    words = source.low[(first := source.word_index(start)) : first + 16]
    return not source.flat[start : start + 400].strip() or (
        len(words) < 16 and _LAST_COURTESY.issuperset(words) and bool(words)
    )


def _is_long(source: Source, start: int, end: int) -> bool:
    return source.word_index(end) - source.word_index(start) >= _LONG_ENOUGH


def _refers_back(source: Source, start: int, sentence: Span) -> bool:
    """Whether "this" can only mean the text before: hardly any follows, and enough precedes."""
    first = source.word_index(start)
    words = set(source.low[first : min(source.word_index(sentence.end), first + _WINDOW)])
    if words & _FORWARD or not _is_long(source, 0, sentence.start):
        return False
    if not _BACK.search(source.flat, start, min(sentence.end, start + _LONGEST_SENTENCE)):
        return False
    return (
        "above" in words
        or not _is_long(source, sentence.end, len(source.text))
        or ("wrote" in words or "written" in words)
    )


def _labelled(source: Source, index: int) -> None:
    """`Email: ...`, `Text:` and a line break: what follows the colon is a text."""
    if _reached(source):
        return
    colon = _NOUN_COLON.match(source.flat, source.ends[index])
    if colon is not None and source.flat[colon.end() : colon.end() + 400].strip():
        _block(source, colon.end())


def _here(source: Source, index: int) -> None:
    """here is my code, here's the text, below is, the following."""
    word = source.low[index]
    if _reached(source) or (
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


_WRITING_NOUNS = TEXT_NOUNS | word_set("card toast invitation greeting eulogy vow vows apology")
_SAYING = word_set(
    "saying says thanking telling asking apologizing apologising wishing starting beginning"
    " ending congratulating"
    " greeting inviting requesting declining that"
)


def _writing(source: Source, index: int) -> None:
    """write an email thanking ..., draft a message that says ...: from the verb to the end."""
    if _reached(source):
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
            _to_end(source, source.starts[index])
            return
        if word in ("thank", "apology", "greeting", "eulogy", "thankyou") and source.word_at(
            place - 1
        ) in ("a", "an", "my"):
            source.take(source.starts[index], end)
            return


_TELLING_BEFORE = word_set(
    "please then and to should must always you only just will can never or they customer user"
)
_NOT_SAYING = word_set(
    "want wanted like have just let's needless wish love i would could we say wanna"
)


def _say(source: Source, index: int) -> None:
    """say 'hello', always say thank you, how do you say; not "I just wanted to say thanks"."""
    if _reached(source):
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
    if before == "" or before in _TELLING_BEFORE:
        if before == "just" and source.word_at(index - 2) in ("wanted", "i", "to"):
            return
        _to_end(source, end)


def _respond(source: Source, index: int) -> None:
    """respond with ..., start with "Hello", end with: to the end of the sentence, or the text."""
    if _reached(source):
        return
    sentence = source.sentence_at(source.starts[index])
    after = source.word_at(index + 1)
    if after in ("with", "by", "only", "just", "saying"):
        start = source.ends[index + 1]
        rest = source.flat[start : sentence.end]
        if ":" in rest and sentence.end < len(source.flat) and rest.rstrip().endswith(":"):
            _to_end(source, start)
        elif start < sentence.end:
            source.take(start, sentence.end)
    elif after in ("to", "for"):
        _instruction(True)(source, index)


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
    """act as, pretend to be, you are a ...: the sentence that sets the role."""
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
    _whole(source, sentence)


_PRAISE = word_set(
    "star lifesaver legend gem angel saint genius best life lovely wonderful great amazing hero"
    " blessing god"
)


def _is_praise(source: Source, index: int) -> bool:
    return not _PRAISE.isdisjoint(source.low[index + 2 : index + 5])


def _mention(source: Source, index: int) -> None:
    """what does X mean, the meaning of X, synonyms for X, the word X, when the user says X."""
    sentence = source.sentence_at(source.starts[index])
    word = source.low[index]
    before, after = source.word_at(index - 1), source.word_at(index + 1)
    if word == "mean":
        first = max(source.word_index(sentence.start), index - _WINDOW)
        if not {"does", "do", "did"} & set(source.low[first:index]) or before in (
            "i",
            "you",
            "not",
        ):
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
    _whole(source, sentence)


def _quoted_speech(source: Source, index: int) -> None:
    """when the user says hello: the sentence is a template, and so is what follows."""
    window = source.low[max(0, index - 4) : index]
    if {"user", "customer", "person", "someone", "client", "i", "caller", "they"} & set(window) and {
        "when", "if", "whenever", "once", "after"
    } & set(window):  # fmt: skip
        _to_end(source, source.sentence_at(source.starts[index]).start)


_SOUND = re.compile(
    r"(?:does|is|was|will|would) (?:this|that|it|the above|my|the)(?: \w+)?(?: sound| seem| look|"
    r" read| be)?"
    r"(?: \w+){0,2} (?:polite|rude|ok|okay|correct|right|professional|formal|clear|good"
    r"|grammatical|natural|impolite|friendly"
    r"|too|fine|appropriate|accurate|spam|positive|negative|sarcastic)\b"
    r"|how (?:does|do) (?:this|that|it|these) (?:sound|read|look)|what do you think (?:of|about)"
    r" (?:this|that|the above|my)",
    re.IGNORECASE,
)


def _judging(source: Source, index: int) -> None:
    """is this email polite, how does this sound, what do you think of my ..."""
    start = source.starts[index]
    sentence = source.sentence_at(start)
    if _reached(source) or not _SOUND.match(source.flat, start):
        return
    _mark(source, index, sentence)


TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(TEXT_NOUNS - word_set("question questions answer answers"), _labelled),
    **dict.fromkeys(["context", "sentence", "transcript", "output", "document"], _labelled),
    **dict.fromkeys(_WEAK, _instruction(False)),
    **dict.fromkeys(_STRONG, _instruction(True)),
    **dict.fromkeys(["write", "draft", "compose", "create", "send", "prepare", "craft"], _writing),
    **dict.fromkeys(["say", "greet"], _say),
    **dict.fromkeys(
        ["respond", "reply", "start", "begin", "end", "finish", "replying", "responding"], _respond
    ),
    **dict.fromkeys(["here", "here's", "heres", "below", "following"], _here),
    **dict.fromkeys(_ROLES, _role),
    **dict.fromkeys(
        "mean meaning synonym synonyms antonym antonyms definition pronounce pronunciation word"
        " phrase expression"
        " term".split(),
        _mention,
    ),
    **dict.fromkeys(["says", "asks", "types", "writes"], _quoted_speech),
}
JUDGING_TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(["is", "does", "how", "what", "will", "would", "was"], _judging)
}
