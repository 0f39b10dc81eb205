"""Energy: hand-worked figures, the processor's counter read from a made-up sysfs, and the sign."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from spsd_core.energy import EnergyAssumptions, RaplCounter, energy_record, system_rapl

RANGE_UJ = 262_143_328_850


def fake_package(root: Path, number: int, energy_uj: str, range_uj: str = str(RANGE_UJ)) -> Path:
    """A fake of one processor package's folder, laid out as Linux lays it out."""
    folder = root / f"intel-rapl:{number}"
    folder.mkdir(parents=True)
    (folder / "energy_uj").write_text(f"{energy_uj}\n")
    (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
    return folder / "energy_uj"


class TestCloudShare:
    def test_a_token_costs_what_the_formula_gives_by_hand(self) -> None:
        """2e9 operations at half of 1e12 a second take 4 ms; 4 ms at 900 W and PUE 2 are 7.2 J."""
        assumptions = EnergyAssumptions(
            cloud_parameters=1e9,
            cloud_peak_flops=1e12,
            cloud_utilisation=0.5,
            cloud_power_w=900.0,
            cloud_pue=2.0,
        )
        assert assumptions.cloud_uwh_per_token == pytest.approx(7.2 / 3600 * 1e6)  # 2,000 uWh

    def test_the_defaults_give_about_nine_and_a_half_microwatt_hours(self) -> None:
        """16.06e9 operations at 395.6e12 a second, 40.6 us, at 840 W: 34.1 mJ."""
        assert EnergyAssumptions().cloud_uwh_per_token == pytest.approx(9.4725, rel=1e-3)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("cloud_parameters", 0),
            ("cloud_peak_flops", -1),
            ("cloud_utilisation", 0),
            ("cloud_utilisation", 1.01),
            ("cloud_power_w", 0),
            ("cloud_pue", 0.99),
            ("edge_power_per_core_w", 0),
            ("cloud_colour", 1),
        ],
    )
    def test_impossible_assumptions_are_refused(self, name: str, value: float) -> None:
        with pytest.raises(ValidationError, match=name):
            EnergyAssumptions.model_validate({name: value})


class TestRecord:
    def test_processor_time_is_priced_at_the_stated_power(self) -> None:
        """0.36 core-seconds at 5 W are 1.8 J, or 500 uWh; 100 tokens at 20 uWh are 2,000."""
        assumptions = EnergyAssumptions(
            cloud_parameters=1e7,
            cloud_peak_flops=1e12,
            cloud_utilisation=0.5,
            cloud_power_w=900.0,
            cloud_pue=2.0,
            edge_power_per_core_w=5.0,
        )
        record = energy_record(assumptions, tokens_saved=100, core_seconds=0.36)
        assert record.cloud_saved_uwh == pytest.approx(2_000)
        assert record.edge_spent_uwh == pytest.approx(500)
        assert record.net_uwh == pytest.approx(1_500)
        assert record.edge_method == "cpu_time"

    def test_a_reading_from_the_processor_replaces_processor_time(self) -> None:
        record = energy_record(
            EnergyAssumptions(), tokens_saved=10, core_seconds=99.0, rapl_uwh=7.0
        )
        assert record.edge_spent_uwh == 7.0
        assert record.edge_method == "rapl"

    def test_a_reading_of_nothing_is_still_a_reading(self) -> None:
        record = energy_record(EnergyAssumptions(), tokens_saved=1, core_seconds=9.0, rapl_uwh=0.0)
        assert (record.edge_spent_uwh, record.edge_method) == (0.0, "rapl")

    def test_the_net_figure_is_negative_where_this_machine_spent_more(self) -> None:
        record = energy_record(EnergyAssumptions(), tokens_saved=1, core_seconds=1.0)
        assert record.net_uwh < 0
        assert record.net_uwh == record.cloud_saved_uwh - record.edge_spent_uwh

    def test_a_pass_through_that_took_time_costs_exactly_that(self) -> None:
        record = energy_record(EnergyAssumptions(), tokens_saved=0, core_seconds=0.001)
        assert record.cloud_saved_uwh == 0
        assert record.net_uwh == -record.edge_spent_uwh < 0

    def test_a_request_that_grew_counts_against_us(self) -> None:
        record = energy_record(EnergyAssumptions(), tokens_saved=-5, core_seconds=0.0)
        assert record.net_uwh == pytest.approx(-5 * EnergyAssumptions().cloud_uwh_per_token)

    def test_every_assumption_is_in_the_record_by_the_name_of_its_setting(self) -> None:
        assumptions = EnergyAssumptions(cloud_pue=1.5)
        record = energy_record(assumptions, tokens_saved=1, core_seconds=0.1)
        assert record.assumptions == assumptions.model_dump()
        assert set(record.assumptions) == set(EnergyAssumptions.model_fields)
        assert record.assumptions["cloud_pue"] == 1.5


class TestRapl:
    def test_two_packages_are_read_in_order_and_added_up(self, tmp_path: Path) -> None:
        first = fake_package(tmp_path, 0, "1000000")
        second = fake_package(tmp_path, 1, "5000000")
        counter = RaplCounter(tmp_path)
        assert counter.readable
        before = counter.read()
        assert before == (1_000_000, 5_000_000)
        first.write_text("4600000\n")
        second.write_text("8600000\n")
        spent = counter.spent_uwh(before, counter.read())
        assert spent == pytest.approx(2_000)  # 3.6 J and 3.6 J; 3.6 mJ are a microwatt-hour

    def test_core_and_memory_domains_are_not_counted_twice(self, tmp_path: Path) -> None:
        """Linux also lists parts of a package, as `intel-rapl:0:0`; the package holds them."""
        fake_package(tmp_path, 0, "10")
        part = tmp_path / "intel-rapl:0:0"
        part.mkdir()
        (part / "energy_uj").write_text("7\n")
        (part / "max_energy_range_uj").write_text("100\n")
        assert RaplCounter(tmp_path).read() == (10,)

    def test_a_counter_that_wrapped_around_is_continued(self, tmp_path: Path) -> None:
        file = fake_package(tmp_path, 0, str(RANGE_UJ - 1_600_000))
        counter = RaplCounter(tmp_path)
        before = counter.read()
        file.write_text("2000000\n")
        assert counter.spent_uwh(before, counter.read()) == pytest.approx(1_000)  # 3.6 J

    def test_only_the_package_that_wrapped_is_corrected(self, tmp_path: Path) -> None:
        first = fake_package(tmp_path, 0, "900", "1000")
        second = fake_package(tmp_path, 1, "500", "2000")
        counter = RaplCounter(tmp_path)
        before = counter.read()
        first.write_text("100")
        second.write_text("700")
        assert counter.spent_uwh(before, counter.read()) == pytest.approx(400 / 3600)

    def test_a_machine_without_the_counter_says_so(self, tmp_path: Path) -> None:
        counter = RaplCounter(tmp_path / "nothing here")
        assert not counter.readable
        assert counter.read() == ()
        assert counter.spent_uwh(counter.read(), counter.read()) is None

    @pytest.mark.parametrize("content", ["", "not a number", "12 34"])
    def test_a_counter_that_holds_garbage_is_not_used(self, tmp_path: Path, content: str) -> None:
        fake_package(tmp_path, 0, content)
        assert not RaplCounter(tmp_path).readable

    def test_a_counter_that_cannot_be_opened_is_not_used(self, tmp_path: Path) -> None:
        """A folder of that name fails to open for everybody, root included."""
        folder = tmp_path / "intel-rapl:0"
        (folder / "energy_uj").mkdir(parents=True)
        (folder / "max_energy_range_uj").write_text("100\n")
        assert not RaplCounter(tmp_path).readable

    def test_one_unreadable_package_of_two_disqualifies_both(self, tmp_path: Path) -> None:
        """Half a machine's energy would be a wrong figure, not a smaller one."""
        fake_package(tmp_path, 0, "10")
        fake_package(tmp_path, 1, "10", range_uj="unknown")
        assert not RaplCounter(tmp_path).readable

    def test_a_counter_that_vanishes_between_readings_gives_no_figure(self, tmp_path: Path) -> None:
        file = fake_package(tmp_path, 0, "10")
        counter = RaplCounter(tmp_path)
        before = counter.read()
        file.unlink()
        assert counter.read() == ()
        assert counter.spent_uwh(before, counter.read()) is None

    def test_this_machine_is_looked_at_once_and_never_raises(self) -> None:
        counter = system_rapl()
        assert counter is system_rapl()
        assert bool(counter.read()) == counter.readable
