"""Looking for the original's atoms in a draft, in order, in one walk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from spsd_core.reading import Atom

__all__ = ["atoms_not_found", "find_whole", "is_whole", "unify_quotes"]

_SPACES_RE = re.compile(r"\s+")
_QUOTES = str.maketrans("\u201c\u201d\u201e\xab\xbb\u2018\u2019\u201a", '"""""\'\'\'')

Find = Callable[[str, int], int]
"""`find(needle, position)` gives the first place at or after `position`, or -1."""


def unify_quotes(text: str) -> str:
    """Straight quotation marks, and one space for every run of white space."""
    return _SPACES_RE.sub(" ", text.translate(_QUOTES))


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` neither begins nor ends inside a word or number."""
    begins_inside = 0 < start < end and text[start - 1].isalnum() and text[start].isalnum()
    ends_inside = start < end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
    return not begins_inside and not ends_inside


def find_whole(text: str, needle: str, position: int) -> int:
    """Like `str.find`, but not inside a longer word or number.

    >>> find_whole("AB-123 AB-12", "AB-12", 0)
    7
    """
    while (found := text.find(needle, position)) >= 0:
        if is_whole(text, found, found + len(needle)):
            return found
        position = found + 1
    return -1


def atoms_not_found(
    atoms: Sequence[Atom],
    form: Callable[[Atom], str],
    find: Find,
    *,
    once: bool = False,
) -> Iterator[Atom]:
    """The atoms whose form does not follow on the forms of those before.

    Args:
        atoms: in the order of the original.
        form: what to look for; an atom whose form is empty is left to the other checks.
        find: the search in the draft.
        once: whether a second mention of the same thing may be missing.
    """
    position = 0
    mentioned: set[str] = set()
    for index, atom in enumerate(atoms):
        needle = form(atom)
        if not needle or (once and needle in mentioned):
            continue
        mentioned.add(needle)
        found = find(needle, position)
        if found < 0:
            yield atom
            continue
        position = found + _step(atom, atoms[index + 1 : index + 2], needle)


def _step(atom: Atom, following: Sequence[Atom], needle: str) -> int:
    """How far behind the place of an atom the next one may begin.

    Atoms that overlap in the original may overlap in the draft. Forms that begin and end with a
    space share it with their neighbours.
    """
    if following and following[0].start == atom.start:
        return 0
    if following and following[0].start < atom.end:
        return 1
    return max(len(needle) - needle.endswith(" "), 1)
