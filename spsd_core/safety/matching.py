"""Matching: all patterns of all rules in one linear pass, then places for the few that were found.

Every group of patterns is one member of an `re2.Set`. The sets say which members match a chunk of
folded text; only rules whose members are all there are looked at again, with their own patterns,
inside that chunk. Chunks bound the work of the second step, whatever the text is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from spsd_core.exceptions import ConfigurationError
from spsd_core.safety.folding import fold, fold_offsets, unmask, unmask_offsets
from spsd_core.safety.ruleset import MAX_WITHIN, Allowance, Rule
from spsd_core.spans import Span

__all__ = ["CompiledRules", "Evidence"]

_CHUNK = 4096
_SOURCE_PER_SET = 14_000  # small sets have small automata: faster while cold, far less memory
_SET_BYTES = 16 << 20
_PATTERN_BYTES = 8 << 20
_ANYTHING = r"(?s:.)"
_LINE_END = re.compile(r"([\r\n\v\f\x85\u2028\u2029]+)[ \t>|]*")
_WRAPPED = 45
"""A line at least this long may have been broken to fit a width."""
_SENTENCE_ENDS = (b".", b"!", b"?")


@dataclass(frozen=True)
class Evidence:
    """Where a rule found what it looks for."""

    rule: Rule
    span: Span
    """In the folded text."""


@dataclass(frozen=True)
class _Plan:
    """A rule as indices into the set."""

    rule: Rule
    alone: int | None
    together: tuple[int, ...]
    voids: tuple[_Void, ...]


class _Void(NamedTuple):
    """What makes evidence void, and how near in the same sentence it may stand."""

    member: int
    reach: int


class CompiledRules:
    """Rules ready to match. Immutable once built, safe to share between threads.

    Args:
        rules: what to look for.
        allow: phrases that void the evidence of rules they concern.

    Raises:
        ConfigurationError: a pattern is not valid RE2 syntax; the message names the rule.
    """

    def __init__(self, rules: Sequence[Rule], allow: Sequence[Allowance] = ()) -> None:
        self._sources: dict[str, int] = {}
        self._patterns: list[Any] = []
        self._allow = allow
        self._plans = [self._plan(rule) for rule in rules]
        self._evasive = [plan for plan in self._plans if plan.rule.evasive]
        self._sets = self._compile_sets()

    def _plan(self, rule: Rule) -> _Plan:
        try:
            return _Plan(
                rule=rule,
                alone=self._member(rule.patterns) if rule.patterns else None,
                together=tuple(
                    i for group in rule.all_of if (i := self._member(group)) is not None
                ),
                voids=tuple(self._voids(rule)),
            )
        except ValueError as error:
            raise ConfigurationError(f"rule {rule.id}: {error}") from error

    def _voids(self, rule: Rule) -> Iterator[_Void]:
        if rule.unless:
            yield _Void(self._member(rule.unless), rule.unless_within)
        for allowance in self._allow:
            if allowance.concerns(rule):
                yield _Void(self._member(allowance.patterns), 0)

    def _member(self, patterns: Sequence[str]) -> int:
        """Index of the member that matches any of `patterns`; equal members are shared."""
        import re2

        source = "|".join(_whole_words(pattern) for pattern in patterns)
        if source not in self._sources:
            try:
                compiled = re2.compile(source, _options(_PATTERN_BYTES))
            except re2.error as error:
                raise ValueError(f"not a valid pattern: {error}") from error
            self._sources[source] = len(self._patterns)
            self._patterns.append(compiled)
        return self._sources[source]

    def _compile_sets(self) -> list[_MemberSet]:
        sets: list[_MemberSet] = []
        first, pending, size = 0, list[str](), 0
        for source in self._sources:
            if pending and size + len(source) > _SOURCE_PER_SET:
                sets.append(_MemberSet(first, pending))
                first, pending, size = first + len(pending), [], 0
            pending.append(source)
            size += len(source)
        return [*sets, _MemberSet(first, pending)]

    @property
    def domains(self) -> frozenset[str]:
        """The domains that have rules."""
        return frozenset(plan.rule.domain for plan in self._plans)

    def find(self, text: str, *, exceptions: bool = True) -> dict[str, Evidence]:
        """The first evidence of every rule that fires on `text`, by rule id.

        Args:
            text: any str.
            exceptions: whether `unless` and allowances make evidence void.
        """
        plans, evasive = self._plans, self._evasive
        if not exceptions:
            plans = [replace(plan, voids=()) for plan in plans]
            evasive = [plan for plan in plans if plan.rule.evasive]
        folded, lines = fold(text), _Lines(text)
        found: dict[str, Evidence] = {}
        for start, end in _chunks(folded):
            chunk = folded[start:end]
            scan = _Scan(chunk, self._patterns, self._sets, lines.from_place(start))
            for plan, span in self._fired(scan, plans, found):
                found[plan.rule.id] = _evidence_at(plan, span, start)
            unmasked = unmask(chunk)
            if unmasked is None:
                continue
            origin = unmask_offsets(chunk)
            scan = _Scan(unmasked, self._patterns, self._sets, lines.from_place(start, origin))
            for plan, span in self._fired(scan, evasive, found):
                place = Span(origin[span.start], origin[span.end - 1] + 1)
                found[plan.rule.id] = _evidence_at(plan, place, start)
        return found

    @staticmethod
    def _fired(
        scan: _Scan, plans: Sequence[_Plan], known: Container[str]
    ) -> list[tuple[_Plan, Span]]:
        fired = []
        for plan in plans:
            if plan.rule.id not in known:
                span = scan.evidence(plan)
                if span is not None:
                    fired.append((plan, span))
        return fired


class _MemberSet:
    """Neighbouring members as one automaton."""

    def __init__(self, first: int, sources: Sequence[str]) -> None:
        import re2

        self._members = range(first, first + len(sources))
        self._set = re2.Set.SearchSet(_options(_SET_BYTES))
        for source in (*sources, _ANYTHING):
            self._set.Add(source)
        self._set.Compile()

    def found_in(self, text: bytes, patterns: Sequence[Any]) -> list[int]:
        matched = self._set.Match(text)
        if matched:
            return [self._members[i] for i in matched if i < len(self._members)]
        # the always-matching member is missing: the automaton ran out of memory
        return [member for member in self._members if patterns[member].search(text)]


class _Scan:
    """One chunk of text: which members are in it and, on demand, where."""

    def __init__(
        self,
        chunk: str,
        patterns: Sequence[Any],
        sets: Sequence[_MemberSet],
        line_ends: Callable[[int, int], bool],
    ) -> None:
        # on bytes re2 need not translate offsets, which would cost more than the matching
        self._bytes = chunk.encode()
        self._ascii = len(self._bytes) == len(chunk)
        self._patterns = patterns
        self._line_ends = line_ends
        self._places: dict[int, list[Span]] = {}
        self._members = frozenset(
            member for members in sets for member in members.found_in(self._bytes, patterns)
        )

    def evidence(self, plan: _Plan) -> Span | None:
        """The first evidence of a rule, in characters of the chunk."""
        alone = plan.alone is not None and plan.alone in self._members
        together = plan.together and self._members.issuperset(plan.together)
        if not alone and not together:
            return None
        span = None
        if alone:
            span = next(iter(self._valid(plan, plan.alone)), None)
        if span is None and together:
            groups = [self._valid(plan, index) for index in plan.together]
            span = _closest(groups, plan.rule.within)
        return span if span is None or self._ascii else self._characters(span)

    def _valid(self, plan: _Plan, member: int | None) -> list[Span]:
        spans = self._spans(member)
        for void in plan.voids:
            if void.member in self._members:
                spans = [span for span in spans if not self._voided(span, void)]
        return spans

    def _voided(self, span: Span, void: _Void) -> bool:
        """Whether an exception touches `span`, or is near it in the same sentence."""
        places, reach = self._spans(void.member), void.reach
        index = bisect_left(places, (span.end + reach,)) - 1
        while index >= 0 and places[index].end + reach > span.start:
            if not self._apart(*sorted((span, places[index]))):
                return True
            index -= 1
        return False

    def _apart(self, first: Span, second: Span) -> bool:
        """Whether a sentence or a line ends between two spans."""
        if second.start <= first.end:
            return False
        between = self._bytes[first.end : second.start]
        if any(mark in between for mark in _SENTENCE_ENDS):
            return True
        return self._line_ends(self._character(first.end - 1), self._character(second.start))

    def _character(self, place: int) -> int:
        return place if self._ascii else len(self._bytes[:place].decode(errors="ignore"))

    def _spans(self, member: int | None) -> list[Span]:
        if member is None:
            return []
        if member not in self._places:
            matches = self._patterns[member].finditer(self._bytes)
            self._places[member] = [Span(*match.span()) for match in matches]
        return self._places[member]

    def _characters(self, span: Span) -> Span:
        start = self._character(span.start)
        return Span(start, start + len(self._bytes[span.start : span.end].decode(errors="ignore")))


class _Lines:
    """Where lines of the original end, looked up only where an exception depends on it.

    Folding makes a line break a space: a sentence may go on behind it. It does not where the next
    line begins a sentence, or where this one is too short to have been wrapped.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._origin: list[int] | None = None
        self._ends: list[int] = []

    def from_place(
        self, start: int, origin: Sequence[int] | None = None
    ) -> Callable[[int, int], bool]:
        """Whether a line ends between two characters of a chunk that begins at `start`.

        Args:
            start: in the folded text.
            origin: where in the chunk each character of its unmasked form comes from.
        """

        def ends_between(left: int, right: int) -> bool:
            if origin is not None:
                left, right = origin[left], origin[right]
            return self._ends_between(start + left, start + right)

        return ends_between

    def _ends_between(self, left: int, right: int) -> bool:
        if self._origin is None:
            self._origin = fold_offsets(self._text)
            self._ends = list(_line_ends(self._text))
        index = bisect_left(self._ends, self._origin[left])
        return index < len(self._ends) and self._ends[index] < self._origin[right]


def _line_ends(text: str) -> Iterator[int]:
    begin = 0
    for found in _LINE_END.finditer(text):
        wrapped = (
            found.start() - begin >= _WRAPPED and text[found.end() : found.end() + 1].islower()
        )
        if not wrapped or found[1].count("\n") > 1:
            yield found.start()
        begin = found.end()


def _evidence_at(plan: _Plan, span: Span, start: int) -> Evidence:
    return Evidence(plan.rule, Span(start + span.start, start + span.end))


def _options(max_bytes: int) -> Any:
    import re2

    options = re2.Options()
    options.max_mem = max_bytes
    options.never_capture = True
    options.log_errors = False
    return options


def _whole_words(pattern: str) -> str:
    plain = "".join(c if c.isascii() else fold(c) for c in pattern)
    if any(c.isalpha() and not c.isascii() for c in plain):  # \b knows only ASCII letters
        return f"(?:{plain})"
    return rf"\b(?:{plain})\b"


def _chunks(folded: str) -> Iterator[tuple[int, int]]:
    """Overlapping pieces, cut at spaces: evidence up to MAX_WITHIN long is whole in one of them."""
    start, length = 0, len(folded)
    while length - start > _CHUNK:
        cut = folded.rfind(" ", start + _CHUNK // 2, start + _CHUNK)
        end = cut if cut > 0 else start + _CHUNK
        yield start, end
        back = folded.rfind(" ", start + 1, end - MAX_WITHIN)
        start = back if back >= end - 2 * MAX_WITHIN else end - MAX_WITHIN
    if start < length:
        yield start, length


def _closest(groups: Sequence[Sequence[Span]], within: int) -> Span | None:
    """The first stretch of at most `within` characters that holds a span of every group."""
    events = sorted((span, group) for group, spans in enumerate(groups) for span in spans)
    latest: dict[int, Span] = {}
    for span, group in events:
        latest[group] = span
        if len(latest) < len(groups):
            continue
        start = min(place.start for place in latest.values())
        end = max(place.end for place in latest.values())
        if end - start <= within:
            return Span(start, end)
    return None
