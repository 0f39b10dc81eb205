"""An audit that was cut off goes on where it was, and says what it would have said."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from audit_parts import ANOTHER, LEXICAL, MEDICAL, POLITE, audited, timeless, write_log

from spsd_core.audit import AuditOptions, audit_log
from spsd_core.audit import run as audit_run
from spsd_core.audit.workers import AuditWorkerDiedError
from spsd_core.exceptions import ConfigurationError

ROOT = Path(__file__).parents[2]
ROWS: list[Any] = [
    {"text": f"{(POLITE, ANOTHER, MEDICAL)[n % 3]} Group {n}.", "session_id": f"c{n % 17}"}
    for n in range(120)
]
ROWS[50:50] = [{"text": 3}]


def logs(folder: Path) -> dict[str, Path]:
    """The same log in every form."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerows([["text", "session_id"], *(list(row.values()) for row in ROWS)])
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    contents = {
        "log.jsonl": lines.encode(),
        "log.jsonl.gz": gzip.compress(lines.encode()),
        "log.json": json.dumps(ROWS, indent=1).encode(),
        "log.csv": table.getvalue().replace("Group", "Group\n").encode(),
        "log.txt": "".join(f"{row['text']}\n" for row in ROWS).encode(),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}


@pytest.mark.parametrize("name", ["log.jsonl", "log.jsonl.gz", "log.json", "log.csv", "log.txt"])
def test_an_interrupted_audit_goes_on_in_every_form(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted after every few records, until it comes to its end."""
    monkeypatch.setattr(audit_run, "_CHUNK_TASKS", 8)
    log, state = logs(tmp_path)[name], tmp_path / "audit.state"
    whole = audited(log).to_json()
    options = AuditOptions(workers=1, sample=0, replicates=100, state=state, checkpoint_s=0)
    runs = 0

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    while runs < 100:
        runs += 1
        try:
            report = audit_log(str(log), LEXICAL, options, progress=stop)
        except KeyboardInterrupt:
            continue
        break
    assert runs > 10
    assert timeless(report.to_json()) == timeless(whole)
    assert whole["prompts"] >= 120


KILLED = """
import os, signal, sys
from spsd_core import Settings
from spsd_core.audit import AuditOptions, audit_log
def kill(done, size, figures):
    if figures["prompts"] > 500:
        os.kill(os.getpid(), signal.SIGKILL)
options = AuditOptions(workers=1, sample=0, replicates=100, state=sys.argv[2], checkpoint_s=0)
audit_log(sys.argv[1], Settings(engines=("lexical",)), options, progress=kill)
"""


def test_a_killed_audit_goes_on(tmp_path: Path) -> None:
    """Nothing is told of SIGKILL; the state of the last chunk stands."""
    log = write_log(tmp_path / "log.jsonl", *({"text": f"{POLITE} No {n}."} for n in range(1300)))
    state = tmp_path / "audit.state"
    done = subprocess.run([sys.executable, "-c", KILLED, log, str(state)], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    assert state.stat().st_mode & 0o077 == 0
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".audit")]
    report = audited(log, state=state)
    assert report.figures["prompts"] == 1300
    assert timeless(report.to_json()) == timeless(audited(log).to_json())


def test_ctrl_c_ends_it_with_130_and_the_state_is_kept(tmp_path: Path) -> None:
    """Sent while it waits for a pipe that somebody else writes."""
    pipe, state = tmp_path / "pipe", tmp_path / "audit.state"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "spsd_core", "audit", str(pipe), "--engine", "lexical"]
    command += ["--workers", "1", "--state", str(state)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        # what a shell runs in the background ignores interrupts, and so would all it starts
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with pipe.open("w") as writer:
        rows = (json.dumps({"text": f"{POLITE} No {n}."}) + "\n" for n in range(800))
        writer.write("".join(rows))
        writer.flush()
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "is kept; run again to go on" in said
    assert "Traceback" not in said
    assert json.loads(state.read_text())["figures"]["records"] >= 512


def test_a_worker_that_dies_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """What was counted before is in the state."""
    log, state = write_log(tmp_path / "log.jsonl", *ROWS), tmp_path / "audit.state"
    deadly = LEXICAL.model_copy(update={"engines": ("audit_parts:dying",)})
    with pytest.raises(AuditWorkerDiedError, match="run again with fewer --workers"):
        audited(log, deadly, workers=2, state=state)
    assert json.loads(state.read_text())["figures"]["records"] == 0


def test_a_log_that_grew_is_taken_up_where_it_ended(tmp_path: Path) -> None:
    """The figures are those of the whole log."""
    log, state = tmp_path / "log.jsonl", tmp_path / "audit.state"
    write_log(log, *ROWS[:40])
    assert audited(log, state=state).figures["records"] == 40
    write_log(log, *ROWS)
    assert timeless(audited(log, state=state).to_json()) == timeless(audited(log).to_json())


@pytest.mark.parametrize("name", ["log.jsonl", "log.json", "log.csv", "log.txt", "log.jsonl.gz"])
@pytest.mark.parametrize("lost", [1, 7, 40])
def test_a_record_that_was_half_written_counts_once_when_it_is_whole(
    name: str, lost: int, tmp_path: Path
) -> None:
    """The audit met the log while its writer was at work; the state stands before that record."""
    log, state = logs(tmp_path)[name], tmp_path / "audit.state"
    whole = log.read_bytes()
    log.write_bytes(whole[:-lost])
    met = audited(log, state=state).to_json()
    assert timeless(audited(log, state=state).to_json()) == timeless(met)
    log.write_bytes(whole)
    assert timeless(audited(log, state=state).to_json()) == timeless(audited(log).to_json())


def test_a_log_without_a_last_line_end_counts_its_last_line_once(tmp_path: Path) -> None:
    log, state = tmp_path / "log.jsonl", tmp_path / "audit.state"
    write_log(log, *ROWS[:9])
    log.write_bytes(log.read_bytes().rstrip(b"\n"))
    assert [audited(log, state=state).figures["records"] for _ in range(3)] == [9, 9, 9]
    with log.open("a") as more:
        more.write(f"\n{{broken\n{json.dumps(ROWS[9])}\n")
    found = audited(log, state=state).figures
    assert found["records"] == 11
    assert [row["line"] for row in found["broken_lines"]["first"]] == [10]


def test_a_state_of_something_else_is_refused(tmp_path: Path) -> None:
    """Another log, other settings, no state at all: each is said."""
    state = tmp_path / "audit.state"
    audited(write_log(tmp_path / "log.jsonl", *ROWS), state=state)
    other = write_log(tmp_path / "other.jsonl", *ROWS[1:])
    with pytest.raises(ConfigurationError, match="not the log that the state file"):
        audited(other, state=state)
    short = write_log(tmp_path / "short.jsonl", *ROWS[:9])
    with pytest.raises(ConfigurationError, match="has become shorter"):
        audited(short, state=state)
    with pytest.raises(ConfigurationError, match="run with other seed, settings"):
        changed = LEXICAL.model_copy(update={"level": "dense"})
        audited(tmp_path / "log.jsonl", changed, state=state, seed=7)
    state.write_text("hello")
    with pytest.raises(ConfigurationError, match="not the state of an audit"):
        audited(tmp_path / "log.jsonl", state=state)


@pytest.mark.parametrize(
    "damage", [{"figures": {}}, {"place": ["a", "b"]}, {"form": ["zzz", None, ",", []]}]
)
def test_a_state_file_that_is_damaged_inside_is_named(
    damage: dict[str, Any], tmp_path: Path
) -> None:
    log, state = write_log(tmp_path / "log.jsonl", {"text": POLITE}), tmp_path / "audit.state"
    audited(log, state=state)
    state.write_text(json.dumps({**json.loads(state.read_text()), **damage}))
    with pytest.raises(ConfigurationError, match=r"--state .*audit\.state"):
        audited(log, state=state)


def test_the_damaged_end_of_a_log_is_counted_once(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(json.dumps(row).encode() + b"\n" for row in ROWS))
    (tmp_path / "log.gz").write_bytes(packed[:-200])
    options = {"state": tmp_path / "audit.state"}
    counts = {
        audited(tmp_path / "log.gz", **options).figures["broken_lines"]["count"] for _ in range(3)
    }
    assert len(counts) == 1
