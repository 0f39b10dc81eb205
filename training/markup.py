"""Reading the corpus: messages in inline markup (`training/corpus/GUIDE.md` is its manual)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spsd_core.settings import DOMAINS as CRITICAL_DOMAINS

__all__ = [
    "AFFECTS",
    "DOMAINS",
    "KINDS",
    "ROLES",
    "UNKNOWN",
    "MarkupError",
    "Message",
    "RoleSpan",
    "parse_file",
    "parse_message",
    "read_corpus",
]

ROLES = {
    "T": "TASK",
    "C": "CONTEXT",
    "A": "AFFECT",
    "P": "PAYLOAD",
    "S": "SCAFFOLD",
    "R": "REDUNDANT",
}
"""Letter in the markup and name of the role; unmarked words are TASK."""
AFFECTS = ("neutral", "frustrated", "anxious", "urgent", "sad", "excited")
UNKNOWN = "unknown"
"""Affect of a message that was written for its domain only."""
DOMAINS = ("none", *CRITICAL_DOMAINS)
KINDS = (
    "support",
    "dictation",
    "chat",
    "forum",
    "work_mail",
    "student",
    "technical",
    "creative",
    "everyday",
    "payload",
    "followup",
)

_CORPUS = Path(__file__).with_name("corpus")
_OPEN, _CLOSE = "⟦", "⟧"
_MARK = re.compile(r"⟦([A-Z]) |⟧")
_HEADER = re.compile(r"^@@ (.+)$", re.MULTILINE)


class MarkupError(ValueError):
    """A message is not in good form; the text says where and why."""


@dataclass(frozen=True)
class RoleSpan:
    """`text[start:end]` plays `role` (its letter)."""

    start: int
    end: int
    role: str


@dataclass(frozen=True)
class Message:
    """A labelled message."""

    id: str
    """File and number, for example `roles/support-1:17`."""
    text: str
    """As the person wrote it, without marks."""
    spans: tuple[RoleSpan, ...]
    """The marked roles, in order; everything else is TASK. Empty where `has_roles` is false."""
    has_roles: bool
    persona: str
    kind: str
    domain: str
    affect: str

    def role_at(self, index: int) -> str:
        """Letter of the role that character `index` plays."""
        for span in self.spans:
            if span.start <= index < span.end:
                return span.role
        return "T"

    def without(self, roles: str) -> str:
        """The text with the spans of some roles (letters) cut out; seams are not mended."""
        kept, position = [], 0
        for span in self.spans:
            if span.role in roles:
                kept.append(self.text[position : span.start])
                position = span.end
        return "".join([*kept, self.text[position:]])


def read_corpus(folder: Path = _CORPUS) -> list[Message]:
    """Every message of the corpus, in a stable order.

    Raises:
        MarkupError: a message is not in good form.
    """
    return [message for path in sorted(folder.glob("*/*.txt")) for message in parse_file(path)]


def parse_file(path: Path) -> Iterator[Message]:
    """The messages of one file. Raises as `read_corpus`."""
    text = path.read_text(encoding="utf-8")
    name = f"{path.parent.name}/{path.stem}"
    headers = list(_HEADER.finditer(text))
    if not headers or text[: headers[0].start()].strip():
        raise MarkupError(f"{name}: must begin with an @@ line")
    ends = [*(header.start() for header in headers[1:]), len(text)]
    for number, (header, end) in enumerate(zip(headers, ends), start=1):
        yield parse_message(
            header[1],
            text[header.end() : end].strip("\n"),
            identity=f"{name}:{number}",
            has_roles=path.parent.name != "domains",
        )


def parse_message(header: str, body: str, *, identity: str, has_roles: bool = True) -> Message:
    """One message from its header (without `@@`) and its marked text. Raises as `read_corpus`."""
    fields = _fields(header, identity)
    text, spans = _strip_marks(body, identity)
    if not text.strip():
        raise MarkupError(f"{identity}: there is no text")
    if spans and not has_roles:
        raise MarkupError(f"{identity}: roles are marked in a file without roles")
    for span in spans:
        _check_span(text, span, identity)
    return Message(identity, text, spans, has_roles, **fields)


def _fields(header: str, identity: str) -> dict[str, str]:
    affects = (*AFFECTS, UNKNOWN)
    allowed = {"persona": None, "kind": KINDS, "domain": DOMAINS, "affect": affects}
    fields: dict[str, str] = {}
    for part in header.split():
        name, equals, value = part.partition("=")
        if not equals or not value or name not in allowed or name in fields:
            raise MarkupError(
                f"{identity}: {part!r} is not one of {', '.join(allowed)} with =VALUE"
            )
        values = allowed[name]
        if values is not None and value not in values:
            raise MarkupError(f"{identity}: {name} must be one of {', '.join(values)}")
        fields[name] = value
    missing = [name for name in allowed if name not in fields]
    if missing:
        raise MarkupError(f"{identity}: the header lacks {', '.join(missing)}")
    return fields


def _strip_marks(body: str, identity: str) -> tuple[str, tuple[RoleSpan, ...]]:
    pieces: list[str] = []
    spans: list[RoleSpan] = []
    position = length = 0
    opened: tuple[int, str] | None = None
    for mark in _MARK.finditer(body):
        piece = body[position : mark.start()]
        pieces.append(piece)
        length += len(piece)
        position = mark.end()
        if mark[1]:
            if opened:
                raise MarkupError(f"{identity}: a span opens inside another: {mark[0]}")
            if mark[1] not in ROLES:
                raise MarkupError(f"{identity}: there is no role {mark[1]!r}")
            opened = (length, mark[1])
        elif opened is None:
            raise MarkupError(f"{identity}: a span closes that was not opened")
        else:
            spans.append(RoleSpan(opened[0], length, opened[1]))
            opened = None
    if opened:
        raise MarkupError(f"{identity}: a span is not closed")
    text = "".join([*pieces, body[position:]])
    if _OPEN in text or _CLOSE in text:
        raise MarkupError(f"{identity}: a mark is not of the form ⟦S words⟧")
    return text, tuple(spans)


def _check_span(text: str, span: RoleSpan, identity: str) -> None:
    words = text[span.start : span.end]
    if not words.strip() or words != words.strip():
        raise MarkupError(f"{identity}: span {words!r} is empty or has space at an end")
    before, after = text[: span.start], text[span.end :]
    if (before[-1:].isalnum() and words[0].isalnum()) or (
        words[-1].isalnum() and after[:1].isalnum()
    ):
        raise MarkupError(f"{identity}: span {words!r} begins or ends inside a word")
