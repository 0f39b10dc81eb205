"""Numbers in words, where they count something: not "this one", not "a million thanks"."""

from __future__ import annotations

from spsd_core.reading.atoms_numbers import add_number
from spsd_core.reading.lexicon import NUMBER_WORDS, word_set
from spsd_core.reading.source import Source, Trigger
from spsd_core.reading.types import AtomKind

__all__ = ["TRIGGERS"]

_NOT_COUNTING_BEFORE = word_set(
    "this that no any some every each which the other another first last next right wrong new"
    " old only same good big small better best a my your his her their our red blue nice"
    " lovely great"
)
_NOT_COUNTED_AFTER = word_set(
    "is was are were of another by can could would will has had that which who and or but to"
    " for in on with you i we he she they it please thanks should does do more thing question"
    " last"
)
_ORDINALS = word_set(
    "first second third fourth fifth sixth seventh eighth ninth tenth twelfth twentieth hundredth"
)
_THANKING = word_set("thanks thank thx times apologies")


def _spelled(source: Source, index: int) -> None:
    """A spelled-out number, from its first word on."""
    low = source.low
    if index and low[index - 1] in NUMBER_WORDS and source.adjoins(index - 1):
        return  # taken with the word before
    last = index
    while last + 1 < len(low) and last < index + 12 and source.adjoins(last):
        if low[last + 1] in NUMBER_WORDS:
            last += 1
        elif (
            low[last + 1] == "and"
            and source.word_at(last + 2) in NUMBER_WORDS
            and low[last] in _BIG
        ):
            last += 2
        else:
            break
    if last == index and not _counts(source, index):
        return
    start, end = source.starts[index], source.ends[last]
    if source.flat[start - 1 : start].isdigit() or _digit_before(source, index):
        return  # "5 million": read with the digits
    add_number(source, start, end)


_BIG = word_set("hundred thousand million billion hundreds thousands")


def _digit_before(source: Source, index: int) -> bool:
    return index > 0 and source.low[index - 1][-1].isdigit() and source.low[index] in _BIG


def _counts(source: Source, index: int) -> bool:
    word, before, after = (source.word_at(place) for place in (index, index - 1, index + 1))
    if word in ("million", "thousand", "hundred", "billion", "millions", "thousands"):
        return not (_THANKING & {before, after, source.word_at(index - 2)})
    if word == "half":
        return True
    if word != "one":
        return True
    if source.low[max(0, index - 1)] in _NOT_COUNTING_BEFORE and index:
        return before == "only" and source.adjoins(index) and after not in _NOT_COUNTED_AFTER
    return bool(after) and source.adjoins(index) and after not in _NOT_COUNTED_AFTER


def _ordinal(source: Source, index: int) -> None:
    before, after = source.word_at(index - 1), source.word_at(index + 1)
    word = source.low[index]
    if (word == "first" and (before in ("at", "") or after in ("of", "name"))) or (
        word == "second" and (before in ("a", "one", "every", "per", "any") or not after)
    ):
        return
    start, end = source.span(index)
    if after in ("time", "person", "half", "quarter") and source.adjoins(index):
        end = source.ends[index + 1]
    source.add(AtomKind.NUMBER, start, end)


def _multiple(source: Source, index: int) -> None:
    source.add(AtomKind.NUMBER, *source.span(index))


TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(NUMBER_WORDS, _spelled),
    **dict.fromkeys(_ORDINALS, _ordinal),
    **dict.fromkeys(["twice", "thrice", "triple", "double", "quarter"], _multiple),
}
