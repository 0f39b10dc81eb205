"""Savings as JSON: complete, read back as they were, and never half a file."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from savings_parts import ANOTHER, MEDICAL, POLITE, SHORT, Clock, context_of, price_file, quick, say

from spsd_core import Call
from spsd_core.exceptions import ConfigurationError
from spsd_core.savings import SavingsMeter, SavingsSnapshot

ROOT = Path(__file__).parents[2]


@pytest.fixture
def meter(tmp_path: Path) -> SavingsMeter:
    """It has seen a bit of everything."""
    meter = SavingsMeter(
        prices=price_file(tmp_path), model="small", max_conversations=1, clock=Clock()
    )
    distiller = quick(meter)
    for thread in ("a", "b", "\ud800"):
        for text in (POLITE, POLITE, ANOTHER, SHORT, MEDICAL):
            say(distiller, text, thread_id=thread, user_id="ann")
    call = Call("Which river?", metadata={"thread_id": "b"})
    meter.on_spsd_context(call, context_of("a", "", before=100, after=40))
    return meter


def test_the_file_holds_everything(meter: SavingsMeter, tmp_path: Path) -> None:
    path = tmp_path / "savings.json"
    meter.write_json(path)
    stored = json.loads(path.read_text(encoding="ascii"))
    assert stored == meter.to_json()
    assert stored["total"]["texts"]["seen"] == 15
    assert stored["total"]["texts"]["passed_through"] == {"safety_critical": 3, "too_short": 3}
    assert stored["total"]["money"] == f"{meter.total.money:f}"
    assert stored["users"]["rows"]["ann"]["currency"] == "EUR"
    assert stored["price"]["source"] == "written for this test"


def test_what_is_read_is_what_was_written(meter: SavingsMeter, tmp_path: Path) -> None:
    """Exactly: money and energy, too."""
    path = tmp_path / "savings.json"
    meter.write_json(path)
    assert SavingsSnapshot.read_json(path) == meter.snapshot()


def test_no_text_is_in_it(meter: SavingsMeter) -> None:
    stored = json.dumps(meter.to_json())
    assert "river" not in stored
    assert "ibuprofen" not in stored


def test_ids_are_for_the_owner_alone_unless_the_file_was_open_before(
    meter: SavingsMeter, tmp_path: Path
) -> None:
    new, old = tmp_path / "new.json", tmp_path / "old.json"
    old.write_text("{}")
    old.chmod(0o644)
    for path in (new, old):
        meter.write_json(path)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (new, old)] == [0o600, 0o644]


def test_a_link_stays_a_link(meter: SavingsMeter, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real.json")
    meter.write_json(link)
    assert link.is_symlink()
    assert SavingsSnapshot.read_json(tmp_path / "real.json") == meter.snapshot()


def test_a_folder_that_is_not_there_is_named(meter: SavingsMeter, tmp_path: Path) -> None:
    path = tmp_path / "missing" / "savings.json"
    with pytest.raises(FileNotFoundError, match="savings were not written") as caught:
        meter.write_json(path)
    assert caught.value.filename == str(path)


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    """The operating system refuses to write more than 100 bytes here."""
    path = tmp_path / "savings.json"
    path.write_text("old")
    script = (
        "import resource, sys\n"
        "from spsd_core.savings import SavingsMeter\n"
        "meter = SavingsMeter()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try:\n"
        "    meter.write_json(sys.argv[1])\n"
        "except OSError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "what the file held before is untouched" in done.stdout
    assert str(path) in done.stdout
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"schema_version": 2}',
        '{"schema_version": 1, "price": null, "total": {}}',
        "\udcff",
    ],
)
def test_a_file_that_holds_something_else_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match=r"other\.json holds no savings"):
        SavingsSnapshot.read_json(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seen": 15', '"seen": "15"'),
        ('"seen": 15', '"seen": 1.5'),
        ('"too_short": 3', '"too_shirt": 3'),
        ('"money": "0.', '"money": "x0.'),
        ('"money": "0.', '"money": "NaN'),
        ('"currency": "EUR"', '"currency": null'),
        ('"energy_cloud_saved_uwh": 0.0,', '"energy_cloud_saved_uwh": true,'),
        ('"energy_cloud_saved_uwh": 0.0,', '"energy_cloud_saved_uwh": NaN,'),
        ('"2026-11-22": {\n    "texts": {\n     "seen": 15', '"x": {"texts": {"seen": 14'),
    ],
)
def test_a_file_that_was_damaged_is_refused(
    meter: SavingsMeter, tmp_path: Path, old: str, new: str
) -> None:
    """A sum that cannot be right is not added to others."""
    path = tmp_path / "savings.json"
    meter.write_json(path)
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new))
    with pytest.raises(ConfigurationError, match="holds no savings"):
        SavingsSnapshot.read_json(path)
