"""The GGUF header parser, on real files, on built ones, and on rubbish."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_files import gguf_bytes

from spsd_core.exceptions import ModelFileError
from spsd_core.models import read_gguf_header

WHOLE = gguf_bytes(weights=64)


def _written(folder: Path, data: bytes) -> Path:
    path = folder / "x.gguf"
    path.write_bytes(data)
    return path


def test_the_real_model_needs_exactly_the_bytes_it_has(smollm2_gguf: Path) -> None:
    header = read_gguf_header(smollm2_gguf)
    assert header.required_bytes == header.file_bytes == smollm2_gguf.stat().st_size
    assert (header.version, header.tensor_count, header.architecture) == (3, 272, "llama")
    assert header.parameters == 134_515_008
    assert header.has_chat_template
    assert header.context_length == 8192


def test_half_of_the_real_model_is_seen_to_be_truncated(smollm2_gguf: Path, tmp_path: Path) -> None:
    with smollm2_gguf.open("rb") as file:
        half = _written(tmp_path, file.read(smollm2_gguf.stat().st_size // 2))
    header = read_gguf_header(half)
    assert header.truncated
    assert header.required_bytes == smollm2_gguf.stat().st_size


def test_one_missing_byte_is_seen(tmp_path: Path) -> None:
    assert not read_gguf_header(_written(tmp_path, WHOLE)).truncated
    assert read_gguf_header(_written(tmp_path, WHOLE[:-1])).truncated


@pytest.mark.parametrize(("version", "alignment"), [(2, 32), (3, 32), (3, 64), (3, 1)])
def test_versions_and_alignments_in_use_are_read(
    tmp_path: Path, version: int, alignment: int
) -> None:
    data = gguf_bytes(weights=64, version=version, alignment=alignment)
    header = read_gguf_header(_written(tmp_path, data))
    assert header.required_bytes == len(data)
    assert header.title == "Tiny"
    assert header.context_length == 2048


@pytest.mark.parametrize("version", [0, 1, 4, 3 << 24])
def test_other_versions_are_refused_by_number(tmp_path: Path, version: int) -> None:
    with pytest.raises(ModelFileError, match=f"version {version} is unknown"):
        read_gguf_header(_written(tmp_path, gguf_bytes(version=version)))


def test_a_web_page_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="does not begin with the letters GGUF"):
        read_gguf_header(_written(tmp_path, b"<!doctype html><title>Sign in</title>"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"cannot read .*none\.gguf"):
        read_gguf_header(tmp_path / "none.gguf")


def test_a_tensor_type_of_the_future_does_not_stop_the_reading(tmp_path: Path) -> None:
    header = read_gguf_header(_written(tmp_path, gguf_bytes(weights=64, kind=9999)))
    assert not header.truncated


def test_every_cut_of_the_file_is_refused_or_seen_to_be_truncated(tmp_path: Path) -> None:
    for length in range(len(WHOLE)):
        path = _written(tmp_path, WHOLE[:length])
        try:
            assert read_gguf_header(path).truncated, length
        except ModelFileError:
            continue


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=12),
    st.binary(max_size=64),
)
def test_damaged_bytes_are_read_or_refused_but_never_crash_or_hang(
    tmp_path: Path, damage: list[tuple[int, int]], tail: bytes
) -> None:
    data = bytearray(WHOLE)
    for place, value in damage:
        data[place] = value
    try:
        read_gguf_header(_written(tmp_path, bytes(data) + tail))
    except ModelFileError:
        return
