"""The phrases of ritual courtesy, as data: what `lexical` deletes.

Everything is written in lower case with straight apostrophes and matched against text folded the
same way. Patterns are anchored by the caller and tried on at most `LONGEST_SENTENCE` characters,
so their cost is bounded.

What is deliberately not here: anything with a negation ("if you don't mind"), a bare "can you ...?"
(it may ask about ability), "let me know" (a task as often as a ritual), names.
"""

from __future__ import annotations

import re

__all__ = [
    "FILLER_RE",
    "LEAD_RE",
    "LONGEST_SENTENCE",
    "PLEASE_RE",
    "TAIL_RE",
    "TRIGGER_RE",
    "WHOLE_RE",
    "fold",
]

LONGEST_SENTENCE = 300


def fold(text: str) -> str:
    """Lower case and straight apostrophes, every character still in its place.

    >>> fold("I’M Sorry")
    "i'm sorry"
    """
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow when lowered, "İ" among them
        lowered = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return lowered.replace("’", "'").replace("ʼ", "'")


_INTENSE = r"(?:so|very|really|truly|deeply|awfully|terribly|super|extremely|just|genuinely)"
_ADDRESSEE = (
    r"(?:there|all|everyone|everybody|team|guys|folks|friends?|buddy|mate|dear|sir|madam|ma'am|mam"
    r"|sir ?(?:/|or|and) ?madam|support|support team|customer (?:service|support|care)"
    r"|(?:the )?team|assistant|ai|bot|chatgpt|chat gpt|gpt|llama|claude|gemini|copilot|bard"
    r"|(?:my )?(?:good |dear )?friend|again)"
)
_GREETING = (
    rf"(?:(?:hi+|hello+|hey+|heya|hiya|howdy|greetings|yo)(?:,? {_ADDRESSEE}){{0,2}}"
    rf"|good (?:morning|afternoon|evening|day)(?:,? (?:to you|{_ADDRESSEE}))?"
    rf"|dear (?:{_ADDRESSEE}|concerned|all)|to whom (?:it|this) may concern)"
)
_HOW_ARE_YOU = (
    r"(?:how are (?:you|u|ya|things)(?: doing| going)?(?: today| this (?:morning|evening|afternoon))?"
    r"|how(?:'s| is) it going(?: today)?|how do you do)\??"
)
_STATE = (
    r"(?:(?:doing |keeping |going )?(?:well|great|good|fine|ok|okay|alright)"
    r"|having an? (?:good|great|nice|lovely|wonderful|fantastic|pleasant) (?:day|morning|afternoon|evening|week)"
    r"|safe and (?:well|sound))"
)
_MESSAGE = r"(?:e-?mail|message|letter|note|text|question|post|request|ticket|query)"
_WELL_WISH = (
    rf"(?:(?:i|we)(?: do)? )?hope (?:that )?(?:(?:you(?: guys| all)?|everyone|all|everything|things|u)"
    rf"(?:'re| are|r| is|'s)?(?: all| both)? {_STATE}|all is well|this {_MESSAGE} finds you(?: all)?(?: {_STATE})?"
    rf"(?: and in good (?:health|spirits))?"
    rf"|you had a (?:good|great|nice|lovely|wonderful) (?:weekend|day|week|holiday|vacation|break))"
    rf"(?: today)?"
)
_BOTHER = r"(?:bother(?:ing)?|disturb(?:ing)?|trouble|troubling|bug(?:ging)?|interrupt(?:ing)?|pester(?:ing)?)"
_APOLOGY = (
    rf"(?:(?:i'm|i am|im|we're|we are)(?: {_INTENSE})* sorry|{_INTENSE}? ?sorry|my (?:sincere )?apologies"
    rf"|apologies|(?:i|we) (?:do )?apologi[sz]e|(?:please )?(?:excuse|pardon|forgive) me)"
)
_APOLOGY_CAUSE = (
    rf"(?:(?:to|for) (?:have to )?{_BOTHER} (?:you|u|ya)(?: guys| all)?(?: (?:again|with (?:this|that|it|such a (?:small|silly|basic|simple) (?:thing|question)"
    rf"|my (?:questions?|problems?))))?"
    rf"|for (?:taking|wasting)(?: up)? (?:your|ur) (?:valuable |precious )?time"
    rf"|for (?:the|my|this|such an?|such a|a)? ?(?:{_INTENSE} )?(?:long|lengthy|rambling|wordy|basic|silly|dumb|stupid|noob|newbie|simple|trivial|random|messy|confusing|inconvenience|trouble|bother|spam|typos?)?"
    rf" ?(?:{_MESSAGE}s?|questions?|wall of text|rambling|rant|read|trouble|inconvenience|bother|intrusion|spam|typos|bad english|poor english|english|grammar|bad grammar|formatting)"
    rf"|for my (?:bad|poor|broken|terrible|not so good)? ?(?:english|grammar|spelling|typing)"
    rf"|if (?:this|it|that)(?:'s| is| was| sounds| seems)? (?:like )?(?:an? )?(?:{_INTENSE} |bit )?(?:dumb|stupid|silly|basic|simple|obvious|newbie|noob|trivial|long|rambling|confusing|messy|weird|off topic|off-topic)"
    rf"(?: {_MESSAGE})?"
    rf"|in advance)"
)
_HELP = (
    r"(?:(?:any|all|all of|the|your|ur|for|kind|quick|prompt|great|wonderful|amazing|time and|help and|support and|patience and|continued|and|valuable) ?){0,4}"
    r"(?:help|time|support|assistance|patience|understanding|attention|consideration|reply|response|advice|guidance|cooperation|kindness|service|efforts?|reading(?: this)?(?: far)?|everything|that|this|it|listening)"
)
_THANKS = (
    rf"(?:(?:(?:many|much|big|huge|a million|a thousand|lots of)? ?(?:thanks|thx|tnx|thnx|ty|tysm|tks|cheers)"
    rf"|(?:i |we )?(?:just )?(?:want to |wanted to |would like to |'d like to |must )?(?:say )?(?:a (?:big|huge) )?thank(?:ing)? (?:you|u|ya|y'all))"
    rf"(?: all| guys| again| kindly| sincerely)*(?: (?:{_INTENSE} )?much| a lot| a bunch| a million| a ton| tons| loads| heaps)?"
    rf"(?: (?:so|very) much)?(?: again)?(?: in advance)?(?: (?:(?:so|very) much )?for {_HELP})?(?: in advance)?(?: again)?(?: {_ADDRESSEE})?)"
)
_APPRECIATE = (
    rf"(?:(?:(?:i|we)(?:'d| would|'ll| will)? ?(?:{_INTENSE} |greatly |highly )*appreciate (?:it|that|this|{_HELP})(?: (?:so|very) much| a lot| in advance)?)"
    rf"|(?:(?:{_HELP}|an? (?:quick )?(?:answer|reply|response))(?: (?:you can (?:give|offer|provide)|at all|here|with this|on this))?"
    rf" (?:is|will be|would be|'d be)(?: {_INTENSE}| greatly| highly| much)* (?:appreciated|welcome|great|helpful|amazing|awesome|wonderful|lovely))"
    rf"|(?:much|greatly|highly) appreciated|(?:i|we)(?:'d| would) be (?:{_INTENSE} |forever |eternally )*(?:grateful|thankful)(?: for {_HELP})?"
    rf"|you(?:'re| are) (?:the best|a (?:star|legend|lifesaver|life saver|gem|angel|saint)|awesome|amazing))"
)
_CLOSING = (
    r"(?:(?:(?:with )?(?:best|kind|kindest|warm|warmest) (?:regards|wishes)|regards|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)"
    r"|respectfully|cheers|best|take care|all the best|bye(?: bye| for now)?|goodbye|xoxo|xx|warmly|cordially)"
    r"|have an? (?:{very }?)?(?:good|great|nice|lovely|wonderful|fantastic|pleasant|blessed|amazing) (?:one|day|evening|weekend|week|night|time|afternoon|rest of (?:the|your) day)(?: ahead)?"
    r"|(?:i(?:'m| am) |we(?:'re| are) |i )?look(?:ing)? forward to (?:hearing (?:back )?from (?:you|u)|your (?:reply|response|answer|help))(?: soon)?"
    r"|hope to hear (?:back )?from you(?: soon)?|god bless(?: you)?|bless you|stay safe|talk soon|speak soon|see ya)"
).replace("{very }?", "(?:very )?")
_HOPE_HELP = (
    r"(?:(?:i |we )?hope (?:that )?(?:you (?:can|could|will be able to) help(?: me| us)?(?: out)?(?: with (?:this|that))?"
    r"|(?:this|that|it)(?:'s| is)? (?:makes sense|ok(?:ay)?(?: to ask)?|clear|alright)|(?:this|that) makes sense))"
)
_ASK_PERMISSION = (
    r"(?:(?:can|could|may|might) i (?:please )?(?:just )?(?:ask|bother|trouble) (?:you )?(?:(?:something|a (?:quick |small )?question|a favou?r)|with (?:something|a (?:quick |small )?question))\??"
    r"|(?:i have |i've got |i got |just )?(?:a )?(?:quick|small|little|silly|dumb|stupid) question(?: for (?:you|u))?(?: today| here)?"
    r"|(?:i was )?(?:just )?hoping you (?:can|could|might be able to) help(?: me| us)?(?: out)?(?: with (?:this|that|something))?)"
)
_KNOW_BUSY = (
    r"(?:i (?:know|understand|realise|realize|'m sure|am sure) (?:that )?(?:you(?:'re| are)|ur|you must be|you guys are) (?:all )?"
    rf"(?:probably )?(?:{_INTENSE} )*(?:busy|swamped)(?: (?:right now|today|these days))?)"
)
_UNIT = (
    "(?:"
    + "|".join(
        (
            rf"{_GREETING}(?! \w)",
            _HOW_ARE_YOU,
            _WELL_WISH,
            rf"{_APOLOGY}(?: (?:again|once again|{_APOLOGY_CAUSE}))*",
            _THANKS,
            _APPRECIATE,
            _CLOSING,
            _HOPE_HELP,
            _ASK_PERMISSION,
            _KNOW_BUSY,
        )
    )
    + ")"
)
_JOIN = r"[\s,;:.!?~*()\-–—…]*(?:\b(?:and|but|so|oh)\b[\s,]*)?"
_DECOR = r"[\s,;:.!?~*()\-–—…\U0001F300-\U0001FAFF\u2600-\u27BF\uFE0F]*"

WHOLE_RE = re.compile(rf"{_DECOR}{_UNIT}(?:{_JOIN}{_UNIT}){{0,4}}{_DECOR}\Z")
"""A sentence that is courtesy and nothing else."""

_REQUEST_LEAD = (
    r"(?:(?:could|can|would|will) (?:you|u) (?:please|pls|plz|kindly)(?: kindly)?(?! not\b)"
    r"|(?:i|we)(?:'m| am|'re| are| was| were)? (?:just )?(?:wondering|hoping) (?:if|whether) (?:you|u) (?:could|can|would|might)(?: please| kindly| possibly)?(?! not\b)"
    r"|(?:i|we)(?:'d| would) (?:really |greatly |very much |so )?appreciate it if (?:you|u) (?:could|can|would)(?: please)?"
    r"|(?:i|we)(?:'d| would) be (?:really |very |so )?(?:grateful|thankful) if (?:you|u) (?:could|can|would)(?: please)?"
    r"|it would be (?:really |very |so )?(?:great|nice|awesome|helpful|lovely|wonderful|amazing) if (?:you|u) (?:could|can|would)(?: please)?"
    r"|(?:please|pls|plz|kindly)(?: please)?)"
)
_BEFORE_REST = r"(?:[\s]*[,;:.!\-–—…]+[\s]*(?:(?:but|and|so)\b[\s,]*)?|\s+(?:but|and|so)\s+)"
_CLAUSE_START = r"(?=(?:i|i'm|im|i've|i'd|my|we|our|can|could|how|what|why|when|where|which|is|are|do|does|did|please|the|this|there)\b)"

LEAD_RE = re.compile(
    rf"{_DECOR}(?:(?:{_UNIT}(?:{_BEFORE_REST}|\s+{_CLAUSE_START})|{_GREETING}\s+{_CLAUSE_START})|{_REQUEST_LEAD}\s+(?=\w))"
)
"""Courtesy at the start of a sentence that goes on."""

TAIL_RE = re.compile(
    rf"(?:\s*[,;:\-–—…(]+\s*(?:and\s+)?(?:{_THANKS}|{_APPRECIATE}|please|pls|plz)|\s+(?:please|pls|plz|thanks|thx|thank you|ty))(?=[\s.!?)]*\Z)"
)
"""Courtesy at the end of a sentence; the closing punctuation is left."""

PLEASE_RE = re.compile(
    r"(?<!to )(?<!will )(?<!would )(?<!could )(?<!should )(?<!can )(?<!must )(?<!may )(?<!n't )(?<!not )(?<!\w)"
    r"(?:please|pls|plz|kindly)\s+(?!(?:my|your|his|her|their|our|him|them|everyone|everybody|people|the customers?|me|us|hold|note|find|wait)\b)(?=\w)"
)
"""The word itself, inside a sentence, where it is not the verb "to please"."""

FILLER_RE = re.compile(
    r"(?<!\w)(?:(?:um+|uh+|erm+|hmm+|er)\b[\s,.…]*"
    r"|(?:you know|i mean|basically|actually|honestly|to be honest|tbh|anyway|anyways|well|so yeah|yeah so|okay so|ok so|like i said|as i said)\s*,\s+)"
)
"""Fillers of speech, removed at level `dense`."""

TRIGGER_RE = re.compile(
    r"\b(?:hi|hello|hey|hiya|howdy|greeting|yo\b|good|dear|whom|how|hope|hoping|sorry|apolog|excuse|pardon|forgive"
    r"|than|thx|tnx|thnx|ty|tks|cheers|appreciate|welcome|grateful|great|helpful|amazing|awesome|wonderful|lovely|nice"
    r"|best|star|legend|life|gem|angel|saint|regards|kind|warm|sincerely|yours|respectfully|take|all the|bye|goodbye|x"
    r"|cordially|have a|look|bless|god|stay|talk|speak|see|ask|bother|trouble|question|busy|swamped|wondering|please|pls|plz)"
    r"|apprecia|(?:hi|hey|hello)\b|h+i+\b|h+e+y+\b|h+ello+\b"
)
"""A word that every pattern above needs: sentences without one are skipped."""
