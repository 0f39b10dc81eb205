"""Nothing in the draft that a chat model could take for structure, and no wrapping of the draft."""

from __future__ import annotations

import re
import unicodedata

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.verifier.context import VerifierContext, failure, success
from spsd_core.verifier.words import split_words

__all__ = ["check_output"]

_NAME = "output"
_MARKUP = ("```", "~~~", "**", "$$")
_HEADING_RE = re.compile(r"^ {0,3}#{1,6} \S", re.MULTILINE)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\xab": "\xbb", "`": "`"}
_PREAMBLE_RE = re.compile(
    r"\W{0,8}(?:sure|certainly|of course|absolutely|okay|ok|here(?:'s|\u2019s| is| are)"
    r"|the (?:answer|shortened|rewritten|condensed|distilled|shorter|revised|rewrite|prompt|output)"
    r"|(?:answer|output|rewritten|shortened|rewrite|distilled|revised|prompt|response)\b[^:\n]{0,40}:)",
    re.IGNORECASE,
)
_PREAMBLE_WORDS = 3


def check_output(context: VerifierContext) -> CheckRecord:
    """Refuse chat markers, unseen characters, new markup, wrapping quotes, preambles, emptiness."""
    original, draft = context.original.text, context.text
    if draft != original and (
        (original.strip() and not draft.strip())
        or _has_marker(draft)
        or _has_unseen(original, draft)
        or _has_new_markup(original, draft)
        or (context.written and _is_wrapped(original, draft))
        or (context.written and _has_preamble(context))
    ):
        return failure(_NAME, Reason.UNSAFE_OUTPUT)
    return success(_NAME)


def _has_marker(draft: str) -> bool:
    from spsd_core.admission import find_chat_marker

    return find_chat_marker(draft) is not None


def _has_unseen(original: str, draft: str) -> bool:
    """Whether the draft has a control, format or surrogate character that the original has not."""
    new = set(draft) - set(original) - {"\t", "\n", "\r"}
    return "\ufffd" in new or any(unicodedata.category(one) in _UNSEEN for one in new)


def _has_new_markup(original: str, draft: str) -> bool:
    if any(markup in draft and markup not in original for markup in _MARKUP):
        return True
    return bool(_HEADING_RE.search(draft)) and not _HEADING_RE.search(original)


def _is_wrapped(original: str, draft: str) -> bool:
    draft, original = draft.strip(), original.strip()
    closing = _QUOTES.get(draft[:1])
    if len(draft) < 2 or closing != draft[-1]:
        return False
    return original[:1] != draft[:1] and draft not in original


def _has_preamble(context: VerifierContext) -> bool:
    """Whether the draft opens like an answer, in words the original does not have in a row."""
    match = _PREAMBLE_RE.match(context.text)
    if match is None:
        return False
    opening = split_words(context.text[: match.end() + 40]).plain.split(" ")[: _PREAMBLE_WORDS + 1]
    return f"{' '.join(opening)} " not in context.original_words.plain
