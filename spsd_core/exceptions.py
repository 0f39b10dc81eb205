"""Every exception SPSD raises or handles, in one tree.

SPSDError
├── ConfigurationError      a setting is wrong; raised when the object is built (also a ValueError)
├── ModelFileError          a model file is missing, corrupt or not the one asked for
└── EngineError             an engine gave no draft; the pipeline turns it into a pass-through
    ├── EngineUnavailable   it cannot work now: package, model file or server missing
    ├── EngineFailed        it ran and broke: server error, garbage, decoder error
    ├── DraftAbandoned      it stopped by itself because the draft could not have been accepted
    ├── DeadlineExceeded    its time was up
    └── DraftCancelled      the caller no longer waits

Only ConfigurationError and ModelFileError reach a user, and never from `distill`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spsd_core.distillation import Reason

__all__ = [
    "ConfigurationError",
    "DeadlineExceeded",
    "DraftAbandoned",
    "DraftCancelled",
    "EngineError",
    "EngineFailed",
    "EngineUnavailable",
    "ModelFileError",
    "SPSDError",
]


class SPSDError(Exception):
    """Base of everything raised by SPSD."""


class ConfigurationError(SPSDError, ValueError):
    """A setting is wrong. The message names the setting and says what to do."""


class ModelFileError(SPSDError):
    """A model file is missing, truncated or not the right one. The message says what to run."""


class EngineError(SPSDError):
    """An engine gave no draft. Never leaves the pipeline: it becomes a reason in the record."""

    # What the attempt cost all the same; see the fields of `Draft` with these names.
    prompt_tokens_evaluated: int = 0
    tokens_generated: int = 0
    busy_core_seconds: float = 0.0


class EngineUnavailable(EngineError):
    """The engine cannot work at all at the moment (package, model file or server missing)."""


class EngineFailed(EngineError):
    """The engine ran and broke: a server error, an unreadable answer, a decoder error."""


class DraftAbandoned(EngineError):
    """The engine stopped early because whatever followed would have been refused.

    Args:
        reason: the refusal it foresaw, for example `Reason.NO_SAVING`.
        message: one sentence for the record; holds no user text.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class DeadlineExceeded(EngineError):
    """The deadline of the call passed before the draft was complete."""


class DraftCancelled(EngineError):
    """The caller cancelled while the draft was being written."""
