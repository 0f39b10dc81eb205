"""Real feelings and urgency; ritual ones ("sorry to bother you", "happy to help") are none."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import COURTESY, word_set
from spsd_core.reading.source import Source, Trigger
from spsd_core.reading.stemming import stem
from spsd_core.reading.types import AtomKind
from spsd_core.spans import Span, overlaps

__all__ = ["SHOUTING", "TRIGGERS", "find_emphasis"]

SHOUTING = "frustrated shouting"
"""Key of the atom of words in capitals."""

_CLASSES = {
    "frustrated": "frustrated frustrating frustration frustrates annoyed annoying annoys angry"
    " anger furious"
    " irritated irritating infuriating infuriated outraged outrageous unacceptable ridiculous"
    " disgusted"
    " disgusting disgrace disgraceful disappointed disappointing disappointment upset upsetting"
    " pissed livid"
    " exasperated exasperating nightmare useless pathetic terrible horrible awful appalling worst"
    " hate hated"
    " stuck confused confusing baffled scam crap sucks damn shit fuck fucking wtf goddamn"
    " bullshit stupid",
    "anxious": "worried worry worrying worries anxious anxiety nervous scared afraid terrified"
    " frightened fear"
    " panic panicking panicked stressed stressful stress overwhelmed overwhelming concerned"
    " desperate"
    " desperately hopeless helpless struggling dread dreading freaking lost embarrassed ashamed"
    " insecure",
    "urgent": "urgent urgently asap urgency immediately emergency hurry hurrying instantly",
    "sad": "sad sadly heartbroken heartbreaking devastated devastating depressed depressing"
    " grieving grief"
    " mourning miserable lonely crying cried tears hurt hurts unhappy hurting broke guilty regret",
    "excited": "excited exciting thrilled overjoyed ecstatic stoked delighted passionate proud",
}
_CLASS_OF = {word: kind for kind, words in _CLASSES.items() for word in words.split()}
_NEXT_RITUAL: dict[str, frozenset[str]] = {
    "afraid": word_set("i i'm that there we not it my so this you"),
    "excited": word_set("to"),
    "delighted": word_set("to if"),
    "thrilled": word_set("to if"),
    "stupid": word_set("question questions"),
    "awful": word_set("lot"),
    "terrible": word_set("lot"),
    "hate": word_set("to"),
    "fear": word_set("not that"),
    "hurt": word_set("to"),
    "lost": word_set("my the a an your our his her their its in weight"),
    "broke": word_set("down up the my a into"),
    "stress": word_set("test testing tests that"),
    "worry": word_set("about if"),
}
# "excited to hear from you", "I hate to bother you": ritual only before these.
_RITUAL_VERBS = word_set(
    "hear work working learn help bother ask see meet be read share join announce disturb"
    " trouble connect speak chat impose interrupt know talk"
)
_PHRASES: dict[str, tuple[tuple[str, str], ...]] = {
    "fed": (("up", "frustrated"),),
    "wits": (("end", "frustrated"),),
    "wit's": (("end", "frustrated"),),
    "wits'": (("end", "frustrated"),),
    "sick": (("of", "frustrated"), ("and tired", "frustrated")),
    "tired": (("of", "frustrated"),),
    "waste": (("of time", "frustrated"), ("of money", "frustrated"), ("my time", "frustrated")),
    "wasting": (("my time", "frustrated"),),
    "let": (("down by", "frustrated"),),
    "driving": (("me crazy", "frustrated"), ("me nuts", "frustrated"), ("me insane", "frustrated"),
                ("me mad", "frustrated")),
    "had": (("enough", "frustrated"), ("it up to here", "frustrated")),
    "end": (("of my tether", "frustrated"), ("of my rope", "frustrated")),
    "weary": (("of", "frustrated"),),
    "beside": (("myself", "anxious"),),
    "glory": (("be", "excited"),),
    "again": (("and again", "frustrated"),),
    "over": (("and over", "frustrated"), ("the moon", "excited")),
    "third": (("time", "frustrated"),),
    "fourth": (("time", "frustrated"),),
    "fifth": (("time", "frustrated"),),
    "3rd": (("time", "frustrated"),),
    "4th": (("time", "frustrated"),),
    "5th": (("time", "frustrated"),),
    "nth": (("time", "frustrated"),),
    "umpteenth": (("time", "frustrated"),),
    "right": (("away", "urgent"), ("now", "urgent")),
    "as": (("soon as", "urgent"), ("quickly as", "urgent"), ("fast as", "urgent")),
    "time": (("sensitive", "urgent"), ("is running out", "urgent"), ("critical", "urgent")),
    "running": (("out of time", "urgent"), ("late", "urgent")),
    "passed": (("away", "sad"),),
    "miss": (("him", "sad"), ("her", "sad"), ("them", "sad")),
    "can't": (("wait", "excited"),),
    "cant": (("wait", "excited"),),
    "freaking": (("out", "anxious"),),
    "panic": (("attack", "anxious"),),
    "breaking": (("my heart", "sad"),),
    "mad": (("at", "frustrated"), ("about", "frustrated"), ("that", "frustrated")),
    "no": (("idea what to do", "anxious"),),
    "last": (("hope", "anxious"), ("resort", "anxious")),
}  # fmt: skip
_LISTS = {
    word: tuple((tuple(rest.split()), kind) for rest, kind in phrases)
    for word, phrases in _PHRASES.items()
    if phrases
}
_NEGATED = word_set("don't dont no not never")
_LOUD_MARKS = re.compile(r"[!?]*!{2,}[!?]*|\?{3,}!*")
_REACH = 3


def _word(source: Source, index: int) -> None:
    word = source.low[index]
    if word in _LISTS and _phrase_found(source, index):
        return
    kind = _CLASS_OF[word]
    after = source.word_at(index + 1)
    before = source.word_at(index - 1)
    if word in ("worry", "worries", "fear", "hurry", "stress") and before in _NEGATED:
        return
    if after in _NEXT_RITUAL.get(word, ()):
        if after not in ("to", "about", "if") or word == "worry":
            return
        if source.word_at(index + 2) in _RITUAL_VERBS:
            return
    if word in ("upset", "concerned") and before == "be" and source.word_at(index - 2) == "don't":
        return
    if before in ("whom", "who") and word == "concerned":
        return
    source.add(AtomKind.FEELING, *source.span(index), f"{kind} {stem(word)}")


def _phrase_found(source: Source, index: int) -> bool:
    for rest, kind in _LISTS[source.low[index]]:
        if not source.next_is(index, *rest):
            continue
        last = index + len(rest)
        if rest == ("wait",) and source.word_at(last + 2) in _RITUAL_VERBS:
            return False
        if rest == ("time",) and source.word_at(last + 1) in ("in", "lucky", "is"):
            return False
        if kind == "urgent" and rest[-1] == "as":
            if source.word_at(last + 1) not in ("possible", "you", "humanly"):
                return False
            last += 1
        start, end = source.starts[index], source.ends[last]
        source.add(AtomKind.FEELING, start, end, f"{kind} {source.low[index]} {' '.join(rest)}")
        return True
    return False


def _phrase(source: Source, index: int) -> None:
    _phrase_found(source, index)


TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(_LISTS, _phrase),
    **dict.fromkeys(_CLASS_OF, _word),
}


def find_emphasis(source: Source, payload: tuple[Span, ...]) -> None:
    """Shouting in capitals, and "!!!" in a sentence that negates or complains; not in payload."""
    if "!!" in source.flat or "??" in source.flat:
        _find_loud_marks(source, payload)
    run: list[int] = []
    for index in source.capitals:
        word = source.raw[index]
        if word.isupper() and (len(word) > 1 or word in "IA"):
            if run and index != run[-1] + 1:
                _end_shout(source, run, payload)
                run = []
            run.append(index)
    _end_shout(source, run, payload)


def _end_shout(source: Source, run: list[int], payload: tuple[Span, ...]) -> None:
    loud = [index for index in run if len(source.raw[index]) > 2]
    if len(run) < _REACH or len(loud) < 2:
        return
    span = source.starts[run[0]], source.ends[run[-1]]
    if overlaps(span, payload) or all(source.low[index] in COURTESY for index in run):
        return
    source.add(AtomKind.FEELING, *span, SHOUTING)


def _find_loud_marks(source: Source, payload: tuple[Span, ...]) -> None:
    """Marks count where their sentence holds a negation or a feeling found before."""
    felt = sorted(
        start for start, _, kind, _ in source.found if kind in (AtomKind.FEELING, AtomKind.NEGATION)
    )
    place = 0
    for match in _LOUD_MARKS.finditer(source.flat):
        sentence = source.sentence_at(match.start())
        while place < len(felt) and felt[place] < sentence.start:
            place += 1
        if place < len(felt) and felt[place] < sentence.end and not overlaps(match.span(), payload):
            source.add(AtomKind.FEELING, *match.span(), "emphasis !")
