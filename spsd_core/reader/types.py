"""What the Reader says about a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from spsd_core.distillation import RuleHit
from spsd_core.reading.sentences import split_sentences
from spsd_core.spans import Span, overlaps

__all__ = ["READER", "Certainty", "Role", "RoleReading", "WordRole"]

READER = "reader."
"""What the rules that stand for the Reader's own view begin with."""


_FEELING = 0.2
"""Chance of affect from which on a word may tell a feeling."""
_LIKELY = 0.2
"""Chance from which on a second critical domain is named."""
_BLURRING = 0.3
"""Chance to go from which on a word is left out of what is asked: of no word that is sent."""


class Role(str, Enum):
    """What a word does in a message."""

    TASK = "TASK"
    """What is wanted, with its constraints."""
    CONTEXT = "CONTEXT"
    """Facts an answer may use."""
    AFFECT = "AFFECT"
    """What the writer really feels about the matter."""
    PAYLOAD = "PAYLOAD"
    """Text to be worked on."""
    SCAFFOLD = "SCAFFOLD"
    """Courtesy and talk about the talking; may go."""
    REDUNDANT = "REDUNDANT"
    """Said before, or story that cannot change a good answer; may go at level `dense`."""


class WordRole(NamedTuple):
    """A word or mark, and how likely each role is."""

    start: int
    """In characters of the text."""
    end: int
    chances: tuple[float, ...]
    """One for each of `Role`, in its order; they add up to 1."""

    @property
    def role(self) -> Role:
        """The likeliest role."""
        return _ROLES[max(range(len(_ROLES)), key=self.chances.__getitem__)]

    def chance(self, role: Role) -> float:
        """How likely `role` is, 0 to 1."""
        return self.chances[_PLACE[role]]

    @property
    def may_feel(self) -> bool:
        """Whether it may tell a feeling: such a word stays."""
        return self.chance(Role.AFFECT) >= _FEELING


_ROLES = tuple(Role)
_PLACE = {role: place for place, role in enumerate(_ROLES)}


class Certainty(NamedTuple):
    """The mean chance words must have to go, by where they stand, 0 to 1."""

    sentence: float = 0.9
    """A whole sentence."""
    start: float = 0.8
    """The first words of a sentence."""
    inside: float = 0.7
    """Words in the middle or at the end of one."""


@dataclass(frozen=True)
class RoleReading:
    """The Reader's view of one text."""

    text: str
    words: tuple[WordRole, ...]
    """In order; what is no part of a word (spaces, characters without a piece) is left out."""
    domains: dict[str, float]
    """How likely each critical domain is, and `none`; 0 to 1."""
    affects: dict[str, float]
    """How likely each feeling is; they add up to 1."""
    vector: tuple[float, ...]
    """The sentence vector, of length 1; of a long text the mean of its windows."""
    critical_threshold: float = 0.5
    """From which chance on a text counts as critical; chosen for a stated rate of false alarms."""

    certainty: Certainty = field(default_factory=Certainty)
    """How sure words must be to go; chosen for a stated precision."""

    def sentences(self) -> Iterator[tuple[WordRole, ...]]:
        """The words and marks of each sentence, in order."""
        words, first = self.words, 0
        for start, end in split_sentences(self.text):
            while first < len(words) and words[first].start < start:
                first += 1
            last = first
            while last < len(words) and words[last].end <= end:
                last += 1
            yield words[first:last]
            first = last

    def asked_words(self) -> tuple[WordRole, ...]:
        """The words and marks that say what the text is about; none where all is courtesy."""
        asked = tuple(
            word
            for word in self.words
            if word.chance(Role.SCAFFOLD) + word.chance(Role.REDUNDANT) < _BLURRING
        )
        return asked if any(self.text[word.start].isalnum() for word in asked) else ()

    def asked(self, protected: Sequence[Span] = ()) -> str:
        """The text without its courtesy: good to search with, not fit to send; may be empty.

        Args:
            protected: words in these places stay, too; sorted and disjoint.
        """
        text = self.text
        ends = {before.end: after.start for before, after in pairwise(self.words)}
        asked = frozenset(self.asked_words())
        parts: list[str] = []
        end = -1
        for word in self.words:
            if word not in asked and not overlaps((word.start, word.end), protected):
                continue
            if parts:
                parts.append(text[end : word.start] if ends.get(end) == word.start else " ")
            parts.append(text[word.start : word.end])
            end = word.end
        return "".join(parts)

    @property
    def affect(self) -> str:
        """The likeliest feeling."""
        return max(self.affects, key=self.affects.__getitem__)

    @property
    def critical(self) -> float:
        """How likely it is that the text belongs to any critical domain."""
        return 1.0 - self.domains["none"]

    def critical_hits(self) -> tuple[RuleHit, ...]:
        """The critical domains that are likely, as hits of rules `reader.DOMAIN`; () if none is.

        The likeliest first; others where they are likely enough to matter if that one is open.
        """
        if self.critical < self.critical_threshold:
            return ()
        chances = {name: chance for name, chance in self.domains.items() if name != "none"}
        ranked = sorted(chances, key=lambda name: -chances[name])
        likely = [name for name in ranked[1:] if chances[name] >= _LIKELY]
        return tuple(
            RuleHit(rule=f"{READER}{name}", domain=name, start=0, end=len(self.text))
            for name in (ranked[0], *likely)
        )
