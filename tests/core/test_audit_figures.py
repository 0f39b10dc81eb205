"""The figures of an audit, held against what was worked out by hand or by another method."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audit_parts import ANOTHER, LEXICAL, MEDICAL, PLAIN, POLITE, SHORT, audited, write_log
from savings_parts import PRICES

from spsd_core import Distiller, Settings
from spsd_core.audit import run as audit_run
from spsd_core.audit.bootstrap import PoissonBootstrap
from spsd_core.audit.page import page
from spsd_core.exceptions import ConfigurationError

DISTILLER = Distiller(LEXICAL)


def saved(text: str) -> int:
    return DISTILLER.distill(text).tokens_saved


def test_prompts_are_distilled_gated_or_skipped(tmp_path: Path) -> None:
    """The three add up to all, and so do the reasons."""
    texts = (POLITE, MEDICAL, SHORT, PLAIN, POLITE)
    log = write_log(tmp_path / "log.jsonl", *({"text": text} for text in texts))
    report = audited(log).figures
    assert (report["distilled"], report["gated"], report["skipped"]) == (2, 1, 2)
    assert report["by_reason"] == {
        "shortened": 2,
        "nothing_to_remove": 1,
        "safety_critical": 1,
        "too_short": 1,
    }
    results = [DISTILLER.distill(text) for text in texts]
    assert report["tokens_before"] == sum(one.tokens_before for one in results)
    assert report["tokens_after"] == sum(one.tokens_after for one in results)
    assert report["per_call"]["tokens_saved"]["value"] == pytest.approx(2 * saved(POLITE) / 5)


def test_money_is_new_tokens_at_full_and_repeated_ones_at_cached_price(tmp_path: Path) -> None:
    """Worked out by hand: 2 and 0.50 a million tokens."""
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICES)
    messages = [
        {"role": "user", "content": POLITE},
        {"role": "assistant", "content": "Ebro."},
        {"role": "user", "content": ANOTHER},
    ]
    log = write_log(tmp_path / "log.jsonl", {"messages": messages})
    first, last = saved(POLITE), saved(ANOTHER)
    money = audited(log, prices=prices, model="small").figures["money"]
    assert float(money["saved"]) == pytest.approx((2 * last + 0.5 * first) / 1e6)
    assert (money["currency"], money["example_price"]) == ("EUR", False)
    bare = audited(log, prices=prices, model="small", assume_prompt_cache=False).figures
    assert float(bare["money"]["saved"]) == pytest.approx(2 * (last + first) / 1e6)
    assert bare["per_call"]["money_saved"]["value"] == pytest.approx(2 * (last + first) / 1e6)
    assert audited(log).figures["money"]["example_price"] is True
    with pytest.raises(ConfigurationError, match="say with --model which model"):
        audited(log, prices=prices)


def test_a_month_is_as_many_calls_as_the_times_make_likely(tmp_path: Path) -> None:
    """Eleven calls, one a day, are 11 / 10 a day; without times the number must be given."""
    log = write_log(
        tmp_path / "log.jsonl",
        *({"text": POLITE, "timestamp": f"2026-11-{day:02}T12:00:00Z"} for day in range(1, 12)),
    )
    month = audited(log).figures["per_month"]
    assert month["calls"] == pytest.approx(11 / 10 * 365.25 / 12)
    assert month["tokens_saved"]["value"] == pytest.approx(month["calls"] * saved(POLITE))
    assert "2026-11-01 to 2026-11-11" in month["calls_from"]
    bare = write_log(tmp_path / "bare.jsonl", {"text": POLITE})
    assert audited(bare).figures["per_month"]["calls"] is None
    given = audited(bare, calls_per_month=1e6).figures["per_month"]
    assert given["tokens_saved"]["value"] == pytest.approx(1e6 * saved(POLITE))


def test_the_provider_s_own_counts_stand_beside_ours(tmp_path: Path) -> None:
    """So that a wrong tokenizer, or a prompt cache that does not hold, is seen."""
    row = {
        "request": {"messages": [{"role": "user", "content": POLITE}]},
        "response": {
            "usage": {"prompt_tokens": 26, "prompt_tokens_details": {"cached_tokens": 13}}
        },
    }
    usage = audited(write_log(tmp_path / "log.jsonl", row)).figures["provider_usage"]
    assert usage["calls"] == 1
    assert usage["input_tokens"] == 26
    assert usage["our_input_tokens"] == DISTILLER.distill(POLITE).tokens_before
    assert usage["cached_share"] == 0.5


def test_fewer_than_thirty_conversations_give_figures_and_no_verdict(tmp_path: Path) -> None:
    """However much they agree: thirty do, and the same ones less one do not."""
    rows = [{"text": f"{POLITE} {n}"} for n in range(30)]
    few = audited(write_log(tmp_path / "few.jsonl", *rows[1:]))
    assert few.figures["verdict"] == "too few to tell"
    assert "cannot be told from 29 conversation(s); 30 are needed" in few.figures["sentence"]
    assert few.figures["saved_share"]["low"] > 0.1
    assert "cannot be told from 29" in page(few)
    enough = audited(write_log(tmp_path / "log.jsonl", *rows))
    assert enough.figures["verdict"] == "helps"
    assert "cannot be told" not in page(enough)


def test_the_sentence_follows_from_the_interval_and_the_limit(tmp_path: Path) -> None:
    """Below the limit, above it, or on both sides of it."""
    plain = write_log(tmp_path / "plain.jsonl", *({"text": f"{PLAIN} {n}"} for n in range(40)))
    polite = write_log(tmp_path / "polite.jsonl", *({"text": f"{POLITE} {n}"} for n in range(40)))
    mixed = [{"text": f"{POLITE if n == 7 else PLAIN} {n}"} for n in range(40)]
    none = audited(plain, sample=5).figures
    assert none["verdict"] == "will not help"
    assert none["sentence"].startswith("SPSD will not help this traffic: 0.00% of the input")
    assert none["recommended"] is None
    assert audited(polite).figures["verdict"] == "helps"
    assert audited(polite, limit=0.9).figures["verdict"] == "will not help"
    log = write_log(tmp_path / "mixed.jsonl", *mixed)
    assert audited(log).figures["verdict"] == "unclear"
    (tmp_path / "empty.jsonl").touch()
    assert audited(tmp_path / "empty.jsonl").figures["verdict"] == "nothing to judge"


def test_settings_are_recommended_by_the_rule_they_are_given_with(tmp_path: Path) -> None:
    """All savings are in prompts of 12 words and more, so shorter ones need not be read."""
    rows = [{"text": f"{PLAIN} {n}"} for n in range(30)]
    rows += [{"text": f"{POLITE} And number {n}?"} for n in range(120)]
    report = audited(write_log(tmp_path / "log.jsonl", *rows), sample=12).figures
    advice = report["recommended"]
    assert advice["engines"] == ["extract"]
    assert advice["admission"] == {"min_words": 15}
    assert [trial["prompts"] for trial in report["trials"]] == [12] * 4
    assert Settings.model_validate({key: advice[key] for key in ("engines", "level", "admission")})


def test_riskiest_are_those_that_came_nearest_to_being_refused(tmp_path: Path) -> None:
    """A cut beside a negation or a number comes before the same cut beside nothing."""
    beside = "Could you please not use more than 3 colours in the poster for me? Thanks a lot!"
    log = write_log(tmp_path / "log.jsonl", {"text": POLITE}, {"text": beside}, {"text": POLITE})
    report = audited(log, Settings())
    assert [cut.line for cut in report.riskiest_cuts] == [2, 1]
    first = report.riskiest_cuts[0]
    assert "negation" in first.beside
    assert first.doubt is not None
    assert first.gate is not None
    assert first.risk == pytest.approx(max(first.doubt, first.gate) + 0.25, abs=1e-3)
    original = "".join(text for kind, text in first.pieces if kind in ("kept", "cut"))
    assert original == beside


def test_largest_are_a_bounded_number_and_each_text_once(tmp_path: Path) -> None:
    """The largest saving first."""
    rows = [{"text": f"{POLITE} {ANOTHER * (n % 3)}"} for n in range(9)]
    cuts = audited(write_log(tmp_path / "log.jsonl", *rows), findings=2).largest_cuts
    assert [cut.line for cut in cuts] == [3, 2]


def bootstrapped(clusters: np.ndarray, above: np.ndarray, below: np.ndarray) -> PoissonBootstrap:
    bootstrap = PoissonBootstrap(("above", "below"), 2000, seed=3)
    for cluster, one, two in zip(clusters, above, below):
        bootstrap.add(b"%d" % cluster, (int(one), int(two)))
    return bootstrap


def test_intervals_are_those_of_the_textbook() -> None:
    """A mean of 400 independent values: 1.96 standard errors to each side."""
    values = np.random.default_rng(1).integers(0, 100, 400)
    found = bootstrapped(np.arange(400), values, np.ones(400)).ratio({"above": 1}, "below")
    error = 1.96 * values.std(ddof=1) / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - error, abs=0.15 * error)
    assert found.high == pytest.approx(values.mean() + error, abs=0.15 * error)


def test_intervals_of_a_ratio_are_those_of_the_ordinary_bootstrap_by_cluster() -> None:
    """Resampling 120 conversations with replacement, by numpy, gives the same ends."""
    chance = np.random.default_rng(2)
    sizes = chance.integers(1, 9, 120)
    clusters = np.repeat(np.arange(120), sizes)
    rate = np.repeat(chance.uniform(0, 0.4, 120), sizes)
    below = chance.integers(50, 500, len(clusters))
    above = (below * rate).astype(int)
    found = bootstrapped(clusters, above, below).ratio({"above": 1}, "below")
    tops, bottoms = (np.bincount(clusters, weights=one) for one in (above, below))
    drawn = chance.integers(0, 120, (4000, 120))
    low, high = np.percentile(tops[drawn].sum(1) / bottoms[drawn].sum(1), [2.5, 97.5])
    assert found.low == pytest.approx(low, abs=0.1 * (high - low))
    assert found.high == pytest.approx(high, abs=0.1 * (high - low))
    alone = bootstrapped(np.arange(len(clusters)), above, below).ratio({"above": 1}, "below")
    assert alone.high is not None
    assert alone.low is not None
    assert alone.high - alone.low < high - low  # calls of one conversation are alike


def test_the_interval_covers_the_truth_nineteen_times_in_twenty() -> None:
    """Three hundred logs of 60 calls whose true mean is known."""
    chance = np.random.default_rng(4)
    hits = 0
    for log in range(300):
        bootstrap = PoissonBootstrap(("saved", "calls"), 200, seed=log)
        for call, value in enumerate(chance.poisson(10, 60)):
            bootstrap.add(b"%d" % call, (int(value), 1))
        found = bootstrap.ratio({"saved": 1}, "calls")
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 10 <= found.high
    assert 0.90 <= hits / 300 <= 0.98


@pytest.mark.parametrize("mode", ["shadow", "split"])
def test_a_mode_that_sends_the_original_is_not_what_is_audited(mode: str, tmp_path: Path) -> None:
    """A team that runs in shadow mode asks what it would save."""
    log = write_log(tmp_path / "log.jsonl", {"text": POLITE})
    found = audited(log, Settings.model_validate({"engines": ["lexical"], "mode": mode})).figures
    assert found["distilled"] == 1


def test_a_chunk_is_no_larger_where_every_text_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same long text in each record brings no new work, and fills memory all the same."""
    sizes: list[int] = []
    add = audit_run._Audit._add

    def adding(self: audit_run._Audit, chunk: audit_run._Chunk, progress: None) -> None:
        sizes.append(len(chunk.reads))
        add(self, chunk, progress)

    monkeypatch.setattr(audit_run, "_CHUNK_BYTES", 1000)
    monkeypatch.setattr(audit_run._Audit, "_add", adding)
    log = write_log(tmp_path / "log.jsonl", *({"text": POLITE} for _ in range(100)))
    assert audited(log).figures["prompts"] == 100
    assert max(sizes) < 20


def test_turns_that_are_added_save_energy_where_nothing_is_cached(tmp_path: Path) -> None:
    """As many tokens as a conversation saves by them, at what a token costs in the cloud."""
    rows = ({"text": f"{POLITE} {n}", "session_id": "c"} for n in range(3))
    found = audited(write_log(tmp_path / "log.jsonl", *rows), assume_prompt_cache=False).figures
    one = found["per_conversation"]
    added = one["tokens_saved"]["value"] - found["tokens_saved"]
    assert added > 0
    token = LEXICAL.energy.cloud_uwh_per_token / 1e6
    expected = found["energy"]["net_wh"] + added * token
    assert one["energy_net_wh"]["value"] == pytest.approx(expected)
