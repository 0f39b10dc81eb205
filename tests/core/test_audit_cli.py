"""`spsd audit` as its users meet it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from audit_parts import MEDICAL, PLAIN, POLITE, SHORT, write_log

from spsd_core.cli import main

ROOT = Path(__file__).parents[2]
HOSTILE = (
    'Hi! Could you please explain what <script>alert("x")</script> & <img src=x onerror=y> do '
    "\x1b in a page, and how \u202e is shown? Thank you so much for your help!"
).replace("\x1b", "")
QUICK = ["--engine", "lexical", "--workers", "1", "--sample", "0"]


@pytest.fixture
def log(tmp_path: Path) -> str:
    texts = (POLITE, MEDICAL, SHORT, PLAIN)
    return write_log(tmp_path / "log.jsonl", *({"text": text} for text in texts))


def test_json_has_the_keys_that_are_documented(
    log: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", log, "--json", *QUICK]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["prompts"], report["distilled"]) == (4, 1)
    assert sum(report["by_reason"].values()) == 4
    assert report["tokens_saved"] == report["tokens_before"] - report["tokens_after"] > 0
    page = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    assert [key for key in report if f"`{key}`" not in page] == []


@pytest.mark.parametrize("with_rich", [True, False])
def test_the_terminal_says_it_in_words(
    with_rich: bool, log: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rich, and without it."""
    if not with_rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["audit", log, *QUICK]) == 0
    out = capsys.readouterr().out
    assert "of the input tokens would be saved" in out
    assert re.search(r"distilled +1 +25.0%", out)
    assert "safety_critical" in out
    assert "EXAMPLE PRICE" in out
    assert "Largest cuts" in out
    assert "Hi! Could you please" in out


def test_broken_lines_are_shown_and_the_exit_code_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with the other commands: 1, with the whole report."""
    log = write_log(tmp_path / "log.jsonl", {"text": POLITE}, "{", {"text": PLAIN})
    assert main(["audit", log, *QUICK]) == 1
    out = capsys.readouterr().out
    assert "Broken lines: 1" in out
    assert re.search(r"line 2 +no valid JSON", out)


def test_empty_and_binary_files_are_no_accident(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is nothing to judge, and that is said."""
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.touch()
    binary.write_bytes(bytes(range(256)) * 400)
    assert main(["audit", str(empty), *QUICK]) == 0
    assert "no prompt in this log" in capsys.readouterr().out
    assert main(["audit", str(binary), *QUICK]) == 1
    assert "no prompt in this log" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.jsonl"], 2, "there is no file nowhere.jsonl"),
        (["LOG", "--workers", "0"], 2, "workers"),
        (["LOG", "--prices", "nowhere.yaml"], 2, "cannot read price file"),
        (["LOG", "--model", "m"], 2, "has no price"),
        (["LOG", "--settings", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["LOG", "--html", "nowhere/page.html", *QUICK], 2, "--html nowhere/page.html"),
    ],
)
def test_wrong_usage_is_refused_with_a_sentence(
    arguments: list[str], code: int, message: str, log: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [log if word == "LOG" else word for word in arguments]
    assert main(["audit", *given]) == code
    assert message in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(log).chmod(0)
    assert main(["audit", log, *QUICK]) == 1
    assert f"{log}: Permission denied" in capsys.readouterr().err


def test_standard_input_is_a_log_like_any_other(log: str) -> None:
    """Packed or not; and two processes leave it alone."""
    command = [sys.executable, "-m", "spsd_core", "audit", "-", "--json", *QUICK]
    content = Path(log).read_bytes()
    done = subprocess.run(command, input=content, capture_output=True, check=True, cwd=ROOT)
    assert json.loads(done.stdout)["prompts"] == 4


def test_no_socket_is_opened(
    log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the Reader, the tokenizer, the sample and the page."""

    def refuse(*_: object, **__: object) -> Any:
        raise AssertionError("an audit must not touch the network")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    page = tmp_path / "page.html"
    assert main(["audit", log, "--workers", "1", "--html", str(page)]) == 0
    assert "Recommended settings" in capsys.readouterr().out


class Page(HTMLParser):
    """What a browser would see of a page."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_stands_alone_and_runs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever stands in the log."""
    page = tmp_path / "page.html"
    log = write_log(tmp_path / "log.jsonl", *({"text": f"{HOSTILE} {n}"} for n in range(3)), "<b>")
    assert main(["audit", log, "--html", str(page), *QUICK]) == 1
    content = page.read_text(encoding="utf-8")
    seen = Page(content)
    names = {name for name, _ in seen.tags}
    assert names.isdisjoint({"script", "img", "link", "iframe", "object", "b", "base", "form"})
    for _, attributes in seen.tags:
        assert not [key for key in attributes if key.startswith("on") or key in ("src", "href")]
    assert not re.search(r"url\(|@import|https?://", content)
    assert '<script>alert("x")</script>' in "".join(seen.words)
    assert "prefers-color-scheme: dark" in content
    plots = [attributes for name, attributes in seen.tags if name == "svg"]
    assert len(plots) >= 3
    assert all(plot["role"] == "img" and plot["aria-label"] for plot in plots)
    assert "del" in names


def test_no_text_leaves_every_word_of_the_log_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the page, in JSON and in the terminal."""
    page = tmp_path / "page.html"
    secret = "Hi! Could you please plan the Zanzibar project for 7 teams? Thank you so much!"
    log = write_log(tmp_path / "log.jsonl", {"text": secret}, '{"text": "Zanzibar')
    arguments = ["audit", log, "--no-text", "--html", str(page), *QUICK]
    assert main(arguments) == 1
    assert main([*arguments, "--json"]) == 1
    for content in (capsys.readouterr().out, page.read_text(encoding="utf-8")):
        assert "anzibar" not in content
        assert "plan the" not in content


MEASURED = """
import resource, sys
from spsd_core import Settings
from spsd_core.audit import AuditOptions, audit_log
options = AuditOptions(format="jsonl", workers=1, sample=0, replicates=100)
report = audit_log(sys.argv[1], Settings(engines=("lexical",)), options)
print(report.figures["prompts"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Ten times the stream, through a pipe; benchmarks/audit.py does the same with 200 MB."""
    row = json.dumps({"trace": "x" * 40_000, "text": f"{POLITE} No NUMBER."})
    peaks = []
    for rows in (60, 600):
        pipe = tmp_path / f"pipe-{rows}"
        os.mkfifo(pipe)

        def write(pipe: Path = pipe, rows: int = rows) -> None:
            with pipe.open("w") as file:
                for number in range(rows):
                    file.write(row.replace("NUMBER", str(number)) + "\n")

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        command = [sys.executable, "-c", MEASURED, str(pipe)]
        done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=ROOT)
        prompts, peak = map(int, done.stdout.split())
        assert prompts == rows
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 12  # of 24 MB


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_of_the_log_do_not_command_the_terminal(encoding: str, tmp_path: Path) -> None:
    """Half a character in the name of a run, a control sequence, and a terminal of few letters."""
    kind = {"run_type": "\ud800\x1b]0;title\x07", "inputs": {"messages": [["human", POLITE]]}}
    log = write_log(tmp_path / "log.jsonl", kind, {"text": f"{POLITE} Gr\u00fc\u00dfe \ud800"})
    command = [sys.executable, "-m", "spsd_core.cli", "audit", log, *QUICK]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"\x1b]0" not in done.stdout


def test_a_month_without_end_is_refused(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", log, "--calls-per-month", "inf", "--json", *QUICK]) == 2
    assert "calls_per_month" in capsys.readouterr().err
