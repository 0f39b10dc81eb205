"""Which blocks stay: by the threshold of a segment, with what must follow, within the budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from spsd_core.context.perplexity.parts import Block, Part
from spsd_core.spans import Span, merge_spans

__all__ = ["completed", "kept_spans", "over_threshold", "rendered", "trim"]

_TRIM_ROUNDS = 8


def over_threshold(
    blocks: Mapping[int, Block], scores: Mapping[int, float], ratio: float
) -> tuple[set[int], float]:
    """The blocks of a segment that stay, and the score from which on they do.

    Forced blocks stay and count against the share; the best-scored ones fill the rest of it.

    Args:
        blocks: of the segment, by number.
        scores: of these blocks.
        ratio: the share of the segment's tokens that is to stay.
    """
    room = ratio * sum(len(block.tokens) for block in blocks.values())
    chosen = {number for number, block in blocks.items() if block.forced}
    room -= sum(len(blocks[number].tokens) for number in chosen)
    threshold = float("inf")
    for number in sorted(blocks, key=lambda number: (-scores[number], number)):
        if number in chosen or blocks[number].is_mark:
            continue
        if len(blocks[number].tokens) > 2 * room:  # nearer to the share without it than with it
            break
        chosen.add(number)
        room -= len(blocks[number].tokens)
        threshold = scores[number]
    if threshold == float("inf"):
        threshold = max(scores.values(), default=0.0)
    return chosen, threshold


def completed(part: Part, chosen: Iterable[int]) -> set[int]:
    """`chosen` with what follows it: the negations and the end mark of every sentence it is in."""
    complete = set(chosen)
    touched = {part.blocks[number].sentence for number in complete}
    for number in part.left:
        if part.blocks[number].follows and part.blocks[number].sentence in touched:
            complete.add(number)
    return complete


def trim(parts: Sequence[Part], excess: Callable[[], int], *, may_empty: bool) -> None:
    """Drop the blocks that passed their thresholds by least until `excess` gives no more than 0.

    Forced blocks stay, and at least one word: of each part, or of all where these may be empty.
    """
    for _ in range(_TRIM_ROUNDS):
        over: float = excess()
        if over <= 0:
            return
        words = {part.index: _words(part) for part in parts}
        touched: dict[int, Part] = {}
        for _, _, number, part in sorted(_droppable(parts), key=lambda each: each[:3]):
            if over <= 0 or sum(words.values()) < 2:
                break
            if words[part.index] > 1 or may_empty:
                over -= len(part.blocks[number].tokens) * part.target_per_token
                part.chosen.discard(number)
                words[part.index] -= 1
                touched[part.index] = part
        for part in touched.values():
            part.chosen = completed(part, _without_orphans(part))
        if not touched:
            return


def _droppable(parts: Sequence[Part]) -> Iterator[tuple[float, int, int, Part]]:
    for part in parts:
        for number in part.chosen:
            if not part.blocks[number].forced and not part.blocks[number].follows:
                yield part.margins.get(number, 0.0), part.index, number, part


def _words(part: Part) -> int:
    return sum(not _only_follows(part.blocks[number]) for number in part.chosen)


def _without_orphans(part: Part) -> set[int]:
    """The chosen blocks without the followers of sentences of which nothing else stays."""
    leading = {
        part.blocks[number].sentence
        for number in part.chosen
        if not _only_follows(part.blocks[number])
    }
    return {number for number in part.chosen if part.blocks[number].sentence in leading}


def _only_follows(block: Block) -> bool:
    return block.follows and not block.forced


def kept_spans(part: Part, *, keep_lines: bool) -> tuple[Span, ...]:
    """What stays of the passage, in order; joined it is the result.

    Between two stretches that stay, a piece of the white space that parted them does: one
    character, or the line breaks where `keep_lines`.
    """
    text, blocks = part.text, part.blocks
    numbers = sorted(part.chosen)
    if len(numbers) == len(blocks):
        return (Span(0, len(text)),)
    spans = [(blocks[number].start, blocks[number].end) for number in numbers]
    for left, right in pairwise(numbers):
        gaps = [
            Span(blocks[number].end, blocks[number + 1].start)
            for number in range(left, right)
            if blocks[number].end < blocks[number + 1].start
        ]
        if left + 1 == right:
            spans += gaps
        elif gaps and not blocks[right].is_mark:
            spans.append(_separator(text, gaps, keep_lines=keep_lines))
    return merge_spans(spans)


def _separator(text: str, gaps: Sequence[Span], *, keep_lines: bool) -> Span:
    """One space, or the line breaks of the gap that has most of them."""
    if keep_lines:
        gap = max(gaps, key=lambda each: text.count("\n", *each))
        first = text.find("\n", *gap)
        if first >= 0:
            return Span(first, text.rfind("\n", *gap) + 1)
    last = gaps[-1]
    return Span(last.end - 1, last.end)


def rendered(text: str, spans: Sequence[Span]) -> str:
    """The kept spans, joined.

    >>> rendered("one two three", [Span(0, 4), Span(8, 13)])
    'one three'
    """
    return "".join(text[start:end] for start, end in spans)
