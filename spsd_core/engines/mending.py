"""From deletions to edits: closes the seams that deletions leave.

A deletion takes the spaces beside it along, an emptied line takes its line break along, and where
the deleted words began a sentence with a capital, the words that now begin it get one.
"""

from __future__ import annotations

from collections.abc import Iterable

from spsd_core.spans import Edit, Span, merge_spans, overlaps

__all__ = ["edits_for"]


def edits_for(
    text: str, deletions: Iterable[tuple[int, int]], protected: tuple[Span, ...]
) -> tuple[Edit, ...]:
    """Edits that carry out `deletions` cleanly; those that touch `protected` are left out.

    >>> from spsd_core.spans import apply_edits
    >>> text = "Hi! Could you please tell me why?  Thanks!"
    >>> apply_edits(text, edits_for(text, [(0, 3), (4, 21), (35, 42)], ()))
    'Tell me why?'
    """
    wanted = merge_spans(span for span in deletions if not overlaps(span, protected))
    wanted = _join_over_spaces(text, wanted)
    edits: list[Edit] = []
    for start, end in wanted:
        widened = _with_spaces(text, start, end, edits[-1].end if edits else 0, protected)
        edits.append(Edit(*widened))
        capital = _capital(text, start, widened.end, protected)
        if capital is not None:
            edits.append(capital)
    return tuple(edits)


def _join_over_spaces(text: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in spans:
        if joined and not text[joined[-1].end : span.start].strip():
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return tuple(joined)


def _with_spaces(text: str, start: int, end: int, floor: int, protected: tuple[Span, ...]) -> Span:
    """Widen a deletion over the white space that would be left double, empty or dangling."""
    left, right = start, end
    while left > floor and text[left - 1] in " \t":
        left -= 1
    while right < len(text) and text[right] in " \t":
        right += 1
    at_line_start = left == 0 or text[left - 1] == "\n"
    at_line_end = right == len(text) or text[right] in "\r\n"
    if at_line_start and at_line_end:
        # The whole line goes, and the break after it; at the end of the text the breaks before it.
        while right < len(text) and text[right].isspace():
            right += 1
        if right == len(text):
            while left > floor and text[left - 1].isspace():
                left -= 1
        else:  # keep the indentation of the next line
            while right > end and text[right - 1] in " \t":
                right -= 1
            right, left = _keep_paragraph(text, left, right, end)
    elif at_line_start:
        pass  # spaces on both sides go: the line now begins with what followed
    elif at_line_end:
        right = end if right < len(text) and text[right] in "\r\n" else right
    elif _closing_mark(text, right):
        pass  # "word , please." -> "word."
    elif left < start:
        left = start  # keep the space before
    else:
        right = end  # or else the one after
    if overlaps((left, start), protected):
        left = start
    if overlaps((end, right), protected):
        right = end
    return Span(left, right)


def _closing_mark(text: str, place: int) -> bool:
    """Whether a mark follows that stands right after a word (an emoticon does not)."""
    if text[place : place + 2] in (":)", ":-", ":(", ":D", ":P", ";)", ";-"):
        return False
    return text[place : place + 1] in {".", ",", ";", ":", "!", "?", ")", "…"}


def _keep_paragraph(text: str, left: int, right: int, end: int) -> tuple[int, int]:
    """Leave a blank line between what stands before and after, if there was one on either side."""
    if left == 0:
        return right, left
    breaks_after = text.count("\n", end, right)
    breaks_before = 0
    position = left
    while position > 0 and text[position - 1].isspace():
        position -= 1
        breaks_before += text[position] == "\n"
    if breaks_after > 1 and breaks_before < 2:
        right = text.index("\n", end) + 1
    return right, left


def _capital(text: str, start: int, end: int, protected: tuple[Span, ...]) -> Edit | None:
    """The edit that gives the new first word of a sentence the capital of the deleted one."""
    first = next((i for i in range(start, min(end, start + 40)) if text[i].isalpha()), None)
    if first is None or not text[first].isupper() or not _begins_sentence(text, start):
        return None
    if end >= len(text) or not text[end].islower() or overlaps((end, end + 1), protected):
        return None
    capital = text[end].upper()
    return Edit(end, end + 1, capital) if len(capital) == 1 else None


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start].rstrip(" \t\"'(*")
    return (start - len(before) <= 0 and not before) or not before or before[-1] in ".!?…:\n\r"
