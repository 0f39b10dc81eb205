"""Limits and comparisons: at most 3, only the code, by Friday, unless it rains."""

from __future__ import annotations

from spsd_core.reading.lexicon import MONTHS, NUMBER_WORDS, WEEKDAYS, word_set
from spsd_core.reading.source import Source, Trigger
from spsd_core.reading.types import AtomKind

__all__ = ["TRIGGERS"]

_REACH = 3
_SIGNS = ("$", "\u20ac", "\xa3", "~")
_BREAKS = word_set(
    "and but or because so if when then which please pls plz kindly thanks thank thx cheers ty"
    " sorry lol haha"
)
_COUNTED = NUMBER_WORDS | word_set("a an the that this my")


def _limit(source: Source, first: int, cue_last: int, reach: int = _REACH) -> None:
    """Note the limit whose cue is words `first` to `cue_last`, with the words it limits."""
    last = cue_last
    low = source.low
    while last < cue_last + reach and last + 1 < len(low) and low[last + 1] not in _BREAKS:
        if not source.same_clause(last):
            break
        last += 1
    source.add(AtomKind.LIMIT, source.starts[first], source.ends[last])


def _covered(source: Source, index: int) -> bool:
    found = source.found
    return bool(found) and found[-1][2] is AtomKind.LIMIT and found[-1][1] > source.starts[index]


def _is_number(word: str) -> bool:
    return word[:1].isdigit() or word in NUMBER_WORDS


def _at(source: Source, index: int) -> None:
    after = source.word_at(index + 1)
    if after in ("most", "least", "maximum", "minimum", "max", "min"):
        _limit(source, index, index + 1)
    elif after == "the" and source.word_at(index + 2) in ("most", "latest", "least", "earliest"):
        _limit(source, index, index + 2)


_COMPARATIVES = word_set(
    "more less fewer greater higher lower longer shorter bigger smaller larger older younger"
    " earlier later faster slower cheaper better worse exceed exceeding"
)
_RITUAL_COMPARED = word_set(
    "happy welcome glad grateful appreciated enough willing ok okay fine anything"
)


def _comparison(source: Source, index: int) -> None:
    than = source.word_at(index + 1) == "than"
    if not (than or source.low[index].startswith("exceed")) or _covered(source, index):
        return
    if source.word_at(index + 2) in _RITUAL_COMPARED:
        return
    first = index - 1 if source.word_at(index - 1) in ("no", "not") else index
    _limit(source, first, index + than)


def _number_follows(source: Source, index: int) -> None:
    """under, over, around, up to, top, last ... + a number."""
    last = index
    if source.low[index] == "up":
        if source.word_at(index + 1) != "to":
            return
        last += 1
    counted = last + 1 < len(source.low) and _is_number(source.low[last + 1])
    if counted and (source.same_clause(last) or source.gap(last).strip() in _SIGNS):
        _limit(source, index, last + 1, 1)


_ANSWERS = word_set("answer answers reply response one version explanation")
_WORDING = word_set("words language english terms")
_OWN = word_set("i i'll ill will to me let your for the")


def _manner(source: Source, index: int) -> None:
    """be brief, keep it short, easy words; not "I'll be brief", "your short reply"."""
    if source.word_at(index + 1) in _WORDING:
        _limit(source, index, index + 1, 0)
        return
    if source.word_at(index + 1) in _ANSWERS and source.word_at(index - 1) not in _OWN:
        _limit(source, index, index + 1, 0)
        return
    first = index - 1
    while source.word_at(first) in ("very", "so", "as", "really", "more"):
        first -= 1
    if source.word_at(first) in ("be", "it") and source.word_at(first - 1) not in _OWN:
        _limit(source, max(0, first), index, 0)


def _plain(source: Source, index: int) -> None:
    if not _covered(source, index):
        _limit(source, index, index)


_RITUAL_ONLY = word_set("wanted wondering wonder hoping hope asking curious")


def _only(source: Source, index: int) -> None:
    if source.word_at(index + 1) not in _RITUAL_ONLY and not _covered(source, index):
        _limit(source, index, index)


_JUST_LIMITS = NUMBER_WORDS | word_set(
    "the output return answer reply respond give provide list write tell show code yes your"
    " plain raw names print use those these this that send include say once for"
)
_NOT_JUST_A = word_set(
    "quick little small simple short question bit heads thought note minute second few"
)


def _just(source: Source, index: int) -> None:
    after = source.word_at(index + 1)
    beyond = source.word_at(index + 2)
    if after in ("a", "an"):
        limits = beyond not in _NOT_JUST_A
    else:
        limits = after in _JUST_LIMITS and not (after == "for" and beyond in ("fun", "clarity"))
    if limits and source.word_at(index - 1) not in ("was", "am", "i'm", "im", "been", "had"):
        _limit(source, index, index)


def _between(source: Source, index: int) -> None:
    """between 3 and 5, between Monday and Friday; not between two things."""
    for last in range(index + 2, min(index + 7, len(source.low) - 1)):
        if not source.same_clause(last - 1) and source.gap(last - 1).strip() not in ("$", "-"):
            return
        if source.low[last] in ("and", "to"):
            ends = source.low[index + 1 : last] + source.low[last + 1 : last + 3]
            if any(_is_number(word) or word in WEEKDAYS or word in MONTHS for word in ends):
                _limit(source, index, last, 2)
            return


_NO_ORDER = word_set(
    "thanks thank you u so much very a lot many in advance for any your the help helping advice"
    " support time answer answering it thx ty"
)
"""Where nothing else is said before, it orders nothing: thanks for helping, if possible."""


def _possible(source: Source, index: int) -> None:
    """if possible, where possible, if at all possible: an order that need not be met."""
    sentence = source.sentence_at(source.starts[index])
    first = index - 2 if source.word_at(index - 1) == "all" else index - 1
    first -= source.word_at(first) == "at"
    before = source.low[source.word_index(sentence.start) : first]
    if before and _NO_ORDER.issuperset(before):
        return
    if source.word_at(first) in ("if", "where", "when", "whenever", "wherever"):
        _limit(source, first, index, 0)


_TIMES = (
    WEEKDAYS
    | MONTHS
    | word_set(
        "today tomorrow tonight yesterday noon midnight next eod cob eow monday's christmas"
        " easter morning evening then end thanksgiving"
    )
)


def _by(source: Source, index: int) -> None:
    """by, before, after, since + a time."""
    after = source.word_at(index + 1)
    if after == "may" and source.raw[index + 1] == "may":
        return
    beyond = source.word_at(index + 2)
    if after in ("the", "this"):
        if beyond in ("end", "beginning", "start", "time", "weekend", "morning", "evening"):
            _limit(source, index, index + 2)
    elif after[:1].isdigit() or (after in _TIMES and after != "then"):
        _limit(source, index, index + 1, 2 if after in ("end", "next") else 1)


def _to_limited(source: Source, index: int) -> None:
    """limited to, limit ... to, capped at, maximum, minimum, max."""
    low = source.low
    if low[index] in ("maximum", "minimum", "max", "min", "maximal"):
        first = index
        if index and _is_number(low[index - 1]) and source.adjoins(index - 1):
            first = index - 1
        _limit(source, first, index)
        return
    for last in range(index + 1, min(index + 5, len(low))):
        if not source.same_clause(last - 1):
            return
        if low[last] in ("to", "at"):
            _limit(source, index, last)
            return


TRIGGERS: dict[str, Trigger] = {
    **dict.fromkeys(["brief", "short", "concise", "honest", "simple", "easy", "plain"], _manner),
    "at": _at,
    **dict.fromkeys(_COMPARATIVES, _comparison),
    **dict.fromkeys(
        "under over below above within around approximately roughly nearly almost beyond past up"
        " top"
        " approx first last".split(),
        _number_follows,
    ),
    **dict.fromkeys(
        "exactly precisely strictly solely exclusively except excluding unless until till".split(),
        _plain,
    ),
    "only": _only,
    "possible": _possible,
    "just": _just,
    "between": _between,
    **dict.fromkeys("by before after since".split(), _by),
    **dict.fromkeys(
        "maximum minimum max min limit limited capped cap restrict restricted".split(), _to_limited
    ),
}
