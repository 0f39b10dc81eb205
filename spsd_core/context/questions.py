"""Questions that no part of the passages can answer: they want all of it, or are not in English."""

from __future__ import annotations

import re

from spsd_core.language import function_words, looks_english

__all__ = ["asks_in_english", "needs_whole_context"]

_SOURCES = (
    r"(?:texts?|documents?|docs?|passages?|articles?|pages?|sources?|contexts?|paragraphs?|excerpts?"
    r"|results?|materials?|reports?|transcripts?|notes|emails?|e-mails?|threads?|chapters?|files?)"
)
_THESE = (
    rf"(?:(?:all |both )?(?:of )?(?:it|them|this|these|that|everything|(?:the|this|these|those)"
    rf" (?:\w+ )?{_SOURCES}|the (?:above|following|whole|entire)\b.{{0,20}}))"
)
_WORKS = (
    r"summari[sz]e|paraphrase|translate|proof-?read|rewrite|reword|rephrase|transcribe|condense|recap"
    r"|explain|simplify|analy[sz]e"
    r"|shorten|outline|compare|contrast|review|edit|convert|reformat|correct|extract|classify|quote"
)
_DIGESTS = (
    r"(?:summar(?:y|ies)|overview|gist|outline|synopsis|abstract|digest|recap|tl;?\s?dr|key points?"
    r"|key takeaways?|takeaways|main points?|main ideas?|main themes?|table of contents|translation"
    r"|timeline|list of (?:all|every)|full list|complete list)"
)
_ASKS = (
    r"(?:write|give|make|provide|produce|create|draft|prepare|need|want|show|get|like"
    r"|what(?:'s| is| are))"
)
_SHORT_ORDERS = r"(?:summari[sz]e|paraphrase|recap|tl;?\s?dr)"
_WANTS_ALL = re.compile(
    "|".join(
        (
            rf"\b(?:{_WORKS}) {_THESE}",
            rf"(?:^|[.!?,:\n]\s*|\bplease |\b(?:to|you|and|then|just) ){_SHORT_ORDERS}\b",
            rf"\b{_ASKS}\b(?: me| us)?(?: an?| the| your| some)?(?: [\w-]+){{0,2}} {_DIGESTS}"
            rf"(?: (?:of|from|for) {_THESE}|\s*(?:$|[.?!\n]))",
            rf"^\W*(?:\w+ )?{_DIGESTS}\W*$",
            r"\b(?:write|give|make|provide|draft|prepare|need|want|show)(?: me| us)?"
            r"(?: [\w-]+){0,3} (?:summary|overview|outline|synopsis|digest|recap|timeline) of\b",
            r"\b(?:everything|all)(?: you know| there is| that is known)? (?:about|on)\b",
            r"(?:^|[.!?,:\n]\s*|\bplease |\byou )(?:compare|count|translate|rewrite|reformat)\b",
            r"\bwhat are all\b",
            rf"\bwhich of {_THESE}",
            r"\b(?:highest|lowest|largest|smallest|longest|shortest|biggest|earliest|latest|most|least)"
            rf"\b.{{0,40}}\bin {_THESE}",
            r"^\W*tl;?\s?dr\b",
            r"\b(?:list|name|give|show|find|extract|collect|count|quote|mention)(?: me| us)?"
            r" (?:all|every|each)\b",
            r"\b(?:all|every|each|any) (?:the )?(?:\w+ )?(?:mentions?|occurrences?|instances?"
            r"|places?)"
            r" (?:of|where)\b",
            r"\bhow (?:many|often)\b.{0,60}\b(?:mentioned|listed|named|appears?|occurs?)"
            rf" (?:in {_THESE}|here)",
            rf"\bwhat (?:is|are) {_THESE}(?: all)? about\b",
            rf"\bwhat (?:does|do) {_THESE} (?:say|cover|discuss|contain|mean|talk about)\W*$",
            r"\b(?:word for word|verbatim|in its entirety)\b",
            # what no single sentence shows: absence, sameness, counts of words, the main lines
            rf"\b(?:missing|omitted|absent|left out) (?:from|of|in) {_THESE}",
            r"\b(?:is|are|was|were) (?:not|never) (?:mentioned|listed)\b",
            r"\bhow many\b.{0,60}\b(?:mentioned|listed)\W*$",
            r"\bhow (?:many times|often) (?:does|do|is|are) the (?:word|term|name|phrase)\b",
            rf"\b{_THESE} (?:have|share)\b.{{0,20}}\bin common\b",
            r"\b(?:differences?|similarit(?:y|ies)|contradictions?|inconsistenc(?:y|ies)|conflicts?)"
            rf" (?:between|in|across|among|within) {_THESE}",
            r"\b(?:list|describe|name|explain|identify|state)(?: me)? (?:the |its |their )?"
            r"(?:main|key|central|major) (?:themes?|topics?|ideas?|arguments?|points?|findings?)\b",
            r"\b(?:list|name|count|find) (?:them|these|those) all\b",
        )
    ),
    re.IGNORECASE,
)


_SHORT_QUESTION = 14
_WORD = re.compile(r"[^\W\d_]+")


def asks_in_english(question: str) -> bool:
    """Whether a question may be held against English passages; in doubt it may not.

    Stricter than `looks_english`, which knows nothing of five words but what two of them say.

    >>> asks_in_english("How deep is the well?"), asks_in_english("Hoe diep is de put?")
    (True, False)
    """
    if "\u00bf" in question or not looks_english(question):
        return False
    words = _WORD.findall(question.lower())
    english, foreign = function_words(question)
    return len(words) > _SHORT_QUESTION or foreign == 0 or english > foreign


def needs_whole_context(question: str) -> bool:
    """Whether leaving out any part of the passages could change the answer.

    >>> needs_whole_context("Please summarise the passages."), needs_whole_context("TL;DR?")
    (True, True)
    >>> needs_whole_context("Who translated the Bible?"), needs_whole_context("When was it built?")
    (False, False)
    """
    return _WANTS_ALL.search(question) is not None
