"""Matching: all patterns of all rules in one linear pass, then places for the few that were found.

Every group of patterns is one member of an `re2.Set`. The set says which members match a chunk of
folded text; only rules whose members are all there are looked at again, with their own patterns,
inside that chunk. Chunks bound the work of the second step, whatever the text is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spsd_core.exceptions import ConfigurationError
from spsd_core.safety.folding import fold, unmask
from spsd_core.safety.ruleset import MAX_WITHIN, Rule
from spsd_core.spans import Span

__all__ = ["CompiledRules", "Evidence"]

_CHUNK = 4096
_SET_BYTES = 192 << 20
_PATTERN_BYTES = 32 << 20
_ANYTHING = r"(?s:.)"


@dataclass(frozen=True)
class Evidence:
    """Where a rule found what it looks for."""

    rule: Rule
    span: Span
    """In the folded text, or in the unmasked one."""
    unmasked: bool
    """Whether the rule fired only on the unmasked text."""


@dataclass(frozen=True)
class _Plan:
    """A rule as indices into the set."""

    rule: Rule
    alone: int | None
    together: tuple[int, ...]
    void: int | None


class CompiledRules:
    """Rules ready to match. Immutable once built, safe to share between threads.

    Raises:
        ConfigurationError: a pattern is not valid RE2 syntax; the message names the rule.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._sources: dict[str, int] = {}
        self._patterns: list[Any] = []
        self._plans = [self._plan(rule) for rule in rules]
        self._set = self._compile_set()

    def _plan(self, rule: Rule) -> _Plan:
        try:
            return _Plan(
                rule=rule,
                alone=self._member(rule.patterns),
                together=tuple(i for group in rule.all_of if (i := self._member(group)) is not None),
                void=self._member(rule.unless),
            )
        except ValueError as error:
            raise ConfigurationError(f"rule {rule.id}: {error}") from error

    def _member(self, patterns: Sequence[str]) -> int | None:
        import re2

        if not patterns:
            return None
        source = "|".join(_whole_words(pattern) for pattern in patterns)
        if source not in self._sources:
            try:
                compiled = re2.compile(source, _options(_PATTERN_BYTES))
            except re2.error as error:
                raise ValueError(f"not a valid pattern: {error}") from error
            self._sources[source] = len(self._patterns)
            self._patterns.append(compiled)
        return self._sources[source]

    def _compile_set(self) -> Any:
        import re2

        members = re2.Set.SearchSet(_options(_SET_BYTES))
        for source in self._sources:
            members.Add(source)
        members.Add(_ANYTHING)
        members.Compile()
        return members

    def find(self, text: str) -> dict[str, Evidence]:
        """The first evidence of every rule that fires on `text`, by rule id."""
        folded = fold(text)
        found = self._find_in(folded, self._plans, unmasked=False)
        unmasked = unmask(folded)
        if unmasked is not None:
            hidden = [p for p in self._plans if p.rule.evasive and p.rule.id not in found]
            found.update(self._find_in(unmasked, hidden, unmasked=True))
        return found

    def _find_in(
        self, folded: str, plans: Sequence[_Plan], *, unmasked: bool
    ) -> dict[str, Evidence]:
        found: dict[str, Evidence] = {}
        for start, end in _chunks(folded):
            chunk = folded[start:end]
            members = self._members_in(chunk)
            if len(members) == 0:
                continue
            for plan in plans:
                if plan.rule.id in found:
                    continue
                span = self._evidence(plan, chunk, members)
                if span is not None:
                    place = Span(start + span.start, start + span.end)
                    found[plan.rule.id] = Evidence(plan.rule, place, unmasked)
        return found

    def _members_in(self, chunk: str) -> set[int]:
        matched = self._set.Match(chunk)
        if matched:
            members = set(matched)
            members.discard(len(self._patterns))
            return members
        # the always-matching member is missing: the automaton ran out of memory; go one by one
        return {i for i, pattern in enumerate(self._patterns) if pattern.search(chunk)}

    def _evidence(self, plan: _Plan, chunk: str, members: set[int]) -> Span | None:
        void: list[Span] | None = None
        if plan.void is not None and plan.void in members:
            void = list(self._spans(plan.void, chunk))
        if plan.alone is not None and plan.alone in members:
            for span in self._spans(plan.alone, chunk):
                if void is None or not _near(span, void, plan.rule.unless_within):
                    return span
        if plan.together and all(index in members for index in plan.together):
            groups = [list(self._spans(index, chunk)) for index in plan.together]
            if void is not None:
                groups = [
                    [s for s in group if not _near(s, void, plan.rule.unless_within)]
                    for group in groups
                ]
            return _closest(groups, plan.rule.within)
        return None

    def _spans(self, index: int, chunk: str) -> Iterator[Span]:
        for match in self._patterns[index].finditer(chunk):
            yield Span(*match.span())


def _options(max_bytes: int) -> Any:
    import re2

    options = re2.Options()
    options.max_mem = max_bytes
    options.never_capture = True
    options.log_errors = False
    return options


def _whole_words(pattern: str) -> str:
    if not pattern.isascii():
        plain = "".join(c if c.isascii() else fold(c) for c in pattern)
        return f"(?:{plain})"
    return rf"\b(?:{pattern})\b"


def _chunks(folded: str) -> Iterator[tuple[int, int]]:
    """Overlapping pieces, cut at spaces; evidence up to MAX_WITHIN long lies whole in one of them."""
    start, length = 0, len(folded)
    while length - start > _CHUNK:
        cut = folded.rfind(" ", start + _CHUNK // 2, start + _CHUNK)
        end = cut if cut > 0 else start + _CHUNK
        yield start, end
        back = folded.rfind(" ", start + 1, end - MAX_WITHIN)
        start = back if back >= end - 2 * MAX_WITHIN else end - MAX_WITHIN
    if start < length:
        yield start, length


def _near(span: Span, others: Sequence[Span], distance: int) -> bool:
    """Whether one of `others` (sorted, disjoint) overlaps `span` or lies within `distance` of it."""
    from bisect import bisect_left

    index = bisect_left(others, Span(span.end + distance, 0)) - 1
    return index >= 0 and others[index].end + distance > span.start


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


def compiled(rules: Iterable[Rule]) -> CompiledRules:
    """`CompiledRules` of any iterable of rules."""
    return CompiledRules(tuple(rules))
