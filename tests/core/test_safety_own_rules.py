"""Rules, domains and allow-lists that users add, from their file to what a distiller does."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from pydantic import ValidationError

from spsd_core import Call, Distiller, Observer, Overrides, Settings
from spsd_core.distillation import Reason
from spsd_core.exceptions import ConfigurationError
from spsd_core.safety import SafetyGate, check_rules
from spsd_core.settings import SafetySettings

SECRETS = """
domain: trade_secrets
words:
  project: orchid, lily
rules:
  - id: trade_secrets.project
    reason: The text names a project that has not been announced.
    severity: caution
    patterns: [project <project>]
    must_catch: [Who leads Project Orchid?, When does project lily ship?]
    must_not_catch: [The orchid needs water., My project is late.]
"""
ALLOW = """
allow:
  - reason: The Widowmaker is the chain saw we sell.
    rules: [harmful, abuse, crisis, emergency]
    patterns: [kill ?switch(es)?, kill the <machine>]
    must_catch: [How do I kill my neighbour with the kill switch?, I want to kill myself.]
    must_not_catch:
      - How can I kill the widowmaker?
      - I want to kill the saw.
words:
  machine: widow ?maker, saw
"""
KILLING = """
domain: harmful
rules:
  - id: harmful.any_killing
    reason: Nothing may be killed in this house.
    severity: critical
    patterns: [kill(s|ed|ing)?]
    must_catch: [Kill it., He kills time.]
    must_not_catch: [It is a skill., The kiln is hot.]
"""
LEAK = "Hi! Could you please tell me who is the lead of Project Orchid? Thanks a lot!"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.yaml"
    path.write_text(SECRETS, encoding="utf-8")
    return path


@pytest.fixture
def allow(tmp_path: Path) -> tuple[Path, Path]:
    """A strict rule, and a file that allows some of what it forbids."""
    strict, lenient = tmp_path / "strict.yaml", tmp_path / "lenient.yaml"
    strict.write_text(KILLING, encoding="utf-8")
    lenient.write_text(ALLOW, encoding="utf-8")
    return strict, lenient


def gate(*paths: Path) -> SafetyGate:
    return SafetyGate(SafetySettings(rule_files=paths))


def test_a_domain_of_ones_own_passes_a_prompt_through(secrets: Path) -> None:
    """Without the file the same prompt is distilled."""
    assert Distiller().distill(LEAK).distilled
    result = Distiller(Settings(safety=SafetySettings(rule_files=(secrets,)))).distill(LEAK)
    assert (result.text, result.reason) == (LEAK, Reason.SAFETY_CRITICAL)
    assert result.record.decided_by == "trade_secrets.project"
    hit = next(hit for hit in result.record.rules if hit.domain == "trade_secrets")
    assert LEAK[hit.start : hit.end] == "Project Orchid"
    assert hit.severity == "caution"


def test_a_domain_of_ones_own_can_be_opened_and_closed_again(secrets: Path) -> None:
    class Careful(Observer):
        def spsd_policy(self, call: Call) -> Overrides:
            return Overrides(close_domains=frozenset({"trade_secrets"}))

    safety = SafetySettings(rule_files=(secrets,), open_domains=frozenset({"trade_secrets"}))
    distiller = Distiller(Settings(safety=safety))
    assert distiller.distill(LEAK).distilled
    assert distiller.distill(LEAK, observers=[Careful()]).reason is Reason.SAFETY_CRITICAL


def test_an_unknown_domain_is_refused_when_the_settings_are_built(secrets: Path) -> None:
    with pytest.raises(ValidationError, match=r"safety\.open_domains.*'trade_secrets'.*medical"):
        SafetySettings(open_domains=frozenset({"trade_secrets"}))
    safety = SafetySettings(rule_files=(secrets,), open_domains=frozenset({"trade_secret"}))
    with pytest.raises(ConfigurationError, match=r"no domain 'trade_secret'.*trade_secrets"):
        Distiller(Settings(safety=safety))


@pytest.mark.parametrize("field", ["open_domains", "close_domains"])
def test_a_policy_that_names_an_unknown_domain_is_met_with_care(field: str) -> None:
    """A typing error in `close_domains` must not leave a domain open in silence."""

    class Mistyped(Observer):
        def spsd_policy(self, call: Call) -> Overrides:
            return Overrides.model_validate({field: ["finacial"]})

    result = Distiller(observers=[Mistyped()]).distill(LEAK)
    assert (result.text, result.reason) == (LEAK, Reason.POLICY_FAILED)


def test_shipped_rules_hold_beside_ones_own(secrets: Path) -> None:
    sick = "My little son has had a fever of 40 degrees since last night."
    assert {hit.rule for hit in SafetyGate(SafetySettings()).hits(sick)} == {
        hit.rule for hit in gate(secrets).hits(sick)
    }


def test_an_allowance_voids_the_evidence_it_touches_and_no_other(allow: tuple[Path, Path]) -> None:
    strict, lenient = allow
    assert gate(strict).hits("I want to kill the saw.")
    both = gate(strict, lenient)
    assert not both.hits("I want to kill the saw.")
    assert both.hits("I want to kill the saw. And then I want to kill Bob.")
    assert [hit.start for hit in both.hits("kill the saw, kill time")] == [14]


def test_an_allowance_concerns_only_the_rules_it_names(tmp_path: Path) -> None:
    text = ALLOW.replace("[harmful, abuse, crisis, emergency]", "[harmful.any_killing]")
    strict, lenient = tmp_path / "strict.yaml", tmp_path / "lenient.yaml"
    strict.write_text(KILLING + KILLING.partition("rules:\n")[2].replace("any_k", "other_k"))
    lenient.write_text(text)
    problems = check_rules([strict, lenient])
    assert {problem.rule for problem in problems} == {"allow 1"}
    assert "harmful.other_killing still catches" in problems[0].message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rules: [harmful,", "rules: [harmfull,", "no rule or domain 'harmfull'"),
        ("kill the <machine>", "kill", "no rule catches 'How do I kill my"),
        ("I want to kill the saw.", "The saw is sharp.", "no rule catches 'The saw is sharp.' in"),
        ("I want to kill the saw.", "Kill me and the saw.", "still catches 'Kill me and the"),
        (", I want to kill myself.", "", "two texts that are still gated"),
        ("kill the <machine>", "kill the <tool>", "no word list <tool>"),
        ("kill the <machine>", "Kill the <machine>", "not in folded form"),
        ("kill the <machine>", "'kill (the'", "not a valid pattern"),
        ("reason: The", "reasons: The", "not a valid rule file"),
    ],
)
def test_a_mistake_in_an_allowance_is_named(
    allow: tuple[Path, Path], old: str, new: str, message: str
) -> None:
    strict, lenient = allow
    assert check_rules([strict, lenient]) == []
    assert old in ALLOW
    lenient.write_text(ALLOW.replace(old, new), encoding="utf-8")
    problems = check_rules([strict, lenient])
    assert any(message in problem.message for problem in problems), problems


def test_rules_that_fail_their_own_examples_stop_the_distiller_from_being_built(
    secrets: Path,
) -> None:
    secrets.write_text(SECRETS.replace("The orchid needs water.", "project orchid is due"))
    with pytest.raises(ConfigurationError) as caught:
        Distiller(Settings(safety=SafetySettings(rule_files=(secrets,))))
    message = str(caught.value)
    assert "safety.rule_files" in message
    assert "secrets.yaml: trade_secrets.project: catches 'project orchid is due'" in message
    assert "spsd gate check" in message


def test_a_missing_rule_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.yaml"):
        gate(tmp_path / "absent.yaml")


def test_an_id_of_a_shipped_rule_cannot_be_used_again(tmp_path: Path) -> None:
    shipped = SafetyGate(SafetySettings()).hits("I want to kill myself")[0].rule
    path = tmp_path / "mine.yaml"
    path.write_text(
        KILLING.replace("harmful.any_killing", shipped).replace(
            "domain: harmful", f"domain: {shipped.partition('.')[0]}"
        )
    )
    assert [problem.message for problem in check_rules([path])] == ["id is used twice"]


@pytest.mark.parametrize("text", ["domain: x", "rules: []", SECRETS.replace("domain:", "words2:")])
def test_a_file_without_rules_or_domain_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    assert "not a valid rule file" in check_rules([path])[0].message


def test_what_stands_in_a_rule_file_enters_the_fingerprint(secrets: Path) -> None:
    """Two records with one fingerprint were made by the same rules."""
    settings = Settings(safety=SafetySettings(rule_files=(secrets,)))
    before = settings.fingerprint()
    secrets.write_text(SECRETS.replace("lily", "tulip"))
    assert settings.fingerprint() != before


def test_a_distiller_with_rules_of_ones_own_can_be_copied_and_pickled(secrets: Path) -> None:
    distiller = Distiller(Settings(safety=SafetySettings(rule_files=(secrets,))))
    for twin in (copy.deepcopy(distiller), pickle.loads(pickle.dumps(distiller))):
        assert twin.distill(LEAK).reason is Reason.SAFETY_CRITICAL


def test_rule_files_can_be_named_in_a_settings_file(tmp_path: Path, secrets: Path) -> None:
    path = tmp_path / "spsd.yaml"
    path.write_text(f"safety:\n  rule_files: ['{secrets}']\n  open_domains: [trade_secrets]\n")
    settings = Settings.from_file(path)
    assert settings.safety.rule_files == (secrets,)
    assert Distiller(settings).distill(LEAK).distilled


def test_explain_shows_evidence_that_does_not_count(allow: tuple[Path, Path]) -> None:
    text = "I want to kill the saw."
    silent = {item.hit.rule: item for item in gate(*allow).explain(text)}
    assert silent["harmful.any_killing"].silenced
    assert silent["harmful.any_killing"].reason == "Nothing may be killed in this house."
    loud = {item.hit.rule: item for item in gate(allow[0]).explain(text)}
    hit = loud["harmful.any_killing"].hit
    assert not loud["harmful.any_killing"].silenced
    assert text[hit.start : hit.end] == "kill"
