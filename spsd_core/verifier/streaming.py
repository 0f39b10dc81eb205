"""Stopping a decoder as soon as what it writes can no longer be accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spsd_core.distillation import Reason
from spsd_core.reading import Atom, AtomKind, Reading
from spsd_core.spans import merge_spans
from spsd_core.verifier.matching import atoms_not_found, find_whole, unify_quotes
from spsd_core.verifier.novelty import is_new, known_forms
from spsd_core.verifier.words import TOKEN_RE, split_words, words_of

__all__ = ["DraftGuard"]

_LONGEST_MARKER = 64
_RESCAN_BELOW = 256
"""A word still growing beyond this many characters is read again only when it has doubled."""
_WORD_KINDS = (AtomKind.AMOUNT, AtomKind.DATE, AtomKind.NUMBER)
_NAME_KINDS = (AtomKind.NAME,)
_VERBATIM_KINDS = (
    AtomKind.CODE,
    AtomKind.EMAIL,
    AtomKind.IDENTIFIER,
    AtomKind.TERM,
    AtomKind.URL,
)


class DraftGuard:
    """Reads along while a model writes one draft. Not thread-safe; one guard per draft.

    It refuses no prefix of a draft that the novelty and output checks accept.

    Args:
        original: the reading of the text that is being shortened.
    """

    def __init__(self, original: Reading) -> None:
        from spsd_core.admission import find_chat_marker

        self._original = original
        self._known = known_forms(words_of(original))
        self._find_marker = find_chat_marker
        self._read = 0
        self._searched = 0
        self._wait_until = 0

    def feed(self, text_so_far: str) -> Reason | None:
        """Why the draft is lost already, or None.

        Args:
            text_so_far: the whole draft up to now; it begins with what was given before.

        Each call costs time in proportion to the new characters.
        """
        if self._marker_in(text_so_far):
            return Reason.UNSAFE_OUTPUT
        if len(text_so_far) < self._wait_until:
            return None
        for match in TOKEN_RE.finditer(text_so_far, self._read):
            if not _is_complete(text_so_far, match.end()):
                pending = len(text_so_far) - match.start()
                if pending > _RESCAN_BELOW:
                    self._wait_until = len(text_so_far) + pending
                return None
            self._read = match.end()
            if is_new(match[0], self._known):
                return Reason.ADDED_CONTENT
        # Nothing but separators is left. The last two characters may yet belong to a sign.
        self._read = max(self._read, len(text_so_far) - 2)
        return None

    def _marker_in(self, text: str) -> bool:
        start = max(0, self._searched - _LONGEST_MARKER)
        self._searched = len(text)
        # The letter in front keeps a window from looking like the start of a line.
        window = text[start:] if start == 0 else f"x{text[start:]}"
        return self._find_marker(window) is not None and text != self._original.text[: len(text)]

    def minimum_remaining(self, text_so_far: str) -> str:
        """What must still be written at least: the missing atoms and payload, joined by spaces.

        Only what has to stand in the draft as it stands in the original, each place once; of
        something half written, the other half. Linear in both texts.
        """
        pieces = [
            self._original.text[start:end] for start, end in merge_spans(self._missing(text_so_far))
        ]
        begun = [len(piece) - len(_without_begun(piece, text_so_far)) for piece in pieces]
        if any(begun):
            longest = begun.index(max(begun))
            pieces[longest] = pieces[longest][begun[longest] :]
        return " ".join(piece for piece in pieces if piece)

    def _missing(self, text: str) -> Iterator[tuple[int, int]]:
        source, draft = words_of(self._original), split_words(text)

        def surface(atom: Atom) -> str:
            return self._original.text[atom.start : atom.end]

        def whole(needle: str, position: int) -> int:
            return find_whole(text, needle, position)

        def quoted(atom: Atom) -> str:
            return unify_quotes(surface(atom))

        yield from self._lost(_WORD_KINDS, _form(source.canonical_of), draft.canonical.find)
        yield from self._lost(_NAME_KINDS, _form(source.plain_of), draft.plain.find)
        yield from self._lost(_VERBATIM_KINDS, surface, whole)
        yield from self._lost((AtomKind.QUOTE,), quoted, unify_quotes(text).find)
        position = 0
        for start, end in self._original.payload:
            found = text.find(self._original.text[start:end], position)
            if found < 0:
                yield start, end
            else:
                position = found + end - start

    def _lost(
        self,
        kinds: tuple[AtomKind, ...],
        form: Callable[[Atom], str],
        find: Callable[[str, int], int],
    ) -> Iterator[tuple[int, int]]:
        for kind in kinds:
            atoms = self._original.of_kind(kind)
            for atom in atoms_not_found(atoms, form, find, once=True):
                yield atom.start, atom.end


def _form(of: Callable[[int, int], str]) -> Callable[[Atom], str]:
    return lambda atom: of(atom.start, atom.end)


def _is_complete(text: str, end: int) -> bool:
    """Whether nothing that follows could still become part of the token that ends here."""
    if end >= len(text):
        return False
    return end + 1 < len(text) or text[end] not in "'\u2019.,:/-"


def _without_begun(piece: str, text: str) -> str:
    """`piece` without the beginning of it that `text` ends with."""
    start = text.rfind(piece[:8], max(0, len(text) - len(piece)))
    if start >= 0 and piece.startswith(text[start:]):
        return piece[len(text) - start :]
    for size in range(min(8, len(piece), len(text)), 0, -1):
        if text.endswith(piece[:size]):
            return piece[size:]
    return piece
