"""All check families, in the order in which a draft meets them."""

from __future__ import annotations

from spsd_core.verifier.added import check_added_facts
from spsd_core.verifier.content import CONTENT
from spsd_core.verifier.context import Check, Losses
from spsd_core.verifier.edits import check_edits
from spsd_core.verifier.facts import AMOUNTS, DATES, FORMATS, LIMITS, NAMES, NUMBERS
from spsd_core.verifier.feeling import FEELINGS
from spsd_core.verifier.language import check_language
from spsd_core.verifier.lists import LIST_ITEMS
from spsd_core.verifier.negation import NEGATIONS, check_added_negation
from spsd_core.verifier.novelty import check_novelty
from spsd_core.verifier.output import check_output
from spsd_core.verifier.questions import QUESTIONS, check_added_question
from spsd_core.verifier.roles import FELT, TASK
from spsd_core.verifier.verbatim import CODE, EMAILS, IDENTIFIERS, PAYLOAD, QUOTES, TERMS, URLS
from spsd_core.verifier.voice import check_voice

__all__ = ["FAMILIES", "LOSSES"]

LOSSES: tuple[Losses, ...] = (
    PAYLOAD,
    CODE,
    QUOTES,
    URLS,
    EMAILS,
    IDENTIFIERS,
    TERMS,
    AMOUNTS,
    DATES,
    NUMBERS,
    LIMITS,
    FORMATS,
    NAMES,
    NEGATIONS,
    QUESTIONS,
    LIST_ITEMS,
    FEELINGS,
    TASK,
    FELT,
    CONTENT,
)
"""Whether everything survived; what one of these misses can be put back."""

FAMILIES: tuple[Check, ...] = (
    check_edits,
    check_output,
    *LOSSES,
    check_language,
    check_voice,
    check_added_facts,
    check_added_negation,
    check_added_question,
    check_novelty,
)
"""Every check; the first that fails names the refusal. A draft is accepted when all pass."""
