"""A passage taken apart: the local model's tokens, and the blocks that stay or go whole.

A block is a word as white space bounds it, or all the words that one atom or negation reaches over.
What a block is made of cannot be parted: a changed word is a changed meaning.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from spsd_core.engines.rewrite.session import LlamaSession
from spsd_core.reading import AtomKind, read
from spsd_core.reading.sentences import split_sentences
from spsd_core.settings import PerplexitySettings
from spsd_core.spans import Span, merge_spans, overlaps
from spsd_core.tokens.pieces import cut, well_formed
from spsd_core.verifier.lexicon import NEGATORS

__all__ = ["Block", "Part", "Spelling", "spell", "take_apart"]

_MOST_CHARS_AT_ONCE = 1_000
"""llama.cpp splits words by regexes that recurse a character at a time: more overflow a stack."""
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts that put no space between words: there a word is a character."""
_UNIT_RE = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
_END_MARK_RE = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*$")
# The reading leaves out negators in set phrases of courtesy ("no problem"). In a passage these may
# mean what they say, so that every negator counts here, with up to three words of its clause.
_NEGATION_RE = re.compile(
    rf"\b(?:{'|'.join(sorted(NEGATORS))}|unless|except|\w+n['\u2019]t)\b"
    r"(?:[ \t]+[\w'\u2019-]+){0,3}",
    re.IGNORECASE,
)


class Spelling(NamedTuple):
    """A text in tokens of the local model."""

    text: str
    """As the model reads it: of the same length, with a `?` for each character it cannot spell."""
    ids: list[int]
    ends: list[int]
    """Where in the UTF-8 form of that each token ends, in bytes."""


class Block(NamedTuple):
    """What stays or goes whole."""

    start: int
    end: int
    """Characters of the passage, without the white space around."""
    tokens: range
    """The model's tokens that spell it."""
    sentence: int
    forced: bool
    """Never dropped in the token step."""
    follows: bool
    """Stays wherever another block of its sentence does: a negation, the mark at the end."""
    is_mark: bool
    """The mark at the end of a sentence: says nothing by itself."""


@dataclass(eq=False)
class Part:
    """A passage, and what has been decided about it."""

    index: int
    """Its place among the passages."""
    text: str
    size: int
    """Target tokens."""
    ids: list[int] = field(default_factory=list)
    blocks: tuple[Block, ...] = ()
    sentences: tuple[range, ...] = ()
    """Indices of the blocks of each sentence."""
    left: set[int] = field(default_factory=set)
    """Blocks of the sentences that were not dropped."""
    chosen: set[int] = field(default_factory=set)
    """Blocks that stay."""
    margins: dict[int, float] = field(default_factory=dict)
    """By how much each block passed or missed the threshold of its segment."""

    @property
    def target_per_token(self) -> float:
        """Target tokens for one of the local model's, on average."""
        return self.size / max(1, len(self.ids))


def spell(session: LlamaSession, text: str) -> Spelling | None:
    """The tokens of `text` and where they end; None where they do not spell the text."""
    ids: list[int] = []
    ends: list[int] = []
    read_as: list[str] = []
    done = 0
    for piece in cut(well_formed(text), _MOST_CHARS_AT_ONCE):
        legible = piece
        spelling = _spell_piece(session, piece)
        if spelling is None:  # a vocabulary without some bytes
            strange = {each for each in set(piece) if _spell_piece(session, each) is None}
            legible = "".join("?" if each in strange else each for each in piece)
            spelling = _spell_piece(session, legible)
        if spelling is None:
            return None
        ids += spelling[0]
        ends += [done + end for end in spelling[1]]
        read_as.append(legible)
        done += len(legible.encode())
    return Spelling("".join(read_as), ids, ends)


def _spell_piece(session: LlamaSession, piece: str) -> tuple[list[int], list[int]] | None:
    raw = piece.encode()
    ids = session.tokenize(piece, parse_special=False)
    spelt = [session.piece(token) for token in ids]
    joined = b"".join(spelt)
    added = len(joined) - len(raw)  # some vocabularies put a space of their own in front
    if added < 0 or joined[added:] != raw or joined[:added].strip(b" "):
        return None
    return ids, [max(0, end - added) for end in accumulate(map(len, spelt))]


def take_apart(
    index: int, text: str, size: int, spelling: Spelling, settings: PerplexitySettings
) -> Part:
    """The blocks and sentences of a passage. Linear in its length."""
    reading = read(text)
    negations = merge_spans(
        [
            *(match.span() for match in _NEGATION_RE.finditer(text)),
            *((atom.start, atom.end) for atom in reading.of_kind(AtomKind.NEGATION)),
        ]
    )
    asked_for = merge_spans(_asked_for(text, settings.force_tokens))
    atoms = [(atom.start, atom.end) for atom in reading.atoms]
    whole = merge_spans([*atoms, *reading.payload, *negations])
    bound = merge_spans([*whole, *asked_for])
    offsets = _byte_offsets(spelling.text)
    blocks: list[Block] = []
    for span, sentence, is_mark in _joined(_units(text, whole), bound):
        digits = settings.force_digits and any(map(str.isdigit, text[span.start : span.end]))
        blocks.append(
            Block(
                span.start,
                span.end,
                _tokens_of(spelling, offsets[span.start], offsets[span.end]),
                sentence,
                forced=digits or overlaps(span, asked_for),
                follows=is_mark or overlaps(span, negations),
                is_mark=is_mark,
            )
        )
    sentences = tuple(_runs([block.sentence for block in blocks]))
    return Part(index, text, size, spelling.ids, tuple(blocks), sentences, set(range(len(blocks))))


def _units(text: str, whole: Sequence[Span]) -> Iterator[tuple[Span, int, bool]]:
    """Words, each with the number of its sentence; the mark at a sentence's end is one of them."""
    for number, sentence in enumerate(split_sentences(text)):
        units = [Span(*match.span()) for match in _UNIT_RE.finditer(text, *sentence)]
        if not units:
            continue
        for unit in units[:-1]:
            yield unit, number, False
        last = units[-1]
        mark = _END_MARK_RE.search(text, last.start, last.end)
        if mark is None or mark.start() == last.start or overlaps(mark.span(), whole):
            yield last, number, False
        else:
            yield Span(last.start, mark.start()), number, False
            yield Span(mark.start(), last.end), number, True


def _joined(
    units: Iterator[tuple[Span, int, bool]], bound: Sequence[Span]
) -> Iterator[tuple[Span, int, bool]]:
    """Units that something reaches over made into one, and sentences with them."""
    current: tuple[Span, int, bool] | None = None
    sentence, newest = 0, 0
    for span, number, is_mark in units:
        if current is not None and _reaches_over(bound, current[0].end, span.start):
            current = Span(current[0].start, span.end), sentence, False
        else:
            if current is not None:
                yield current
            sentence += number != newest
            current = span, sentence, is_mark
        newest = number
    if current is not None:
        yield current


def _reaches_over(bound: Sequence[Span], end: int, start: int) -> bool:
    index = bisect_left(bound, (end,)) - 1
    return index >= 0 and bound[index].end > start


def _tokens_of(spelling: Spelling, start: int, end: int) -> range:
    """The tokens that share a byte with `start:end`."""
    return range(bisect_right(spelling.ends, start), bisect_left(spelling.ends, end) + 1)


def _byte_offsets(text: str) -> Sequence[int]:
    """Where each character begins in the UTF-8 form, and where the last one ends."""
    if text.isascii():
        return range(len(text) + 1)
    return [0, *accumulate(len(character.encode()) for character in text)]


def _runs(values: Sequence[int]) -> Iterator[range]:
    """Stretches of equal values."""
    start = 0
    for index in range(1, len(values) + 1):
        if index == len(values) or values[index] != values[start]:
            yield range(start, index)
            start = index


def _asked_for(text: str, force_tokens: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    pattern = _force_pattern(tuple(token for token in force_tokens if token.strip()))
    if pattern is not None:
        yield from (match.span() for match in pattern.finditer(text))


@lru_cache(maxsize=64)
def _force_pattern(force_tokens: tuple[str, ...]) -> re.Pattern[str] | None:
    """A token that is a word is looked for as a whole word."""
    parts = []
    for token in sorted(force_tokens, key=len, reverse=True):
        bare = token.strip()
        before = r"(?<!\w)" if re.match(r"\w", bare) else ""
        after = r"(?!\w)" if re.search(r"\w$", bare) else ""
        parts.append(before + re.escape(bare) + after)
    return re.compile("|".join(parts)) if parts else None
