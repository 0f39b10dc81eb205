"""Shortening retrieved passages against the question they were retrieved for."""

from spsd_core.context.distiller import ContextDistiller
from spsd_core.context.indexing import PassageIndex
from spsd_core.context.types import (
    ContextDistillation,
    ContextRecord,
    Passage,
    PassageLike,
    PassageRecord,
)

__all__ = [
    "ContextDistillation",
    "ContextDistiller",
    "ContextRecord",
    "Passage",
    "PassageIndex",
    "PassageLike",
    "PassageRecord",
]
