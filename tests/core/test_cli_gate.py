"""`spsd gate` as its users meet it: check, explain, report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_safety_own_rules import ALLOW, KILLING, LEAK, SECRETS

from spsd_core.cli import main

SICK = "Hello there, my son has had a fever of 40 degrees since last night."


@pytest.fixture
def secrets(tmp_path: Path) -> str:
    path = tmp_path / "secrets.yaml"
    path.write_text(SECRETS, encoding="utf-8")
    return str(path)


def rows(path: Path, *objects: object) -> str:
    path.write_text("\n".join(map(json.dumps, objects)) + "\n", encoding="utf-8")
    return str(path)


def test_check_says_what_a_file_holds(secrets: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "check", secrets]) == 0
    assert capsys.readouterr().out == "secrets.yaml: 1 rule(s), 4 examples hold\n"


def test_check_counts_allowances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {"a.yaml": KILLING, "b.yaml": ALLOW}.items():
        (tmp_path / name).write_text(text)
    assert main(["gate", "check", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]) == 0
    assert "b.yaml: 0 rule(s), 1 allowance(s), 4 examples hold" in capsys.readouterr().out


def test_check_without_files_examines_the_shipped_rules(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["gate", "check"]) == 0
    assert "crisis.yaml" in capsys.readouterr().out


def test_check_names_every_problem_and_fails(
    secrets: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(secrets).write_text(SECRETS.replace("My project is late.", "Is project lily late?"))
    assert main(["gate", "check", secrets]) == 1
    printed = capsys.readouterr()
    assert "secrets.yaml: trade_secrets.project: catches 'Is project lily late?'" in printed.out
    assert "1 problem" in printed.err


def test_explain_shows_the_rule_the_place_and_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["gate", "explain", SICK]) == 0
    out = capsys.readouterr().out
    assert "medical." in out
    assert "fever" in out
    assert out.endswith("gated: the text passes through untouched\n")


def test_explain_of_an_ordinary_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "explain", "Sort a list of numbers in Python."]) == 0
    assert capsys.readouterr().out == "not gated\n"


def test_explain_uses_ones_own_rules_and_settings(
    secrets: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gate", "explain", "--rules", secrets, "--json", LEAK]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["rule"], row["evidence"], row["open"]) == (
        "trade_secrets.project",
        "Project Orchid",
        False,
    )
    settings = tmp_path / "spsd.yaml"
    settings.write_text(
        f"safety: {{rule_files: ['{secrets}'], open_domains: [trade_secrets]}}", encoding="utf-8"
    )
    assert main(["gate", "explain", "--settings", str(settings), LEAK]) == 0
    out = capsys.readouterr().out
    assert "does not gate: the settings open the domain trade_secrets" in out
    assert out.endswith("not gated\n")


def test_explain_reads_standard_input_and_prints_anything() -> None:
    """Bytes that are no UTF-8, on a terminal that knows only ASCII."""
    done = subprocess.run(
        [sys.executable, "-m", "spsd_core", "gate", "explain", "-"],
        input=b"I want to kill myself \xff \xed\xa0\x80",
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii:backslashreplace"},
        check=True,
    )
    assert b"crisis." in done.stdout


def test_report_prints_recall_false_positives_and_the_misses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = rows(
        tmp_path / "data.jsonl",
        {"id": "a", "text": SICK, "domain": "medical", "source": "mail"},
        {"id": "b", "text": "The wallpaper is green.", "domain": "medical", "source": "mail"},
        {"id": "c", "text": "Bake a cake with apples.", "domain": None},
        {"id": "d", "text": "I want to die tonight.", "domain": None, "label": {"kind": "odd"}},
    )
    assert main(["gate", "report", data]) == 0
    out = capsys.readouterr().out
    assert "misses (1)\n  b [medical] The wallpaper is green." in out
    assert "false alarms (1)\n  d [crisis." in out
    line = next(line for line in out.splitlines() if line.startswith("  medical"))
    assert line.split()[1:] == ["1", "2", "50.0%", "9.5%", "to", "90.5%"]
    assert main(["gate", "report", data, "--brief", "--by-source"]) == 0
    out = capsys.readouterr().out
    assert "misses" not in out
    assert "  mail " in out
    assert main(["gate", "report", data, "--leave-out", "label.kind=odd", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["left_out"] == 1
    assert report["false_alarms"] == []


def test_broken_lines_are_counted_shown_and_not_fatal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(
        b'{"text": "Bake a cake.", "domain": null}\n{"text\n[1]\n\xff\n\n{"text": 3}\n'
    )
    assert main(["gate", "report", str(path)]) == 1
    printed = capsys.readouterr()
    assert "broken lines: 4" in printed.out
    assert "data.jsonl:2" in printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "nowhere.jsonl"], "there is no file nowhere.jsonl"),
        (["report", "nowhere.jsonl", "--leave-out", "x"], "KEY=VALUE"),
        (["explain", "x", "--rules", "nowhere.yaml"], "nowhere.yaml"),
        (["explain", "x", "--settings", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_wrong_usage_is_refused_with_a_sentence(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gate", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_check_of_a_missing_file_fails_and_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "check", "nowhere.yaml"]) == 1
    assert "nowhere.yaml" in capsys.readouterr().out
