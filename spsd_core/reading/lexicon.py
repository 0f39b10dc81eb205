"""Word lists that more than one part of the reading needs. Lower case, straight apostrophes."""

from __future__ import annotations

__all__ = [
    "COURTESY",
    "FUNCTION_WORDS",
    "MONTHS",
    "NUMBER_WORDS",
    "REQUEST_WORDS",
    "TEXT_NOUNS",
    "WEEKDAYS",
    "word_set",
]


def word_set(words: str) -> frozenset[str]:
    """The words of `words`, which are separated by spaces."""
    return frozenset(words.split())


NUMBER_WORDS = word_set(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen twenty thirty forty fourty fifty sixty"
    " seventy eighty ninety hundred hundreds thousand thousands million millions billion"
    " billions trillion dozen dozens half"
)
WEEKDAYS = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays"
    " thursdays fridays saturdays sundays"
)
MONTHS = word_set(
    "january february march april may june july august september october november december"
    " jan feb apr jun jul aug sep sept oct nov dec"
)

COURTESY = word_set(
    "hi hello hey hiya howdy heya greetings yo dear good morning afternoon evening day night"
    " thank thanks thx ty tysm thankyou please pls plz kindly best kind kindest warm warmest"
    " regards wishes sincerely yours truly faithfully respectfully cordially cheers sorry"
    " excuse pardon apologies welcome bye goodbye appreciate appreciated grateful gratitude"
    " much lot lots many very so again advance there all everyone everybody team sir madam"
    " ma'am mam friend friends folks guys support you u your hope well doing nice great"
    " awesome lovely wonderful amazing have a an the happy looking forward take care bless god"
)
"""Words of greeting, thanks and farewell, in whatever letter case."""

REQUEST_WORDS = word_set(
    "can could would will may might please kindly you me us i we my our your it tell explain"
    " show help give let know assist provide want need like wondering wonder hoping hope ask"
    " asking asked question possible possibly just maybe able understand curious mind if"
    " whether be so very really quick quickly hi hello hey there thanks thank sorry"
)
"""Words by which one asks, not what one asks about."""

FUNCTION_WORDS = word_set(
    "a an the and or but so to of in on at for from with by as is are was were be been being"
    " am do does did has have had having this that these those it its it's they them their he"
    " she his her him there here then than some any all i i'm i've i'd i'll you your me my we"
    " us our into about out up off over just also too will would can could should shall may"
    " might must please"
)

TEXT_NOUNS = word_set(
    "email emails e-mail mail message messages letter letters text texts sentence sentences"
    " paragraph paragraphs essay essays review reviews post posts reply replies response"
    " responses comment comments poem poems dialogue dialog conversation transcript speech"
    " tweet tweets caption captions passage passages article articles story stories note notes"
    " quote quotes phrase phrases word words lyrics song excerpt snippet abstract draft"
    " document description statement statements content chat log logs code function script"
    " query prompt bio resume cv memo report announcement feedback headline title input data"
    " table json csv dataset list html xml joke verse haiku script scene chapter blog"
    " statement testimonial subtitle subtitles translation answer answers instructions recipe"
    " ticket complaint"
)
"""What an instruction may be about when it works on a text."""
