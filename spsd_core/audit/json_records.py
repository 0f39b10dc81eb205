"""JSON values cut out of a log, whatever lines and blocks they come in.

A value that is not closed would swallow those after it. That is known for certain where something
stands in it that JSON does not allow (a brace where a key has to be, a line break in a string, a
wrong bracket), and is to be feared where it is too long or the log ends. Then it is broken, and
reading goes on at the next place that begins as it began itself, or as the last good value did:
with the same first key, and where values begin on lines of their own, with the same indentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from spsd_core.audit.records import TOO_LONG, Cut
from spsd_core.audit.sources import LONGEST_RECORD, Source

__all__ = ["json_values"]

_TOKEN_RE = re.compile(rb'["{}\[\]\\]')
_KEY_RE = re.compile(rb'\{\s*("(?:[^"\\]|\\.){0,200}"\s*:)')
_QUOTE, _BACKSLASH = b'"\\'
_CLOSED_BY = {ord("{"): ord("}"), ord("["): ord("]")}
_AFTER_STRING = b" \t\r\n,:}]"
_SPACE = b" \t\r\n"
_LOOK_BEHIND = 512
"""Bytes kept of what was read: more than an indentation with a key."""
_NO_END = "it has no end"
_RUNS_ON = "it has no end before the next one begins"


def json_values(source: Source, line: int) -> Iterator[Cut]:
    """The JSON objects and strings of a log: those of one large array, or one after the other.

    Args:
        source: read from where it stands, which is between two values.
        line: line breaks that lie before that.
    """
    cutter = _Cutter(source.position, line)
    while block := source.read():
        yield from cutter.feed(block)
    yield from cutter.finish()


class _Opening(NamedTuple):
    """How a value begins."""

    indentation: bytes | None
    """What stands before it on its line; None where that is more than space."""
    key: bytes
    """Its first key, with its colon."""

    def pattern(self) -> bytes:
        """A pattern that ends where such a value begins."""
        line = b"" if self.indentation is None else rb"\n" + re.escape(self.indentation)
        return line + rb"(?=\{\s*" + re.escape(self.key) + rb")"


class _Cutter:
    """Finds where JSON values begin and end. Holds the one at hand, up to `LONGEST_RECORD`."""

    def __init__(self, position: int, line: int) -> None:
        self._buffer = b""
        self._position = position
        """Of the first byte of the buffer, in the log."""
        self._line = line
        """Line breaks before `_counted`, which is a place in the buffer, as the next ones are."""
        self._counted = 0
        self._scanned = 0
        self._begin = 0
        """Of the value at hand, where there is one: see `_inside`."""
        self._escaped = -1
        self._string = -1
        """Where the string at hand begins, or -1."""
        self._inside = False
        self._began = 0
        """The line of the log on which the value at hand begins."""
        self._open = bytearray()
        """Braces and brackets that are open."""
        self._wrong = False
        """Whether the value at hand can be no JSON."""
        self._too_long = False
        self._adrift = False
        """Whether what was read last was no JSON: a quotation mark may then end a text as well as
        begin one."""
        self._indentation: bytes | None = None
        self._own: _Opening | None = None
        """How the value at hand begins, once somebody asked."""
        self._last: _Opening | None = None
        """How the last good value began."""
        self._next: int | None = None
        """Where the next value begins, if the one at hand does not end before."""
        self._sought = 0

    def feed(self, block: bytes) -> Iterator[Cut]:
        """The values that end in the next bytes of the log."""
        self._buffer += block
        if self._wrong or self._too_long:
            self._seek()
        yield from self._scan()
        while self._inside and len(self._buffer) - self._begin > LONGEST_RECORD:
            if not self._too_long:
                self._seek()
            if self._next is None:
                self._too_long = True
                break
            yield self._run_on()
            yield from self._scan()
        self._forget()

    def finish(self) -> Iterator[Cut]:
        """What is left at the end of the log. Its writer may yet go on: nothing of it is final."""
        yield from self._scan(at_end=True)
        while self._inside:
            self._seek()
            if self._next is None:
                yield self._cut(len(self._buffer), _NO_END)._replace(unfinished=True)
                return
            yield self._run_on()._replace(unfinished=True)
            for cut in self._scan(at_end=True):
                yield cut._replace(unfinished=True)

    # -- where a value ends ---------------------------------------------------------------------

    def _scan(self, *, at_end: bool = False) -> Iterator[Cut]:
        """The values that end in the buffer."""
        # what a quotation mark is, the byte after it says
        end = len(self._buffer) - (not at_end and self._buffer.endswith(b'"'))
        restart = True
        while restart:
            restart = False
            for match in _TOKEN_RE.finditer(self._buffer, self._scanned, end):
                place = match.start()
                self._scanned = place + 1
                ends = place != self._escaped and self._meets(self._buffer[place], place)
                if self._next is not None and place >= self._next:
                    yield self._run_on()
                    restart = True
                    break
                if ends:
                    yield self._cut(place + 1)
        self._scanned = end

    def _meets(self, token: int, place: int) -> bool:
        """Take notice of a token; whether the value at hand ends with it."""
        was_wrong = self._wrong
        if self._string >= 0:
            ends = self._in_string(token, place)
        elif token == _QUOTE:
            if not self._inside:
                if self._adrift:
                    return False
                self._start(place)
            self._string, ends = place, False
        elif token in _CLOSED_BY:
            if not self._inside and token == ord("["):
                return False  # the array that holds all values
            self._opens(token, place)
            ends = False
        else:
            ends = self._inside and self._closes(token)
        if self._wrong and not was_wrong:
            self._seek()
        return ends

    def _in_string(self, token: int, place: int) -> bool:
        if token == _BACKSLASH:
            self._escaped = place + 1
        elif token == _QUOTE:
            broken = self._buffer.find(b"\n", self._string, place) >= 0
            follows = self._buffer[place + 1 : place + 2]
            self._wrong = self._wrong or broken or follows not in _AFTER_STRING
            self._string = -1
            if not self._open and follows == b":":  # a key: the brace before it is lost
                self._open.append(ord("{"))
                self._wrong = True
            return not self._open
        return False

    def _opens(self, token: int, place: int) -> None:
        if not self._inside:
            self._start(place)
        elif self._open:
            before = place - 1
            while self._buffer[before] in _SPACE and before > self._begin:
                before -= 1
            allowed = b":" if self._open[-1] == ord("{") else b"[,"
            self._wrong = self._wrong or self._buffer[before] not in allowed
        self._open.append(token)

    def _closes(self, token: int) -> bool:
        if not self._open:
            return False
        self._wrong = self._wrong or _CLOSED_BY[self._open.pop()] != token
        return not self._open

    def _start(self, place: int) -> None:
        self._count_lines(place)
        self._inside, self._began, self._begin = True, self._line + 1, place
        line = self._buffer.rfind(b"\n", 0, place) + 1
        before = self._buffer[line:place]
        self._indentation = before if line and not before.strip() else None

    def _cut(self, end: int, problem: str = "") -> Cut:
        too_long = self._too_long or end - self._begin > LONGEST_RECORD
        if not self._wrong and not problem:
            self._last = (None if too_long else self._opening()) or self._last
        data = b"" if too_long or problem else self._buffer[self._begin : end]
        self._count_lines(end)
        problem = TOO_LONG if too_long and problem != _RUNS_ON else problem
        lines = self._line + (problem == _NO_END)
        cut = Cut(self._began, self._position + end, lines, data, problem=problem)
        self._adrift = self._wrong
        self._inside = self._wrong = self._too_long = False
        self._next, self._own, self._string, self._sought = None, None, -1, 0
        self._open.clear()
        return cut

    def _count_lines(self, end: int) -> None:
        self._line += self._buffer.count(b"\n", self._counted, end)
        self._counted = end

    # -- where the next one begins --------------------------------------------------------------

    def _seek(self) -> None:
        """Look for a place where a value begins, from where it was not looked for yet."""
        if not self._too_long:
            self._own = self._opening()
        openings = {one for one in (self._own, self._last) if one is not None}
        if not openings or self._next is not None:
            return
        pattern = b"|".join(sorted(one.pattern() for one in openings))
        found = re.compile(pattern).search(self._buffer, max(self._begin + 1, self._sought))
        self._next = found.end() if found else None
        self._sought = max(0, len(self._buffer) - _LOOK_BEHIND)

    def _opening(self) -> _Opening | None:
        key = _KEY_RE.match(self._buffer, self._begin)
        return _Opening(self._indentation, key[1]) if key else None

    def _run_on(self) -> Cut:
        """The value at hand, given up, and the scanner before the next one."""
        assert self._next is not None, "it was found"  # noqa: S101
        place = self._next
        cut = self._cut(place, _RUNS_ON)
        self._scanned, self._escaped = place, -1
        return cut

    def _forget(self) -> None:
        """Keep of the buffer what is still needed."""
        keep = self._begin if self._inside and not self._too_long else 0
        if not self._inside or self._too_long:
            keep = max(0, len(self._buffer) - _LOOK_BEHIND)
        self._count_lines(max(keep, self._counted))
        self._buffer = self._buffer[keep:]
        self._position += keep
        self._counted -= keep
        self._scanned -= keep
        self._begin = max(0, self._begin - keep)
        self._sought = max(0, self._sought - keep)
        self._escaped = max(-1, self._escaped - keep)
        if self._string >= 0:
            self._string = max(0, self._string - keep)
