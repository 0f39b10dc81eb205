"""How a message ends: formulas before the name, farewells, waiting for an answer, hope of help."""

from __future__ import annotations

from spsd_core.engines.courtesy.vocabulary import ADDRESSEE, DAY, INTENSE, NICE

__all__ = ["CLOSING", "FAREWELL", "HOPE_OF_HELP"]

_WARM = r"(?:best|kind|kindest|warm|warmest|many|sincere|friendly|fond)"
_ANSWER = r"(?:(?:prompt|kind|quick|early|swift|fast|positive|favorable|favourable|precious|valuable|expert) )?(?:reply|response|answer|feedback|help|e-?mail|mail|advice|guidance|thoughts|message)s?"
_SOON = r"(?: (?:soon|shortly|soonest|back))?"

CLOSING = (
    rf"(?:(?:(?:with|my) )?(?:{_WARM} (?:and {_WARM} )?)(?:regards|wishes|greetings)(?: to (?:you|all))?|with (?:regards|thanks|gratitude)|(?:thanks|thank you) (?:and|&) (?:{_WARM} )?regards|regards|rgds"
    r"|(?:yours )?(?:sincerely|faithfully|truly|respectfully|cordially)(?: yours?)?|best(?=\s?,\s?\Z)|warmly|all the best|very truly yours|yours(?=\s?,\s?\Z))"
)
"""Ends a mail; a name may follow."""

FAREWELL = (
    rf"(?:(?:take care|stay (?:safe|well|healthy)|be well|bye(?: bye)?(?: for now)?|goodbye|good bye|good night|xoxo|see (?:you|ya)(?: soon| later| then| around)?|cya|ttyl|(?:talk|speak)(?: to (?:you|u))? (?:soon|later)"
    rf"|god bless(?: (?:you|u|us))?(?: all)?|bless (?:you|u)|enjoy (?:your|the|the rest of your) {DAY})(?: {ADDRESSEE})?"
    rf"|(?:i hope you |hope you |and |you )?have an? (?:{INTENSE} )?{NICE} {DAY}(?: ahead)?(?: too)?(?: {ADDRESSEE})?"
    rf"|(?:(?:i'?m|i am|we'?re|we are|am|i|we|will be|i'?ll be|and) ){{0,2}}(?:(?:really|eagerly|very much|anxiously|always) )?look(?:ing)? fo?rwards? (?:to|for) (?:(?:hear|hearing|read|reading) (?:back )?(?:from|of) (?:you|u)(?: all)?|(?:your|ur|an?) {_ANSWER}){_SOON}"
    rf"|(?:(?:i'?m|i am|we'?re|we are|am|i|we|will be|i'?ll be) ){{0,2}}(?:(?:eagerly|kindly) )?(?:waiting (?:for )?|awaiting |await |wait for )(?:(?:your|ur|an?) {_ANSWER}|to hear (?:back )?from (?:you|u)){_SOON}"
    rf"|(?:(?:i|we) )?(?:hope|hoping) (?:to )?(?:hear|hearing|read) (?:back )?from (?:you|u){_SOON})"
)

HOPE_OF_HELP = (
    r"(?:(?:(?:i|we) (?:was |am |really |do |just )?|'m |just )?(?:hope|hoping) (?:that )?(?:(?:you|u|someone|somebody|anyone|y'?all)(?: guys)? (?:can|could|will be able to|would be able to|might be able to|may be able to) help(?: me| us)?(?: out)?(?: here)?(?: with (?:this|that|it|something))?"
    r"|(?:this|that|it)(?:'s| is)? (?:ok(?:ay)?|alright|clear|all right|fine)(?: to (?:ask|post))?(?: here| this here)?|(?:this|that|it) (?:all )?makes sense|(?:this|that|it) is the right (?:place|forum|sub|section)(?: to ask(?: this)?| for this)?))"
)
