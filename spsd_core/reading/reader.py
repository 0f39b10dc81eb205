"""The reading: one pass over the words, a few searches over the text, then the atoms in order."""

from __future__ import annotations

import re
from functools import lru_cache

from spsd_core.reading import (
    atoms_dates,
    atoms_spelled,
    feeling,
    formats,
    judging,
    limits,
    negation,
    payload,
    templates,
)
from spsd_core.reading.atoms_numbers import find_digits
from spsd_core.reading.atoms_references import find_references
from spsd_core.reading.atoms_verbatim import find_code_spans, find_formulas, find_quotes
from spsd_core.reading.feeling import find_emphasis
from spsd_core.reading.lines import find_lines
from spsd_core.reading.names import find_names
from spsd_core.reading.questions import find_questions
from spsd_core.reading.source import Found, Source, TooDense, Trigger, cut_words
from spsd_core.reading.types import Atom, AtomKind, Reading
from spsd_core.spans import Span, merge_spans

__all__ = ["read_text"]


def _merged(*tables: dict[str, Trigger]) -> dict[str, tuple[Trigger, ...]]:
    merged: dict[str, tuple[Trigger, ...]] = {}
    for table in tables:
        for word, trigger in table.items():
            merged[word] = (*merged.get(word, ()), trigger)
    return merged


_FACT_TRIGGERS = _merged(atoms_spelled.TRIGGERS, atoms_dates.TRIGGERS)
# The writer's own words; in the payload they are somebody's else, and kept to the letter anyway.
_OWN_TRIGGERS = _merged(negation.TRIGGERS, limits.TRIGGERS, formats.TRIGGERS, feeling.TRIGGERS)
_FACTS = frozenset(
    {
        AtomKind.NUMBER,
        AtomKind.DATE,
        AtomKind.AMOUNT,
        AtomKind.IDENTIFIER,
        AtomKind.URL,
        AtomKind.EMAIL,
    }
)
_MARGIN = 64

# Payload looks at the quotes and code found before it, and at its own earlier finds, in order.
_PAYLOAD_TRIGGERS = _merged(payload.TRIGGERS, templates.TRIGGERS, judging.TRIGGERS)


def read_text(text: str, protected_terms: tuple[str, ...] = ()) -> Reading:
    """Find the protected atoms and the payload of `text`. Linear in its length; never raises.

    A long text with more atoms than prose can hold (numbers, log lines, lists without end) is
    data: all of it is payload, and none of its atoms is named.
    """
    try:
        return _read(cut_words(text), protected_terms)
    except TooDense:
        whole = (Span(0, len(text)),)
        return Reading(text, (), whole, whole)


def _read(source: Source, protected_terms: tuple[str, ...]) -> Reading:
    find_code_spans(source)
    find_quotes(source)
    _pull(source, _PAYLOAD_TRIGGERS)
    find_lines(source)
    spans = merge_spans(_trimmed(source.text, start, end) for start, end in source.payload)
    find_formulas(source)
    find_references(source)
    find_digits(source)
    _pull(source, _FACT_TRIGGERS)
    find_names(source)
    _pull(source, _OWN_TRIGGERS, spans)
    find_emphasis(source, spans)
    if protected_terms:
        _find_terms(source, protected_terms)
    find_questions(source, spans)
    return _reading(source, spans)


def _pull(
    source: Source, triggers: dict[str, tuple[Trigger, ...]], outside: tuple[Span, ...] = ()
) -> None:
    """Call the triggers of every word that has some and does not stand in one of `outside`."""
    called = [index for index, word in enumerate(source.low) if word in triggers]
    place = 0
    for index in called:
        start = source.starts[index]
        while place < len(outside) and outside[place].end <= start:
            place += 1
        if place == len(outside) or start < outside[place].start:
            for trigger in triggers[source.low[index]]:
                trigger(source, index)


def _reading(source: Source, spans: tuple[Span, ...]) -> Reading:
    found = sorted(source.found, key=_by_start_then_longest)
    atoms: list[Atom] = []
    protected: list[tuple[int, int]] = list(spans)
    fact_end = -1
    for start, end, kind, key in found:
        if kind in _FACTS:
            if end <= fact_end:
                continue  # `5` in `May 5`
            fact_end = end
        atoms.append(Atom(kind, start, end, key))
        if kind is not AtomKind.QUESTION:
            protected.append((start, end))
    return Reading(source.text, tuple(atoms), spans, merge_spans(protected))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends, of which it sheds at most a few characters."""
    head, tail = text[start : min(end, start + _MARGIN)], text[max(start, end - _MARGIN) : end]
    return start + len(head) - len(head.lstrip()), end - len(tail) + len(tail.rstrip())


def _by_start_then_longest(found: Found) -> tuple[int, int]:
    return found[0], -found[1]


@lru_cache(maxsize=64)
def _terms_pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted({term.strip() for term in terms if term.strip()}, key=len, reverse=True)
    parts = [
        (r"(?<!\w)" if term[0].isalnum() else "")
        + r"\s{1,4}".join(map(re.escape, term.split()))
        + (r"(?!\w)" if term[-1].isalnum() else "")
        for term in longest_first
    ]
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)


def _find_terms(source: Source, terms: tuple[str, ...]) -> None:
    for match in _terms_pattern(terms).finditer(source.text):
        source.add(AtomKind.TERM, *match.span())
