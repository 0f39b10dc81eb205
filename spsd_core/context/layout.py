"""Reading the lines of a passage: which are headings, lists, tables, code, and which are prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from spsd_core.admission import code_share

__all__ = ["LINE", "Block", "UnitKind", "blocks", "goes_on"]


class UnitKind(str, Enum):
    """What a unit is."""

    SENTENCE = "sentence"
    HEADING = "heading"
    LIST = "list"
    TABLE = "table"
    CODE = "code"


class Block(NamedTuple):
    """A run of lines that belong together; spaces around are left out."""

    kind: UnitKind | None
    """None: prose, of one or more sentences."""
    start: int
    end: int


class _Line(NamedTuple):
    start: int
    bare: str
    """The line without the spaces around it; `start` is where this begins."""
    indent: int
    """Spaces before it; a tab counts as four."""


LINE = re.compile(r"[^\n\r]*(?:\r\n|\n|\r|\Z)")

_ITEM = re.compile(
    r"(?:[-+]|\*{1,4}|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})[.)])[ \t]+\S"
    r"|[\u2022\u2023\u25aa\u25cf\u25e6\u00b7][ \t]*"
)
_BARE_ITEM = re.compile(r"[\u2022\u2023\u25aa\u25cf\u25e6\u00b7]")
_FENCE = re.compile(r"(```|~~~)|\\begin\{(\w+\*?)\}")
_BLOCKS_OF_TEX = re.compile(
    r"(?:equation|align|gather|multline|eqnarray|displaymath|math|verbatim|lstlisting|tabular|table"
    r"|figure|array|tikzpicture|algorithm\w*|itemize|enumerate|description)\*?"
)
_MARKED_HEADING = re.compile(
    r"#{1,6}[ \t]+\S.*|={1,6}[ \t]?[^\s=](?:.*[^\s=])?[ \t]?={1,6}"
    r"|\\(?:chapter|(?:sub){0,2}section)\*?\{.*\}"
)
_UNDERLINE = re.compile(r"={3,}|-{3,}|~{3,}|\^{3,}")
_NUMBERED = re.compile(r"(?:\d{1,2}|[IVX]{1,4})[.)][ \t]")
_RULE = re.compile(r"[-+=|:_* ]{3,}")
_PAIR = re.compile(r"[\w.\"'-]{1,40}[ ]?[:=][ ]?\S*")
_SAID = re.compile(r"[A-Z][\w .'-]{0,30}: .*[.!?]")
"""What someone says, or a fact in words; "Answer: 300 MB." looks like code otherwise."""
_ASKED = re.compile(r"(?:Q|Question)[ ]?\d{0,3}[.:)]", re.IGNORECASE)
_ANSWERED = re.compile(r"(?:A|Answer)[ ]?\d{0,3}[.:)]", re.IGNORECASE)
_LABELLED = re.compile(r"[^:]{1,40}:[ \t]+\S")
_STAMPED = re.compile(r"[\[(]?(?:\d{4}[-/]\d\d?[-/]\d\d?|\d\d?:\d\d)\b")
"""How a line of a log or a chat begins: with a date or a time."""
_NAMED = re.compile(r"[A-Z]\w*(?:[ ][A-Z]\w*){0,2}:[ ]")
"""The same with a name."""
_INNER_END = re.compile(r"(?<!\d)[.!?][ \t]")
_SHORT_FORM_LAST = re.compile(
    r"(?:\b(?:al|figs?|eqs?|secs?|nos?|pp?|vol|ch|cf|vs|approx|dr|mrs?|ms|prof)|e\.g|i\.e)\.\Z",
    re.IGNORECASE,
)
_ENDS = ".!?:;,\u2026\"'\u201d\u2019)\u3002\uff01\uff1f"
_WRAPPED = 45
"""A line of prose at least this long that ends without a mark goes on in the next one."""
_LONGEST_TITLE = 80
_LONGEST_QUESTION = 200
_RUN = 3
"""So many short lines one below the other, none of which ends like a sentence, are a list."""
_CODE_INDENT = 4
_INDENT = (" ", "\t")


def blocks(passage: str) -> Iterator[Block]:
    """The blocks of `passage`, in order. Every character but spaces is in one of them.

    An empty line ends a run of prose, not of a list; a heading is a block of its own.
    """
    lines = [_line(passage, *match.span()) for match in LINE.finditer(passage) if match[0]]
    kinds = _structures(lines)
    _mark_runs(lines, kinds)
    headings = _headings(lines, kinds)
    open_block: Block | None = None
    for place, line in enumerate(lines):
        if not line.bare:
            if open_block and open_block.kind is None:
                yield open_block
                open_block = None
            continue
        kind = UnitKind.HEADING if place in headings else kinds[place]
        if open_block and (open_block.kind != kind or place in headings):
            yield open_block
            open_block = None
        start = open_block.start if open_block else line.start
        if kind is UnitKind.CODE and open_block is None:
            while passage[start - 1 : start] in _INDENT:
                start -= 1  # without the indent of its first line it is other code
        open_block = Block(kind, start, line.start + len(line.bare))
        if headings.get(place):  # its underline is below
            open_block = Block(kind, start, lines[place + 1].start + len(lines[place + 1].bare))
            lines[place + 1] = lines[place + 1]._replace(bare="")
    if open_block:
        yield open_block


def goes_on(text: str, following: str) -> bool:
    """Whether a line of prose goes on in the next one, as in text that was cut out of pages."""
    if not text or not following or _STAMPED.match(following):
        return False
    if _NAMED.match(text) and _NAMED.match(following):
        return False
    if text[-1] in ".!?:\u2026\u3002\uff01\uff1f":
        return _SHORT_FORM_LAST.search(text) is not None
    return following[0].islower() or text[-1] in ",;-" or len(text) >= _WRAPPED


def _line(passage: str, start: int, end: int) -> _Line:
    text = passage[start:end]
    bare = text.strip()
    before = text[: text.index(bare[0])] if bare else ""
    return _Line(start + len(before), bare, len(before.replace("\t", "    ")))


# -- what a line is ---------------------------------------------------------------------------


def _structures(lines: list[_Line]) -> list[UnitKind | None]:
    """List, table or code, or None, for each line."""
    kinds: list[UnitKind | None] = []
    fence = ""
    last = -1  # the last line that is not empty
    for place, line in enumerate(lines):
        kind: UnitKind | None = None
        opening = _fence(line.bare)
        if fence:
            kind = UnitKind.CODE
            fence = "" if line.bare.startswith(fence) else fence
        elif opening:
            kind = UnitKind.CODE
            fence = "" if opening in line.bare[1:] and opening[0] == "\\" else opening
        elif line.bare:
            kind = _kind(lines, place, last, kinds[last] if last >= 0 else None)
        kinds.append(kind)
        last = place if line.bare else last
    return kinds


def _fence(text: str) -> str:
    """What ends the block of code that `text` begins; "" if it begins none."""
    mark = _FENCE.match(text)
    if mark is None:
        return ""
    if mark[1]:
        return mark[1]
    return f"\\end{{{mark[2]}}}" if _BLOCKS_OF_TEX.fullmatch(mark[2]) else ""


def _kind(
    lines: list[_Line], place: int, last: int, kind_before: UnitKind | None
) -> UnitKind | None:
    line = lines[place]
    before = lines[last].bare if last >= 0 else ""
    adjacent = last == place - 1 and last >= 0
    goes_on_from = adjacent and kind_before is None and _SHORT_FORM_LAST.search(before)
    if _ITEM.match(line.bare) and not (_RULE.fullmatch(line.bare) or goes_on_from):
        return UnitKind.LIST
    if kind_before is UnitKind.LIST and (
        line.indent or (adjacent and (_BARE_ITEM.fullmatch(before) or goes_on(before, line.bare)))
    ):
        return UnitKind.LIST
    if _in_table(lines, place) or (
        adjacent and kind_before is UnitKind.TABLE and _RULE.fullmatch(line.bare)
    ):
        return UnitKind.TABLE
    if line.indent >= _CODE_INDENT and (before.endswith(":") or kind_before is UnitKind.CODE):
        return UnitKind.CODE
    if _MARKED_HEADING.fullmatch(line.bare) or _SAID.fullmatch(line.bare):
        return None
    if adjacent and kind_before is UnitKind.CODE and (line.indent or _PAIR.fullmatch(line.bare)):
        return UnitKind.CODE
    return UnitKind.CODE if code_share(line.bare) > 0.5 else None


def _in_table(lines: list[_Line], place: int) -> bool:
    text = lines[place].bare
    if len(text) > 2 and text[0] == text[-1] == "|":
        return True
    near = (*lines[max(0, place - 1) : place], *lines[place + 1 : place + 2])
    shape = _cells(text)
    if shape is not None:
        return any(_cells(other.bare) == shape for other in near)
    return _RULE.fullmatch(text) is not None and any(
        _cells(other.bare) or other.bare.startswith("|") for other in near
    )


def _cells(text: str) -> tuple[str, int] | None:
    """The separator and the number of cells of a line of a table; None for any other line."""
    for mark, least in (("|", 2), ("\t", 1), (";", 2), ("   ", 1)):
        count = len([cell for cell in text.split(mark) if cell.strip()]) - 1 if mark in text else 0
        if mark != "   ":
            count = text.count(mark)
        if count >= least:
            return mark, count
    commas = text.count(",")
    return (",", commas) if commas >= 2 and ", " not in text else None


def _mark_runs(lines: list[_Line], kinds: list[UnitKind | None]) -> None:
    """Short lines one below the other, such as an address or ingredients, become a list."""
    first = 0
    while first < len(lines):
        last = first
        while last < len(lines) and kinds[last] is None and _is_short(lines[last].bare):
            last += 1
        follows = lines[last].bare if last < len(lines) else ""
        if follows and last > first and not goes_on(lines[last - 1].bare, follows):
            in_run = last - first > _RUN and last > 1 and bool(lines[last - 2].bare)
            last -= not in_run  # or else a title of what stands right below
        run = lines[first:last]
        lower = sum(line.bare[0].islower() for line in run)
        if len(run) >= _RUN and lower * 2 < len(run):
            kinds[first:last] = [UnitKind.LIST] * len(run)
        first = max(last, first + 1)


def _is_short(text: str) -> bool:
    return (
        bool(text)
        and len(text) < _WRAPPED
        and text[-1] not in _ENDS
        and not _MARKED_HEADING.fullmatch(text)
        and not _UNDERLINE.fullmatch(text)
    )


# -- headings ---------------------------------------------------------------------------------


def _headings(lines: list[_Line], kinds: list[UnitKind | None]) -> dict[int, bool]:
    """The places of headings, and whether the line below is an underline that belongs to it."""
    found: dict[int, bool] = {}
    filled = [place for place, line in enumerate(lines) if line.bare]
    for place, next_filled in zip(filled, [*filled[1:], -1]):
        text = lines[place].bare
        below = lines[place + 1].bare if place + 1 < len(lines) else ""
        above = lines[place - 1].bare if place else ""
        if kinds[place] is None and _MARKED_HEADING.fullmatch(text):
            found[place] = False
        elif next_filled < 0 or (kinds[place] is None and goes_on(above, text)):
            continue
        elif kinds[place] is None and below and _UNDERLINE.fullmatch(below):
            found[place] = True
        elif kinds[place] is UnitKind.LIST:
            alone = not above and kinds[next_filled] is not UnitKind.LIST
            if alone and _NUMBERED.match(text) and _is_title(_NUMBERED.sub("", text, count=1)):
                found[place] = False
        elif kinds[place] is None and (_asks(text) or _opens(text, above, below)):
            found[place] = False
    return found


def _is_title(text: str) -> bool:
    return (
        len(text) <= _LONGEST_TITLE
        and text[:1].isalnum()
        and not text.isdigit()
        and text[-1] not in _ENDS
        and not _INNER_END.search(text)
    )


def _asks(text: str) -> bool:
    """Whether a line of its own asks what stands below it, as in a list of questions."""
    if _ASKED.match(text):
        return len(_INNER_END.findall(text)) <= 1
    asks = text.rstrip("*_\"' ").endswith("?")
    return (
        asks
        and len(text) <= _LONGEST_QUESTION
        and not _ANSWERED.match(text)
        and not _INNER_END.search(text)
    )


def _opens(text: str, above: str, below: str) -> bool:
    """Whether a line without a mark is a title."""
    if not _is_title(text) or goes_on(text, below):
        return False
    if any(_STAMPED.match(line) for line in (text, above, below)):
        return False
    labelled = _LABELLED.match(text) is not None
    return not (labelled and (_LABELLED.match(above) or _LABELLED.match(below)))
