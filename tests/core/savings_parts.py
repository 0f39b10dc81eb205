"""What the tests of the savings meter share: texts, a quick distiller, a clock, and passages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from spsd_core import Call, Decision, Distillation, Distiller, Observer, Reason, Settings
from spsd_core.context.types import ContextDistillation, ContextRecord
from spsd_core.energy import EnergyAssumptions, energy_record
from spsd_core.savings import SavingsMeter

POLITE = "Hi! Could you please name three rivers in Spain? Thank you so much!"
ANOTHER = "Hello! Could you please name four lakes in Finland? Thanks a lot!"
PLAIN = "Name the seven highest mountains of the Alps."
SHORT = "Thanks!"
MEDICAL = "Hi! Could you please tell me the usual dose of ibuprofen for an adult? Thanks!"

PRICES = """\
currency: EUR
models:
  small:
    input_per_million: 2
    cached_input_per_million: 0.5
    date: 2026-11-02
    source: written for this test
  no-cache:
    input_per_million: 2
"""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)


def price_file(folder: Path, content: str = PRICES) -> Path:
    path = folder / "prices.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def quick(*observers: Observer) -> Distiller:
    """A distiller that needs no model."""
    return Distiller(Settings(engines=("lexical",)), observers=observers)


def say(distiller: Distiller, text: str, **metadata: Any) -> Distillation:
    return distiller.distill(text, call=Call(text, metadata=metadata))


def context_of(*passages: str, before: int = 100, after: int = 40) -> ContextDistillation:
    """The result of a context distiller, of given size."""
    decision = Decision.DISTILLED if after < before else Decision.PASSTHROUGH
    reason = Reason.SHORTENED if after < before else Reason.TOO_SHORT
    return ContextDistillation(
        passages=passages,
        decision=decision,
        reason=reason,
        tokens_before=before,
        tokens_after=after,
        tokenizer="llama3",
        record=ContextRecord(
            decision=decision,
            reason=reason,
            decided_by="budget",
            engine="sentences",
            budget="ratio",
            budget_value=0.4,
            tokenizer="llama3",
            tokenizer_exact=True,
            tokens_before=before,
            tokens_after=after,
            energy=energy_record(
                EnergyAssumptions(), tokens_saved=before - after, core_seconds=0.001
            ),
        ),
    )


SHARED = quick()

spoken_calls = st.lists(
    st.tuples(
        st.sampled_from([POLITE, ANOTHER, PLAIN, SHORT, MEDICAL]),
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["u", "v", "w"]),
        st.integers(-2, 3),
    ),
    max_size=25,
)


def metered(spoken: list[tuple[str, str, str, int]], clock: Clock, **settings: Any) -> SavingsMeter:
    """A meter that has heard some calls; their days are relative to the one before."""
    meter = SavingsMeter(clock=clock, **settings)
    distiller = quick(meter)
    distiller.memo, distiller.gate = SHARED.memo, SHARED.gate  # read the rules once
    distiller.counter = SHARED.counter
    for text, conversation, user, days in spoken:
        clock.pass_days(days)
        say(distiller, text, conversation_id=conversation, user=user)
    return meter
