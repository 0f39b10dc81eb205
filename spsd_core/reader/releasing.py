"""Which atoms only belong to a ceremony: the name in a greeting, the Sunday of an apology.

The rules that find atoms do not know what a sentence is for; the Reader does. It releases an atom
only where every word of the sentence is scaffold to it with great certainty, and only atoms that
can be part of a ceremony; what carries a fact (digits, addresses, code, quotations, the user's own
terms) and every feeling stays, whatever the Reader says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from spsd_core.reader.types import Role, RoleReading, WordRole
from spsd_core.reading.lexicon import word_set
from spsd_core.reading.types import Atom, AtomKind, Reading
from spsd_core.spans import Span, merge_spans, overlaps

__all__ = ["release"]

_SURE = 0.9
"""Mean chance of scaffold over the words of a ceremony."""
_LEAST = 0.6
"""Chance of scaffold of each of its words."""
_CERTAIN = 0.95
"""Chance of each word from which on no word of courtesy is asked for."""
_SIGNATURE = 40
"""Characters of a name below a sign-off."""
_RELEASED = frozenset(
    {
        AtomKind.NAME,
        AtomKind.NEGATION,
        AtomKind.FORMAT,
        AtomKind.QUESTION,
        AtomKind.DATE,
        AtomKind.NUMBER,
    }
)
_ORDER = re.compile(
    r"(?:(?:do|does|should|must|can|please|kindly|to) not|don['’]?t|never|without|avoid|nothing"
    r"|no(?! (?:rush|worries|worry|hurry|problem|pressure|need|doubt)))\b"
)
"""How a negation begins that may be an order to the assistant: do not, no more than, nothing ..."""
_BEFORE = 8
"""Characters before a negation in which the `do` of `do not` stands."""
_COURTESY = word_set(
    "hi hello hey hiya dear greetings good morning afternoon evening thanks thank thanking thx ty"
    " cheers please pls plz kindly grateful gratitude appreciate appreciated sorry apologies"
    " apologise apologize pardon forgive excuse bother bothering disturb disturbing hope hoping"
    " wondering mind regards sincerely love hug kind brief short quick quickly question favour"
    " favor doubt trouble nuisance bear patience understand welcome friend friends sir madam"
    " worries imposition rude obliged bless promise"
)
"""One of these stands in a ceremony that holds more than names. The second of two keys."""


class _Ceremony(NamedTuple):
    span: Span
    whole: bool
    """Whether it is a whole sentence."""
    courteous: bool
    """Whether a word of courtesy stands in it."""
    certain: bool
    """Whether the Reader has no doubt at all."""


def release(reading: Reading, roles: RoleReading) -> Reading:
    """`reading` with the Reader's roles, without the atoms that only belong to a ceremony."""
    ceremonies = list(_with_signatures(roles.text, _ceremonies(roles)))
    released = set(_released(reading, ceremonies))
    if not released:
        return replace(reading, roles=roles)
    atoms = tuple(atom for atom in reading.atoms if atom not in released)
    protected = [(a.start, a.end) for a in atoms if a.kind is not AtomKind.QUESTION]
    return replace(
        reading,
        atoms=atoms,
        protected=merge_spans([*reading.payload, *protected]),
        roles=roles,
    )


def _ceremonies(roles: RoleReading) -> Iterator[_Ceremony]:
    """Sentences, and the beginnings and ends of sentences, that are nothing but scaffold."""
    text = roles.text
    for words in roles.sentences():
        spoken = [word for word in words if text[word.start].isalnum()]
        opening = _leading(spoken)
        if opening == len(spoken):
            yield from _ceremony(text, spoken, whole=True)
            continue
        yield from _ceremony(text, spoken[:opening], whole=False)
        closing = _leading(spoken[::-1])
        yield from _ceremony(text, spoken[len(spoken) - closing :], whole=False)


def _with_signatures(text: str, ceremonies: Iterable[_Ceremony]) -> Iterator[_Ceremony]:
    """The ceremonies; a name on a line of its own below one belongs to it."""
    above: _Ceremony | None = None
    for ceremony in ceremonies:
        if above is not None and above.courteous and ceremony.whole:
            start, end = ceremony.span
            between = text[above.span.end : start]
            if "\n" in between and not any(map(str.isalnum, between)) and end - start <= _SIGNATURE:
                ceremony = ceremony._replace(courteous=True)
        yield ceremony
        above = ceremony if ceremony.whole else None


def _leading(words: Sequence[WordRole]) -> int:
    """How many words at the beginning are scaffold."""
    count = 0
    for word in words:
        if word.chance(Role.SCAFFOLD) < _LEAST or word.may_feel:
            break
        count += 1
    return count


def _ceremony(text: str, words: Sequence[WordRole], *, whole: bool) -> Iterator[_Ceremony]:
    if not words or sum(word.chance(Role.SCAFFOLD) for word in words) < _SURE * len(words):
        return
    said = {text[word.start : word.end].lower() for word in words}
    yield _Ceremony(
        Span(words[0].start, words[-1].end),
        whole,
        courteous=not said.isdisjoint(_COURTESY),
        certain=min(word.chance(Role.SCAFFOLD) for word in words) >= _CERTAIN,
    )


def _released(reading: Reading, ceremonies: Sequence[_Ceremony]) -> Iterator[Atom]:
    place = 0
    for atom in reading.atoms:
        while place < len(ceremonies) and ceremonies[place].span.end <= atom.start:
            place += 1
        if place == len(ceremonies):
            return
        if _is_ceremonial(reading, atom, ceremonies[place]):
            yield atom


def _is_ceremonial(reading: Reading, atom: Atom, ceremony: _Ceremony) -> bool:
    text = reading.text[atom.start : atom.end]
    shouted = atom.kind is AtomKind.FEELING and text.isupper()  # "GOOD MORNING!" is no anger
    if not (shouted or atom.kind in _RELEASED) or overlaps((atom.start, atom.end), reading.payload):
        return False
    if any(character.isdigit() for character in text):
        return False
    if atom.kind is AtomKind.NEGATION and _is_order(reading.text, atom):
        return False
    core = len(text.rstrip(" \t\r\n.!?,;:)"))  # an atom may take the mark that ends it
    inside = ceremony.span.start <= atom.start and atom.start + core <= ceremony.span.end
    if not inside:
        return False
    if atom.kind is AtomKind.NAME and not ceremony.whole:
        return True
    return ceremony.courteous or ceremony.certain


def _is_order(text: str, atom: Atom) -> bool:
    negation = text[atom.start : atom.end].lower()
    if negation.startswith("not "):  # the word before it belongs to it
        before = text[max(0, atom.start - _BEFORE) : atom.start].lower().split()
        negation = f"{before[-1]} {negation}" if before else negation
    return _ORDER.match(negation) is not None
