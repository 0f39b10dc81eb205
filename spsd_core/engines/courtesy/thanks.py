"""Thanks and appreciation as ritual, praise of the helper included.

Thanks for a thing or an event ("for the refund of 30 euros", "to the rain") tells what happened
and stays. Bare thanks right before a clause stays; with its cause it may go.
"""

from __future__ import annotations

from spsd_core.engines.courtesy.vocabulary import ADDRESSEE, HELP, INTENSE, MESSAGE

__all__ = ["APPRECIATION", "PRAISE", "THANKS"]

_WORD = r"(?:thanks{1,6}|thnaks|thansk|thnks|thx{1,4}|thnx|tnx|thanx|thnx|thks|tks|tx|ty|tysm|tyvm|tia|cheers|thanku|thank[\s-]?yo?u{1,8}|thank u{1,6}|thank ya|thank y'?all|thnak you|thankyou all)"
_SAID = (
    r"(?:(?:i |we )?(?:just |also |really |do |would |'d |sincerely ){0,2}(?:(?:want|wanted|would like|'d like|like|wish) to )?(?:say |express )?(?:an? )?(?:big |huge |massive |special )?"
    rf"(?:{_WORD}|thanking (?:you|u)))"
)
_CORE = rf"(?:(?:many|much|big|huge|a million|a thousand|lots of|so much|ok|okay|great) {_WORD}|{_SAID})"
_MORE = r"(?:(?:so |very |really ){0,3}much|a lot|alot|lots|a bunch|a million|a ton|tons|loads|heaps|indeed|kindly)"
_READING = rf"(?:reading|looking at|answering|considering|listening to|responding to|replying to) (?:all )?(?:this|that|my|it|the)(?: (?:long|whole|entire))?(?: {MESSAGE}s?| request)?"
_CAUSE = (
    rf"(?:{HELP}|being (?:here|patient|so patient|so kind|so helpful|there)(?: with me)?|bearing with me"
    rf"|{_READING}|(?:reading|taking)(?: all)?(?: this| it)?(?: far)?(?: the time| your time)?(?: (?:to|and) (?:read|help|answer|look|respond|reply|reading|helping)(?:ing)?(?: (?:me|us|this|it|to this|at this|my {MESSAGE}|out|with this)){{0,2}})?"
    r"|(?:getting back to|contacting|helping|answering|replying to|responding to|assisting|writing)(?: (?:me|us))?(?: (?:back|out|so (?:quickly|fast|soon|promptly)|with (?:this|that|it|everything))){0,2}"
    r"|(?:replying|responding|answering|explaining)(?: (?:it|that|this))?(?: to (?:me|us))?(?: so (?:quickly|fast|soon|promptly|well|clearly))?"
    r"|looking into (?:this|it|that)|all (?:you do|of it|of this|of your help)|that|this|it|listening|sharing)"
)
_ADVANCE = r"(?: (?:in advance|in anticipation|beforehand|in adv|again|once again|already))"

THANKS = (
    rf"(?:(?:please|pls) and {_WORD}|much obliged|{_CORE}(?: {ADDRESSEE}){{0,2}}"
    rf"(?P<measured>(?: {_MORE}|{_ADVANCE}|,? (?:and )?for {_CAUSE}){{0,4}})(?: {ADDRESSEE}){{0,2}})"
)
"""The group `measured` is not empty where the thanks have a measure or a cause."""

_LIKED = r"(?:appreciated|apreciated|appriciated|welcomed?|great|helpful|amazing|awesome|wonderful|lovely|nice|super|fantastic|perfect|gratefully received)"
_GRATEFUL = r"(?:grateful|greatful|gratefull|thankful|obliged|indebted)"
_HELPED = r"(?: if (?:you|u|someone|anyone) (?:can|could|would|would be able to) help(?: me| us)?(?: out)?(?: with (?:this|that|it))?)"

APPRECIATION = (
    rf"(?:(?:(?:(?:i|we)\s?)?(?:(?:'d|'ll|would|will|do|also|{INTENSE}|very much) ){{0,4}}ap{{1,2}}r[ei]ciate"
    rf"|(?:i|we)(?:'d|'ll| would| will| am|'m) be (?:{INTENSE} ){{0,2}}{_GRATEFUL}(?: to (?:you|u))? for) (?:it|that|this|{HELP})(?: (?:so|very) much| a lot| greatly| in advance)?{_HELPED}?"
    rf"|{HELP}(?: (?:is|are|will be|would be|'d be|'ll be|shall be))?(?: (?:{INTENSE}|much)){{0,3}} {_LIKED}(?: more than you know)?"
    r"|(?:very )?(?:much|greatly|highly|really) appreciated"
    rf"|(?:i|we)(?:'d|'ll| would| will| am|'m) be (?:{INTENSE} ){{0,2}}{_GRATEFUL}(?: to (?:you|u))?{_HELPED}?"
    rf"|that(?:'d| would) be (?:{INTENSE} ){{0,2}}{_LIKED}(?: of you)?|it would be (?:much|greatly|highly|really|very much) appreciated)"
)

PRAISE = r"(?:you(?:'re|re| are| guys are) (?:the best|a (?:star|legend|lifesaver|life saver|gem|angel|saint)|awesome|amazing|so helpful|very helpful|the greatest))"
