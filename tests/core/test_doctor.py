"""`spsd doctor` as a user runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from model_files import gguf_bytes

from spsd_core.cli.diagnosis import REQUIREMENTS, _fits
from spsd_core.models import CATALOGUE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "store"
    path.mkdir()
    return path


def doctor(folder: Path, *arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run `spsd doctor`, in a process where `code` ran first."""
    program = f"{code}\nfrom spsd_core.cli import main\nraise SystemExit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, "doctor", *arguments],
        env={**os.environ, "SPSD_MODELS": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert not done.stderr
    return {finding["subject"]: finding for finding in json.loads(done.stdout)["findings"]}


def without(*distributions: str) -> str:
    """Code that makes a process blind to installed distributions, as if they were not there."""
    return (
        "import importlib.metadata as m\n"
        "_version = m.version\n"
        "def version(name):\n"
        f"    if name in {distributions!r}:\n"
        "        raise m.PackageNotFoundError(name)\n"
        "    return _version(name)\n"
        "m.version = version\n"
    )


def test_the_default_path_is_tried_not_assumed(folder: Path) -> None:
    done = doctor(folder, "--json")
    assert done.returncode == 0, done.stdout
    default = findings(done)["default path (rules and the Reader)"]
    assert default["health"] == "ok"
    assert re.fullmatch(r"a sample of \d+ characters became \d+", default["detail"])


def test_the_text_form_shows_python_packages_and_commands(folder: Path) -> None:
    done = doctor(folder)
    assert sys.executable in done.stdout
    assert "pydantic>=2.8,<3" in done.stdout
    assert "run: spsd models pull gemma-2-2b-it" in done.stdout


def test_a_missing_package_comes_with_the_command_that_installs_it(folder: Path) -> None:
    done = doctor(folder, "--json", code=without("langchain", "llama-models", "llama-cpp-python"))
    found = findings(done)
    assert done.returncode == 0
    assert found["LangChain agents"]["health"] == "missing"
    assert found["LangChain agents"]["command"] == (
        f"{sys.executable} -m pip install 'langchain>=1.4,<2'"
    )
    assert "estimates" in found["exact Llama-3 token counts"]["detail"]
    assert found["rewriting in this process with gemma-2-2b-it"]["health"] == "missing"


def test_a_missing_base_package_is_broken(folder: Path) -> None:
    done = doctor(folder, "--json", code=without("google-re2"))
    assert done.returncode == 1
    assert findings(done)["default path (rules and the Reader)"]["health"] == "broken"


def test_a_damaged_reader_is_named(folder: Path) -> None:
    """A distiller would only pass every text through."""
    code = (
        "from spsd_core.reader import encoder\n"
        "encoder._WEIGHTS = encoder._WEIGHTS.with_name('nowhere')\n"
        "encoder.Encoder.__init__.__defaults__ = (encoder._WEIGHTS, None)\n"
    )
    done = doctor(folder, "--json", code=code)
    assert done.returncode == 1
    default = findings(done)["default path (rules and the Reader)"]
    assert default["health"] == "broken"
    assert "reader.json cannot be read: install spsd again" in default["detail"]


def test_half_a_model_is_found_without_llama_cpp(smollm2_gguf: Path, folder: Path) -> None:
    content = smollm2_gguf.read_bytes()
    (folder / CATALOGUE["smollm2-135m"].file_name).write_bytes(content[: len(content) // 2])
    done = doctor(folder, "--json", code=without("llama-cpp-python"))
    assert done.returncode == 1
    found = findings(done)["model smollm2-135m"]
    assert found["health"] == "broken"
    assert "truncated" in found["detail"]
    assert found["command"] == "spsd models pull smollm2-135m"


def test_a_verified_and_an_unhashed_model_are_told_apart(smollm2_gguf: Path, folder: Path) -> None:
    found = findings(doctor(smollm2_gguf.parent, "--json"))["model smollm2-135m"]
    assert (found["health"], found["detail"]) == ("ok", "verified, 272 tensors")
    (folder / "own.gguf").write_bytes(gguf_bytes())
    found = findings(doctor(folder, "--json"))["model own.gguf"]
    assert (found["health"], found["command"]) == ("note", "spsd models verify own.gguf")


def test_own_files_that_are_cut_off_are_broken(folder: Path) -> None:
    (folder / "own.gguf").write_bytes(gguf_bytes()[:-1])
    done = doctor(folder, "--json")
    assert done.returncode == 1
    assert "truncated" in findings(done)["model own.gguf"]["detail"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("level: loud", "level"),
        ("engines: [lexicle]", "lexicle"),
        ("- a list", "must hold a mapping"),
        ("{", "cannot read settings file"),
        ("rewrite: {model: gema}\nengines: [rewrite]", "gema"),
    ],
)
def test_a_wrong_settings_file_is_named_with_the_setting(
    folder: Path, tmp_path: Path, content: str, words: str
) -> None:
    file = tmp_path / "spsd.yaml"
    file.write_text(content)
    done = doctor(folder, "--json", "--settings", str(file))
    assert done.returncode == 1
    found = findings(done)[f"settings file {file}"]
    assert found["health"] == "broken"
    assert words in found["detail"]


def test_settings_that_need_a_model_need_it_here(
    smollm2_gguf: Path, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "spsd.yaml"
    file.write_text("engines: [lexical, rewrite]\nrewrite: {model: smollm2-135m}\n")
    subject = "rewriting in this process with smollm2-135m (settings)"
    done = doctor(folder, "--json", "--settings", str(file))
    assert done.returncode == 1
    assert findings(done)[subject]["command"] == "spsd models pull smollm2-135m"
    done = doctor(smollm2_gguf.parent, "--json", "--settings", str(file))
    assert done.returncode == 0
    assert findings(done)[subject]["health"] == "ok"


def test_nothing_heavy_is_imported(folder: Path) -> None:
    heavy = ("llama_cpp", "langchain_core", "llama_index", "openai", "tiktoken", "rich")
    code = (
        "import atexit, sys\n"
        "loaded = lambda: [n for n in " + repr(heavy) + " if n in sys.modules]\n"
        "atexit.register(lambda: loaded() and print(loaded(), file=sys.stderr))\n"
    )
    done = doctor(folder, "--json", code=code)
    assert done.stderr == ""


def test_the_table_of_packages_is_that_of_the_project_file() -> None:
    tomllib = pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {"": project["dependencies"], **project["optional-dependencies"]}
    for extra in ("eval", "demo", "all", "test"):
        declared.pop(extra, None)
    assert {
        extra: tuple(item for item in items if not item.startswith("spsd["))
        for extra, items in declared.items()
    } == REQUIREMENTS


@pytest.mark.parametrize(
    ("requirement", "installed", "fits"),
    [
        ("a>=1.2,<2", "1.10.0", True),
        ("a>=1.2,<2", "1.1.9", False),
        ("a>=1.2,<2", "2.0", False),
        ("a>=1.2,<2", "2", False),
        ("a>=1.2.0", "1.2", True),
        ("a>=0.13,<0.15", "0.14.25.post1", True),
        ("a>=1.0", "1.0rc1", True),
        ("a", "anything", True),
    ],
)
def test_versions_are_compared_by_number(requirement: str, installed: str, fits: bool) -> None:
    assert _fits(requirement, installed) is fits
