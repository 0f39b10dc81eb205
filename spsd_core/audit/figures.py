"""What an audit adds up while it goes through a log, in constant memory."""

from __future__ import annotations

import hashlib
import heapq
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import Any

from spsd_core.audit.bootstrap import PoissonBootstrap
from spsd_core.audit.calls import Call, Prompt
from spsd_core.audit.findings import Ranked
from spsd_core.audit.options import AuditOptions
from spsd_core.audit.shapes import Entry
from spsd_core.distillation import Reason
from spsd_core.memo import text_key

__all__ = ["FIGURES", "LENGTHS", "SHARES", "Figures"]

FIGURES = (
    "calls",
    "conversations",
    "prompts",
    "distilled",
    "before",
    "saved_new",
    "saved_again",
    "modelled_before",
    "modelled_saved",
    "cloud_pwh",
    "edge_pwh",
)
"""What is added up by call, for totals and intervals."""
LENGTHS = (0, 6, 8, 10, 12, 15, 20, 25, 30, 40, 60, 100, 150, 300, 1000)
"""Words from which on a prompt is in the next class."""
SHARES = 20
"""Classes of the share of a distilled prompt's tokens that was saved."""
_BROKEN_SHOWN = 10
_CONVERSATIONS = 20_000
"""Conversations that are known at once; one that is idle for longer begins anew."""
_SAMPLED_CHARS = 20_000
"""Longer prompts are not in the sample."""


class Figures:
    """All sums of an audit. What is said in `FIGURES` is kept by the bootstrap."""

    def __init__(self, options: AuditOptions) -> None:
        self.bootstrap = PoissonBootstrap(FIGURES, options.replicates, options.seed)
        self.by_reason: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.broken = 0
        self.broken_first: list[tuple[int, str]] = []
        self.records = 0
        self.first_at: float | None = None
        self.last_at: float | None = None
        self.calls_with_time = 0
        self.usage: Counter[str] = Counter()
        """What providers counted, and what we count of the same calls."""
        self.lengths = [[0, 0, 0] for _ in LENGTHS]
        """By class of length: prompts, their tokens, tokens saved."""
        self.shares = [0] * SHARES
        self.largest = Ranked(options.findings, "saved")
        self.riskiest = Ranked(options.findings, "risk")
        self._seed = options.seed
        self._sample_size = options.sample
        self._sample: list[tuple[int, str]] = []
        self._sampled: set[int] = set()
        self._conversations: OrderedDict[str, list[int]] = OrderedDict()

    # -- adding ---------------------------------------------------------------------------------

    def add_broken(self, line: int, problem: str) -> None:
        """Count a record that cannot be read."""
        self.records += 1
        self.broken += 1
        if len(self.broken_first) < _BROKEN_SHOWN:
            self.broken_first.append((line, problem))

    def add_left_out(self, kind: str) -> None:
        """Count a record that is no call of a model."""
        self.records += 1
        self.left_out[kind if kind in self.left_out or len(self.left_out) < 20 else "other"] += 1

    def add(self, line: int, entry: Entry, calls: Sequence[Call]) -> None:
        """Count an entry with its calls."""
        self.records += 1
        cluster = _cluster(entry)
        for call in calls:
            begins, before, saved = self._in_conversation(entry, cluster, call)
            distilled = [one for one in call.prompts if one.reason is Reason.SHORTENED]
            values = (
                1,
                int(begins),
                len(call.prompts),
                len(distilled),
                call.before,
                call.saved_new,
                call.saved_again,
                before,
                saved,
                sum(prompt.outcome.cloud_pwh for prompt in distilled),
                sum(prompt.outcome.edge_pwh for prompt in call.prompts),
            )
            self.bootstrap.add(cluster, values)
            for prompt in call.prompts:
                self._add_prompt(line, prompt)
        self._add_time(entry.at, len(calls))
        if entry.usage is not None and len(calls) == 1:
            self._add_usage(entry, calls[0])

    def _add_prompt(self, line: int, prompt: Prompt) -> None:
        self.by_reason[prompt.reason.value] += 1
        saved = prompt.before - prompt.after
        row = self.lengths[_class(prompt.outcome.words or len(prompt.text.split()))]
        row[0] += 1
        row[1] += prompt.before
        row[2] += saved
        self._offer_sample(prompt.text)
        if prompt.reason is Reason.SHORTENED:
            share = saved / prompt.before if prompt.before else 0.0
            self.shares[min(SHARES - 1, int(share * SHARES))] += 1
            self.largest.offer(line, prompt)
            self.riskiest.offer(line, prompt)

    def _in_conversation(self, entry: Entry, cluster: bytes, call: Call) -> tuple[bool, int, int]:
        """Whether the call begins a conversation, and what earlier turns would add to it.

        Only where the log names conversations and its calls hold no more than their own turn are
        earlier turns added: as many tokens again, and as many saved.
        """
        name = cluster.hex()
        before, saved, closed = self._conversations.pop(name, (-1, 0, 0))
        new = before < 0 or (entry.conversation is None and call.begins)
        if new:
            before = saved = closed = 0
        modelled = (before, saved) if call.begins and not new else (0, 0)
        closed = int(closed or call.closed)
        state = [before + call.turn, saved + (0 if closed else call.saved_new), closed]
        self._conversations[name] = state
        if len(self._conversations) > _CONVERSATIONS:
            self._conversations.popitem(last=False)
        return (new, *modelled)

    def _add_time(self, at: float | None, calls: int) -> None:
        if at is not None:
            self.first_at = at if self.first_at is None else min(at, self.first_at)
            self.last_at = at if self.last_at is None else max(at, self.last_at)
            self.calls_with_time += calls

    def _add_usage(self, entry: Entry, call: Call) -> None:
        usage = entry.usage
        if usage is None:
            return
        self.usage["calls"] += 1
        self.usage["tokens"] += usage.input_tokens
        self.usage["our_tokens"] += call.before
        if usage.cached_tokens is not None:
            self.usage["tokens_where_cache_known"] += usage.input_tokens
            self.usage["cached_tokens"] += usage.cached_tokens

    def _offer_sample(self, text: str) -> None:
        """Keep the texts whose hashes are the smallest: every distinct text has the same chance."""
        if not self._sample_size or len(text) > _SAMPLED_CHARS:
            return
        key = b"%d " % self._seed + text_key(text)
        place = -int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
        if place in self._sampled:
            return
        if len(self._sample) < self._sample_size:
            heapq.heappush(self._sample, (place, text))
        elif place > self._sample[0][0]:
            self._sampled.discard(heapq.heapreplace(self._sample, (place, text))[0])
        else:
            return
        self._sampled.add(place)

    # -- reading --------------------------------------------------------------------------------

    def __getitem__(self, figure: str) -> int:
        """The sum of one of `FIGURES`."""
        return self.bootstrap.sums[figure]

    def sample(self) -> list[str]:
        """Some distinct prompts, each with the same chance."""
        return [text for _, text in sorted(self._sample)]

    def to_json(self) -> dict[str, Any]:
        """All of it, to go on from later."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {
            **plain,
            "bootstrap": self.bootstrap.to_json(),
            "largest": self.largest.to_json(),
            "riskiest": self.riskiest.to_json(),
            "sample": self._sample,
            "conversations": list(self._conversations.items()),
        }

    def restore(self, stored: dict[str, Any]) -> None:
        """Go on from what `to_json` gave; raises an exception where it is something else."""
        for name in _PLAIN:
            value = stored[name]
            setattr(self, name, Counter(value) if name in _COUNTERS else value)
        self.broken_first = [(int(line), str(problem)) for line, problem in stored["broken_first"]]
        self.bootstrap.restore(stored["bootstrap"])
        self.largest.restore(stored["largest"])
        self.riskiest.restore(stored["riskiest"])
        self._sample = [(int(place), str(text)) for place, text in stored["sample"]]
        heapq.heapify(self._sample)
        self._sampled = {place for place, _ in self._sample}
        self._conversations = OrderedDict(
            (str(name), [int(one) for one in state]) for name, state in stored["conversations"]
        )


_COUNTERS = ("by_reason", "left_out", "usage")
_PLAIN = (
    *_COUNTERS,
    "broken",
    "broken_first",
    "records",
    "first_at",
    "last_at",
    "calls_with_time",
    "lengths",
    "shares",
)


def _class(words: int) -> int:
    return bisect_right(LENGTHS, words) - 1


def _cluster(entry: Entry) -> bytes:
    """What the calls of a conversation have in common: its id, or how it begins."""
    if entry.conversation is not None:
        return text_key(f"id {entry.conversation}")
    beginning: list[str] = []
    for message in entry.messages:
        beginning += [message.role, *message.parts, *message.unseen]
        if message.role == "user":
            break
    return text_key("text \x00".join(beginning))
