"""Which settings fit a log: a sample of it under other settings, and a plain rule."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from spsd_core.audit.reading import Task
from spsd_core.audit.workers import Workers
from spsd_core.settings import Level, Settings

if TYPE_CHECKING:
    from spsd_core.audit.figures import Figures

__all__ = ["Recommendation", "Trial", "recommend", "try_settings"]

_TRIED: tuple[tuple[tuple[str, ...], Level], ...] = (
    (("lexical",), "light"),
    (("lexical",), "dense"),
    (("extract",), "light"),
    (("extract",), "dense"),
)
_DENSE_GAIN = 0.01
"""`dense` takes more away; it must save this share of the tokens more than `light`."""
_SHORT_PROMPTS_SHARE = 0.01
"""Prompts that together hold no more than this share of all savings are not worth reading."""
_MOST_MIN_WORDS = 40
_ENOUGH = 100
"""Distilled prompts below which nothing is said about `min_words`."""
_LONG_WORDS = 150
_LONG_SHARE = 0.5
_BATCH = 16


class Trial(NamedTuple):
    """Some settings on the sample."""

    engines: tuple[str, ...]
    level: Level
    prompts: int
    distilled: int
    tokens_before: int
    tokens_after: int
    ms: float
    """Median time of a prompt, milliseconds, on this machine as busy as it was."""

    @property
    def saved_share(self) -> float:
        """Share of the tokens of the sample's prompts that is saved."""
        return 1 - self.tokens_after / self.tokens_before if self.tokens_before else 0.0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {**self._asdict(), "engines": list(self.engines), "saved_share": self.saved_share}


class Recommendation(NamedTuple):
    """Settings, and the sentences that say why."""

    engines: tuple[str, ...]
    level: Level
    min_words: int
    why: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "engines": list(self.engines),
            "level": self.level,
            "admission": {"min_words": self.min_words},
            "why": list(self.why),
        }


def try_settings(workers: Workers, sample: Sequence[str]) -> tuple[Trial, ...]:
    """Distil a sample under each of the settings tried, all else as the workers have it."""
    under_way = []
    for engines, level in _TRIED:
        settings = workers.settings.model_copy(update={"engines": engines, "level": level})
        tasks: list[Task] = [("distil", text) for text in sample]
        batches = [
            workers.submit_under(settings, tasks[first : first + _BATCH])
            for first in range(0, len(tasks), _BATCH)
        ]
        under_way.append((engines, level, batches))
    return tuple(_trial(engines, level, batches) for engines, level, batches in under_way)


def _trial(engines: tuple[str, ...], level: Level, batches: Sequence[Any]) -> Trial:
    outcomes = [outcome for batch in batches for outcome in batch.outcomes()]
    return Trial(
        engines,
        level,
        len(outcomes),
        sum(outcome.reason == "shortened" for outcome in outcomes),
        sum(outcome.before for outcome in outcomes),
        sum(outcome.after for outcome in outcomes),
        round(statistics.median(outcome.ms for outcome in outcomes), 3),
    )


def recommend(
    figures: Figures, settings: Settings, trials: Sequence[Trial]
) -> Recommendation | None:
    """The settings that fit, by the rule each sentence states; None where nothing was tried.

    `extract`; `light`, unless `dense` saves a hundredth of the tokens more; `min_words` as high
    as the prompts below it hold no more than a hundredth of the savings.
    """
    tried = {(trial.engines, trial.level): trial for trial in trials}
    if not tried or not any(trial.tokens_before > trial.tokens_after for trial in trials):
        return None
    light, dense = tried[("extract",), "light"], tried[("extract",), "dense"]
    level: Level = "dense" if dense.saved_share - light.saved_share >= _DENSE_GAIN else "light"
    why = [
        f"level {level}: on the sample, dense saves {dense.saved_share:.1%} of the tokens and "
        f"light {light.saved_share:.1%}; dense is recommended from {_DENSE_GAIN:.0%} more on."
    ]
    extract, lexical = tried[("extract",), level], tried[("lexical",), level]
    why.append(
        f"engine extract: at this level it saves {extract.saved_share:.1%} ({extract.ms:.1f} ms a "
        f"prompt here), lexical {lexical.saved_share:.1%} ({lexical.ms:.1f} ms). lexical is never "
        "recommended, because the gate then does without the Reader; it is yours to choose where "
        "nothing critical can be in the traffic."
    )
    min_words, sentence = _min_words(figures, settings)
    why.append(sentence)
    why += _rewriting(figures)
    return Recommendation(("extract",), level, min_words, tuple(why))


def _min_words(figures: Figures, settings: Settings) -> tuple[int, str]:
    from spsd_core.audit.figures import LENGTHS

    given = settings.admission.min_words
    saved = sum(row[2] for row in figures.lengths)
    distilled = figures["distilled"]
    if distilled < _ENOUGH:
        return given, (
            f"min_words {given}: as it was; {distilled} distilled prompts are too few to say more."
        )
    chosen, below = given, 0
    for place, words in enumerate(LENGTHS):
        if words > _MOST_MIN_WORDS or below > _SHORT_PROMPTS_SHARE * saved:
            break
        chosen = max(chosen, words)
        below += figures.lengths[place][2]
    return chosen, (
        f"min_words {chosen}: prompts with fewer words hold at most {_SHORT_PROMPTS_SHARE:.0%} of "
        "what is saved, and need not be read."
    )


def _rewriting(figures: Figures) -> list[str]:
    from spsd_core.audit.figures import LENGTHS

    tokens = sum(row[1] for row in figures.lengths)
    long = sum(row[1] for words, row in zip(LENGTHS, figures.lengths) if words >= _LONG_WORDS)
    if not tokens or long / tokens < _LONG_SHARE:
        return []
    return [
        f"{long / tokens:.0%} of the prompts' tokens are in prompts of {_LONG_WORDS} words or "
        "more: the engine rewrite, which was not tried here, may be worth a trial."
    ]
