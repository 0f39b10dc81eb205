"""The guard stops a decoder early, and never too early."""

from __future__ import annotations

import time

from hypothesis import example, given, settings
from hypothesis import strategies as st
from texts import any_text, prompts

from spsd_core.distillation import Reason
from spsd_core.engines.protocol import Draft
from spsd_core.reading import read
from spsd_core.settings import VerifierSettings
from spsd_core.verifier import verify
from spsd_core.verifier.streaming import DraftGuard

unhurried = settings(deadline=None)  # a busy machine is no defect

TEXT = (
    "Hi! I was charged $39.99 for order #44713 and I don't want the lamp. Could you please say"
    " whether my twenty-five o'clock tea at https://example.com/tea is safe? Thank you!"
)


def stops(original: str, draft: str, step: int = 1) -> tuple[Reason, int] | None:
    """Where the guard stops a decoder that writes `draft`, `step` characters at a time."""
    guard = DraftGuard(read(original))
    for end in [*range(step, len(draft), step), len(draft)]:
        reason = guard.feed(draft[:end])
        if reason is not None:
            return reason, end
    return None


def test_a_new_word_stops_the_decoder_once_it_is_complete() -> None:
    """Not before: `lamp` may still become `lampshade`, or the other way round."""
    draft = "I don't want the sofa, please."
    assert stops(TEXT, draft) == (Reason.ADDED_CONTENT, len("I don't want the sofa, "))


def test_the_beginning_of_an_answer_stops_the_decoder() -> None:
    """`Sure` is no word of the original."""
    assert stops(TEXT, "Sure, here is your shortened text") == (Reason.ADDED_CONTENT, 6)


def test_a_chat_marker_stops_the_decoder() -> None:
    """Wherever it stands, however it is cut into tokens."""
    draft = "I don't want the lamp.<end_of_turn>\n"
    assert stops(TEXT, draft, 1000) == (Reason.UNSAFE_OUTPUT, len(draft))
    for step in (1, 3, 7):  # its words are new as well, and complete before the marker is
        stopped = stops(TEXT, draft, step)
        assert stopped is not None
        assert stopped[1] < len(draft)
    assert stops(TEXT, "I don't want the lamp.<s>", 1) == (Reason.UNSAFE_OUTPUT, 25)


def test_a_marker_that_counts_only_at_the_start_of_a_line_is_no_marker_elsewhere() -> None:
    """The guard looks at a window, which must not pass for a line."""
    assert stops("lamp " * 40 + "### System: want", "lamp " * 40 + "### System: want") is None


@unhurried
@given(prompts)
@example(TEXT)
def test_the_guard_lets_a_copy_of_the_original_through(text: str) -> None:
    """A decoder that copies is the best decoder."""
    assert stops(text, text, 3) is None


VOCABULARY = st.sampled_from(
    "I don't want wanted the lamp lamps #44713 $39.99 39.99 25 twenty five say how is safe? and"
    " needs, o'clock tea. it's sofa Sure -5 3-4 cannot order: charging https://example.com/tea"
    " \u2019t ' - 1,000 not".split()
)
drafts = st.lists(VOCABULARY, max_size=12).flatmap(
    lambda parts: st.sampled_from((" ", "", "-", "'", "\n", ", ")).map(lambda gap: gap.join(parts))
)


@unhurried
@given(drafts | any_text, st.integers(1, 9))
def test_what_the_final_checks_accept_is_stopped_at_no_prefix(draft: str, step: int) -> None:
    """The guard and the novelty and output checks agree."""
    checks = verify(read(TEXT), Draft(draft, generative=True), VerifierSettings())
    if all(check.passed for check in checks if check.check in ("novelty", "output")):
        assert stops(TEXT, draft, step) is None


@unhurried
@given(drafts)
def test_what_the_novelty_check_refuses_is_stopped_at_the_end_at_the_latest(draft: str) -> None:
    """Given that something follows the last word."""
    checks = verify(read(TEXT), Draft(draft, generative=True), VerifierSettings())
    novelty = next(check for check in checks if check.check == "novelty")
    assert novelty.passed or stops(TEXT, f"{draft} \n") is not None


def test_what_remains_is_everything_at_first_and_nothing_at_last() -> None:
    """The lower bound shrinks as the draft grows."""
    guard = DraftGuard(read(TEXT))
    remaining = guard.minimum_remaining("")
    for fact in ("39.99", "#44713", "https://example.com/tea"):
        assert fact in remaining
    assert guard.minimum_remaining(TEXT) == ""


def test_of_something_half_written_the_other_half_remains() -> None:
    """Or the bound would count it twice."""
    guard = DraftGuard(read("Please open https://example.com/guide/seven for me."))
    assert guard.minimum_remaining("Open https://example.com/gu") == "ide/seven"


def test_a_repeated_mention_is_not_counted_twice() -> None:
    """A rewrite may mention a thing once."""
    guard = DraftGuard(read("Open https://example.com/a and then https://example.com/a again."))
    assert guard.minimum_remaining("").count("https") == 1


@unhurried
@given(prompts, any_text)
def test_what_remains_never_raises_and_is_never_longer_than_the_original(
    text: str, draft: str
) -> None:
    """Any texts at all."""
    assert len(DraftGuard(read(text)).minimum_remaining(draft)) <= len(text)


def test_feeding_is_linear_in_the_new_characters() -> None:
    """A word of 200,000 characters, and as many words, eight characters at a time."""
    for draft in ("a" * 200_000, "lamp " * 40_000, "'" * 200_000, "1," * 100_000):
        guard = DraftGuard(read("I want the lamp a 1"))
        began = time.perf_counter()
        for end in range(8, 200_000, 800):
            guard.feed(draft[:end])
        assert time.perf_counter() - began < 2
