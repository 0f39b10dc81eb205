"""Downloads from a real server on the loopback interface that breaks off, refuses and lies."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_files import gguf_bytes
from model_server import Site, serving

from spsd_core.exceptions import ConfigurationError, ModelFileError
from spsd_core.models import CATALOGUE, FileState, PullProgress, locate, pull, status, verify
from spsd_core.models.records import read_records

CONTENT = gguf_bytes()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CUT = 150_000


class Listener(PullProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.bytes: list[tuple[int, int | None]] = []

    def said(self, line: str) -> None:
        self.lines.append(line)

    def received(self, done: int, total: int | None) -> None:
        self.bytes.append((done, total))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPSD_MODELS", str(tmp_path / "store"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "store"


@pytest.fixture
def site(folder: Path) -> Iterator[Site]:
    with serving(Site(CONTENT)) as running:
        yield running


def _leftovers(folder: Path) -> set[str]:
    """What lies in the folder beside the model, its lock and the records."""
    names = {path.name for path in folder.iterdir()}
    return names - {"tiny.gguf", ".tiny.gguf.lock", "verified.json"}


class TestWhole:
    def test_the_file_arrives_and_its_first_hash_is_kept(self, site: Site, folder: Path) -> None:
        listener = Listener()
        path = pull(site.url, progress=listener)
        assert path == folder / "tiny.gguf"
        assert path.read_bytes() == CONTENT
        assert status(str(path)).state is FileState.VERIFIED
        record = read_records(folder)["tiny.gguf"]
        assert (record.sha256, record.origin) == (SHA256, site.url)
        assert verify("tiny.gguf").compared_with == "record"
        assert listener.bytes[-1] == (len(CONTENT), len(CONTENT))
        assert listener.lines[0].startswith("licence: unknown")
        assert not _leftovers(folder)

    def test_a_second_pull_asks_the_server_nothing(self, site: Site, folder: Path) -> None:
        pull(site.url)
        pull(site.url)
        pull(site.url, sha256=SHA256)
        assert len(site.asked) == 1

    def test_force_downloads_again_and_records_the_new_hash(self, site: Site, folder: Path) -> None:
        pull(site.url)
        site.content = gguf_bytes(weights=7)
        assert pull(site.url, force=True).read_bytes() == site.content
        assert verify("tiny.gguf").compared_with == "record"

    def test_a_file_of_unknown_origin_is_not_replaced_unasked(
        self, site: Site, folder: Path
    ) -> None:
        folder.mkdir()
        (folder / "tiny.gguf").write_bytes(gguf_bytes(weights=7))
        with pytest.raises(ModelFileError, match="pull --force"):
            pull(site.url)
        assert not site.asked

    def test_a_path_with_query_and_escapes_keeps_its_file_name(
        self, site: Site, folder: Path
    ) -> None:
        url = site.url.replace("tiny", "a/b%2Dc") + "?download=true"
        assert pull(url) == folder / "b-c.gguf"


class TestResume:
    def test_a_cut_connection_is_taken_up_where_it_broke(self, site: Site, folder: Path) -> None:
        site.cut_after = [CUT]
        listener = Listener()
        assert pull(site.url, progress=listener).read_bytes() == CONTENT
        assert [(ranged, condition) for _, ranged, condition in site.asked] == [
            (None, None),
            (f"bytes={CUT}-", '"one"'),
        ]
        assert any("closed early" in line for line in listener.lines)

    def test_a_later_pull_takes_up_what_an_earlier_left(self, site: Site, folder: Path) -> None:
        site.cut_after = [CUT, 0, 0, 0]
        with pytest.raises(ModelFileError, match=r"150,000 bytes are kept; the same command"):
            pull(site.url)
        assert (folder / "tiny.gguf.part").stat().st_size == CUT
        assert not (folder / "tiny.gguf").exists()
        asked_before = len(site.asked)
        assert pull(site.url).read_bytes() == CONTENT
        assert site.asked[asked_before:] == [("/tiny.gguf", f"bytes={CUT}-", '"one"')]
        assert not _leftovers(folder)

    def test_a_file_that_changed_on_the_server_is_begun_anew(
        self, site: Site, folder: Path
    ) -> None:
        site.cut_after = [CUT, 0, 0, 0]
        with pytest.raises(ModelFileError):
            pull(site.url)
        site.content, site.etag = gguf_bytes(weights=90_000), '"two"'
        assert pull(site.url).read_bytes() == site.content

    def test_a_server_without_ranges_sends_the_whole_again(self, site: Site, folder: Path) -> None:
        site.ranges = False
        site.cut_after = [CUT]
        assert pull(site.url).read_bytes() == CONTENT
        assert len(site.asked) == 2

    def test_without_validator_and_hash_two_halves_are_never_joined(
        self, site: Site, folder: Path
    ) -> None:
        site.etag, site.cut_after = None, [CUT]
        assert pull(site.url).read_bytes() == CONTENT
        assert [ranged for _, ranged, _ in site.asked] == [None, None]

    def test_without_validator_a_known_hash_allows_resuming(self, site: Site, folder: Path) -> None:
        site.etag, site.cut_after = None, [CUT]
        assert pull(site.url, sha256=SHA256).read_bytes() == CONTENT
        assert [ranged for _, ranged, _ in site.asked] == [None, f"bytes={CUT}-"]

    def test_a_part_that_is_already_whole_is_accepted(self, site: Site, folder: Path) -> None:
        site.cut_after = [CUT, 0, 0, 0]
        with pytest.raises(ModelFileError):
            pull(site.url)
        (folder / "tiny.gguf.part").write_bytes(CONTENT)
        assert pull(site.url).read_bytes() == CONTENT

    def test_a_part_longer_than_the_file_is_dropped(self, site: Site, folder: Path) -> None:
        site.cut_after = [CUT, 0, 0, 0]
        with pytest.raises(ModelFileError):
            pull(site.url)
        (folder / "tiny.gguf.part").write_bytes(CONTENT + b"more")
        assert pull(site.url).read_bytes() == CONTENT

    def test_a_login_page_does_not_cost_the_bytes_had_so_far(
        self, site: Site, folder: Path
    ) -> None:
        site.cut_after = [CUT, 0, 0, 0]
        with pytest.raises(ModelFileError):
            pull(site.url)
        site.content, site.etag = b"<!doctype html>" * 20, '"page"'
        site.ranges = False
        with pytest.raises(ModelFileError, match="not a GGUF file"):
            pull(site.url)
        assert (folder / "tiny.gguf.part").stat().st_size == CUT

    def test_a_busy_server_is_asked_again(self, site: Site, folder: Path) -> None:
        site.statuses = [503, 429]
        assert pull(site.url).read_bytes() == CONTENT


class TestRefused:
    def test_the_wrong_hash_leaves_no_file(self, site: Site, folder: Path) -> None:
        with pytest.raises(ModelFileError, match=f"wrong checksum: sha256 {SHA256} instead of 0"):
            pull(site.url, sha256="0" * 64)
        assert not (folder / "tiny.gguf").exists()
        assert not _leftovers(folder)

    def test_a_file_that_is_truncated_at_its_source_is_thrown_away(
        self, site: Site, folder: Path
    ) -> None:
        site.content = CONTENT[:-1]
        with pytest.raises(ModelFileError, match="truncated where it comes from"):
            pull(site.url)
        assert not (folder / "tiny.gguf").exists()

    @pytest.mark.parametrize(("code", "words"), [(404, "404"), (401, "licence"), (403, "licence")])
    def test_a_refusal_is_told_at_once(
        self, site: Site, folder: Path, code: int, words: str
    ) -> None:
        site.statuses = [code]
        with pytest.raises(ModelFileError, match=words):
            pull(site.url)
        assert len(site.asked) == 1

    def test_a_server_that_is_not_there_is_named(self, folder: Path) -> None:
        with serving(Site(CONTENT)) as gone:
            url = gone.url
        with pytest.raises(ModelFileError, match=r"no connection.*refused"):
            pull(url)

    @pytest.mark.parametrize(
        "address",
        [
            "file:///etc/model.gguf",
            "ftp://example.org/model.gguf",
            "https://example.org/",
            "https://example.org/model.bin",
            "https://example.org/..gguf",
            "https://example.org/%2e%2e%2fx%5C.gguf",
            "http://[broken/model.gguf",
            "https:///model.gguf",
            "./model.gguf",
            "nothing-of-the-kind",
        ],
    )
    def test_what_is_no_address_of_a_model_is_a_configuration_error(
        self, address: str, folder: Path
    ) -> None:
        with pytest.raises(ConfigurationError):
            pull(address)
        assert not folder.exists()

    def test_a_checksum_that_is_none_is_a_configuration_error(self, folder: Path) -> None:
        with pytest.raises(ConfigurationError, match="not a sha256"):
            pull("https://example.org/model.gguf", sha256="abc")


class TestCatalogue:
    def test_a_mirror_of_a_catalogue_file_is_held_against_the_catalogue(
        self, smollm2_gguf: Path, site: Site, folder: Path
    ) -> None:
        entry = CATALOGUE["smollm2-135m"]
        site.content = smollm2_gguf.read_bytes()
        site.cut_after = [70_000_000]
        listener = Listener()
        pull(site.url.replace("tiny.gguf", entry.file_name), progress=listener)
        assert locate("smollm2-135m") == folder / entry.file_name
        assert any("Apache-2.0, https://" in line for line in listener.lines)
        assert site.asked[1][1] == "bytes=70000000-"

    def test_a_mirror_with_another_file_is_refused_before_it_is_downloaded(
        self, site: Site, folder: Path
    ) -> None:
        entry = CATALOGUE["gemma-2-2b-it"]
        with pytest.raises(ModelFileError, match=r"must have 1,708,582,752"):
            pull(site.url.replace("tiny.gguf", entry.file_name))

    def test_the_hub_is_asked_for_the_pinned_revision(
        self, site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_ENDPOINT", site.url.removesuffix("/tiny.gguf"))
        with pytest.raises(ModelFileError, match="must have"):
            pull("qwen2.5-1.5b-instruct")
        assert site.asked[0][0] == (
            "/Qwen/Qwen2.5-1.5B-Instruct-GGUF/resolve/"
            "91cad51170dc346986eccefdc2dd33a9da36ead9/qwen2.5-1.5b-instruct-q4_k_m.gguf"
        )

    def test_a_truncated_model_is_replaced_by_a_pull(
        self, smollm2_gguf: Path, site: Site, folder: Path
    ) -> None:
        entry = CATALOGUE["smollm2-135m"]
        folder.mkdir()
        (folder / entry.file_name).write_bytes(CONTENT)
        site.content = smollm2_gguf.read_bytes()
        pull(site.url.replace("tiny.gguf", entry.file_name))
        assert status(entry.name).state is FileState.VERIFIED

    def test_another_hash_than_the_catalogues_cannot_be_asked_for(self, folder: Path) -> None:
        with pytest.raises(ConfigurationError, match="in the catalogue with sha256"):
            pull("gemma-2-2b-it", sha256="0" * 64)


class TestTwoAtOnce:
    def test_the_second_is_told_and_the_first_is_unharmed(self, site: Site, folder: Path) -> None:
        site.hold.clear()
        first = threading.Thread(target=pull, args=(site.url,))
        first.start()
        try:
            while not site.asked:
                time.sleep(0.01)
            with pytest.raises(ModelFileError, match="another download of this model is running"):
                pull(site.url)
        finally:
            site.hold.set()
            first.join()
        assert (folder / "tiny.gguf").read_bytes() == CONTENT

    def test_the_second_may_wait_and_finds_the_file(self, site: Site, folder: Path) -> None:
        site.hold.clear()
        first = threading.Thread(target=pull, args=(site.url,))
        first.start()
        while not site.asked:
            time.sleep(0.01)
        threading.Timer(0.3, site.hold.set).start()
        assert pull(site.url, lock_wait_s=30).read_bytes() == CONTENT
        first.join()
        assert len(site.asked) == 1


def _child(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits and user ids are POSIX")
class TestDisk:
    def test_a_full_disk_is_named_and_the_part_resumes(self, site: Site, folder: Path) -> None:
        # A limit on file size makes write() fail as a full disk does, without needing a disk.
        code = (
            "import resource\n"
            "from spsd_core.cli import main\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({CUT}, {CUT}))\n"
            f"raise SystemExit(main(['models', 'pull', {site.url!r}]))\n"
        )
        child = _child(code)
        assert child.returncode == 1, child.stderr
        assert "is full" in child.stderr
        assert "SPSD_MODELS" in child.stderr
        assert "Traceback" not in child.stderr
        kept = (folder / "tiny.gguf.part").stat().st_size
        assert 0 < kept <= CUT
        assert pull(site.url).read_bytes() == CONTENT
        assert site.asked[-1][1] == f"bytes={kept}-"

    def test_a_file_larger_than_the_disk_is_refused_before_the_download(
        self, site: Site, folder: Path
    ) -> None:
        site.claimed_length = 10**17
        with pytest.raises(ModelFileError, match="not enough space"):
            pull(site.url)
        assert not (folder / "tiny.gguf").exists()

    def test_a_folder_that_cannot_be_written_is_named(self, site: Site, tmp_path: Path) -> None:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
        # The first pull imports everything, which an unprivileged user might not be able to read.
        code = (
            "import os\n"
            "from spsd_core.cli import main\n"
            f"assert main(['models', 'pull', {site.url!r}]) == 0\n"
            "os.geteuid() or os.setuid(65534)\n"
            f"os.environ['SPSD_MODELS'] = {str(locked / 'store')!r}\n"
            f"raise SystemExit(main(['models', 'pull', {site.url!r}]))\n"
        )
        child = _child(code)
        assert child.returncode == 1, child.stderr
        assert "cannot be written" in child.stderr
        assert "SPSD_MODELS" in child.stderr
        assert "Traceback" not in child.stderr

    def test_a_file_in_the_place_of_the_folder_is_named(self, site: Site, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        command = f"raise SystemExit(main(['models', 'pull', {site.url!r}]))"
        code = f"from spsd_core.cli import main; {command}"
        child = _child(code, SPSD_MODELS=str(tmp_path / "file"))
        assert child.returncode == 1
        assert "cannot write model files to" in child.stderr
        assert "Traceback" not in child.stderr
