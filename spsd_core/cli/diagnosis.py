"""What `spsd doctor` finds out. Reads package metadata and file headers; loads no model."""

from __future__ import annotations

import platform
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from spsd_core import __version__
from spsd_core.exceptions import SPSDError
from spsd_core.models.catalogue import CATALOGUE
from spsd_core.settings import Settings, TargetSettings

__all__ = ["REQUIREMENTS", "Diagnosis", "Finding", "Health", "PackageState", "diagnose"]

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "": (
        "pydantic>=2.8,<3",
        "google-re2>=1.1",
        "PyYAML>=6.0",
        "numpy>=1.24",
        "onnxruntime>=1.17",
        "tokenizers>=0.20",
    ),
    "cli": ("rich>=13.7",),
    "langchain": ("langchain-core>=1.2,<2",),
    "agents": ("langchain>=1.4,<2",),
    "llamaindex": ("llama-index-core>=0.13,<0.15",),
    "llamaindex-openai": ("llama-index-llms-openai-like>=0.5",),
    "openai": ("langchain-openai>=1.0,<2", "openai>=1.60"),
    "slm": ("llama-cpp-python>=0.3.36,<0.4", "jinja2>=3.1", "numpy>=1.24"),
    "llama3": ("llama-models>=0.3,<0.4", "tiktoken>=0.8"),
    "tokenizers": ("tokenizers>=0.20", "tiktoken>=0.8"),
    "otel": ("opentelemetry-api>=1.20,<2",),
    "prometheus": ("prometheus-client>=0.20,<1",),
}
"""Packages by extra, the base install first. A test holds this table against pyproject.toml."""

_ABILITIES = (
    ("progress bars and tables", "cli"),
    ("LangChain", "langchain"),
    ("LangChain agents", "agents"),
    ("LlamaIndex", "llamaindex"),
    ("LlamaIndex, OpenAI-compatible models", "llamaindex-openai"),
    ("counts by tokenizer.json and tiktoken", "tokenizers"),
    ("savings as OpenTelemetry attributes", "otel"),
    ("savings for Prometheus", "prometheus"),
)
"""Abilities that need an extra and nothing else."""

_BOUND = re.compile(r"(>=|<)\s*([0-9.]+)")
_SAMPLE = (
    "Hello! I hope you are well. Could you please list the three largest lakes in Kenya? "
    "Thank you so much in advance!"
)


class Health(str, Enum):
    """What was found."""

    OK = "ok"
    NOTE = "note"
    """Works, with a limit worth knowing."""
    MISSING = "missing"
    """Optional and not here."""
    BROKEN = "broken"
    """Should work and does not; `spsd doctor` exits with 1."""


@dataclass(frozen=True)
class Finding:
    """One thing that works, or what to run so that it does."""

    subject: str
    health: Health
    detail: str = ""
    command: str = ""


@dataclass(frozen=True)
class PackageState:
    """A package as installed, against what an extra asks for."""

    requirement: str
    extra: str
    installed: str | None
    fits: bool


@dataclass(frozen=True)
class Diagnosis:
    """Everything `spsd doctor` shows."""

    spsd: str
    python: str
    platform: str
    packages: tuple[PackageState, ...]
    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is broken."""
        return all(finding.health is not Health.BROKEN for finding in self.findings)


def diagnose(settings_file: Path | None = None) -> Diagnosis:
    """Look at this machine, and at a settings file where one is given."""
    packages = tuple(
        _package(extra, requirement)
        for extra, requirements in REQUIREMENTS.items()
        for requirement in requirements
    )
    return Diagnosis(
        spsd=__version__,
        python=f"{platform.python_version()} ({sys.executable})",
        platform=platform.platform(),
        packages=packages,
        findings=(
            _default_path(packages),
            _llama3_counts(packages),
            _local_rewrite(packages),
            _server_rewrite(packages),
            *(_ability(subject, extra, packages) for subject, extra in _ABILITIES),
            *_models(),
            _energy(),
            *(_settings(settings_file, packages) if settings_file else ()),
        ),
    )


def _package(extra: str, requirement: str) -> PackageState:
    name = re.split(r"[<>=\[]", requirement, maxsplit=1)[0]
    try:
        installed = version(name)
    except PackageNotFoundError:
        return PackageState(requirement, extra, None, fits=False)
    return PackageState(requirement, extra, installed, _fits(requirement, installed))


def _fits(requirement: str, installed: str) -> bool:
    """Whether a version lies within the bounds. Compares the numbers; knows `>=` and `<`.

    >>> _fits("thing>=1.2,<2", "1.10.3"), _fits("thing>=1.2,<2", "2.0")
    (True, False)
    """
    actual = _numbers(installed)
    return all(
        actual >= _numbers(bound) if sign == ">=" else actual < _numbers(bound)
        for sign, bound in _BOUND.findall(requirement)
    )


def _numbers(text: str) -> tuple[int, ...]:
    leading = re.match(r"[0-9.]*", text)
    parts = [int(part) for part in (leading[0] if leading else "").split(".") if part]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _lacking(extra: str, packages: tuple[PackageState, ...]) -> list[PackageState]:
    return [package for package in packages if package.extra == extra and not package.fits]


def _install(lacking: list[PackageState]) -> str:
    wanted = [package.requirement for package in lacking]
    return shlex.join([sys.executable or "python", "-m", "pip", "install", *wanted])


def _describe(lacking: list[PackageState]) -> str:
    return ", ".join(
        f"{package.requirement} (installed: {package.installed or 'none'})" for package in lacking
    )


def _ability(subject: str, extra: str, packages: tuple[PackageState, ...]) -> Finding:
    lacking = _lacking(extra, packages)
    if lacking:
        return Finding(subject, Health.MISSING, f"needs {_describe(lacking)}", _install(lacking))
    return Finding(subject, Health.OK)


def _default_path(packages: tuple[PackageState, ...]) -> Finding:
    """Distils a sentence; nothing less shows that the default works."""
    subject = "default path (rules and the Reader)"
    lacking = _lacking("", packages)
    if lacking:
        return Finding(subject, Health.BROKEN, f"needs {_describe(lacking)}", _install(lacking))
    try:
        from spsd_core.distiller import Distiller
        from spsd_core.reader import shared_encoder

        shared_encoder()  # says what is wrong with it; a distiller only passes texts through
        estimate = TargetSettings(tokenizer="estimate")
        with Distiller(Settings(target=estimate)) as distiller:
            result = distiller.distill(_SAMPLE)
    except Exception as error:  # noqa: BLE001 - whatever is broken here is what a doctor is for
        return Finding(subject, Health.BROKEN, f"{type(error).__name__}: {error}")
    if not result.distilled:
        detail = "; ".join((f"sample not shortened: {result.reason.value}", *result.record.notes))
        return Finding(subject, Health.BROKEN, detail)
    detail = f"a sample of {len(_SAMPLE)} characters became {len(result.text)}"
    return Finding(subject, Health.OK, detail)


def _llama3_counts(packages: tuple[PackageState, ...]) -> Finding:
    found = _ability("exact Llama-3 token counts", "llama3", packages)
    if found.health is not Health.OK:
        detail = f"{found.detail}; until then counts are estimates and say so"
        return Finding(found.subject, Health.MISSING, detail, found.command)
    spec = find_spec("llama_models")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        if (Path(folder) / "llama3" / "tokenizer.model").is_file():
            return found
    detail = "llama-models is installed without its tokenizer.model"
    reinstall = _install([p for p in packages if p.extra == "llama3"][:1])
    return Finding(found.subject, Health.BROKEN, detail, f"{reinstall} --force-reinstall --no-deps")


def _local_rewrite(
    packages: tuple[PackageState, ...], model: str = Settings().rewrite.model
) -> Finding:
    found = _ability(f"rewriting in this process with {model}", "slm", packages)
    if found.health is not Health.OK:
        return found
    from spsd_core.models import FileState, resolve, status

    here = status(model)
    if here.state is FileState.ABSENT:
        path, entry = resolve(model)
        command = f"spsd models pull {model}" if entry else "spsd models list"
        return Finding(found.subject, Health.MISSING, f"no model file {path}", command)
    if here.state is FileState.CORRUPT:
        return Finding(found.subject, Health.BROKEN, here.problem)
    return Finding(found.subject, Health.OK, str(here.path))


def _server_rewrite(packages: tuple[PackageState, ...]) -> Finding:
    subject = "rewriting on an OpenAI-compatible server"
    lacking = [p for p in _lacking("openai", packages) if p.requirement.startswith("openai")]
    if lacking:
        return Finding(subject, Health.MISSING, f"needs {_describe(lacking)}", _install(lacking))
    return Finding(subject, Health.OK, "the server itself was not asked")


def _models() -> Iterator[Finding]:
    from spsd_core.models import FileState, other_files, status

    for name in (*CATALOGUE, *map(str, other_files())):
        found = status(name)
        subject = f"model {found.name}"
        if found.state is FileState.ABSENT:
            partial = found.path.with_name(f"{found.path.name}.part")
            detail = "partly downloaded" if partial.exists() else "not downloaded"
            yield Finding(subject, Health.MISSING, detail, f"spsd models pull {found.name}")
        elif found.state is FileState.CORRUPT:
            problem, _, command = found.problem.rpartition(" Run: ")
            yield Finding(
                subject, Health.BROKEN, problem or found.problem, command if problem else ""
            )
        elif found.state is FileState.PRESENT:
            command = f"spsd models verify {shlex.quote(found.name)}"
            yield Finding(subject, Health.NOTE, "whole by its header, not hashed yet", command)
        else:
            tensors = found.header.tensor_count if found.header else 0
            yield Finding(subject, Health.OK, f"verified, {tensors} tensors")


def _energy() -> Finding:
    from spsd_core.energy import RaplCounter

    subject = "energy read from the processor (RAPL)"
    if RaplCounter().readable:
        return Finding(subject, Health.OK)
    root = Path("/sys/class/powercap")
    if any(root.glob("intel-rapl:[0-9]/energy_uj")):
        command = "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj"
        return Finding(subject, Health.NOTE, "not readable; estimated from processor time", command)
    detail = "this machine shows no counter; estimated from processor time, nothing to run"
    return Finding(subject, Health.NOTE, detail)


def _settings(path: Path, packages: tuple[PackageState, ...]) -> Iterator[Finding]:
    subject = f"settings file {path}"
    try:
        from spsd_core.distiller import Distiller

        settings = Settings.from_file(path)
        Distiller(settings).close()
    except (SPSDError, ValueError) as error:
        yield Finding(subject, Health.BROKEN, str(error))
        return
    except Exception as error:  # noqa: BLE001 - an engine of the user's own may raise anything
        yield Finding(subject, Health.BROKEN, f"{type(error).__name__}: {error}")
        return
    yield Finding(subject, Health.OK, f"fingerprint {settings.fingerprint()}")
    if "rewrite" not in settings.engines:
        return
    if settings.rewrite.backend == "llama_cpp":
        needed = _local_rewrite(packages, settings.rewrite.model)
    else:
        needed = _server_rewrite(packages)
    health = Health.BROKEN if needed.health is Health.MISSING else needed.health
    yield Finding(f"{needed.subject} (settings)", health, needed.detail, needed.command)
