"""Names, paths, and what is known about a file in the model folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from model_files import gguf_bytes

from spsd_core.exceptions import ConfigurationError, ModelFileError
from spsd_core.models import (
    CATALOGUE,
    FileState,
    HubFile,
    WheelFile,
    check_name,
    locate,
    models_folder,
    other_files,
    resolve,
    status,
    verify,
)

SMOLLM2 = CATALOGUE["smollm2-135m"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPSD_MODELS", str(tmp_path / "store"))
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


def test_every_entry_has_a_size_a_licence_and_a_pinned_source() -> None:
    for entry in CATALOGUE.values():
        assert entry.size_bytes > 50_000_000
        assert entry.licence.url.startswith("https://")
        assert entry.file_name.endswith(".gguf")
        assert entry.sha256 is None or len(bytes.fromhex(entry.sha256)) == 32
        if isinstance(entry.source, HubFile):
            assert len(bytes.fromhex(entry.source.revision)) == 20
        else:
            assert "==" in entry.source.requirement


def test_file_names_are_unique_because_a_mirror_is_recognised_by_them() -> None:
    names = [entry.file_name for entry in CATALOGUE.values()]
    assert len(names) == len(set(names))


def test_another_hub_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    source = CATALOGUE["gemma-2-2b-it"].source
    assert isinstance(source, HubFile)
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/hf/")
    assert source.url.startswith("https://mirror.example/hf/bartowski/gemma-2-2b-it-GGUF/resolve/")
    monkeypatch.delenv("HF_ENDPOINT")
    assert source.url.startswith("https://huggingface.co/")
    assert isinstance(SMOLLM2.source, WheelFile)


def test_the_folder_is_the_chosen_one_else_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("SPSD_MODELS", raising=False)
    assert models_folder() == tmp_path / "spsd" / "models"
    monkeypatch.setenv("SPSD_MODELS", "~/weights")
    assert models_folder() == Path.home() / "weights"


@pytest.mark.parametrize("name", ["gemma-2-2b-it", "smollm2-135m", "some/where.bin", "x.GGUF"])
def test_names_and_paths_pass_the_check_at_build_time(name: str) -> None:
    check_name(name)


def test_a_misspelt_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean 'gemma-2-2b-it'") as caught:
        check_name("gemma2-2b-it")
    assert "smollm2-135m" in str(caught.value)


@pytest.mark.parametrize("name", ["", " ", "\0", "\ud800", "🦙", "llama" * 1000])
def test_any_other_string_is_a_configuration_error(name: str) -> None:
    with pytest.raises(ConfigurationError):
        check_name(name)


@pytest.mark.parametrize("name", ["/no/such.gguf", "a\0b.gguf", "~nobody-here/x.gguf", "/dev/"])
def test_a_path_without_a_file_is_a_model_file_error_at_use(name: str, folder: Path) -> None:
    check_name(name)
    with pytest.raises(ModelFileError):
        locate(name)
    with pytest.raises(ModelFileError):
        verify(name)


def test_a_model_that_is_not_here_says_what_to_run(folder: Path) -> None:
    with pytest.raises(ModelFileError, match="Run: spsd models pull gemma-2-2b-it"):
        locate("gemma-2-2b-it")


def test_half_a_model_is_truncated_and_says_what_to_run(smollm2_gguf: Path, folder: Path) -> None:
    monolith = smollm2_gguf.read_bytes()
    (folder / SMOLLM2.file_name).write_bytes(monolith[: len(monolith) // 2])
    with pytest.raises(ModelFileError, match=r"truncated.*Run: spsd models pull smollm2-135m"):
        locate("smollm2-135m")
    assert status("smollm2-135m").state is FileState.CORRUPT


def test_a_file_with_one_wrong_byte_is_found_by_its_hash(smollm2_gguf: Path, folder: Path) -> None:
    target = folder / SMOLLM2.file_name
    shutil.copyfile(smollm2_gguf, target)
    with target.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    assert status("smollm2-135m").state is FileState.PRESENT
    with pytest.raises(ModelFileError, match=r"wrong checksum.*Run: spsd models pull smollm2-135m"):
        locate("smollm2-135m")


def test_a_model_put_there_by_hand_is_hashed_once(smollm2_gguf: Path, folder: Path) -> None:
    target = folder / SMOLLM2.file_name
    target.symlink_to(smollm2_gguf)
    assert status("smollm2-135m").state is FileState.PRESENT
    assert locate("smollm2-135m") == target
    assert status("smollm2-135m").state is FileState.VERIFIED
    assert verify("smollm2-135m").compared_with == "catalogue"


def test_touching_a_file_ends_its_being_verified(folder: Path) -> None:
    path = folder / "own.gguf"
    path.write_bytes(gguf_bytes())
    verify(str(path))
    assert status(str(path)).state is FileState.VERIFIED
    os.utime(path, ns=(1, 1))
    assert status(str(path)).state is FileState.PRESENT


def test_an_own_file_in_the_folder_is_held_against_its_first_hash(folder: Path) -> None:
    path = folder / "own.gguf"
    path.write_bytes(gguf_bytes())
    assert verify("own.gguf").compared_with == "nothing"
    assert verify("own.gguf").compared_with == "record"
    path.write_bytes(gguf_bytes()[:-1] + b"!")
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelFileError, match=r"wrong checksum.*verify --accept own\.gguf"):
        locate("own.gguf")
    verify("own.gguf", accept=True)
    assert locate("own.gguf") == path


def test_an_own_file_elsewhere_is_used_by_its_path(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(gguf_bytes())
    assert locate(str(path)) == path
    assert verify(str(path)).compared_with == "nothing"
    path.write_bytes(gguf_bytes()[:-1])
    with pytest.raises(ModelFileError, match="truncated"):
        locate(str(path))


def test_a_bare_file_name_is_looked_for_in_the_folder(folder: Path) -> None:
    (folder / "own.gguf").write_bytes(gguf_bytes())
    assert resolve("own.gguf") == (folder / "own.gguf", None)
    assert other_files() == [folder / "own.gguf"]


def test_a_ruined_record_file_costs_a_new_hash_and_nothing_else(folder: Path) -> None:
    (folder / "own.gguf").write_bytes(gguf_bytes())
    for rubbish in ("", "[]", "{}", '{"own.gguf": 1}', '{"own.gguf": {"sha": 1}}', "\0"):
        (folder / "verified.json").write_text(rubbish)
        assert locate("own.gguf") == folder / "own.gguf"
        assert verify("own.gguf").compared_with == "nothing"
