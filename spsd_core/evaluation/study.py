"""A study on its way: prepare, ask, judge, score.

Each step keeps what it learns in the cache before it goes on, so the whole can be killed at any
time and run again. The second run gives the same study.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from spsd_core.evaluation.answering import Answer, Model, Question, ask_all
from spsd_core.evaluation.arms import Arm, Prepared, prepare
from spsd_core.evaluation.cache import Cache, content_key
from spsd_core.evaluation.corpora import Corpus, Item
from spsd_core.evaluation.costs import Sent
from spsd_core.evaluation.judging import Case, Judgement, judge_all
from spsd_core.evaluation.records import Record
from spsd_core.evaluation.scoring import Answered, records_of
from spsd_core.evaluation.similarity import Similarity
from spsd_core.exceptions import ConfigurationError

__all__ = ["OnStep", "Study", "StudySetup", "run_study"]

OnStep = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how many there are."""


@dataclass(frozen=True, kw_only=True)
class StudySetup:
    """What is to be found out, and by whom."""

    corpora: tuple[Corpus, ...]
    arms: tuple[Arm, ...]
    """The raw arm first; see `build_arms`."""
    answerers: tuple[Model, ...] = ()
    """None: tokens, time and energy only, without a network."""
    judges: tuple[Model, ...] = ()
    similarity: Similarity | None = None
    """Takes the cosine of answers; None: not measured."""
    seeds: tuple[int, ...] = (0,)
    """Each prompt is answered once a seed."""
    retry_failed: bool = False
    """Ask those again that failed in an earlier run."""

    def __post_init__(self) -> None:
        if self.judges and not self.answerers:
            raise ConfigurationError("judges need answers to judge: name an answerer")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise ConfigurationError(f"seeds are {self.seeds}; give one or more different ones")
        for kind, models in (("answerers", self.answerers), ("judges", self.judges)):
            names = [model.name for model in models]
            if len(set(names)) != len(names):  # answers are kept by name, not by address
                raise ConfigurationError(
                    f"two {kind} have one name ({', '.join(names)}): give each a name of its own"
                )


@dataclass(frozen=True)
class Study:
    """Everything that was learnt, from which the report is made."""

    setup: StudySetup
    items: tuple[Item, ...]
    sent: dict[str, tuple[Sent, ...]]
    """By arm, for every item that it applies to."""
    records: tuple[Record, ...] = ()
    """Of every answer, the raw arm's included."""
    judgements: dict[str, tuple[Judgement, ...]] = field(default_factory=dict)
    """By judge."""
    cosines: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """By arm, of each pair of answers to a shortened prompt and its raw one, where both came."""
    paper_cosines: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """Of `cosines`, those of prompts without a check: the ones like the paper's."""
    asked: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By model: distinct questions, and how many of them failed."""


def run_study(setup: StudySetup, cache: Cache, on_step: OnStep | None = None) -> Study:
    """Do everything that is not in the cache yet.

    Raises:
        ServerUnreachable: a model's server cannot be reached.
    """
    items = _items(setup.corpora)
    prepared = _prepare(setup, items, cache, on_step)
    answered, asked = _ask(setup, items, prepared, cache, on_step)
    judgements = _judge(setup, answered, cache, on_step)
    return Study(
        setup=setup,
        items=items,
        sent=_sent(setup.arms, items, prepared),
        records=tuple(records_of(answered, judgements)),
        judgements=judgements,
        cosines=_cosines(setup.similarity, answered, cache, on_step),
        paper_cosines=_cosines(
            setup.similarity, [one for one in answered if one.item.check == "none"], cache, None
        ),
        asked=asked,
    )


_ByArm = dict[tuple[str, str], Prepared]
"""What is sent, by arm and item."""


def _items(corpora: Sequence[Corpus]) -> tuple[Item, ...]:
    """All items; where there are several corpora, ids begin with their corpus."""
    if len(corpora) == 1:
        return corpora[0].items
    seen: Counter[str] = Counter()
    items: list[Item] = []
    for corpus in corpora:
        seen[corpus.name] += 1  # two files in two folders may have one name
        again = f" ({seen[corpus.name]})" if seen[corpus.name] > 1 else ""
        items += [replace(item, id=f"{corpus.name}{again}/{item.id}") for item in corpus.items]
    return tuple(items)


def _prepare(
    setup: StudySetup, items: Sequence[Item], cache: Cache, on_step: OnStep | None
) -> _ByArm:
    todo = [(arm, item) for arm in setup.arms for item in items if arm.applies(item)]
    found: _ByArm = {}
    for number, (arm, item) in enumerate(todo, start=1):
        found[arm.name, item.id] = prepare(arm, item, cache)
        if on_step:
            on_step("preparing requests", number, len(todo))
    return found


def _sent(
    arms: Sequence[Arm], items: Sequence[Item], prepared: _ByArm
) -> dict[str, tuple[Sent, ...]]:
    return {
        arm.name: tuple(
            Sent(item.id, item.group, prepared["raw", item.id], prepared[arm.name, item.id])
            for item in items
            if (arm.name, item.id) in prepared
        )
        for arm in arms
    }


def _ask(
    setup: StudySetup,
    items: Sequence[Item],
    prepared: _ByArm,
    cache: Cache,
    on_step: OnStep | None,
) -> tuple[list[Answered], dict[str, tuple[int, int]]]:
    by_id = {item.id: item for item in items}
    answered: list[Answered] = []
    asked: dict[str, tuple[int, int]] = {}
    for model in setup.answerers:
        questions = {
            (arm, name, seed): Question(one.messages, seed)
            for (arm, name), one in prepared.items()
            for seed in setup.seeds
        }
        count = len(set(questions.values()))
        tell = _counter(on_step, f"asking {model.name}", count)
        answers = ask_all(
            model, questions.values(), cache, retry_failed=setup.retry_failed, on_answer=tell
        )
        asked[model.name] = (count, sum(answer.failed for answer in answers.values()))
        answered += [
            Answered(by_id[name], arm, model.name, seed, prepared[arm, name], answers[question])
            for (arm, name, seed), question in questions.items()
        ]
    return answered, asked


def _judge(
    setup: StudySetup, answered: Sequence[Answered], cache: Cache, on_step: OnStep | None
) -> dict[str, tuple[Judgement, ...]]:
    cases = _cases(answered)
    return {
        judge.name: tuple(
            judge_all(
                judge,
                cases,
                cache,
                retry_failed=setup.retry_failed,
                on_answer=_counter(on_step, f"judging by {judge.name}", 2 * len(cases)),
            )
        )
        for judge in setup.judges
    }


def _cases(answered: Sequence[Answered]) -> list[Case]:
    """The pairs a judge is needed for: two answers that differ, to a prompt without a check."""
    raw: dict[tuple[str, str, int], Answer] = {
        one.place: one.answer for one in answered if one.arm == "raw"
    }
    return [
        Case(
            one.item.id,
            one.arm,
            one.seed,
            one.model,
            "\n\n".join([*one.item.passages, one.item.text]),
            raw[one.place].text,
            one.answer.text,
        )
        for one in answered
        if one.item.check == "none"
        and one.arm != "raw"
        and not one.answer.failed
        and not raw[one.place].failed
        and one.answer.text != raw[one.place].text
    ]


def _cosines(
    similarity: Similarity | None,
    answered: Sequence[Answered],
    cache: Cache,
    on_step: OnStep | None,
) -> dict[str, tuple[float, ...]]:
    if similarity is None:
        return {}
    raw = {one.place: one.answer for one in answered if one.arm == "raw"}
    pairs = [
        (one.arm, raw[one.place].text, one.answer.text)
        for one in answered
        if one.prepared.distilled and not one.answer.failed and not raw[one.place].failed
    ]
    version = similarity.version
    tell = _counter(on_step, "comparing answers", len(pairs))
    found: dict[str, list[float]] = {}
    for arm, ours, theirs in pairs:
        key = content_key("cosine", version=version, one=ours, other=theirs)
        cosine = cache.get(key)
        if cosine is None:
            cosine = similarity.cosine(ours, theirs)
            cache.put(key, cosine)
        found.setdefault(arm, []).append(cosine)
        if tell:
            tell()
    return {arm: tuple(values) for arm, values in found.items()}


def _counter(on_step: OnStep | None, what: str, count: int) -> Callable[[], None] | None:
    if on_step is None:
        return None
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        on_step(what, done, count)

    return tell
