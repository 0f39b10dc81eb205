"""Synthetic messages, recombined from labelled ones by a seeded random generator.

What it teaches: courtesy may stand around anything; inside payload it stays; a second telling is
redundant; fillers, typing errors and missing punctuation change nothing of a word's role.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from training.markup import Message, RoleSpan

__all__ = ["Synthesiser"]

Piece = tuple[str, str]
"""A stretch of text and its role."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_FRAME_AFTER = re.compile(r"\s*[a-z]+\b", re.IGNORECASE)
_FILLERS = "um|uh|like|you know|basically|so|well|I mean|actually|just|okay so|right|so yeah".split(
    "|"
)
_QUOTES = [('"', '"'), ("'", "'"), ("“", "”"), ('"""\n', '\n"""'), ("```\n", "\n```"), ("\n", "\n")]


def _pieces(message: Message) -> list[Piece]:
    """A message as stretches of one role each."""
    pieces: list[Piece] = []
    position = 0
    for span in message.spans:
        if span.start > position:
            pieces.append((message.text[position : span.start], "T"))
        pieces.append((message.text[span.start : span.end], span.role))
        position = span.end
    if position < len(message.text):
        pieces.append((message.text[position:], "T"))
    return pieces


def _message(pieces: Sequence[Piece], like: Message, number: int) -> Message:
    text, spans = "", []
    for words, role in pieces:
        stripped = words.strip()
        if stripped and role != "T":
            start = len(text) + words.index(stripped)
            spans.append(RoleSpan(start, start + len(stripped), role))
        text += words
    return replace(like, id=f"synthetic:{number}", text=text, spans=tuple(spans))


@dataclass(frozen=True)
class _Courtesy:
    """Scaffold harvested by the place it stood in."""

    openings: tuple[str, ...]
    middles: tuple[str, ...]
    closings: tuple[str, ...]
    frames: dict[str, tuple[str, ...]]
    """In front of a verb inside a sentence (`could you please`), by what they govern."""

    def like(self, message: Message, span: RoleSpan) -> Sequence[str]:
        """Scaffold that may stand where that of `span` stands."""
        place = _place(message, span)
        if place.startswith(_FRAME):
            return self.frames[place]
        return {"opening": self.openings, "middle": self.middles, "closing": self.closings}.get(
            place, ()
        )


_FRAME = "frame "
_QUESTION_WORDS = frozenset("how what why when where who which whether if".split())


def _place(message: Message, span: RoleSpan) -> str:
    """Where scaffold stands: opening, middle, closing, a frame with what it governs, or ''."""
    words = message.text[span.start : span.end]
    before = message.text[: span.start].rstrip()
    after = message.text[span.end :].lstrip()
    ends = words[-1] in ".!?,:)\n" or message.text[span.end : span.end + 1] in ("\n", "")
    if not ends and after[:1].islower():
        word = re.split(r"\W", after, maxsplit=1)[0]
        form = "ing" if word.endswith("ing") else "asks" if word in _QUESTION_WORDS else "verb"
        return _FRAME + ("opens " if not before or before[-1] in ".!?\n" else "") + form
    if not before:
        return "opening"
    if not after:
        return "closing"
    return "middle" if ends and before[-1] in ".!?\n" else ""


def _harvest(messages: Sequence[Message]) -> _Courtesy:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for message in messages:
        for span in message.spans:
            if span.role == "S":
                found[_place(message, span)].append(message.text[span.start : span.end])
    return _Courtesy(
        openings=tuple(found["opening"]),
        middles=tuple(found["middle"]),
        closings=tuple(found["closing"]),
        frames={place: tuple(words) for place, words in found.items() if place.startswith(_FRAME)},
    )


class Synthesiser:
    """Makes new messages of labelled ones. The same seed gives the same messages."""

    def __init__(self, messages: Sequence[Message], seed: int) -> None:
        self._rng = random.Random(seed)
        labelled = [message for message in messages if message.has_roles]
        self._courtesy = _harvest(labelled)
        self._sources = labelled
        self._payloads = [m for m in labelled if any(span.role == "P" for span in m.spans)]
        self._recipes: list[tuple[Callable[[], list[Piece] | None], float]] = [
            (self._exchanged, 0.3),
            (self._dressed, 0.25),
            (self._bare, 0.1),
            (self._polite_payload, 0.15),
            (self._told_twice, 0.1),
            (self._filled, 0.1),
        ]
        self._like = self._sources[0]

    def messages(self, count: int) -> Iterator[Message]:
        """`count` synthetic messages."""
        recipes, weights = zip(*self._recipes)
        made = 0
        while made < count:
            pieces = self._rng.choices(recipes, weights)[0]()
            if pieces is None:
                continue
            yield self.noisy(_message(pieces, self._like, made))
            made += 1

    def _core(self) -> list[Piece]:
        """A message with its courtesy taken off."""
        self._like = self._rng.choice(self._sources)
        pieces = [piece for piece in _pieces(self._like) if piece[1] != "S"]
        if pieces and pieces[0][1] != "P" and self._rng.random() < 0.5:  # now begins a sentence
            words, role = pieces[0]
            bare = words.lstrip()
            pieces[0] = (bare[:1].upper() + bare[1:], role)
        return [("", "T"), *pieces]

    def _exchanged(self) -> list[Piece] | None:
        """A message with other courtesy in the places where it has some."""
        message = self._like = self._rng.choice(self._sources)
        pieces = _pieces(message)
        spans = iter(span for span in message.spans if span.role == "S")
        if not any(role == "S" for _, role in pieces):
            return None
        return [
            self._other(message, next(spans), piece) if piece[1] == "S" else piece
            for piece in pieces
        ]

    def _other(self, message: Message, span: RoleSpan, piece: Piece) -> Piece:
        choices = self._courtesy.like(message, span)
        return (self._rng.choice(choices), "S") if choices else piece

    def _dressed(self) -> list[Piece] | None:
        """A core with the courtesy of other messages around and inside it."""
        pieces, courtesy, rng = self._core(), self._courtesy, self._rng
        text = "".join(words for words, _ in pieces).strip()
        if not text:
            return None
        dressed: list[Piece] = []
        if rng.random() < 0.7:
            dressed += [
                (rng.choice(courtesy.openings), "S"),
                (rng.choice([" ", "\n", "\n\n"]), "T"),
            ]
        for words, role in pieces:
            if role in "TC" and words.strip() and rng.random() < 0.35:
                dressed += self._with_middle(words, role)
            else:
                dressed.append((words, role))
        if rng.random() < 0.7:
            dressed += [
                (rng.choice([" ", "\n", "\n\n"]), "T"),
                (rng.choice(courtesy.closings), "S"),
            ]
        return dressed

    def _gap(self) -> Piece:
        return self._rng.choice([" ", "\n", "\n\n"]), "T"

    def _with_middle(self, words: str, role: str) -> list[Piece]:
        """A stretch with courtesy at one of its sentence borders."""
        borders = [match.end() for match in _SENTENCE.finditer(words)]
        if not borders:
            return [(words, role)]
        border = self._rng.choice(borders)
        middle = self._rng.choice(self._courtesy.middles)
        return [(words[:border], role), (middle, "S"), (" " + words[border:], role)]

    def _bare(self) -> list[Piece] | None:
        """A core as it is: there is not always something to remove."""
        pieces = self._core()
        return pieces if "".join(words for words, _ in pieces).strip() else None

    def _polite_payload(self) -> list[Piece] | None:
        """Courtesy inside payload, set off or not, stays payload."""
        rng, courtesy = self._rng, self._courtesy
        self._like = rng.choice(self._payloads)
        pieces: list[Piece] = []
        for words, role in _pieces(self._like):
            if role == "P" and rng.random() < 0.8:
                inner = [rng.choice(courtesy.openings), words, rng.choice(courtesy.closings)]
                rng.shuffle(inner)
                left, right = rng.choice(_QUOTES) if rng.random() < 0.3 else ("", "")
                pieces.append((left + rng.choice([" ", "\n"]).join(inner) + right, "P"))
            elif role == "S" and rng.random() < 0.5:
                pieces.append((" ", "T"))
            else:
                pieces.append((words, role))
        return pieces

    def _told_twice(self) -> list[Piece] | None:
        """A sentence of the context told again later is redundant."""
        pieces = self._core()
        told = [words.strip() for words, role in pieces if role == "C" and words.count(" ") > 4]
        if not told:
            return None
        again = self._rng.choice(told)
        sentences = [part for part in _SENTENCE.split(again) if part.count(" ") > 3]
        if not sentences:
            return None
        lead = self._rng.choice(["", "", "As I said, ", "Again, ", "Like I mentioned, ", "So "])
        repeated = lead + self._rng.choice(sentences)
        return [*pieces, (self._rng.choice([" ", "\n"]), "T"), (repeated, "R")]

    def _filled(self) -> list[Piece] | None:
        """Fillers between the words of tasks and contexts, as in speech."""
        dressed = self._dressed()
        if dressed is None:
            return None
        filled: list[Piece] = []
        for words, role in dressed:
            filled += self._with_fillers(words, role) if role in "TC" else [(words, role)]
        return filled

    def _with_fillers(self, words: str, role: str) -> list[Piece]:
        pieces: list[Piece] = []
        for part in re.split(r"(?<=\w) (?=\w)", words):
            if pieces and self._rng.random() < 0.06:
                filler = self._rng.choice(_FILLERS)
                comma = self._rng.choice(["", ","])
                pieces += [(" ", role), (filler + comma, "S"), (" " + part, role)]
            else:
                pieces.append((" " + part if pieces else part, role))
        return pieces

    def noisy(self, message: Message) -> Message:
        """Now and then: no capitals, no punctuation, typing errors. Payload is not spared."""
        rng, text, spans = self._rng, message.text, message.spans
        if rng.random() < 0.3:
            lowered = text.lower()
            text = lowered if len(lowered) == len(text) else text
        message = replace(message, text=text)
        if rng.random() < 0.15:
            message = _without(message, lambda c: c in ".,!?;:")
        if rng.random() < 0.3:
            rate = rng.choice([0.01, 0.03])
            drop = {i for i, c in enumerate(message.text) if c.isalpha() and rng.random() < rate}
            indexed = iter(range(len(message.text)))
            message = _without(message, lambda _: next(indexed) in drop)
        return message if message.text.strip() else replace(message, text=text, spans=spans)


def _without(message: Message, dropped: Callable[[str], bool]) -> Message:
    """A message without some of its characters; the spans move along."""
    place: list[int] = []
    kept: list[str] = []
    for character in message.text:
        place.append(len(kept))
        if not dropped(character):
            kept.append(character)
    place.append(len(kept))
    spans = (RoleSpan(place[s.start], place[s.end], s.role) for s in message.spans)
    return replace(
        message, text="".join(kept), spans=tuple(span for span in spans if span.end > span.start)
    )
