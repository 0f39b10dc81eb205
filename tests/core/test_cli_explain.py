"""`spsd distill --explain`: every word with its role, nothing lost, nothing a text can break."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsd_core import Distiller
from spsd_core.cli import main
from spsd_core.cli.explanation import stretches, write_explanation
from spsd_core.reader import Role, shared_encoder

TEXT = "Good morning! Could you please tell me how to sort a list of 10 names? Thanks a lot!"
DISTILLER = Distiller()


def test_the_roles_are_printed_with_their_chance_and_what_went(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without a terminal there are names instead of colours."""
    assert main(["distill", "--explain", TEXT]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"SCAFFOLD +0\.\d\d - Good morning", printed)
    assert re.search(r"TASK +0\.\d\d   tell me how to sort", printed)
    assert "domain none" in printed
    assert "affect neutral" in printed
    assert "distilled: shortened (extract)" in printed


def test_the_page_holds_the_whole_text_and_no_markup_of_its_own(tmp_path: Path) -> None:
    page = tmp_path / "roles.html"
    text = f"{TEXT} Use <b>bold</b> & <script>alert(1)</script>."
    assert main(["distill", "--explain", "--html", str(page), text]) == 0
    written = page.read_text(encoding="utf-8")
    assert "<script>" not in written
    body = written[written.index("<pre>") + 5 : written.index("</pre>")]
    assert unescape(re.sub(r"</?(?:span|del)[^>]*>", "", body)) == text
    assert 'class="scaffold"' in body
    assert "<del>" in body


def test_a_page_that_cannot_be_written_is_said_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["distill", "--html", str(tmp_path / "no" / "page.html"), TEXT]) == 1
    assert "No such file" in capsys.readouterr().err


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_stretches_join_to_the_text(text: str) -> None:
    result = DISTILLER.distill(text)
    parts = list(stretches(text, shared_encoder().read(text), result))
    assert "".join(part.text for part in parts) == text
    assert all(part.role in Role for part in parts)


def test_odd_characters_can_be_written(tmp_path: Path) -> None:
    text = "Hello there! \ud83d What is \x00 this, \u202eplease? Thank you so much!"
    reading, result = shared_encoder().read(text), DISTILLER.distill(text)
    write_explanation(tmp_path / "page.html", text, reading, result)
    assert (tmp_path / "page.html").stat().st_size > 500
