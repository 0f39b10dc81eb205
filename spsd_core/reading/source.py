"""A text cut into words and sentences once, for all finders."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from spsd_core.reading.sentences import split_sentences
from spsd_core.reading.types import AtomKind
from spsd_core.spans import Span

__all__ = ["Found", "Source", "TooDense", "Trigger", "chunks_with", "cut_words", "normal_form"]

_WORD = re.compile(r"([^\W_]+(?:'[^\W_]+)*)")
_UNIFIED = str.maketrans("\u2018\u2019\u02bc\u201c\u201d\u201e\xab\xbb", '\'\'\'"""""')
_CLAUSE_END = frozenset('.,;:!?()[]{}"\n\r\u2013\u2014\u2026\u2022|')
_LONGEST_GAP = 8
_MOST_FOUND = 2000
_CHARACTERS_AN_ATOM = 20  # dense prose has one atom in 30 characters

Found = tuple[int, int, AtomKind, str]
"""Start, end, kind and key of an atom, before it becomes one."""


def normal_form(text: str) -> str:
    """Case-folded, quotes and apostrophes straight, one space for every run of white space.

    >>> normal_form("It’s  “Here”")
    'it\\'s "here"'
    """
    return " ".join(text.translate(_UNIFIED).casefold().split())


class TooDense(Exception):
    """The text is data rather than prose. Never leaves the reading."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text and its words, in parallel lists. Offsets are the same in `text` and `flat`."""

    text: str
    flat: str
    """The text with straight apostrophes."""
    raw: list[str]
    low: list[str]
    """The words in lower case."""
    starts: list[int]
    ends: list[int]
    gaps: list[str]
    """What stands after each word, up to the next."""
    capitals: list[int]
    """Indices of the words with capitals."""
    sentences: tuple[Span, ...]
    found: list[Found] = field(default_factory=list)
    """What the finders have found so far, in no order."""
    payload: list[tuple[int, int]] = field(default_factory=list)
    most_found: int = 0
    closings: dict[int, int] = field(default_factory=dict)
    """Start of each quotation or code span -> its end."""

    def add(self, kind: AtomKind, start: int, end: int, key: str | None = None) -> None:
        """Note an atom; its key is its own normal form unless given.

        Raises:
            TooDense: the text holds more of them than prose can.
        """
        if len(self.found) >= self.most_found:
            raise TooDense
        self.found.append(
            (start, end, kind, normal_form(self.text[start:end]) if key is None else key)
        )

    def take(self, start: int, end: int) -> None:
        """Note payload.

        Raises:
            TooDense: there are more pieces of it than prose can hold.
        """
        if len(self.payload) >= self.most_found:
            raise TooDense
        self.payload.append((start, end))

    def span(self, index: int) -> tuple[int, int]:
        """Where word `index` stands."""
        return self.starts[index], self.ends[index]

    def gap(self, index: int) -> str:
        """What stands between word `index` and the next, a few characters of it."""
        return self.gaps[index][:_LONGEST_GAP]

    def adjoins(self, index: int) -> bool:
        """Whether the next word follows with nothing but a space or hyphen between."""
        gap = self.gap(index)
        return gap in (" ", "-") or (gap.isspace() and "\n" not in gap and "\r" not in gap)

    def same_clause(self, index: int) -> bool:
        """Whether no punctuation that ends a clause stands after word `index`."""
        gap = self.gap(index)
        return gap == " " or _CLAUSE_END.isdisjoint(gap)

    def word_at(self, index: int) -> str:
        """The word in lower case, or an empty string beyond either end."""
        return self.low[index] if 0 <= index < len(self.low) else ""

    def next_is(self, index: int, *words: str) -> bool:
        """Whether exactly these words follow word `index`."""
        return self.low[index + 1 : index + 1 + len(words)] == list(words)

    def sentence_at(self, position: int) -> Span:
        """The sentence that holds or follows `position`."""
        index = bisect_right(self.sentences, (position, len(self.text) + 1)) - 1
        return self.sentences[max(index, 0)]

    def word_index(self, position: int) -> int:
        """Index of the first word that starts at or after `position`."""
        return bisect_left(self.starts, position)


_CHUNK_END = re.compile(r"\S*")
_LONGEST_HEAD = 300


def chunks_with(mark: re.Pattern[str], flat: str) -> Iterator[tuple[int, int]]:
    """Every run of characters without a space in which `mark` is found.

    Of a run that begins longer than 300 characters before the mark, only the end.
    """
    done = 0
    while (match := mark.search(flat, done)) is not None:
        start = match.start()
        head = flat[max(done, start - _LONGEST_HEAD) : start]
        if head and not head[-1].isspace():
            start -= len(head.rsplit(None, 1)[-1])
        end = _CHUNK_END.match(flat, match.start())
        done = max(match.end(), end.end() if end else 0)
        yield start, done


Trigger = Callable[[Source, int], None]
"""Called for the words it is entered under; adds what it finds to the source."""


def cut_words(text: str) -> Source:
    """Cut a text into words and sentences. Linear.

    Raises:
        TooDense: its sentences or lines are shorter than those of prose.
    """
    sentences = split_sentences(text)
    most_found = _MOST_FOUND + len(text) // _CHARACTERS_AN_ATOM
    if len(sentences) > most_found:
        raise TooDense
    flat = text.replace("\u2019", "'").replace("\u02bc", "'")
    parts: list[str] = _WORD.split(flat)  # gap, word, gap, word, ..., gap
    offsets = list(accumulate(map(len, parts)))
    raw = parts[1::2]
    low = list(map(str.lower, raw))
    return Source(
        text=text,
        flat=flat,
        raw=raw,
        low=low,
        starts=offsets[:-1:2],
        ends=offsets[1::2],
        gaps=parts[2::2],
        capitals=[index for index, word in enumerate(raw) if word != low[index]],
        sentences=sentences,
        most_found=most_found,
    )
