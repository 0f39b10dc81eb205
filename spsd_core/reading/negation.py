"""Negations, each with the words it negates."""

from __future__ import annotations

from spsd_core.reading.lexicon import FUNCTION_WORDS, word_set
from spsd_core.reading.source import Source, Trigger
from spsd_core.reading.stemming import stem
from spsd_core.reading.types import AtomKind

__all__ = ["TRIGGERS", "is_ritual"]

_REACH = 3
_BREAKS = word_set(
    "and but or because although though while so if when then which who please pls plz thanks"
    " thank thx kindly cheers ty sorry lol haha"
)

_CANNOT = word_set("can't cant cannot couldn't couldnt")
_NOT = word_set(
    "not don't dont doesn't doesnt didn't didnt isn't isnt aren't arent wasn't wasnt weren't"
    " werent hasn't hasnt haven't havent hadn't hadnt ain't aint"
)
_WILL_NOT = word_set("won't wont wouldn't wouldnt shan't")
_MUST_NOT = word_set("shouldn't shouldnt mustn't mustnt needn't mightn't")
_ALWAYS = word_set(
    "never without nor nothing none nobody nowhere neither unless except hardly barely"
    " scarcely unable avoid"
)
_VERBS = word_set(
    "fail fails failed failing refuse refuses refused refusing lack lacks lacking exclude"
    " excludes excluding omit skip"
)

# What follows a negator in a set phrase of courtesy. A phrase counts with its first word only.
_RITUAL_AFTER = {
    "no": ("worries", "worry", "problem", "problems at all", "rush", "hurry", "pressure", "biggie",
           "offense", "offence", "need to apologize", "need to apologise", "need to thank",
           "need to reply", "doubt", "big deal", "matter what", "trouble at all"),
    "not": ("hesitate", "sure if you", "sure whether you", "sure if this is the right",
            "sure if i'm in the right", "a problem", "too much trouble", "too much to ask",
            "sure if anyone", "to bother", "trying to bother", "at all"),
    "don't": ("hesitate", "mind", "worry", "want to bother", "want to disturb", "want to trouble",
              "want to take up", "want to waste your", "mean to bother", "mean to be rude",
              "wanna bother"),
    "didn't": ("mean to bother", "want to bother", "mean to be rude"),
    "can't": ("thank", "tell you how grateful", "wait to hear", "appreciate", "express"),
    "cannot": ("thank", "wait to hear", "express"),
    "couldn't": ("be more grateful", "appreciate", "be happier", "thank"),
    "wouldn't": ("mind",),
    "isn't": ("too much trouble", "too much to ask", "a bother", "a problem"),
}  # fmt: skip
_APOSTROPHE = {"dont": "don't", "cant": "can't", "didnt": "didn't", "wouldnt": "wouldn't",
               "isnt": "isn't", "couldnt": "couldn't"}  # fmt: skip
_RITUAL = {
    word: tuple(tuple(phrase.split()) for phrase in phrases)
    for word, phrases in _RITUAL_AFTER.items()
}


def is_ritual(source: Source, index: int) -> bool:
    """Whether the negator `index` belongs to a set phrase of courtesy: no worries."""
    word = source.low[index]
    if word == "never" and source.word_at(index + 1) == "mind":
        return True
    for phrase in _RITUAL.get(_APOSTROPHE.get(word, word), ()):
        if source.next_is(index, *phrase):
            return True
    # "why don't you", "if you don't mind", "nothing but gratitude", "would you not mind"
    if word in ("don't", "dont") and source.word_at(index - 1) == "why":
        return source.word_at(index + 1) in ("you", "we")
    return word == "not" and source.word_at(index - 1) in ("or", "why", "whether")


def _head(word: str) -> str:
    if word in _CANNOT or word == "unable":
        return "cannot"
    if word in _NOT:
        return "not"
    if word in _WILL_NOT:
        return "will not"
    if word in _MUST_NOT:
        return "must not"
    return stem(word) if word in _VERBS else word


def _add(source: Source, first: int, cue_last: int, head: str) -> None:
    """Note the negation whose cue is words `first` to `cue_last`, with what it reaches."""
    last = cue_last
    kept: list[str] = []
    low = source.low
    while last < cue_last + _REACH and last + 1 < len(low) and source.same_clause(last):
        word = low[last + 1]
        if word in _BREAKS:
            break
        last += 1
        if word not in FUNCTION_WORDS:
            kept.append(stem(word))
    key = f"{head} {' '.join(kept)}" if kept else head
    source.add(AtomKind.NEGATION, source.starts[first], source.ends[last], key)


def _covered(source: Source, index: int) -> bool:
    """Whether the negation found last reaches over this word already."""
    found = source.found
    return bool(found) and found[-1][2] is AtomKind.NEGATION and found[-1][1] > source.starts[index]


def _negator(source: Source, index: int) -> None:
    word = source.low[index]
    if _covered(source, index) or is_ritual(source, index):
        return
    if word == "not" and source.word_at(index - 1) in ("can", "could"):
        _add(source, index - 1, index, "cannot")
        return
    _add(source, index, index, _head(word))


def _no(source: Source, index: int) -> None:
    if _covered(source, index) or is_ritual(source, index):
        return
    if source.next_is(index, "one"):
        _add(source, index, index + 1, "nobody")
    elif source.gap(index) == ". " and source.word_at(index + 1).isdigit():
        return  # "No. 5"
    else:
        _add(source, index, index, "no")


def _paired(second: str) -> Trigger:
    def find(source: Source, index: int) -> None:
        if source.word_at(index + 1) == second and not _covered(source, index):
            _add(source, index, index + 1, f"{source.low[index]} {second}")

    return find


def _verb(source: Source, index: int) -> None:
    if not _covered(source, index):
        _add(source, index, index, _head(source.low[index]))


TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(_CANNOT | _NOT | _WILL_NOT | _MUST_NOT | _ALWAYS, _negator),
    **dict.fromkeys(_VERBS, _verb),
    "no": _no,
    "instead": _paired("of"),
    "rather": _paired("than"),
    "other": _paired("than"),
    "apart": _paired("from"),
}
