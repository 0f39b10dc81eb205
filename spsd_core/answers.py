"""What an engine answers: a draft in good order, or an `EngineError` whatever else it did."""

from __future__ import annotations

import math
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import Any

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import Draft
from spsd_core.exceptions import (
    DeadlineExceeded,
    DraftAbandoned,
    DraftCancelled,
    EngineError,
    EngineFailed,
    EngineUnavailable,
)
from spsd_core.memo import plain

__all__ = ["as_engine_error", "is_defect", "reason_of", "received", "require_future"]

_COSTS = ("prompt_tokens_evaluated", "tokens_generated", "busy_core_seconds")


def require_future(answer: object) -> Future[Draft | None]:
    """What `submit` gave.

    Raises:
        EngineFailed: it is no future.
    """
    if not isinstance(answer, Future):
        raise EngineFailed(f"the engine gave a {type(answer).__name__}, not a Future")
    return answer


def received(future: Future[Draft | None]) -> Draft | None:
    """The draft of a future that is done, in good order.

    Raises:
        EngineError: the engine failed, or its answer is no draft.
    """
    try:
        draft: object = future.result(timeout=0)
    except CancelledError:
        raise EngineFailed("the engine was closed while it worked") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - what another thread died of is not for this one
        raise as_engine_error(error) from None
    if draft is None:
        return None
    if not isinstance(draft, Draft):
        raise EngineFailed(f"the engine gave a {type(draft).__name__}, not a Draft")
    if not isinstance(draft.text, str) or not isinstance(draft.note, str) or not _costs(draft):
        raise EngineFailed("the engine gave a Draft with fields of wrong types")
    return replace(draft, text=plain(draft.text))


def is_defect(error: BaseException) -> bool:
    """Whether an engine broke; an interrupt and the like are meant for the caller.

    A panic in Rust (a tokenizer's, for example) is no subclass of `Exception`.
    """
    return not isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit))


def as_engine_error(error: BaseException) -> EngineError:
    """The error as one of the contract, its costs in good order."""
    if not isinstance(error, EngineError):
        return EngineFailed(f"{type(error).__name__} in the engine")
    if not _costs(error):
        return EngineFailed(f"{type(error).__name__} with fields of wrong types")
    return error


def reason_of(error: EngineError) -> Reason:
    """The reason for the record."""
    if isinstance(error, DraftAbandoned):
        foreseen = isinstance(error.reason, Reason) and error.reason is not Reason.SHORTENED
        return error.reason if foreseen else Reason.ENGINE_FAILED
    if isinstance(error, DeadlineExceeded):
        return Reason.DEADLINE
    if isinstance(error, DraftCancelled):
        return Reason.CANCELLED
    if isinstance(error, EngineUnavailable):
        return Reason.ENGINE_UNAVAILABLE
    return Reason.ENGINE_FAILED


def _costs(spent: Any) -> bool:
    """Whether the costs that a draft or an error names are amounts."""
    tokens, generated, core_seconds = (getattr(spent, name) for name in _COSTS)
    whole = isinstance(tokens, int) and isinstance(generated, int)
    amount = isinstance(core_seconds, (int, float)) and math.isfinite(core_seconds)
    return whole and amount and min(tokens, generated, core_seconds) >= 0
