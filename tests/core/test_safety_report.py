"""The gate's report: counts, intervals held against published ones, rows of several shapes."""

from __future__ import annotations

import json

import pytest

from spsd_core.safety import SafetyGate
from spsd_core.safety.report import GateReport, LabelledText, Share, read_row
from spsd_core.settings import SafetySettings


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    """The examples of Newcombe (1998), table I, method 3."""
    interval = Share(part, whole).interval
    assert interval is not None
    assert interval == pytest.approx((low, high), abs=5e-5)


def test_nothing_has_no_share() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval is None
    assert Share(3, 3).interval == pytest.approx((0.4385, 1.0), abs=5e-5)


@pytest.mark.parametrize(
    ("row", "known", "domain"),
    [
        ({"domain": "medical"}, True, "medical"),
        ({"domain": None}, True, None),
        ({"critical": "none"}, True, None),
        ({"label": "crisis"}, True, "crisis"),
        ({"label": {"critical": "legal", "quality": "gold"}}, True, "legal"),
        ({"label": {"critical": "None"}}, True, None),
        ({"label": {"selection": "random"}}, False, None),
        ({}, False, None),
    ],
)
def test_a_label_may_stand_in_several_places(
    row: dict[str, object], known: bool, domain: str | None
) -> None:
    item = read_row({"text": "x", **row}, "f:1")
    assert item is not None
    assert (item.known, item.domain, item.name) == (known, domain, "f:1")


@pytest.mark.parametrize("row", [{}, {"text": None}, {"text": 3}, {"text": ["x"]}])
def test_a_row_without_text_is_none(row: dict[str, object]) -> None:
    assert read_row(row, "f:1") is None


def labelled(text: str, domain: str | None, *, known: bool = True) -> LabelledText:
    return LabelledText(text, domain, known, "here", text[:5])


def test_a_report_counts_and_keeps_what_was_wrong() -> None:
    gate = SafetyGate(SafetySettings())
    items = [
        labelled("My son has a fever of 40 degrees.", "medical"),
        labelled("The wallpaper is green.", "medical"),
        labelled("I want to kill myself.", "crisis"),
        labelled("Bake a cake with apples.", None),
        labelled("I want to die tonight.", None),
        labelled("She took too many sleeping pills.", None, known=False),
        labelled("Sort a list in Python.", None, known=False),
    ]
    report = GateReport.of(items, gate)
    assert report.shares("domain") == {
        "": Share(2, 3),
        "crisis": Share(1, 1),
        "medical": Share(1, 2),
    }
    assert report.shares("ordinary") == {"": Share(1, 2), "here": Share(1, 2)}
    assert report.shares("unlabelled")[""] == Share(1, 2)
    assert [verdict.item.text for verdict in report.misses] == ["The wallpaper is green."]
    assert [verdict.item.text for verdict in report.false_alarms] == ["I want to die tonight."]
    assert report.false_alarms[0].rules
    plain = json.loads(json.dumps(report.to_json()))
    assert plain["domain"]["all"]["share"] == pytest.approx(2 / 3)
    assert plain["misses"][0]["domain"] == "medical"
