"""Scores of a team's own, compared: in pairs where ids meet, as two groups where they do not."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from spsd_core.cli import compare
from spsd_core.evaluation.bootstrap import Plan
from spsd_core.evaluation.comparing import ALL_MODELS, Quality, Rules, quality_of
from spsd_core.evaluation.records import Record, read_records, write_records
from spsd_core.evaluation.statistics import Comparison, GroupComparison
from spsd_core.exceptions import ConfigurationError


def spsd(argv: Sequence[str]) -> int:
    """`spsd compare ...`, without the program around it."""
    parser = argparse.ArgumentParser()
    compare.add_parser(parser.add_subparsers())
    return compare.run(parser.parse_args(["compare", *argv]))


def lines(path: Path, *rows: object) -> str:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows) + "\n")
    return str(path)


def solved(values: str, arm: str, first: int = 0) -> list[Record]:
    """A record a character: `1` solved, `0` not, `x` failed."""
    return [
        Record(id=f"c-{n}", arm=arm, failed=True)
        if value == "x"
        else Record(id=f"c-{n}", arm=arm, metrics={"solved": float(value)})
        for n, value in enumerate(values, start=first)
    ]


def only(rows: Sequence[Quality]) -> Quality:
    (row,) = rows
    return row


class TestPairs:
    def test_ids_that_meet_are_compared_in_pairs(self) -> None:
        row = only(quality_of(solved("110101", "raw") + solved("110111", "distilled")))
        assert isinstance(row.comparison, Comparison)
        assert (row.paired, row.comparison.pairs, row.scope) == (True, 6, "all")
        assert row.comparison.difference == pytest.approx(1 / 6)
        assert row.p_mcnemar == 1.0

    def test_a_failed_call_is_the_worst_score_and_is_counted(self) -> None:
        row = only(quality_of(solved("1111", "raw") + solved("11x1", "distilled")))
        assert row.comparison.difference == -0.25
        assert (row.failed_raw, row.failed_arm) == (0, 1)

    def test_both_failing_is_a_tie(self) -> None:
        row = only(quality_of(solved("11x", "raw") + solved("11x", "distilled")))
        assert row.comparison.difference == 0
        assert (row.failed_raw, row.failed_arm) == (1, 1)

    def test_the_worst_score_is_that_of_the_scale(self) -> None:
        records = [
            Record(id="a", arm="raw", metrics={"stars": 5}),
            Record(id="a", arm="distilled", failed=True),
            Record(id="b", arm="raw", metrics={"stars": 3}),
            Record(id="b", arm="distilled", metrics={"stars": 3}),
        ]
        row = only(quality_of(records, Rules(worst={"stars": 1.0})))
        assert row.comparison.difference == -2.0

    def test_less_may_be_better(self) -> None:
        """Nine seconds instead of twelve is a gain of three."""
        records = [
            Record(id=name, arm=arm, metrics={"seconds": value})
            for name in "ab"
            for arm, value in (("raw", 12.0), ("distilled", 9.0))
        ]
        rules = Rules(
            lower_is_better=frozenset({"seconds"}),
            worst={"seconds": 60.0},
            plan=Plan(min_prompts=2),
        )
        row = only(quality_of(records, rules))
        assert row.comparison.difference == 3.0
        assert row.comparison.non_inferior

    def test_records_without_a_partner_are_said_to_be_left_out(self) -> None:
        row = only(quality_of(solved("11", "raw") + solved("11111", "distilled")))
        assert row.alone == 3
        assert isinstance(row.comparison, Comparison)
        assert row.comparison.pairs == 2

    def test_models_are_compared_apart_and_together(self) -> None:
        records = [
            Record(id=str(n), arm=arm, model=model, metrics={"solved": 1.0})
            for n in range(3)
            for arm in ("raw", "distilled")
            for model in ("small", "large")
        ]
        rows = quality_of(records)
        assert [row.model for row in rows] == [ALL_MODELS, "small", "large"]
        assert [getattr(row.comparison, "pairs", 0) for row in rows] == [6, 3, 3]
        assert {getattr(row.comparison, "prompts", 0) for row in rows} == {3}

    def test_distilled_prompts_are_shown_apart_where_that_is_known(self) -> None:
        records = solved("1111", "raw") + [
            Record(id=f"c-{n}", arm="arm", metrics={"solved": 1.0 - n}, distilled=n == 1)
            for n in range(2)
        ]
        by_scope = {row.scope: row for row in quality_of(records)}
        assert by_scope["distilled"].comparison.difference == -1.0
        assert by_scope["all"].comparison.difference == -0.5


class TestGroups:
    def test_conversations_of_split_traffic_are_compared_as_two_groups(self) -> None:
        row = only(quality_of(solved("1101" * 20, "raw") + solved("1110" * 15, "distilled", 500)))
        assert isinstance(row.comparison, GroupComparison)
        assert (row.paired, row.comparison.raw, row.comparison.arm) == (False, 80, 60)
        assert row.comparison.difference == 0
        assert row.comparison.low is not None
        assert row.comparison.low < 0

    def test_many_messages_of_one_conversation_are_one_cluster(self) -> None:
        few = solved("01" * 10, "raw") + solved("01" * 10, "distilled", 500)
        once, often = only(quality_of(few)), only(quality_of(few * 7))
        assert (once.comparison.low, once.comparison.high) == pytest.approx(
            (often.comparison.low, often.comparison.high)
        )


class TestFiles:
    def test_figures_stand_beside_the_arm_or_under_metrics(self, tmp_path: Path) -> None:
        row = {"id": 7, "arm": "raw", "score": 4.5, "ok": True, "who": "ann", "record": {"a": 1}}
        found = read_records(
            lines(tmp_path / "r.jsonl", row, {**row, "metrics": {"score": 2, "nan": float("nan")}})
        ).records
        assert found[0].metrics == {"score": 4.5, "ok": 1.0}
        assert found[1].metrics["score"] == 2.0
        assert "nan" not in found[1].metrics
        assert (found[0].id, found[0].record) == ("7", {"a": 1})

    def test_what_is_written_is_read_again(self, tmp_path: Path) -> None:
        records = (
            Record(id="a", arm="x", model="m", seed=3, metrics={"points": 12.5}, distilled=True),
            Record(id="b", arm="x", baseline={"points": 3.0}, failed=True, raw_failed=True),
            Record(id="\ud83d", arm="raw", error="timeout", reason="shortened", group="g"),
        )
        write_records(tmp_path / "r.jsonl", records)
        assert read_records(tmp_path / "r.jsonl").records == records

    def test_broken_lines_are_counted_and_shown(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = lines(
            tmp_path / "r.jsonl",
            {"id": "a", "arm": "raw", "score": 1},
            "{broken",
            {"id": "a", "arm": "distilled", "score": 1},
            {"arm": "no id"},
        )
        assert spsd([path]) == 1
        assert "broken lines: 2 (r.jsonl:2, r.jsonl:4)" in capsys.readouterr().out


class TestCommand:
    def test_it_says_what_was_compared_and_the_verdict(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        raw = [{"id": n, "arm": "raw", "score": 4.0} for n in range(30)]
        record = {"tokens_before": 100, "tokens_after": 80}
        arm = [{"id": n, "arm": "distilled", "score": 3.9, "record": record} for n in range(30)]
        assert spsd([lines(tmp_path / "r.jsonl", *raw, *arm), "--margin", "score=0.2"]) == 0
        out = capsys.readouterr().out
        assert "30 of 30 prompts" in out
        assert "-0.100 (-0.100 to -0.100)" in out
        assert "verdict                    non-inferior" in out
        assert "distilled: 600 tokens saved in 30 recorded calls" in out

    def test_as_json(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        rows = [{"id": n, "arm": arm, "score": 1} for n in range(3) for arm in ("raw", "new")]
        assert spsd([lines(tmp_path / "r.jsonl", *rows), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["quality"][0]["comparison"]["pairs"] == 3
        assert found["broken"] == 0

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--baseline", "control"], "there are new, raw: name one by --baseline"),
            (["--margin", "0.1"], "write FIGURE=VALUE"),
            (["--margin", "score=little"], "'little' is no number"),
            (["--margin", "score=-1"], "margin is -1.0; it must be positive"),
            (["--confidence", "95"], "confidence is 95.0"),
        ],
    )
    def test_wrong_options_say_what_to_do(
        self, tmp_path: Path, options: list[str], message: str
    ) -> None:
        rows = [{"id": 1, "arm": arm, "score": 1} for arm in ("raw", "new")]
        with pytest.raises(ConfigurationError, match=message):
            spsd([lines(tmp_path / "r.jsonl", *rows), *options])

    def test_an_empty_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="there are none at all"):
            spsd([lines(tmp_path / "r.jsonl", "")])


class TestEveryPairCounts:
    def test_a_failed_call_counts_whatever_else_was_recorded_of_it(self) -> None:
        """How long it took to fail is no reason to leave it out of what was solved."""
        failed = Record(id="c-1", arm="distilled", failed=True, metrics={"seconds": 30.0})
        rows = quality_of([*solved("11", "raw"), *solved("1", "distilled"), failed])
        row = next(row for row in rows if row.metric == "solved")
        assert (row.comparison.difference, row.failed_arm) == (-0.5, 1)

    def test_a_failed_call_counts_where_nothing_is_paired(self) -> None:
        failed = Record(id="d-9", arm="distilled", failed=True, metrics={"seconds": 30.0})
        rows = quality_of([*solved("11", "raw"), *solved("1", "distilled", first=5), failed])
        row = next(row for row in rows if row.metric == "solved")
        assert (row.paired, row.comparison.difference) == (False, -0.5)

    def test_a_failed_call_may_not_be_the_best(self) -> None:
        """Zero seconds are not the worst there are."""
        records = [
            Record(id="a", arm="raw", metrics={"seconds": 5.0}),
            Record(id="a", arm="distilled", failed=True),
            Record(id="b", arm="raw", metrics={"seconds": 5.0}),
            Record(id="b", arm="distilled", metrics={"seconds": 5.0}),
        ]
        with pytest.raises(ConfigurationError, match="--worst seconds"):
            quality_of(records, Rules(lower_is_better=frozenset({"seconds"})))

    def test_calls_of_one_conversation_are_one_pair_by_their_means(self) -> None:
        records = [
            Record(id=f"c-{n}", arm=arm, metrics={"solved": float(value)})
            for arm in ("raw", "distilled")
            for n in range(3)
            for value in (0, 1)
        ]
        row = only(quality_of(records))
        assert isinstance(row.comparison, Comparison)
        assert (row.comparison.pairs, row.comparison.difference) == (3, 0.0)
        assert row.alone == row.alone_raw == 0

    def test_raw_calls_the_arm_has_no_record_of_are_said(self) -> None:
        """Whoever records only what came back would otherwise look better than they are."""
        assert only(quality_of(solved("11111", "raw") + solved("11", "distilled"))).alone_raw == 3

    def test_a_number_too_large_is_no_score(self, tmp_path: Path) -> None:
        file = lines(tmp_path / "r", f'{{"id": "a", "arm": "raw", "solved": {"9" * 400}}}')
        assert read_records(file).records[0].metrics == {}

    @pytest.mark.parametrize(
        "option",
        [["--margin", "solve=0.1"], ["--worst", "solve=1"], ["--lower-is-better", "solve"]],
    )
    def test_a_figure_that_is_misspelt_is_named(self, option: list[str], tmp_path: Path) -> None:
        row = {"id": "a", "arm": "raw", "solved": 1}
        file = lines(tmp_path / "r", row, {**row, "arm": "distilled"})
        with pytest.raises(ConfigurationError, match=f"{option[0]} solve: .* solved"):
            spsd([file, *option])
