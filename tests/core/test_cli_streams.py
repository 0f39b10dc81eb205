"""The command with its output closed, full, or thrown away: a sentence and a code, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POLITE = "Hi! Could you please name three rivers in Spain? Thank you so much!"
DISTIL = ["distill", POLITE, "--engine", "lexical"]


def spsd(arguments: list[str], redirected: str) -> subprocess.CompletedProcess[str]:
    """`spsd ARGUMENTS` with streams as a shell redirects them."""
    command = ["sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, "-m", "spsd_core"]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # as for most users, whatever runs the tests
    return subprocess.run(
        [*command, *arguments], cwd=ROOT, capture_output=True, text=True, env=buffered
    )


@pytest.mark.parametrize("arguments", [DISTIL, [*DISTIL, "--json"], ["models", "list"], ["--help"]])
@pytest.mark.parametrize(
    ("redirected", "said"),
    [(">&-", "spsd: standard output: Bad file descriptor"), (">/dev/full", "No space left")],
)
def test_output_that_cannot_be_written_is_a_failure_in_one_sentence(
    arguments: list[str], redirected: str, said: str
) -> None:
    """As with `cat` and `ls`: whoever wanted the output must know that there is none."""
    done = spsd(arguments, redirected)
    assert (done.returncode, said in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_with_errors_closed_the_work_is_done_all_the_same() -> None:
    done = spsd(DISTIL, "2>&-")
    assert (done.returncode, done.stdout) == (0, "Name three rivers in Spain?\n")


def test_with_everything_closed_only_the_code_is_left() -> None:
    """And it says what happened: nothing printed, or wrong usage."""
    assert spsd(DISTIL, "<&- >&- 2>&-").returncode == 1
    assert spsd(["distill", POLITE, "--engine", "none"], "<&- >&- 2>&-").returncode == 2


def test_what_prints_nothing_needs_no_output(tmp_path: Path) -> None:
    """And no file that is opened takes the place of the closed streams, and what is said there."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"text": POLITE}) + "\n{broken\n")
    arguments = ["distill", str(source), "--output", str(target), "--engine", "lexical"]
    assert spsd(arguments, "<&- >&- 2>&-").returncode == 1  # for the broken line
    assert [json.loads(line)["line"] for line in target.read_text().splitlines()] == [1, 2]


def test_an_audit_with_errors_closed_still_says_its_report(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"text": POLITE}) + "\n")
    quick = ["--engine", "lexical", "--workers", "1", "--sample", "0", "--json"]
    done = spsd(["audit", str(log), *quick], "2>&-")
    assert (done.returncode, json.loads(done.stdout)["prompts"]) == (0, 1)
