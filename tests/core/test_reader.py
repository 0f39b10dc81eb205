"""The Reader as it is shipped: what it says of plain cases, of odd texts, and of damaged files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsd_core.exceptions import EngineUnavailable
from spsd_core.reader import Encoder, Role, RoleReading, shared_encoder

WEIGHTS = Path(__file__).parents[2] / "spsd_core" / "reader" / "weights"
POLITE = "Good morning! Could you please tell me how to sort a list of 10 names? Thanks a lot!"
NAMES = "Please translate: 'Dear Sir, could you please send me the report? Many thanks, Ana'"


def role_of(reading: RoleReading, words: str) -> set[Role]:
    """The roles of the words of a phrase."""
    start = reading.text.index(words)
    end = start + len(words)
    return {
        word.role
        for word in reading.words
        if start <= word.start and word.end <= end and reading.text[word.start].isalnum()
    }


def test_courtesy_is_scaffold_and_the_request_is_not() -> None:
    reading = shared_encoder().read(POLITE)
    assert role_of(reading, "Good morning") == {Role.SCAFFOLD}
    assert role_of(reading, "Could you please") == {Role.SCAFFOLD}
    assert role_of(reading, "Thanks a lot") == {Role.SCAFFOLD}
    assert Role.SCAFFOLD not in role_of(reading, "how to sort a list of 10 names")
    assert reading.affect == "neutral"
    assert reading.critical < reading.critical_threshold


def test_courtesy_inside_payload_is_payload() -> None:
    reading = shared_encoder().read(NAMES)
    assert role_of(reading, "could you please send me the report") == {Role.PAYLOAD}


def test_feelings_and_critical_matters_are_seen() -> None:
    encoder = shared_encoder()
    angry = encoder.read("This is the third time my parcel got lost and I am absolutely furious.")
    assert angry.affect == "frustrated"
    ill = encoder.read("my little boy is burning up and wont drink, he just lies there")
    assert ill.critical_hits()[0].rule.startswith("reader.")


def test_chances_are_chances_and_vectors_have_length_one() -> None:
    reading = shared_encoder().read(POLITE)
    for word in reading.words:
        assert sum(word.chances) == pytest.approx(1, abs=1e-3)
        assert word.chance(word.role) == max(word.chances)
    assert sum(reading.affects.values()) == pytest.approx(1, abs=1e-3)
    assert sum(x * x for x in reading.vector) == pytest.approx(1, abs=1e-3)


def test_words_stand_where_they_stand_in_the_text() -> None:
    reading = shared_encoder().read(NAMES)
    assert [NAMES[word.start : word.end] for word in reading.words[:4]] == [
        "Please",
        "translate",
        ":",
        "'",
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    reading = shared_encoder().read(text)
    ends = [0]
    for word in reading.words:
        assert 0 <= word.start <= word.end <= len(text)
        assert word.start >= ends[-1] - 1
        ends.append(word.end)


@pytest.mark.parametrize("text", ["", " \n ", "\u200b"])
def test_a_text_without_a_word_is_of_no_domain(text: str) -> None:
    reading = shared_encoder().read(text)
    assert reading.words == ()
    assert reading.critical == 0
    assert reading.critical_hits() == ()


def test_a_text_of_many_windows_is_read_to_its_end() -> None:
    """Courtesy at both ends is found, and the matter between is not taken for it."""
    middle = "The pump in the cellar runs at 40 litres a minute and stops after an hour. " * 60
    text = f"Hello there! {middle}How can I make it run longer? Thank you so much in advance!"
    reading = shared_encoder().read(text)
    assert len(reading.words) > 900
    assert role_of(reading, "Hello there") == {Role.SCAFFOLD}
    assert role_of(reading, "Thank you so much in advance") == {Role.SCAFFOLD}
    kept = sum(word.role is not Role.SCAFFOLD for word in reading.words)
    assert kept / len(reading.words) > 0.97


def test_a_critical_passage_in_a_long_text_makes_it_critical() -> None:
    """One that fills a window; a single sentence among dull ones is left to the rules."""
    dull = "The meeting about the new chairs was moved to the larger room upstairs. " * 80
    dark = "I took all of my sleeping tablets and I do not want to wake up any more. " * 18
    assert shared_encoder().read(f"{dull}{dark}{dull}").critical_hits()
    assert not shared_encoder().read(dull).critical_hits()


def test_many_threads_get_the_same_answer() -> None:
    """Bit for bit, whatever else is read at the same time."""
    texts = [POLITE, NAMES, "word " * 700, "ok"]
    alone = [shared_encoder().read(text) for text in texts]
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(shared_encoder().read, texts * 16)) == alone * 16


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(WEIGHTS, tmp_path / "weights")
    return tmp_path / "weights"


@pytest.mark.parametrize("name", ["reader.onnx", "tokenizer.json"])
def test_a_damaged_file_is_named(copied: Path, name: str) -> None:
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)
    with pytest.raises(EngineUnavailable, match=rf"{name} is damaged.*install spsd again"):
        Encoder(copied)


@pytest.mark.parametrize("name", ["reader.onnx", "tokenizer.json", "reader.json"])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(EngineUnavailable, match=rf"{name} cannot be read"):
        Encoder(copied)


def test_a_card_that_is_no_json_is_refused(copied: Path) -> None:
    (copied / "reader.json").write_text("{", encoding="utf-8")
    with pytest.raises(EngineUnavailable, match=r"reader\.json is damaged"):
        Encoder(copied)


def test_the_shipped_files_are_small() -> None:
    card = json.loads((WEIGHTS / "reader.json").read_text(encoding="utf-8"))
    assert set(card["sha256"]) == {"reader.onnx", "tokenizer.json"}
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < 25_000_000


def test_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    """onnxruntime would leave a device id in the home directory, and ask for its maker's server."""
    code = (
        "from spsd_core import Distiller; Distiller().distill('Hi! Could you name 3 rivers? Ta!')"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    environment.pop("XDG_CACHE_HOME", None)
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.rglob("*onnxruntime*")) == []
