"""One call of the perplexity engine on its way: passages, then sentences, then words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from spsd_core.context.perplexity.budget import (
    SENTENCE_SLACK,
    Sentence,
    choose_passages,
    choose_sentences,
    ratios,
)
from spsd_core.context.perplexity.lane import Lane
from spsd_core.context.perplexity.parts import Part, spell, take_apart
from spsd_core.context.perplexity.selection import kept_spans, rendered, trim
from spsd_core.context.perplexity.words import Prefix, drop_words, tokens_left
from spsd_core.engines.rewrite.session import LlamaSession
from spsd_core.settings import PerplexitySettings
from spsd_core.spans import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Budget", "Pruning"]

_RESTRICTION = " We can get the answer to this question in the given documents."
_BREAK = "\n\n"
_MARGIN_TOKENS = 8
"""Room for the line breaks between passages."""


class Budget(NamedTuple):
    """How much may stay, and of what."""

    rate: float | None
    """Share of the target tokens of all passages."""
    target_tokens: int | None
    count: Callable[[str], int]
    may_empty: bool

    def tokens(self, before: int) -> float:
        """Target tokens that may stay of `before`."""
        if self.target_tokens is not None:
            return float(self.target_tokens)
        return before * (0.5 if self.rate is None else self.rate)


class Pruning:
    """The state of one call.

    Args:
        session: tokenises.
        plain: reads the passages by themselves.
        asked: reads them after the question.
        settings: sizes of segments, contexts and questions; what is forced.
        question: may be blank; then surprise alone decides.
        budget: how much may stay.
    """

    def __init__(
        self,
        session: LlamaSession,
        plain: Lane,
        asked: Lane,
        settings: PerplexitySettings,
        question: str,
        budget: Budget,
    ) -> None:
        self._session = session
        self._plain = plain
        self._asked = asked
        self._settings = settings
        self._budget = budget
        self._break = self._tokens(_BREAK)
        begin = session.special_text("bos") if session.adds_bos else ""
        self._head = session.tokenize(begin, parse_special=True) or self._break
        context = session.context_tokens
        most = min(settings.question_tokens, context // 4)
        asking = question.strip()
        self._question = self._tokens(asking)[-most:] if asking else []
        self._probe = self._tokens(asking + _RESTRICTION)[-most:] if asking else []
        self._window = context - len(self._head) - 2 * most - _MARGIN_TOKENS
        self._surprises: dict[int, NDArray[np.float64]] = {}
        self.notes: list[str] = []

    def run(self, passages: Sequence[str], frozen: Sequence[bool]) -> tuple[tuple[Span, ...], ...]:
        """The spans that stay of each passage."""
        sizes = [self._budget.count(passage) for passage in passages]
        kept: list[tuple[Span, ...]] = [
            (Span(0, len(passage)),) if passage else () for passage in passages
        ]
        parts = list(self._take_apart(passages, sizes, frozen))
        left = self._budget.tokens(sum(sizes)) - (sum(sizes) - sum(part.size for part in parts))
        if not parts or sum(part.size for part in parts) <= left:
            return tuple(kept)
        going: list[Part] = []
        if left > 0 or not self._budget.may_empty:
            going = self._ranked(parts)
        if self._budget.may_empty:
            going = going[: choose_passages([part.size for part in going], left)]
        left = max(left, 1.0)
        self._drop_sentences(going, left)
        self._drop_words(going, left)
        trim(going, lambda: self._excess(going, left), may_empty=self._budget.may_empty)
        for part in parts:
            kept[part.index] = self._spans(part)
        return tuple(kept)

    def _take_apart(
        self, passages: Sequence[str], sizes: Sequence[int], frozen: Sequence[bool]
    ) -> Iterator[Part]:
        for index, (passage, size) in enumerate(zip(passages, sizes)):
            if frozen[index] or not passage.strip():
                continue
            spelling = spell(self._session, passage)
            if spelling is None:
                self.notes.append(f"passage {index} cannot be spelt by the local model: unchanged")
                continue
            yield take_apart(index, passage, size, spelling, self._settings)

    # -- passages and sentences ---------------------------------------------------------------

    def _ranked(self, parts: list[Part]) -> list[Part]:
        """The most telling passage first: the one that makes the question least surprising."""
        self._plain.restart(self._head)
        relevance = {part.index: self._relevance(part, alone=len(parts) == 1) for part in parts}
        return sorted(parts, key=lambda part: (-relevance[part.index], part.index))

    def _relevance(self, part: Part, *, alone: bool) -> float:
        """Mean log-probability of the question after the passage, of its best window."""
        if not self._probe:
            return float(self._own_surprise(part).mean())
        if alone:
            return 0.0
        return max(self._answers(window, self._probe) for window in self._windows(part.ids))

    def _answers(self, ids: Sequence[int], question: Sequence[int]) -> float:
        """Mean log-probability of `question` after `ids`."""
        home = self._plain.place()
        self._plain.read(ids)
        self._plain.read(self._break)
        surprise = float(self._plain.score(question).mean())
        self._plain.back(home)
        return -surprise

    def _own_surprise(self, part: Part) -> NDArray[np.float64]:
        import numpy as np

        if part.index not in self._surprises:
            home = self._plain.place()
            surprises = []
            for window in self._windows(part.ids):
                surprises.append(self._plain.score(window))
                self._plain.back(home)
            self._surprises[part.index] = np.concatenate(surprises)
        return self._surprises[part.index]

    def _windows(self, ids: list[int]) -> Iterator[list[int]]:
        for start in range(0, len(ids), self._window):
            yield ids[start : start + self._window]

    def _drop_sentences(self, ranked: list[Part], budget: float) -> None:
        if not self._settings.sentence_level:
            return
        if sum(part.size for part in ranked) <= SENTENCE_SLACK * budget:
            return
        going = choose_sentences(
            list(self._scored_sentences(ranked)),
            budget,
            from_every_part=not self._budget.may_empty,
        )
        for part in ranked:
            part.left = {
                block
                for number, blocks in enumerate(part.sentences)
                if (part.index, number) in going
                for block in blocks
            }

    def _scored_sentences(self, parts: list[Part]) -> Iterator[Sentence]:
        for part in parts:
            for number, blocks in enumerate(part.sentences):
                first, last = part.blocks[blocks[0]].tokens, part.blocks[blocks[-1]].tokens
                if self._question:
                    windows = self._windows(part.ids[first.start : last.stop])
                    score = max(self._answers(window, self._question) for window in windows)
                else:
                    score = float(self._own_surprise(part)[first.start : last.stop].mean())
                size = (last.stop - first.start) * part.target_per_token
                yield Sentence(part.index, number, size, score)

    # -- words --------------------------------------------------------------------------------

    def _drop_words(self, ranked: list[Part], budget: float) -> None:
        going = [part for part in ranked if part.left]
        sizes = [tokens_left(part) * part.target_per_token for part in going]
        share = {part.index: each for part, each in zip(going, ratios(sizes, budget))}
        prefixes = [Prefix(self._plain, self._head)]
        if self._question:
            prefixes.append(Prefix(self._asked, [*self._head, *self._question, *self._break]))
        for prefix in prefixes:
            prefix.lane.restart(prefix.home)
        longest = min(self._settings.segment_tokens, self._window // 2)
        for part in sorted(going, key=lambda part: part.index):
            drop_words(
                part,
                share[part.index],
                prefixes,
                longest=longest,
                may_empty=self._budget.may_empty and part is not going[0],
            )
            for prefix in prefixes:
                prefix.keep(self._break)

    # -- the result ---------------------------------------------------------------------------

    def _spans(self, part: Part) -> tuple[Span, ...]:
        return kept_spans(part, keep_lines="\n" in self._settings.force_tokens)

    def _excess(self, parts: list[Part], budget: float) -> int:
        """Target tokens beyond the budget."""
        used = sum(self._budget.count(rendered(part.text, self._spans(part))) for part in parts)
        return used - int(budget)

    def _tokens(self, text: str) -> list[int]:
        spelling = spell(self._session, text)
        return spelling.ids if spelling else []
