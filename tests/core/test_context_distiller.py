"""The context distiller as a whole: budgets, reasons, records, threads, tasks, forks, life."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import pickle
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from context_texts import (
    ANSWER,
    BREAD,
    BRIDGE,
    FERRY,
    LEAFLET,
    LIBRARY,
    PASSAGES,
    QUESTION,
    assert_promises,
)

import spsd_core.reader
from spsd_core import Call, Decision, Observer, Reason, Settings
from spsd_core.context import ContextDistillation, ContextDistiller, ContextRecord, Passage
from spsd_core.context.indexing import IndexedPassage
from spsd_core.context.units import split_units
from spsd_core.reader import Encoder
from spsd_core.settings import AdmissionSettings, ContextSettings, TargetSettings
from spsd_core.tokens import build_request_counter

count = build_request_counter(Settings().target).text


@pytest.fixture(scope="module")
def distiller() -> ContextDistiller:
    return ContextDistiller()


def with_context(**context: Any) -> ContextDistiller:
    return ContextDistiller(Settings(context=ContextSettings.model_validate(context)))


def test_the_sentence_that_answers_stays_and_most_of_the_rest_goes(
    distiller: ContextDistiller,
) -> None:
    """The example everybody tries first."""
    result = distiller.distill(QUESTION, PASSAGES, ratio=0.2)
    assert result.decision is Decision.DISTILLED
    assert result.reason is Reason.SHORTENED
    assert result.passages[0].startswith(ANSWER)
    assert result.tokens_saved == result.tokens_before - result.tokens_after
    assert result.tokens_after <= 0.2 * result.tokens_before


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("What was the first steamer called?", "The first steamer on this route was called the"),
        ("Who gave the maps to the library?", "A retired captain gave most of the maps."),
        ("How long does the crossing to Skarp take?", "The crossing takes forty minutes"),
        ("Why does rye bread keep longer?", "because rye holds more water"),
        ("How much was the toll?", "A toll of one copper coin"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_what_stays_follows_from_the_question(
    distiller: ContextDistiller, question: str, kept: str, order: int
) -> None:
    """Not from where the passage stands."""
    for budget in ({}, {"ratio": 0.3}):
        result = distiller.distill(question, PASSAGES[::order], **budget)  # type: ignore[arg-type]
        assert any(kept in passage for passage in result.passages)


class TestBudgets:
    def test_by_default_every_passage_keeps_a_sentence(self, distiller: ContextDistiller) -> None:
        result = distiller.distill(QUESTION, PASSAGES)
        assert all(result.passages)
        assert (result.record.budget, result.record.budget_value) == ("confidence", 0.99)

    @pytest.mark.parametrize("ratio", [0.05, 0.1, 0.25, 0.5, 0.9])
    def test_a_ratio_is_held(self, distiller: ContextDistiller, ratio: float) -> None:
        result = distiller.distill(QUESTION, PASSAGES, ratio=ratio)
        assert result.tokens_after <= ratio * result.tokens_before or result.record.notes
        if ratio >= 0.1:
            assert not result.record.notes
        assert (result.record.budget, result.record.budget_value) == ("ratio", ratio)

    @pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\u3000"])
    def test_breaks_between_sentences_are_in_the_budget(
        self, distiller: ContextDistiller, gap: str
    ) -> None:
        """They are no part of a unit, and cost tokens all the same."""
        passages = [text.replace(". ", f".{gap}") for text in PASSAGES]
        for percent in range(15, 100, 5):
            result = distiller.distill(QUESTION, passages, ratio=percent / 100)
            assert result.tokens_after <= percent / 100 * result.tokens_before
            assert_promises(passages, result)

    def test_all_of_it_is_all_of_it(self, distiller: ContextDistiller) -> None:
        result = distiller.distill(QUESTION, PASSAGES, ratio=1)
        assert (result.passages, result.reason) == (PASSAGES, Reason.NOTHING_TO_REMOVE)

    @pytest.mark.parametrize("tokens", [30, 100, 200])
    def test_a_number_of_tokens_is_held(self, distiller: ContextDistiller, tokens: int) -> None:
        result = distiller.distill(QUESTION, PASSAGES, target_tokens=tokens)
        assert 0 < result.tokens_after <= tokens
        assert (result.record.budget, result.record.budget_value) == ("tokens", tokens)
        assert not result.record.notes

    def test_a_number_that_holds_all_changes_nothing(self, distiller: ContextDistiller) -> None:
        assert distiller.distill(QUESTION, PASSAGES, target_tokens=9999).passages == PASSAGES

    def test_a_budget_too_small_for_any_sentence_keeps_the_likeliest(
        self, distiller: ContextDistiller
    ) -> None:
        """And says so."""
        result = distiller.distill(QUESTION, PASSAGES, target_tokens=1)
        assert [bool(passage) for passage in result.passages] == [True, False, False, False]
        assert ANSWER in result.passages[0]
        assert any("budget is not met" in note for note in result.record.notes)

    def test_what_must_stay_whole_is_not_made_up_for_by_the_rest(
        self, distiller: ContextDistiller
    ) -> None:
        passages = (*PASSAGES, LEAFLET)
        result = distiller.distill(QUESTION, passages, ratio=0.3)
        free_before = sum(map(count, PASSAGES))
        free_after = sum(map(count, result.passages[:-1]))
        assert 0.15 * free_before < free_after <= 0.3 * free_before
        assert any("budget is not met" in note for note in result.record.notes)

    @pytest.mark.parametrize(
        ("drop", "budget", "may_be_empty"),
        [
            (None, {}, False),
            (False, {}, False),
            (True, {}, True),
            (None, {"ratio": 0.1}, True),
            (False, {"ratio": 0.1}, False),
            (True, {"ratio": 0.1}, True),
            (None, {"target_tokens": 30}, True),
            (False, {"target_tokens": 30}, False),
            (True, {"target_tokens": 30}, True),
        ],
    )
    def test_a_passage_is_emptied_only_where_it_may_be(
        self, drop: bool | None, budget: dict[str, Any], may_be_empty: bool
    ) -> None:
        chosen = with_context(drop_passages=drop, confidence=0.6)
        result = chosen.distill(QUESTION, PASSAGES, **budget)
        assert ("" in result.passages) is may_be_empty
        assert any(result.passages)
        assert_promises(PASSAGES, result)

    def test_a_higher_confidence_keeps_more(self) -> None:
        sizes = [
            with_context(confidence=one).distill(QUESTION, PASSAGES).tokens_after
            for one in (0.5, 0.9, 0.999)
        ]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1]

    def test_a_rate_of_the_settings_holds_where_the_call_names_none(self) -> None:
        halved = with_context(rate=0.5)
        assert halved.distill(QUESTION, PASSAGES).record.budget_value == 0.5
        assert halved.distill(QUESTION, PASSAGES, target_tokens=40).tokens_after <= 40

    @pytest.mark.parametrize(
        ("budget", "message"),
        [
            ({"ratio": 0}, "ratio is 0; it must be above 0"),
            ({"ratio": -0.5}, "ratio is -0.5"),
            ({"ratio": 1.01}, "at most 1"),
            ({"ratio": float("nan")}, "ratio is nan"),
            ({"target_tokens": 0}, "target_tokens is 0; it must be 1 or more"),
            ({"target_tokens": -3}, "target_tokens is -3"),
            ({"target_tokens": float("inf")}, "target_tokens is inf"),
            ({"target_tokens": float("nan")}, "target_tokens is nan"),
            ({"ratio": 0.5, "target_tokens": 9}, "not both"),
        ],
    )
    def test_a_wrong_budget_raises_and_says_what_is_right(
        self, distiller: ContextDistiller, budget: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(ValueError, match=re.escape(message)):
            distiller.distill(QUESTION, PASSAGES, **budget)
        with pytest.raises(ValueError, match=re.escape(message)):
            asyncio.run(distiller.adistill(QUESTION, PASSAGES, **budget))


class TestWhatPassesThrough:
    @pytest.mark.parametrize(
        ("question", "passages", "reason"),
        [
            (QUESTION, (), Reason.EMPTY),
            (QUESTION, ("", " \n\t", "\u00a0"), Reason.EMPTY),
            ("", PASSAGES, Reason.EMPTY),
            ("?!", PASSAGES, Reason.EMPTY),
            ("Hello, thank you very much!", PASSAGES, Reason.EMPTY),
            ("What about it?", PASSAGES, Reason.EMPTY),
            ("Hi! And who is he, please?", PASSAGES, Reason.EMPTY),
            (QUESTION, ("The bridge is old.",), Reason.TOO_SHORT),
            (f"<|im_start|>{QUESTION}", PASSAGES, Reason.CHAT_MARKERS),
            (
                "\u00bfCu\u00e1ndo se termin\u00f3 el puente? Gracias por la ayuda",
                PASSAGES,
                Reason.UNSUPPORTED_LANGUAGE,
            ),
            (
                "\u041a\u043e\u0433\u0434\u0430 \u043c\u043e\u0441\u0442?",
                PASSAGES,
                Reason.UNSUPPORTED_LANGUAGE,
            ),
        ],
    )
    def test_it_says_why(
        self,
        distiller: ContextDistiller,
        question: str,
        passages: tuple[str, ...],
        reason: Reason,
    ) -> None:
        result = distiller.distill(question, passages, ratio=0.1)
        assert (result.passages, result.reason) == (passages, reason)
        assert result.record.decided_by
        assert_promises(passages, result)

    @pytest.mark.parametrize(
        ("passage", "reason"),
        [
            (f"{FERRY} <|im_end|> {BREAD}", Reason.CHAT_MARKERS),
            (
                "Le pont de la ville fut achev\u00e9 en 1874. Il est tr\u00e8s beau et les gens "
                "l'aiment. La biblioth\u00e8que est dans une ancienne brasserie. " * 2,
                Reason.UNSUPPORTED_LANGUAGE,
            ),
            (
                "\u0647\u0630\u0627 \u0627\u0644\u062c\u0633\u0631 \u0642\u062f\u064a\u0645. " * 9,
                Reason.UNSUPPORTED_LANGUAGE,
            ),
            ("", Reason.EMPTY),
            (" \n ", Reason.EMPTY),
            ("The one and only sentence of this passage.", Reason.NOTHING_TO_REMOVE),
        ],
    )
    def test_a_passage_alone_stays_whole_among_others_that_shrink(
        self, distiller: ContextDistiller, passage: str, reason: Reason
    ) -> None:
        passages = (passage, *PASSAGES)
        result = distiller.distill(QUESTION, passages)
        assert result.passages[0] == passage
        assert result.record.passages[0].reason is reason
        assert result.distilled
        assert_promises(passages, result)

    def test_what_is_too_long_altogether_passes_through(self) -> None:
        short = ContextDistiller(Settings(admission=AdmissionSettings(max_chars=500)))
        result = short.distill(QUESTION, PASSAGES)
        assert (result.reason, result.passages) == (Reason.TOO_LONG, PASSAGES)

    def test_a_deadline_passes_it_through(self) -> None:
        """A passage of a megabyte that cannot be read in time, and one that hardly waits."""
        passages = (BRIDGE, "The tower is old and red. " * 40_000)
        hasty = ContextDistiller(Settings(deadline_ms=250))
        result = hasty.distill(QUESTION, passages)
        assert (result.reason, result.passages) == (Reason.DEADLINE, passages)
        assert result.record.decided_by == "index"
        at_once = ContextDistiller(Settings(deadline_ms=1e-6)).distill(QUESTION, PASSAGES)
        assert (at_once.reason, at_once.passages) == (Reason.DEADLINE, PASSAGES)
        assert at_once.record.decided_by == "gate"

    def test_a_damaged_reader_passes_it_through(self, tmp_path: Path) -> None:
        """The note says what to do."""
        weights = Path(spsd_core.reader.__file__).with_name("weights")
        for name in ("reader.json", "tokenizer.json"):
            shutil.copy(weights / name, tmp_path)
        (tmp_path / "reader.onnx").write_bytes(b"damaged")

        class Damaged(ContextDistiller):
            def encoder(self) -> Encoder:
                return Encoder(tmp_path)

        result = Damaged().distill(QUESTION, PASSAGES)
        assert (result.reason, result.passages) == (Reason.ENGINE_UNAVAILABLE, PASSAGES)
        assert "install spsd again" in result.record.notes[0]

    def test_a_defect_of_ours_passes_it_through(self) -> None:
        """It is noted by its type; its words might be the user's."""

        class Defective(ContextDistiller):
            def find_index(self, text: str, stored: str | None) -> IndexedPassage | None:
                raise ZeroDivisionError(text)

        result = Defective().distill(QUESTION, PASSAGES)
        assert (result.reason, result.passages) == (Reason.INTERNAL_ERROR, PASSAGES)
        assert result.record.notes == ("defect: ZeroDivisionError",)
        assert [one.outcome for one in result.record.stages] == ["pass"] * 3 + ["stop"]

    @pytest.mark.parametrize("passages", [BRIDGE, BRIDGE.encode()])
    def test_one_text_is_no_list_of_passages(
        self, distiller: ContextDistiller, passages: Any
    ) -> None:
        """Or else each of its letters would be one."""
        with pytest.raises(TypeError, match="must be a list of passages, not one "):
            distiller.distill(QUESTION, passages)

    @pytest.mark.parametrize("passages", [[BRIDGE, 7], [None], [b"bytes"], [object()]])
    def test_what_is_no_text_raises_and_is_named(
        self, distiller: ContextDistiller, passages: list[Any]
    ) -> None:
        with pytest.raises(TypeError, match=rf"passage {len(passages) - 1} is a \w+"):
            distiller.distill(QUESTION, passages)
        with pytest.raises(TypeError, match="question must be a str"):
            distiller.distill(3, PASSAGES)  # type: ignore[arg-type]


class TestAnyPassages:
    def test_equal_passages_are_treated_alike_and_read_once(self) -> None:
        fresh = ContextDistiller()
        passages = (BRIDGE, FERRY, BRIDGE, BRIDGE)
        result = fresh.distill(QUESTION, passages)
        assert result.record.indexed == 2
        assert ANSWER in "".join(result.passages)
        assert_promises(passages, result)

    def test_five_hundred_passages(self, distiller: ContextDistiller) -> None:
        """The one that answers is found among them."""
        passages = [f"Barn {n} stands by the road. It is red. It has a door." for n in range(499)]
        passages.insert(250, BRIDGE)
        indexes = {text: distiller.index(text).dumps() for text in passages}
        result = ContextDistiller().distill(
            QUESTION, [Passage(text, index=indexes[text]) for text in passages], ratio=0.05
        )
        assert ANSWER in result.passages[250]
        assert result.record.indexed == 0
        assert_promises(passages, result)

    def test_subclasses_of_str_are_plain_afterwards(self, distiller: ContextDistiller) -> None:
        class Loud(str):
            __slots__ = ()

            def __str__(self) -> str:
                return "LOUD"

            def __getitem__(self, place: Any) -> str:
                return "!"

            def strip(self, *_: Any) -> str:
                return ""

        result = distiller.distill(Loud(QUESTION), [Loud(text) for text in PASSAGES])
        assert result.passages == distiller.distill(QUESTION, PASSAGES).passages
        assert {type(text) for text in result.passages} == {str}

    def test_anything_with_a_text_is_a_passage(self, distiller: ContextDistiller) -> None:
        """Its id goes to the record, whatever it is."""

        class Chunk:
            id = 7
            text = BRIDGE

        passages = [Chunk(), Passage(FERRY, id="f"), LIBRARY, Passage(BREAD)]
        result = distiller.distill(QUESTION, passages)  # type: ignore[arg-type]
        assert [one.id for one in result.record.passages] == ["7", "f", None, None]
        assert_promises((BRIDGE, FERRY, LIBRARY, BREAD), result)

    def test_a_generator_of_passages_will_do(self, distiller: ContextDistiller) -> None:
        result = distiller.distill(QUESTION, iter(PASSAGES))  # type: ignore[arg-type]
        assert result.passages == distiller.distill(QUESTION, PASSAGES).passages

    def test_blocks_stay_whole_or_go_whole(self, distiller: ContextDistiller) -> None:
        code = "Run it so:\n\n```\nferry --from Halvorsund\nferry --to Skarp\n```"
        table = "| Day | Ferries |\n|---|---|\n| Monday | 9 |\n| Sunday | 3 |"
        passage = f"# Ferries\n\n{FERRY}\n\n{code}\n\n{table}\n\n{BREAD}"
        for question in ("How many ferries run on Sunday?", "How do I run the ferry program?"):
            for ratio in (0.2, 0.4, 0.7):
                left = distiller.distill(question, (passage, LIBRARY), ratio=ratio).passages[0]
                assert (code in left) or ("```" not in left and "Run it" not in left)
                assert (table in left) or "|" not in left
        asked = distiller.distill("How many ferries run on Sunday?", (passage,), ratio=0.4)
        assert table in asked.passages[0]
        assert asked.passages[0].startswith("# Ferries")

    def test_an_answer_comes_with_its_question(self, distiller: ContextDistiller) -> None:
        faq = (
            "Q: Can I return an opened lamp?\nA: Yes, within 30 days. Keep the slip.\n\n"
            "Q: Do you ship lamps abroad?\nA: Only to Norway. It takes nine days.\n\n"
            "Q: Is the shade washable?\nA: By hand, in cold water."
        )
        result = distiller.distill("To which country are lamps sent?", (faq, *PASSAGES), ratio=0.1)
        assert "Q: Do you ship lamps abroad?\nA: Only to Norway." in result.passages[0]
        assert "washable" not in result.passages[0]


class TestRecord:
    def test_it_is_complete(self, distiller: ContextDistiller) -> None:
        passages = (*PASSAGES, LEAFLET, "")
        result = distiller.distill(QUESTION, [Passage(text, id=text[:5]) for text in passages])
        record = result.record
        assert record.decision is result.decision
        assert record.reason is result.reason
        assert record.decided_by == "budget"
        assert record.engine == "sentences"
        assert record.tokenizer == result.tokenizer
        assert record.settings_fingerprint == Settings().fingerprint()
        assert distiller.distill(QUESTION, passages).record.indexed == 0
        stages = ["policy", "admission", "gate", "index", "choose"]
        assert [stage.stage for stage in record.stages] == stages
        assert all(stage.ms >= 0 and stage.outcome == "pass" for stage in record.stages)
        assert sum(stage.ms for stage in record.stages) <= record.ms
        assert record.energy is not None
        for text, left, one in zip(passages, result.passages, record.passages):
            assert one.id == text[:5]
            assert (one.tokens_before, one.tokens_after) == (count(text), count(left))
            if one.reason is Reason.SHORTENED:
                assert one.units == len(split_units(text))
                assert (
                    "".join(text[a:b] for a, b in one.kept).split()
                    == "".join(text[a:b] for a, b in one.kept).split()
                )
        assert record.tokens_before == sum(map(count, passages)) == result.tokens_before
        assert record.tokens_after == sum(map(count, result.passages)) == result.tokens_after

    def test_it_holds_no_word_of_the_user(self, distiller: ContextDistiller) -> None:
        """Names of rules are ours; what stands beside them in the record is no text either."""
        passages = (*PASSAGES, LEAFLET)
        words = set(re.findall(r"\w{5,}", " ".join((QUESTION, *passages)).casefold()))
        for budget in ({}, {"ratio": 0.1}, {"target_tokens": 1}):
            record = distiller.distill(QUESTION, passages, **budget).record  # type: ignore[arg-type]
            assert record.passages[-1].rules
            said = " ".join(_strings(json.loads(record.model_dump_json()))).casefold()
            assert set(re.findall(r"[^\W\d_]{5,}", said)) & words <= {"sentences"}

    def test_it_goes_through_json(self, distiller: ContextDistiller) -> None:
        """An id that is no proper text as well."""
        odd = distiller.distill(QUESTION, [Passage(BRIDGE, id="\ud800"), *PASSAGES]).record
        assert ContextRecord.model_validate_json(odd.model_dump_json()) == odd
        result = distiller.distill(QUESTION, (*PASSAGES, LEAFLET))
        written = json.dumps(result.to_json())
        assert ContextDistillation.model_validate_json(written) == result
        assert ContextRecord.model_validate_json(result.record.model_dump_json()) == result.record

    def test_an_estimate_says_so(self) -> None:
        settings = Settings(target=TargetSettings(tokenizer="estimate"))
        result = ContextDistiller(settings).distill(QUESTION, PASSAGES)
        assert not result.record.tokenizer_exact
        assert result.tokenizer.endswith("(estimate)")
        assert result.distilled

    def test_observers_see_stages_and_the_result_with_what_the_caller_attached(self) -> None:
        seen: list[Any] = []

        class Watching(Observer):
            def on_spsd_stage(self, event: Any) -> None:
                seen.append(event.record.stage)

            def on_spsd_context(self, call: Call, distillation: ContextDistillation) -> None:
                seen.append((call.text, call.framework, dict(call.metadata), distillation))

        watched = ContextDistiller(observers=(Watching(),))
        call = Call("", framework="langchain", metadata={"user": 7})
        result = watched.distill(QUESTION, PASSAGES, call=call)
        assert seen[:-1] == ["policy", "admission", "gate", "index", "choose"]
        assert seen[-1] == (QUESTION, "langchain", {"user": 7}, result)


class TestSameEverywhere:
    def test_a_hundred_threads_share_one(self) -> None:
        """Each gets the answer to its own question; what was remembered changes nothing."""
        shared = ContextDistiller()
        questions = [
            "When was the bridge finished?",
            "What was the first steamer called?",
            "Who gave the maps?",
            "Why does rye bread keep longer?",
        ]
        alone = {one: ContextDistiller().distill(one, PASSAGES).passages for one in questions}
        barrier = threading.Barrier(100)

        def work(place: int) -> bool:
            question = questions[place % len(questions)]
            barrier.wait()
            return shared.distill(question, PASSAGES).passages == alone[question]

        with ThreadPoolExecutor(100) as pool:
            assert all(pool.map(work, range(100)))

    def test_tasks_of_two_event_loops_get_the_same(self, distiller: ContextDistiller) -> None:
        expected = distiller.distill(QUESTION, PASSAGES).passages
        shared = ContextDistiller()

        async def work() -> list[ContextDistillation]:
            return await asyncio.gather(*(shared.adistill(QUESTION, PASSAGES) for _ in range(5)))

        for _ in range(2):
            assert {result.passages for result in asyncio.run(work())} == {expected}

    async def test_the_event_loop_goes_on_meanwhile(self) -> None:
        ticks = 0
        fresh = ContextDistiller()
        texts = [f"{BRIDGE} Arch {number} was the last." for number in range(40)]
        working = asyncio.ensure_future(fresh.adistill(QUESTION, texts))
        while not working.done():
            await asyncio.sleep(0.005)
            ticks += 1
        assert (await working).distilled
        assert ticks > 10

    def test_a_copy_through_pickle_gives_the_same(self, distiller: ContextDistiller) -> None:
        copy = pickle.loads(pickle.dumps(distiller))
        assert copy.settings == distiller.settings
        expected = distiller.distill(QUESTION, PASSAGES).passages
        assert copy.distill(QUESTION, PASSAGES).passages == expected

    @pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
    def test_a_forked_process_gets_the_same_from_calls_and_tasks(self) -> None:
        """Although the threads that served tasks stayed behind."""
        shared = ContextDistiller()
        expected = asyncio.run(shared.adistill(QUESTION, PASSAGES)).passages
        time.sleep(0.2)  # until the thread is idle

        def work() -> None:
            assert shared.distill(QUESTION, PASSAGES).passages == expected
            assert asyncio.run(shared.adistill(QUESTION, PASSAGES)).passages == expected

        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        process.join(30)
        hangs = process.is_alive()
        process.kill()
        assert not hangs
        assert process.exitcode == 0

    def test_it_works_on_after_it_was_closed(self) -> None:
        with ContextDistiller() as closed:
            expected = asyncio.run(closed.adistill(QUESTION, PASSAGES)).passages
        assert closed.distill(QUESTION, PASSAGES).passages == expected
        assert asyncio.run(closed.adistill(QUESTION, PASSAGES)).passages == expected
        closed.close()
        closed.close()

    def test_loading_ahead_spares_the_first_call_nothing_but_time(self) -> None:
        loaded = ContextDistiller()
        loaded.load()
        loaded.load()
        began = time.monotonic()
        assert loaded.distill(QUESTION, PASSAGES).distilled
        assert time.monotonic() - began < 5

    def test_building_one_loads_nothing(self, tmp_path: Path) -> None:
        script = (
            "import sys; from spsd_core.context import ContextDistiller;"
            "from spsd_core.settings import *;"
            f"s = Settings(context=ContextSettings(store={str(tmp_path / 'v.sqlite')!r}));"
            "ContextDistiller(s);"
            "found = {'re2', 'yaml', 'tiktoken', 'numpy', 'onnxruntime'} & set(sys.modules);"
            "assert not found, found"
        )
        subprocess.run([sys.executable, "-c", script], check=True)
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrap",
    [
        "Hi there! {} Thanks a lot!",
        "Good morning, I hope you are doing well. Could you please tell me: {} Best regards, Tom",
        "Sorry to bother you, but {} Thank you so much for your help!",
    ],
)
def test_courtesy_around_a_question_hardly_changes_what_stays(
    distiller: ContextDistiller, wrap: str
) -> None:
    """The answer stays in any case; most of the sentences that fill up the budget, too."""
    asked: dict[str, str] = {
        "When was the bridge of Halvorsund finished?": ANSWER,
        "What was the first steamer called?": "called the Merlin.",
        "Who gave the maps to the library?": "A retired captain",
        "Why does rye bread keep longer?": "because rye holds more water",
        "How long does the crossing to Skarp take?": "takes forty minutes",
    }
    same = both = 0
    for question, answer in asked.items():
        plain = distiller.distill(question, PASSAGES, ratio=0.4)
        wrapped = distiller.distill(wrap.format(question), PASSAGES, ratio=0.4)
        assert answer in "".join(wrapped.passages)
        kept = [_kept_units(result) for result in (plain, wrapped)]
        same += len(kept[0] & kept[1])
        both += len(kept[0] | kept[1])
    assert same / both >= 0.6


def _strings(value: Any) -> Iterator[str]:
    """All texts in a record but names of rules and the assumptions on energy."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            if key not in ("rule", "energy"):
                yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def _kept_units(result: ContextDistillation) -> set[tuple[int, int]]:
    return {
        (place, unit.start)
        for place, (text, one) in enumerate(zip(PASSAGES, result.record.passages))
        for unit in split_units(text)
        if any(start <= unit.start < end for start, end in one.kept)
    }
