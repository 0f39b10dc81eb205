"""What an audit found, in figures with intervals: the one thing every output is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from spsd_core.audit.bootstrap import Interval
from spsd_core.audit.figures import LENGTHS, SHARES, Figures
from spsd_core.audit.findings import Cut
from spsd_core.audit.options import AuditOptions
from spsd_core.audit.recommending import Recommendation, Trial, recommend
from spsd_core.audit.units import by_unit
from spsd_core.settings import Settings

__all__ = ["AuditReport", "Verdict", "build_report"]

Verdict = Literal["helps", "unclear", "will not help", "too few to tell", "nothing to judge"]
_GATED = ("safety_critical", "critical_conversation", "gate_failed")
_FEW = 30
"""Conversations below which there is no verdict: their interval is narrower than what is known."""


@dataclass(frozen=True)
class AuditReport:
    """Everything an audit says. `to_json` is documented in docs/audit.md."""

    figures: dict[str, Any]
    """Plain JSON types, without any word of a prompt."""
    largest_cuts: tuple[Cut, ...]
    riskiest_cuts: tuple[Cut, ...]

    def to_json(self, *, with_text: bool = True) -> dict[str, Any]:
        """As plain JSON types.

        Args:
            with_text: whether the cuts show what was cut out of what.
        """
        return {
            **self.figures,
            "largest_cuts": [cut.to_json(with_text=with_text) for cut in self.largest_cuts],
            "riskiest_cuts": [cut.to_json(with_text=with_text) for cut in self.riskiest_cuts],
        }


def build_report(
    figures: Figures,
    settings: Settings,
    options: AuditOptions,
    trials: Sequence[Trial],
    *,
    tokenizer: str,
) -> AuditReport:
    """Put the report together from what was added up."""
    share = figures.bootstrap.ratio({"saved_new": 1, "saved_again": 1}, "before")
    verdict, sentence = _verdict(share, figures, options.limit)
    advice = recommend(figures, settings, trials)
    saved = figures["saved_new"] + figures["saved_again"]
    gated = sum(figures.by_reason[reason] for reason in _GATED)
    plain = {
        "schema_version": 1,
        "verdict": verdict,
        "sentence": sentence,
        "notes": _notes(figures, tokenizer),
        "calls": figures["calls"],
        "conversations": figures["conversations"],
        "prompts": figures["prompts"],
        "distilled": figures["distilled"],
        "gated": gated,
        "skipped": figures["prompts"] - figures["distilled"] - gated,
        "by_reason": dict(sorted(figures.by_reason.items(), key=lambda row: (-row[1], row[0]))),
        "tokens_before": figures["before"],
        "tokens_after": figures["before"] - saved,
        "tokens_saved": saved,
        "tokens_saved_again": figures["saved_again"],
        "tokenizer": tokenizer,
        "saved_share": share.to_json(),
        "limit": options.limit,
        **by_unit(figures, settings, options),
        **_distributions(figures),
        "provider_usage": _usage(figures),
        "trials": [trial.to_json() for trial in trials],
        "recommended": _recommended(advice, verdict, trials, options.limit),
        "records": figures.records,
        "left_out": dict(figures.left_out),
        "broken_lines": {
            "count": figures.broken,
            "first": [{"line": line, "problem": text} for line, text in figures.broken_first],
        },
        "settings": {
            "level": settings.level,
            "engines": list(settings.engines),
            "fingerprint": settings.fingerprint(),
        },
        "method": _method(options),
    }
    return AuditReport(plain, figures.largest.cuts(), figures.riskiest.cuts())


def _distributions(figures: Figures) -> dict[str, Any]:
    return {
        "by_length": [
            {
                "words_from": words,
                "prompts": row[0],
                "tokens_before": row[1],
                "tokens_saved": row[2],
            }
            for words, row in zip(LENGTHS, figures.lengths)
        ],
        "saved_share_of_distilled": [
            {"from": place / SHARES, "to": (place + 1) / SHARES, "prompts": count}
            for place, count in enumerate(figures.shares)
        ],
    }


def _verdict(share: Interval, figures: Figures, limit: float) -> tuple[Verdict, str]:
    if share.value is None or not figures["prompts"]:
        return "nothing to judge", "There is no prompt in this log that could be judged."
    if share.low is None or share.high is None:
        low = high = share.value
    else:
        low, high = share.low, share.high
    saving = (
        f"{share.value:.2%} of the input tokens would be saved (95 % interval {low:.2%} to "
        f"{high:.2%}), and the limit is {limit:.2%}"
    )
    conversations = figures["conversations"]
    if conversations < _FEW:
        return "too few to tell", (
            f"Whether SPSD helps this traffic cannot be told from {conversations} conversation(s); "
            f"{_FEW} are needed: take a larger sample. Here {saving}."
        )
    if high < limit:
        return "will not help", f"SPSD will not help this traffic: {saving}."
    if low >= limit:
        return "helps", f"SPSD helps this traffic: {saving}."
    return "unclear", f"Whether SPSD helps this traffic is not clear: {saving}."


def _notes(figures: Figures, tokenizer: str) -> list[str]:
    notes = []
    if 0 < figures["conversations"] < _FEW:
        notes.append("The intervals are too narrow to be relied on, for want of conversations.")
    if "estimate" in tokenizer:
        notes.append(
            "Tokens are estimates, and drafts that save little are not sent; install the target's "
            "tokenizer, for example: pip install 'spsd[llama3]'."
        )
    if figures["modelled_before"]:
        notes.append(
            "The log names conversations, and some calls hold only their own turn. By "
            "conversation, people's earlier turns were added as sent again; answers are not in "
            "the log."
        )
    if figures.left_out:
        kinds = ", ".join(f"{kind} {count}" for kind, count in figures.left_out.most_common())
        notes.append(
            f"Left out because they are no calls of a model: {kinds}. --run-type counts a kind."
        )
    return notes


def _usage(figures: Figures) -> dict[str, Any] | None:
    """What providers counted themselves, beside our count of the same calls."""
    usage = figures.usage
    if not usage["calls"]:
        return None
    known = usage["tokens_where_cache_known"]
    return {
        "calls": usage["calls"],
        "input_tokens": usage["tokens"],
        "our_input_tokens": usage["our_tokens"],
        "cached_share": usage["cached_tokens"] / known if known else None,
    }


def _recommended(
    advice: Recommendation | None, verdict: Verdict, trials: Sequence[Trial], limit: float
) -> dict[str, Any] | None:
    """The advice; none where SPSD will not help, unless other settings reached the limit."""
    best = max((trial.saved_share for trial in trials), default=0.0)
    if advice is None or verdict == "nothing to judge":
        return None
    if verdict == "will not help" and best < limit:
        return None
    return advice.to_json()


def _method(options: AuditOptions) -> dict[str, Any]:
    return {
        "interval": "95 %, percentiles of a Poisson bootstrap by conversation",
        "replicates": options.replicates,
        "seed": options.seed,
        "sample": options.sample,
    }
