"""Judges and checks: what an answer is worth, and what cannot be read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from evaluation_parts import model_at, nonsense, one_in_five_fails, points, says
from hypothesis import given
from hypothesis import strategies as st
from servers import LoopbackServer, RecordedRequest

from spsd_core.evaluation.agreement import position_bias
from spsd_core.evaluation.cache import Cache
from spsd_core.evaluation.checks import check, exact_match, f1, last_choice, last_number
from spsd_core.evaluation.corpora import Item
from spsd_core.evaluation.instructions import CHECKED, follows
from spsd_core.evaluation.judging import Case, judge_all, mean_scores, read_points


def cases(count: int) -> list[Case]:
    return [
        Case(
            str(n), "lexical", 0, "m", f"Request {n}?", f"Raw answer {n}.", f"GOOD arm answer {n}."
        )
        for n in range(count)
    ]


def fair(request: RecordedRequest) -> str:
    """Gives the answer marked GOOD 5 points in each criterion, the other 4."""
    first = request.last_message.split("<<<SECOND ANSWER>>>")[0]
    return points(5, 4) if "GOOD" in first else points(4, 5)


class TestJudge:
    def test_a_judge_reads_both_orders_and_is_not_told_whose_answer_it_is(self) -> None:
        with LoopbackServer(says(fair)) as server, Cache() as cache:
            (found,) = judge_all(model_at(server.base_url), cases(1), cache)
            assert found.scores == (12.0, 15.0)
            shown = [request.last_message for request in server.requests]
        assert len(shown) == 2
        assert {text.index("GOOD") < text.index("Raw answer") for text in shown} == {True, False}
        assert not any("lexical" in text for text in shown)

    def test_a_judge_who_only_likes_what_comes_first_is_found_out(self) -> None:
        with LoopbackServer(says(lambda _: points(5, 3))) as server, Cache() as cache:
            found = judge_all(model_at(server.base_url), cases(6), cache)
        assert all(one.scores == (12.0, 12.0) for one in found)
        bias = position_bias([one.both for one in found if one.both])
        assert bias is not None
        assert (bias.advantage, bias.consistent) == (6.0, 0.0)

    def test_a_judge_that_answers_nonsense_is_counted_and_not_guessed_at(self) -> None:
        with LoopbackServer(says(nonsense)) as server, Cache() as cache:
            found = judge_all(model_at(server.base_url), cases(8), cache)
        assert sum(one.unreadable for one in found) == 16
        assert all(one.scores is None and one.both is None for one in found)

    def test_a_judge_that_fails_one_call_in_five(self) -> None:
        """Where one order is missing, the other stands for both."""
        with LoopbackServer(one_in_five_fails(says(fair))) as server, Cache() as cache:
            found = judge_all(model_at(server.base_url, concurrency=1), cases(10), cache)
        assert sum(one.failed for one in found) == 4
        assert sum(one.both is None for one in found) == 4
        assert all(one.scores == (12.0, 15.0) for one in found)

    def test_scores_of_several_judges_are_averaged(self) -> None:
        with LoopbackServer(says(fair)) as server, Cache() as cache:
            kind = judge_all(model_at(server.base_url, name="kind"), cases(1), cache)
        with LoopbackServer(says(lambda _: points(3, 3))) as server, Cache() as cache:
            dull = judge_all(model_at(server.base_url, name="dull"), cases(1), cache)
        with LoopbackServer(says(nonsense)) as server, Cache() as cache:
            mad = judge_all(model_at(server.base_url, name="mad"), cases(1), cache)
        assert mean_scores(kind + dull + mad) == (10.5, 12.0)
        assert mean_scores(mad) is None

    @given(st.text())
    def test_whatever_a_judge_says_it_is_read_or_not(self, text: str) -> None:
        found = read_points(text)
        assert found is None or all(1 <= point <= 5 for side in found for point in side)

    @given(st.text(), st.integers(1, 5), st.integers(1, 5), st.text(alphabet="abc .\n"))
    def test_talk_around_the_points_does_no_harm(
        self, before: str, one: int, two: int, after: str
    ) -> None:
        talk = before.replace("{", "").replace("}", "")
        assert read_points(talk + points(one, two) + after) == ((one,) * 3, (two,) * 3)


class TestChecks:
    @pytest.mark.parametrize(
        ("answer", "expected", "right"),
        [
            ("2 + 2 = 4, so 3 * 4 = 12.\nAnswer: 12", "12", True),
            ("The total is $1,080.00", "1080", True),
            ("**Answer:** -3.50", "-3.5", True),
            ("Answer: 12 apples, not 13", "12", True),
            ("The answer is 7, because 3 + 4 = 7.\nAnswer: 8", "7", False),
            ("I cannot say.", "0", False),
        ],
    )
    def test_numbers(self, answer: str, expected: str, right: bool) -> None:
        item = Item(id="1", text="?", check="number", expected=(expected,))
        assert check(item, answer) == {"exact": float(right)}

    @pytest.mark.parametrize(
        ("answer", "letter"),
        [
            ("Answer: B", "B"),
            ("A is tempting, but no.\n\nAnswer: (D) cork", "D"),
            ("C", "C"),
            ("**B**", "B"),
            ("none of them", None),
        ],
    )
    def test_choices(self, answer: str, letter: str | None) -> None:
        assert last_choice(answer) == letter

    @pytest.mark.parametrize(
        ("answer", "letter"),
        [
            ("Answer: I think B", "B"),
            ("It's B, I think", "B"),
            ("Answer: A good guess is D.", "D"),
            ("The answer is: a dog", None),
            ("The answer is: A dog", None),
            ("I am not sure, and a coin would do", None),
            ("Answer: B\nI hope this answer helps!", "B"),
            ("Answer: not A but C", "C"),
            ("Final answer: B (not A)", "B"),
        ],
    )
    def test_articles_and_pronouns_are_no_choices(self, answer: str, letter: str | None) -> None:
        assert last_choice(answer) == letter

    @pytest.mark.parametrize(
        "answer",
        ["{}", "Answer: {}", "Answer: {}.", "Answer: ({})", "Answer: **{}**", "Answer:\n{}",
         "Answer: {}) a dog", "**Answer:** {}. A dog", "Answer: {} is right", "Answer: option {}",
         "I would say ({})", "I choose **{}**", "So it is option {}, I think", 'Answer: "{}"',
         "Answer: $\\boxed{{{}}}$", "Answer: I think {}, because it fits"],
    )  # fmt: skip
    @pytest.mark.parametrize("letter", "ABI")
    def test_a_choice_is_known_however_it_is_written(self, answer: str, letter: str) -> None:
        """Also the letters that are words elsewhere."""
        assert last_choice(answer.format(letter)) == letter

    @pytest.mark.parametrize(
        ("answer", "number"),
        [
            ("Answer: .5", "0.5"),
            ("Answer: 5\nI hope this answer helps all 2 of you.", "5"),
            ("The answer is $1,200.", "1200"),
        ],
    )
    def test_the_number_is_that_of_the_answer(self, answer: str, number: str) -> None:
        assert last_number(answer) == Decimal(number)

    def test_free_answers_as_the_squad_script_scores_them(self) -> None:
        """Articles, case and punctuation do not count; F1 is over words."""
        item = Item(id="1", text="?", check="answer", expected=("Saint Bernadette", "Bernadette"))
        assert check(item, "the Bernadette.") == {"exact": 1.0, "f1": 1.0}
        half = check(item, "Saint Bernadette Soubirous")
        assert half["exact"] == 0.0
        assert half["f1"] == pytest.approx(0.8)

    def test_instructions_that_cannot_be_checked_are_left_out(self) -> None:
        given_ = (("punctuation:no_comma", {}), ("language:response_language", {"language": "fr"}))
        item = Item(id="1", text="?", check="instructions", instructions=given_)
        assert check(item, "Fine") == {"exact": 1.0, "instructions": 1.0}
        assert check(item, "Fine, then") == {"exact": 0.0, "instructions": 0.0}
        only = Item(id="1", text="?", check="instructions", instructions=given_[1:])
        assert check(only, "Bien") == {}

    @given(st.text(), st.text())
    def test_f1_is_a_share_and_exact_means_all_of_it(self, answer: str, expected: str) -> None:
        assert 0 <= f1(answer, expected) <= 1
        assert f1(answer, expected) == pytest.approx(f1(expected, answer))
        if exact_match(answer, expected):
            assert f1(answer, expected) == 1

    @given(st.text())
    def test_any_answer_can_be_read(self, answer: str) -> None:
        last_number(answer)
        last_choice(answer)


FOLLOWED = [
    ("keywords:existence", {"keywords": ["tea", "cup"]}, "A Cup of TEA", "A cup of teak"),
    (
        "keywords:frequency",
        {"keyword": "tea", "frequency": 2, "relation": "at least"},
        "tea, Tea",
        "tea",
    ),
    ("keywords:forbidden_words", {"forbidden_words": ["milk"]}, "tea", "Milk tea"),
    (
        "keywords:letter_frequency",
        {"letter": "e", "let_frequency": 3, "let_relation": "less than"},
        "tee",
        "teepee",
    ),
    ("length_constraints:number_words", {"num_words": 3, "relation": "less than"}, "a b", "a b c"),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "at least"},
        "One. Two!",
        "One.",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb", "a\n\nb"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n- b", "* a"),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* **b**", "*a*"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Part", "num_sections": 2},
        "Part 1 a Part 2 b",
        "Part one",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "{a: 1}"),
    ("detectable_format:title", {}, "<<Tea>>\nIt is hot.", "Tea"),
    ("detectable_content:number_placeholders", {"num_placeholders": 1}, "Dear [name]", "Dear name"),
    (
        "detectable_content:postscript",
        {"postscript_marker": "P.S."},
        "Bye.\nP.S. More tea.",
        "No ps",
    ),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Why tea?"}, "Why tea? Why not.", "Tea?"),
    ("combination:two_responses", {}, "a******b", "a******a"),
    ("startend:end_checker", {"end_phrase": "More tea?"}, "Yes. More tea?", "More tea? Yes."),
    ("startend:quotation", {}, '"Tea."', '"Tea." said he'),
    ("change_case:english_capital", {}, "TEA!", "Tea!"),
    ("change_case:english_lowercase", {}, "tea!", "Tea!"),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        "TEA AND cake",
        "TEA and cake",
    ),
    ("punctuation:no_comma", {}, "Tea and cake", "Tea, cake"),
]


@pytest.mark.parametrize(
    ("kind", "arguments", "good", "bad"), FOLLOWED, ids=[row[0] for row in FOLLOWED]
)
def test_each_instruction_tells_right_from_wrong(
    kind: str, arguments: dict[str, object], good: str, bad: str
) -> None:
    assert follows(good, kind, arguments) is True
    assert follows(bad, kind, arguments) is False
    assert follows("", kind, arguments) is False


def test_every_instruction_that_is_checked_has_an_example() -> None:
    assert {row[0] for row in FOLLOWED} == set(CHECKED)


def test_arguments_that_are_missing_leave_an_instruction_unchecked() -> None:
    assert follows("Fine", "keywords:existence", {}) is None
