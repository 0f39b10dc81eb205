"""The self-test of rule files: form, ids, patterns, and every example against its own rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from spsd_core.exceptions import ConfigurationError
from spsd_core.safety.matching import CompiledRules, check_patterns
from spsd_core.safety.ruleset import Allowance, Rule, RuleFile, load_file, load_rules, rule_files

__all__ = ["Problem", "check_rules"]

_EXAMPLES = 2
_SYNTAX = re.compile(r"\\.|\[[^\]]*\]")
_UNFOLDED = re.compile(r"[A-Z'’`\"#~\-]|  ")


class Problem(NamedTuple):
    """Something wrong with a rule file."""

    file: str
    rule: str
    """Id of the rule, `allow` and its number, or nothing where the whole file is meant."""
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in self if part)


def check_rules(paths: Iterable[Path]) -> list[Problem]:
    """Examine rule files as they will be used: beside the shipped ones.

    Raises nothing: what cannot be read is a problem, too.
    """
    paths = tuple(paths)
    shipped = load_rules(path for path in rule_files() if path not in paths)
    problems: list[Problem] = []
    files: list[tuple[Path, RuleFile]] = []
    seen = {rule.id for rule in shipped}
    for path in paths:
        try:
            file = load_file(path)
        except ConfigurationError as error:
            problems.append(Problem(path.name, "", str(error)))
            continue
        files.append((path, file))
        for rule in file.rules:
            messages = [*_form_problems(rule, file.domain, seen)] or _example_problems(rule)
            seen.add(rule.id)
            problems.extend(Problem(path.name, rule.id, message) for message in messages)
    rules = (*shipped, *(rule for _, file in files for rule in file.rules))
    if not problems:
        problems.extend(_allowance_problems(files, rules))
    return problems


def _form_problems(rule: Rule, domain: str | None, seen: set[str]) -> Iterator[str]:
    if rule.domain != domain:
        yield f"id must begin with {domain}."
    if rule.id in seen:
        yield "id is used twice"
    if not rule.patterns and len(rule.all_of) < 2:
        yield "needs patterns, or at least two groups in all_of"
    if min(len(rule.must_catch), len(rule.must_not_catch)) < _EXAMPLES:
        yield "needs two examples and two near misses"
    groups = (pattern for group in rule.all_of for pattern in group)
    yield from _pattern_problems((*rule.patterns, *rule.unless, *groups))


def _pattern_problems(patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        if _UNFOLDED.search(_SYNTAX.sub("", pattern)):
            yield f"pattern {pattern!r} can never match: it is not in folded form"
        if ".*" in pattern or ".+" in pattern:
            yield f"pattern {pattern!r} bridges a gap of any length; use all_of and within"


def _example_problems(rule: Rule) -> list[str]:
    try:
        compiled = CompiledRules([rule])
    except ConfigurationError as error:
        return [str(error)]
    missed = [f"does not catch {text!r}" for text in rule.must_catch if not compiled.find(text)]
    caught = [f"catches {text!r}" for text in rule.must_not_catch if compiled.find(text)]
    return missed + caught


def _allowance_problems(
    files: Sequence[tuple[Path, RuleFile]], rules: Sequence[Rule]
) -> Iterator[Problem]:
    """Allowances are examined against every rule, and against what they are there to change."""
    allow = [allowance for _, file in files for allowance in file.allow]
    if not allow:
        return
    forms = {
        (path.name, f"allow {number}"): (allowance, [*_allowance_form(allowance, rules)])
        for path, file in files
        for number, allowance in enumerate(file.allow, start=1)
    }
    wrong = [Problem(*place, text) for place, (_, texts) in forms.items() for text in texts]
    if wrong:
        yield from wrong
        return
    strict, compiled = (CompiledRules(rules, given, trusted=True) for given in ((), allow))
    for place, (allowance, _) in forms.items():
        for text in allowance.must_catch:
            if not compiled.find(text):
                yield Problem(*place, f"no rule catches {text!r} any more")
        for text in allowance.must_not_catch:
            if not strict.find(text):
                yield Problem(*place, f"no rule catches {text!r} in the first place")
            elif still := compiled.find(text):
                yield Problem(*place, f"{', '.join(still)} still catches {text!r}")


def _allowance_form(allowance: Allowance, rules: Sequence[Rule]) -> Iterator[str]:
    known = {rule.id for rule in rules} | {rule.domain for rule in rules}
    for name in allowance.rules:
        if name not in known:
            yield f"there is no rule or domain {name!r}"
    if min(len(allowance.must_catch), len(allowance.must_not_catch)) < _EXAMPLES:
        yield "needs two texts that are still gated and two that no longer are"
    yield from _pattern_problems(allowance.patterns)
    try:
        check_patterns(allowance.patterns)
    except ValueError as error:
        yield str(error)
