"""Telling documents that someone acts upon, by their wording: contracts, policies, safety sheets.

Leaving a sentence out of one may cost its reader money, rights or fingers. Cues are counted in
three families; a text is operative where two different cues of one family, or three of any, stand
close enough together. The figures were chosen on `benchmarks/context_gate.jsonl`.
"""

from __future__ import annotations

import re

__all__ = ["is_operative"]

_LEGAL = (
    r"shall|here(?:by|in|of|to|under|inafter)|there(?:of|under|in)|pursuant to|notwithstanding"
    r"|without prejudice|subject to (?:the|this|these|clause|section|paragraph|any)"
    r"|(?:this|the) (?:agreement|lease|licen[cs]e|contract|policy|deed|tenancy|undertaking|addendum"
    r"|order|notice|loan|warranty)|these (?:terms|conditions)"
    r"|(?:the|any|each|either|neither|a|both) part(?:y|ies)"
    r"|(?:clause|section|article|schedule|annex|paragraph|regulation|subsection)s? \(?\d"
    r"|indemnif\w+|liab(?:le|ility|ilities)|warrant(?:s|y|ies)|terminat(?:e|es|ed|ion)"
    r"|governing law|jurisdiction|in writing"
    r"|(?:landlord|tenant|lessor|lessee|licensor|licensee|employer|employee|borrower|lender|insurer"
    r"|insured|policyholder|claimant|defendant|respondent|applicant|petitioner|guarantor|supplier"
    r"|contractor|controller|processor|data subject)s?"
    r"|breach|default|forfeit\w*|waive\w*|remed(?:y|ies)|arrears|severab\w+|assign(?:s|ment)?"
    r"|force majeure|null and void|entitled to|obligat\w+|penalt(?:y|ies)|offence|convict\w*"
    r"|imprison\w*|consents?|personal data|third parties"
)
_MONEY = (
    r"insurer|insured|policyholder|premium|excess|deductible|claims?|exclusions?|not covered"
    r"|cover(?:ed|age)?|underwrit\w+|payout|sum assured|benefici\w+|apr|interest rate|repayments?"
    r"|instal?lments?|lender|borrower|creditor|debt|arrears|default|overdue|bailiff|enforcement"
    r"|collections?|principal|early repayment|mortgage|credit (?:file|score|agreement)"
    r"|tax (?:year|return|notice|due|code)|hmrc|irs|penalt(?:y|ies)|self assessment|assessment"
    r"|appeal|surcharge|late filing|we will (?:not )?pay"
)
_SAFETY = (
    r"evacuat\w+|assembly point|fire alarm|emergency (?:exit|stop|services|number|response)|muster"
    r"|spill(?:age|s)?|leak(?:s|age)?|fumes|vapou?rs?|ventilat\w+|respirator|breathing apparatus"
    r"|goggles|safety glasses|gloves|ppe|protective (?:equipment|clothing|eyewear|gear)"
    r"|lock(?:-| )?out|tag(?:-| )?out|isolat(?:e|ed|or|ion)|de-?energi[sz]\w+|electric shock"
    r"|live parts|corrosive|flammable|explosi\w+|toxic|hazard\w*|inhal\w+|ingest\w+|skin contact"
    r"|eye contact|burns?|seek medical|first aid|poison\w*|shut(?: |-)?off|stop ?cock|guards?"
    r"|entangle\w*|amputat\w+|fatal|death|serious injury|warning|danger|caution|[hp]\d{3}|do not"
    r"|never|must"
)
_FAMILIES = tuple(
    re.compile(rf"\b(?:{cues})\b", re.IGNORECASE) for cues in (_LEGAL, _MONEY, _SAFETY)
)
_OF_ONE = (1.5, 1.5, 2.2)
"""Cues in 100 words, of which two differ, from which on a text of that family is operative."""
_OF_ALL = 2.5
"""The same over all families, where three differ."""
_WORD = re.compile(r"\w+")


def is_operative(text: str) -> bool:
    """Whether someone is bound by this text, or kept safe by it.

    >>> is_operative("The Tenant shall not sublet without the Landlord's consent in writing.")
    True
    >>> is_operative("The castle was rebuilt after the war and now houses a museum of glass.")
    False
    """
    hundreds = max(1, len(_WORD.findall(text))) / 100
    many = different = 0
    for family, needed in zip(_FAMILIES, _OF_ONE):
        cues = [cue.casefold() for cue in family.findall(text)]
        kinds = len(set(cues))
        if kinds >= 2 and len(cues) / hundreds >= needed:
            return True
        many += len(cues)
        different += kinds
    return different >= 3 and many / hundreds >= _OF_ALL
