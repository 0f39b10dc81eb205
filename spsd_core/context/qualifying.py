"""Which sentences limit what was said before them, or take it back."""

from __future__ import annotations

import re

__all__ = ["frames", "qualifies", "qualifies_from_afar"]

_OPENS = re.compile(
    r"[\"'\u201c\u2018*_]*(?:\((?!\d)|(?:however|but|yet|nevertheless|nonetheless|though|although"
    r"|even so|that said|despite|except|unless|until|only|not|no|never|excluding|exceptions?"
    r"|the (?:only |main |one |sole )?exceptions?|(?:the|an?) (?:opposite|reverse|contrary)"
    r"|on the (?:contrary|other hand)|conversely|instead|rather|otherwise|actually"
    r"|in (?:fact|truth|reality|practice)|at least|at most|correction|erratum|warning|caution|note"
    r"|important|caveat|update|edit|nb|ps|p\.s|disclaimer|restrictions?|limitations?|if|provided"
    r"|subject to|since|later|subsequently|as (?:of|from)|after|from|today|now|currently|nowadays"
    r"|formerly|unfortunately|mostly|usually|sometimes|as long as|so long as|whether|or so \w+"
    r"|so much for|(?:this|that)(?:,| (?:was|is|holds?|appl\w+|depends?|goes|has|had|may|might)))\b"
    r"|still,)",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"\b(?:not|no|never|nor|neither|none|nobody|nothing|cannot|only|except\w*|unless|exempt\w*"
    r"|exclud\w+|retract\w*|withdr[ae]wn?|repeal\w*|revok\w+|overturn\w*"
    r"|str[iu]ck(?: \w+)? (?:down|out)|abolish\w*|rescind\w*|annul\w*|cancel\w*|suspend\w*"
    r"|discontinu\w+|deprecat\w+|supersed\w+"
    r"|replac\w+|remov\w+|lifted|obsolete|outdated|expir\w+|ended|refut\w+|disprov\w+|debunk\w*"
    r"|discredit\w*|reject\w*|contradict\w*|den(?:y|ies|ied)|false\w*|wrong\w*|incorrect\w*"
    r"|inaccura\w+|untrue|myths?|mist[ao]k\w*|misconceptions?|disqualif\w+|bann?(?:ed|s)?"
    r"|forb[ia]d\w*|prohibit\w*|barred|closed?|closes|locked|avoid|must|refus\w+|fail(?:s|ed)?"
    r"|lacks?|discourag\w+|critici[sz]e\w*|critics|doubt\w*|disput\w+|unclear|uncertain\w*"
    r"|rumou?rs?|alleged\w*|jok(?:e|ed|ing)|hoax|absurd|chang(?:ed|es)|requir(?:es?|ed)|needs?"
    r"|ha(?:ve|s) to|permits?|permission|alone|valid|extra|surcharge"
    r"|the (?:opposite|reverse|contrary|other way))\b"
    r"|n['\u2019]t\b",
    re.IGNORECASE,
)
_FROM_AFAR = re.compile(
    r"\b(?:(?:not|only) (?:apply|hold|valid|true)|appl(?:y|ies) only|exceptions?|exempt(?:ed)?"
    r"|excluded|no longer|deprecated|discontinued|retracted|disproved|refuted|null and void"
    r"|th(?:is|ese|ose) (?:rules?|limits?|claims?|offers?|figures?|findings?|results?) "
    r"(?:\w+ ){0,3}(?:not|no|only|never|false|wrong))\b",
    re.IGNORECASE,
)
"""What is said of a rule or a claim as such, and so often with a sentence in between."""
_FRAMES = re.compile(
    r"\b(?:the following|as follows|(?:do|does|avoid|like|believe|claim) (?:this|so)"
    r"|not to do|myths?|misconceptions?|fallac(?:y|ies)|mistakes?|hypothetical\w*|fictional)\b"
    r"|\b(?:bad|wrong|old|earlier|former) (?:\w+ )?(?:rules?|versions?|texts?|drafts?|guides?|ways?"
    r"|examples?|advice)\b|\bdifferent(?:ly)?[.]|\bnone of (?:the|these|those|what|this)\b"
    r"|\b(?:are|is|were) (?:all |both )?(?:wrong|false|untrue|not true)\W*$"
    r"|^[\"'\u201c\u2018(*_]*(?:suppose|imagine|assume|pretend|wrong|false|bad"
    r"|do(?: not|n['\u2019]t) (?:trust|believe)"
    r"|according to the (?:novel|story|film|game|legend))\b",
    re.IGNORECASE,
)


def qualifies(sentence: str) -> bool:
    """Whether a sentence may limit what the one before it says, negate it or take it back.

    By its first words or any word in it; without knowing what the two are about, so it says so
    too often rather than too rarely.

    >>> qualifies("Except on Sundays."), qualifies("A court struck it down in 1990.")
    (True, True)
    >>> qualifies("The tower is forty metres tall.")
    False
    """
    return _OPENS.match(sentence) is not None or _LIMITS.search(sentence) is not None


def qualifies_from_afar(sentence: str) -> bool:
    """Whether it may do so to more than the sentence right before it.

    >>> qualifies_from_afar("This does not apply to children."), qualifies_from_afar("No, thanks.")
    (True, False)
    """
    return _FROM_AFAR.search(sentence) is not None


def frames(sentence: str) -> bool:
    """Whether a sentence says in what sense the next one is meant: as an error, or a thought.

    >>> frames("Two things are common misconceptions."), frames("Suppose there is no wind.")
    (True, True)
    """
    return _FRAMES.search(sentence) is not None
