"""Names of people, places, products and organisations, and acronyms, by their capitals."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import COURTESY, FUNCTION_WORDS, MONTHS, WEEKDAYS, word_set
from spsd_core.reading.source import Source
from spsd_core.reading.types import AtomKind

__all__ = ["find_names"]

_PRONOUNS = word_set("i i'm i've i'd i'll im ive a u r")
_GREETINGS = word_set(
    "hi hello hey hiya heya dear greetings morning afternoon evening thanks thank you cheers"
)
_ASSISTANTS = word_set(
    "chatgpt gpt claude gemini llama bard copilot siri alexa ai bot assistant chatbot google"
    " bing mistral"
)
_CLOSINGS = word_set(
    "regards sincerely best cheers thanks wishes respectfully faithfully truly love cordially"
    " yours warmly you advance"
)
_TITLES = word_set("mr mrs ms mx dr prof sir madam professor doctor captain")
_JOINING = word_set("of de van von der den la le del di da bin ibn al")
# Words that carry a capital or capitals although they name nothing: they begin sentences, stand in
# headings, or are shouted.
_COMMON = (
    FUNCTION_WORDS
    | COURTESY
    | word_set(
        "what how why when where which who whom whose if because however therefore also then now"
        " still not no never nothing none yes ok okay well oh ah hmm um sure right first second"
        " third next finally lastly additionally furthermore moreover need want get got make made"
        " write create give tell explain describe list show find use using help let know think try"
        " tried run please provide generate summarize summarise translate rewrite rephrase"
        " proofread edit correct fix check answer consider imagine act pretend suppose assume"
        " given compare discuss analyze analyse suggest recommend design develop build implement"
        " draft compose convert calculate compute solve identify classify extract return output"
        " reply respond read based each every both many most more less one two three four five six"
        " seven eight nine ten question questions answer problem issue note ps p.s re fyi btw asap"
        " urgent important help me title subject example examples context task input output step"
        " part section chapter table figure option options why is this so only just really very"
        " much must always stop don't can't won't didn't doesn't isn't aren't wasn't couldn't"
        " that's there's here's what's how's let's we're you're they're he's she's we've you've"
        " they've we'll you'll after before since until while although though during between"
        " without within under over about against like look looking such same other another see"
        " say said ask asked take come work working new old big good bad long short my time day"
        " week month year today tomorrow yesterday tonight anyone someone everything something"
        " anything thing things people lol omg wtf tbh imo imho idk btw afaik tldr eli5 any hope"
        " sorry excuse wow great thanks happy nice tia"
    )
    | WEEKDAYS
    | MONTHS
)
_SENTENCE_GAP = re.compile(r"[.!?:\n\r\u2026\u2022>]|\s-\s|[\"'(\[{*_#|]\s*$|\u201c$|\u2018$")
_MY_NAME = re.compile(
    r"\b(?i:my name(?:'s| is)|name is|i am called|call me)[ \t]{1,4}(\w+(?:[ \t][A-Z]\w+)?)"
)
_SHOUT = 3
_LONGEST_SIGNATURE = 40
_HUMBLE = word_set("bad poor broken terrible weak rusty")
_ACRONYMS = word_set("US IT WHO IS ID PM AM")  # also words, when in small letters


def find_names(source: Source) -> None:
    """Note capitalised words that are no sentence starts, runs of them, and acronyms."""
    low, capitals = source.low, source.capitals
    shouted = _shouted(source, capitals)
    names = [index for index in capitals if index not in shouted and _is_name(source, index)]
    known = {low[index] for index in names}
    if known:
        chosen = set(names)
        names += [
            index
            for index in capitals
            if low[index] in known and index not in chosen and index not in shouted
        ]
        names.sort()
    _add_runs(source, names)
    if (
        "name" in source.flat
        or "call" in source.flat
        or "NAME" in source.flat
        or "Name" in source.flat
    ):
        for match in _MY_NAME.finditer(source.flat):
            if match[1].lower() not in _COMMON:
                source.add(AtomKind.NAME, *match.span(1))


def _shouted(source: Source, capitals: list[int]) -> set[int]:
    """Words in runs of three or more in capitals throughout."""
    shouted: set[int] = set()
    run: list[int] = []
    for index in capitals:
        word = source.raw[index]
        loud = word.isupper() and (len(word) > 1 or word in "IA") and not word[-1].isdigit()
        if not loud or (run and (index != run[-1] + 1 or "," in source.gap(run[-1]))):
            if len(run) >= _SHOUT:
                shouted.update(run)
            run = []
        if loud:
            run.append(index)
    if len(run) >= _SHOUT:
        shouted.update(run)
    return shouted


def _is_name(source: Source, index: int) -> bool:
    word, low = source.raw[index], source.low[index]
    base = low[:-2] if low.endswith("'s") else low
    if not word.isalpha() and any(map(str.isdigit, word)):
        return False  # an identifier
    if word in _ACRONYMS and not _among_capitals(source, index):
        return True
    if base in _PRONOUNS or base in _COMMON:
        return False
    if base == "english" and _is_apologised_for(source, index):
        return False
    if len(word) > 1 and not word[1:].islower() and (not word.isupper() or len(base) > 1):
        if "'" in word and word[1:].replace("'", "").islower():
            return not _starts_sentence(source, index)  # "Don't", "Octavia's"
        return not (base in _ASSISTANTS and _is_addressed(source, index))
    if _starts_sentence(source, index):
        return _signs(source, index)
    if len(word) == 1:
        return source.word_at(index + 1) not in ("u", "you")
    return not (base in _ASSISTANTS and _is_addressed(source, index))


def _is_apologised_for(source: Source, index: int) -> bool:
    """Whether it stands as in "sorry for my bad English" or "pardon my English"."""
    before = source.word_at(index - 1)
    return before in _HUMBLE or (
        before == "my" and source.word_at(index - 2) in ("for", "pardon", "excuse", "forgive")
    )


def _among_capitals(source: Source, index: int) -> bool:
    return any(
        0 <= place < len(source.raw) and len(source.raw[place]) > 1 and source.raw[place].isupper()
        for place in (index - 1, index + 1)
    )


def _starts_sentence(source: Source, index: int) -> bool:
    if index == 0:
        return True
    gap = source.gap(index - 1)
    if gap == " ":
        return False
    if gap == ". " and (source.low[index - 1] in _TITLES or len(source.low[index - 1]) == 1):
        return index == 1 or "\n" in source.gap(index - 2)  # "A. First option"
    return _SENTENCE_GAP.search(gap) is not None


def _signs(source: Source, index: int) -> bool:
    """Whether the word begins the line below "Regards," and is not the start of more text."""
    if source.ends[index] + _LONGEST_SIGNATURE > len(source.text.rstrip()) and index > 2:
        last = source.raw[index:]
        if len(last) <= 3 and all(word[0].isupper() for word in last):
            return source.flat.rstrip()[-1] not in "?!:"
    if index == 0 or source.low[index - 1] not in _CLOSINGS or "\n" not in source.gap(index - 1):
        return False
    end = source.flat.find("\n", source.starts[index], source.starts[index] + 60)
    end = len(source.flat) if end < 0 else end
    return end - source.starts[index] <= 40 and source.flat[end - 1 : end] not in "?!"


def _is_addressed(source: Source, index: int) -> bool:
    return index == 0 or source.low[index - 1] in _GREETINGS


def _add_runs(source: Source, names: list[int]) -> None:
    """Note each run of name words as one atom."""
    start = end = last = -1
    flat = source.flat
    for index in names:
        while last >= 0 and flat[end : end + 1] in ("+", "#"):
            end += 1  # C++, F#
        if last >= 0 and _joined(source, last, index):
            end, last = source.ends[index], index
            continue
        if last >= 0:
            source.add(AtomKind.NAME, start, end)
        start, end = source.span(index)
        last = index
    if last >= 0:
        while flat[end : end + 1] in ("+", "#"):
            end += 1
        source.add(AtomKind.NAME, start, end)


def _joined(source: Source, last: int, index: int) -> bool:
    if index == last + 1:
        gap = source.gap(last)
        return gap in (" ", "-", "&", " & ", "/") or (gap == ". " and len(source.raw[last]) <= 2)
    return (
        index == last + 2
        and source.low[last + 1] in _JOINING
        and source.gap(last) == " "
        and source.gap(last + 1) == " "
    )
