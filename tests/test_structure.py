"""House rules that a machine can check: sizes, imports, public names."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("spsd_core", "spsd_langchain", "spsd_llamaindex", "spsd_demo")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    """Five hundred lines a file, sixty a function."""
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 500
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno <= 60, node.name


@pytest.mark.parametrize("package", PACKAGES[:3])
def test_public_names_are_sorted_and_can_be_had(package: str) -> None:
    """What `__all__` promises is there."""
    module = importlib.import_module(package)
    names = [name for name in module.__all__ if not name.startswith("__")]
    assert names == sorted(names)
    for name in names:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("package", PACKAGES[:3])
def test_importing_a_package_loads_no_framework_and_no_model_library(package: str) -> None:
    """Nor pydantic, for the core: the first name that is used loads what it needs."""
    heavy = (
        "langchain_core llama_index numpy onnxruntime llama_cpp tiktoken openai re2 yaml rich "
        "pydantic"
    )
    script = (
        f"import sys, {package}; found = set('{heavy}'.split()) & set(sys.modules);"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_framework_imports_stay_in_their_package() -> None:
    """The core knows no framework; each adapter knows its own."""
    allowed = {
        "spsd_core": (),
        "spsd_langchain": ("langchain",),
        "spsd_llamaindex": ("llama_index",),
    }
    for package, own in allowed.items():
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                for name in names:
                    if name.startswith(("langchain", "llama_index")):
                        assert name.startswith(own), f"{path.name} imports {name}"


def test_every_reason_is_described_in_the_documents() -> None:
    """The closed list is a public face."""
    from spsd_core import Reason

    text = (ROOT / "docs" / "reasons.md").read_text(encoding="utf-8")
    missing = [reason.value for reason in Reason if f"`{reason.value}`" not in text]
    assert not missing
