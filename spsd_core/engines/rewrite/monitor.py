"""Ends a draft as soon as it cannot be accepted any more."""

from __future__ import annotations

import codecs

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import DraftRequest
from spsd_core.exceptions import DraftAbandoned

__all__ = ["DraftMonitor"]

_TOKENS_BETWEEN_CHECKS = 8
_SLACK_TOKENS = 2
"""Counts of pieces do not add up exactly to the count of the whole."""


class DraftMonitor:
    """Reads one draft while it is written.

    Args:
        request: the text, and how long a draft may be.
    """

    def __init__(self, request: DraftRequest) -> None:
        from spsd_core.verifier.streaming import DraftGuard

        self._request = request
        self._guard = DraftGuard(request.reading)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pieces: list[str] = []
        self._since_check = 0

    def check_before(self) -> None:
        """Refuse a text of which so much must stay that no draft can save enough.

        Raises:
            DraftAbandoned: with `Reason.NO_SAVING`.
        """
        self._check_length("")

    def add(self, piece: bytes) -> None:
        """Take a token's bytes.

        Raises:
            DraftAbandoned: the draft has grown too long, or would be refused for its content.
        """
        self._pieces.append(self._decoder.decode(piece))
        self._since_check += 1
        if self._since_check >= _TOKENS_BETWEEN_CHECKS:
            self._since_check = 0
            text = "".join(self._pieces)
            self._pieces = [text]
            self._check_content(text)
            self._check_length(text)

    def finish(self) -> str:
        """The whole draft, its last characters included."""
        self._pieces.append(self._decoder.decode(b"", final=True))
        return "".join(self._pieces)

    def _check_content(self, text: str) -> None:
        reason = self._guard.feed(text.lstrip())
        if reason is not None:
            raise DraftAbandoned(reason, "given up while it was written: it would be refused")

    def _check_length(self, text: str) -> None:
        request = self._request
        written = request.count_tokens(text)
        if written >= request.token_budget:
            raise DraftAbandoned(Reason.NO_SAVING, "given up: the draft was growing too long")
        missing = self._guard.minimum_remaining(text)
        if not missing:
            return
        if written + request.count_tokens(missing) >= request.token_budget + _SLACK_TOKENS:
            raise DraftAbandoned(
                Reason.NO_SAVING, "given up: with what must be kept, no draft saves enough"
            )
