"""Words that several families share."""

from __future__ import annotations

__all__ = ["ADDRESSEE", "DAY", "HELP", "INSTEAD", "INTENSE", "MESSAGE", "NICE", "PLEASE", "YOU"]

INSTEAD = (
    r"\b(?:but (?:you|i|we|he|she|it|they|nothing|nobody|no one|the|my"
    r"|[a-z]+ (?:found|came|got|did|has|had|was|is|said|told|sent))"
    r"|yet|only to|and (?:got|then)|instead)\b"
)
"""How it goes on where what was hoped for did not come."""
INTENSE = r"(?:so|very|just|most|ever so|super|much|always|forever|[a-z]{2,9}ly)"
YOU = r"(?:you|u|ya|someone|somebody|anyone|anybody)"
PLEASE = r"(?:please{0,6}|pleas|plese|plaese|pls{1,8}|plz{1,12}|plez|kindly)"
NICE = r"(?:good|great|nice|lovely|wonderful|fantastic|pleasant|blessed|amazing|awesome|productive|relaxing|beautiful|happy|super|fine|gr8)"
DAY = r"(?:one|day|evening|weekend|week|night|time|afternoon|morning|start to (?:the|your) (?:day|week)|rest of (?:the|your) (?:day|week|weekend)|holidays?|vacation|break|summer|trip)"
MESSAGE = r"(?:e-?mail|mail|message|letter|note|text|question|post|request|ticket|query|thread|dm|msg|essay|read|story)"

ADDRESSEE = (
    r"(?:there|all|everyone|everybody|team|guys|folks|people|friends?|buddy|bro|bud|mate|dears?"
    r"|sirs?(?: or |/| / | and | )(?:madame?s?|ma'am|mam)|sirs?|madame?|ma'?am|mam"
    r"|(?:customer )?(?:support|service|care)(?: team| desk)?|help\s?desk|(?:the )?(?:\w{2,12} )?team"
    r"|assistant|ai|bot|chatbot|chat\s?gpt|gpt|llama|claude|gemini|copilot|bard|colleagues|community|experts?"
    r"|(?:my )?(?:good |dear )?friend|again|ladies and gentlemen|all of you|you all|y'?all)"
)
"""Whom courtesy is addressed to, where that is no name."""

_KIND = (
    r"(?:any|all|all of|the|this|your|ur|you|that|such|some|a|an|kind|quick|prompt|fast|swift|speedy|early|great|wonderful|amazing"
    r"|awesome|excellent|valuable|precious|continued|continuous|further|extra|detailed|clear|thorough|helpful|nice|lovely|hard"
    r"|good|anticipated|professional|usual|and|&|other|possible|immediate|much|so)"
)
_GIVEN = (
    r"(?:help|time|support|assistance|assitance|patience|understanding|attention|consideration|reply|repl(?:ies|y)|responses?|advi[cs]e"
    r"|guidance|co-?operation|kindness|service|efforts?|work|answers?|explanations?|info|information|updates?|tips?|suggestions?"
    r"|examples?|feedback|clarifications?|links?|pointers?|recommendations?|heads up|insights?|input|thoughts|ideas|concern|mail|e-?mail|message|everything)"
)
HELP = (
    rf"(?:(?:{_KIND} ){{0,4}}{_GIVEN}(?:(?:,|,? and| or|,? &) (?:{_KIND} ){{0,3}}{_GIVEN}){{0,2}}"
    r"(?: (?:so far|today|here|in advance|at all|(?:in|on|with|about|regarding|for) (?:this|that|it|these|my)(?: matter| issue| problem| topic| subject| request| questions?)?"
    r"|(?:that )?(?:you|anyone|u) (?:can|could|may|might|are able to) (?:give|offer|provide|share|spare)(?: me| us)?)){0,2})"
)
"""What people thank for, or would appreciate, as a ritual: never a thing or an event."""
