"""An estimate of Llama-3 token counts in pure Python, for machines without a tokenizer.

The text is cut the way Llama 3 cuts it before byte-pair encoding (words with the character in
front of them, up to three digits, runs of punctuation, runs of white space), and each piece is
priced by what it looks like: short lower-case words are one token, long, capitalised and foreign
ones more. The prices are averages over English prompts; `benchmarks/tokens.py` measures the error.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

__all__ = ["EstimateCounter"]

# Llama 3's own split in Python's regex dialect. Letters are word characters that are neither
# digits nor "_"; an inner capital starts a new piece because the encoder rarely joins across it.
# Whatever a repeat scans it also consumes, but for one look back over a run of white space, so the
# whole is linear.
_PIECE = re.compile(
    r"'(?i:s|t|re|ve|m|ll|d)(?![^\W\d_])"
    r"|(?:[^\r\n\w]|_)?(?:[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_])[^\W\d_A-Z]*"
    r"|\d{1,3}"
    r"| ?_+| ?[^\s\w]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_CENT = 100  # prices are whole hundredths of a token, so that sums do not depend on their order
_RULED = frozenset("-=*#_.~/")  # runs of these are lines drawn by hand; the vocabulary holds them
_RULE_LENGTH = 64
_BLANK_LENGTH = 80
_SHORT = 16  # characters; the prices of pieces up to this length are remembered


class _Prices(NamedTuple):
    """Hundredths of a token by length; beyond the table's end a constant rate."""

    by_length: tuple[int, ...]
    per_further: int = 40

    def of(self, length: int) -> int:
        known = len(self.by_length)
        if length <= known:
            return self.by_length[length - 1]
        return self.by_length[-1] + (length - known) * self.per_further


# after a space: " word", " Word"
_LOWER = _Prices((100, 100, 100, 101, 102, 104, 106, 110, 116, 123, 135, 145, 160, 200, 240, 270))
_TITLE = _Prices((100, 100, 102, 108, 115, 127, 142, 158, 180, 200, 250, 260, 290, 320, 360, 400))
# with nothing in front: "word" at the start of a line, the second half of "camelCase"
_BARE = _Prices((100, 100, 104, 108, 117, 145, 150, 160, 190, 230))
# after any other character: "(word", "_word", "-Word"
_PREFIXED_LOWER = _Prices((101, 104, 116, 124, 141, 166, 181, 193, 200, 215))
_PREFIXED_TITLE = _Prices((101, 125, 168, 175, 220, 240, 260, 270, 300))
_UPPER = _Prices((100, 102, 135, 150, 170, 220, 240, 280, 310, 360))
_PUNCTUATION = _Prices((100, 103, 118, 150, 190), 30)  # runs of signs

# Hundredths of a token per UTF-8 byte, by the first code point of a block. The vocabulary knows
# some scripts well (Cyrillic, Devanagari, Thai, Chinese) and spells others byte by byte.
_BLOCKS: tuple[tuple[int, int], ...] = (
    (0x0000, 25),  # a space or a sign beside them
    (0x0080, 27),  # Latin with diacritics
    (0x0370, 21),  # Greek
    (0x0400, 17),  # Cyrillic
    (0x0530, 90),  # Armenian
    (0x0590, 52),  # Hebrew
    (0x0600, 23),  # Arabic
    (0x0700, 60),  # Syriac, Thaana and others
    (0x0900, 20),  # Devanagari
    (0x0980, 48),  # other scripts of India
    (0x0E00, 18),  # Thai
    (0x0E80, 70),  # Lao, Tibetan, Georgian, Ethiopic and others
    (0x1E00, 19),  # Latin for Vietnamese
    (0x2000, 30),  # dashes, quotes
    (0x2100, 42),  # arrows, mathematics, boxes
    (0x2E80, 25),  # Chinese, Japanese
    (0xA000, 70),
    (0xAC00, 19),  # Korean
    (0xD7B0, 60),
    (0xFF00, 36),  # full width
    (0x10000, 75),  # historic scripts, mathematical letters
    (0x1F000, 55),  # emoji
)
_BLOCK_STARTS = tuple(start for start, _ in _BLOCKS)


class EstimateCounter:
    """Counts as Llama 3 would, roughly. Needs nothing installed; thread-safe; linear."""

    @property
    def name(self) -> str:
        """`llama3 (estimate)`."""
        return "llama3 (estimate)"

    @property
    def exact(self) -> bool:
        """Always False."""
        return False

    def count(self, text: str) -> int:
        """Estimated Llama-3 tokens of `text`; at least 1 where it is not empty.

        >>> EstimateCounter().count("Sort these numbers, please.")
        6
        """
        cents = sum(
            _short_price(piece) if len(piece) <= _SHORT else _price(piece)
            for piece in _PIECE.findall(text)
        )
        return (cents + _CENT // 2) // _CENT


def _price(piece: str) -> int:
    if piece[-1].isalpha():
        return _price_of_word(piece)
    if not piece.isascii():
        return _price_of_foreign(piece)
    if piece[0].isdigit():
        return _CENT
    if piece.isspace():
        return _CENT + len(piece) // _BLANK_LENGTH * _CENT
    signs = piece.strip()
    if signs[0] in _RULED and signs == signs[0] * len(signs):
        return _CENT + len(signs) // _RULE_LENGTH * _CENT
    return _PUNCTUATION.of(len(signs))


_short_price = lru_cache(maxsize=8192)(_price)


def _price_of_word(piece: str) -> int:
    prefix = "" if piece[0].isalpha() else piece[0]
    word = piece[len(prefix) :]
    if not word.isascii():
        return _price_of_foreign(piece)
    length = len(word)
    if prefix == "'" and length <= 2 and word.islower():
        return _CENT  # 's, 't, 're, 've, 'm, 'll, 'd
    if length > 1 and word.isupper():
        return _UPPER.of(length) + (0 if prefix in ("", " ") else _CENT // 2)
    if prefix == " ":
        return (_LOWER if word.islower() else _TITLE).of(length)
    if not prefix:
        return _BARE.of(length)
    return (_PREFIXED_LOWER if word.islower() else _PREFIXED_TITLE).of(length)


def _price_of_foreign(piece: str) -> int:
    """By script and UTF-8 length, one token at least."""
    cents = sum(
        _BLOCKS[bisect_right(_BLOCK_STARTS, ord(character)) - 1][1]
        * _utf8_length(character)
        * times
        for character, times in Counter(piece).items()
    )
    return max(_CENT, cents)


def _utf8_length(character: str) -> int:
    return len(character.encode(errors="replace"))
