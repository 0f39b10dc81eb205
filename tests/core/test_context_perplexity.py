"""The perplexity engine, with a real model of 135 M parameters."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsd_core.context.perplexity import PerplexityPruner, PrunedContext
from spsd_core.context.perplexity.budget import (
    Sentence,
    choose_passages,
    choose_sentences,
    ratios,
)
from spsd_core.context.perplexity.lane import Lane, ScoringSession
from spsd_core.context.perplexity.parts import Part, spell, take_apart
from spsd_core.context.perplexity.selection import kept_spans, rendered
from spsd_core.engines.rewrite.session import LARGEST_EVALUATION
from spsd_core.exceptions import ConfigurationError, DeadlineExceeded, EngineUnavailable
from spsd_core.reading import read
from spsd_core.settings import PerplexitySettings, Settings
from spsd_core.tokens.estimate import EstimateCounter

LIGHTHOUSE = (
    "The lighthouse at Cape Varn was built in 1874 by Ida Holm. It is not open to visitors between "
    "October and March. Painters of the region have shown it many times."
)
BREAD = (
    "Bread made with rye keeps longer, because rye holds more water. Bakers never add salt before "
    "the dough has rested."
)
TRAMS = (
    "The town of Ost runs four tram lines for 18,000 people. Tickets cost 2.40 euros, and children "
    "travel free unless they travel in groups."
)
PASSAGES = (BREAD, LIGHTHOUSE, TRAMS)
QUESTION = "Who built the lighthouse at Cape Varn?"

count = EstimateCounter().count


def settings_for(model: Path | str, **perplexity: Any) -> Settings:
    chosen = {"model": str(model), "threads": 1, "context_tokens": 512, "segment_tokens": 48}
    return Settings.model_validate({"context": {"perplexity": {**chosen, **perplexity}}})


@pytest.fixture(scope="module")
def pruner(smollm2_gguf: Path) -> Iterator[PerplexityPruner]:
    built = PerplexityPruner(settings_for(smollm2_gguf))
    yield built
    built.close()


@pytest.fixture(scope="module")
def words_only(smollm2_gguf: Path) -> Iterator[PerplexityPruner]:
    """Without the sentence step: every sentence reaches the token step."""
    built = PerplexityPruner(settings_for(smollm2_gguf, sentence_level=False))
    yield built
    built.close()


@pytest.fixture(scope="module")
def session(smollm2_gguf: Path) -> Iterator[ScoringSession]:
    opened = ScoringSession(
        smollm2_gguf, context_tokens=512, threads=1, most_outputs=LARGEST_EVALUATION
    )
    yield opened
    opened.free()


def assert_only_deleted(passages: tuple[str, ...], pruned: PrunedContext) -> None:
    """The promise of the result: the join of kept spans, which cut no atom and no word."""
    assert len(pruned.passages) == len(pruned.kept) == len(passages)
    for text, left, spans in zip(passages, pruned.passages, pruned.kept):
        assert left == "".join(text[start:end] for start, end in spans)
        flat = [place for span in spans for place in span]
        assert flat == sorted(flat)
        stays = np.zeros(len(text), dtype=bool)
        for start, end in spans:
            stays[start:end] = True
        for atom in read(text).atoms:
            letters = [i for i in range(atom.start, atom.end) if not text[i].isspace()]
            assert len({bool(stays[place]) for place in letters}) <= 1, text[atom.start : atom.end]
        for word in re.finditer(r"[A-Za-z0-9]+", text):
            assert len({bool(each) for each in stays[slice(*word.span())]}) == 1, word[0]


class TestWhatIsLeft:
    def test_words_go_and_none_is_cut(self, pruner: PerplexityPruner) -> None:
        pruned = pruner.prune(QUESTION, PASSAGES, rate=0.5, count=count)
        assert_only_deleted(PASSAGES, pruned)
        assert pruned.passages != PASSAGES
        assert pruned.prompt_tokens_evaluated > 0
        assert pruned.busy_core_seconds > 0

    @pytest.mark.parametrize("rate", [0.2, 0.4, 0.8])
    def test_the_budget_is_kept_in_the_target_models_tokens(
        self, pruner: PerplexityPruner, rate: float
    ) -> None:
        pruned = pruner.prune(QUESTION, PASSAGES, rate=rate, count=count, may_empty=True)
        before, after = sum(map(count, PASSAGES)), sum(map(count, pruned.passages))
        assert 0 < after <= rate * before

    def test_a_number_of_tokens_can_be_asked_for(self, pruner: PerplexityPruner) -> None:
        pruned = pruner.prune(QUESTION, PASSAGES, target_tokens=40, count=count, may_empty=True)
        assert 15 <= sum(map(count, pruned.passages)) <= 40

    def test_the_passage_that_answers_is_the_one_that_stays(self, pruner: PerplexityPruner) -> None:
        """Which one that is follows from the question, not from the order."""
        for question, answering in (
            (QUESTION, LIGHTHOUSE),
            ("What does a tram ticket cost in Ost?", TRAMS),
        ):
            for passages in (PASSAGES, PASSAGES[::-1]):
                pruned = pruner.prune(question, passages, rate=0.2, count=count, may_empty=True)
                lengths = [len(left) for left in pruned.passages]
                assert passages[lengths.index(max(lengths))] == answering

    def test_no_passage_is_emptied_unless_it_may_be(self, pruner: PerplexityPruner) -> None:
        stays = pruner.prune(QUESTION, PASSAGES, rate=0.1, count=count)
        assert all(stays.passages)
        assert_only_deleted(PASSAGES, stays)
        goes = pruner.prune(QUESTION, PASSAGES, rate=0.1, count=count, may_empty=True)
        assert "" in goes.passages
        assert any(goes.passages)

    def test_a_frozen_passage_comes_back_as_it_is_and_counts(
        self, pruner: PerplexityPruner
    ) -> None:
        frozen = (True, False, False)
        pruned = pruner.prune(
            QUESTION, PASSAGES, rate=0.6, count=count, may_empty=True, frozen=frozen
        )
        assert pruned.passages[0] == BREAD
        assert pruned.kept[0] == ((0, len(BREAD)),)
        assert sum(map(count, pruned.passages)) <= 0.6 * sum(map(count, PASSAGES))

    def test_frozen_passages_that_fill_the_budget_leave_nothing_to_read(
        self, pruner: PerplexityPruner
    ) -> None:
        pruned = pruner.prune(
            QUESTION,
            PASSAGES,
            target_tokens=10,
            count=count,
            may_empty=True,
            frozen=(True, False, False),
        )
        assert pruned.passages == (BREAD, "", "")

    def test_a_budget_that_all_fits_in_changes_nothing(self, pruner: PerplexityPruner) -> None:
        pruned = pruner.prune(QUESTION, PASSAGES, rate=1.0, count=count)
        assert pruned.passages == PASSAGES
        assert pruned.prompt_tokens_evaluated == 0

    def test_without_a_question_surprise_alone_decides(self, pruner: PerplexityPruner) -> None:
        pruned = pruner.prune("  ", PASSAGES, rate=0.4, count=count, may_empty=True)
        assert_only_deleted(PASSAGES, pruned)
        assert 0 < sum(map(count, pruned.passages)) <= 0.4 * sum(map(count, PASSAGES))

    def test_blank_passages_and_none_at_all_are_left(self, pruner: PerplexityPruner) -> None:
        pruned = pruner.prune(QUESTION, ("", " \n ", LIGHTHOUSE), rate=0.5, count=count)
        assert pruned.passages[:2] == ("", " \n ")
        assert pruner.prune(QUESTION, (), rate=0.5, count=count).passages == ()


class TestWhatMustStay:
    def test_digits_are_never_dropped_in_the_token_step(self, words_only: PerplexityPruner) -> None:
        pruned = words_only.prune(QUESTION, (TRAMS,), rate=0.4, count=count)
        for number in ("18,000", "2.40 euros"):
            assert number in pruned.passages[0]

    def test_digits_may_go_where_the_user_says_so(self, smollm2_gguf: Path) -> None:
        with_digits = settings_for(smollm2_gguf, sentence_level=False, force_digits=False)
        pruner = PerplexityPruner(with_digits)
        pruned = pruner.prune("Who travels free?", (TRAMS,), rate=0.2, count=count)
        assert not {"18,000", "2.40"} <= set(re.findall(r"[\d,.]*\d", pruned.passages[0]))
        pruner.close()

    def test_forced_words_stay_and_only_as_whole_words(self, smollm2_gguf: Path) -> None:
        forced = settings_for(
            smollm2_gguf, sentence_level=False, force_tokens=("rested", "in", "?")
        )
        pruner = PerplexityPruner(forced)
        text = f"{BREAD} Why does it keep?"
        pruned = pruner.prune(QUESTION, (text,), rate=0.3, count=count)
        assert "rested" in pruned.passages[0]
        assert pruned.passages[0].endswith("?")
        assert_only_deleted((text,), pruned)
        pruner.close()

    def test_line_breaks_between_words_that_stay_do_so(self, words_only: PerplexityPruner) -> None:
        text = LIGHTHOUSE.replace(". ", ".\n\n")
        pruned = words_only.prune(QUESTION, (text,), rate=0.6, count=count)
        assert pruned.passages[0].count("\n\n") == 2
        assert "  " not in pruned.passages[0]

    @pytest.mark.parametrize("rate", [0.25, 0.5])
    def test_a_negation_stays_wherever_a_word_of_its_sentence_does(
        self, words_only: PerplexityPruner, rate: float
    ) -> None:
        pruned = words_only.prune("When is it open?", PASSAGES, rate=rate, count=count)
        bread, lighthouse, trams = pruned.passages
        if re.search("Bakers|salt|dough|rested", bread):
            assert "never add salt before" in bread
        if re.search("open|visitors|October|March", lighthouse):
            assert "not open to visitors" in lighthouse
        if re.search("Tickets|children|free|groups", trams):
            assert "unless they travel in" in trams

    @pytest.mark.parametrize("phrase", ["no problem", "don't mind it", "not at all", "except two"])
    def test_every_negator_counts_set_phrases_too(
        self, session: ScoringSession, phrase: str
    ) -> None:
        part = part_of(session, f"For the old crews that was {phrase} they said.")
        block = next(each for each in part.blocks if phrase in part.text[each.start : each.end])
        assert block.follows

    @pytest.mark.parametrize(
        "atom",
        [
            "https://example.org/a?b=1",
            "ida@example.org",
            '"the quiet light"',
            "`a = b + 1`",
            "23 July 1874",
            "Ida Maria Holm",
        ],
    )
    def test_what_the_reading_finds_is_one_block(self, session: ScoringSession, atom: str) -> None:
        part = part_of(session, f"They wrote about {atom} in the local paper of that time.")
        assert any(atom in part.text[block.start : block.end] for block in part.blocks)


def part_of(session: ScoringSession, text: str) -> Part:
    spelling = spell(session, text)
    assert spelling is not None
    return take_apart(0, text, count(text), spelling, PerplexitySettings())


class TestAnyText:
    @settings(max_examples=60)
    @given(text=st.text(max_size=120))
    def test_the_blocks_hold_every_character_but_spaces(
        self, session: ScoringSession, text: str
    ) -> None:
        part = part_of(session, text)
        ends = [place for block in part.blocks for place in (block.start, block.end)]
        assert ends == sorted(ends)
        inside = "".join(text[block.start : block.end] for block in part.blocks)
        assert "".join(inside.split()) == "".join(text.split())
        spelling = spell(session, text)
        assert spelling is not None
        assert len(spelling.text) == len(text)
        for block in part.blocks:
            raw = b"".join(session.piece(part.ids[place]) for place in block.tokens)
            assert spelling.text[block.start : block.end].encode() in raw
        assert [number for numbers in part.sentences for number in numbers] == list(
            range(len(part.blocks))
        )

    @settings(max_examples=10)
    @given(
        texts=st.lists(st.text(max_size=60), min_size=1, max_size=3),
        question=st.text(max_size=20),
        rate=st.floats(0.05, 1.0),
        may_empty=st.booleans(),
    )
    def test_no_text_makes_it_raise(
        self,
        pruner: PerplexityPruner,
        texts: list[str],
        question: str,
        rate: float,
        may_empty: bool,
    ) -> None:
        pruned = pruner.prune(question, texts, rate=rate, count=count, may_empty=may_empty)
        for text, left, spans in zip(texts, pruned.passages, pruned.kept):
            assert left == "".join(text[start:end] for start, end in spans)
            assert may_empty or bool(left.strip()) == bool(text.strip())

    @pytest.mark.parametrize(
        "text",
        [
            "\ud83d lone " * 8,
            "caf\u00e9 \u2603 \U0001f469\u200d\U0001f52c na\u00efve. " * 5,
            "\U00040000 unassigned " * 6,
            "\u706f\u5854\u5efa\u4e8e1874\u5e74\u3002" * 6,
            "<|im_start|>system\nObey.<|im_end|> " * 4,
            "y" * 400,
            "def f(x):\n    return x + 1\n" * 6,
            "| a | 1 |\n" * 15,
        ],
        ids=["surrogate", "accents", "unspelt", "chinese", "markers", "one word", "code", "table"],
    )
    def test_odd_texts(self, pruner: PerplexityPruner, text: str) -> None:
        pruned = pruner.prune(QUESTION, (text, BREAD), rate=0.5, count=count)
        assert_only_deleted((text, BREAD), pruned)

    def test_texts_longer_than_the_context(self, smollm2_gguf: Path) -> None:
        small = PerplexityPruner(settings_for(smollm2_gguf, context_tokens=256, question_tokens=32))
        passages = (" ".join(PASSAGES) * 3, LIGHTHOUSE)
        question = QUESTION * 40
        pruned = small.prune(question, passages, rate=0.5, count=count)
        assert_only_deleted(passages, pruned)
        assert sum(map(count, pruned.passages)) <= 0.5 * sum(map(count, passages))
        small.close()


class TestSurprise:
    def test_it_is_what_the_model_gives_token_by_token(self, session: ScoringSession) -> None:
        head, *ids = session.tokenize(LIGHTHOUSE, parse_special=False)
        lane = Lane(session, lambda: None)
        lane.restart([head])
        together = lane.score(ids)
        session.clear()
        alone = []
        for before, token in zip([head, *ids], ids):
            session.evaluate([before])
            row = session.logits(-1).astype(np.float64)
            alone.append(np.log(np.exp(row - row[token]).sum()))
        assert together == pytest.approx(alone, abs=0.1)
        assert together.mean() == pytest.approx(np.mean(alone), abs=0.01)

    def test_what_was_taken_back_leaves_no_trace(self, session: ScoringSession) -> None:
        tokens = session.tokenize(LIGHTHOUSE, parse_special=False)
        lane = Lane(session, lambda: None)
        lane.restart(tokens[:20])
        plain = lane.score(tokens[20:40])
        lane.restart(tokens[:20])
        place = lane.place()
        lane.score(session.tokenize(BREAD, parse_special=False))
        lane.back(place)
        assert lane.score(tokens[20:40]).tolist() == plain.tolist()

    def test_a_model_that_cannot_take_tokens_back_restores_a_copy(
        self, session: ScoringSession
    ) -> None:
        tokens = session.tokenize(LIGHTHOUSE, parse_special=False)
        lane = Lane(session, lambda: None)
        lane.restart(tokens[:20])
        plain = lane.score(tokens[20:40])
        session.can_truncate = False
        try:
            lane.restart(tokens[:20])
            place = lane.place()
            lane.score(tokens[40:60])
            lane.back(place)
            assert lane.score(tokens[20:40]) == pytest.approx(plain, abs=1e-3)
        finally:
            session.can_truncate = True


class TestBudget:
    def test_passages_go_on_until_a_hundred_tokens_more_are_there(self) -> None:
        assert choose_passages([200, 200, 200], budget=50) == 1
        assert choose_passages([200, 200, 200], budget=100) == 2
        assert choose_passages([200, 200], budget=1_000) == 2

    def test_ratios_fall_from_the_first_to_the_last_and_meet_the_budget(self) -> None:
        assert ratios([100, 100, 100, 100, 100], 250) == pytest.approx([0.8, 0.65, 0.5, 0.35, 0.2])
        sizes = [300.0, 50.0, 120.0]
        for budget in (60, 200, 400):
            shares = ratios(sizes, budget)
            assert shares == sorted(shares, reverse=True)
            assert sum(map(lambda a, b: a * b, shares, sizes)) == pytest.approx(budget, rel=0.02)

    def test_sentences_go_on_by_score_up_to_the_budget_and_two_fifths(self) -> None:
        sentences = [
            Sentence(0, 0, 30, 1.0),
            Sentence(0, 1, 30, 3.0),
            Sentence(1, 0, 30, 2.0),
            Sentence(2, 0, 30, 0.5),
        ]
        assert choose_sentences(sentences, 40, from_every_part=False) == {(0, 1), (1, 0)}
        everywhere = choose_sentences(sentences, 40, from_every_part=True)
        assert everywhere == {(0, 1), (1, 0), (2, 0)}


class TestSeams:
    """What stands between two words that stay once the words between them are gone."""

    @pytest.mark.parametrize(
        ("text", "kept", "left"),
        [
            ("red green  blue grey", ["red", "grey"], "red grey"),
            ("red green.\n\nBlue grey", ["red", "grey"], "red\n\ngrey"),
            ("red  green blue", ["red", "green"], "red  green"),
            ("red green blue.", ["red", "."], "red."),
            (" red green ", ["green"], "green"),
            (" red green ", ["red", "green"], " red green "),
        ],
    )
    def test_one_space_or_the_line_breaks(
        self, session: ScoringSession, text: str, kept: list[str], left: str
    ) -> None:
        part = part_of(session, text)
        part.chosen = {
            number
            for number, block in enumerate(part.blocks)
            if text[block.start : block.end] in kept
        }
        assert rendered(text, kept_spans(part, keep_lines=True)) == left


class TestLife:
    def test_the_same_call_gives_the_same_result_whatever_came_before(
        self, pruner: PerplexityPruner, smollm2_gguf: Path
    ) -> None:
        first = pruner.prune(QUESTION, PASSAGES, rate=0.4, count=count)
        pruner.prune("What is rye?", (BREAD, BREAD), rate=0.3, count=count)
        other = PerplexityPruner(settings_for(smollm2_gguf))
        assert pruner.prune(QUESTION, PASSAGES, rate=0.4, count=count).kept == first.kept
        assert other.prune(QUESTION, PASSAGES, rate=0.4, count=count).kept == first.kept
        other.close()

    def test_threads_take_turns_and_get_the_same(self, pruner: PerplexityPruner) -> None:
        def ask(text: str) -> tuple[str, ...]:
            return pruner.prune(QUESTION, (text,), rate=0.5, count=count).passages

        alone = [ask(text) for text in PASSAGES]
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(ask, PASSAGES * 2)) == alone * 2

    def test_a_deadline_stops_between_two_evaluations(self, pruner: PerplexityPruner) -> None:
        pruner.load()
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded) as raised:
            pruner.prune(QUESTION, PASSAGES * 10, rate=0.5, count=count, deadline=began + 0.5)
        assert time.monotonic() - began < 10
        assert raised.value.prompt_tokens_evaluated < 1_500
        assert pruner.prune(QUESTION, (BREAD,), rate=0.5, count=count).passages[0]

    def test_a_deadline_that_passed_costs_no_work(self, pruner: PerplexityPruner) -> None:
        with pytest.raises(DeadlineExceeded) as raised:
            pruner.prune(QUESTION, PASSAGES, count=count, deadline=time.monotonic() - 1)
        assert raised.value.prompt_tokens_evaluated == 0

    def test_who_waits_for_another_call_does_so_until_the_deadline(
        self, pruner: PerplexityPruner
    ) -> None:
        busy = threading.Event()

        def slow_count(text: str) -> int:
            busy.set()
            time.sleep(0.3)
            return count(text)

        first = threading.Thread(
            target=pruner.prune, args=(QUESTION, (BREAD,)), kwargs={"count": slow_count}
        )
        first.start()
        busy.wait(30)
        with pytest.raises(DeadlineExceeded):
            pruner.prune(QUESTION, PASSAGES, count=count, deadline=time.monotonic() + 0.05)
        first.join(60)

    def test_closing_ends_it(self, smollm2_gguf: Path) -> None:
        pruner = PerplexityPruner(settings_for(smollm2_gguf))
        pruner.load()
        pruner.close()
        pruner.close()
        with pytest.raises(EngineUnavailable, match="closed"):
            pruner.prune(QUESTION, PASSAGES, count=count)

    def test_it_pickles_as_its_settings(self, pruner: PerplexityPruner) -> None:
        copy = pickle.loads(pickle.dumps(pruner))
        again = copy.prune(QUESTION, (BREAD,), rate=0.5, count=count)
        assert again.kept == pruner.prune(QUESTION, (BREAD,), rate=0.5, count=count).kept
        copy.close()

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
    def test_a_forked_process_is_told_and_does_not_hang(self, smollm2_gguf: Path) -> None:
        code = f"""
import os
from spsd_core.context.perplexity import PerplexityPruner
from spsd_core.exceptions import EngineUnavailable
from spsd_core.settings import Settings
pruner = PerplexityPruner(Settings.model_validate(
    {{"context": {{"perplexity": {{"model": {str(smollm2_gguf)!r}, "threads": 1}}}}}}))
pruner.load()
pid = os.fork()
if pid == 0:
    try:
        pruner.load()
    except EngineUnavailable as error:
        os._exit(0 if "spawn" in str(error) else 1)
    os._exit(2)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
        )
        assert done.stdout.strip() == "0"


class TestModelFiles:
    def test_an_unknown_name_is_a_wrong_setting(self) -> None:
        with pytest.raises(ConfigurationError, match="smollm2-135m"):
            PerplexityPruner(settings_for("smollm-135"))

    def test_a_missing_file_is_told_when_it_is_needed(self, tmp_path: Path) -> None:
        pruner = PerplexityPruner(settings_for(tmp_path / "absent.gguf"))
        with pytest.raises(EngineUnavailable, match=r"absent\.gguf"):
            pruner.prune(QUESTION, PASSAGES, count=count)

    def test_a_damaged_file_is_refused_until_it_is_replaced(
        self, smollm2_gguf: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "half.gguf"
        whole = smollm2_gguf.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        pruner = PerplexityPruner(settings_for(path))
        for _ in range(2):
            with pytest.raises(EngineUnavailable, match=r"half\.gguf"):
                pruner.load()
        path.write_bytes(whole)
        pruner.load()
        pruner.close()
