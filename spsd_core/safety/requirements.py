"""Which rules can fire on a text at all, told from the words the text holds.

Thousands of patterns cannot all be searched for in every text. Most of them need certain words: one
of `head, neck, back` and one of `hurts, aches`. `requirements` reads these off a pattern, and
`RuleIndex` finds the rules whose needs the words of a text meet: a rule is looked up by the rarest
words it cannot do without, and the others are asked for then. What cannot be read off a pattern is
not required, so no match is lost; it only costs a search.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Any, NamedTuple

with warnings.catch_warnings():  # its public name is deprecated, its new one private
    warnings.simplefilter("ignore", DeprecationWarning)
    try:
        from re import _parser as _regex_parser  # type: ignore[attr-defined]
    except ImportError:  # Python 3.10
        import sre_parse as _regex_parser

__all__ = ["Need", "Requirement", "RuleIndex", "by_rarity", "requirements"]

Need = frozenset[str]
"""One of these is in the text: a word, two words in a row, or how a word begins or ends."""
Requirement = tuple[Need, ...]
"""All of these needs, the rarest first; empty: anything may match."""

_MOST_STRINGS = 600
_SHORTEST_EDGE = 2
_LONGEST_EDGE = 24
"""Least and greatest length of the beginning or end of a word."""
_WORD = re.compile(r"\w+", re.ASCII)  # what RE2 takes for a word: 我想die了 holds `die`
_FOREIGN_LETTER = re.compile(r"[^\W\x00-\x7f]")
_SPACE = " "
_WORDS_KEPT = 50_000
_NEEDS = 4
"""How many needs of an alternative are kept."""
_RARE = 0.004
_PAIRED = 20.0
"""Words stand beside each other more often than chance would have it."""
_MOST_PAIRS = 300
_COMMON = """
the and a i to in for it you is of on my with me one that at so this not what do be from please
thank thanks sorry no its im or your two if how but we are has good can by like all as am would
only about out which there time an ive up got he three could first says day now she say who just
will back when every they them before last our again write hello been hi dear four dont off should
her make same since very new morning hope each much does us put after where tell line get know
then had old five said ask were year english without words because id days give go number may well
want come people his over more need evening keep many must years second thing minutes down ten
never other right week six send too still night under half already kind did here name order thats
long way work any take cant than small phone into goes nine why nothing answer best youre today
theres friday end once asked him help team whole hey stop these look see came month something
going left both man app whats saturday wrong question email bought weeks ok times anything list
word happy short text little hours per told next change everything page full wants between made
school water table start own went side most done eight even card read hes leave room doing bit
seven open set shes sent yes sunday love monday check flat late reply let use thursday hour also
call show box nobody quick pay class run fine coming away twice plan big door wont forty ever nice
used message home third some find being really office okay mean took called else bring free ones
somebody moved turn front paid house letter instead person whether someone mind another cut wait
mail having account light return hand shop note friend afternoon below saying sound better
everyone family months place things doesnt always until asking car think those feel feeling money
kids keeps getting keep makes told job life old part real hard high low great bad lot lots try
tried trying food eat kindly cheers girl boy
"""
_FREQUENCY = {word: 40.0 / (rank + 1) for rank, word in enumerate(_COMMON.split())}
"""Words of a thousand that are this one, by Zipf's law."""

Tree = Sequence[tuple[Any, Any]]


def requirements(pattern: str) -> tuple[Requirement, ...]:
    """What each alternative of a whole-word pattern over folded text cannot match without.

    >>> for needs in requirements(r"(my|his) (\\w+ )?head hurts?|suicid\\w*"):
    ...     print(*map(sorted, needs))
    ['head hurt', 'head hurts'] ['head'] ['hurt', 'hurts'] ['his', 'my']
    ['suicid*']
    """
    if "[[:" in pattern:
        return ((),)  # a class that only RE2 knows; Python would read single characters
    try:
        tree = list(_regex_parser.parse(pattern))
    except (re.error, RecursionError, OverflowError):
        return ((),)  # RE2 may know what Python does not
    return tuple(dict.fromkeys(_requirement(branch) for branch in _branches(tree)))


def _branches(tree: Tree) -> Iterator[Tree]:
    """The alternatives of a pattern that is nothing but alternatives.

    The parser writes `hurt|hit` as `h(urt|it)`: what they share is given back to each.
    """
    if not tree:
        yield tree
        return
    name, value = str(tree[-1][0]), tree[-1][1]
    if name == "BRANCH":
        for branch in value[1]:
            yield from _branches([*tree[:-1], *branch])
    elif name == "SUBPATTERN" and len(tree) == 1:
        yield from _branches(list(value[3]))
    else:
        yield tree


def _requirement(tree: Tree) -> Requirement:
    return tuple(sorted(dict.fromkeys(_needs(tree)), key=_cost)[:_NEEDS])


def _needs(tree: Tree) -> list[Need]:
    """What a sequence needs, where a word begins at its start and ends at its end."""
    needs: list[Need] = []
    segment: list[tuple[Any, Any]] = []
    left: frozenset[str] | None = None  # what stands right before the segment
    nodes = list(tree)
    for index, node in enumerate([*nodes, None]):
        at_end = index + 1 >= len(nodes) or _is_space(nodes[index + 1])
        space = node is not None and _is_space(node)
        gap = node is not None and _is_gap(node, after_word=bool(segment))
        if node is not None and not space and not (gap and (at_end or not segment)):
            segment.append(node)
            continue
        strings = _strings(segment) if segment else None
        needs += _segment_needs(segment, strings)
        if left and strings:
            needs += _pair_needs(left, strings)
        left = strings if space else None
        segment = []
    return needs


def _segment_needs(segment: Tree, strings: frozenset[str] | None) -> list[Need]:
    """What a piece between two spaces needs."""
    if not segment:
        return []
    if strings is not None:
        return _needs_of_strings(strings)
    if len(segment) == 1:
        return _single_needs(segment[0])
    edge = _prefix(segment) or _suffix(segment)
    return [] if edge is None else [edge]


def _pair_needs(left: Iterable[str], right: Iterable[str]) -> list[Need]:
    """Which last word of one piece stands before which first word of the next."""
    lasts = {words[-1] for words in map(_WORD.findall, left) if words}
    firsts = {words[0] for words in map(_WORD.findall, right) if words}
    bare = any(not _WORD.findall(string) for string in (*left, *right))
    if bare or len(lasts) * len(firsts) > _MOST_PAIRS:
        return []
    return [frozenset(f"{last} {first}" for last in lasts for first in firsts)]


def _single_needs(node: tuple[Any, Any]) -> list[Need]:
    name, value = str(node[0]), node[1]
    if name in ("SUBPATTERN", "BRANCH"):
        branches = list(_branches([node]))
        return _any_of(map(_needs, branches)) if len(branches) > 1 else _needs(branches[0])
    if name in ("MAX_REPEAT", "MIN_REPEAT") and value[0] == value[1] == 1:
        return _needs(value[2])
    edge = _prefix([node]) or _suffix([node])
    return [] if edge is None else [edge]


def _any_of(alternatives: Iterable[list[Need]]) -> list[Need]:
    """One need for all: the most telling of each alternative, together."""
    union: set[str] = set()
    for needs in alternatives:
        if not needs:
            return []
        union |= min(needs, key=_cost)
    return [frozenset(union)]


def _cost(need: AbstractSet[str]) -> float:
    """About how many words of a thousand meet a need."""
    return math.fsum(map(_frequency, need))  # the same in whatever order a set is in


def _frequency(words: str) -> float:
    """About how often a word or a pair of words stands in a thousand."""
    first, _, second = words.partition(" ")
    frequency = _FREQUENCY.get(first, _RARE)
    return frequency * _FREQUENCY.get(second, _RARE) / _PAIRED if second else frequency


def _needs_of_strings(strings: Iterable[str]) -> list[Need]:
    chosen: set[str] = set()
    for string in strings:
        words = _WORD.findall(string)
        if not words:
            return []
        chosen.add(min((*words, *map(" ".join, pairwise(words))), key=_frequency))
    return [frozenset(chosen)]


def _prefix(segment: Tree) -> Need | None:
    """The beginnings of words that start like the segment."""
    strings = {""}
    for node in segment:
        more = _strings([node])
        if more is None and str(node[0]) in ("MAX_REPEAT", "MIN_REPEAT") and node[1][0] == 1:
            more = _strings(node[1][2])  # `e+` begins with `e`
            if more is not None:
                strings = {left + right for left in strings for right in more}
            break
        if more is None or len(strings) * len(more) > _MOST_STRINGS:
            break
        strings = {left + right for left in strings for right in more}
    needs = set()
    for string in strings:
        words = _WORD.findall(string)
        if not words or len(words[0]) < _SHORTEST_EDGE:
            return None
        # the last word may go on; those before it are whole
        whole = [*words[:-1]] if string.endswith(words[-1]) else words
        partly = [f"{words[-1][:_LONGEST_EDGE]}*"] if len(words[-1]) >= _SHORTEST_EDGE else []
        needs.add(min((*whole, *partly), key=_frequency))
    return frozenset(needs)


def _suffix(segment: Tree) -> Need | None:
    """The ends of words that end like the segment, which has no space in it."""
    strings = {""}
    for node in reversed(segment):
        more = _strings([node])
        if more is None or _SPACE in "".join(more) or len(strings) * len(more) > _MOST_STRINGS:
            break
        strings = {left + right for left in more for right in strings}
    if not all(len(string) >= _SHORTEST_EDGE and _WORD.fullmatch(string) for string in strings):
        return None
    return frozenset(f"*{string[-_LONGEST_EDGE:]}" for string in strings)


def _strings(tree: Tree) -> frozenset[str] | None:
    """Every string a sequence can be, or None where they are too many."""
    strings = {""}
    for node in tree:
        more = _node_strings(node)
        if more is None or len(strings) * len(more) > _MOST_STRINGS:
            return None
        strings = {left + right for left in strings for right in more}
    return frozenset(strings)


def _node_strings(node: tuple[Any, Any]) -> frozenset[str] | None:
    name, value = str(node[0]), node[1]
    if name == "LITERAL":
        return frozenset({chr(value)})
    if name == "SUBPATTERN":
        return _strings(value[3])
    if name == "BRANCH":
        return _united([_strings(branch) for branch in value[1]])
    if name == "IN":
        return _united([_in_strings(part) for part in value])
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        return _repeated(int(value[0]), int(value[1]), _strings(value[2]))
    if name == "AT":
        return frozenset({""})  # a border
    return None


def _in_strings(part: tuple[Any, Any]) -> frozenset[str] | None:
    name, value = str(part[0]), part[1]
    if name == "LITERAL":
        return frozenset({chr(value)})
    if name == "RANGE" and value[1] - value[0] < _MOST_STRINGS:
        return frozenset(map(chr, range(value[0], value[1] + 1)))
    return None


def _united(parts: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    union: set[str] = set()
    for part in parts:
        if part is None:
            return None
        union |= part
    return frozenset(union) if len(union) <= _MOST_STRINGS else None


def _repeated(least: int, most: int, once: frozenset[str] | None) -> frozenset[str] | None:
    if once is None or most > 4:
        return None
    strings: set[str] = set()
    current = {""}
    for times in range(most + 1):
        if times >= least:
            strings |= current
        current = {left + right for left in current for right in once}
        if len(current) + len(strings) > _MOST_STRINGS:
            return None
    return frozenset(strings)


def _is_space(node: tuple[Any, Any]) -> bool:
    return str(node[0]) == "LITERAL" and node[1] == ord(_SPACE)


def _is_gap(node: tuple[Any, Any], *, after_word: bool) -> bool:
    """Whether a node is nothing, or words with the space that parts them from their neighbours."""
    name, value = str(node[0]), node[1]
    if name == "SUBPATTERN":
        inner = list(value[3])
        return len(inner) == 1 and _is_gap(inner[0], after_word=after_word)
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        # ` ?` is no gap: the words on both sides may be one
        return _edge_is_space(value[2], 0 if after_word else -1) and _strings(
            value[2]
        ) != frozenset({_SPACE})
    return False


def _edge_is_space(tree: Tree, edge: int) -> bool:
    """Whether everything a sequence matches has a space at this edge (0 or -1)."""
    nodes = list(tree)
    if not nodes:
        return False
    name, value = str(nodes[edge][0]), nodes[edge][1]
    if name == "SUBPATTERN":
        return _edge_is_space(value[3], edge)
    if name == "BRANCH":
        return all(_edge_is_space(branch, edge) for branch in value[1])
    return _is_space(nodes[edge])


class RuleIndex:
    """From the words of a text to the rules that may fire on it."""

    def __init__(self) -> None:
        self._always: list[int] = []
        self._foreign: list[int] = []
        self._by_word: dict[str, list[_Trigger]] = {}
        self._by_prefix: dict[str, list[_Trigger]] = {}
        self._by_suffix: dict[str, list[_Trigger]] = {}
        self._known: dict[str, tuple[_Trigger, ...]] = {}
        self._idle: set[str] = set()
        """Words known to lead to no rule."""

    def add(
        self,
        rule: int,
        alone: Sequence[Requirement],
        together: Sequence[Sequence[Requirement]] = (),
        rarest: int = 0,
    ) -> None:
        """Enter a rule.

        Args:
            rule: its number.
            alone: the alternatives any of which may fire it.
            together: groups of alternatives; one of every group may fire it together.
            rarest: which of the groups is looked up.
        """
        for needs in alone:
            self._enter(rule, needs, ())
        if together:
            needs_of = [_any_of(map(list, group)) for group in together]
            others = tuple(
                need for group, needs in enumerate(needs_of) if group != rarest for need in needs
            )
            for needs in together[rarest]:
                self._enter(rule, needs, others)

    def add_foreign(self, rule: int) -> None:
        """A rule that any text beyond ASCII may fire."""
        self._foreign.append(rule)

    def _enter(self, rule: int, needs: Requirement, others: Requirement) -> None:
        if not needs:
            self._always.append(rule)
            return
        trigger = _Trigger(rule, tuple(filter(_is_plain, (*needs[1:], *others))))
        for word in needs[0]:
            if word[0] == "*":
                index = self._by_suffix
            else:
                index = self._by_prefix if word[-1] == "*" else self._by_word
            index.setdefault(word.strip("*"), []).append(trigger)

    def candidates(self, folded: str) -> dict[int, list[str] | None]:
        """Rules that may fire on a folded text, with the words near which they may; None: anywhere.

        A pair of words is given by the longer.
        """
        found: dict[int, list[str] | None] = dict.fromkeys(self._always)
        if not folded.isascii() and _FOREIGN_LETTER.search(folded):
            found.update(dict.fromkeys(self._foreign))
        in_order = _WORD.findall(folded)
        words = {*in_order, *map(" ".join, pairwise(in_order))}
        for word in words - self._idle:
            for rule, needs in self._known.get(word) or self._look_up(word):
                for need in needs:
                    if words.isdisjoint(need):
                        break
                else:
                    places = found.setdefault(rule, [])
                    if places is not None:
                        places.append(max(word.split(" "), key=len))
        return found

    def _look_up(self, word: str) -> tuple[_Trigger, ...]:
        triggers = list(self._by_word.get(word, ()))
        for end in range(_SHORTEST_EDGE, min(len(word), _LONGEST_EDGE) + 1):
            triggers += self._by_prefix.get(word[:end], ())
            triggers += self._by_suffix.get(word[-end:], ())
        found = tuple(triggers)
        if len(self._known) + len(self._idle) < _WORDS_KEPT:  # no text can fill the memory
            if found:
                self._known[word] = found
            else:
                self._idle.add(word)
        return found


class _Trigger(NamedTuple):
    """A rule to be looked for where the other needs are met, too."""

    rule: int
    needs: tuple[AbstractSet[str], ...]


def _is_plain(need: AbstractSet[str]) -> bool:
    """Whether a need asks for whole words only; one for beginnings is not asked again."""
    return not any("*" in word for word in need)


def by_rarity(groups: Sequence[Sequence[Requirement]]) -> list[int]:
    """The places of groups, those whose words are rarest first."""
    return sorted(range(len(groups)), key=lambda place: _group_cost(groups[place]))


def _group_cost(group: Sequence[Requirement]) -> float:
    return math.fsum(_cost(needs[0]) if needs else 1000.0 for needs in group)
