"""Matching: rules whose words are in a text are searched for in it, with RE2, in linear time.

Every group of patterns is a member. The words of a chunk of folded text say which rules can fire on
it at all, and near which words (`spsd_core.safety.requirements`); only those are looked for. Chunks
bound the work, whatever the text is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

from spsd_core.exceptions import ConfigurationError
from spsd_core.safety.folding import fold, fold_offsets, unmask, unmask_offsets
from spsd_core.safety.requirement_store import requirements_of
from spsd_core.safety.requirements import Requirement, RuleIndex, by_rarity
from spsd_core.safety.ruleset import MAX_WITHIN, Allowance, Rule
from spsd_core.spans import Span, merge_spans

__all__ = ["CompiledRules", "Evidence", "check_patterns", "plain_patterns"]

_CHUNK = 1024
_LONGEST_PHRASE = 200
"""How far from a word that leads to a rule a phrase of it may reach, in bytes."""
_MOST_PLACES = 12
"""A word that stands in more places than this makes the whole chunk be searched."""
_PATTERN_BYTES = 2 << 20
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
    """A rule by its members."""

    rule: Rule
    alone: int | None
    together: tuple[int, ...]
    """The group that is most likely to be missing first."""
    voids: tuple[_Void, ...]

    @property
    def reach(self) -> int:
        """How far from one word of the evidence the rest of it may stand, in bytes."""
        return max(self.rule.within, 0 if self.alone is None else _LONGEST_PHRASE)


class _Void(NamedTuple):
    """What makes evidence void, and how near in the same sentence it may stand."""

    member: int
    reach: int


class _Member:
    """A group of patterns, compiled on demand."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._compiled: Any = None

    def compile(self) -> Any:
        """The group as one RE2 pattern. Two threads may make it at once: either will do."""
        if self._compiled is None:
            import re2

            try:
                self._compiled = re2.compile(self._source, _options(_PATTERN_BYTES))
            except re2.error as error:
                raise ValueError(f"not a valid pattern: {error}") from error
        return self._compiled


class CompiledRules:
    """Rules ready to match. Immutable once built, safe to share between threads.

    Args:
        rules: what to look for.
        allow: phrases that void the evidence of rules they concern.
        trusted: the patterns are known to be valid; each is compiled when it is first needed.

    Raises:
        ConfigurationError: a pattern is not valid RE2 syntax; the message names the rule.
    """

    def __init__(
        self, rules: Sequence[Rule], allow: Sequence[Allowance] = (), *, trusted: bool = False
    ) -> None:
        self._sources: dict[str, int] = {}
        self._members: list[_Member] = []
        self._trusted = trusted
        self._allow = allow
        self._index = RuleIndex()
        self._plans = [self._plan(number, rule) for number, rule in enumerate(rules)]

    def _plan(self, number: int, rule: Rule) -> _Plan:
        """The members of a rule, which is entered under the words it cannot do without."""
        needs = [_needs_of(group) for group in rule.all_of]
        rarest, *others = by_rarity(needs) or [0]
        # the group that leads to the rule is there; the rarest of the others is least likely to be
        order = [*others, rarest] if rule.all_of else []
        self._index.add(number, _needs_of(rule.patterns), needs if all(needs) else (), rarest)
        if any(map(_is_foreign, map(_folded, chain(rule.patterns, *rule.all_of)))):
            self._index.add_foreign(number)
        try:
            return _Plan(
                rule=rule,
                alone=self._member(rule.patterns) if rule.patterns else None,
                together=tuple(self._member(rule.all_of[place]) for place in order),
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
        source = _any_of(patterns)
        if source not in self._sources:
            member = _Member(source)
            if not self._trusted:
                member.compile()
            self._sources[source] = len(self._members)
            self._members.append(member)
        return self._sources[source]

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
        plans = self._plans
        if not exceptions:
            plans = [replace(plan, voids=()) for plan in plans]
        folded, lines = fold(text), _Lines(text)
        found: dict[str, Evidence] = {}
        for start, end in _chunks(folded):
            chunk = folded[start:end]
            for plan, span in self._fired(chunk, plans, found, lines.from_place(start)):
                found[plan.rule.id] = _evidence_at(plan, span, start)
            unmasked = unmask(chunk)
            if unmasked is None:
                continue
            origin = unmask_offsets(chunk)
            ends = lines.from_place(start, origin)
            for plan, span in self._fired(unmasked, plans, found, ends, evasive=True):
                place = Span(origin[span.start], origin[span.end - 1] + 1)
                found[plan.rule.id] = _evidence_at(plan, place, start)
        return found

    def _fired(
        self,
        chunk: str,
        plans: Sequence[_Plan],
        known: Container[str],
        line_ends: Callable[[int, int], bool],
        *,
        evasive: bool = False,
    ) -> list[tuple[_Plan, Span]]:
        candidates = self._index.candidates(chunk)
        if not candidates:
            return []
        scan = _Scan(chunk, self._members, line_ends)
        fired = []
        for number in sorted(candidates):
            plan, words = plans[number], candidates[number]
            if plan.rule.id in known or (evasive and not plan.rule.evasive):
                continue
            if words is not None and not scan.may_hold(plan, words):
                continue
            span = scan.evidence(plan)
            if span is not None:
                fired.append((plan, span))
        return fired


class _Scan:
    """One chunk of text: which members may be in it and, on demand, where."""

    def __init__(
        self,
        chunk: str,
        members: Sequence[_Member],
        line_ends: Callable[[int, int], bool],
    ) -> None:
        # on bytes re2 need not translate offsets, which would cost more than the matching
        self._bytes = chunk.encode()
        self._ascii = len(self._bytes) == len(chunk)
        self._members = members
        self._line_ends = line_ends
        self._places: dict[int, list[Span]] = {}

    def may_hold(self, plan: _Plan, words: Iterable[str]) -> bool:
        """Whether a rule has evidence, exceptions aside, near one of `words`."""
        return any(
            self._holds(plan, start, end) for start, end in self._near(set(words), plan.reach)
        )

    def _holds(self, plan: _Plan, start: int, end: int) -> bool:
        if plan.alone is not None and self._found(plan.alone, start, end):
            return True
        return bool(plan.together) and all(
            self._found(member, start, end) for member in plan.together
        )

    def _found(self, member: int, start: int, end: int) -> bool:
        return self._members[member].compile().search(self._bytes, start, end) is not None

    def _near(self, words: Iterable[str], reach: int) -> tuple[Span, ...]:
        """The stretches of text around words, in bytes."""
        spans: list[tuple[int, int]] = []
        for word in words:
            sought = word.encode()
            place = self._bytes.find(sought)
            while place >= 0:
                spans.append((max(0, place - reach), place + len(sought) + reach))
                if len(spans) > _MOST_PLACES:
                    return (Span(0, len(self._bytes)),)
                place = self._bytes.find(sought, place + 1)
        return merge_spans(spans)

    def evidence(self, plan: _Plan) -> Span | None:
        """The first evidence of a rule, in characters of the chunk."""
        span = None
        if plan.alone is not None and (alone := self._spans(plan.alone)):
            span = next(self._valid(plan, alone), None)
        if span is None and plan.together and (groups := self._groups(plan)):
            span = _closest(groups, plan.rule.within)  # exceptions cost more: asked only now
            if span is not None and plan.voids:
                valid = [list(self._valid(plan, spans)) for spans in groups]
                span = _closest(valid, plan.rule.within)
        return span if span is None or self._ascii else self._characters(span)

    def _groups(self, plan: _Plan) -> list[list[Span]] | None:
        """Where each group stands; None where one is missing."""
        groups = []
        for member in plan.together:
            spans = self._spans(member)
            if not spans:
                return None
            groups.append(spans)
        return groups

    def _valid(self, plan: _Plan, spans: Iterable[Span]) -> Iterator[Span]:
        for span in spans:
            if not any(self._voided(span, void) for void in plan.voids):
                yield span

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

    def _spans(self, member: int) -> list[Span]:
        if member not in self._places:
            matches = self._members[member].compile().finditer(self._bytes)
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


def check_patterns(patterns: Sequence[str]) -> None:
    """Compile patterns for nothing but the error.

    Raises:
        ValueError: one is not valid RE2 syntax.
    """
    _Member(_any_of(patterns)).compile()


def plain_patterns(rules: Iterable[Rule]) -> list[str]:
    """The patterns of evidence, folded, whose words can be told apart by spaces; each once."""
    patterns = (p for rule in rules for group in (rule.patterns, *rule.all_of) for p in group)
    return list(dict.fromkeys(p for p in map(_folded, patterns) if not _is_foreign(p)))


def _needs_of(patterns: Iterable[str]) -> list[Requirement]:
    """What the alternatives of a group need, those apart that only other scripts can match."""
    plain = (folded for folded in map(_folded, patterns) if not _is_foreign(folded))
    return [needs for pattern in plain for needs in requirements_of(pattern)]


def _folded(pattern: str) -> str:
    if pattern.isascii():
        return pattern
    return "".join(c if c.isascii() else fold(c) for c in pattern)


def _is_foreign(folded_pattern: str) -> bool:
    """Whether a pattern has letters that RE2's `\\b`, which knows only ASCII, takes for none."""
    return not folded_pattern.isascii() and any(
        c.isalpha() and not c.isascii() for c in folded_pattern
    )


def _any_of(patterns: Iterable[str]) -> str:
    return "|".join(map(_whole_words, patterns))


def _whole_words(pattern: str) -> str:
    folded = _folded(pattern)
    return f"(?:{folded})" if _is_foreign(folded) else rf"\b(?:{folded})\b"


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
