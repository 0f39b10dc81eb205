"""What is rewritten when a text is folded: escapes, entities, tags, spelt-out words, gaps.

A step is a pattern and what a match of it becomes, with the place every new character comes from.
All patterns begin with a character or a set of them, so that matches are found fast, and none
looks further than a bounded way, so that every step is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from spsd_core.safety.lookalikes import GAP

__all__ = [
    "COLON",
    "COMMA",
    "DOTS",
    "ENTITY",
    "LEFT_GAP",
    "LETTER",
    "SPACES",
    "SPELT",
    "STARS",
    "TAG",
    "URL",
    "WIDE",
    "Step",
    "escapes",
]

Rewritten = tuple[str, Sequence[int]]
"""What a match becomes, and for every character of it, where in the match it comes from."""


class Step(NamedTuple):
    """A pattern, and what its matches become."""

    pattern: re.Pattern[str]
    rewrite: Callable[[re.Match[str]], Rewritten]


def _escape(match: re.Match[str]) -> Rewritten:
    units = "".join(part for part in match.groups() if part)
    if units:
        return bytes.fromhex(units).decode("utf-16-be", "replace"), (0,)
    return ("", ()) if match[0][-1] == "\\" else (" ", (0,))


def _entity(match: re.Match[str]) -> Rewritten:
    import html

    meant = html.unescape(match[0])
    return meant, [0] * len(meant)


def _tag(match: re.Match[str]) -> Rewritten:
    return ("", ()) if match[1] or match[2] else (" ", (0,))


def _gap(_: re.Match[str]) -> Rewritten:
    return " ", (0,)


def _joined(match: re.Match[str]) -> Rewritten:
    places = [i for i, character in enumerate(match[0]) if character not in _BETWEEN_LETTERS]
    return "".join(match[0][i] for i in places), places


def _wide(match: re.Match[str]) -> Rewritten:
    return "  " + match[0].replace(" ", ""), (0, 1, *range(2, len(match[0]), 2))


def _starred(match: re.Match[str]) -> Rewritten:
    """A word with its letters back where stars stand, or a gap."""
    stars, tail = match.start(1) - match.start(), match[1]
    for head, letters in _STARRED.get((stars, tail), ()):
        begin = match.start() - len(head)
        whole = begin <= 0 or not match.string[begin - 1].isalnum()
        if begin >= 0 and whole and match.string.startswith(head, begin):
            return letters + tail, range(len(letters + tail))
    return match[0], range(len(match[0]))


def _starred_words(words: str) -> dict[tuple[int, str], list[tuple[str, str]]]:
    """By number of stars and what follows them: what goes before, and the letters hidden."""
    hidden: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for word in words.split():
        for first in range(1, len(word) - 1):
            for last in range(first + 1, min(first + 3, len(word) - 1) + 1):
                key = (last - first, word[last:])
                hidden.setdefault(key, []).append((word[:first], word[first:last]))
    return hidden


_BETWEEN_LETTERS = f".{GAP}"
_STARRED = _starred_words(
    "suicide suicidal kill kills killed killing die died dying dead murder murdered rape raped "
    "raping rapist abuse abused overdose bomb bombs drugs cocaine heroin meth weapon shoot stab "
    "porn nudes molest molested cutting hang hanging terrorist"
)
_INLINE = "a|abbr|b|big|code|del|em|font|i|ins|mark|q|s|small|span|strike|strong|sub|sup|tt|u"
_BLOCK_TAG = (
    "(?:blockquote|br|center|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|table|tbody|td|th|thead|tr|ul)"
)
LETTER = "[a-z0-9@$]"

_HEX = "[0-9a-fA-F]"
_UNICODE = (
    rf"\\{{1,4}}(?:u(?:([dD][89abAB]{_HEX}{{2}})\\{{1,4}}u([dD][c-fC-F]{_HEX}{{2}})|({_HEX}{{4}}))"
)
_ESCAPE = Step(re.compile(rf"{_UNICODE}|(?='))"), _escape)  # can\u2019t, can\'t
_JSON_ESCAPE = Step(re.compile(rf"{_UNICODE}|[nrt]|(?='))"), _escape)
ENTITY = Step(re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});"), _entity)
TAG = Step(  # an opening tag alone may well be a word: <I> <am> <small>
    re.compile(rf"<(?i:/({_INLINE}) ?>|({_INLINE})>(?=(?s:.{{1,200}}?)</\2>)|/?{_BLOCK_TAG} ?/?>)"),
    _tag,
)

SPELT = Step(
    re.compile(
        rf"[{GAP}.](?<=[a-z].)(?<!{LETTER}[a-z].)[{GAP}.]{{0,2}}{LETTER}"
        rf"(?:[{GAP}.]{{1,3}}{LETTER})+(?!{LETTER})"
    ),
    _joined,
)
STARS = Step(re.compile(rf"{GAP}(?<=[a-z].){GAP}{{0,2}}([a-z]+)(?![a-z{GAP}])"), _starred)
LEFT_GAP = Step(re.compile(GAP), _gap)
COMMA = Step(re.compile(r",(?: +|(?![0-9])|(?<![0-9],))"), _gap)
COLON = Step(re.compile(r":(?: +|(?![0-9])|(?<![0-9]:))"), _gap)
URL = Step(  # i+want+out, i%20want%20out
    re.compile(r"[+%](?:(?<=[a-z]\+)(?=[a-z])|(?<=%)(?:20|0[ad]|2c))"), _gap
)
DOTS = Step(re.compile(r"\.\.\.*"), _gap)
WIDE = Step(re.compile(rf"  [a-z](?: {LETTER}){{2,}}(?=  | ?$)"), _wide)  # k i l l  m e
SPACES = Step(re.compile(r"   *"), _gap)


def escapes(text: str) -> Step:
    """The step that reads escapes in `text`, of a JSON string where it may hold one."""
    # without a quote in the text, the n of home\now is a letter
    return _JSON_ESCAPE if '"' in text else _ESCAPE
