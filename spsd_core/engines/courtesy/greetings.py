"""Greetings, questions after one's health, good wishes.

They say nothing about the matter. A greeting before a name loses only itself: names stay.
"""

from __future__ import annotations

import re

from spsd_core.engines.courtesy.vocabulary import ADDRESSEE, DAY, INTENSE, MESSAGE, NICE

__all__ = ["GREETING", "HOW_ARE_YOU", "NAMED_GREETING_RE", "WELL_WISH"]

_HELLO = r"(?:h{1,4}i{1,8}|h{1,3}e{1,3}l{1,4}o{1,8}|h{1,3}e{1,8}y{1,8}a?|hiya|hallo|howdy|hola|greetings|yo|g'?day)"
_GOOD_TIME = r"(?:good|gud) (?:morning|mornin|afternoon|evening|day)"

GREETING = (
    rf"(?:(?:{_HELLO}|{_GOOD_TIME})(?:,? (?:{_GOOD_TIME}|{_HELLO}))?(?:,? (?:to you|{ADDRESSEE})){{0,3}}"
    rf"|(?:good )?(?:morning|afternoon|evening)(?:,? {ADDRESSEE})?(?=\s?!)"
    rf"|(?:my )?(?:dear(?:est)?|respected|esteemed) {ADDRESSEE}(?:,? {ADDRESSEE})?"
    r"|to whom(?:so\s?ever)? (?:it|this) may concern)"
)

HOW_ARE_YOU = (
    rf"(?:how (?:are|r) (?:you|u|ya|y'?all|things)(?: all| guys)?(?: doing| going| feeling)?(?: today| this (?:fine )?(?:morning|evening|afternoon)| these days)?(?:,? {ADDRESSEE})?"
    r"|how(?:'s|s| is) (?:it going|everything(?: going)?|life|your (?:day|week)(?: going| been)?)(?: today| so far)?"
    r"|how have you been(?: lately)?|how do you do)"
)

_FARING = (
    r"(?:(?:all |both )?(?:doing |keeping |going |feeling |staying )?(?:really |very |all )?"
    r"(?:well|great|good|fine|ok|okay|alright|healthy|safe|wonderful|fantastic|awesome|amazing|in good (?:health|spirits))(?: and (?:well|safe|sound|healthy|happy))?"
    rf"|(?:having|enjoying) (?:an?|your|the) (?:{INTENSE} )?(?:{NICE} )?{DAY}(?: so far)?)"
)
WELL_WISH = (
    r"(?:(?:(?:and|so) )?(?:(?:i|we)(?: (?:really|do|sincerely|just|certainly))? )?(?:hope|trust|hoping) (?:that )?"
    rf"(?:(?:you|u|your?|everyone|everybody|everything|all|things|life)(?: guys| all)?(?:'re|'s|re|r| are| r| is)?(?: all| both)? {_FARING}"
    r"(?: (?:with|for) (?:you|u)(?: all| guys)?| there| over there| (?:on|at) your end)?"
    rf"|(?:ur|youre) {_FARING}"
    rf"|(?:this|my) {MESSAGE} (?:finds|reaches|meets) (?:you|u)(?: all)?(?: {_FARING})?"
    rf"|(?:you|u|everyone)(?: all| guys)? (?:had|have|are having|has) an? (?:{INTENSE} )?{NICE} {DAY}(?: so far)?)"
    r"(?: today| these days| this (?:fine )?(?:morning|evening|afternoon|week))?"
    rf"|wishing you (?:all )?(?:well|the best|an? (?:{INTENSE} )?{NICE} {DAY}))"
)

_TITLE = r"(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|Professor|Doctor)"
NAMED_GREETING_RE = re.compile(
    r"(?:[Hh]i+|[Hh]el+o|[Hh]ey+|[Hh]iya|[Hh]allo|[Dd]ear(?:est)?|Greetings|[Gg]ood (?:[Mm]orning|[Aa]fternoon|[Ee]vening|[Dd]ay))(?: there| again| dear)?,?[ ]{1,2}"
    rf"(?=(?:{_TITLE}\b\.?[ ])?(?!World\b|Kitty\b)[A-Z][a-z'\u2019-][\w'\u2019-]{{0,24}}(?:[ ][A-Z][\w'\u2019.-]{{0,24}})?[ ]?(?:[,!:\u2013\u2014]|-[ ]|\.?\Z))"
)
"""A greeting before a name, in the text as written: capitals tell a name. The name is left."""
