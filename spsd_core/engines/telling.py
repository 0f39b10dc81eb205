"""Courtesy that tells something: an order, a condition or a datum in the words of a ceremony.

"I'd be grateful if you avoided lists" thanks for nothing, "sorry, but in metres please" is no
apology, and an apology for one's English is the matter where the next sentence asks how to better
it. The Reader takes such turns for scaffold now and then; what these patterns find does not go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from spsd_core.engines.courtesy import fold
from spsd_core.spans import Span

__all__ = ["without_telling"]

_HELPING = (
    r"(?:help|assist|aid|support|advise|let|tell|give|share|explain|clarify|provide|offer|guide"
    r"|answer|reply|respond|get|look|take|do|spare|find|point|send|show|suggest|recommend"
    r"|inform|update|confirm|check|have|consider|contact|call|email|mail|write|direct|lend|shed"
    r"|throw|teach|enlighten|favou?r|bear|manage|graciously|possibly|maybe|perhaps|just|also|at|in"
    r"|be (?:so |very )?(?:kind|good|nice|able|of|willing|a))"
)
"""What one asks for who asks for help and names nothing."""
_AUXILIARY = (
    r"(?:can|could|would|will|might|may|please|pl[sz]+|kindly|just|also|guys|people|all|folks"
    r"|(?:do|would|could)(?: not|n'?t)|are|were|have|had|got|get|'d|'re|'ve|d|re|ve|or|and|do|no"
    r"|want|wanted|need|feel|like|know|knew|mind|think|manage|find|ever|happen|see|wish|hear|let"
    r"|help|helped|gave|took|told|explained|answered|replied|permit|allow|enlighten)"
)
_ASK = r"(?:please|pl[sz]+|kindly)"
_THANKS = r"\b(?:thanks|thank you|thx|ty|cheers)\b[a-z ,]{0,24}\bfor "
_ORDERS = re.compile(
    "|".join(
        (
            # I'd be grateful if you avoided lists, ... if you could be stricter
            rf"\bif you (?!{_AUXILIARY}\b)[a-z]+",
            rf"\bif you (?:can|could|would|will|might) (?:{_ASK} )?"
            rf"(?!(?:{_HELPING}|{_ASK}|not|even|want|have|go)\b)[a-z]+",
            r"\bif you (?:could|would) have [a-z]+(?:ed|en|old|ept|ent)\b",
            r"\bif (?:it|that|this)(?:'s| is| would be) (?:ok|okay|fine|alright|all right)"
            r" (?:with|for|by) (?!you\b|u\b|ya\b)[a-z]+",
            r"\b(?:grateful|thankful|glad|happy|appreciate(?: it)?|nice|great) if"
            r" (?:the|my|our|an?|he|she|they|nobody)\b",
            # thanks for skipping the introduction, thanks for answering like a pirate
            rf"{_THANKS}(?:skipping|leaving out|keeping (?:it|to|the|your)|using|avoiding|including"
            r"|formatting|limiting|ignoring|omitting|excluding|translating|correcting|mending"
            r"|proofreading|rewriting|writing (?:it|this|in|only)|sparing me|listing)\b",
            rf"{_THANKS}(?:answering|replying|responding|explaining|speaking)"
            r" (?:like|as if|in (?!advance)|with (?!such|so|your))",
            rf"{_THANKS}an? (?:table|list|chart|summary|diagram)\b",
            # sorry, but in metres please
            r"\b(?:but|and),? (?:this time )?"
            r"(?:in (?!advance\b|case\b|any\b|the (?:meantime|end)\b|general\b|fact\b)"
            r"|with (?!best\b|kind|warm|love\b|thanks\b|many\b|all\b|every\b|the\b|great|respect)"
            r"|without\b|shorter\b|longer\b|simpler\b|slower\b|faster\b)",
            r"\b(?:ignore|disregard|forget) (?:my|the|that|what)\b",
            r"\bnever mind (?:the|my|about)\b",
            r"\b(?:sources?|references?|citations?|pictures?|photos?|diagrams?|screenshots?|charts?"
            r"|tables?|bullet points?|brevity|step[- ]by[- ]steps?)(?: [a-z]+){0,2}"
            r" (?:would|will) be\b",
            r"\b(?:appreciate|welcome) (?:brevity|sources|references|citations|honesty)\b",
            r"\b(?:preferably|ideally)\b",
            rf"\b{_ASK} (?:answer|respond|write|speak|talk|go|use)(?: it| this| me)?"
            r" (?:in|into|with|as if|like|using|short|simple)\b",
        )
    )
)
"""An order in what would go."""
_OR = re.compile(r"\byou or$")
_HELD = (
    (
        re.compile(
            r"\b(?:grateful|thankful|glad|happy|appreciate(?: it)?|nice|great|kind|pleased)$"
        ),
        re.compile(r"\s+if\b"),
    ),
    (
        re.compile(r"\bfor [a-z]+ing$"),
        re.compile(r"\s+(?:it|them|this|that|me|the|my|an?|in|as|like)\b"),
    ),
    (
        re.compile(r"\bif (?:it|that|this)(?:'s| is) (?:ok|okay|fine|alright) (?:with|for|by)$"),
        re.compile(r"\s+(?!you\b|u\b)"),
    ),
)
"""How a phrase ends, and what follows that hangs on it: I'd be grateful | if you only said yes."""
_LANGUAGE = re.compile(
    r"\bmy (?:\w+ ){0,2}(?:english|french|german|spanish|italian|dutch|spelling|grammar"
    r"|handwriting|accent|pronunciation|writing)\b"
)
_BETTER = re.compile(
    r"\b(?:better|improve|improving|learn it|corrects? (?:it|me|my)|good enough|practi[sc]e"
    r"|fluent)\b"
)
_OF_COURTESY = re.compile(
    r"\b(?:(?:better|warmer|other|nicer|new) (?:first lines?|openers?)"
    r"|ways? (?:to|of) say(?:ing)? (?:it|that|this)|polite sentences?"
    r"|find (?:that|this|it) (?:rude|polite|odd|strange|sarcastic|passive)"
    r"|is (?:that|it) (?:sarcastic|rude|ironic|passive[- ]aggressive|too (?:stiff|formal|polite))"
    r"|is so stiff|rate the politeness|positive or negative|into (?:thanks|please)"
    r"|end (?:on|with) (?:thank|please)|(?:silly|rude|odd|stiff) way to (?:begin|start|end))\b"
)
"""What is asked about words of courtesy."""


def without_telling(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans but those whose words tell something, or are what the rest is about."""
    if not spans:
        return []
    folded = fold(text)
    if _OF_COURTESY.search(folded) is not None:
        return []
    better = [found.start() for found in _BETTER.finditer(folded)]
    return [span for span in spans if not _tells(folded, span, better)]


def _tells(folded: str, span: Span, better: Sequence[int]) -> bool:
    """Whether a span tells something; `better`: where the text asks to better a language."""
    words = folded[span.start : span.end].rstrip()
    if _ORDERS.search(words) is not None or _OR.search(words) is not None:
        return True
    stop = span.start + len(words)
    if any(end.search(words) and after.match(folded, stop) for end, after in _HELD):
        return True
    elsewhere = better and (better[0] < span.start or better[-1] >= span.end)
    return bool(elsewhere) and _LANGUAGE.search(words) is not None
