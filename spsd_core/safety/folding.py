"""One plain spelling for many ways of writing, with the way back to the writer's own characters.

`fold` gives the form the rules are written in: lower case, ASCII where a character has an ASCII
twin (accents, full-width and mathematical letters, Cyrillic and Greek look-alikes), no
apostrophes (`can't` and `cant` are one word), no invisible characters, and one space for every
run of white space, dashes, brackets, quotes and markup. `unmask` goes further, for cues people
hide on purpose: digits read as letters, spelt-out words joined. Both are linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = ["fold", "fold_offsets", "unmask", "unmask_offsets"]

_DROPPED = "'`´’‘ʼʻ‛′＇"
_SPACED = '"-_*~()[]{}<>|/\\#^“”„‟«»‹›‐‑‒–—―−•·、（）「」『』【】'
_LOOKALIKES = str.maketrans(
    # what passes for an ASCII letter on a screen: Cyrillic, Greek, Latin, then full stops
    "АВЕКМНОРСТУХІЅЈавекмнорстухіѕјһԁԛԝѵӏй" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεηικνορτυχγ" + "ɡıłøđ" + "。।",
    "abekmhopctyxisjabekmhopctyxisjhdqwvli" + "abezhikmnoptyxaenikvoptuxy" + "gilod" + "..",
)
_MARKS = ((0x300, 0x36F), (0x483, 0x489), (0x610, 0x61A), (0x640, 0x640), (0x64B, 0x65F))
_RUNS = re.compile(r"(?: *\.{2,})+ *| {2,}")

_LEET = str.maketrans("013457@$!|", "oieastasil")
_LEET_WORD = re.compile(r"[a-z][013457@$!|]+[a-z]|(?<![\w@$])[@$135!][a-z]{2}")
_SPELT = re.compile(r"(?<![a-z0-9@$!|])[a-z](?:[ .,]{1,2}[a-z0-9@$!|](?![a-z0-9@$!|])){3,}")
_SEPARATORS = re.compile(r"[ .,]+")


def _fold_character(character: str) -> str:
    if character in _DROPPED:
        return ""
    if character in _SPACED or character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs") or any(a <= ord(character) <= b for a, b in _MARKS):
        return ""
    if category[0] == "Z" or category in ("Pd", "Pi", "Pf"):
        return " "
    if character.isascii():
        return character.lower()
    # twice: capital Η passes for H, but its small form η for n
    plain = unicodedata.normalize("NFKD", character).translate(_LOOKALIKES).casefold()
    plain = unicodedata.normalize("NFKD", plain).translate(_LOOKALIKES)
    return "".join(part if part == character else _fold_part(part) for part in plain)


def _fold_part(part: str) -> str:
    if part.isascii() or part in _SPACED or part in _DROPPED:
        return _fold_character(part)
    dropped = "\ufe00" <= part <= "\ufe0f" or any(a <= ord(part) <= b for a, b in _MARKS)
    return "" if dropped else part


class _FoldTable(dict[int, str]):
    """Folded form by code point, worked out when a character is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_TABLE = _FoldTable()
_ASCII_TABLE = {code: _fold_character(chr(code)) for code in range(128)}


def _translate(text: str) -> str:
    # two tables: str.translate has a fast path for ASCII text and a plain dict
    return text.translate(_ASCII_TABLE if text.isascii() else _TABLE)


def fold(text: str) -> str:
    """The form of `text` the rules are matched against.

    >>> fold("I  CAN’T — breathe…")
    'i cant breathe '
    """
    translated = _translate(text)
    if "  " in translated or ".." in translated:
        return _RUNS.sub(" ", translated)
    return translated


def fold_offsets(text: str) -> list[int]:
    """For every character of `fold(text)`, where in `text` it comes from; then `len(text)`."""
    origin: list[int] = []
    for index, character in enumerate(text):
        width = len(_TABLE[ord(character)])
        if width == 1:
            origin.append(index)
        elif width:
            origin.extend([index] * width)
    return _without_runs(_translate(text), origin, len(text))


def _without_runs(translated: str, origin: Sequence[int], end: int) -> list[int]:
    kept: list[int] = []
    position = 0
    for run in _RUNS.finditer(translated):
        kept.extend(origin[position : run.start() + 1])
        position = run.end()
    kept.extend(origin[position:])
    kept.append(end)
    return kept


def unmask(folded: str) -> str | None:
    """`folded` with digits read as letters, spelt-out words joined; None if nothing is new.

    >>> unmask("i want to k1ll m y s e l f"), unmask("version 2 of gpt")
    ('i want to kill myself', None)
    """
    spelt = _SPELT.search(folded) is not None
    if not spelt and _LEET_WORD.search(folded) is None:
        return None
    if spelt:
        folded = _SPELT.sub(lambda run: _SEPARATORS.sub("", run[0]), folded)
    return folded.translate(_LEET)


def unmask_offsets(folded: str) -> list[int]:
    """For every character of `unmask(folded)`, where in `folded` it comes from; then its length."""
    kept: list[int] = []
    position = 0
    for run in _SPELT.finditer(folded):
        kept.extend(range(position, run.start()))
        kept.extend(i for i in range(*run.span()) if folded[i] not in " .,")
        position = run.end()
    kept.extend(range(position, len(folded) + 1))
    return kept
