"""The instructions of IFEval that a few plain lines can check, by their published ids.

The libraries that check all 25 bring data-set loaders, language models for sentence splitting and
downloads along. Those not listed here (`language:response_language` and the like) are left out of
the score, and an item with no other instruction has none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["CHECKED", "follows"]

Arguments = Mapping[str, Any]

_SENTENCE_RE = re.compile(r"[.!?]+(?=\s|$)")
_BULLET_RE = re.compile(r"^\s*[*-][^*-]", re.MULTILINE)
_HIGHLIGHT_RE = re.compile(r"\*\*[^*\n]+\*\*|\*[^*\n]+\*")
_TITLE_RE = re.compile(r"<<[^\n]+>>")
_PLACEHOLDER_RE = re.compile(r"\[[^\[\]]+\]")
_CAPITALS_RE = re.compile(r"\b[A-Z]+\b")
_FENCE_RE = re.compile(r"^```(?:json)?|```$", re.IGNORECASE)


def follows(answer: str, kind: str, arguments: Arguments) -> bool | None:
    """Whether the answer does as it was told; None where that is not checked here.

    >>> follows("No comma here.", "punctuation:no_comma", {})
    True
    >>> follows("Bonjour", "language:response_language", {"language": "fr"}) is None
    True
    """
    found = CHECKED.get(kind)
    if found is None:
        return None
    try:
        return bool(answer.strip()) and found(answer, arguments)
    except (KeyError, TypeError, ValueError, AttributeError):  # arguments of another version
        return None


def _related(count: int, wanted: int, relation: str | None) -> bool:
    return count < wanted if relation == "less than" else count >= wanted


def _occurrences(answer: str, word: str) -> int:
    return len(re.findall(rf"\b{re.escape(word)}\b", answer, re.IGNORECASE))


def _keywords(answer: str, given: Arguments) -> bool:
    return all(_occurrences(answer, word) for word in given["keywords"])


def _frequency(answer: str, given: Arguments) -> bool:
    return _related(_occurrences(answer, given["keyword"]), given["frequency"], given["relation"])


def _forbidden(answer: str, given: Arguments) -> bool:
    return not any(_occurrences(answer, word) for word in given["forbidden_words"])


def _letters(answer: str, given: Arguments) -> bool:
    count = answer.lower().count(given["letter"].lower())
    return _related(count, given["let_frequency"], given["let_relation"])


def _number_of_words(answer: str, given: Arguments) -> bool:
    return _related(len(re.findall(r"\w+", answer)), given["num_words"], given["relation"])


def _number_of_sentences(answer: str, given: Arguments) -> bool:
    count = len(_SENTENCE_RE.findall(answer))
    return _related(count, given["num_sentences"], given["relation"])


def _number_of_paragraphs(answer: str, given: Arguments) -> bool:
    parts = [part for part in re.split(r"\s?\*\*\*\s?", answer) if part.strip()]
    return len(parts) == int(given["num_paragraphs"])


def _bullets(answer: str, given: Arguments) -> bool:
    return len(_BULLET_RE.findall(answer)) == int(given["num_bullets"])


def _highlights(answer: str, given: Arguments) -> bool:
    return len(_HIGHLIGHT_RE.findall(answer)) >= int(given["num_highlights"])


def _sections(answer: str, given: Arguments) -> bool:
    mark = re.escape(given["section_spliter"])
    return len(re.findall(rf"\s?{mark}\s?\d+\s?", answer)) >= int(given["num_sections"])


def _json(answer: str, _: Arguments) -> bool:
    try:
        json.loads(_FENCE_RE.sub("", _FENCE_RE.sub("", answer.strip()).strip()))
    except (ValueError, RecursionError):
        return False
    return True


def _end(answer: str, given: Arguments) -> bool:
    return answer.strip().strip('"').lower().endswith(given["end_phrase"].strip().lower())


def _placeholders(answer: str, given: Arguments) -> bool:
    return len(_PLACEHOLDER_RE.findall(answer)) >= int(given["num_placeholders"])


def _postscript(answer: str, given: Arguments) -> bool:
    mark = given["postscript_marker"].lower()
    return any(line.strip().startswith(mark) for line in answer.lower().splitlines())


def _repeats(answer: str, given: Arguments) -> bool:
    return answer.strip().lower().startswith(given["prompt_to_repeat"].strip().lower())


def _capital_words(answer: str, given: Arguments) -> bool:
    count = len(_CAPITALS_RE.findall(answer))
    return _related(count, given["capital_frequency"], given["capital_relation"])


def _two_responses(answer: str, _: Arguments) -> bool:
    parts = [part.strip() for part in answer.split("******") if part.strip()]
    return len(parts) == 2 and parts[0] != parts[1]


CHECKED: dict[str, Callable[[str, Arguments], bool]] = {
    "keywords:existence": _keywords,
    "keywords:frequency": _frequency,
    "keywords:forbidden_words": _forbidden,
    "keywords:letter_frequency": _letters,
    "length_constraints:number_words": _number_of_words,
    "length_constraints:number_sentences": _number_of_sentences,
    "length_constraints:number_paragraphs": _number_of_paragraphs,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json,
    "detectable_format:title": lambda answer, _: bool(_TITLE_RE.search(answer)),
    "detectable_content:number_placeholders": _placeholders,
    "detectable_content:postscript": _postscript,
    "combination:repeat_prompt": _repeats,
    "combination:two_responses": _two_responses,
    "startend:end_checker": _end,
    "startend:quotation": lambda answer, _: answer.strip()[:1] == answer.strip()[-1:] == '"',
    "change_case:english_capital": lambda answer, _: answer.isupper(),
    "change_case:english_lowercase": lambda answer, _: answer.islower(),
    "change_case:capital_word_frequency": _capital_words,
    "punctuation:no_comma": lambda answer, _: "," not in answer,
}
"""The check of each instruction; a plain rule, not the published script, where that needs nltk."""
