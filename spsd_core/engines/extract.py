"""`extract`: deletes what the Reader calls scaffold (and, at level `dense`, redundant).

It can only delete (and give a sentence its capital back), never inside an atom or payload. Whole
sentences go where every word of them may go; inside a sentence a run of words goes where what is
left can stand: at its beginning, at its end, or between marks. Phrases that rules know go where the
Reader does not contradict (`lexical`), or agrees (`openings`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Literal, NamedTuple

from spsd_core.engines.cutting import balanced, cut, hinges
from spsd_core.engines.lexical import courtesy_spans, repeated_sentences
from spsd_core.engines.mending import edits_for
from spsd_core.engines.openings import openings
from spsd_core.engines.protocol import Draft, DraftRequest, Engine, finished
from spsd_core.engines.telling import without_telling
from spsd_core.reader.types import Certainty, Role, RoleReading, WordRole
from spsd_core.reading import AtomKind, Reading
from spsd_core.reading.lexicon import word_set
from spsd_core.reading.sentences import FIELD_LABELS
from spsd_core.settings import ExtractSettings, Settings
from spsd_core.spans import Edit, Span, Traced, apply_edits, merge_spans, overlaps

__all__ = ["ExtractEngine", "Removal", "build", "removals"]

_WORD = 0.5
"""Chance from which on a word belongs to a run; the run as a whole must be surer."""
_BRIDGE = 0.3
"""Chance from which on a single word between two words of a run belongs to it."""
_KEPT = (Role.TASK, Role.CONTEXT, Role.AFFECT, Role.PAYLOAD)
_SURELY_KEPT = 0.5
"""Chance of one of these roles from which on a phrase of the phrase list stays."""
_AGREED = 0.5
"""Mean chance from which on an opening goes."""
_MOST_ROUNDS = 4
_QUOTES = word_set(
    "rewrite reword rephrase paraphrase translate proofread shorten exactly say says saying said"
    " read reads write writes print prints show shows display displays type word phrase line text"
    " sentence message string title titled subject called labelled labeled named"
)
"""A capital right after one of these begins somebody's words: `exactly Please call back`."""
_WORD_BEFORE = re.compile(r"([a-z]+) $")
_LONGEST_QUOTING = 12
"""Characters of the longest of `_QUOTES`, with the space after it."""


_FIELD = re.compile(
    rf"^[ \t]*(?P<label>(?:subject|{FIELD_LABELS})[ \t]?:)(?P<value>[^\n]+)",
    re.IGNORECASE | re.MULTILINE,
)
"""A field of a form, on one line."""
_SPOKEN = re.compile(r"\w+")

Place = Literal["sentence", "start", "inside"]


class Removal(NamedTuple):
    """Words that may go."""

    span: Span
    chance: float
    """How sure the Reader is: the mean over the words, 0 to 1."""
    place: Place
    """Which of the fields of `Certainty` it is held against."""


class ExtractEngine:
    """Deletion by the roles of words; computes at once in the calling thread."""

    name = "extract"
    needs_roles = True

    def __init__(self, settings: ExtractSettings | None = None) -> None:
        self._settings = settings or ExtractSettings()

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        """Give a finished future with the draft, or None where nothing may go."""
        return finished(self._draft(request))

    def close(self) -> None:
        """Nothing is held; the Reader is shared."""

    def _draft(self, request: DraftRequest) -> Draft | None:
        """Delete, read what is left, delete again, until nothing more would go.

        So what is sent would not be shortened again (but with a `target_ratio`, which is a share
        of whatever text it is given).
        """
        text, reading, dense = request.text, request.reading, request.level == "dense"
        found = self._found(reading, dense)
        edits = edits_for(text, found, reading.protected)
        for _ in range(_MOST_ROUNDS):
            left = apply_edits(text, edits)
            if not edits or not left.strip():
                return None
            draft = Draft(text=left, edits=edits)
            if request.reread is None or self._settings.target_ratio is not None:
                return draft
            again = request.reread(left)
            more = edits_for(left, self._found(again, dense), again.protected)
            if not more:
                return draft
            found = [*_deletions(edits), *map(Traced(edits).span, _deletions(more))]
            found = _without_questions(found, reading)
            before, edits = edits, edits_for(text, found, reading.protected)
            if edits == before:
                break  # it would go from what is left, and must not go from here
        return None

    def _found(self, reading: Reading, dense: bool) -> list[Span]:
        """What may go, whether or not it touches something protected."""
        roles, text = reading.roles, reading.text
        if roles is None:
            return []
        given = self._settings.confidence
        certainty = roles.certainty if given is None else Certainty(given, given, given)
        found = [
            *removals(roles, certainty, dense=dense),
            *_listed(roles, dense=dense),
            *_agreed(roles),
        ]
        if self._settings.target_ratio is not None:
            found = _surest(text, found, self._settings.target_ratio)
        spans = without_telling(text, [one.span for one in found])
        return _without_emptied_fields(text, _without_questions(spans, reading))


def build(settings: Settings) -> Engine:
    """Make the engine from `settings.extract`."""
    return ExtractEngine(settings.extract)


def _surest(text: str, found: Sequence[Removal], ratio: float) -> list[Removal]:
    """The surest removals, until `ratio` of the characters are left."""
    room = (1 - ratio) * len(text)
    chosen: list[Removal] = []
    for removal in sorted(found, key=lambda one: (-one.chance, one.span)):
        if room <= 0:
            break
        room -= removal.span.end - removal.span.start
        chosen.append(removal)
    return chosen


def _without_questions(spans: Sequence[Span], reading: Reading) -> list[Span]:
    """The spans but those that leave nothing of a question: the verifier would refuse them."""
    asked = reading.of_kind(AtomKind.QUESTION)
    starts = [atom.start for atom in asked]

    def swallows(span: Span) -> bool:
        inside = asked[bisect_left(starts, span.start) : bisect_left(starts, span.end)]
        return any(atom.end <= span.end + 1 for atom in inside)

    return [span for span in spans if not swallows(span)]


def _without_emptied_fields(text: str, spans: list[Span]) -> list[Span]:
    """The spans but those that leave a field of a form with its label alone.

    A message below a subject goes on in other lines.
    """
    gone = merge_spans(spans)
    form = text.lstrip()[:7].lower() == "subject"
    last = len(text.rstrip())
    emptied: list[Span] = []
    for field in _FIELD.finditer(text):
        if form and field["label"][:7].lower() == "message" and field.end() < last:
            continue
        words = [match.start() for match in _SPOKEN.finditer(text, *field.span("value"))]
        label = field.start("label")
        if (
            words
            and all(overlaps((place, place + 1), gone) for place in words)
            and not overlaps((label, label + 1), gone)
        ):
            emptied.append(Span(*field.span("value")))
    return [span for span in spans if not overlaps(span, emptied)]


def _deletions(edits: Sequence[Edit]) -> list[Span]:
    """Without the edits that only give a word its capital."""
    return [Span(edit.start, edit.end) for edit in edits if not edit.replacement]


def removals(roles: RoleReading, certainty: Certainty, *, dense: bool = False) -> Iterator[Removal]:
    """What may go, cut at places where what is left can stand; linear in the text.

    Args:
        roles: the Reader's view of the text.
        certainty: least mean chance over the words of a removal.
        dense: whether what is redundant may go, too.
    """
    for words in roles.sentences():
        yield from _in_sentence(roles.text, words, certainty, dense)


def _in_sentence(
    text: str, words: Sequence[WordRole], certainty: Certainty, dense: bool
) -> Iterator[Removal]:
    chances = [_chance_to_go(word, dense) for word in words]
    spoken = [index for index, word in enumerate(words) if text[word.start].isalnum()]
    if not spoken:
        return
    mean = _mean(chances, spoken)
    if min(chances[index] for index in spoken) >= _BRIDGE and mean >= certainty.sentence:
        whole = balanced(text, Span(words[0].start, words[-1].end))
        if whole is not None:
            yield Removal(whole, mean, "sentence")
        return
    hangs = None
    for run in _runs(spoken, chances):
        if len(run) == len(spoken):
            return  # the whole sentence, and not sure enough
        mean = _mean(chances, run)
        place: Place = "start" if run[0] == spoken[0] else "inside"
        if mean >= getattr(certainty, place):
            hangs = hangs or hinges(text, words)
            span = cut(text, words, spoken, run, hangs)
            dangling = text[words[run[-1]].start : words[run[-1]].end].lower() == "if"
            if span is not None and not dangling and not _is_quoted(text, words[run[0]].start):
                yield Removal(span, mean, place)


def _is_quoted(text: str, start: int) -> bool:
    """Whether a deletion from `start` on would begin with what the word before it quotes."""
    if not text[start : start + 1].isupper():
        return False
    before = _WORD_BEFORE.search(text, max(0, start - _LONGEST_QUOTING), start)
    return before is not None and before[1] in _QUOTES


def _mean(chances: Sequence[float], places: Sequence[int]) -> float:
    return sum(chances[place] for place in places) / len(places)


def _chance_to_go(word: WordRole, dense: bool) -> float:
    if word.may_feel:
        return 0.0
    return word.chance(Role.SCAFFOLD) + (word.chance(Role.REDUNDANT) if dense else 0.0)


def _runs(spoken: Sequence[int], chances: Sequence[float]) -> Iterator[list[int]]:
    """Neighbouring words that may go; one less sure word is bridged."""
    run: list[int] = []
    bridged: list[int] = []
    for index in spoken:
        if chances[index] >= _WORD:
            run += [*bridged, index] if run else [index]
            bridged = []
        elif run and not bridged and chances[index] >= _BRIDGE:
            bridged = [index]
        else:
            if run:
                yield run
            run, bridged = [], []
    if run:
        yield run


def _listed(roles: RoleReading, *, dense: bool) -> Iterator[Removal]:
    """What the rules of `lexical` would delete, where the Reader does not see payload."""
    words = roles.words
    starts = [word.start for word in words]
    for start, end in sorted(set(_phrases(roles.text, dense))):
        inside = words[bisect_left(starts, start) : bisect_left(starts, end)]
        kept = any(max(map(word.chance, _KEPT)) >= _SURELY_KEPT for word in inside)
        if not kept and not _is_quoted(roles.text, start):
            yield Removal(Span(start, end), 1.0, "inside")


def _agreed(roles: RoleReading) -> Iterator[Removal]:
    """The openings that the Reader, too, holds for scaffold."""
    words = roles.words
    starts = [word.start for word in words]
    for span, form in openings(roles.text):
        inside = words[bisect_left(starts, form.start) : bisect_left(starts, form.end)]
        spoken = [word for word in inside if roles.text[word.start].isalnum()]
        chances = [_chance_to_go(word, dense=False) for word in spoken]
        agreed = bool(chances) and sum(chances) >= _AGREED * len(chances)
        if agreed and not _is_quoted(roles.text, span.start):
            yield Removal(span, 1.0, "start")


def _phrases(text: str, dense: bool) -> Iterator[Span]:
    yield from courtesy_spans(text, fillers=dense)
    if dense:
        yield from repeated_sentences(text)
