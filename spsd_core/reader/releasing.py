"""Which atoms only belong to a ceremony: the name in a greeting, the Sunday of an apology.

The rules that find atoms do not know what a sentence is for; the Reader does. It releases an atom
only where every word of the sentence is scaffold to it with great certainty, and only atoms that
can be part of a ceremony; what carries a fact (digits, addresses, code, quotations, the user's own
terms), every order not to do something and every feeling stays, whatever the Reader says.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from spsd_core.reader.types import Role, RoleReading, WordRole
from spsd_core.reading.feeling import SHOUTING
from spsd_core.reading.lexicon import word_set
from spsd_core.reading.types import Atom, AtomKind, Reading
from spsd_core.spans import Span, merge_spans, overlaps

__all__ = ["release"]

_SURE = 0.85
"""Mean chance of scaffold over the words of a ceremony."""
_LEAST = 0.6
"""Chance of scaffold of each of its words."""
_CERTAIN = 0.85
"""Chance of each word from which on no word of courtesy is asked for."""
_SIGNATURE = 40
"""Characters of a name below a sign-off."""
_LAST_LINE = 0.75
"""Chance of each word of a name that is the last line of all: nothing is left for it to be but
a signature."""
_RELEASED = frozenset(
    {AtomKind.NAME, AtomKind.FORMAT, AtomKind.QUESTION, AtomKind.DATE, AtomKind.NUMBER}
)
"""Kinds of which any may belong to a ceremony, if no digit is in it."""
_ORDER = re.compile(
    r"(?:(?:do|does|should|must|can|please|kindly|to) not|don['’]?t|never|without|avoid|nothing"
    r"|no(?! (?:rush|worries|worry|hurry|problem|pressure|need|doubt)))\b"
)
"""How a negation begins that may be an order to the assistant: do not, no more than, nothing ..."""
_TOLD = re.compile(
    r"\b(?:(?:i|we)(?: (?:really|just|also|usually|normally|honestly|still|so|truly))?"
    r"|(?:i|we)['\u2019]ve|have|had|ve got|i['\u2019]m|it['\u2019]s|long time)\s*$"
)
"""What stands before a negation that tells of the writer: I don't, I have never, long time no."""
_RITUAL = re.compile(
    r"(?:\w+n['\u2019]?t|not|no|never)\s+(?:(?:really|just|also|even|meaning|mean|trying|tryin)\s+)*"
    r"(?:(?:usually|normally|often)\b"
    r"|(?:to )?(?:want|wanna|wish|like) ?(?:to )?(?:be (?:a|rude|difficult)|bother|disturb|trouble"
    r"|sound|take up|waste|impose)"
    r"|(?:to )?(?:be(?:ing)? )?(?:a |an )?(?:rude|bother|nuisance|pain|cross|offended|mad)\b"
    r"|(?:to )?(?:bother|disturb|trouble|delay|offend|impose|bust|bore|abus|intrud|interrupt)"
    r"|(?:very |much |so |too )?(?:good|great|much good) (?:at|with)|(?:a )?(?:stress|drama|vex)"
    r"|(?:even )?sure|mind\b|(?:gonna|going to) lie|(?:asking|take|taking) too|one else to ask"
    r"|know (?:if|whether|how|where|who|what|why|you|much about)"
    r"|keep you|detain you|take (?:up )?(?:much|your|any|more)|believe|done|asked|ask|thought"
    r"|written|write|posted|do this|thank|express"
    r"|(?:be )?too (?:silly|much|late|long|rude|cheeky|forward|bold|busy|soon|stupid|early)|busy"
    r"|see\b|chat\b|idea (?:how|what|who|where)|your fault|having a go|hard feelings|impolite"
    r"|spel(?:led|t)"
    r"|need to (?:hurry|rush|reply|worry|apologi[sz]e|thank))"
)
"""How a negation goes on that denies nothing an answer could heed: don't usually ask.

Shorter turns ("no problem", "don't worry") never become atoms: `reading.negation.is_ritual`. Those
here are atoms for the rules, which cannot tell them from a matter, and courtesy where the Reader,
too, says so."""
_OF_TALK = (
    (
        re.compile(r"\b(?:english|grammar|spelling|typing)(?: is| are)?\s*$"),
        re.compile(
            r"(?:isn['\u2019]?t|aren['\u2019]?t|not|no)\b"
            r" (?:(?:so|very|too|that|really|quite|the|my) )*"
            r"(?:good|great|perfect|best|well|fluent|first|mother|native)\b"
        ),
    ),
    (
        re.compile(r"\b(?:it|this|that)(?: is)?\s*$"),
        re.compile(r"(?:isn['\u2019]?t|not) my (?:first|native|mother) (?:language|tongue)\b"),
    ),
    (re.compile(r"\bif\s*$"), re.compile(r"not,")),
)
"""What stands before a negation, and how it goes on, where it is about the message alone: my
English is not good; if not, maybe you know who can."""
_AFTER = 24
"""Characters after a negation that say what it denies."""
_HUMBLE = re.compile(
    r"(?:only|just) (?:(?:a|an|my) |one (?=quick|small|little|tiny))?"
    r"(?:(?:quick|small|little|tiny|short|brief|simple) )*"
    r"(?:me|question|favou?r|request|doubt|wish|query)\b"
    r"|last (?:one|question) (?:i|n|then|and|promise)\b|(?:better|worse) than (?:me|i|mine)\b"
    r"|until soon|at (?:the|your) earliest conv"
)
"""How a limit begins that limits nothing: only a small thing, last one, better than mine."""
_NAMED = re.compile(
    r"\b(?:[Ww]rite|[Dd]raft|[Cc]ompose|[Ss]ign|signed|acrostic|heroine|hero|character"
    r"|[Dd]edicate\w*|[Gg]ender|[Nn]umerology|[Hh]oroscope|[Nn]icknames?"
    r"|(?:this|these|middle|first|last|boy's|girl's|baby|a) names?|my name(?! is))\b"
)
"""What makes a name below it part of the matter: sign it, what does this name mean."""
_GLUED = re.compile(r"[^\W\d_]*[.,][^\W\d_]*")
"""An identifier that is two words with the space forgotten: Mr.or."""
_LETTERS = re.compile(r"\w(?:.*\w)?", re.DOTALL)
_BEFORE = 24
"""Characters before a negation that say whose it is."""
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
    least: float
    """Chance of scaffold of the least sure of its words."""

    @property
    def certain(self) -> bool:
        """Whether the Reader has no doubt at all."""
        return self.least >= _CERTAIN


def release(reading: Reading, roles: RoleReading) -> Reading:
    """`reading` with the Reader's roles, without the atoms that only belong to a ceremony."""
    ceremonies = list(_with_signatures(roles.text, _ceremonies(roles)))
    released = set(_released(reading, ceremonies))
    starts = [ceremony.span.start for ceremony in ceremonies]
    atoms = tuple(
        part
        for atom in reading.atoms
        if atom not in released
        for part in _without_ceremonies(
            reading,
            atom,
            ceremonies[bisect_left(starts, atom.start) : bisect_left(starts, atom.end)],
        )
    )
    if atoms == reading.atoms:
        return replace(reading, roles=roles)
    protected = [(a.start, a.end) for a in atoms if a.kind is not AtomKind.QUESTION]
    return replace(
        reading,
        atoms=atoms,
        protected=merge_spans([*reading.payload, *protected]),
        roles=roles,
    )


def _ceremonies(roles: RoleReading) -> Iterator[_Ceremony]:
    """Sentences, and runs of words within sentences, that are nothing but scaffold."""
    text = roles.text
    for words in roles.sentences():
        spoken = [word for word in words if text[word.start].isalnum()]
        for run in _runs(spoken):
            yield from _ceremony(text, run, whole=len(run) == len(spoken))


def _with_signatures(text: str, ceremonies: Iterable[_Ceremony]) -> Iterator[_Ceremony]:
    """The ceremonies; a name on a line of its own below one belongs to it."""
    above: _Ceremony | None = None
    last = len(text.rstrip(" \t\r\n.!?,;:)"))
    for ceremony in ceremonies:
        if above is not None and above.courteous and ceremony.whole:
            start, end = ceremony.span
            between = text[above.span.end : start]
            if "\n" in between and not any(map(str.isalnum, between)) and end - start <= _SIGNATURE:
                ceremony = ceremony._replace(courteous=True)
        if ceremony.span.end >= last and _is_last_line(text, ceremony):
            ceremony = ceremony._replace(courteous=True)
        yield ceremony
        above = ceremony if ceremony.whole else None


def _is_last_line(text: str, ceremony: _Ceremony) -> bool:
    """Whether it is a short line of its own that the Reader hardly doubts."""
    start, end = ceremony.span
    above = text.rfind("\n", 0, start)
    alone = ceremony.whole and above >= 0 and not any(map(str.isalnum, text[above:start]))
    return alone and end - start <= _SIGNATURE and ceremony.least >= _LAST_LINE


def _runs(words: Sequence[WordRole]) -> Iterator[list[WordRole]]:
    """Neighbouring words that are scaffold."""
    run: list[WordRole] = []
    for word in words:
        if word.chance(Role.SCAFFOLD) >= _LEAST and not word.may_feel:
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _ceremony(text: str, words: Sequence[WordRole], *, whole: bool) -> Iterator[_Ceremony]:
    if sum(word.chance(Role.SCAFFOLD) for word in words) < _SURE * len(words):
        return
    said = {text[word.start : word.end].lower() for word in words}
    yield _Ceremony(
        Span(words[0].start, words[-1].end),
        whole,
        courteous=not said.isdisjoint(_COURTESY),
        least=min(word.chance(Role.SCAFFOLD) for word in words),
    )


def _released(reading: Reading, ceremonies: Sequence[_Ceremony]) -> Iterator[Atom]:
    named = _NAMED.search(reading.text)
    place = 0
    for atom in reading.atoms:
        while place < len(ceremonies) and ceremonies[place].span.end <= atom.start:
            place += 1
        if place == len(ceremonies):
            return
        ceremony = ceremonies[place]
        needed = named is not None and named.end() <= ceremony.span.start
        if not (needed and atom.kind is AtomKind.NAME) and _belongs(reading, atom, ceremony):
            yield atom


def _without_ceremonies(
    reading: Reading, atom: Atom, ceremonies: Sequence[_Ceremony]
) -> Iterator[Atom]:
    """Who shouts a whole message shouts its greeting, too: of a shout what is no ceremony stays.

    Args:
        reading: what rules found.
        atom: any atom.
        ceremonies: those that begin in it.
    """
    if atom.key != SHOUTING or overlaps((atom.start, atom.end), reading.payload):
        yield atom
        return
    start = atom.start
    for ceremony in ceremonies:
        if ceremony.span.end <= atom.end and (ceremony.courteous or ceremony.certain):
            yield from _shout(reading.text, atom, start, ceremony.span.start)
            start = ceremony.span.end
    yield from _shout(reading.text, atom, start, atom.end)


def _shout(text: str, atom: Atom, start: int, end: int) -> Iterator[Atom]:
    """The words of a shout between two places, if any."""
    said = _LETTERS.search(text, start, end)
    if said is not None:
        yield replace(atom, start=said.start(), end=said.end())


def _belongs(reading: Reading, atom: Atom, ceremony: _Ceremony) -> bool:
    """Whether an atom lies in a ceremony and can be a part of one."""
    text = reading.text[atom.start : atom.end]
    core = len(text.rstrip(" \t\r\n.!?,;:)"))  # an atom may take the mark that ends it
    inside = ceremony.span.start <= atom.start and atom.start + core <= ceremony.span.end
    if not inside or overlaps((atom.start, atom.end), reading.payload):
        return False
    if any(map(str.isdigit, text)) or not _may_be_ceremonial(reading.text, atom):
        return False
    if atom.kind is AtomKind.NAME and not ceremony.whole:
        return True
    return ceremony.courteous or ceremony.certain


def _may_be_ceremonial(text: str, atom: Atom) -> bool:
    """Whether an atom of this kind, in these words, may be courtesy at all."""
    words = text[atom.start : atom.end]
    match atom.kind:
        case AtomKind.FEELING:
            return words.isupper()  # "GOOD MORNING!" is no anger
        case AtomKind.NEGATION:
            ritual = _RITUAL.match(text[atom.start : atom.end + _AFTER].lower())
            return (ritual is not None and not _is_order(text, atom)) or _is_of_talk(text, atom)
        case AtomKind.LIMIT:
            return _HUMBLE.match(words.lower()) is not None
        case AtomKind.IDENTIFIER:
            return _GLUED.fullmatch(words) is not None
        case kind:
            return kind in _RELEASED


def _is_of_talk(text: str, atom: Atom) -> bool:
    """Whether a negation only speaks of the writer's English, or is the "if not" of a plea."""
    before = text[max(0, atom.start - _BEFORE) : atom.start].lower()
    after = text[atom.start : atom.end + _AFTER].lower()
    return any(above.search(before) and below.match(after) for above, below in _OF_TALK)


def _is_order(text: str, atom: Atom) -> bool:
    """Whether a negation may tell the assistant what not to do."""
    negation = text[atom.start : atom.end].lower()
    before = text[max(0, atom.start - _BEFORE) : atom.start].lower()
    if negation.startswith("not ") and before.split():  # the word before it belongs to it
        verb = before.split()[-1]
        negation, before = f"{verb} {negation}", before[: before.rindex(verb)]
    return _ORDER.match(negation) is not None and _TOLD.search(before) is None
