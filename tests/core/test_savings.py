"""The savings meter: what it counts, for whom, and at what price."""

from __future__ import annotations

import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from savings_parts import (
    ANOTHER,
    MEDICAL,
    PLAIN,
    POLITE,
    SHORT,
    Clock,
    context_of,
    quick,
    say,
)

from spsd_core import Call, Distiller, Reason
from spsd_core.exceptions import ConfigurationError
from spsd_core.savings import Counts, SavingsMeter

DISTILLER = quick()
ROOT = Path(__file__).parents[2]


class TestCounting:
    def test_texts_are_counted_by_what_became_of_them(self) -> None:
        """Distilled, or passed through with the reason; the tokens are those of the results."""
        meter = SavingsMeter()
        distiller = quick(meter)
        results = [distiller.distill(text) for text in (POLITE, PLAIN, SHORT, MEDICAL, POLITE)]
        texts = meter.total.texts
        assert (texts.seen, texts.distilled) == (5, 2)
        assert dict(texts.passed_through) == {
            Reason.NOTHING_TO_REMOVE: 1,
            Reason.TOO_SHORT: 1,
            Reason.SAFETY_CRITICAL: 1,
        }
        assert texts.tokens_before == sum(result.tokens_before for result in results)
        assert texts.tokens_after == sum(result.tokens_after for result in results)
        assert meter.total.tokens_saved == sum(result.tokens_saved for result in results) > 0
        assert meter.total.contexts == Counts()

    def test_the_default_engine_is_counted_like_any_other(self) -> None:
        meter = SavingsMeter()
        result = Distiller(observers=[meter]).distill(POLITE)
        assert result.distilled
        assert meter.total.tokens_saved == result.tokens_saved
        assert meter.total.energy_net_uwh == pytest.approx(result.record.energy.net_uwh, abs=1e-5)

    async def test_awaited_calls_are_counted_too(self) -> None:
        meter = SavingsMeter()
        results = await quick(meter).adistill_many([POLITE, PLAIN, ANOTHER])
        assert meter.total.texts.seen == 3
        assert meter.total.tokens_saved == sum(result.tokens_saved for result in results)

    def test_energy_is_net_and_signed(self) -> None:
        """A text that passes through has cost something and saved nothing."""
        meter = SavingsMeter()
        quick(meter).distill(PLAIN)
        assert meter.total.energy_cloud_saved_uwh == 0
        assert meter.total.energy_net_uwh == -meter.total.energy_edge_spent_uwh < 0

    def test_energy_adds_up_the_records(self) -> None:
        meter = SavingsMeter()
        distiller = quick(meter)
        records = [distiller.distill(text).record.energy for text in (POLITE, ANOTHER, MEDICAL)]
        net = sum(record.net_uwh for record in records if record)
        assert meter.total.energy_net_uwh == pytest.approx(net, abs=1e-5)

    def test_contexts_are_counted_beside_texts(self) -> None:
        meter = SavingsMeter()
        meter.on_spsd_context(Call("Which river?"), context_of("a", "", before=100, after=40))
        meter.on_spsd_context(Call("Which lake?"), context_of("b", before=10, after=10))
        contexts = meter.total.contexts
        assert (contexts.seen, contexts.distilled) == (2, 1)
        assert dict(contexts.passed_through) == {Reason.TOO_SHORT: 1}
        assert (contexts.tokens_before, contexts.tokens_saved) == (110, 60)
        assert (meter.total.texts.seen, meter.total.tokens_saved) == (0, 60)

    def test_estimated_tokens_are_said_to_be_estimates(self) -> None:
        meter = SavingsMeter()
        settings = DISTILLER.settings.model_validate(
            {"engines": ["lexical"], "target": {"tokenizer": "estimate"}}
        )
        Distiller(settings, observers=[meter]).distill(POLITE)
        quick(meter).distill(POLITE)
        assert meter.total.texts.estimated == 2 - DISTILLER.counter.exact

    def test_a_hundred_threads_lose_nothing(self) -> None:
        """And the sums of the rows are exact, energy included."""
        meter = SavingsMeter()
        distiller = quick(meter)

        def talk(number: int) -> int:
            saved = 0
            for text in (POLITE, ANOTHER, PLAIN) * 3:
                metadata = {"thread_id": number % 7, "user_id": number % 3}
                saved += say(distiller, text, **metadata).tokens_saved
            return saved

        with ThreadPoolExecutor(100) as pool:
            saved = sum(pool.map(talk, range(100)))
        assert meter.total.texts.seen == 900
        assert meter.total.tokens_saved == saved
        assert meter.conversations().total == meter.total
        assert meter.users().total == meter.days().total == meter.total


class TestWhoseCallItIs:
    @pytest.mark.parametrize("key", ["conversation_id", "thread_id", "session_id"])
    def test_a_conversation_is_named_by_the_first_key_that_is_there(self, key: str) -> None:
        meter = SavingsMeter()
        say(quick(meter), POLITE, **{key: "c1", "conversation": "not asked for"})
        assert list(meter.conversations()) == ["c1"]

    def test_other_keys_can_be_named(self) -> None:
        meter = SavingsMeter(conversation_keys=["ticket"], user_keys=["agent"])
        say(quick(meter), POLITE, ticket=17, agent="ann", thread_id="t", user="u")
        assert (list(meter.conversations()), list(meter.users())) == (["17"], ["ann"])

    @pytest.mark.parametrize("value", [None, "", "  ", True, ["c1"], object()])
    def test_a_call_without_an_id_is_in_the_total_and_the_day_alone(self, value: Any) -> None:
        meter = SavingsMeter()
        say(quick(meter), POLITE, thread_id=value, user_id=value)
        assert (len(meter.conversations()), len(meter.users())) == (0, 0)
        assert meter.total.texts.seen == 1
        assert meter.days().total == meter.total

    def test_a_uuid_is_an_id(self) -> None:
        meter = SavingsMeter()
        thread = uuid.uuid4()
        say(quick(meter), POLITE, thread_id=thread)
        assert list(meter.conversations()) == [str(thread)]

    def test_long_ids_are_cut_and_still_told_apart(self) -> None:
        meter = SavingsMeter()
        for end in "ab":
            say(quick(meter), POLITE, user_id="x" * 100_000 + end)
        assert len(meter.users()) == 2
        assert all(len(name) <= 200 for name in meter.users())

    def test_the_same_id_of_a_user_and_a_conversation_are_two_things(self) -> None:
        meter = SavingsMeter()
        distiller = quick(meter)
        say(distiller, POLITE, thread_id="one", user_id="two")
        say(distiller, POLITE, thread_id="two")
        assert meter.conversations()["two"].texts.seen == 1
        assert meter.users()["two"].texts.seen == 1


class TestDays:
    def test_a_day_is_one_of_utc(self) -> None:
        """Half past one in the morning of Tokyo is still yesterday in UTC."""
        tokyo = timezone(timedelta(hours=9))
        meter = SavingsMeter(clock=lambda: datetime(2026, 3, 1, 1, 30, tzinfo=tokyo))
        quick(meter).distill(POLITE)
        assert list(meter.days()) == ["2026-02-28"]

    def test_without_a_clock_of_its_own_it_is_today(self) -> None:
        meter = SavingsMeter()
        days = {datetime.now(timezone.utc).date().isoformat()}
        quick(meter).distill(POLITE)
        days.add(datetime.now(timezone.utc).date().isoformat())
        assert set(meter.days()) <= days

    def test_days_come_in_their_order(self) -> None:
        clock = Clock()
        meter = SavingsMeter(clock=clock)
        for days in (1, -2, 5):
            clock.pass_days(days)
            quick(meter).distill(POLITE)
        assert list(meter.days()) == ["2026-11-21", "2026-11-23", "2026-11-26"]


class TestBounds:
    def test_the_longest_idle_conversations_are_folded_into_older(self) -> None:
        meter = SavingsMeter(max_conversations=2)
        distiller = quick(meter)
        for thread in ("a", "b", "a", "c"):
            say(distiller, POLITE, thread_id=thread)
        rows = meter.conversations()
        assert list(rows) == ["a", "c"]
        assert (rows["a"].texts.seen, rows.older.texts.seen) == (2, 1)
        assert rows.total == meter.total

    def test_a_folded_conversation_that_goes_on_begins_a_new_row(self) -> None:
        meter = SavingsMeter(max_conversations=1)
        for thread in ("a", "b", "a"):
            say(quick(meter), POLITE, thread_id=thread)
        assert {name: row.texts.seen for name, row in meter.conversations().items()} == {"a": 1}
        assert meter.conversations().older.texts.seen == 2

    def test_the_earliest_day_is_folded_and_not_the_one_counted_first(self) -> None:
        """A clock that was wrong for a while must not cost a recent day."""
        clock = Clock()
        meter = SavingsMeter(max_days=2, clock=clock)
        for days in (0, -10, 11):
            clock.pass_days(days)
            quick(meter).distill(POLITE)
        assert list(meter.days()) == ["2026-11-22", "2026-11-23"]
        assert meter.days().total == meter.total

    def test_nothing_need_be_kept_by_name(self) -> None:
        meter = SavingsMeter(max_conversations=0, max_users=0, max_days=0, max_remembered_texts=0)
        say(quick(meter), POLITE, thread_id="a", user_id="u")
        rows = (meter.conversations(), meter.users(), meter.days())
        assert [len(row) for row in rows] == [0, 0, 0]
        assert all(row.older == meter.total for row in rows)

    @pytest.mark.parametrize(
        "setting", ["max_conversations", "max_users", "max_days", "max_remembered_texts"]
    )
    @pytest.mark.parametrize("number", [-1, 1.5, True, "10"])
    def test_a_bound_that_is_none_is_refused(self, setting: str, number: Any) -> None:
        with pytest.raises(ConfigurationError, match=setting):
            SavingsMeter(**{setting: number})

    @pytest.mark.parametrize("setting", ["conversation_keys", "user_keys"])
    @pytest.mark.parametrize("keys", ["thread_id", [1], [""]])
    def test_keys_that_are_no_names_are_refused(self, setting: str, keys: Any) -> None:
        """A single text would be taken letter by letter."""
        with pytest.raises(ConfigurationError, match=setting):
            SavingsMeter(**{setting: keys})


def test_importing_it_loads_no_exporter_and_no_yaml() -> None:
    """Nor a framework: what is not used costs nothing."""
    script = (
        "import sys, spsd_core.savings\n"
        "heavy = {'opentelemetry', 'prometheus_client', 'yaml', 'numpy', 'langchain_core'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
