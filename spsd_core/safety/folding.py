"""One plain spelling for many ways of writing, with the way back to the writer's own characters.

`fold` gives the form the rules are written in: lower case, ASCII where a character has an ASCII
twin (see `spsd_core.safety.lookalikes`), no apostrophes (`can't` and `cant` are one word), no
invisible characters, and one space for every run of white space, commas, colons, dashes, brackets,
quotes, markup, emoji and dots. A comma or colon between two digits stays, and so does the end of a
sentence, unless every single word is made one (`I! want! out!`). HTML entities, tags and the
escapes of JSON strings are read; words spelt out with dots or dashes (`k-i-l-l`) and telling words
with stars in place of letters (`s*icide`) are whole.

`unmask` goes further, for cues people hide on purpose: digits read as letters, words spelt out
with spaces joined. Both are linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from spsd_core.safety.lookalikes import GAP, plain_character
from spsd_core.safety.rewriting import (
    COLON,
    COMMA,
    DOTS,
    ENTITY,
    LEFT_GAP,
    LETTER,
    SPACES,
    SPELT,
    STARS,
    TAG,
    URL,
    WIDE,
    Step,
    escapes,
)

__all__ = ["fold", "fold_offsets", "unmask", "unmask_offsets"]


class _FoldTable(dict[int, str]):
    """Plain form by code point, worked out when a character is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = plain_character(chr(code))
        return folded


_TABLE = _FoldTable()
_ASCII_TABLE = {code: plain_character(chr(code)) for code in range(128)}


def _translate(text: str) -> str:
    if not text.isascii():
        return text.translate(_TABLE)
    # str.translate has a fast path for ASCII text, a plain dict and nothing to drop
    return text.replace("'", "").replace("`", "").translate(_ASCII_TABLE)


_ONE_WORD = re.compile(r"(?:^ ?|(?<=[.!?])|(?<=[.!?] ))([^ .!?]+)(?= ?[.!?]| ?$)")

# Cheap signs, found with one search for a character, that a costlier step has something to do
_DOTTED = re.compile(rf"\.{LETTER}[{GAP}.]")
_ONE_WORD_SIGNS = tuple(re.compile(rf"{mark} ?[^ .!?]+ ?[.!?]") for mark in (r"\.", "!", r"\?"))
_ONE_WORD_FIRST = re.compile(r" ?[^ .!?]+ ?[.!?]")


def _one_word_gaps(text: str) -> Iterator[tuple[int, int]]:
    """Sentence ends between two sentences of one word each."""
    end = -1
    for word in _ONE_WORD.finditer(text):
        start = word.start(1)
        between = text[end:start] if end >= 0 else " "
        decimal = between == "." and text[end - 1].isdigit() and text[start].isdigit()
        if end >= 0 and not decimal and not between.strip(" .!?"):
            yield end, start
        end = word.end()


# -- the folds -------------------------------------------------------------------------------


def fold(text: str) -> str:
    """The form of `text` the rules are matched against.

    >>> fold("I  CAN’T — breathe…"), fold("1,000 <b>pills</b>, k-i-l-l")
    ('i cant breathe ', '1,000 pills kill')
    """
    if "\\" in text:
        text = _applied(escapes(text), text)
    if "&" in text:
        text = _applied(ENTITY, text)
    if "<" in text:
        text = _applied(TAG, text)
    text = _translate(text)
    if _DOTTED.search(text) or GAP in text:
        text = _applied(SPELT, text)
    if GAP in text:
        text = _applied(STARS, text).replace(GAP, " ")
    if "+" in text or "%" in text:
        text = URL.pattern.sub(" ", text)
    if "," in text:
        text = COMMA.pattern.sub(" ", text)
    if ":" in text:
        text = COLON.pattern.sub(" ", text)
    if ".." in text:
        text = DOTS.pattern.sub(" ", text)
    if "  " in text:
        text = SPACES.pattern.sub(" ", _applied(WIDE, text))
    if _ONE_WORD_FIRST.match(text) or any(sign.search(text) for sign in _ONE_WORD_SIGNS):
        return _cut(text, _one_word_gaps(text))
    return text


def _applied(step: Step, text: str) -> str:
    return step.pattern.sub(lambda match: step.rewrite(match)[0], text)


def _cut(text: str, gaps: Iterator[tuple[int, int]]) -> str:
    kept: list[str] = []
    position = 0
    for start, end in gaps:
        kept += text[position:start], " "
        position = end
    return "".join((*kept, text[position:]))


def fold_offsets(text: str) -> list[int]:
    """For every character of `fold(text)`, where in `text` it comes from; then `len(text)`."""
    origin: Sequence[int] = range(len(text) + 1)
    for step in (escapes(text), ENTITY, TAG):
        text, origin = _traced(step, text, origin)
    text, origin = _translated(text, origin)
    for step in (SPELT, STARS, LEFT_GAP, URL, COMMA, COLON, DOTS, WIDE, SPACES):
        text, origin = _traced(step, text, origin)
    kept: list[int] = []
    position = 0
    for start, end in _one_word_gaps(text):
        kept.extend(origin[position : start + 1])
        position = end
    kept.extend(origin[position:])
    return kept


def _traced(step: Step, text: str, origin: Sequence[int]) -> tuple[str, Sequence[int]]:
    """The text after a step, and where each of its characters comes from, then the end."""
    pieces: list[str] = []
    kept: list[int] = []
    position = 0
    for match in step.pattern.finditer(text):
        new, places = step.rewrite(match)
        pieces += text[position : match.start()], new
        kept.extend(origin[position : match.start()])
        kept.extend(origin[match.start() + place] for place in places)
        position = match.end()
    if not pieces:
        return text, origin
    kept.extend(origin[position:])
    return "".join((*pieces, text[position:])), kept


def _translated(text: str, origin: Sequence[int]) -> tuple[str, Sequence[int]]:
    kept: list[int] = []
    for index, character in zip(origin, text):
        kept.extend([index] * len(_TABLE[ord(character)]))
    kept.append(origin[-1])
    return _translate(text), kept


# -- hidden words ----------------------------------------------------------------------------

_DIGITS = "0134578@$€£"
_LEET = str.maketrans(_DIGITS, "oieastbasel")
_LEET_WORD = re.compile(  # begins with a set of characters: that is searched fast
    rf"[{_DIGITS}!](?:(?<=[a-z].)[{_DIGITS}!]*[a-z]"
    rf"|(?<![\w@$].)(?:(?<=[01@])[a-z]|(?<=[$35!€£])[a-z]{{2}})"
    rf"|(?<=[a-z][{_DIGITS}])[{_DIGITS}]*(?!\w)|(?<= @)(?= ))"
)
_ELLS = re.compile(r"(?<=[a-z])11")
_UPRIGHT = re.compile(rf"!(?={LETTER})")
_HIDING = re.compile(  # but a number stays, with its unit or without; 1 and 1m are words
    r"(?<![a-z0-9@$])(?![01][dmsx]?(?![a-z0-9@$]|[.,][0-9]))[0-9]+(?:[.,][0-9]+){0,4}"
    r"(?:yo|yrs?|m[cg]?g|kg|ml|[ckm]m|lbs?|oz|[kmg]b|st|nd|rd|th|am|pm|[dghkmxy])?(?![a-z0-9@$])"
    rf"|([{_DIGITS}]+)"
)
_SPACED_OUT = re.compile(rf"(?<![a-z0-9@$!])[a-z](?:[ .]{{1,2}}{LETTER}(?!{LETTER})){{2,}}")
_SPACED_SIGN = re.compile(rf" {LETTER}[ .]{{1,2}}{LETTER}(?!{LETTER})")


def unmask(folded: str) -> str | None:
    """`folded` with digits read as letters, spelt-out words joined; None if nothing is new.

    >>> unmask("i want to k1ll m y s e l f"), unmask("version 2 of gpt")
    ('i want to kill myself', None)
    """
    spaced = _is_spaced_out(folded)
    digits = "!" in folded or any(digit in folded for digit in _DIGITS)
    if not spaced and not (digits and _LEET_WORD.search(folded)):
        return None
    if spaced:
        folded = _SPACED_OUT.sub(lambda run: re.sub("[ .]", "", run[0]), folded)
    folded = _UPRIGHT.sub("i", _ELLS.sub("ll", folded))
    return _HIDING.sub(lambda found: found[0].translate(_LEET) if found[1] else found[0], folded)


def _is_spaced_out(folded: str) -> bool:
    return _SPACED_SIGN.search(folded) is not None and _SPACED_OUT.search(folded) is not None


def unmask_offsets(folded: str) -> list[int]:
    """For every character of `unmask(folded)`, where in `folded` it comes from; then its length."""
    kept: list[int] = []
    position = 0
    for run in _SPACED_OUT.finditer(folded):
        kept.extend(range(position, run.start()))
        kept.extend(i for i in range(*run.span()) if folded[i] not in " .")
        position = run.end()
    kept.extend(range(position, len(folded) + 1))
    return kept
