"""Ends a draft as soon as it cannot be accepted any more."""

from __future__ import annotations

import codecs

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import DraftRequest
from spsd_core.exceptions import DraftAbandoned
from spsd_core.spans import Span

__all__ = ["DraftMonitor"]

_TOKENS_BETWEEN_CHECKS = 8
_SLACK_TOKENS = 2
"""Counts of pieces do not add up exactly to the count of the whole."""
_COURTESY_FACTOR = 1.5
_OTHER_SHARE = 0.05
"""What a model that has copied so far may yet leave out: half as much again as the courtesy
that the phrase list finds ahead, and a twentieth of everything."""


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
        self._courtesy: list[Span] | None = None

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
            self._check_copy(text.lstrip())

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

    def _check_copy(self, text: str) -> None:
        """Give up a word-for-word copy when little is ahead that models leave out.

        A model that keeps the greeting copies to the end, or up to the closing thanks.
        """
        original = self._request.text
        start = len(original) - len(original.lstrip())
        if not text or not original.startswith(text, start):
            return
        done = start + len(text)
        ahead = len(original) - done
        courtesy = sum(max(0, end - max(begin, done)) for begin, end in self._courtesy_spans())
        removable = min(ahead, _COURTESY_FACTOR * courtesy + _OTHER_SHARE * ahead)
        tokens = self._request.count_tokens(original)
        if tokens * (1 - removable / len(original)) >= self._request.token_budget:
            raise DraftAbandoned(
                Reason.NO_SAVING, "given up: copied word for word, with little courtesy ahead"
            )

    def _courtesy_spans(self) -> list[Span]:
        if self._courtesy is None:
            from spsd_core.engines.lexical import courtesy_spans

            self._courtesy = list(courtesy_spans(self._request.text, fillers=True))
        return self._courtesy
