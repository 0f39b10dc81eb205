"""Passages the tests of the context distiller share; every text was written for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spsd_core.context import ContextDistillation
from spsd_core.context.units import split_units
from spsd_core.distillation import Reason

BRIDGE = (
    "The bridge of Halvorsund was finished in 1874 after nine years of work. It has seven arches "
    "of grey granite. The town sold two forests to pay for the stone. A toll of one copper coin "
    "was asked until the spring of 1921. Painters of the coast have shown it more often than the "
    "church."
)
LIBRARY = (
    "The library of Halvorsund holds 48,000 volumes in a former brewery. Its reading room is open "
    "on every weekday. The oldest volume is an atlas printed in Antwerp. A retired captain gave "
    "most of the maps. Children borrow games on the ground floor."
)
FERRY = (
    "A ferry links Halvorsund with the island of Skarp. The crossing takes forty minutes in calm "
    "weather. Bicycles travel free between October and April. The first steamer on this route "
    "was called the Merlin. She was sold to a circus in 1936."
)
BREAD = (
    "Bread made with rye keeps longer than bread made with wheat, because rye holds more water. "
    "Bakers of the valley let the dough rest for a night. The crust is brushed with malt. Round "
    "loaves are sold on Saturdays."
)
PASSAGES = (BRIDGE, LIBRARY, FERRY, BREAD)
QUESTION = "When was the bridge of Halvorsund finished?"
ANSWER = "The bridge of Halvorsund was finished in 1874 after nine years of work."

LEAFLET = (
    "How to take Noratil 20 mg tablets. Take one tablet in the morning with water. Do not take "
    "more than two tablets in 24 hours. Do not take Noratil if you are allergic to it or have "
    "severe liver disease. Tell your doctor if you are pregnant or take blood thinners. If you "
    "take too much, go to the nearest hospital at once. Keep out of the reach of children."
)
CONTRACT = (
    "1. The Tenant shall pay the rent of 950 EUR in advance on the first day of each month. 2. The "
    "Tenant shall not sublet the premises without the prior written consent of the Landlord. "
    "3. Either party may terminate this agreement by giving three months' notice in writing. "
    "4. The Landlord is liable for structural repairs unless the damage was caused by the Tenant."
)
INSURANCE = (
    "We will pay for loss of luggage up to 1,500 EUR. The policyholder pays an excess of 100 EUR "
    "for each claim. Claims must reach the insurer within 30 days. This policy does not cover "
    "jewellery left in a vehicle. Cover ends on the day the premium is overdue."
)
SAFETY_SHEET = (
    "Danger: the liquid is corrosive and its vapours are toxic. Wear gloves, goggles and a "
    "respirator. In case of skin contact rinse with water for 15 minutes and seek medical help. "
    "Never mix it with bleach. Ventilate the room and evacuate it in case of a leak."
)
CRITICAL = {
    "leaflet": LEAFLET,
    "contract": CONTRACT,
    "insurance": INSURANCE,
    "safety sheet": SAFETY_SHEET,
}


def assert_promises(passages: Sequence[str], result: ContextDistillation) -> None:
    """What holds for every result, whatever went in."""
    assert len(result.passages) == len(result.record.passages) == len(passages)
    for passage, left, record in zip(passages, result.passages, result.record.passages):
        assert len(left) <= len(passage)
        assert record.tokens_after <= record.tokens_before
        if record.reason is not Reason.SHORTENED:
            assert left == passage
        else:
            assert record.tokens_after < record.tokens_before
            assert_units_stay_or_go(passage, left, record.kept)
    assert result.tokens_after <= result.tokens_before
    if result.distilled:
        assert any(left.strip() for left in result.passages)
    else:
        assert result.passages == tuple(passages)
        assert result.tokens_after == result.tokens_before


def assert_units_stay_or_go(passage: str, left: str, kept: Sequence[tuple[int, int]]) -> None:
    """Every kept span begins and ends with a unit; between two of them stands a break, or none."""
    units = split_units(passage)
    starts, ends = {unit.start for unit in units}, {unit.end for unit in units}
    rest, before = left, None
    for start, end in kept:
        assert start in starts
        assert end in ends
        if before is not None:
            gap = re.match(r"\s*", rest)
            assert gap is not None
            assert set(gap[0]) <= set(passage[before:start]) | {" "}
            rest = rest[gap.end() :]
        assert rest.startswith(passage[start:end])
        rest = rest[end - start :]
        before = end
    assert not rest
