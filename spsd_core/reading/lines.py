"""What whole lines show: lists, block quotes, dialogue, code, tables, logs, e-mail headers."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import word_set
from spsd_core.reading.source import Source
from spsd_core.reading.types import AtomKind
from spsd_core.spans import Span

__all__ = ["find_lines"]

_LINE = re.compile(r"[^\n\r]+")
_ITEM = re.compile(
    r"[ \t>]*(?:[-*\u2022\u2023\u25aa\u25cf+\u2013]|\(?(?:\d{1,3}|(?P<letter>[a-zA-Z])|[ivxIVX]{1,4})[.)]"
    r"|#{1,6}|\[[ xX]\])[ \t]+(?=\S)"
)
_FIRST_LETTERS = "aAiIvVxX"
"""With one of these a lettered list begins; others follow the letter before them."""
_INLINE_ITEM = re.compile(r"(?<!\S)\(?(\d{1,2}|[a-hA-H])[.)](?=[ \t]+\S)")
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
_SPEAKER = re.compile(r"[ \t]*[*\[]{0,2}[^\W\d_][\w .'\u2019#/-]{0,30}[*\]]{0,2}:[ \t]+\S")
_HEADER = re.compile(
    r"[ \t]*(?:subject|from|to|cc|bcc|re|sent|betreff|date)[ \t]?:[ \t]*\S", re.IGNORECASE
)
_SALUTATION = re.compile(
    r"(?:my )?dear(?:est)? \w|to (?:m/s|mr|mrs|ms|the|whom|all|our)\b", re.IGNORECASE
)
_FORM = re.compile(r"(?:subject|message|question|note|ps|p\.s|edit|update)\b", re.IGNORECASE)
_LEAVE = re.compile(
    r"[\n\r][ \t]*(?i:(?:(?:best|kind|warm|many|with)[ \t]+){0,2}(?:regards|wishes|greetings|thanks"
    r"|thank you|sincerely|yours|cheers|rgds)(?:[ \t]+(?:sincerely|truly|faithfully|again"
    r"|in advance|a lot|so much|very much|and (?:kind |best )?regards))?)[ \t]*[,.!]?"
    r"(?:[ \t]+[A-Z][\w.'\u2019-]{0,20}){0,2}[ \t]*"
    r"(?:\r?\n[ \t]*(?:[A-Z\[][\w.'\u2019\]-]{0,20}[ ,]?){1,4})?\s*\Z"
)
"""How a mail ends: its writer takes leave, and puts a name on the next line."""
_LONGEST_LEAVE = 160
_OF_WORDING = re.compile(
    r"\b(?:translat\w*|proof-?read\w*|correct(?:ed|ing|ion|ions)?|reword\w*|rewrit\w*|rephras\w*"
    r"|polish\w*|polite\w*|tone|wording|grammar|spelling|rate|sound(?:s|ing)?|submissive|formal"
    r"|informal|stiff|draft\w*|summari[sz]e\w*|shorten\w*|signature|say (?:all|this|it)|assistant"
    r"|chatbot|reply for me|answer (?:him|her|them|this mail|this email)|in (?:english|german"
    r"|french|spanish|italian|dutch|welsh|danish|swedish|norwegian|portuguese|turkish|arabic"
    r"|hindi|chinese|japanese|russian|ukrainian|greek))\b",
    re.IGNORECASE,
)
"""What somebody says of a mail who wants it worked on, be it in its own lines."""
_CODE_START = (
    r"(?:def|class)[ \t]+\w+.*:|(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+[\w.{*].{0,100}|#include"
    r"|#define|using[ \t]+[\w.]+;"
    r"|package[ \t]+[\w.]+;|(?:public|private|protected|static)[ \t]+(?:static|void|class|int"
    r"|string|String|final|async|bool|interface|const)\b|(?:const|let|var)[ \t]+\w+[ \t]*="
    r"|function[ \t]*\w*\("
    r"|(?:SELECT|INSERT[ \t]+INTO|UPDATE[ \t]+\w+[ \t]+SET|DELETE[ \t]+FROM|CREATE[ \t]+TABLE"
    r"|ALTER[ \t]+TABLE|DROP[ \t]+TABLE)[ \t]"
    r"|(?:\$|>>>|\.\.\.|C:\\[^>]{0,80}>|#!)[ \t]?\S|(?:sudo|curl|wget|(?:pip3?|npm|yarn|git"
    r"|docker|apt-get|apt|kubectl|conda|brew)[ \t]+(?:install|run|build|push|pull|clone|commit"
    r"|add|init|exec|apply|get|update|create|-\S))[ \t]"
    r"|Traceback[ \t]|File[ \t]\"|at[ \t]+[\w.$<>]+\(|\w*(?:Error|Exception"
    r"|Warning)(?:\b.{0,40})?:|Caused[ \t]by:"
    r"|\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}|\[?(?:INFO|ERROR|WARN|WARNING|DEBUG|FATAL"
    r"|TRACE)\b[\]:]?[ \t]"
    r"|</?[a-zA-Z!][^>]{0,200}>|@\w+(?:\(|$)|(?:else|try|finally|except[\w ,.()]{0,60}):$|(?:if"
    r"|for|while)[ \t]*\(.*\)[ \t]*\{?$"
    r"|(?:if|elif|for|while|with)[ \t].{0,200}[()=<>\[\]].{0,200}:$|for[ \t]+\w+[ \t]+in["
    r" \t]+\w+:$|return\b.{0,60};|(?:fn|func|enum|struct|impl)[ \t]+\w+|print(?:ln!?|f)?\("
)
_CODE = re.compile(
    rf"[ \t]*(?:{_CODE_START})|[^\n]{{0,400}}[;{{}}]$|[ \t]*[)\]}}]+[;,]?$|["
    rf" \t]*[{{\[]+$|[ \t]*[\"'][\w ]+[\"'][ \t]*:"
    r"|[ \t]*[\w.\[\]]{1,60}[ \t]*(?:=|\+=|-=|:=|=>)[ \t]*\S.{0,200}$|(?:[ ]{4,}|\t+)\S"
)
_SHORTEST_TABLE = 2
_LETTERS = word_set(
    "letter letters mail email emails e-mail message note draft reply speech farewell toast"
    " invitation announcement notice memo"
)
_GAP = 20
"""Characters of white space in which a blank line is looked for."""
_SPOKEN_OF = 6
"""Words above a letter that can say what is to be done with it."""
_LOOKED_BACK = 400
"""Words above a letter in which it is looked for that a letter is spoken of."""


def find_lines(source: Source) -> None:
    """Note list items, and whole lines that are payload, block by block."""
    flat = source.flat
    several = "\n" in flat or "\r" in flat
    letter = ""
    lines = [match.span() for match in _LINE.finditer(flat)] if several else [(0, len(flat))]
    if not several and len(flat) > 40:
        _find_inline_items(source, 0, len(flat))
        _find_embedded_data(source)
        return
    speakers: list[tuple[int, int]] = []
    head = _head(flat) if several else 0
    table: list[tuple[int, int]] = []
    code: list[tuple[int, int]] = []
    shape: tuple[str, int] | None = None
    for start, end in lines:
        line = flat[start : min(end, start + 2000)].rstrip()
        if not line:
            continue
        end = start + len(line) if end - start <= 2000 else end
        bare = line.lstrip()
        item, letter = _item(line, letter)
        if item:
            source.add(AtomKind.LIST_ITEM, start + len(line) - len(bare), end)
        elif bare[0] == ">":
            source.take(start, end)
        elif _is_code(bare, line):
            _join_block(source.flat, code, start + len(line) - len(bare), end)
        else:
            _find_inline_items(source, start, end)
        if ":" in bare[:34] and not item and not _FORM.match(bare) and _SPEAKER.match(line):
            speakers.append((start, end))
        if len(lines) > 1:
            _take_mail(source, bare, Span(start, end), head)
        this_shape = _table_shape(bare)
        if table and this_shape != shape:
            _end_table(source, table)
            table = []
        if this_shape is not None:
            table.append((start, end))
        shape = this_shape
    _end_table(source, table)
    for start, end in code:
        source.add(AtomKind.CODE, start, end, source.text[start:end])
    source.payload.extend(code)
    if len(speakers) > 1:
        source.take(speakers[0][0], speakers[-1][1])
    _find_embedded_data(source)


def _take_mail(source: Source, bare: str, line: Span, head: int) -> None:
    """Take the line of a mail's head; all from a pasted mail or letter on.

    Below other text a subject line begins a pasted mail; at the very start it is the head of what
    the writer himself has to say, and read like the rest of it.
    """
    start, end = line
    if _HEADER.match(bare):
        if bare[0] in "sS" and source.flat[:start].strip() and start >= head:
            source.take(start, len(source.flat))
        elif bare[:2].lower() != "su":
            source.take(start, end)
    elif (
        bare[0] in "mMdDtT"
        and not _is_taken(source, start)
        and _SALUTATION.match(bare)
        and _is_pasted_letter(source, start)
    ):
        source.take(start, len(source.flat))


def _head(flat: str) -> int:
    """The end of the head with which a whole mail of the writer's own begins, or 0.

    Where anything stands above the head or below the leave that is taken at the end, or a word is
    said of its wording, the mail may be one that is to be worked on.
    """
    if _LEAVE.search(flat, max(0, len(flat) - _LONGEST_LEAVE)) is None or _OF_WORDING.search(flat):
        return 0
    end = 0
    for line in _LINE.finditer(flat):
        if line[0].strip() and _HEADER.match(line[0]) is None:
            return end
        end = line.end()
    return 0


def _item(line: str, before: str) -> tuple[bool, str]:
    """Whether a line is a list item, after one of letter `before`; and the letter it leaves."""
    found = _ITEM.match(line)
    letter = found["letter"] if found else None
    if letter is None:
        return found is not None, before
    if letter in _FIRST_LETTERS or _follows(before, letter):
        return True, str(letter)
    return False, ""  # an initial


def _is_taken(source: Source, start: int) -> bool:
    """Whether all from `start` on is payload already."""
    if not source.payload:
        return False
    first, last = source.payload[-1]
    return first <= start and last == len(source.flat)


def _is_pasted_letter(source: Source, start: int) -> bool:
    """Whether a salutation begins a letter that the paragraph above speaks of."""
    above = source.flat[max(0, start - _GAP) : start]
    if above[len(above.rstrip()) :].count("\n") < 2:
        return False
    place = source.word_index(start)
    words = source.low[max(0, place - _LOOKED_BACK) : place]
    return place >= _SPOKEN_OF and not _LETTERS.isdisjoint(words)


def _join_block(flat: str, code: list[tuple[int, int]], start: int, end: int) -> None:
    """Add a line of code to the block above, if only white space stands between."""
    if code and flat[code[-1][1] : start].isspace():
        code[-1] = code[-1][0], end
    else:
        code.append((start, end))


def _is_code(bare: str, line: str) -> bool:
    if bare[0].isalpha() and bare[-1] in ".!?" and "(" not in bare and "=" not in bare:
        return False
    return _CODE.match(line) is not None


def _table_shape(bare: str) -> tuple[str, int] | None:
    """The separator and the number of cells of a line of a table; None for any other line."""
    for mark in "|\t;":
        if mark in bare:
            cells = bare.count(mark)
            return (mark, cells) if cells > 1 or mark == "\t" else None
    commas = bare.count(",")
    if commas >= 2 and bare[-1] not in ".!?:" and bare.count(", ") <= commas // 2:
        return (",", commas)
    return None


def _end_table(source: Source, table: list[tuple[int, int]]) -> None:
    if len(table) >= _SHORTEST_TABLE:
        source.add(
            AtomKind.CODE, table[0][0], table[-1][1], source.text[table[0][0] : table[-1][1]]
        )
        source.take(table[0][0], table[-1][1])


def _find_inline_items(source: Source, start: int, end: int) -> None:
    """`A) tea B) coffee`: from the first mark of a sequence to the end of the last one's sentence."""
    if ")" not in source.flat[start:end] and ". " not in source.flat[start:end]:
        return
    previous: re.Match[str] | None = None
    first = last = -1
    for match in _INLINE_ITEM.finditer(source.flat, start, end):
        if previous is not None and _follows(previous[1], match[1]):
            first = previous.start() if first < 0 else first
            last = match.end()
        previous = match
    if first >= 0:
        stop = _SENTENCE_END.search(source.flat, last, end)
        found = stop.end() if stop else start + len(source.flat[start:end].rstrip())
        source.add(AtomKind.LIST_ITEM, first, found)


def _follows(before: str, after: str) -> bool:
    if before.isdigit() and after.isdigit():
        return int(after) == int(before) + 1
    return len(before) == len(after) == 1 and ord(after) == ord(before) + 1


_DATA_OPEN = re.compile(
    r"[{\[](?=[ \t\r\n]{0,40}(?:[\"'{\[\d-]|[\w-]{1,40}[ \t]?:))|(?P<tag></?[a-zA-Z!][^<>]{0,300}>)"
)
_DATA_CLOSE = {"{": "}", "[": "]"}


def _find_embedded_data(source: Source) -> None:
    """JSON, arrays, templates and markup inside other text: from first bracket to its last one."""
    flat = source.flat
    if "{" not in flat and "[" not in flat and "<" not in flat:
        return
    position = 0
    while (opening := _DATA_OPEN.search(flat, position)) is not None:
        start = opening.start()
        end = opening.end() if opening["tag"] else _matching(flat, start)
        source.add(AtomKind.CODE, start, end, source.text[start:end])
        if end - start > 40 and not opening["tag"]:
            source.take(start, end)
        position = end


_BRACKETS = {mark: re.compile(f"[{re.escape(mark + _DATA_CLOSE[mark])}]") for mark in _DATA_CLOSE}


def _matching(flat: str, start: int) -> int:
    """Where the bracket at `start` closes; the end of the text where it does not."""
    mark = flat[start]
    depth = 0
    for match in _BRACKETS[mark].finditer(flat, start):
        depth += 1 if match[0] == mark else -1
        if depth == 0:
            return match.end()
    return len(flat)
