"""Savings of several meters and processes: merged, copied, pickled."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from savings_parts import (
    POLITE,
    Clock,
    metered,
    price_file,
    quick,
    say,
    spoken_calls,
)

from spsd_core.savings import SavingsMeter, SavingsSnapshot

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class TestMerging:
    @given(spoken=spoken_calls, cut=st.integers(0, 25))
    def test_two_meters_count_what_one_would_have(
        self, spoken: list[tuple[str, str, str, int]], cut: int
    ) -> None:
        """But for repeats across the two, and the time each call took."""
        clock = Clock()
        whole = metered(spoken, clock)
        clock = Clock()
        first, second = metered(spoken[:cut], clock), metered(spoken[cut:], clock)
        first.merge(second)
        assert first.total.texts == whole.total.texts
        for mine, theirs in (
            (first.conversations(), whole.conversations()),
            (first.users(), whole.users()),
            (first.days(), whole.days()),
        ):
            assert {name: row.texts for name, row in mine.items()} == {
                name: row.texts for name, row in theirs.items()
            }

    def test_a_meter_comes_back_from_another_process(self, tmp_path: Path) -> None:
        """Through a file."""
        script = (
            "import sys\n"
            "from savings_parts import POLITE, quick, say\n"
            "from spsd_core.savings import SavingsMeter\n"
            "meter = SavingsMeter()\n"
            "say(quick(meter), POLITE, thread_id='a')\n"
            "meter.write_json(sys.argv[1])\n"
        )
        path = tmp_path / "worker.json"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, HERE)))}
        subprocess.run([sys.executable, "-c", script, str(path)], check=True, env=environment)
        meter = SavingsMeter()
        say(quick(meter), POLITE, thread_id="a")
        meter.merge(SavingsSnapshot.read_json(path))
        assert meter.conversations()["a"].texts.seen == meter.total.texts.seen == 2

    def test_bounds_hold_after_a_merge(self) -> None:
        clock = Clock()
        meter, other = SavingsMeter(max_users=2, clock=clock), SavingsMeter(clock=clock)
        for user in "abc":
            say(quick(other), POLITE, user=user)
        meter.merge(other)
        assert list(meter.users()) == ["b", "c"]
        assert meter.users().total == meter.total == other.total

    def test_a_meter_of_another_model_or_currency_is_refused(self, tmp_path: Path) -> None:
        prices = price_file(tmp_path)
        meter = SavingsMeter(prices=prices, model="small")
        others = (
            SavingsMeter(prices=prices, model="no-cache"),
            SavingsMeter(model="small"),
            SavingsMeter(prices=prices, model="small", assume_prompt_cache=False),
        )
        for other in others:
            with pytest.raises(ValueError, match="cannot be merged"):
                meter.merge(other)

    def test_a_meter_is_not_merged_into_itself(self) -> None:
        meter = SavingsMeter()
        with pytest.raises(ValueError, match="into itself"):
            meter.merge(meter)


class TestCopies:
    @pytest.mark.parametrize(
        "copied", [copy.deepcopy, lambda meter: pickle.loads(pickle.dumps(meter))]
    )
    def test_a_copy_has_the_counts_and_goes_its_own_way(self, copied: Any, tmp_path: Path) -> None:
        meter = SavingsMeter(prices=price_file(tmp_path), model="small")
        say(quick(meter), POLITE, thread_id="a")
        twin = copied(meter)
        assert twin.snapshot() == meter.snapshot()
        say(quick(twin), POLITE, thread_id="a")
        assert (meter.total.texts.seen, twin.total.texts.seen) == (1, 2)

    def test_a_distiller_with_a_meter_can_be_pickled(self) -> None:
        twin = pickle.loads(pickle.dumps(quick(SavingsMeter())))
        twin.distill(POLITE)
        assert twin.observers[0].total.texts.seen == 1
