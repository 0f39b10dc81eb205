"""Whatever has a digit in it: numbers, amounts, clock times and dates, or else identifiers."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import MONTHS, word_set
from spsd_core.reading.source import Source, chunks_with
from spsd_core.reading.types import AtomKind

__all__ = ["add_number", "find_digits"]

_S = r"[ \t\u00a0\u202f]"
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_CURRENCY = (
    r"dollars?|bucks|cents?|euros?|pounds?(?:{s}sterling)?|pence|quid|yen|yuan|rupees?|francs?"
    r"|pesos?"
    r"|usd|eur|gbp|cad|aud|inr|jpy|cny|chf|nzd|sgd|btc|eth|rs"
).replace("{s}", _S)
_TIME_UNIT = (
    r"nanoseconds?|microseconds?|milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?"
    r"|nights?|weeks?|weekends?|fortnights?|months?|quarters?|semesters?|years?|yrs?|decades?"
    r"|centur(?:y|ies)|o'?clock|ms"
)
_CLOCK = r"[ap]\.?m\b\.?"
_UNIT = (
    r"percent(?:age)?(?:{s}points?)?|per{s}cent|%|\u00b0(?:[cf])?|degrees?(?:{s}(?:celsius"
    r"|fahrenheit))?"
    r"|words?|characters?|chars?|letters?|sentences?|paragraphs?|pages?|lines?|bullets?"
    r"|bullet{s}points?|points?|items?|steps?|examples?|ideas?|reasons?|questions?|options?|tokens?"
    r"|times|people|persons?|kids|children|copies|pieces|units?|users?|rows?|columns?|verses?"
    r"|stanzas?"
    r"|kilometers?|kilometres?|kms?|kilometers?{s}per{s}hour|meters?|metres?|centimeters?"
    r"|centimetres?|cm"
    r"|millimeters?|millimetres?|mm|miles?(?:{s}per{s}hour)?|mph|kph|mpg|inch(?:es)?|feet|foot|ft"
    r"|yards?"
    r"|acres?|hectares?|square{s}(?:feet|foot|meters?|metres?|miles?|kilometers?|inches|yards)"
    r"|sq\.?{s}?ft"
    r"|cubic{s}(?:feet|meters?|metres?|inches)|kilograms?|kilos?|kg|grams?|milligrams?|mg|tons?"
    r"|tonnes?"
    r"|lbs?|ounces?|oz|liters?|litres?|ml|gallons?|cups?|teaspoons?|tablespoons?|tsp|tbsp|calories"
    r"|kcal|kb|mb|gb|tb|bytes?|bits?|gigabytes?|megabytes?|ghz|mhz|hz|watts?|kw|kwh|volts?|amps?"
    r"|marks?|stars?|and{s}a{s}half|fold|px|g|m|km"
).replace("{s}", _S)
_AFTER = re.compile(
    rf"(?:{_S}?-?(?P<big>hundred|thousand|million|billion|trillion|dozen|bn)\b)?"
    rf"(?:{_S}(?:and|to|or){_S}a{_S}(?:half|quarter)\b)?"
    rf"(?:{_S}{{0,2}}-?(?:(?P<money>{_CURRENCY})\b|(?P<clock>{_CLOCK})"
    rf"|(?:of{_S})?(?P<month>{_MONTH})\b(?:,?{_S}\d{{4}}\b)?"
    rf"|(?P<time>{_TIME_UNIT})\b(?:{_S}(?:and{_S}a{_S}half|ago|old|later|from{_S}now|earlier)\b"
    rf"|-old\b)?"
    rf"|(?P<unit>{_UNIT})(?!\w)))?",
    re.IGNORECASE,
)

_DIGIT = re.compile(r"\d")
_OPENING = "([{<\"'\u201c\u2018\u00ab*_~`-\u2013\u2014\u2022|>,.;:!?/"
_CLOSING = ")]}>\"'\u201d\u2019\u00bb*_~`.,;:!?\u2026|-\u2013\u2014"
_SIGN = "$\u20ac\xa3\xa5\u20b9\u20bd\u20a9"
_PLAIN = r"[-+\u2212\xb1~\u2248<>\u2264\u2265\xd7]{0,2}\d[\d.,'\u00a0_]*"
_SUFFIX = (
    r"(?:%|\u2030|\xb0[cf]?|st|nd|rd|th|x|k|mn|m|bn|b|km|kg|g|mg|lbs?|oz|cm|mm|ml|l|gb|mb|tb|kb"
    r"|ghz|mhz"
    r"|hz|mph|kph|kmh|km/h|kwh?|w|v|mah|px|pt|em|rem|ft|in|yd|c|f|p|fps|dpi|bit|ish|\"|'|\+)"
)
_NUMBER = re.compile(
    rf"(?:{_PLAIN}{_SUFFIX}?(?:[-\u2013/x\xd7:*^]{_PLAIN}{_SUFFIX}?){{0,3}}(?:e[-+]?\d+)?"
    rf"|{_PLAIN}{_SUFFIX}?(?:-[a-z]+){{1,4}}|#\d{{1,3}})",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\d[\d.,]*(?:[-\u2013]\d[\d.]*)?(?:h|hrs?|mins?|s|secs?|ms|ns|us|d|wks?|yrs?|y|yo|mo)"
    r"|\d+h\d+m?|\d[\d.,]*-(?:year|month|week|day|hour|minute|second)s?(?:-[a-z]+){0,2}",
    re.IGNORECASE,
)
_CLOCK_TIME = re.compile(
    r"\d{1,2}[:.h]\d{2}(?::\d{2}(?:\.\d+)?)?(?:[ap]\.?m\.?)?(?:[-\u2013]\d{1,2}(?:[:.]\d{2})?(?:[ap]\.?m\.?)?)?"
    r"|\d{1,2}(?:[-\u2013]\d{1,2})?[ap]\.?m\.?(?:[-\u2013/]\d{1,2}[ap]\.?m\.?)?",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?:T[\d:.+Z-]*)?|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})"
    rf"|'?\d{{2,4}}s|\d{{1,2}}[-/](?:{_MONTH})(?:[-/]\d{{2,4}})?|(?:{_MONTH})[-/.]?\d{{1,4}}|24/7"
    r"|\d{4}[-\u2013]\d{4}|q[1-4]",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    rf"[-+~<>]{{0,2}}[a-z]{{0,3}}[{_SIGN}]\d[\d.,]*(?:k|m|mn|b|bn|mm)?(?:[-\u2013/+].{{0,24}})?"
    rf"|\d[\d.,]*(?:k|m|bn)?[{_SIGN}\xa2](?:/\w{{1,9}})?"
    r"|(?:rs\.?|usd|eur|gbp|inr)\d[\d.,]*|\d[\d.,]*(?:usd|eur|gbp|inr|rs)",
    re.IGNORECASE,
)
_VERSION = re.compile(r"v?\d+(?:\.\d+){2,9}\S{0,32}|v\d+(?:\.\d+)?", re.IGNORECASE)
_PHONE = re.compile(r"\+?\(?\d{1,4}\)?(?:[ .-]\(?\d{2,8}\)?){1,5}(?!\w)")
_SERIES = re.compile(r"\d[\d.,]*(?:[ \t]\d[\d.,]*){4,}(?=\s|\Z)")
_PHONE_SHAPE = re.compile(r"[+(]|\d{3}[-. ]\d{3}[-. ]\d{4}$|0\d{2,4}[ -]\d{3,}")
_CURRENCY_BEFORE = word_set("usd eur gbp inr cad aud chf rs rs.")
_LABELS = word_set(
    "order ticket invoice case reference ref account acct tracking serial booking reservation"
    " confirmation error flight room po id sku code policy claim customer member"
)
_LABEL_ENDS = word_set("number no no. num code id nr nr. is")
_LONGEST_LABEL = 32


def find_digits(source: Source) -> None:
    """Everything with a digit in it; what is neither number, date nor amount is an identifier."""
    flat = source.flat
    done = 0
    for chunk_start, chunk_end in chunks_with(_DIGIT, flat):
        start, end = chunk_start, chunk_end
        if start < done:
            continue
        core = flat[start:end].lstrip(_OPENING)
        start = end - len(core)
        sign = flat[start - 1 : start]
        if sign in ("-", ".") and core[:1].isdigit():
            start -= 1
        core = flat[start:end].rstrip(_CLOSING)
        end = start + len(core)
        while end < chunk_end and core.count("(") > core.count(")") and flat[end] == ")":
            end += 1
            core = flat[start:end]
        if core:
            done = _classify(source, start, end, core)


def _classify(source: Source, start: int, end: int, core: str) -> int:
    """Note what the chunk `core` is; gives the place up to which the text has been read."""
    flat = source.flat
    if core.isdecimal():
        series = _SERIES.match(flat, start)
        if series is not None:
            source.add(AtomKind.NUMBER, start, series.end())
            return series.end()
        if len(core) < 3:
            return add_number(source, start, end)
    if core[0] in "+(0123456789" and 2 < end - start <= 24:
        # "(555) 123-4567": the bracket was taken for one around the number
        first = start - (core.isdecimal() and flat[start - 1 : start] == "(")
        phone = _PHONE.match(flat, first)
        if phone and _PHONE_SHAPE.match(phone[0]) and sum(map(str.isdigit, phone[0])) >= 7:
            source.add(AtomKind.IDENTIFIER, first, phone.end())
            return phone.end()
    if core.isdecimal() or _NUMBER.fullmatch(core):
        if not core.isdecimal():
            kind = _special(core)
            if kind is not None:
                return _timed(source, kind, start, end)
        return add_number(source, start, end)
    kind = _special(core)
    if (
        kind is None
        and _VERSION.fullmatch(core) is None
        and "." in core
        and _NUMBER.fullmatch(core)
    ):
        kind = AtomKind.NUMBER
    return _timed(source, kind or AtomKind.IDENTIFIER, start, end)


def _special(core: str) -> AtomKind | None:
    if len(core) > 48:
        return None
    if _CLOCK_TIME.fullmatch(core) and (":" in core or core[-1] in "mM." or "h" in core):
        return AtomKind.DATE
    if _DATE.fullmatch(core) or _DURATION.fullmatch(core):
        return AtomKind.DATE
    if _AMOUNT.fullmatch(core):
        return AtomKind.AMOUNT
    if core.count(".") >= 2 and _VERSION.fullmatch(core):
        return AtomKind.IDENTIFIER
    return None


def _timed(source: Source, kind: AtomKind, start: int, end: int) -> int:
    if kind is AtomKind.IDENTIFIER:
        source.add(kind, start, end, source.text[start:end])
        return end
    after = _AFTER.match(source.flat, end)
    if after and (after["clock"] or after["big"] or (after["money"] and kind is AtomKind.AMOUNT)):
        end = after.end()
    source.add(kind, start, end)
    return end


def add_number(source: Source, start: int, end: int) -> int:
    """Note the number `start:end` with the unit that follows; gives the place after it."""
    flat = source.flat
    follows = flat[end : end + 3].lstrip(" \t\u00a0-")[:1]
    after = _AFTER.match(flat, end) if follows.isalpha() or follows in ("%", "\xb0") else None
    last = end if after is None else after.end()
    kind = AtomKind.NUMBER
    if after and (after["clock"] or after["month"] or after["time"]):
        kind = AtomKind.DATE
    elif after and after["money"]:
        kind = AtomKind.AMOUNT
    start, kind = _labelled(flat, start, kind, bare=last == end)
    source.add(kind, start, last)
    return last


def _labelled(flat: str, start: int, kind: AtomKind, *, bare: bool) -> tuple[int, AtomKind]:
    """What the words before a number make of it: `$ 5`, `USD 5`, `order number 5`."""
    before = flat[max(0, start - _LONGEST_LABEL) : start].rstrip(" \t\u00a0")
    if not before:
        return start, kind
    gap = start - len(before) - max(0, start - _LONGEST_LABEL)
    if before[-1] in _SIGN:
        return start - gap - 1, AtomKind.AMOUNT
    words = before.rstrip("#: ").lower().rsplit(None, 3)[-3:]
    label = words[-1] if words else ""
    if label in _CURRENCY_BEFORE and gap:
        return start - gap - len(label), AtomKind.AMOUNT
    while label in _LABEL_ENDS and len(words) > 1:
        words.pop()
        label = words[-1]
    return start, AtomKind.IDENTIFIER if bare and label in _LABELS else kind
