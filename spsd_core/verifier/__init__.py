"""The verifier: holds a draft against the original, one check per family.

A check is a callable that takes a `VerifierContext` and gives a `CheckRecord`; to add one, write
it in a file of its own and put it in `FAMILIES`.
"""

from __future__ import annotations

from spsd_core.distillation import CheckRecord
from spsd_core.engines.protocol import Draft
from spsd_core.reading import Reading, read
from spsd_core.settings import VerifierSettings
from spsd_core.verifier.context import VerifierContext
from spsd_core.verifier.families import FAMILIES
from spsd_core.verifier.repair import repair
from spsd_core.verifier.trimming import without_refused_edits
from spsd_core.verifier.vouched import joins_words, verify_vouched

__all__ = ["repair", "verify", "without_refused_edits"]


def verify(original: Reading, draft: Draft, settings: VerifierSettings) -> tuple[CheckRecord, ...]:
    """Hold `draft` against `original`: the records of all checks; all passed means accepted.

    A draft that comes with the edits that make it meets the checks that edits do not answer; any
    other meets all of them. Linear in the length of both texts; never raises on any text.
    """
    if draft.edits is not None and not draft.generative and not joins_words(original, draft):
        return verify_vouched(original, draft, settings)
    context = VerifierContext(
        original=original,
        draft=read(draft.text, settings.protected_terms),
        generative=draft.generative,
        edits=draft.edits,
    )
    return tuple(check(context) for check in FAMILIES)
