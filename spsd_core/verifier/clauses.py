"""Where a clause may end, seen from its words."""

from __future__ import annotations

from spsd_core.verifier.words import Words

__all__ = ["ends_clause", "ends_sentence"]

_SENTENCE_MARKS = frozenset(".!?\n\r\u2026\u3002")
_CLAUSE_MARKS = _SENTENCE_MARKS | frozenset(",;:()\u2013\u2014")
_LONGEST_GAP = 16


def _between(words: Words, index: int) -> str:
    """What stands between the word and the next, at most a few characters of it."""
    if index + 1 >= len(words.starts):
        return "\n"
    end = words.ends[index]
    return words.text[end : min(words.starts[index + 1], end + _LONGEST_GAP)]


def ends_sentence(words: Words, index: int) -> bool:
    """Whether a sentence ends after the word."""
    return not _SENTENCE_MARKS.isdisjoint(_between(words, index))


def ends_clause(words: Words, index: int) -> bool:
    """Whether a clause ends after the word."""
    return not _CLAUSE_MARKS.isdisjoint(_between(words, index))
