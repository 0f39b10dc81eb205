"""Whole studies, with servers on loopback that answer, fail, babble, and are killed under."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from evaluation_parts import echoes, model_at, nonsense, one_in_five_fails, points, says
from servers import Behaviour, Exchange, LoopbackServer, RecordedRequest, answers, free_port

from spsd_core.cli import eval as eval_command
from spsd_core.cli import main
from spsd_core.energy import EnergyAssumptions
from spsd_core.evaluation.answering import Model, ServerUnreachable
from spsd_core.evaluation.arms import Prepared, build_arms
from spsd_core.evaluation.bootstrap import Plan
from spsd_core.evaluation.cache import Cache
from spsd_core.evaluation.comparing import Rules
from spsd_core.evaluation.corpora import Corpus, Item
from spsd_core.evaluation.costs import Sent, break_even, costs_of, estimated_tokens
from spsd_core.evaluation.markdown import markdown_of
from spsd_core.evaluation.page import page_of
from spsd_core.evaluation.plots import bars, break_even_lines, histogram, intervals
from spsd_core.evaluation.records import write_records
from spsd_core.evaluation.report import Report, report_of
from spsd_core.evaluation.similarity import Similarity
from spsd_core.evaluation.statistics import Comparison
from spsd_core.evaluation.study import StudySetup, run_study
from spsd_core.evaluation.tables import tables_of
from spsd_core.exceptions import ConfigurationError
from spsd_core.savings import Price

ROOT = Path(__file__).parent.parent.parent
RIVERS = (
    "Ebro Tagus Douro Duero Guadiana Segura Turia Nalon Sella Navia Minho Lima Sado Vouga".split()
)


def courteous() -> Corpus:
    """A prompt with nothing to shorten, and fourteen with a lot of courtesy."""
    items = [
        Item(
            id=river,
            group="rivers",
            text="Hello there, I hope you are having a lovely day! Could you please tell me how "
            f"long the {river} is and where it ends? Thank you so much in advance for your help!",
        )
        for river in RIVERS
    ]
    plain = Item(
        id="plain", group="plain", text="Name the seas that surround Denmark, largest first."
    )
    return Corpus("rivers", (plain, *items))


def sums() -> Corpus:
    """Tasks with checkable answers."""
    items = [
        Item(
            id=f"sum {n}",
            group="sums",
            check="number",
            expected=(str(n + n),),
            text=f"Hi! Could you please add {n} and {n} for me? Thank you so much in advance!",
        )
        for n in range(10, 30)
    ]
    return Corpus("sums", tuple(items))


def adds(request: RecordedRequest) -> str:
    """Right, unless the prompt has lost its greeting and is about one of two sums."""
    first, second = map(int, re.findall(r"\d+", request.last_message))
    careless = "Hi!" not in request.last_message and first in (12, 17)
    return f"That makes... Answer: {first + second + careless}"


def study(
    corpus: Corpus, *answerers: Model, judges: Sequence[Model] = (), cache: Cache | None = None
) -> Report:
    setup = StudySetup(
        corpora=(corpus,),
        arms=build_arms(["lexical"]),
        answerers=answerers,
        judges=tuple(judges),
    )
    with cache or Cache() as kept:
        return report_of(run_study(setup, kept), rules=Rules(plan=Plan(min_prompts=10)))


def comparison(report: Report, metric: str, scope: str) -> Comparison:
    (found,) = [row for row in report.quality if (row.metric, row.scope) == (metric, scope)]
    assert isinstance(found.comparison, Comparison)
    return found.comparison


@pytest.fixture
def fair_judge() -> Iterator[Model]:
    """Finds everything equally good."""
    with LoopbackServer(says(lambda _: points(4, 4))) as server:
        yield model_at(server.base_url, name="fair")


class TestStudies:
    def test_checkable_answers_are_compared_by_exact_match(self) -> None:
        """Two of twenty are wrong without their greeting: broken 2, repaired 0."""
        with LoopbackServer(says(adds)) as server:
            report = study(sums(), model_at(server.base_url))
        found = comparison(report, "exact", "distilled")
        assert (found.mean_raw, found.mean_arm, found.pairs) == (1.0, 0.9, 20)
        assert found.non_inferior is False
        assert report.quality[0].p_mcnemar == 0.5
        assert not report.judges

    def test_a_prompt_passed_through_shares_the_raw_answer(self, fair_judge: Model) -> None:
        """It is asked once, and is a tie that no judge has to call."""
        with LoopbackServer(says(echoes)) as server:
            report = study(courteous(), model_at(server.base_url), judges=[fair_judge])
            assert len(server.requests) == 15 + 14
        assert report.judges[0].cases == 14
        assert comparison(report, "points", "all").pairs == 15
        assert comparison(report, "points", "distilled").pairs == 14

    def test_no_pair_is_left_out_where_one_call_in_five_fails(self, fair_judge: Model) -> None:
        with LoopbackServer(one_in_five_fails(says(echoes))) as server:
            report = study(
                courteous(), model_at(server.base_url, concurrency=1), judges=[fair_judge]
            )
        shortened, everything = report.quality
        assert report.asked["scripted"] == (29, 5)  # the 5th, 10th, 15th, 20th and 25th call
        assert (shortened.failed_raw, shortened.failed_arm) == (3, 2)
        assert isinstance(shortened.comparison, Comparison)
        assert shortened.comparison.pairs == 14
        won = shortened.comparison.outcomes
        assert (won.wins, won.ties, won.losses) == (3, 9, 2)
        assert getattr(everything.comparison, "pairs", 0) == 15

    def test_a_judge_that_answers_nonsense_gives_no_verdict_in_our_favour(self) -> None:
        with LoopbackServer(says(echoes)) as server, LoopbackServer(says(nonsense)) as mad:
            report = study(
                courteous(), model_at(server.base_url), judges=[model_at(mad.base_url, name="mad")]
            )
        assert (report.judges[0].unreadable, report.judges[0].bias) == (28, None)
        (row,) = [row for row in report.quality if row.scope == "distilled"]
        assert row.unjudged == 14
        assert row.comparison.non_inferior is False
        assert row.judged_only is None

    def test_a_sane_judge_beside_it_is_believed(self, fair_judge: Model) -> None:
        with LoopbackServer(says(echoes)) as server, LoopbackServer(says(nonsense)) as mad:
            report = study(
                courteous(),
                model_at(server.base_url),
                judges=[fair_judge, model_at(mad.base_url, name="mad")],
            )
        assert comparison(report, "points", "distilled").non_inferior is True
        assert [one.ratings for one in report.agreement] == [0, 0, 0]

    def test_two_judges_are_held_against_each_other(self, fair_judge: Model) -> None:
        with LoopbackServer(says(echoes)) as server, LoopbackServer(says(echo_points)) as other:
            report = study(
                courteous(),
                model_at(server.base_url),
                judges=[fair_judge, model_at(other.base_url, name="other")],
            )
        assert [one.criterion for one in report.agreement] == ["intent", "accuracy", "completeness"]
        assert all(one.ratings == 14 * 4 for one in report.agreement)

    def test_without_answerers_nothing_is_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Not even a socket is made."""

        def no_network(*_: object, **__: object) -> None:
            raise AssertionError("the network was used")

        monkeypatch.setattr(socket, "socket", no_network)
        report = study(courteous())
        assert report.costs["lexical"].distilled == 14
        assert not report.quality

    def test_no_network_ends_the_run_and_keeps_what_was_prepared(self, tmp_path: Path) -> None:
        with pytest.raises(ServerUnreachable, match="what was answered before is kept"):
            study(
                courteous(),
                model_at(f"http://127.0.0.1:{free_port()}/v1"),
                cache=Cache(tmp_path / "c.sqlite"),
            )
        with Cache(tmp_path / "c.sqlite") as cache:
            assert cache.entries == 30  # two arms, fifteen prompts, no answer

    def test_an_added_arm_costs_only_that_arm(self, tmp_path: Path) -> None:
        path = tmp_path / "c.sqlite"
        with LoopbackServer(says(echoes)) as server:
            study(courteous(), model_at(server.base_url), cache=Cache(path))
            before = len(server.requests)
            setup = StudySetup(
                corpora=(courteous(),),
                arms=build_arms(["lexical", "extract-light"]),
                answerers=(model_at(server.base_url),),
            )
            with Cache(path) as cache:
                found = run_study(setup, cache)
            known = {one.arm.messages for arm in ("raw", "lexical") for one in found.sent[arm]}
            new = {one.arm.messages for one in found.sent["extract-light"]} - known
            assert len(server.requests) == before + len(new)

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [({"seeds": ()}, "seeds"), ({"seeds": (1, 1)}, "seeds"), ({"judges": True}, "answerer")],
    )
    def test_setups_that_cannot_work(self, wrong: dict[str, object], message: str) -> None:
        if "judges" in wrong:
            wrong = {"judges": (model_at("http://127.0.0.1:1/v1"),)}
        with pytest.raises(ConfigurationError, match=message):
            StudySetup(corpora=(sums(),), arms=build_arms([]), **wrong)  # type: ignore[arg-type]


def echo_points(request: RecordedRequest) -> str:
    """Points that depend on what is read."""
    return points(3 + len(request.last_message) % 3, 4)


def slowly(behaviour: Behaviour) -> Behaviour:
    def slow(exchange: Exchange) -> None:
        time.sleep(0.05)
        behaviour(exchange)

    return slow


class TestMixedPrompts:
    def test_unchecked_prompts_are_left_out_and_counted_whether_or_not_they_failed(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Without a judge nothing can be said of them: that both calls failed is no tie."""

        def adds_or_fails(exchange: Exchange) -> None:
            if re.search(r"Ebro|Tagus|Denmark", exchange.request.last_message):
                answers(500)(exchange)
            elif re.search(r"(?i)\badd\b", exchange.request.last_message):
                says(adds)(exchange)
            else:
                says(echoes)(exchange)

        with LoopbackServer(adds_or_fails) as server, Cache() as cache:
            setup = StudySetup(
                corpora=(sums(), courteous()),
                arms=build_arms(["lexical"]),
                answerers=(model_at(server.base_url),),
            )
            found = run_study(setup, cache)
        rules = Rules(plan=Plan(min_prompts=10))
        rows = {row.scope: row for row in report_of(found, rules=rules).quality}
        assert (rows["all"].failed_raw, rows["all"].failed_arm) == (0, 0)
        assert comparison(report_of(found, rules=rules), "exact", "all").pairs == 20
        assert (rows["all"].without_figure, rows["distilled"].without_figure) == (15, 14)
        write_records(tmp_path / "r.jsonl", found.records)
        assert main(["compare", str(tmp_path / "r.jsonl"), "--min-prompts", "10"]) == 0
        printed = capsys.readouterr().out
        assert "20 of 20 prompts; 15 prompts without this figure left out" in printed
        assert "0 / 18 / 2" in printed


class TestKilledRuns:
    def test_a_run_killed_midway_and_run_again_gives_the_same_report(self, tmp_path: Path) -> None:
        """Answers as in a run that was left alone, and nothing is asked twice."""
        corpus = tmp_path / "sums.jsonl"
        rows = [
            {"question": item.text, "answer": f"#### {item.expected[0]}"} for item in sums().items
        ]
        corpus.write_text("\n".join(map(json.dumps, rows)))
        with LoopbackServer(slowly(says(adds))) as server:
            arguments = ["--tasks", f"gsm8k={corpus}", "--arms", "lexical", "--retries", "0"]
            arguments += ["--answerer", f"scripted={server.base_url}", "--concurrency", "1"]
            interrupted = [*arguments, "--cache", str(tmp_path / "killed.sqlite")]
            process = subprocess.Popen(
                [sys.executable, "-c", _RUN, *interrupted, "--json"], cwd=ROOT, env={**os.environ}
            )
            while len(server.requests) < 10:
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            asked = len(server.requests)
            assert asked < 40
            resumed = run(interrupted, tmp_path / "resumed.html")
            assert len(server.requests) <= 41  # the call that was in flight is made again
            again = run(interrupted, tmp_path / "again.html")
            alone = run(
                [*arguments, "--cache", str(tmp_path / "whole.sqlite")], tmp_path / "a.html"
            )
        assert again == resumed
        assert alone["quality"] == resumed["quality"]
        assert (tmp_path / "again.html").read_text() == (tmp_path / "resumed.html").read_text()


_RUN = (
    "import argparse, sys; from spsd_core.cli.eval import *;"
    "p = argparse.ArgumentParser(); add_parser(p.add_subparsers());"
    "sys.exit(run(p.parse_args(['eval', *sys.argv[1:]])))"
)


def spsd(argv: Sequence[str]) -> int:
    """`spsd eval ...`, without the program around it."""
    parser = argparse.ArgumentParser()
    eval_command.add_parser(parser.add_subparsers())
    return eval_command.run(parser.parse_args(["eval", *argv]))


def run(argv: Sequence[str], page: Path) -> dict[str, object]:
    """`spsd eval ... --json` in a process of its own."""
    command = [sys.executable, "-c", _RUN, *argv, "--json", "--html", str(page)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def prepared(tokens: int, text: str, *, distilled: bool, ms: float, uwh: float) -> Prepared:
    reason = "shortened" if distilled else "nothing_to_remove"
    messages = (("system", "s"), ("user", text))
    return Prepared(messages, text, distilled, reason, tokens, "t", True, ms, uwh)


class TestCosts:
    """By hand: three prompts, one of them shortened from 100 to 80 tokens."""

    def sent(self) -> list[Sent]:
        raw = prepared(100, "w " * 60, distilled=False, ms=0, uwh=0)
        short = prepared(80, "w " * 30, distilled=True, ms=30, uwh=50)
        same = prepared(100, "w " * 60, distilled=False, ms=10, uwh=20)
        return [Sent("a", "g", raw, short), Sent("b", "g", raw, same), Sent("c", "g", raw, same)]

    def test_rejected_prompts_are_in_time_and_energy(self) -> None:
        energy = EnergyAssumptions()
        found = costs_of(self.sent(), energy, Plan())
        assert (found.prompts, found.distilled, found.positive) == (3, 1, 1)
        assert (found.tokens_before, found.tokens_after) == (300, 280)
        assert found.saved_per_distilled == 20
        assert found.saved_per_prompt == pytest.approx(20 / 3)
        assert found.ms_p50 == 10
        assert found.edge_uwh_per_prompt == 30
        net = (20 * energy.cloud_uwh_per_token - 90) / 3
        assert found.net_uwh_per_prompt == pytest.approx(net)
        assert found.by_reason == {"nothing_to_remove": 2, "shortened": 1}

    def test_the_papers_estimate_stands_beside_the_real_figure(self) -> None:
        """60 words are 80 tokens to the paper, 30 are 40; the tokenizer said 20 fewer."""
        assert costs_of(self.sent(), EnergyAssumptions(), Plan()).estimated_per_distilled == 40
        assert estimated_tokens("") == 0

    def test_money_is_that_of_a_million_prompts(self) -> None:
        """20 of 3 x 1,000,000 / 3 tokens at 0.60 a million: 4.00."""
        price = Price(input_per_million="0.60")  # type: ignore[arg-type]
        found = costs_of(self.sent(), EnergyAssumptions(), Plan(), price)
        assert found.money_per_million_prompts == "4.0000"

    def test_break_even_by_hand(self) -> None:
        """30 uWh at 5 W are 21.6 core-ms; at 10 W 60 uWh have to be saved by 20 / 3 tokens."""
        energy = EnergyAssumptions(edge_power_per_core_w=5.0)
        found = break_even(costs_of(self.sent(), energy, Plan()), energy)
        assert found.core_seconds_per_prompt == pytest.approx(0.0216)
        assert dict(found.points)[10.0] == pytest.approx(9.0)

    def test_what_saves_no_token_never_pays(self) -> None:
        energy = EnergyAssumptions()
        found = break_even(costs_of(self.sent()[1:], energy, Plan()), energy)
        assert {value for _, value in found.points} == {None}


class TestReports:
    def report(self) -> Report:
        with LoopbackServer(says(adds)) as server:
            return study(sums(), model_at(server.base_url))

    def test_the_page_needs_nothing_but_itself(self) -> None:
        page = page_of(self.report())
        assert not re.search(r"<script|<link|src=|https?://|url\(", page)
        assert page.count("<svg") == page.count("<title>") - 1 == page.count('role="img"') >= 4

    def test_names_cannot_bring_markup_in(self) -> None:
        evil = "<script>alert(1)</script>|x"
        corpus = Corpus(evil, (Item(id="1", text="Name three rivers of Spain.", group=evil),))
        report = study(corpus)
        assert "<script>" not in page_of(report)
        assert "alert(1)" in page_of(report)
        assert "\\|x" in markdown_of(report)

    def test_every_figure_is_in_the_json(self) -> None:
        found = json.loads(json.dumps(self.report().to_json()))
        assert found["schema_version"] == 1
        assert found["quality"][0]["comparison"]["margin"] == 0.05
        assert found["costs"]["lexical"]["tokenizer"]
        assert found["asked"]["scripted"] == {"questions": 40, "failed": 0}

    def test_the_papers_figures_stand_beside_ours_with_their_definition(self) -> None:
        rows = {row.figure: row for row in study(courteous()).paper["lexical"]}
        saved = rows["tokens saved per distilled call"]
        assert saved.paper == "99.9 (estimated)"
        assert saved.estimated != "-"
        assert saved.ours != saved.estimated
        assert rows["share of prompts distilled"].ours == "14 of 15 (93.3 %)"
        assert rows["quality, points of 15"].ours == "not measured"
        assert all(row.definition for row in rows.values())

    def test_tasks_with_checks_are_not_in_the_papers_table(self) -> None:
        assert not self.report().paper

    def test_margins_are_settled_before(self) -> None:
        with pytest.raises(ConfigurationError, match="must be positive"):
            Rules(margins={"exact": 0.0})


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """The Reader's network in the place of MiniLM: a real encoder of the same make."""
    weights = ROOT / "spsd_core" / "reader" / "weights"
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / "model.onnx").symlink_to(weights / "reader.onnx")
    (folder / "tokenizer.json").symlink_to(weights / "tokenizer.json")
    return folder


class TestCosines:
    def test_only_the_first_600_characters_count(self, encoder: Path) -> None:
        similarity = Similarity(encoder)
        text = "The Ebro ends in the Mediterranean. " * 20
        assert similarity.cosine(text, text + "Or does it?") == pytest.approx(1.0)
        other = similarity.cosine(text, "Hello, and thank you so much!")
        assert other == pytest.approx(similarity.cosine("Hello, and thank you so much!", text))
        assert other < 0.999

    @pytest.mark.parametrize("text", ["", "\ud83d", "word " * 5_000])
    def test_any_answer_has_a_vector(self, encoder: Path, text: str) -> None:
        assert Similarity(encoder).cosine(text, text) == pytest.approx(1.0)

    def test_they_stand_beside_the_papers(self, encoder: Path) -> None:
        """Of the fourteen pairs whose prompt was shortened."""
        with LoopbackServer(says(lambda _: "It is 930 km long.")) as server, Cache() as cache:
            setup = StudySetup(
                corpora=(courteous(),),
                arms=build_arms(["lexical"]),
                answerers=(model_at(server.base_url),),
                similarity=Similarity(encoder),
            )
            report = report_of(run_study(setup, cache))
        rows = {row.figure: row.ours for row in report.paper["lexical"]}
        wanted = "mean 1.000, median 1.000, above 0.70: 100.0 % of 14"
        assert rows["cosine of the answers"] == wanted

    def test_a_folder_without_a_model_says_what_to_give(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"model\.onnx and tokenizer\.json"):
            Similarity(tmp_path)


class TestPlots:
    @pytest.mark.parametrize(
        "svg",
        [
            intervals([("a", 0.0, None, None)], 1.0, "t"),
            intervals([], 1.0, "t"),
            bars({}, "t"),
            bars({"a": 0}, "t"),
            histogram([], "t"),
            histogram([5], "t"),
            histogram([-3, 0, 400], "t"),
            break_even_lines({"a": [(1.0, None)]}, (5.0, 9.5), "t"),
            break_even_lines({"a": [(1.0, 2.0), (5.0, 10.0)]}, (5.0, 9.5), "t"),
        ],
    )
    def test_plots_of_little_or_nothing_are_still_plots(self, svg: str) -> None:
        from xml.etree import ElementTree

        drawn = ElementTree.fromstring(svg)
        assert drawn.attrib["aria-label"] == "t"
        assert "nan" not in svg


class TestCommand:
    def test_it_writes_what_was_asked_for(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus = tmp_path / "c.jsonl"
        corpus.write_text("\n".join(json.dumps({"text": i.text}) for i in courteous().items))
        files = [tmp_path / name for name in ("r.html", "r.md", "r.jsonl")]
        with LoopbackServer(says(echoes)) as server:
            given = ["--corpus", str(corpus), "--arms", "lexical", "--seeds", "2", "--limit", "3"]
            given += ["--answerer", f"scripted={server.base_url}", "--html", str(files[0])]
            code = spsd([*given, "--markdown", str(files[1]), "--records", str(files[2])])
            assert {request.body["seed"] for request in server.requests} == {0, 1}
        assert code == 0
        assert "2 of 3" in capsys.readouterr().out
        assert files[0].read_text().startswith("<!doctype html>")
        assert files[1].read_text().startswith("# SPSD evaluation")
        assert len(files[2].read_text().splitlines()) == 2 * 3 * 2

    def test_money_by_a_price_file(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        prices = tmp_path / "prices.yaml"
        prices.write_text("currency: EUR\nmodels: {m: {input_per_million: 0.5, source: a page}}")
        given = ["--limit", "3", "--arms", "lexical", "--prices", str(prices), "--price-model", "m"]
        assert spsd(given) == 0
        assert "(a page)" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--arms", "magic"], "no arm 'magic'"),
            (["--corpus", "nowhere.jsonl"], "cannot read nowhere.jsonl"),
            (["--tasks", "gsm8k"], "write FORMAT=FILE"),
            (["--answerer", "m"], "write MODEL=URL"),
            (["--answerer", "m=localhost"], "is no address"),
            (["--judge", "m=http://127.0.0.1:1/v1"], "name an answerer"),
            (["--margin", "points=0"], "must be positive"),
        ],
    )
    def test_wrong_options_say_what_to_do(self, options: list[str], message: str) -> None:
        with pytest.raises(ConfigurationError, match=message):
            spsd(["--limit", "1", *options])


class TestNames:
    def test_two_files_of_one_name_are_two_corpora(self) -> None:
        """Not one whose prompts take the place of the other's."""
        one = Corpus("x.jsonl", (Item(id="1", text="Name three rivers of Spain."),))
        other = Corpus("x.jsonl", (Item(id="1", text="Name two."),))
        with Cache() as cache:
            found = run_study(StudySetup(corpora=(one, other), arms=build_arms(["lexical"])), cache)
        first, second = found.sent["lexical"]
        assert first.id != second.id
        assert first.raw.tokens > second.raw.tokens

    @pytest.mark.parametrize("kind", ["answerers", "judges"])
    def test_two_models_of_one_name_would_share_their_answers(self, kind: str) -> None:
        two = (model_at("http://127.0.0.1:9"), model_at("http://127.0.0.1:10"))
        given = {"answerers": two[:1], kind: two}
        with pytest.raises(ConfigurationError, match="a name of its own"):
            StudySetup(corpora=(courteous(),), arms=build_arms([]), **given)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "option",
        [
            ["--margin", "point=0.1"],
            ["--margin", "points=inf"],
            ["--price-model", "small"],
            ["--html", "/no/such/folder/page.html"],
            ["--answerer", "m=http://127.0.0.1:9", "--retries", "-1"],
            ["--answerer", "m=http://127.0.0.1:9", "--timeout", "0"],
            ["--answerer", "m=http://127.0.0.1:9", "--temperature", "nan"],
        ],
    )
    def test_options_that_cannot_work_are_named(self, option: list[str]) -> None:
        name = option[-2].removeprefix("--")
        with pytest.raises(ConfigurationError, match=name):
            spsd([*option])


def test_what_an_estimate_counted_is_not_held_against_an_exact_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tokenizer that was installed between two runs makes new requests of all arms."""
    raw, lexical = build_arms(["lexical"])
    before = raw.version, lexical.version
    monkeypatch.setattr("spsd_core.tokens.lazy.LazyCounter.exact", False)
    assert raw.version != before[0]
    assert lexical.version != before[1]


class AllAlike:
    """A fake encoder, to which any two texts are alike."""

    version = "fake"

    def cosine(self, one: str, other: str) -> float:
        return 1.0


def test_only_prompts_like_the_papers_stand_beside_its_cosine() -> None:
    """Answers to tasks with a check are often the same few characters."""
    both = Corpus("both", (*courteous().items[1:3], *sums().items[:2]))
    with LoopbackServer(says(echoes)) as server, Cache() as cache:
        found = run_study(
            StudySetup(
                corpora=(both,),
                arms=build_arms(["lexical"]),
                answerers=(model_at(server.base_url),),
                similarity=AllAlike(),  # type: ignore[arg-type]
            ),
            cache,
        )
    assert len(found.cosines["lexical"]) == 4
    assert len(found.paper_cosines["lexical"]) == 2
    table = next(one for one in tables_of(report_of(found)) if "alike" in one.title)
    assert table.rows == (("lexical", "4", "1.000", "1.000", "100.0%"),)
