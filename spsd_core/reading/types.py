"""The things a reading finds: protected atoms and payload."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from spsd_core.spans import Span

if TYPE_CHECKING:
    from spsd_core.reader.types import RoleReading

__all__ = ["Atom", "AtomKind", "Reading"]


class AtomKind(str, Enum):
    """Kinds of protected atom (promise P3)."""

    NUMBER = "number"
    """A number with its unit, digits or words: `3`, `100 words`, `twenty`, `3rd`."""
    DATE = "date"
    """A date, weekday, month, clock time or duration: `May 5`, `2026-11-21`, `10:30 am`, `tomorrow`."""
    AMOUNT = "amount"
    """Money: `$39.99`, `40 euros`."""
    IDENTIFIER = "identifier"
    """Order numbers, versions, file names, paths, error codes, phone numbers, handles."""
    URL = "url"
    EMAIL = "email"
    QUOTE = "quote"
    """Text in quotation marks."""
    CODE = "code"
    """Code, inline or fenced, shell lines, stack traces, formulas."""
    NAME = "name"
    """Names of people, places, products, organisations; acronyms."""
    NEGATION = "negation"
    """A negation together with the words it negates."""
    LIMIT = "limit"
    """A limit or comparison: `at most 3`, `no more than`, `under 100 words`, `only`, `except`, `unless`."""
    FORMAT = "format"
    """A demand on form: `as a table`, `in JSON`, `in French`, `bullet points`, `step by step`."""
    QUESTION = "question"
    """A question, direct or indirect (ritual ones such as `How are you?` are not)."""
    LIST_ITEM = "list_item"
    """One item of a numbered, lettered or bulleted list."""
    FEELING = "feeling"
    """A real feeling about the matter, or urgency (promise P5)."""
    TERM = "term"
    """One of the user's own protected terms."""


@dataclass(frozen=True)
class Atom:
    """One thing that must survive."""

    kind: AtomKind
    start: int
    end: int
    key: str
    """Normal form by which it is looked up in a draft (case-folded, spaces and quotes unified)."""


@dataclass(frozen=True)
class Reading:
    """Everything that was found in one text."""

    text: str
    atoms: tuple[Atom, ...]
    """Ordered by start."""
    payload: tuple[Span, ...]
    """Text the user wants worked on (P4): sorted, disjoint; nothing inside may change."""
    protected: tuple[Span, ...]
    """Atoms that must survive verbatim and payload, merged: spans no deletion may touch."""
    roles: RoleReading | None = None
    """What the Reader says of every word, where an engine asked for it."""

    def of_kind(self, kind: AtomKind) -> tuple[Atom, ...]:
        """The atoms of one kind, in order."""
        return tuple(atom for atom in self.atoms if atom.kind is kind)
