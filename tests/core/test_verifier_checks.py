"""Each check of the verifier alone: what it refuses though every other check would let it pass.

Found by mutation: a line of a check was changed, and no test noticed.
"""

from __future__ import annotations

import pytest

from spsd_core.distillation import Reason
from spsd_core.reader.types import Role, RoleReading, WordRole
from spsd_core.reading import Reading, read
from spsd_core.spans import Edit, apply_edits
from spsd_core.verifier.content import CONTENT
from spsd_core.verifier.context import Check, VerifierContext
from spsd_core.verifier.edits import check_edits
from spsd_core.verifier.language import check_language
from spsd_core.verifier.output import check_output
from spsd_core.verifier.roles import FELT, TASK
from spsd_core.verifier.verbatim import CODE, IDENTIFIERS


def written(check: Check, original: str | Reading, draft: str) -> Reason | None:
    """What a check says to a draft that a model wrote."""
    reading = read(original) if isinstance(original, str) else original
    return check(VerifierContext(reading, read(draft), generative=True)).reason


def edited(original: str, *edits: Edit) -> Reason | None:
    """What the edits check says to the draft these edits make."""
    draft = read(apply_edits(original, edits))
    return check_edits(VerifierContext(read(original), draft, edits=edits)).reason


class TestOutput:
    """What a chat model could take for structure."""

    @pytest.mark.parametrize(
        ("original", "draft"),
        [
            ("Name the lakes of Chad, please.", "Name the lakes of Ch\ufffdd."),
            ("Name the lakes of Chad, please.", "# Lakes\nName the lakes of Chad."),
            ("Name the lakes of Chad, please.", "Name **the lakes** of Chad."),
            ("Name the lakes of Chad, please.", "```\nName the lakes of Chad.\n```"),
            ("Please name the lakes of Chad.", '"Name the lakes of Chad."'),
        ],
    )
    def test_new_structure_is_refused(self, original: str, draft: str) -> None:
        assert written(check_output, original, draft) is Reason.UNSAFE_OUTPUT

    @pytest.mark.parametrize(
        ("original", "draft"),
        [
            ("# Lakes\nPlease name the lakes of Chad.", "# Lakes\nName the lakes of Chad."),
            ("Please name **the lakes** of Chad.", "Name **the lakes** of Chad."),
            ('Translate this, please: "Name the lakes."', '"Name the lakes."'),
        ],
    )
    def test_what_the_original_has_is_none(self, original: str, draft: str) -> None:
        assert written(check_output, original, draft) is None


class TestEdits:
    """Deleting and mending, and nothing else."""

    def test_a_name_keeps_its_small_letter(self) -> None:
        text = "Please iPhone prices in May."
        assert edited(text, Edit(0, 8, "I")) is Reason.LOST_NAME
        assert edited(text, Edit(0, 7), Edit(7, 8, "I")) is Reason.LOST_NAME

    def test_a_replacement_ends_with_what_it_keeps(self) -> None:
        text = "Hello! Send it to Bonn."
        assert edited(text, Edit(0, 8, "S.")) is Reason.VERIFIER_FAILED
        assert edited(text, Edit(0, 8, "S")) is None

    def test_what_is_kept_begins_a_word(self) -> None:
        """`unhappy` is no `un` and a `happy` with a new letter."""
        assert edited("Now unhappy there.", Edit(0, 7, "H")) is Reason.VERIFIER_FAILED

    def test_edits_that_touch_are_one(self) -> None:
        """Each alone would leave half a word."""
        assert edited("Hello there friend", Edit(0, 8), Edit(8, 12)) is None


class TestVerbatim:
    """Character for character, as often as it is there, and whole."""

    def test_code_may_not_be_said_once_for_twice(self) -> None:
        original = "Run `make all` first, then fix it, then run `make all` again."
        assert written(CODE, original, "Run `make all`, then fix it.") is Reason.LOST_CODE

    def test_an_identifier_is_not_the_beginning_of_another(self) -> None:
        original = "Where is parcel AB-12, please?"
        assert written(IDENTIFIERS, original, "Where is AB-123?") is Reason.LOST_IDENTIFIER
        assert written(IDENTIFIERS, original, "Where is AB-12?") is None


def test_another_script_is_refused_though_its_words_are_few() -> None:
    """One letter is enough: it may be a look-alike."""
    assert written(check_language, "Name the lakes.", "N\u0430me the lakes.") is (
        Reason.LANGUAGE_CHANGED
    )
    assert written(check_language, "Name the \u043e lakes.", "Name \u043e lakes.") is None


def with_roles(text: str, role: Role) -> Reading:
    """A reading in which every word has one role, with certainty."""
    chances = tuple(1.0 if one is role else 0.0 for one in Role)
    words, place = [], 0
    for word in text.split():
        start = text.index(word, place)
        place = start + len(word.rstrip(".,?!"))
        words.append(WordRole(start, place, chances))
    roles = RoleReading(text, tuple(words), {"none": 1.0}, {"neutral": 1.0}, ())
    reading = read(text)
    return Reading(reading.text, reading.atoms, reading.payload, reading.protected, roles)


class TestRoles:
    """What the Reader calls the task, or a feeling."""

    TEXT = "Paint sturdy garden benches, wooden gates, narrow doors."

    def test_a_quarter_of_a_task_may_be_said_otherwise(self) -> None:
        reading = with_roles(self.TEXT, Role.TASK)
        close = "Paint garden benches, wooden gates, narrow doors."
        far = "Paint garden benches, gates, doors."
        assert written(TASK, reading, close) is None
        assert written(TASK, reading, far) is Reason.LOST_CONTENT

    def test_half_of_a_feeling_may_be_said_otherwise(self) -> None:
        reading = with_roles("Terribly angry, bitterly sad.", Role.AFFECT)
        assert written(FELT, reading, "Angry, sad.") is None
        assert written(FELT, reading, "Angry.") is Reason.LOST_FEELING


class TestContent:
    """No statement is gone."""

    def test_a_third_of_a_statement_may_be_said_otherwise(self) -> None:
        original = "The copper kettle leaks badly. Why?"
        assert written(CONTENT, original, "The copper kettle leaks. Why?") is None
        assert written(CONTENT, original, "The kettle leaks. Why?") is Reason.LOST_CONTENT

    def test_a_long_clause_that_opens_like_courtesy_is_content(self) -> None:
        original = "Thank you for the copper kettle from Lindau with its wooden handle. Why?"
        assert written(CONTENT, original, "Why?") is Reason.LOST_CONTENT
