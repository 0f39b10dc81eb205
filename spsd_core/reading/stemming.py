"""Light stemming: plural, -ing, -ed, -ly, British and American spelling, common irregular forms.

It has to bring together the forms of one word, and need not give a word: `using` becomes `us`.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["LONGEST_STEMMED", "stem"]

LONGEST_STEMMED = 40
"""Longer words are left as they are, so that no table of past words grows with a text."""

_VOWELS = frozenset("aeiouyäöüáéíóúàèìòù")
_LETTERS_NEVER_UNDOUBLED = frozenset("aeiou")

# form -> the form whose stem it shares
_IRREGULAR = {
    form: base
    for base, forms in {
        "agree": "agreed",
        "begin": "began begun",
        "break": "broke broken",
        "bring": "brought",
        "build": "built",
        "buy": "bought",
        "catch": "caught",
        "child": "children",
        "choose": "chose chosen",
        "come": "came",
        "die": "died dies dying",
        "draw": "drew drawn",
        "drive": "drove driven",
        "eat": "ate eaten",
        "fall": "fell fallen",
        "feel": "felt",
        "find": "found",
        "fly": "flew flown",
        "foot": "feet",
        "forget": "forgot forgotten",
        "get": "got gotten",
        "give": "gave given",
        "go": "goes went gone",
        "grow": "grew grown",
        "guarantee": "guaranteed",
        "hear": "heard",
        "keep": "kept",
        "know": "knew known",
        "leave": "left",
        "lie": "lying",
        "lose": "lost",
        "make": "made",
        "man": "men",
        "mean": "meant",
        "meet": "met",
        "pay": "paid",
        "person": "people",
        "run": "ran",
        "say": "said",
        "see": "saw seen",
        "sell": "sold",
        "send": "sent",
        "show": "shown",
        "sit": "sat",
        "sleep": "slept",
        "speak": "spoke spoken",
        "spend": "spent",
        "stand": "stood",
        "steal": "stole stolen",
        "take": "took taken",
        "teach": "taught",
        "tell": "told",
        "think": "thought",
        "throw": "threw thrown",
        "tooth": "teeth",
        "try": "tried tries",
        "understand": "understood",
        "wake": "woke woken",
        "wear": "wore worn",
        "win": "won",
        "woman": "women",
        "write": "wrote written",
    }.items()
    for form in forms.split()
}
_OUR_RE = re.compile(
    "^(arm|behavi|col|endeav|fav|flav|harb|hon|hum|lab|misbehavi|neighb|rum|sav|vap)our"
)
_RESPELT = {"centr": "center", "theatr": "theater", "licenc": "licens", "defenc": "defens"}
_NEVER_CUT = frozenset(
    "always anything bed bias bus during everything evening exceed feed gas morning need news"
    " nothing only perhaps plus proceed red series something species speed succeed this thus was"
    " yes does has his its us is as ours yours theirs hers".split()
)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The stem of a case-folded word.

    >>> [stem(word) for word in ("organise", "organizing", "colours", "colored")]
    ['organiz', 'organiz', 'color', 'color']
    """
    if len(word) > LONGEST_STEMMED:
        return word
    word = _IRREGULAR.get(word, word)
    if len(word) < 3 or word in _NEVER_CUT or not word.isalpha():
        return word
    return _american(_bare(_strip_adverb(_strip_tense(_strip_plural(word)))))


def _strip_plural(word: str) -> str:
    if len(word) < 4:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _strip_tense(word: str) -> str:
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ing") and _has_vowel(word[:-3]):
        return word[:-3]
    if word.endswith("ed") and not word.endswith("eed") and _has_vowel(word[:-2]):
        return word[:-2]
    return word


def _strip_adverb(word: str) -> str:
    if word.endswith("ly") and len(word) > 4:
        return word[:-3] + "y" if word.endswith("ily") else word[:-2]
    return word


def _has_vowel(base: str) -> bool:
    return len(base) >= 2 and not _VOWELS.isdisjoint(base)


def _bare(base: str) -> str:
    """Without a silent final e and without a doubled final consonant."""
    if len(base) > 2 and base[-1] == "e":
        base = base[:-1]
    if len(base) > 3 and base[-1] == base[-2] and base[-1] not in _LETTERS_NEVER_UNDOUBLED:
        base = base[:-1]
    if len(base) > 2 and base[-1] == "y":
        base = base[:-1] + "i"
    return base


def _american(base: str) -> str:
    """One spelling for what British and American English spell differently."""
    if "our" in base:
        base = _OUR_RE.sub(r"\1or", base)
    if len(base) > 4 and base.endswith(("is", "ys")):
        return base[:-1] + "z"
    if len(base) > 4 and base.endswith("ogu"):
        return base[:-1]
    return _RESPELT.get(base, base)
