"""Drafts that only delete and mend: do the edits keep that promise?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.reading import AtomKind, Reading
from spsd_core.spans import Edit, Span, apply_edits, merge_spans, overlaps
from spsd_core.verifier.context import VerifierContext, failure, success

__all__ = ["check_edits"]

_NAME = "edits"
_MENDING = frozenset(" \t\r\n.,;:!?")
_CASE_MATTERS = frozenset(
    {
        AtomKind.CODE,
        AtomKind.EMAIL,
        AtomKind.IDENTIFIER,
        AtomKind.NAME,
        AtomKind.QUOTE,
        AtomKind.TERM,
        AtomKind.URL,
    }
)
_REASON_OF_KIND = {kind: Reason[f"LOST_{kind.name}"] for kind in AtomKind}


def check_edits(context: VerifierContext) -> CheckRecord:
    """Refuse edits that do not make the draft, that write, or that touch what is protected."""
    edits, original = context.edits, context.original
    if edits is None:
        return success(_NAME)
    try:
        made = apply_edits(original.text, edits)
    except ValueError:
        return failure(_NAME, Reason.VERIFIER_FAILED)
    if made != context.text:
        return failure(_NAME, Reason.VERIFIER_FAILED)
    case_matters = merge_spans(
        [*original.payload, *(atom[1:3] for atom in _case_sensitive(original))]
    )
    for edit in _joined(edits):
        reason = _refuse(original, edit, case_matters)
        if reason is not None:
            return failure(_NAME, reason, edit[:2])
    return success(_NAME)


def _case_sensitive(original: Reading) -> Iterator[tuple[AtomKind, int, int]]:
    for atom in original.atoms:
        if atom.kind in _CASE_MATTERS:
            yield atom.kind, atom.start, atom.end


def _joined(edits: Sequence[Edit]) -> Iterator[Edit]:
    """The edits, with those that touch made into one."""
    current: Edit | None = None
    for edit in edits:
        if current is not None and current.end == edit.start:
            current = Edit(current.start, edit.end, current.replacement + edit.replacement)
            continue
        if current is not None:
            yield current
        current = edit
    if current is not None:
        yield current


def _refuse(original: Reading, edit: Edit, case_matters: Sequence[Span]) -> Reason | None:
    kept = _kept_letters(original.text, edit)
    if kept is None or not _keeps_words_whole(original.text, edit, kept):
        return Reason.VERIFIER_FAILED
    cut = Span(edit.start, edit.end - len(kept))
    if overlaps(cut, original.protected) or _splits(cut, edit, original.protected):
        return _reason_at(original, cut)
    changed = Span(cut.end, edit.end)
    if overlaps(changed, case_matters) and kept != edit.replacement[-len(kept) :]:
        return _reason_at(original, changed)
    return None


def _splits(cut: Span, edit: Edit, protected: Sequence[Span]) -> bool:
    """Whether something is put into the middle of a protected place."""
    if cut.start != cut.end or len(edit.replacement) == edit.end - edit.start:
        return False
    index = bisect_left(protected, (cut.start,)) - 1
    return index >= 0 and protected[index].start < cut.start < protected[index].end


def _keeps_words_whole(text: str, edit: Edit, kept: str) -> bool:
    cut_end = edit.end - len(kept)
    if kept and _inside_word(text, cut_end):
        return False
    if cut_end == edit.start:
        return True
    if _inside_word(text, edit.start) or _inside_word(text, cut_end):
        return False
    before = text[edit.start - 1 : edit.start] if edit.start else ""
    after = edit.replacement[:1] or text[edit.end : edit.end + 1]
    return not (before.isalnum() and after.isalnum())


def _kept_letters(text: str, edit: Edit) -> str | None:
    """The end of the replaced text that the replacement keeps, at most with another first letter.

    None where the replacement holds anything else than that, spaces and marks.
    """
    core = edit.replacement.strip(" \t\r\n.,;:!?")
    if not core:
        return "" if _MENDING.issuperset(edit.replacement) else None
    # Marks may stand before what is kept (". C"), never after: the kept end is the end.
    if not edit.replacement.endswith(core):
        return None
    tail = text[max(edit.start, edit.end - len(core)) : edit.end]
    same = len(tail) == len(core) and tail[1:] == core[1:] and tail[0].lower() == core[0].lower()
    return tail if same else None


def _inside_word(text: str, position: int) -> bool:
    return 0 < position < len(text) and text[position - 1].isalnum() and text[position].isalnum()


def _reason_at(original: Reading, span: Span) -> Reason:
    """The refusal for a touched place: what stood there is changed or lost."""
    touched = Span(span.start, max(span.end, span.start + 1))
    if overlaps(touched, original.payload):
        return Reason.PAYLOAD_CHANGED
    for atom in original.atoms:
        if atom.start < touched.end and touched.start < atom.end:
            return _REASON_OF_KIND[atom.kind]
    return Reason.VERIFIER_FAILED
