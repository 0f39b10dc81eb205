"""Reading a text: what in it must survive, word for word, whoever shortens it."""

from spsd_core.reading.types import Atom, AtomKind, Reading

__all__ = ["Atom", "AtomKind", "Reading", "read"]


def read(text: str, protected_terms: tuple[str, ...] = ()) -> Reading:
    """Find the protected atoms and the payload of `text`, by rules; linear in its length."""
    from spsd_core.reading.reader import read_text

    return read_text(text, protected_terms)
