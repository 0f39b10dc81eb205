"""Ways round a request: what remains is the request itself.

A frame goes only where the rest stays grammatical. "Could you ...?" without "please" stays (it may
ask about ability), and so does "would you mind ...ing".
"""

from __future__ import annotations

import re

from spsd_core.engines.courtesy.vocabulary import INTENSE, PLEASE, YOU

__all__ = [
    "COMMA_PLEASE_RE",
    "FREE_TIME",
    "IF_YOU_COULD_RE",
    "PERMISSION",
    "PLEASE_COMMA",
    "PLEASE_RE",
    "PLEASING",
    "REQUEST",
]

PERMISSION = (
    r"(?:(?:can|could|may|might) i (?:please |just |quickly ){0,2}(?:ask|bother|trouble) (?:you |u )?(?:something|an? (?:quick |small |simple |little )?question|a favou?r|with (?:something|an? (?:quick |small )?question))(?: (?:please|real quick|quickly))?"
    r"|mind if i ask (?:you )?(?:something|an? (?:quick )?question)"
    r"|(?:(?:i have|i've got|ive got|i've|i got|got|i just have|just) )?(?:just )?(?:an? |one |another )?(?:quick|small|little) question(?: for (?:you|u|everyone|you all))?(?: today| here)?"
    r"|i(?: just)? (?:have|had|got|'ve got|have got) (?:a|one) question(?: for (?:you|u))?)"
)
"""Leave asked for what is being done anyway."""

PLEASE_COMMA = rf"{PLEASE}(?=\s?, (?!pl[sze]))"

FREE_TIME = r"(?:when(?:ever)? (?:you|u) (?:have|get|find|'ve got) (?:a|some|the) (?:free |spare )?(?:chance|moment|minute|min|second|sec|time))"

_MAY = r"(?:could|can|would|might|will|would be able to|are able to|'d|may)"
_SOFTLY = rf"(?: (?:{PLEASE}|possibly|maybe|perhaps|just))"
_KIND_TO = r"(?:be so kind (?:as )?to|be kind enough to|be so good as to|do me a favou?r and|do me the favou?r (?:of|to))"
_I = r"(?:i|we)"
_FRAME = (
    rf"(?:(?:could|can|would|will|cud|cld) {YOU}(?: (?:{PLEASE}|{_KIND_TO})){{1,2}}(?: possibly| just)?"
    rf"|(?:{_I}(?:'m|m| am|'re| are| was| were)? )?(?:just |also |really ){{0,2}}(?:(?:wondering|wonder) (?:if|whether)|hoping(?: that| if)?) {YOU} {_MAY}{_SOFTLY}{{0,2}}"
    rf"|{_I}(?:'d|'ll| would| will)? (?:{INTENSE} |very much )?(?:ap{{1,2}}r[ei]ciate|love)(?: it)?(?: {INTENSE})? if {YOU} {_MAY}{_SOFTLY}{{0,2}}"
    rf"|{_I}(?:'d|'ll| would| will) be (?:{INTENSE} ){{0,2}}(?:grateful|greatful|thankful|obliged|happy|glad) if {YOU} {_MAY}{_SOFTLY}{{0,2}}"
    rf"|(?:(?:it|that) )?(?:would|'d|will|it'd) be (?:{INTENSE} )?(?:great|nice|awesome|helpful|lovely|wonderful|amazing|cool|fantastic|good|appreciated) if {YOU} {_MAY}{_SOFTLY}{{0,2}}"
    rf"|(?:{_I}(?:'m| am|'d| would|'re| are)? )?(?:just )?(?:like|want|wanted|writing|would like|wish|need) (?:to )?(?:kindly |please )?(?:ask|request) (?:(?:you|u) to|(?:if|whether) {YOU} {_MAY})(?: {PLEASE}){{0,2}}"
    rf"|{_I} (?:(?:kindly|humbly|would) ){{0,2}}(?:ask|request|beg) (?:you|u) (?:kindly )?to(?: {PLEASE})?"
    rf"|(?:can|could|may|might) {_I} (?:please |kindly ){{0,2}}(?:ask|trouble|bother|request) (?:you|u) to(?: {PLEASE})?"
    rf"|do you think {YOU} {_MAY}(?: {PLEASE}| possibly| maybe){{1,2}})"
)
_KEPT_AFTER = r"(?:my|your|his|her|their|our|him|them|everyone|everybody|people|the customers?|me|us|hold the|find|wait|do the needful)"
"""After these "please" is the verb, or belongs to a fixed phrase."""
REQUEST = rf"(?:(?:(?:so|ok|okay|anyway|well|and|now|then|oh),? ){{0,2}}{_FRAME}|{PLEASE}(?! (?:{PLEASE}|{_KEPT_AFTER})\b)) (?!(?:not|never|and)\b)(?=\w)"
"""What a request may begin with."""

IF_YOU_COULD_RE = re.compile(
    rf"(?:so |and )?if {YOU} (?:could|would|can)(?: {PLEASE}| possibly| just| maybe){{0,2}} (?!(?:not|never)\b)(?=\w)"
)
"""Goes only where the sentence ends in "..., that would be great"."""

PLEASE_RE = re.compile(
    r"(?:p(?:lease{1,6}|leas|lese|laese|l[sz]{1,8}|lez)|kindly)"
    rf"\s{{1,2}}(?!(?:{_KEPT_AFTER}|and|or|{PLEASE})\b)(?=\w)"
)
"""The word itself, inside a sentence."""

PLEASING = frozenset(
    "to will would could should can must may not no never cannot please please, pls pls, plz plz, they he she".split()
)
"""After these words "please" may be the verb, or a plea repeated: it stays."""

COMMA_PLEASE_RE = re.compile(
    r",\s{0,2}(?:please|pls|plz|if you please)\s{0,2},(?=\s)(?!\s{1,2}(?:please|pls|plz)\b)"
)
"""Set off by commas on both sides."""
