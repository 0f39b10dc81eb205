"""Closed lists of words that the checks share. All are case-folded and without apostrophes."""

from __future__ import annotations

from spsd_core.reading.stemming import stem

__all__ = [
    "CONTRACTIONS",
    "COURTESY",
    "FILLERS",
    "FREE",
    "GLUE",
    "INTERROGATIVES",
    "NEGATORS",
    "NUMBER_WORDS",
    "PERSONS",
    "PLEASANTRIES",
    "REQUEST_VERBS",
    "RITUAL_OPENERS",
    "is_content",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


PERSONS = {
    word: person
    for person, words in {
        "I": "i me my mine myself im ive",
        "we": "we us our ours ourselves",
        "you": "you your yours yourself yourselves u ur",
        "he": "he him his himself",
        "she": "she her hers herself",
        "they": "they them their theirs themselves",
    }.items()
    for word in words.split()
}
"""Pronoun -> the person it stands for."""

INTERROGATIVES = _words("what how why when where who whom whose which whether")

NEGATORS = _words(
    "not no never none nothing nobody nowhere neither nor without cannot hardly barely scarcely"
)

# Words a draft may add: they carry grammar, not meaning. Left out on purpose, because they do
# carry meaning: negators, `or`, `if`, `unless`, `only`, `because`, quantities (`all`, `some`),
# obligation (`must`, `should`) and prepositions of time, order and place (`before`, `under`).
FREE = _words(
    "a an the to of in on at for from with by as into about and but so that this these those it"
    " its itself there than then who whom what how be am is are was were been being do does did"
    " doing done have has had having can could will would ca wo sha"
) | frozenset(PERSONS)
"""Function words that a draft may add without adding content."""

# A long way of asking may become a short one. The word on the left is allowed where the original
# has one on the right; a model that only had the list on the left could invent a task ("write",
# "explain"), so none of them is free.
GLUE = {
    stem(plain): _stems(reasons)
    for plain, reasons in {
        "want": "want need wish like love hope look keen",
        "need": "need want require look like",
        "help": "help assist assistance aid support hand",
        "explain": "explain explanation clarify describe elaborate walk understand tell",
        "tell": "tell inform know explain",
        "give": "give provide supply share offer send",
        "get": "get obtain receive acquire",
        "show": "show demonstrate demonstration illustrate",
        "suggest": "suggest suggestion recommend recommendation advise advice",
        "recommend": "suggest suggestion recommend recommendation",
        "fix": "fix solve resolve repair",
        "find": "find locate look search",
        "compare": "compare comparison",
        "list": "list listing lists",
    }.items()
}
"""Stem a draft may add -> stems of the original that justify it."""

NUMBER_WORDS = {
    **{
        word: value
        for value, word in enumerate(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
            " fifteen sixteen seventeen eighteen nineteen".split()
        )
    },
    **{
        word: 10 * value
        for value, word in enumerate(
            "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
        )
    },
    "fourty": 40,
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
}

CONTRACTIONS = {
    "cannot": ("can", "not"),
    "cant": ("can", "not"),
    "can't": ("can", "not"),
    "won't": ("will", "not"),
    "wont": ("will", "not"),
    "shan't": ("shall", "not"),
    "ain't": ("is", "not"),
    "i'm": ("i", "am"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "let's": ("let", "us"),
    **{
        f"{base}nt": (base, "not")
        for base in "do does did is are was were have has had could would should".split()
    },
}
"""Contractions that no rule takes apart."""

REQUEST_VERBS = _stems(
    "help tell explain show give let know assist provide share advise walk clarify describe"
)
"""Verbs by which a request is made, not what it is about."""

COURTESY = _stems(
    "please pls plz kindly thank thanks thankful thx ty cheers appreciate appreciation"
    " appreciative grateful gratitude sorry apologise apology apologies pardon excuse bother"
    " bothering hi hello hey hiya dear greetings regards sincerely respectfully hope hoping"
    " wonder wondering mind favor favour possible possibly perhaps maybe would able sir madam"
    " maam okay ok yes lot"
)
"""Stems of courtesy, wherever they stand."""

PLEASANTRIES = COURTESY | _stems(
    "afternoon advance ai again ask assistant assistance attention bot busy chance chatbot"
    " consideration day evening fantastic fine glad good great hand happy like love lovely many"
    " minute moment much morning nice out patience pleased pleasure question quick quickly request"
    " sure time trouble want weekend welcome well wish wonderful"
)
"""Stems that alone make no statement worth keeping: "I have a quick question"."""

FILLERS = _stems(
    "actually basically literally honestly simply also quite rather pretty kinda sorta somewhat"
    " still already even anyway well like oh um uh hmm too all any some such more most now here"
    " just really very extremely incredibly super absolutely totally completely definitely"
    " certainly course thing stuff something anything everything someone anyone"
)

RITUAL_OPENERS = (
    "thank",
    "thanks",
    "thx",
    "many thanks",
    "hope you",
    "i hope you",
    "i hope this",
    "hope this",
    "i hope all",
    "hope all",
    "i hope everything",
    "hi",
    "hello",
    "hey",
    "dear",
    "greetings",
    "good morning",
    "good afternoon",
    "good evening",
    "have a",
    "best regards",
    "kind regards",
    "best wishes",
    "i appreciate",
    "i really appreciate",
    "i would appreciate",
    "i am grateful",
    "looking forward",
    "i look forward",
    "sorry to",
    "sorry for",
    "i am sorry to",
    "i am sorry for",
    "i was wondering if you could",
    "i was wondering whether you could",
    "i am wondering if you could",
    "i was hoping you could",
    "cheers",
    "take care",
)
"""How sentences of pure courtesy begin."""


def is_content(folded: str) -> bool:
    """Whether a case-folded word carries content (neither grammar, question nor negation)."""
    return folded not in FREE and folded not in INTERROGATIVES and folded not in NEGATORS
