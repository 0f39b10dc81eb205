"""From answers and judgements to scores, every pair included.

A call that failed has the worst score. In a judged pair with one failed side, the other side gets
the mean points that its arm's judged pairs got. A pair that no judge could be read on counts as
the arm's failure: what was not shown to be as good is not taken to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from spsd_core.evaluation.answering import Answer
from spsd_core.evaluation.arms import Prepared
from spsd_core.evaluation.checks import check
from spsd_core.evaluation.corpora import Item
from spsd_core.evaluation.judging import BEST, WORST, Judgement, mean_scores
from spsd_core.evaluation.records import Record

__all__ = ["POINTS", "UNJUDGED", "Answered", "records_of", "worst_of"]

POINTS = "points"
"""The judges' figure, 3 to 15."""
UNJUDGED = "unjudged"
"""`error` of a record whose answer came, and no judge could be read on it."""

_Place = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, and what it answers."""

    item: Item
    arm: str
    model: str
    seed: int
    prepared: Prepared
    answer: Answer

    @property
    def place(self) -> tuple[str, str, int]:
        """What pairs it with another arm's answer."""
        return self.item.id, self.model, self.seed


def worst_of(metric: str) -> float:
    """The worst score of a figure's scale.

    >>> worst_of("points"), worst_of("exact")
    (3.0, 0.0)
    """
    return float(WORST) if metric == POINTS else 0.0


def records_of(
    answered: Sequence[Answered], judgements: Mapping[str, Sequence[Judgement]]
) -> Iterator[Record]:
    """A record of every answer."""
    raw = {one.place: one for one in answered if one.arm == "raw"}
    scores = _scores(judgements)
    middle = _middle(scores)
    for one in answered:
        points: tuple[float, float] | None = None
        if judgements and one.item.check == "none" and one.arm != "raw":
            place = (one.arm, *one.place)
            points = _points(one, raw[one.place], scores.get(place), middle.get(one.arm))
        unjudged = _is_unjudged(one, raw[one.place], scores) if points else False
        metrics = dict(_checked(one))
        unscored = not metrics and points is None
        if points:
            metrics[POINTS] = points[1]
        yield Record(
            id=one.item.id,
            arm=one.arm,
            model=one.model,
            seed=one.seed,
            group=one.item.group,
            metrics=metrics,
            baseline={POINTS: points[0]} if points else {},
            failed=one.answer.failed,
            raw_failed=bool(points) and raw[one.place].answer.failed,
            error=UNJUDGED if unjudged else one.answer.error,
            unscored=unscored,
            distilled=one.prepared.distilled,
            reason=one.prepared.reason,
        )


def _checked(one: Answered) -> Mapping[str, float]:
    """Figures of a check; those of a failed call are the worst there are."""
    found = check(one.item, one.answer.text)
    return dict.fromkeys(found, 0.0) if one.answer.failed else found


def _scores(
    judgements: Mapping[str, Sequence[Judgement]],
) -> dict[_Place, tuple[float, float]]:
    """Mean points of raw and arm over all judges that could be read, by arm and pair."""
    by_place: dict[_Place, list[Judgement]] = {}
    for found in judgements.values():
        for one in found:
            place = (one.case.arm, one.case.prompt, one.case.model, one.case.seed)
            by_place.setdefault(place, []).append(one)
    means = {place: mean_scores(group) for place, group in by_place.items()}
    return {place: mean for place, mean in means.items() if mean is not None}


def _middle(scores: Mapping[_Place, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Mean points of raw and arm in the judged pairs, by arm."""
    by_arm: dict[str, list[tuple[float, float]]] = {}
    for place, score in scores.items():
        by_arm.setdefault(place[0], []).append(score)
    return {
        arm: (sum(raw for raw, _ in rows) / len(rows), sum(own for _, own in rows) / len(rows))
        for arm, rows in by_arm.items()
    }


def _points(
    one: Answered,
    raw: Answered,
    score: tuple[float, float] | None,
    middle: tuple[float, float] | None,
) -> tuple[float, float]:
    """Points of the raw answer and of the arm's."""
    usual_raw, usual_arm = middle or (float(BEST), float(BEST))
    if one.answer.failed and raw.answer.failed:
        return float(WORST), float(WORST)
    if one.answer.failed:
        return usual_raw, float(WORST)
    if raw.answer.failed:
        return float(WORST), usual_arm
    if one.answer.text == raw.answer.text:
        return usual_raw, usual_raw
    return score or (usual_raw, float(WORST))


def _is_unjudged(
    one: Answered, raw: Answered, scores: Mapping[_Place, tuple[float, float]]
) -> bool:
    answered = not one.answer.failed and not raw.answer.failed
    differ = one.answer.text != raw.answer.text
    return answered and differ and (one.arm, *one.place) not in scores
