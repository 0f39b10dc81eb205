"""What saved tokens are worth, and how savings add up."""

from __future__ import annotations

from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from savings_parts import (
    ANOTHER,
    POLITE,
    Clock,
    context_of,
    metered,
    price_file,
    quick,
    say,
    spoken_calls,
)

from spsd_core import Call
from spsd_core.savings import Savings, SavingsMeter

DISTILLER = quick()


class TestMoney:
    def test_saved_tokens_cost_the_input_price(self, tmp_path: Path) -> None:
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        saved = quick(meter).distill(POLITE).tokens_saved
        assert meter.total.money == Decimal(saved) * 2 / 1_000_000
        assert meter.total.currency == "EUR"

    def test_without_prices_no_money_is_counted(self) -> None:
        meter = SavingsMeter(model="small")
        quick(meter).distill(POLITE)
        assert (meter.total.money, meter.total.currency) == (None, None)

    def test_what_a_conversation_repeats_costs_the_cached_price(self, tmp_path: Path) -> None:
        """Three requests of a chat: the first turn is sent three times, the second twice."""
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        distiller = quick(meter)
        first, second, third = (
            say(distiller, text, thread_id="c") for text in (POLITE, POLITE, ANOTHER)
        )
        say(distiller, POLITE, thread_id="c")
        say(distiller, ANOTHER, thread_id="c")
        new = first.tokens_saved + third.tokens_saved
        again = 2 * second.tokens_saved + third.tokens_saved
        assert meter.total.tokens_saved_again == again
        assert meter.total.money == (new * 2 + again * Decimal("0.5")) / 1_000_000
        assert meter.conversations()["c"] == meter.total

    def test_another_conversation_has_to_send_it_first(self, tmp_path: Path) -> None:
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        for thread in ("a", "b"):
            say(quick(meter), POLITE, thread_id=thread)
        assert meter.total.tokens_saved_again == 0

    def test_calls_of_no_conversation_are_never_repeats(self, tmp_path: Path) -> None:
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        for _ in range(3):
            say(quick(meter), POLITE, user_id="u")
        assert meter.total.tokens_saved_again == 0

    def test_the_assumption_can_be_switched_off(self, tmp_path: Path) -> None:
        """What is repeated is still counted; it costs the input price."""
        prices = price_file(tmp_path)
        meter = SavingsMeter(prices=prices, model="small", assume_prompt_cache=False)
        saved = [say(quick(meter), POLITE, thread_id="c").tokens_saved for _ in range(3)]
        assert meter.total.money == Decimal(sum(saved)) * 2 / 1_000_000
        assert meter.total.tokens_saved_again == sum(saved[1:])

    def test_a_model_without_a_cached_price_costs_the_input_price(self, tmp_path: Path) -> None:
        meter = SavingsMeter(prices=price_file(tmp_path), model="no-cache")
        saved = [say(quick(meter), POLITE, thread_id="c").tokens_saved for _ in range(2)]
        assert meter.total.money == Decimal(sum(saved)) * 2 / 1_000_000

    def test_a_repeated_context_costs_the_cached_price(self, tmp_path: Path) -> None:
        """An agent sends the result of a tool again with every step."""
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        call = Call("Which river?", metadata={"thread_id": "c"})
        for passages in (("a", "b"), ("a", "b"), ("ab",), ("b", "a")):
            meter.on_spsd_context(call, context_of(*passages, before=100, after=40))
        assert meter.total.tokens_saved_again == 60

    def test_texts_are_known_again_only_as_long_as_there_is_room(self, tmp_path: Path) -> None:
        """A forgotten text is priced as new: the memory is bounded."""
        meter = SavingsMeter(prices=price_file(tmp_path), model="small", max_remembered_texts=1)
        for text in (POLITE, ANOTHER, POLITE):
            say(quick(meter), text, thread_id="c")
        assert meter.total.tokens_saved_again == 0

    def test_sums_are_exact_whatever_the_decimal_context_of_the_caller(
        self, tmp_path: Path
    ) -> None:
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        with localcontext() as context:
            context.prec = 2
            saved = sum(quick(meter).distill(POLITE).tokens_saved for _ in range(37))
        assert meter.total.money == Decimal(saved) * 2 / 1_000_000


class TestSums:
    def test_nothing_adds_up_with_any_currency(self) -> None:
        euros = Savings(money=Decimal(1), currency="EUR")
        assert Savings() + euros == euros + Savings() == euros

    def test_two_currencies_are_kept_apart(self) -> None:
        with pytest.raises(ValueError, match="EUR and in USD cannot be added up"):
            Savings(money=Decimal(1), currency="EUR") + Savings(money=Decimal(1), currency="USD")

    def test_a_snapshot_does_not_change_when_the_meter_goes_on(self) -> None:
        meter = SavingsMeter()
        say(quick(meter), POLITE, thread_id="a")
        before, rows = meter.snapshot(), meter.conversations()
        say(quick(meter), POLITE, thread_id="a")
        assert before.total.texts.seen == rows["a"].texts.seen == 1
        with pytest.raises(AttributeError):
            before.total.tokens_saved_again = 5  # type: ignore[misc]
        with pytest.raises(TypeError):
            rows["b"] = Savings()  # type: ignore[index]

    def test_clear_forgets_the_counts_and_the_texts(self, tmp_path: Path) -> None:
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        say(quick(meter), POLITE, thread_id="a", user_id="u")
        meter.clear()
        assert (
            meter.snapshot()
            == SavingsMeter(prices=tmp_path / "prices.yaml", model="small").snapshot()
        )
        say(quick(meter), POLITE, thread_id="a")
        assert meter.total.tokens_saved_again == 0


@given(spoken=spoken_calls, kept=st.integers(0, 3), table=st.booleans())
def test_totals_are_the_sums_of_the_rows(
    spoken: list[tuple[str, str, str, int]],
    kept: int,
    table: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """However few rows are kept, and to the last digit of money and energy."""
    prices = price_file(tmp_path_factory.getbasetemp()) if table else None
    bounds = {"max_conversations": kept, "max_users": kept, "max_days": kept}
    meter = metered(spoken, Clock(), prices=prices, model="small", **bounds)
    for rows in (meter.conversations(), meter.users(), meter.days()):
        assert len(rows) <= kept
        assert rows.total == meter.total or not spoken
    assert meter.total.texts.seen == len(spoken)
    texts = meter.total.texts
    assert texts.distilled + sum(dict(texts.passed_through).values()) == texts.seen
