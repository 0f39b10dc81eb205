"""Quotations, code spans, fences and formulas: what must stand character for character."""

from __future__ import annotations

import re

from spsd_core.reading.source import Source
from spsd_core.reading.types import AtomKind

__all__ = ["find_code_spans", "find_formulas", "find_quotes"]

_FENCE = re.compile(r"^[ \t]{0,8}(`{3,}|~{3,})", re.MULTILINE)
_INLINE_FENCE = re.compile(r"`{3,}")
_TICKS = re.compile(r"(?<!`)(`{1,2})(?!`)")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_QUOTE_MARK = re.compile(r"[\"\u201c\u201d\u201e\u201f\xab\xbb\u2018\u300c\u300d\u2019']")
_CLOSER = {"\u201c": "\u201d\"\u201c", "\u201e": "\u201d\u201c\"", "\xab": "\xbb", "\u300c": "\u300d",
           '"': '"\u201d', "\u201d": "\u201d\"", "\u201f": "\u201d", "\xbb": "\xab"}  # fmt: skip
_LONGEST_SINGLE = 2000
_WORDS_OF_PAYLOAD = 3

_OPERATOR = re.compile(
    r"[=<>+*^\u2264\u2265\u2260\u2248\xd7\xf7\u2192\u2211\u222b\u221a\u03c0\\/-]"
    r"(?:(?<![\\/-])|(?<=\\)[a-zA-Z]{2}|(?<=\s[-/])(?=\s))"
)
_CHUNK = re.compile(r"\S+")
_OPERAND = re.compile(
    r"[-+(\[{|]*(?:\d[\d.,]*[a-z]?|[a-z]|[a-z]\d|[a-z]{1,3}\([^\s]{0,40}\)|sqrt|sin|cos|tan|log"
    r"|exp|lim|max|min|mod)[)\]}|!',;.?:]*",
    re.IGNORECASE,
)
_PLAIN_WORD = re.compile(r"[^\W\d_]{2,}[.,;:!?]*")
_MARKDOWN = re.compile(
    r"[*_~]{1,3}[^\s*_~]|[^\s*_~]+[*_~]{1,3}[.,;:!?]*|[*+<>=-]+|[:;<>=][-)(DPp3]|</?3|<?[-=]+>"
)


def find_code_spans(source: Source) -> None:
    """Fenced and inline code. An unclosed fence reaches to the end."""
    flat = source.flat
    if "`" not in flat and "~~~" not in flat:
        return
    fences: list[tuple[int, int]] = []
    opened: tuple[int, str] | None = None
    finder = _FENCE if _FENCE.search(flat) else _INLINE_FENCE
    for match in finder.finditer(flat):
        marks = match[match.lastindex or 0]
        if opened is None:
            opened = (match.start(), marks)
        elif marks[0] == opened[1][0] and len(marks) >= len(opened[1]):
            fences.append((opened[0], match.end()))
            opened = None
    if opened is not None:
        fences.append((opened[0], len(flat)))
    for start, end in fences:
        source.add(AtomKind.CODE, start, end, source.text[start:end])
        source.take(start, end)
        source.closings[start] = end
    _find_ticks(source, fences)


def _find_ticks(source: Source, fences: list[tuple[int, int]]) -> None:
    place = 0
    opened: tuple[int, str] | None = None
    line = -1
    for match in _TICKS.finditer(source.flat):
        start, end = match.span()
        while place < len(fences) and fences[place][1] <= start:
            place += 1
        if place < len(fences) and fences[place][0] <= start:
            continue
        if opened is not None and line >= 0 and start > line:
            opened = None  # not closed in its paragraph
        if opened is None:
            opened = (start, match[1])
            blank = _BLANK_LINE.search(source.flat, start, start + _LONGEST_SINGLE)
            line = blank.start() if blank else start + _LONGEST_SINGLE
        elif match[1] == opened[1]:
            source.add(AtomKind.CODE, opened[0], end, source.text[opened[0] : end])
            source.closings[opened[0]] = end
            opened = None


def find_quotes(source: Source) -> None:
    """Text in quotation marks; of several words it is payload too. Never nested."""
    flat = source.text
    opened = -1
    mark = ""
    for match in _QUOTE_MARK.finditer(flat):
        start = match.start()
        char = flat[start]
        if char in "'\u2019":
            if flat[start - 1 : start].isalnum() and flat[start + 1 : start + 2].isalnum():
                continue  # an apostrophe inside a word
            char = "'"
        if opened >= 0:
            if mark in "'\u2018" and (
                start - opened > _LONGEST_SINGLE or "\n" in flat[opened:start]
            ):
                opened = -1  # an apostrophe
            elif _closes(flat, start, char, mark):
                _add_quote(source, opened, start + 1)
                opened = -1
                continue
            elif mark not in "'\u2018" or char in "'\u2018":
                continue
            else:
                opened = -1
        if _opens(flat, start, char):
            opened, mark = start, char
    if opened >= 0 and mark not in "'\u2018":
        blank = _BLANK_LINE.search(flat, opened)
        _add_quote(source, opened, blank.start() if blank else len(flat))


def _opens(flat: str, start: int, char: str) -> bool:
    before, after = flat[start - 1 : start], flat[start + 1 : start + 2]
    if char in "\u201d\xbb\u300d" or not after:
        return False
    if char in "\u201c\u201e\xab\u300c":
        return True
    if after.isspace() and (char == "'" or before == "]"):
        return False
    return not before or not (before.isalnum() or before in ".,!?;)\u2019'")


def _closes(flat: str, start: int, char: str, mark: str) -> bool:
    if mark in "'\u2018":
        after = flat[start + 1 : start + 2]
        return char == "'" and not after.isalnum() and not flat[start - 1].isspace()
    return char in _CLOSER.get(mark, "")


def _add_quote(source: Source, start: int, end: int) -> None:
    if not source.text[start + 1 : end - 1].strip():
        return
    source.closings[start] = end
    source.add(AtomKind.QUOTE, start, end)
    if source.text.count(" ", start, end) >= _WORDS_OF_PAYLOAD - 1:
        source.take(start, end)


def find_formulas(source: Source) -> None:
    """Runs of operands and operators: `x + y = 4z`, `((3 * 4) - 6) =`, `\\frac{1}{2}`, `$x$`."""
    flat = source.flat
    if flat.count("$") > 1 or "\\" in flat:
        _find_latex(source)
    if _OPERATOR.search(flat) is None:
        return
    first = last = -1
    operators = 0
    for chunk in _CHUNK.finditer(flat):
        word = chunk[0]
        operator = len(word) < 80 and _is_operator(word) and (word != "-" or first >= 0)
        operand = operator or (
            len(word) < 24
            and _OPERAND.fullmatch(word) is not None
            and word not in ("a", "I", "A", "i")
        )
        broken = first >= 0 and "\n" in flat[last : chunk.start()]
        if not operand or broken:
            _add_formula(source, first, last, operators)
            first, operators = -1, 0
        if operand:
            first = chunk.start() if first < 0 else first
            last = chunk.end()
            operators += operator
    _add_formula(source, first, last, operators)


_TAG = re.compile(r"</?[a-zA-Z!]")
_DIALLED = re.compile(r"\+\d{2,15}")
_PLUS_NAME = re.compile(r"[A-Za-z]\+\+[.,;:!?)]*")


def _is_operator(chunk: str) -> bool:
    if _PLAIN_WORD.fullmatch(chunk) or _MARKDOWN.fullmatch(chunk):
        return len(chunk) == 1 or chunk in ("==", "!=", "<=", ">=", "+=", "->", "=>")
    if _TAG.search(chunk) or _DIALLED.fullmatch(chunk) or _PLUS_NAME.fullmatch(chunk):
        return False
    return chunk in ("-", "/") or _OPERATOR.search(chunk) is not None


def _add_formula(source: Source, first: int, last: int, operators: int) -> None:
    if first < 0 or not operators:
        return
    core = source.flat[first:last].rstrip(".,;:!?")
    if len(core) < 3 or core.strip("-+*/=<>^ ") == "":
        return
    source.add(AtomKind.CODE, first, first + len(core), source.text[first : first + len(core)])


_LATEX = re.compile(
    r"\$\$[^$]{1,2000}\$\$|\$[^\s$\d][^$\n]{0,200}\$|\\\([^\n]{1,120}?\\\)|\\\[[^\]]{1,600}\\\]"
    r"|\\begin\{\w{1,20}\}"
)


def _find_latex(source: Source) -> None:
    for match in _LATEX.finditer(source.flat):
        source.add(AtomKind.CODE, *match.span(), source.text[match.start() : match.end()])
