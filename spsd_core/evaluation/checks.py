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
_FINAL_RE = re.compile(r"answer\s*(?:is|:)?[^\w-]*(?P<rest>.*)", re.IGNORECASE)
_CHOICE_RE = re.compile(r"\b(?P<letter>[A-J])\b")
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
    final = [match["rest"] for match in _FINAL_RE.finditer(text)]
    numbers = _NUMBER_RE.findall(final[-1])[:1] if final else []
    numbers = numbers or _NUMBER_RE.findall(text)
    if not numbers:
        return None
    try:
        value = Decimal(numbers[-1].replace(",", ""))
    except InvalidOperation:  # digits of another script
        return None
    return value.normalize() if value % 1 else value.to_integral_value()


def last_choice(text: str) -> str | None:
    """The letter an answer ends in; after the last `Answer:` if there is one, else the last line.

    >>> last_choice("A is wrong. Answer: (C)"), last_choice("B"), last_choice("Not sure.")
    ('C', 'B', None)
    """
    final = [match["rest"] for match in _FINAL_RE.finditer(text)]
    letters = _CHOICE_RE.findall(final[-1])[:1] if final else []
    lines = text.strip().splitlines()
    letters = letters or (_CHOICE_RE.findall(lines[-1])[-1:] if lines else [])
    return letters[-1] if letters else None


def _words(text: str) -> list[str]:
    bare = text.lower().translate(_PUNCTUATION)
    return _ARTICLES_RE.sub(" ", bare).split()
