"""Which texts of a request stay as they are for what the rest of it says.

A message may be marked for a provider's cache, and a text may be one to be worked on.

"Translate this message into French:" may stand in a system prompt, in an earlier turn, in the
user's message before, or in another block of the same one. Read alone, the mail it speaks of looks
like something the user has to say. Like everything in a conversation, what is found depends on
messages up to the text's own alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from spsd_core.chat import ChatMessage
from spsd_core.distillation import Reason
from spsd_core.reading import read as read_by_rules
from spsd_core.spans import overlaps

__all__ = ["fixed_parts"]

_WORK = (
    r"(?:translat|proof-?read|correct|rewrit|rephras|reword|paraphras|edit|polish|improv|shorten"
    r"|summari[sz]|classif|rat|grad|scor|repeat|echo|forward|transcrib|label|detect|judg|evaluat"
    r"|annotat|moderat|convert)(?:e|es|ed|ing|s|y|ies|ion|ion of)?"
)
_TEXT = (
    r"(?:messages?|texts?|inputs?|e?-?mails?|words|writing|sentences?|reviews?|comments?|letters?"
    r"|posts?)"
)
_WHOSE = r"(?:the|each|every|any|all|this|their|his|her)"
_PERSON = r"(?:users?|customers?|clients?|senders?|persons?|humans?|people|students?|speakers?)"
_STANDING = re.compile(
    rf"\b{_WORK}\b[^.!?\n]{{0,60}}?\b(?:"
    rf"(?:{_WHOSE} )?{_PERSON}(?:['\u2019]s?|s['\u2019])? (?:\w+ )?{_TEXT}"
    rf"|(?:what(?:ever)?|everything|anything|all(?: that)?) (?:the )?(?:{_PERSON}|i|we|they)"
    r" (?:sends?|writes?|says?|types?|gives?|pastes?|posts?)"
    rf"|{_WHOSE} (?:following|given|provided|incoming|next|pasted) (?:\w+ )?{_TEXT}"
    r")\b"
    r"|\byou are (?:an? |the )?(?:\w+ ){0,3}(?:translators?|proof-?readers?|copy-?editors?"
    r"|(?:text|sentiment|tone|spam|email) classifiers?|translation (?:engine|system|service|bot))\b"
    r"|\bfrom now on\b[^.!?\n]{0,80}\b(?:translat|correct|rephras|rewrit|proof-?read)\w*",
    re.IGNORECASE,
)
"""A standing order to work on what the user writes."""
_LONGEST_ORDER = 20_000
"""Characters of a text in which one is looked for; the head of a system prompt."""
_LONGEST_JOINED = 50_000


def fixed_parts(messages: Sequence[ChatMessage]) -> Iterator[tuple[Reason | None, ...]]:
    """For each message, why its parts are sent as they are, or None for each that need not be."""
    for message, parts in zip(messages, _worked_on(messages)):
        if message.frozen:
            yield (Reason.CACHE_CONTROL,) * len(parts)
        else:
            yield tuple(Reason.WORKED_ON if is_payload else None for is_payload in parts)


def _worked_on(messages: Sequence[ChatMessage]) -> Iterator[tuple[bool, ...]]:
    """For each message, which of its parts are to be worked on.

    A system prompt and earlier turns of the user may order it once and for all; an order in the
    user's message right before, or in another part, holds for what it points at.
    """
    standing = False
    before = ""  # what the user said since somebody else spoke
    for message in messages:
        if message.role == "user":
            yield _found(message.parts, before, standing)
            before = _joined([before, *message.parts])
        else:
            before = ""
            yield (False,) * len(message.parts)
        if message.role in ("system", "user"):
            standing = standing or any(
                _STANDING.search(part[:_LONGEST_ORDER]) for part in message.parts
            )


def _found(parts: Sequence[str], before: str, standing: bool) -> tuple[bool, ...]:
    if standing:
        return (True,) * len(parts)
    whole = _joined([before, *parts])
    if whole in parts or len(whole) > _LONGEST_JOINED:
        return (False,) * len(parts)
    payload = read_by_rules(whole).payload
    found: list[bool] = []
    start = len(before) + len(_GAP) if before else 0
    for part in parts:
        alone = read_by_rules(part).payload
        inside = [span for span in payload if overlaps((start, start + len(part)), (span,))]
        more = sum(min(end, start + len(part)) - max(at, start) for at, end in inside)
        found.append(more > sum(end - at for at, end in alone))
        start += len(part) + len(_GAP)
    return tuple(found)


_GAP = "\n\n"


def _joined(parts: Sequence[str]) -> str:
    return _GAP.join(part for part in parts if part)
