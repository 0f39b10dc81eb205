"""`spsd eval`: what distilling saves, and whether answers get worse."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spsd_core.cli.comparing import add_statistics, check_figures, print_table, rules_from
from spsd_core.cli.options import check_folder, name_and_value, positive
from spsd_core.exceptions import ConfigurationError
from spsd_core.settings import Settings

if TYPE_CHECKING:
    from spsd_core.evaluation.answering import Model
    from spsd_core.evaluation.corpora import Corpus
    from spsd_core.evaluation.report import Report
    from spsd_core.evaluation.study import OnStep

__all__ = ["add_parser", "run"]

_API_KEY = "SPSD_API_KEY"
_JUDGE_KEY = "SPSD_JUDGE_API_KEY"
_SHOWN_TABLES = ("Savings and costs", "Quality", "How alike the answers are", "Answers", "Judges")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `eval`."""
    help_line = "measure what distilling saves, and whether answers get worse"
    parser = subparsers.add_parser(
        "eval",
        help=help_line,
        description=f"{help_line}. Without --answerer nothing is sent anywhere: tokens, time and "
        f"energy only. Keys of servers are read from {_API_KEY} and {_JUDGE_KEY}.",
    )
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--corpus",
        action="append",
        default=[],
        metavar="FILE|builtin",
        help="prompts as JSON lines or CSV; may be repeated (default: builtin)",
    )
    what.add_argument("--column", help="field of the files that holds the text")
    what.add_argument(
        "--tasks",
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="tasks with checkable answers: gsm8k, mmlu, ifeval, hotpotqa, squad",
    )
    what.add_argument("--courtesy-seed", type=int, metavar="N", help="splice courtesy around tasks")
    what.add_argument("--limit", type=positive, metavar="N", help="prompts of each file at most")
    how = parser.add_argument_group("how")
    how.add_argument(
        "--arms",
        default="lexical,extract-light,extract-dense",
        metavar="NAMES",
        help="lexical, extract-light, extract-dense, rewrite, context; raw is always there "
        "(default: %(default)s)",
    )
    how.add_argument("--settings", metavar="FILE", help="settings of the arms as YAML or JSON")
    how.add_argument("--seeds", type=positive, default=1, metavar="N", help="answers a prompt")
    add_statistics(how)
    _add_models(parser.add_argument_group("who answers and who judges"))
    out = parser.add_argument_group("what comes out")
    out.add_argument("--cache", metavar="FILE", help="SQLite file; a run that ended is resumed")
    out.add_argument("--prices", metavar="FILE", help="price file, to say what is saved in money")
    out.add_argument("--price-model", metavar="NAME", help="whose price it is")
    out.add_argument("--json", action="store_true", help="print the whole report as JSON")
    out.add_argument("--markdown", metavar="FILE", type=Path)
    out.add_argument("--html", metavar="FILE", type=Path)
    out.add_argument("--records", metavar="FILE", type=Path, help="every score, for spsd compare")


def _add_models(group: argparse._ArgumentGroup) -> None:
    form = "MODEL=URL"
    group.add_argument("--answerer", action="append", default=[], metavar=form)
    group.add_argument("--judge", action="append", default=[], metavar=form)
    group.add_argument(
        "--minilm", metavar="FOLDER", help="model.onnx and tokenizer.json, for cosines of answers"
    )
    group.add_argument("--temperature", type=float, default=0.0, help="of answers; judges have 0")
    group.add_argument("--max-tokens", type=positive, default=512, metavar="N")
    group.add_argument("--timeout", type=float, default=120.0, metavar="S", help="of one attempt")
    group.add_argument("--retries", type=int, default=2, metavar="N")
    group.add_argument("--concurrency", type=positive, default=4, metavar="N")
    group.add_argument(
        "--retry-failed", action="store_true", help="ask again what failed in an earlier run"
    )


def run(args: argparse.Namespace) -> int:
    """Run an evaluation."""
    from spsd_core.evaluation.arms import build_arms
    from spsd_core.evaluation.cache import Cache
    from spsd_core.evaluation.records import write_records
    from spsd_core.evaluation.report import report_of
    from spsd_core.evaluation.scoring import POINTS
    from spsd_core.evaluation.similarity import Similarity
    from spsd_core.evaluation.study import StudySetup, run_study

    settings = Settings.from_file(args.settings) if args.settings else Settings()
    rules = rules_from(args)
    check_figures(rules, (POINTS, "exact", "f1", "instructions"))
    for option in ("html", "markdown", "records"):
        check_folder(f"--{option}", getattr(args, option))
    price = _price(args)
    arms = build_arms([name.strip() for name in args.arms.split(",") if name.strip()], settings)
    try:
        setup = StudySetup(
            corpora=tuple(_corpora(args)),
            arms=arms,
            answerers=_models(args, args.answerer, _API_KEY, args.temperature),
            judges=_models(args, args.judge, _JUDGE_KEY, 0.0),
            similarity=Similarity(args.minilm) if args.minilm else None,
            seeds=tuple(range(args.seeds)),
            retry_failed=args.retry_failed,
        )
        with Cache(args.cache) as cache, _Progress() as progress:
            study = run_study(setup, cache, progress.step)
    finally:
        for arm in arms:
            arm.close()
    report = report_of(study, rules=rules, energy=settings.energy, price=price)
    if args.records:
        write_records(args.records, study.records)
    _write(args, report)
    return 0


def _write(args: argparse.Namespace, report: Report) -> None:
    from spsd_core.evaluation.markdown import markdown_of
    from spsd_core.evaluation.page import page_of
    from spsd_core.evaluation.tables import tables_of

    if args.markdown:
        args.markdown.write_text(markdown_of(report), encoding="utf-8", errors="replace")
    if args.html:
        args.html.write_text(page_of(report), encoding="utf-8", errors="replace")
    if args.json:
        print(json.dumps(report.to_json(), indent=2))
        return
    for table in tables_of(report):
        if table.title in _SHOWN_TABLES:
            print_table(table)


def _corpora(args: argparse.Namespace) -> list[Corpus]:
    from spsd_core.evaluation.corpora import builtin_corpus, read_corpus
    from spsd_core.evaluation.tasks import read_tasks

    names = args.corpus or ([] if args.tasks else ["builtin"])
    found = []
    for name in names:
        if name == "builtin":
            corpus = builtin_corpus()
            found.append(type(corpus)(corpus.name, corpus.items[: args.limit]))
        else:
            found.append(read_corpus(name, column=args.column, limit=args.limit))
    for given in args.tasks:
        form, path = name_and_value(given, "--tasks", "FORMAT=FILE")
        found.append(read_tasks(form, path, courtesy_seed=args.courtesy_seed, limit=args.limit))
    return found


def _models(
    args: argparse.Namespace, given: Sequence[str], key: str, temperature: float
) -> tuple[Model, ...]:
    from spsd_core.evaluation.answering import Model

    models = []
    for one in given:
        name, url = name_and_value(one, "--answerer and --judge", "MODEL=URL")
        models.append(
            Model(
                name=name,
                base_url=url,
                api_key=os.environ.get(key) or os.environ.get(_API_KEY) or "none",
                temperature=temperature,
                max_tokens=args.max_tokens,
                timeout_s=args.timeout,
                retries=args.retries,
                concurrency=args.concurrency,
            )
        )
    return tuple(models)


def _price(args: argparse.Namespace) -> Any:
    if not args.prices:
        if args.price_model:
            raise ConfigurationError("--price-model needs the file it is in: give --prices FILE")
        return None
    from spsd_core.savings import PriceTable

    return PriceTable.from_file(args.prices).price_of(args.price_model)


class _Progress:
    """A bar on a terminal; nothing where standard error is none, or rich is not installed."""

    def __enter__(self) -> _Progress:
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        if sys.stderr is not None and sys.stderr.isatty():
            try:
                from rich.console import Console
                from rich.progress import Progress
            except ImportError:
                return self
            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def step(self) -> OnStep | None:
        """Who is told; None where nobody looks."""
        return None if self._bar is None else self._told

    def _told(self, what: str, done: int, count: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=count)
        self._bar.update(self._tasks[what], completed=done)
