"""What is found out about a passage once: its written form, the memory, the SQLite file."""

from __future__ import annotations

import base64
import json
import multiprocessing
import sqlite3
import sys
import time
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from context_texts import BRIDGE, LEAFLET, LIBRARY, PASSAGES, QUESTION
from hypothesis import given
from hypothesis import strategies as st

from spsd_core import ConfigurationError, Settings
from spsd_core.context import ContextDistillation, ContextDistiller, Passage, PassageIndex
from spsd_core.context.indexing import build_index
from spsd_core.settings import ContextSettings

needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")


@lru_cache(maxsize=1)
def expected() -> tuple[str, ...]:
    """What every way to an index must come to."""
    return ContextDistiller().distill(QUESTION, PASSAGES).passages


def stored_at(path: Path, **context: object) -> ContextDistiller:
    settings = ContextSettings.model_validate({"store": path, **context})
    return ContextDistiller(Settings(context=settings))


def tampered(index: PassageIndex, change: Callable[[dict[str, object]], object]) -> str:
    """The written form of an index, with its head changed."""
    written = index.dumps()
    raw = zlib.decompress(base64.b85decode(written[len("spsd1:") :]))
    head_end = raw.index(b"\n")
    head = json.loads(raw[:head_end])
    change(head)
    body = json.dumps(head).encode() + raw[head_end:]
    return "spsd1:" + base64.b85encode(zlib.compress(body)).decode()


def in_fork(function: Callable[[], None]) -> None:
    """Run a function in a forked process; its failures are ours."""
    process = multiprocessing.get_context("fork").Process(target=function)
    process.start()
    process.join(60)
    assert process.exitcode == 0


@pytest.fixture(scope="module")
def distiller() -> ContextDistiller:
    return ContextDistiller()


@pytest.fixture(scope="module")
def bridge(distiller: ContextDistiller) -> PassageIndex:
    return distiller.index(BRIDGE)


class TestWrittenForm:
    @pytest.mark.parametrize("text", [BRIDGE, LEAFLET, "", " \n", "\ud800 lone", "# A\n\n- b\n- c"])
    def test_it_reads_back_what_it_wrote(self, distiller: ContextDistiller, text: str) -> None:
        """Printable ASCII in between, fit for a database or the metadata of a node."""
        index = distiller.index(text)
        written = index.dumps()
        assert written.isascii()
        assert written.isprintable()
        again = PassageIndex.loads(written)
        assert (again.key, again.version, again.units) == (index.key, index.version, index.units)
        assert again.critical == index.critical
        assert np.array_equal(again.rows, index.rows)
        assert np.array_equal(again.scales, index.scales)
        assert np.array_equal(again.unit_vectors, index.unit_vectors)
        assert again.dumps() == written

    def test_it_holds_no_text_and_is_small(self, bridge: PassageIndex) -> None:
        raw = zlib.decompress(base64.b85decode(bridge.dumps()[len("spsd1:") :]))
        assert b"Halvorsund" not in raw
        assert b"granite" not in raw
        assert len(bridge.dumps()) < 600 * (1 + len(bridge.units))

    def test_whole_numbers_stand_for_the_vectors_closely(
        self, distiller: ContextDistiller, bridge: PassageIndex
    ) -> None:
        encoder = distiller.encoder()
        fresh = build_index(BRIDGE, encoder, distiller.gate, bridge.version, None)
        assert np.array_equal(fresh.rows, bridge.rows)
        _, exact = encoder.read_spans(BRIDGE, [(one.start, one.end) for one in bridge.units])  # type: ignore[misc]
        cosines = (exact * bridge.unit_vectors).sum(axis=1)
        assert cosines.min() > 0.999
        assert np.allclose(np.linalg.norm(bridge.unit_vectors, axis=1), 1, atol=1e-5)

    @pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.99])
    def test_one_that_was_cut_off_is_refused(self, bridge: PassageIndex, share: float) -> None:
        written = bridge.dumps()
        with pytest.raises(ValueError, match="index of a passage"):
            PassageIndex.loads(written[: int(len(written) * share)])

    @given(
        st.one_of(
            st.text(),
            st.text().map("spsd1:".__add__),
            st.binary().map(lambda body: "spsd1:" + base64.b85encode(zlib.compress(body)).decode()),
        )
    )
    def test_anything_else_is_refused(self, written: str) -> None:
        with pytest.raises(ValueError, match="index of a passage"):
            PassageIndex.loads(written)

    @pytest.mark.parametrize(
        "change",
        [
            lambda head: head.clear(),
            lambda head: head.update(units=7),
            lambda head: head.update(units=[["a", "b", "sentence"]]),
            lambda head: head.update(units=[*head["units"][:-1], [-5, -1, "sentence"]]),
            lambda head: head.update(units=[head["units"][0]] * len(head["units"])),
            lambda head: head.update(units=[[9, 9, "sentence"], *head["units"][1:]]),
            lambda head: head.update(units=[*head["units"][:-1], [0, 1, "poem"]]),
            lambda head: head.update(units=head["units"] * 2),
            lambda head: head.update(width=-1),
            lambda head: head.update(width=0),
            lambda head: head.update(width=10**9),
            lambda head: head.update(width="9"),
            lambda head: head.update(key=9),
            lambda head: head.update(critical=[{"rule": 1}]),
            lambda head: head.update(critical=[3]),
        ],
    )
    def test_one_that_says_what_cannot_be_is_refused_and_not_used(
        self, distiller: ContextDistiller, bridge: PassageIndex, change: Callable[..., object]
    ) -> None:
        written = tampered(bridge, change)
        with pytest.raises(ValueError, match="index of a passage"):
            PassageIndex.loads(written)
        passages = (Passage(BRIDGE, index=written), *PASSAGES[1:])
        result = ContextDistiller().distill(QUESTION, passages)
        assert result.passages == expected()
        assert result.record.indexed == len(PASSAGES)

    def test_vectors_that_are_none_are_refused(self, bridge: PassageIndex) -> None:
        bent = PassageIndex(
            bridge.key, bridge.version, bridge.units, bridge.rows, bridge.scales * np.nan
        )
        with pytest.raises(ValueError, match="index of a passage"):
            PassageIndex.loads(bent.dumps())


class TestIngestion:
    def test_an_index_made_at_ingestion_spares_the_work(self, distiller: ContextDistiller) -> None:
        """In another process, say; the result is the same to the byte."""
        passages = [Passage(text, index=distiller.index(text).dumps()) for text in PASSAGES]
        result = ContextDistiller().distill(QUESTION, passages)
        assert result.record.indexed == 0
        assert result.passages == expected()

    async def test_it_can_be_made_in_a_task(self, distiller: ContextDistiller) -> None:
        index = await ContextDistiller().aindex(BRIDGE)
        assert index.dumps() == distiller.index(BRIDGE).dumps()

    @pytest.mark.parametrize(
        "stored",
        [
            lambda one: one.index(LIBRARY).dumps(),
            lambda one: tampered(one.index(BRIDGE), lambda head: head.update(version="other")),
            lambda one: tampered(
                one.index(BRIDGE),
                lambda head: head.update(units=[*head["units"][:-1], [9000, 9001, "sentence"]]),
            ),
            lambda one: one.index(BRIDGE).dumps()[:-9],
            lambda one: "garbage",
            lambda one: "",
            lambda one: "\ud800",
        ],
        ids=[
            "other text",
            "other version",
            "beyond its end",
            "cut off",
            "garbage",
            "empty",
            "half",
        ],
    )
    def test_one_that_does_not_fit_is_not_used(
        self, distiller: ContextDistiller, stored: Callable[[ContextDistiller], str]
    ) -> None:
        passages = (Passage(BRIDGE, index=stored(distiller)), *PASSAGES[1:])
        result = ContextDistiller().distill(QUESTION, passages)
        assert result.record.indexed == len(PASSAGES)
        assert result.passages == expected()

    def test_an_index_that_is_no_text_is_not_used(self) -> None:
        class Node:
            id = "n"
            text = BRIDGE
            index = 7

        result = ContextDistiller().distill(QUESTION, (Node(), *PASSAGES[1:]))
        assert result.passages == expected()


class TestMemory:
    def test_a_passage_is_read_once(self) -> None:
        distiller = ContextDistiller()
        assert distiller.distill(QUESTION, PASSAGES).record.indexed == len(PASSAGES)
        again = distiller.distill("What does the ferry cost?", (*PASSAGES, BRIDGE + " It is old."))
        assert again.record.indexed == 1

    def test_without_memory_it_is_read_each_time_with_the_same_result(self) -> None:
        settings = Settings(context=ContextSettings(memory_passages=0))
        distiller = ContextDistiller(settings)
        for _ in range(2):
            result = distiller.distill(QUESTION, PASSAGES)
            assert result.record.indexed == len(PASSAGES)
            assert result.passages == expected()


class TestFile:
    def test_it_keeps_indexes_between_processes(self, tmp_path: Path) -> None:
        """With and without memory, and after it was closed."""
        path = tmp_path / "vectors.sqlite"
        with stored_at(path) as first:
            assert first.distill(QUESTION, PASSAGES).record.indexed == len(PASSAGES)
        assert b"Halvorsund" not in path.read_bytes()
        for memory in (0, 100):
            again = stored_at(path, memory_passages=memory)
            for _ in range(2):
                result = again.distill(QUESTION, PASSAGES)
                assert result.record.indexed == 0
                assert result.passages == expected()
                again.close()

    def test_another_version_in_it_is_not_used(self, tmp_path: Path) -> None:
        path = tmp_path / "vectors.sqlite"
        with stored_at(path) as first:
            first.distill(QUESTION, PASSAGES)
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE passages SET key = key || 'x'")
        assert stored_at(path).distill(QUESTION, PASSAGES).record.indexed == len(PASSAGES)

    def test_garbage_in_it_is_not_used(self, tmp_path: Path) -> None:
        path = tmp_path / "vectors.sqlite"
        with stored_at(path) as first:
            first.distill(QUESTION, PASSAGES)
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE passages SET value = substr(value, 1, 90)")
        result = stored_at(path).distill(QUESTION, PASSAGES)
        assert result.record.indexed == len(PASSAGES)
        assert result.passages == expected()
        assert stored_at(path).distill(QUESTION, PASSAGES).record.indexed == 0

    @pytest.mark.parametrize("make", ["folder", "nowhere", "words", "device"])
    def test_a_path_that_cannot_be_is_named_when_it_is_built(
        self, tmp_path: Path, make: str
    ) -> None:
        path = {
            "folder": tmp_path,
            "nowhere": tmp_path / "none" / "vectors.sqlite",
            "words": tmp_path / "words.txt",
            "device": Path("/dev/null"),
        }[make]
        if make == "words":
            path.write_text("These are words and no database.")
        with pytest.raises(ConfigurationError, match=r"context\.store"):
            stored_at(path)

    def test_a_file_that_breaks_costs_the_store_and_not_the_call(self, tmp_path: Path) -> None:
        """Overwritten by something else after the header was looked at."""
        path = tmp_path / "vectors.sqlite"
        path.write_bytes(b"SQLite format 3\x00" + b"nonsense" * 500)
        assert_works_without(stored_at(path))

    def test_a_file_without_its_table_costs_the_store_and_not_the_call(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "vectors.sqlite"
        distiller = stored_at(path, memory_passages=0)
        distiller.distill(QUESTION, PASSAGES)
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE passages")
        assert_works_without(distiller)

    def test_a_file_that_is_deleted_while_open_costs_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "vectors.sqlite"
        distiller = stored_at(path, memory_passages=0)
        distiller.distill(QUESTION, PASSAGES)
        for file in tmp_path.iterdir():
            file.unlink()
        assert_works_without(distiller)

    def test_a_locked_file_is_not_waited_for_by_each_passage(self, tmp_path: Path) -> None:
        """Once a second at most, then not for half a minute."""
        path = tmp_path / "vectors.sqlite"
        holder = sqlite3.connect(path)
        holder.execute("CREATE TABLE other (one)")
        holder.execute("BEGIN EXCLUSIVE")
        try:
            began = time.monotonic()
            assert_works_without(stored_at(path))
            assert time.monotonic() - began < 3
        finally:
            holder.close()

    @needs_fork
    def test_a_full_disk_costs_the_store_and_not_the_call(self, tmp_path: Path) -> None:
        """Files of this process may not grow beyond a few kilobytes."""

        import resource
        import signal

        def work() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))
            assert_works_without(stored_at(tmp_path / "vectors.sqlite"))

        in_fork(work)

    @needs_fork
    def test_a_file_that_may_only_be_read_costs_no_call(self, tmp_path: Path) -> None:
        path = tmp_path / "vectors.sqlite"
        with stored_at(path) as first:
            first.distill(QUESTION, PASSAGES[:2])
        path.chmod(0o444)
        tmp_path.chmod(0o555)
        try:
            assert_works_without(stored_at(path))
        finally:
            tmp_path.chmod(0o755)

    @needs_fork
    def test_two_processes_write_it_at_once(self, tmp_path: Path) -> None:
        """Nothing is lost, and a third reads all of it."""
        path = tmp_path / "vectors.sqlite"
        texts = [f"{BRIDGE} The {number}. arch was the last." for number in range(12)]

        def write(own: list[str]) -> None:
            with stored_at(path) as distiller:
                for text in own:
                    distiller.index(text)

        spawn = multiprocessing.get_context("fork").Process
        processes = [spawn(target=write, args=(texts[half::2],)) for half in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
            assert process.exitcode == 0
        assert stored_at(path).distill(QUESTION, texts).record.indexed == 0

    @needs_fork
    def test_a_forked_process_opens_it_anew(self, tmp_path: Path) -> None:
        """A connection must not cross a fork; what either writes, both can read."""
        path = tmp_path / "vectors.sqlite"
        distiller = stored_at(path, memory_passages=0)
        distiller.distill(QUESTION, PASSAGES[:2])

        def work() -> None:
            result = distiller.distill(QUESTION, PASSAGES)
            assert result.record.indexed == 2
            assert result.passages == expected()

        with distiller._store._lock:  # by a thread that does not come along
            in_fork(work)
        assert distiller.distill(QUESTION, PASSAGES).record.indexed == 0


def assert_works_without(distiller: ContextDistiller) -> None:
    """The same result, though nothing can be kept."""
    for _ in range(2):
        result: ContextDistillation = distiller.distill(QUESTION, PASSAGES)
        assert result.passages == expected()
        assert result.distilled
