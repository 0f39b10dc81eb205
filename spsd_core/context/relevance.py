"""How likely each unit of the passages holds the answer to the question.

Seven figures a unit, weighed and brought to chances by a softmax over all units of a call:

    chance_i = exp(w . f_i) / sum_j exp(w . f_j)

The weights were fitted to questions about encyclopedia paragraphs (maximum likelihood that a unit
with the answer is drawn; `python -m training.relevance`), and lie in `relevance.json`.
BM25 is that of Robertson and Zaragoza 2009 ("The Probabilistic Relevance Framework", section 3.5),
with k1 = 1.2 and b = 0.75, over the units of the call.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from spsd_core.reading.lexicon import word_set
from spsd_core.reading.stemming import stem

__all__ = ["FEATURES", "UnitText", "Weighable", "chances", "features", "softmax", "terms"]

FEATURES = (
    "likeness",
    "shared_terms",
    "passage_likeness",
    "passage_terms",
    "coverage",
    "kind_of_answer",
    "neighbours",
)
"""ten times the cosine of the vectors; BM25; ten times how much less than the nearest passage's the
cosine of its passage is; BM25 of its passage; share of the question's terms in it; whether it holds
what the question asks for (+1, -1; 0: cannot be said); the better BM25 of the units beside it.

BM25 is divided by the sum of the terms' weights. No figure is measured against the spread of the
others: how sure one can be of a unit must not grow with the passages that have nothing to do with
the question."""

_WEIGHTS = Path(__file__).with_name("relevance.json")
_K1 = 1.2
_B = 0.75

_WORD = re.compile(r"\w+")
_STOP = word_set(
    "a an the of in on at to and or is are was were be been being by for with from as that this"
    " these those what which who whom whose when where why how did do does done it its their his"
    " her he she they them i you we my your our me us has have had having not into than then can"
    " could would should will may might must there here about any some all also if so such please"
    " tell know want find give explain describe thank thanks hello hi hey"
)

_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|far|old|large|big|tall|high|deep|fast|often|heavy|wide)\b"
    r"|\bwhat (?:\w+ )?(?:percent|percentage|number|amount|share|size|age|price|cost|rate|limit)\b"
)
_ASKS_TIME = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time|season)\b"
)
_ASKS_NAME = re.compile(
    r"\bwho\b|\bwhose\b|\bwhom\b|\bwhere\b|\b(?:what|which) (?:city|country|state|place|region"
    r"|river|continent|person|company|team)\b"
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?"
    r"|thousands?|millions?|billions?|half|third|quarter|twice|none|no)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b1\d{3}\b|\b20\d\d\b|\d{1,2}:\d\d|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|sept|oct|nov"
    r"|dec|january|february|march|april|august|september|october|november|december|monday|tuesday"
    r"|wednesday|thursday|friday|saturday|sunday|century|bc|ad|bce|ce|spring|summer|autumn|winter"
    r"|today|yesterday|tomorrow|daily|weekly|monthly|annually|noon|midnight|am|pm|days?|weeks?"
    r"|months?|years?|hours?|minutes?)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]+")


def terms(text: str) -> Counter[str]:
    """Stems of the words of `text` that say what it is about, and how often each occurs."""
    return Counter(stem(word) for word in _WORD.findall(text.casefold()) if word not in _STOP)


class UnitText:
    """What is read off a unit's words once, whatever is asked later."""

    __slots__ = ("holds_name", "holds_number", "holds_time", "size", "terms")

    def __init__(self, text: str) -> None:
        self.terms = terms(text)
        self.size = sum(self.terms.values())
        self.holds_number = _NUMBER.search(text) is not None
        self.holds_time = _TIME.search(text) is not None
        self.holds_name = _NAME.search(text) is not None


class Weighable(Protocol):
    """A passage, as far as relevance is concerned."""

    @property
    def unit_texts(self) -> Sequence[UnitText]:
        """The words of its units."""

    @property
    def terms(self) -> tuple[Counter[str], int]:
        """The terms of all of them, and how many there are."""

    @property
    def unit_vectors(self) -> Any:
        """Of its units, each of length 1: [units, width]."""

    @property
    def vector(self) -> Any:
        """Of the whole, of length 1: [width]."""


def features(question: str, question_vector: Any, passages: Sequence[Weighable]) -> Any:
    """The figures of every unit: [units of all passages, `FEATURES`].

    Args:
        question: what is asked.
        question_vector: its sentence vector, of length 1.
        passages: each with at least one unit.
    """
    import numpy as np

    asked = terms(question)
    units = [unit for passage in passages for unit in passage.unit_texts]
    owner = np.repeat(np.arange(len(passages)), [len(passage.unit_texts) for passage in passages])
    likeness = np.concatenate([one.unit_vectors for one in passages]) @ question_vector
    shared = _bm25(asked, [(unit.terms, unit.size) for unit in units])
    whole = np.array([one.vector for one in passages]) @ question_vector
    passage_terms = _bm25(asked, [one.terms for one in passages])
    return np.stack(
        [
            10 * likeness,
            shared,
            10 * (whole - whole.max())[owner],
            passage_terms[owner],
            np.array([len(asked.keys() & unit.terms.keys()) for unit in units])
            / max(1, len(asked)),
            _kind_of_answer(question, units),
            _neighbours(shared, owner),
        ],
        axis=1,
    )


def chances(found: Any) -> Any:
    """How likely each unit holds the answer, from the figures of `features`; they add up to 1."""
    import numpy as np

    return softmax(found @ np.array(weights()))


def softmax(scores: Any) -> Any:
    """Chances from scores."""
    import numpy as np

    raised = np.exp(scores - scores.max())
    return raised / raised.sum()


@lru_cache(maxsize=1)
def weights() -> tuple[float, ...]:
    """The fitted weights, one for each of `FEATURES`."""
    stored = json.loads(_WEIGHTS.read_text(encoding="utf-8"))["weights"]
    return tuple(float(stored[name]) for name in FEATURES)


def _bm25(asked: Counter[str], documents: Sequence[tuple[Counter[str], int]]) -> Any:
    import numpy as np

    count = len(documents)
    mean = max(1.0, sum(size for _, size in documents) / count)
    found = np.zeros(count)
    most = 0.0
    for term in asked:
        occurs = [(place, held[term]) for place, (held, _) in enumerate(documents) if term in held]
        rarity = math.log(1 + (count - len(occurs) + 0.5) / (len(occurs) + 0.5))
        for place, times in occurs:
            norm = _K1 * (1 - _B + _B * documents[place][1] / mean)
            found[place] += rarity * times * (_K1 + 1) / (times + norm)
        most += rarity
    return found / max(most, 1e-9)


def _kind_of_answer(question: str, units: Sequence[UnitText]) -> Any:
    import numpy as np

    low = question.casefold()
    if _ASKS_NUMBER.search(low):
        held = [unit.holds_number for unit in units]
    elif _ASKS_TIME.search(low):
        held = [unit.holds_time for unit in units]
    elif _ASKS_NAME.search(low):
        held = [unit.holds_name for unit in units]
    else:
        return np.zeros(len(units))
    return np.where(held, 1.0, -1.0)


def _neighbours(values: Any, owner: Any) -> Any:
    import numpy as np

    before, after = np.zeros(len(values)), np.zeros(len(values))
    same = owner[1:] == owner[:-1]
    before[1:][same] = values[:-1][same]
    after[:-1][same] = values[1:][same]
    return np.maximum(before, after)
