"""`SavingsMeter`: an observer that adds up what distilling saved."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spsd_core.distillation import Distillation
from spsd_core.exceptions import ConfigurationError
from spsd_core.memo import Memo, text_key
from spsd_core.observers import Call, Observer
from spsd_core.savings.counts import Savings, savings_of
from spsd_core.savings.ids import checked_keys, id_in
from spsd_core.savings.prices import PriceTable
from spsd_core.savings.rows import BoundedRows, Rows, earliest, longest_idle
from spsd_core.savings.snapshot import SavingsSnapshot, write_atomically

if TYPE_CHECKING:
    from spsd_core.context.types import ContextDistillation

__all__ = ["SavingsMeter"]


def _now() -> datetime:
    return datetime.now(timezone.utc)


class SavingsMeter(Observer):
    """Adds up what a conversation, a user, a day saved: tokens, money, energy.

    Give it to a distiller, or to whatever takes observers. It may watch any number of them, from
    any number of threads. Who is who comes from `Call.metadata`; what has no id counts in the
    total and the day alone. It holds no text.

    A chat sends its history with every request, and so it is counted with every request. Where a
    conversation repeats a text, its saving is priced as cached input, because a provider's prompt
    cache would have held it. That is an assumption; `assume_prompt_cache=False` does without.

    Args:
        prices: a price file, or a table; None: money is not counted.
        model: which model is paid for, as the price file calls it.
        conversation_keys: of these keys of the metadata, the first that is there names the
            conversation.
        user_keys: the same for the user.
        assume_prompt_cache: whether what a conversation repeats is priced as cached.
        max_conversations: how many are kept by name; the longest idle are folded into `older`.
        max_users: the same for users.
        max_days: how many days are kept; the earliest are folded into `older`.
        max_remembered_texts: how many texts are known again, by hash, when they are repeated.
        clock: gives the time, aware of its zone. Days are those of UTC.

    Raises:
        ConfigurationError: the prices cannot be read, the model has none, or a number or key
            cannot be; the message says what to do.
    """

    def __init__(
        self,
        *,
        prices: str | Path | PriceTable | None = None,
        model: str | None = None,
        conversation_keys: Sequence[str] = ("conversation_id", "thread_id", "session_id"),
        user_keys: Sequence[str] = ("user_id", "user"),
        assume_prompt_cache: bool = True,
        max_conversations: int = 10_000,
        max_users: int = 10_000,
        max_days: int = 400,
        max_remembered_texts: int = 65_536,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        table = PriceTable.from_file(prices) if isinstance(prices, (str, Path)) else prices
        if table is not None and not isinstance(table, PriceTable):
            raise ConfigurationError(
                f"prices must be the path of a price file or a PriceTable, not {prices!r}"
            )
        self.model = model
        self.price = None if table is None else table.price_of(model)
        self.assume_prompt_cache = assume_prompt_cache
        self._nothing = (
            Savings() if table is None else Savings(money=Decimal(0), currency=table.currency)
        )
        self._conversation_keys = checked_keys("conversation_keys", conversation_keys)
        self._user_keys = checked_keys("user_keys", user_keys)
        self._clock = clock
        self._remembered_texts = _limit("max_remembered_texts", max_remembered_texts)
        self._total = self._nothing
        conversations = _limit("max_conversations", max_conversations)
        self._conversations = BoundedRows(conversations, longest_idle)
        self._users = BoundedRows(_limit("max_users", max_users), longest_idle)
        self._days = BoundedRows(_limit("max_days", max_days), earliest)
        self._set_up()

    def _set_up(self) -> None:
        self._lock = threading.Lock()
        self._seen: Memo[bool] = Memo(self._remembered_texts)

    # -- counting -----------------------------------------------------------------------------

    def on_spsd_distillation(self, call: Call, distillation: Distillation) -> None:
        """Count a text."""
        self._count(call, savings_of(distillation), distillation.text)

    def on_spsd_context(self, call: Call, distillation: ContextDistillation) -> None:
        """Count the passages of a call; the question is no part of them."""
        self._count(call, savings_of(distillation), *distillation.passages)

    def _count(self, call: Call, savings: Savings, *sent: str) -> None:
        conversation = id_in(call.metadata, self._conversation_keys)
        user = id_in(call.metadata, self._user_keys)
        day = self._clock().astimezone(timezone.utc).date().isoformat()
        key = None
        if conversation is not None and self._remembered_texts:
            key = (conversation, text_key("".join(text_key(one).hex() for one in sent)))
        with self._lock:
            savings = self._priced(savings, again=self._sent_before(key))
            self._total += savings
            self._days.add(day, savings)
            if conversation is not None:
                self._conversations.add(conversation, savings)
            if user is not None:
                self._users.add(user, savings)

    def _sent_before(self, key: tuple[object, ...] | None) -> bool:
        """Whether the conversation has sent this before; from now on it has."""
        if key is None:
            return False
        again = self._seen.get(key) is not None
        if not again:
            self._seen.put(key, True)
        return again

    def _priced(self, savings: Savings, *, again: bool) -> Savings:
        price, tokens = self.price, savings.tokens_saved
        cached = again and self.assume_prompt_cache
        return replace(
            savings,
            tokens_saved_again=tokens if again else 0,
            money=None if price is None else price.of(tokens, cached=cached),
            currency=self._nothing.currency,
        )

    def merge(self, other: SavingsMeter | SavingsSnapshot) -> None:
        """Add what another meter counted, in another process for example.

        Raises:
            ValueError: it is this meter, or it counted money otherwise: for another model, in
                another currency, or with another assumption about the prompt cache.
        """
        if other is self:
            raise ValueError("a meter cannot be merged into itself: it would count twice")
        counted = other.snapshot() if isinstance(other, SavingsMeter) else other
        mine, theirs = _terms(self.snapshot()), _terms(counted)
        if mine != theirs:
            raise ValueError(
                f"a meter of {theirs} cannot be merged into one of {mine}; keep one meter a model, "
                "built alike in every process"
            )
        with self._lock:
            self._total += counted.total
            self._conversations.merge(counted.conversations)
            self._users.merge(counted.users)
            self._days.merge(counted.days)

    def clear(self) -> None:
        """Forget everything counted, and every text seen."""
        with self._lock:
            self._total = self._nothing
            self._conversations.clear()
            self._users.clear()
            self._days.clear()
            self._seen = Memo(self._remembered_texts)

    # -- what was counted -----------------------------------------------------------------------

    @property
    def total(self) -> Savings:
        """Everything since the meter was built or cleared."""
        return self._total

    def conversations(self) -> Rows:
        """By conversation, the longest idle first."""
        with self._lock:
            return self._conversations.snapshot()

    def users(self) -> Rows:
        """By user, the longest idle first."""
        with self._lock:
            return self._users.snapshot()

    def days(self) -> Rows:
        """By day in UTC, the earliest first."""
        with self._lock:
            return self._days.snapshot()

    def snapshot(self) -> SavingsSnapshot:
        """All of it at one moment: no call is in one part and missing in another."""
        with self._lock:
            return SavingsSnapshot(
                total=self._total,
                conversations=self._conversations.snapshot(),
                users=self._users.snapshot(),
                days=self._days.snapshot(),
                model=self.model,
                price=self.price,
                assume_prompt_cache=self.assume_prompt_cache,
            )

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON types. Holds the ids of conversations and users."""
        return self.snapshot().to_json()

    def write_json(self, path: str | Path) -> None:
        """Write `to_json` to a file, in one step; `SavingsSnapshot.read_json` reads it.

        A new file can be read by its owner alone, because it holds ids; an old one keeps its mode.

        Raises:
            OSError: it could not be written (a full disk, for example); what the file held before
                is untouched.
        """
        write_atomically(path, json.dumps(self.to_json(), indent=1) + "\n")

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            rows = ("_conversations", "_users", "_days")
            state = {**self.__dict__, **{name: getattr(self, name).copy() for name in rows}}
        del state["_lock"], state["_seen"]  # a copy has to see a text itself
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_up()


def _terms(counted: SavingsSnapshot) -> dict[str, Any]:
    """How a meter counts money; only what was counted alike can be added up."""
    return {
        "model": counted.model,
        "currency": counted.total.currency,
        "assume_prompt_cache": counted.assume_prompt_cache,
    }


def _limit(setting: str, number: int) -> int:
    if type(number) is not int or number < 0:
        raise ConfigurationError(f"{setting} must be a whole number from 0 on, not {number!r}")
    return number
