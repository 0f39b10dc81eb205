"""Who speaks, and to whom: a written draft is still the writer's own message to the same reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.verifier.context import VerifierContext, failure, success
from spsd_core.verifier.lexicon import FILLERS, PERSONS, is_content
from spsd_core.verifier.words import Words

__all__ = ["check_voice"]

_NAME = "voice"
_NARRATORS = frozenset(
    "asker author client customer individual person poster requester sender speaker user"
    " writer".split()
)
_REACH = 4
"""Words between a pronoun and the verb or noun that goes with it."""
_OBJECTS = frozenset({"me", "us", "you", "him", "her", "them", "u"})
_ASKING = frozenset({"can", "could", "would", "will"})

Pair = tuple[str, str]
"""A stem with its place beside the pronoun ("need", "after"), and the person."""


def check_voice(context: VerifierContext) -> CheckRecord:
    """Refuse a draft that tells of the writer, or swaps I, you, we and they."""
    if not context.written:
        return success(_NAME)
    draft, original = context.draft_words, context.original_words
    if _narrates(draft, original) or _swaps_persons(draft, original):
        return failure(_NAME, Reason.SPEAKER_CHANGED)
    return success(_NAME)


def _narrates(draft: Words, original: Words) -> bool:
    """Whether "the user asks" stands in the draft and not in the original."""
    told: set[tuple[str, str]] | None = None
    for index, folded in enumerate(draft.folded[1:], start=1):
        if folded not in _NARRATORS or draft.folded[index - 1] not in ("the", "this", "our", "a"):
            continue
        if told is None:
            told = set(zip(original.folded, original.stems[1:]))
        following = draft.stems[index + 1] if index + 1 < len(draft.stems) else ""
        if (draft.folded[index - 1], draft.stems[index]) not in told or (
            following and (folded, following) not in told
        ):
            return True
    return False


def _swaps_persons(draft: Words, original: Words) -> bool:
    persons: defaultdict[str, set[str]] = defaultdict(set)
    for beside, person in _pairs(original):
        persons[beside].add(person)
    present = {PERSONS[folded] for folded in PERSONS.keys() & set(original.folded)}
    for beside, person in _pairs(draft):
        if beside in persons and person not in persons[beside]:
            return True
    return any(
        PERSONS[folded] not in present and not _is_request(draft, index)
        for index, folded in enumerate(draft.folded)
        if folded in PERSONS
    )


def _is_request(words: Words, index: int) -> bool:
    """Whether the pronoun is the `you` of `can you`, which an imperative may have become."""
    return (
        PERSONS[words.folded[index]] == "you" and index > 0 and words.folded[index - 1] in _ASKING
    )


def _pairs(words: Words) -> Iterator[Pair]:
    for index, folded in enumerate(words.folded):
        person = PERSONS.get(folded)
        if person is None:
            continue
        if folded not in _OBJECTS or folded in ("you", "her", "u"):
            following = _following(words, index)
            if following:
                yield f"{following} after", person
        if folded in _OBJECTS and index and _is_verb_before(words, index - 1):
            yield f"{words.stems[index - 1]} before", person


def _is_verb_before(words: Words, place: int) -> bool:
    return is_content(words.folded[place]) and place not in words.sentence_ends


def _following(words: Words, index: int) -> str:
    """Stem of the first content word after the pronoun, in the same sentence."""
    for place in range(index + 1, min(index + 1 + _REACH, len(words.folded))):
        folded = words.folded[place]
        if place - 1 in words.sentence_ends or folded in PERSONS:
            return ""
        if is_content(folded) and words.stems[place] not in FILLERS:
            return words.stems[place]
    return ""
