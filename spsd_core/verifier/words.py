"""The words of a text in the forms the checks compare: folded, stemmed, numbers unified."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from spsd_core.reading import Reading
from spsd_core.reading.sentences import split_sentences
from spsd_core.reading.stemming import LONGEST_STEMMED, stem
from spsd_core.spans import Span
from spsd_core.verifier.lexicon import CONTRACTIONS, NUMBER_WORDS

__all__ = ["TOKEN_RE", "Words", "canonical_number", "forms", "split_words", "words_of"]

# A number with its separators; a word, apostrophes inside included; a currency or per cent sign.
# No token holds white space: the streaming guard relies on that.
TOKEN_RE = re.compile(
    r"(?:(?<![^\s(\[])[-\u2212])?\d+(?:[.,:/-]\d+)*"
    r"|[^\W\d_][^\W_]*(?:['\u2019][^\W_]+)*"
    r"|[$\u20ac\xa3\xa5\u20b9%]"
)
_THOUSANDS_RE = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SENTENCE_MARKS_RE = re.compile("[.!?\n\r\u2026\u3002]+")
_CLAUSE_MARKS_RE = re.compile("[.!?\n\r\u2026\u3002,;:()\u2013\u2014]+")
_SUFFIXES = (
    ("n't", "not"),
    ("'m", "am"),
    ("'re", "are"),
    ("'ve", "have"),
    ("'ll", "will"),
    ("'d", "would"),
)

_ARTICLES = frozenset({"a", "an", "the"})
_LONGEST_SPELT_NUMBER = 12  # words; keeps the value, and its digits, small

Form = tuple[str, str]
"""A word case-folded, and its stem."""


def canonical_number(token: str) -> str:
    """One spelling for a number in digits.

    >>> canonical_number("1,000"), canonical_number("−5")
    ('1000', '-5')
    """
    token = token.replace("\u2212", "-")
    return token.replace(",", "") if _THOUSANDS_RE.fullmatch(token) else token


@lru_cache(maxsize=8192)
def _short_forms(token: str) -> tuple[Form, ...]:
    if token[-1].isdigit() and (token[0].isdigit() or token[0] in "-\u2212"):
        number = canonical_number(token)
        return ((number, number),)
    folded = token.casefold().replace("\u2019", "'")
    parts: tuple[str, ...] = CONTRACTIONS.get(folded, ())
    if not parts and "'" in folded:
        for suffix, meaning in _SUFFIXES:
            if folded.endswith(suffix) and len(folded) > len(suffix):
                parts = (folded[: -len(suffix)], meaning)
                break
        else:
            folded = folded[:-2] if folded.endswith("'s") and len(folded) > 2 else folded
    return tuple((part, stem(part)) for part in parts or (folded,))


def forms(token: str) -> tuple[Form, ...]:
    """What a token stands for; contractions stand for two words.

    >>> forms("Don’t"), forms("colours"), forms("1,000")
    ((('do', 'do'), ('not', 'not')), (('colours', 'color'),), (('1000', '1000'),))
    """
    if len(token) > LONGEST_STEMMED:  # not remembered, whatever it is
        folded = token.casefold()
        return ((folded, folded),)
    return _short_forms(token)


@dataclass(frozen=True)
class Words:
    """The words of one text, in parallel tuples; spelt-out numbers are in digits."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    folded: tuple[str, ...]
    stems: tuple[str, ...]
    spelt: Words | None = None
    """These words before spelt-out numbers became digits, where there were any."""

    @cached_property
    def canonical(self) -> str:
        """The stems but articles, joined by spaces, with a space at each end."""
        return _join(self.stems)

    @cached_property
    def plain(self) -> str:
        """The case-folded words joined by spaces, with a space at each end."""
        return f" {' '.join(self.folded)} "

    @cached_property
    def as_written(self) -> Words:
        """The same words with spelt-out numbers left as they are."""
        return self.spelt if self.spelt is not None else self

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every folded word and every stem, spelt-out numbers both ways, ranges also in parts."""
        written = self.as_written
        return frozenset(self.folded).union(
            self.stems, written.folded, written.stems, self._ranges(), self._joined()
        )

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """The sentences of the text."""
        return split_sentences(self.text)

    @cached_property
    def clause_ends(self) -> frozenset[int]:
        """Indices of the words after which a clause ends."""
        return self._words_before(_CLAUSE_MARKS_RE)

    @cached_property
    def sentence_ends(self) -> frozenset[int]:
        """Indices of the words after which a sentence ends."""
        return self._words_before(_SENTENCE_MARKS_RE)

    def _words_before(self, marks: re.Pattern[str]) -> frozenset[int]:
        found = {len(self.starts) - 1}
        for match in marks.finditer(self.text):
            index = bisect_right(self.starts, match.start()) - 1
            if index >= 0 and self.ends[index] <= match.start():  # not the colon in 10:30
                found.add(index)
        return frozenset(found)

    def _ranges(self) -> Iterator[str]:
        """`3-4` also holds 3 and 4."""
        if "-" in self.text:
            for word in self.folded:
                if "-" in word[1:]:
                    yield from word.split("-")

    def _joined(self) -> Iterator[str]:
        """`e-mail` is also `email`."""
        if "-" in self.text:
            for index in range(len(self.starts) - 1):
                end = self.ends[index]
                if self.starts[index + 1] == end + 1 and self.text[end] == "-":
                    joined = self.folded[index] + self.folded[index + 1]
                    yield joined
                    yield stem(joined)

    def indices(self, start: int, end: int) -> range:
        """Indices of the words that share a character with `text[start:end]`."""
        return range(bisect_right(self.ends, start), bisect_left(self.starts, end))

    def canonical_of(self, start: int, end: int) -> str:
        """The stems of `text[start:end]`, in the form of `canonical`; empty where it has none."""
        chosen = self.indices(start, end)
        joined = _join(self.stems[chosen.start : chosen.stop])
        return "" if joined.isspace() else joined

    def plain_of(self, start: int, end: int) -> str:
        """The folded words of `text[start:end]`, in the form of `plain`; empty without any."""
        chosen = self.indices(start, end)
        return f" {' '.join(self.folded[chosen.start : chosen.stop])} " if chosen else ""


def _join(stems: Sequence[str]) -> str:
    return f" {' '.join([one for one in stems if one not in _ARTICLES])} "


def split_words(text: str) -> Words:
    """The words of `text`. Linear; never raises."""
    starts: list[int] = []
    ends: list[int] = []
    folded: list[str] = []
    stems: list[str] = []
    spelt_number = False
    for match in TOKEN_RE.finditer(text):
        start, end = match.span()
        found = _short_forms(match[0]) if end - start <= LONGEST_STEMMED else forms(match[0])
        for form, its_stem in found:
            starts.append(start)
            ends.append(end)
            folded.append(form)
            stems.append(its_stem)
            spelt_number = spelt_number or form in NUMBER_WORDS
    words = Words(text, tuple(starts), tuple(ends), tuple(folded), tuple(stems))
    return _unify_numbers(words) if spelt_number else words


def _unify_numbers(words: Words) -> Words:
    """Spelt-out numbers in digits: `twenty-five` becomes `25`."""
    starts: list[int] = []
    ends: list[int] = []
    folded: list[str] = []
    stems: list[str] = []
    index = 0
    while index < len(words.folded):
        after = _end_of_number(words, index)
        starts.append(words.starts[index])
        ends.append(words.ends[after - 1])
        if words.folded[index] in NUMBER_WORDS:
            value = _value([words.folded[place] for place in range(index, after)])
            folded.append(value)
            stems.append(value)
        else:
            folded.append(words.folded[index])
            stems.append(words.stems[index])
        index = after
    return Words(words.text, tuple(starts), tuple(ends), tuple(folded), tuple(stems), words)


def _end_of_number(words: Words, index: int) -> int:
    """Index after the spelt-out number that begins at `index`; `index + 1` where none does."""
    previous = NUMBER_WORDS.get(words.folded[index])
    limit = min(index + _LONGEST_SPELT_NUMBER, len(words.folded))
    index += 1
    while previous is not None and index < limit:
        value = NUMBER_WORDS.get(words.folded[index])
        between = words.text[words.ends[index - 1] : words.starts[index]]
        if value is None or between not in (" ", "-") or not _continues(previous, value):
            break
        previous = value
        index += 1
    return index


def _continues(previous: int, value: int) -> bool:
    """Whether `value` goes on with a number whose last word is `previous`: 20 5, 3 100, 100 20."""
    if value >= 100:
        return previous < value
    return previous >= 100 or (20 <= previous < 100 and 0 < value < 10)


def _value(spelt: list[str]) -> str:
    total = current = 0
    for word in spelt:
        value = NUMBER_WORDS[word]
        if value == 100:
            current = max(current, 1) * value
        elif value > 100:
            total += max(current, 1) * value
            current = 0
        else:
            current += value
    return str(total + current)


def words_of(reading: Reading) -> Words:
    """The words of a reading's text, found once and kept on the reading itself.

    Kept there rather than in a table, so that no text outlives its reading.
    """
    known = vars(reading).get("_words")
    if not isinstance(known, Words):
        known = split_words(reading.text)
        object.__setattr__(reading, "_words", known)
    return known
