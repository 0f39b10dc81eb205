"""`spsd models` as a user runs it: messages, exit codes, and what lands on stdout."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_files import gguf_bytes
from model_server import Site, serving

CONTENT = gguf_bytes()
HEAVY = ("pydantic", "urllib.request", "http.client", "yaml", "re2", "rich", "llama_cpp", "openai")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site(CONTENT)) as running:
        yield running


def spsd(folder: Path, *arguments: str, module: str = "spsd_core") -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "SPSD_MODELS": str(folder), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("module", ["spsd_core", "spsd_core.cli"])
def test_the_package_runs_as_a_module(folder: Path, module: str) -> None:
    done = spsd(folder, "--version", module=module)
    assert (done.returncode, done.stdout.split()[0]) == (0, "spsd")


def test_help_names_every_command(folder: Path) -> None:
    done = spsd(folder, "--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("distill", "demo", "models", "doctor"))


@pytest.mark.parametrize("arguments", [(), ("modles",), ("models",), ("models", "pull")])
def test_wrong_usage_exits_with_2(folder: Path, arguments: tuple[str, ...]) -> None:
    done = spsd(folder, *arguments)
    assert done.returncode == 2
    assert "usage: spsd" in done.stderr
    assert not done.stdout


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    code = (
        "import sys, spsd_core.cli, spsd_core.cli.models, spsd_core.models\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_list_shows_size_licence_and_state(smollm2_gguf: Path, folder: Path) -> None:
    done = spsd(smollm2_gguf.parent, "models", "list")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    smollm2 = next(line for line in lines if line.startswith("smollm2-135m"))
    assert smollm2.split() == ["smollm2-135m", "98", "MB", "verified", "Apache-2.0"]
    assert "Gemma Terms of Use" in done.stdout
    assert "absent" in spsd(folder, "models", "list").stdout


def test_list_as_json_holds_the_catalogue_and_own_files(folder: Path) -> None:
    folder.mkdir()
    (folder / "own.gguf").write_bytes(CONTENT)
    (folder / "broken.gguf").write_bytes(CONTENT[:-1])
    done = spsd(folder, "models", "list", "--json")
    models = {model["name"]: model for model in json.loads(done.stdout)}
    assert models["gemma-2-2b-it"]["state"] == "absent"
    assert models["gemma-2-2b-it"]["licence_url"] == "https://ai.google.dev/gemma/terms"
    assert models["own.gguf"]["state"] == "present"
    assert models["own.gguf"]["size_bytes"] == len(CONTENT)
    assert models["broken.gguf"]["state"] == "corrupt"
    assert "truncated" in models["broken.gguf"]["problem"]


def test_pull_prints_the_path_on_stdout_and_the_rest_on_stderr(site: Site, folder: Path) -> None:
    done = spsd(folder, "models", "pull", site.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder / 'tiny.gguf'}\n"
    assert done.stderr.startswith("licence: ")
    assert "100 %" in done.stderr


def test_pull_of_a_catalogue_model_prints_its_licence_first(site: Site, folder: Path) -> None:
    site.statuses = [404]
    url = site.url.replace("tiny.gguf", "gemma-2-2b-it-Q4_K_M.gguf")
    done = spsd(folder, "models", "pull", url)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[1] == "licence: Gemma Terms of Use, https://ai.google.dev/gemma/terms"
    assert lines[-1].startswith("spsd: ")


def test_pull_with_the_wrong_checksum_exits_with_1(site: Site, folder: Path) -> None:
    done = spsd(folder, "models", "pull", site.url, "--sha256", "0" * 64)
    assert done.returncode == 1
    assert "wrong checksum" in done.stderr
    assert not done.stdout
    good = hashlib.sha256(CONTENT).hexdigest()
    assert spsd(folder, "models", "pull", site.url, "--sha256", good).returncode == 0


def test_verify_hashes_everything_that_is_here(folder: Path) -> None:
    folder.mkdir()
    (folder / "own.gguf").write_bytes(CONTENT)
    done = spsd(folder, "models", "verify")
    assert done.returncode == 0
    assert hashlib.sha256(CONTENT).hexdigest() in done.stdout
    assert "nothing to compare with" in done.stdout
    assert "as recorded" in spsd(folder, "models", "verify", "own.gguf").stdout
    (folder / "own.gguf").write_bytes(CONTENT[:-1] + b"!")
    done = spsd(folder, "models", "verify")
    assert (done.returncode, done.stdout) == (1, "")
    assert "wrong checksum" in done.stderr
    assert spsd(folder, "models", "verify", "own.gguf", "--accept").returncode == 0
    assert spsd(folder, "models", "verify").returncode == 0


def test_verify_of_nothing_says_so_and_of_a_missing_name_fails(folder: Path) -> None:
    done = spsd(folder, "models", "verify")
    assert (done.returncode, done.stdout) == (0, "")
    assert "No model files are here" in done.stderr
    done = spsd(folder, "models", "verify", "gemma-2-2b-it")
    assert done.returncode == 1
    assert "Run: spsd models pull gemma-2-2b-it" in done.stderr


def test_path_prints_a_path_that_may_be_used(smollm2_gguf: Path) -> None:
    done = spsd(smollm2_gguf.parent, "models", "path", "smollm2-135m")
    assert (done.returncode, done.stdout) == (0, f"{smollm2_gguf}\n")


def test_path_of_a_misspelt_name_exits_with_2_and_suggests(folder: Path) -> None:
    done = spsd(folder, "models", "path", "gema-2-2b")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'gemma-2-2b-it'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_causes_no_traceback(folder: Path) -> None:
    command = f"{sys.executable} -m spsd_core models list --json | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""
