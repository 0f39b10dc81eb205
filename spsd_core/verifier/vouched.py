"""Drafts that only delete and mend: their edits vouch for most of what the other checks ask.

Where the edits make the draft, write nothing, and touch nothing that is protected, every atom and
all payload stand in it as they did, in order. Two things are left to ask: whether the seams made
something a chat model could take for structure, and whether a question lost its substance (a
question is not protected whole, since "could you please" may go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from spsd_core.distillation import CheckRecord
from spsd_core.engines.protocol import Draft
from spsd_core.reading import AtomKind, Reading, read
from spsd_core.reading.stemming import stem
from spsd_core.settings import VerifierSettings
from spsd_core.spans import Span, merge_spans
from spsd_core.verifier.context import VerifierContext, success
from spsd_core.verifier.edits import check_edits
from spsd_core.verifier.lexicon import FILLERS, PLEASANTRIES, REQUEST_VERBS, is_content
from spsd_core.verifier.output import check_output
from spsd_core.verifier.questions import QUESTIONS

__all__ = ["joins_words", "verify_vouched"]

_WORD_RE = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|\?")
_MARK_RE = re.compile(r"[.!?;:\n]")
_NEIGHBOURHOOD = 40
"""Characters beside a cut in which the neighbouring word is looked for."""
_FREE = FILLERS | PLEASANTRIES | REQUEST_VERBS


def verify_vouched(
    original: Reading, draft: Draft, settings: VerifierSettings
) -> tuple[CheckRecord, ...]:
    """The records of `edits`, `output` and `questions` for a draft with edits."""
    bare = VerifierContext(
        original, Reading(draft.text, atoms=(), payload=(), protected=()), edits=draft.edits
    )
    edits = check_edits(bare)
    if not edits.passed or all(map(_still_asks, _changed_questions(original, draft))):
        return edits, check_output(bare), success(QUESTIONS.name)
    # A question was cut into, or away: is what it asked still asked somewhere?
    full = VerifierContext(original, read(draft.text, settings.protected_terms), edits=draft.edits)
    return edits, check_output(bare), QUESTIONS(full)


def joins_words(original: Reading, draft: Draft) -> bool:
    """Whether a seam puts words side by side that might say something new together.

    That is so where a mark between them went ("in May. Hello! 5 lamps" becomes "in May 5 lamps"),
    and where one of them is a number.
    """
    text = original.text
    for edit in draft.edits or ():
        left = text[max(0, edit.start - _NEIGHBOURHOOD) : edit.start].rstrip(" \t")[-1:]
        right = (edit.replacement + text[edit.end : edit.end + _NEIGHBOURHOOD]).lstrip(" \t")[:1]
        if not (left.isalnum() and right.isalnum()) or edit.replacement.strip():
            continue
        if left.isdigit() or right.isdigit() or _MARK_RE.search(text, edit.start, edit.end):
            return True
    return False


class _Question(NamedTuple):
    """A question of the original that the edits touch."""

    kept: str
    """What is left of it."""
    cuts: tuple[str, ...]
    """What was taken out."""
    whole: bool
    """Whether what is left stood together in the original: only its ends were cut."""


def _changed_questions(original: Reading, draft: Draft) -> Iterator[_Question]:
    questions = merge_spans(
        Span(atom.start, atom.end) for atom in original.of_kind(AtomKind.QUESTION)
    )
    edits = draft.edits or ()
    first = 0
    for start, end in questions:
        while first < len(edits) and edits[first].end <= start:
            first += 1
        kept: list[str] = []
        cuts: list[str] = []
        position = start
        for edit in edits[first:]:
            if edit.start >= end:
                break
            left, right = max(start, edit.start), min(end, edit.end)
            if original.text[left:right].lower() == edit.replacement.lower():
                continue  # a capital
            kept.append(original.text[position:left])
            cuts.append(original.text[left:right])
            position = right
        if cuts:
            kept.append(original.text[position:end])
            pieces = sum(any(map(str.isalnum, piece)) for piece in kept)
            yield _Question("".join(kept), tuple(cuts), whole=pieces == 1)


def _still_asks(question: _Question) -> bool:
    """Whether only courtesy went, or only words before or after what is still a question."""
    if not any(map(_has_substance, question.cuts)):
        return True
    if not question.whole or any("?" in cut for cut in question.cuts):
        return False
    return bool(read(question.kept).of_kind(AtomKind.QUESTION))


def _has_substance(cut: str) -> bool:
    """Whether a cut holds a question mark, or a word that is not grammar or courtesy."""
    return any(
        word == "?" or (is_content(word) and stem(word) not in _FREE)
        for word in _WORD_RE.findall(cut.lower().replace("’", "'"))
    )
