"""The shipped rules are their own test, and the loader says what is wrong with a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from spsd_core.exceptions import ConfigurationError
from spsd_core.safety import check_rules, rule_files
from spsd_core.safety.ruleset import load_file, load_rules
from spsd_core.settings import DOMAINS

SHIPPED = sorted(rule_files()[0].parent.glob("*.yaml"))
GOOD = """
domain: legal
words:
  thing: court, lawsuit
rules:
  - id: legal.example
    reason: An example rule for the tests.
    severity: caution
    patterns: [going to <thing>]
    must_catch: [I am going to court., He is going to lawsuit land.]
    must_not_catch: [The tennis court is wet., I am going to bed.]
"""


def test_there_is_one_rule_file_for_every_domain() -> None:
    assert sorted(path.stem for path in rule_files()) == sorted(DOMAINS)


@pytest.mark.parametrize("path", rule_files(), ids=lambda path: path.stem)
def test_every_shipped_rule_catches_its_examples_and_none_of_its_near_misses(path: Path) -> None:
    assert check_rules([path]) == []


@pytest.mark.parametrize("path", rule_files(), ids=lambda path: path.stem)
def test_a_shipped_file_is_named_after_its_domain(path: Path) -> None:
    assert load_file(path).domain == path.stem


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_file_can_be_reviewed(path: Path) -> None:
    """No long lines, no pattern that nobody reads to its end."""
    text = path.read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 120
    for rule in yaml.safe_load(text).get("rules", ()):
        groups = [rule.get("patterns", []), rule.get("unless", []), *rule.get("all_of", [])]
        for group in groups:
            for pattern in [group] if isinstance(group, str) else group:
                assert len(str(pattern)) <= 160, (rule["id"], pattern)


def test_rule_ids_are_unique_over_all_files() -> None:
    assert check_rules(rule_files()) == []


def write(folder: Path, text: str, name: str = "legal.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    assert check_rules([write(tmp_path, GOOD)]) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("domain: legal", "domain: medical", "must begin with medical."),
        ("id: legal.example", "id: crisis.example", "must begin with legal."),
        ("I am going to bed.", "We were going to court.", "catches 'We were going to court.'"),
        ("I am going to court.", "I like trees.", "does not catch 'I like trees.'"),
        ("[going to <thing>]", "['going to (']", "not a valid pattern"),
        ("[going to <thing>]", "[going to <place>]", "no word list <place>"),
        ("[going to <thing>]", "[going.* court]", "bridges a gap"),
        ("[going to <thing>]", "[Going to court]", "not in folded form"),
        ("[going to <thing>]", '["can\'t go to <thing>"]', "not in folded form"),
        ("[The tennis court is wet., I am going to bed.]", "[I am tall.]", "two near misses"),
        ("severity: caution", "severity: mild", "not a valid rule file"),
        ("severity: caution", "severity: caution\n    wihtin: 9", "not a valid rule file"),
        ("patterns: [going to <thing>]", "all_of: [[court]]", "at least two groups"),
    ],
)
def test_a_mistake_in_a_rule_file_is_named(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    problems = check_rules([write(tmp_path, GOOD.replace(old, new))])
    assert any(message in problem.message for problem in problems), problems


def test_an_id_used_twice_is_a_problem(tmp_path: Path) -> None:
    body = GOOD.partition("rules:\n")[2]
    problems = check_rules([write(tmp_path, GOOD + body)])
    assert [problem.message for problem in problems] == ["id is used twice"]


@pytest.mark.parametrize("text", ["", "- a list", "domain: [unclosed", "domain: legal"])
def test_a_file_that_is_no_rule_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"legal\.yaml"):
        load_rules([write(tmp_path, text)])


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.yaml"):
        load_rules([tmp_path / "absent.yaml"])
