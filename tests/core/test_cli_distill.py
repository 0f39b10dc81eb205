"""`spsd distill` as its users meet it: one text, standard input, files, broken lines, resuming."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from spsd_core.cli import main

POLITE = "Hi! Could you please tell me which 3 lakes are the largest? Thanks!"
CORE = "Tell me which 3 lakes are the largest?"


def test_a_text_comes_back_on_standard_output_and_the_reason_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """So that it can stand in a pipe."""
    assert main(["distill", POLITE]) == 0
    printed = capsys.readouterr()
    assert printed.out == CORE + "\n"
    assert "distilled: shortened (extract)" in printed.err


def test_json_prints_the_whole_result(capsys: pytest.CaptureFixture[str]) -> None:
    """Record included."""
    assert main(["distill", "--json", POLITE]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["text"] == CORE
    assert result["record"]["reason"] == "shortened"


def test_standard_input_is_read_as_one_text() -> None:
    """In a process of its own, as a shell would start it."""
    command = [sys.executable, "-m", "spsd_core", "distill", "-"]
    done = subprocess.run(command, input=POLITE, capture_output=True, text=True, check=True)
    assert done.stdout == CORE + "\n"


def test_a_wrong_level_or_engine_is_refused_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, no traceback."""
    assert main(["distill", "--engine", "magic", POLITE]) == 2
    assert "magic" in capsys.readouterr().err
    assert main(["distill", "--settings", "nowhere.yaml", POLITE]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["distill", "--level", "extreme", POLITE])


def test_settings_come_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And options on the command line win."""
    settings = tmp_path / "spsd.yaml"
    settings.write_text("level: dense\nadmission:\n  min_words: 2\n")
    twice = "I lost the key to my box. I lost the key to my box. What now?"
    assert main(["distill", "--settings", str(settings), twice]) == 0
    assert capsys.readouterr().out == "I lost the key to my box. What now?\n"
    assert main(["distill", "--settings", str(settings), "--level", "light", twice]) == 0
    assert capsys.readouterr().out == twice + "\n"


def write_lines(path: Path, count: int) -> None:
    rows = [{"id": n, "text": POLITE.replace("3", str(n + 2))} for n in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_file_gives_one_line_for_each_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In order, with the ids of the input."""
    source = tmp_path / "prompts.jsonl"
    write_lines(source, 5)
    assert main(["distill", str(source)]) == 0
    printed = capsys.readouterr()
    rows = [json.loads(line) for line in printed.out.splitlines()]
    assert [row["id"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[3]["text"] == CORE.replace("3", "5")
    assert "5  shortened" in printed.err


def test_broken_lines_are_reported_and_not_fatal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 says that there were some."""
    source = tmp_path / "prompts.jsonl"
    source.write_bytes(
        b'{"text": "Hello, how do I sort a list of names, please?"}\n'
        b"not json\n[1]\n{}\n" + b'{"text": 5}\n\xff\xfe\n'
    )
    assert main(["distill", str(source)]) == 1
    printed = capsys.readouterr()
    rows = [json.loads(line) for line in printed.out.splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert ["error" in row for row in rows] == [False, True, True, True, True, True]
    assert "5  broken lines" in printed.err


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a line at the end is written anew; the result is that of an uncut run."""
    source, whole, cut = tmp_path / "p.jsonl", tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    write_lines(source, 6)
    assert main(["distill", str(source), "--output", str(whole)]) == 0
    lines = whole.read_bytes().splitlines(keepends=True)
    cut.write_bytes(b"".join(lines[:2]) + lines[2][:20])
    assert main(["distill", str(source), "--output", str(cut)]) == 0
    assert "2 lines had been done before" in capsys.readouterr().err
    texts = [[json.loads(line)["text"] for line in path.open()] for path in (whole, cut)]
    assert texts[0] == texts[1]


def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2."""
    assert main(["distill", "nowhere.jsonl"]) == 2
    assert "nowhere.jsonl" in capsys.readouterr().err
