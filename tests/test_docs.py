"""Every Python block of the README and the documents runs, and prints what it is said to print."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from spsd_demo.stand_in import recorder_answers, serve

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK_RE = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```)?", re.MULTILINE | re.DOTALL
)
_LINK_RE = re.compile(r"\]\((?!https?://|#)(?P<target>[^)#]+)")

BLOCKS = [
    pytest.param(
        match["code"],
        match["output"],
        id=f"{page.name}:{page.read_text()[: match.start()].count(chr(10)) + 1}",
    )
    for page in PAGES
    for match in _BLOCK_RE.finditer(page.read_text(encoding="utf-8"))
]


@pytest.fixture(scope="module")
def recorder() -> Iterator[str]:
    with serve(recorder_answers(), "recorder", "for the documents") as endpoint:
        yield endpoint.base_url


@pytest.mark.parametrize(("code", "output"), BLOCKS)
def test_python_blocks_run(
    code: str, output: str | None, recorder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Chat models in them talk to the recorder on loopback."""
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.setenv(name, recorder)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "block", "exec"), {"__name__": "__main__"})
    if output is not None:
        assert printed.getvalue() == output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    """A reader must not meet a hole."""
    for match in _LINK_RE.finditer(page.read_text(encoding="utf-8")):
        assert (page.parent / match["target"]).exists(), match["target"]


def test_the_settings_page_is_current() -> None:
    """It is made from the settings; run `python docs/settings_page.py > docs/settings.md`."""
    import runpy

    made = runpy.run_path(str(ROOT / "docs" / "settings_page.py"))["page"]()
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == made
