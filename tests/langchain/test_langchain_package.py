"""The package's face: its names, what importing it costs, and what a missing extra says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import spsd_langchain

ROOT = Path(spsd_langchain.__file__).parent.parent


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_the_public_names_are_these() -> None:
    assert spsd_langchain.__all__ == [
        "ContextDistillCompressor",
        "DistillationCallbackHandler",
        "DistillationMiddleware",
        "PromptDistiller",
        "ToolResultSettings",
    ]
    assert spsd_langchain.__all__ == sorted(spsd_langchain.__all__)
    assert set(spsd_langchain.__all__) <= set(dir(spsd_langchain))
    for name in spsd_langchain.__all__:
        assert getattr(spsd_langchain, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'PromptDestroyer'"):
        _ = spsd_langchain.PromptDestroyer  # type: ignore[attr-defined]


def test_importing_the_package_imports_neither_langchain_nor_pydantic() -> None:
    done = python(
        "import sys, spsd_langchain\n"
        "print([m for m in ('langchain_core', 'pydantic', 'langsmith') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_using_a_name_loads_no_model_library() -> None:
    done = python(
        "import sys\nfrom spsd_langchain import PromptDistiller\nPromptDistiller()\n"
        "print([m for m in ('llama_cpp', 'openai', 'tiktoken', 'langchain_openai', 'numpy')"
        " if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_without_langchain_core_the_error_says_what_to_install() -> None:
    done = python(
        "import sys\nsys.modules['langchain_core'] = None\nimport spsd_langchain\n"
        "try:\n    spsd_langchain.PromptDistiller\n"
        "except ImportError as error:\n    print(error)"
    )
    assert "pip install 'spsd[langchain]'" in done.stdout, done.stderr
