"""Whether an answer is right, where that can be told without a judge.

Words are compared as SQuAD's script compares them: lower case, no punctuation, no articles.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from decimal import Decimal, InvalidOperation

from spsd_core.evaluation.corpora import Item
from spsd_core.evaluation.instructions import follows

__all__ = ["check", "exact_match", "f1", "last_choice", "last_number"]

_ARTICLES_RE = re.compile(r"\b(?:a|an|the)\b")
_NUMBER_RE = re.compile(r"-?\d[\d,]*(?:\.\d+)?|-?\.\d+")
_REST = r"(?:(?!\.\d)[^\w-])*(?P<rest>.*)"
_FINAL_RE = re.compile(rf"\banswer\b[^\w\n]*(?:is\b|:){_REST}", re.IGNORECASE)
"""What follows `Answer:` or `the answer is`, marks of layout left out."""
_PERHAPS_FINAL_RE = re.compile(rf"\banswers?\b{_REST}", re.IGNORECASE)
_MARKED_CHOICE_RE = re.compile(
    r"""
    (?: (?<!\w) | (?<=\\boxed) )
    (?: [({\[*_`"'$]+ (?P<inside>[A-J]) [)}\]*_`"'$:.]+         # (B), **C**, "D"
      | (?i: option | choice | letter ) \W+ (?P<named>[A-J]) \b  # option D
      | (?m:^) \s* (?P<listed>[A-J]) [)\]:]                      # B) as in a list
    )(?!\w)
    """,
    re.VERBOSE,
)
"""A letter that is written as a choice is written."""
_BARE_CHOICE_RE = re.compile(
    r"""
    (?<![\w'’.-]) (?<!\bnot\ )
    (?: [B-HJ] (?![\w'’-]|\.\w)
      | [AI] (?= [\s*_`"')\]]* (?: [.,;:!?)\]/—-](?!\w) | $          # not "A dog", "I think"
          | \s(?: is | as | and | or | because | since )\b ))
    )
    """,
    re.VERBOSE | re.MULTILINE,
)
"""A letter by itself; `A` and `I` only where they are no words of a sentence."""
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def check(item: Item, answer: str) -> dict[str, float]:
    """Figures of an answer between 0 and 1, by name; empty where only a judge can tell.

    `exact` is there for every check. `f1` is there for free answers, `instructions` (the share that
    was followed, of those that can be checked) for IFEval.
    """
    if item.check == "number":
        found = last_number(answer)
        wanted = {last_number(expected) for expected in item.expected}
        return {"exact": float(found is not None and found in wanted)}
    if item.check == "choice":
        return {"exact": float(last_choice(answer) in item.expected)}
    if item.check == "answer":
        return {
            "exact": max(exact_match(answer, expected) for expected in item.expected),
            "f1": max(f1(answer, expected) for expected in item.expected),
        }
    if item.check == "instructions":
        verdicts = [follows(answer, kind, arguments) for kind, arguments in item.instructions]
        known = [verdict for verdict in verdicts if verdict is not None]
        if not known:
            return {}
        return {"exact": float(all(known)), "instructions": sum(known) / len(known)}
    return {}


def exact_match(answer: str, expected: str) -> float:
    """1 where both say the same words.

    >>> exact_match("The Eiffel Tower!", "eiffel tower")
    1.0
    """
    return float(_words(answer) == _words(expected))


def f1(answer: str, expected: str) -> float:
    """Overlap of words: harmonic mean of precision and recall.

    >>> f1("in the red cup", "a red cup")
    0.8
    """
    ours, theirs = _words(answer), _words(expected)
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    if not common:
        return 0.0
    precision, recall = common / len(ours), common / len(theirs)
    return 2 * precision * recall / (precision + recall)


def last_number(text: str) -> Decimal | None:
    """The number an answer ends in: after the last `Answer:` if there is one, else the last of all.

    >>> last_number("First 3, then 4.\\nAnswer: 1,006.00 euros (in 2 parts)")
    Decimal('1006')
    >>> last_number("I don't know.") is None
    True
    """
    numbers = _NUMBER_RE.findall(_final(text))[:1] or _NUMBER_RE.findall(text)
    if not numbers:
        return None
    try:
        value = Decimal(numbers[-1].replace(",", ""))
    except InvalidOperation:  # digits of another script
        return None
    return value.normalize() if value % 1 else value.to_integral_value()


def last_choice(text: str) -> str | None:
    """The letter an answer ends in; after the last `Answer:` if there is one, else the last line.

    A letter that is marked as a choice, as in `(B)` or `option D`, goes before a bare one. The
    article and the pronoun are no choices.

    >>> last_choice("A is wrong. Answer: (C)"), last_choice("B"), last_choice("Not sure.")
    ('C', 'B', None)
    >>> last_choice("Answer: I think B"), last_choice("The answer is: a dog")
    ('B', None)
    """
    final = _final(text).strip()
    if len(final.rstrip(".)*`")) == 1 and final[0].upper() in "ABCDEFGHIJ":
        return final[0].upper()
    first = _choices(final)[:1]
    lines = text.strip().splitlines()
    found = first or (_choices(lines[-1])[-1:] if lines else [])
    return found[0] if found else None


def _choices(text: str) -> list[str]:
    """The marked letters, or else the bare ones."""
    marked = [
        match["inside"] or match["named"] or match["listed"]
        for match in _MARKED_CHOICE_RE.finditer(text)
    ]
    return marked or _BARE_CHOICE_RE.findall(text)


def _final(text: str) -> str:
    """What follows the last `Answer:`, or else the last word `answer`; empty where there is none.

    >>> _final("The answer is: **12**. I hope my answer helps."), _final("No.")
    ('12**. I hope my answer helps.', '')
    """
    found = [*_PERHAPS_FINAL_RE.finditer(text)][-1:]
    found = [*_FINAL_RE.finditer(text)][-1:] or found
    return found[0]["rest"] if found else ""


def _words(text: str) -> list[str]:
    bare = text.lower().translate(_PUNCTUATION)
    return _ARTICLES_RE.sub(" ", bare).split()
