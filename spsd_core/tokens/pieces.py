"""Cutting long texts so that any tokenizer takes linear time over them and none overflows.

Tokenizers are quadratic, or recurse, over long stretches without a word boundary: tiktoken before
0.13 takes minutes for a megabyte of emoji, its regex engine gives up on a megabyte of spaces, and
the C++ regexes behind some GGUF tokenizers overflow a thread's stack. A text is therefore counted
in pieces. A cut falls between words, after a line feed, or between a letter and a mark, where the
split that these tokenizers make first has a boundary anyway: the count is the same. Only a
stretch that offers no such place is cut blindly, at multiples of the limit from its own beginning:
what stands elsewhere in the text does not move these cuts, and the count is off by at most about
one token a cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

__all__ = ["by_pieces", "cut", "well_formed"]

_BETWEEN_WORDS = r"\S(?= \S)"  # the best place; the others where there is none
_BOUNDARY = r"(?:[^\W_](?=[\s.,;:!?\"()\[\]{}<>/+=、。，！？：；])|\n(?=\S))"


def cut(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` characters; joined they are the text.

    >>> cut("aaaa bb cccccccccc", 8)
    ['aaaa bb', ' ccccccc', 'ccc']
    """
    return [text] if len(text) <= limit else _piece(limit).findall(text)


def by_pieces(count: Callable[[str], int], limit: int) -> Callable[[str], int]:
    """A counter that gives `count` no more than `limit` characters at a time.

    Some tokenizers put a space of their own in front of whatever they are given. What that adds
    to a piece is measured once, and taken off for every piece but the first.
    """
    seam = max(0, count("so") + count(" it") - count("so it"))

    def count_pieces(text: str) -> int:
        pieces = cut(text, limit)
        return sum(map(count, pieces)) - seam * max(0, len(pieces) - 1)

    return count_pieces


def well_formed(text: str) -> str:
    """The text with every lone surrogate replaced by `?`, so that it has a UTF-8 form."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


@lru_cache(maxsize=8)
def _piece(limit: int) -> re.Pattern[str]:
    before = f".{{0,{limit - 1}}}"
    return re.compile(
        f"{before}{_BETWEEN_WORDS}|{before}{_BOUNDARY}|.{{1,{limit}}}",
        re.DOTALL,
    )
