"""Safety rules as data: one YAML file for a domain, read, validated and examined here.

A file looks like this (`_words.yaml` holds only `words`, shared by all files)::

    domain: crisis
    words:
      relief: end it all, be gone, not wake up      # a list of phrases; use it as <relief>
    rules:
      - id: crisis.wish_to_die                      # domain.name, unique
        reason: The writer says they want to die.   # one sentence
        severity: critical                          # or caution; both pass the prompt through
        evasive: true                               # also look behind k1ll and k i l l
        patterns:                                   # any one is enough
          - (want|wanna) to (die+|<relief>)
        all_of:                                     # or: one of every group, near each other
          - [i, im, my]
          - [hopeless, worthless]
        within: 80                                  # how close, in folded characters
        unless: [die hard]                          # evidence that touches one of these is void
        unless_within: 0                            # or is this near one in the same sentence
        must_catch: [...]                           # at least two sentences this rule must catch
        must_not_catch: [...]                       # at least two near misses it must not catch

Patterns are RE2 regular expressions over the *folded* text (see `spsd_core.safety.folding`): lower
case, no apostrophes (`cant`), single spaces, no hyphens or brackets, no accents. They match whole
words; patterns with characters of scripts that write without spaces match anywhere. Do not bridge
gaps with `.*`: that is what `all_of` and `within` are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from spsd_core.exceptions import ConfigurationError
from spsd_core.settings import DOMAINS

if TYPE_CHECKING:
    from spsd_core.safety.matching import CompiledRules

__all__ = [
    "MAX_WITHIN",
    "Problem",
    "Rule",
    "RuleFile",
    "check_rules",
    "load_rules",
    "rule_files",
]

MAX_WITHIN = 600
"""Longest window of combined evidence, in folded characters."""

_FOLDER = Path(__file__).with_name("rules")
_WORDS = "_words.yaml"
_PLACE = re.compile(r"<([a-z_]+)>")
_LIST = re.compile(r",\s+")  # with the space, so that x{2,} can stand in a list
_SYNTAX = re.compile(r"\\.|\[[^\]]*\]")
_UNFOLDED = re.compile(r"[A-Z'’`\"#~\-]|  ")


def _several(patterns: object) -> object:
    return [patterns] if isinstance(patterns, str) else patterns


Patterns = Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Part):
    """One rule, its patterns still as its author wrote them. The module docstring is the manual."""

    id: str = Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")
    reason: str = Field(min_length=10)
    severity: Literal["critical", "caution"]
    evasive: bool = False
    patterns: tuple[str, ...] = ()
    all_of: tuple[Patterns, ...] = ()
    within: int = Field(default=100, ge=1, le=MAX_WITHIN)
    unless: tuple[str, ...] = ()
    unless_within: int = Field(default=0, ge=0, le=MAX_WITHIN)
    must_catch: tuple[str, ...]
    must_not_catch: tuple[str, ...]

    @property
    def domain(self) -> str:
        """The critical domain, the part of the id before the dot."""
        return self.id.partition(".")[0]


class RuleFile(_Part):
    """The rules of one domain, and the word lists they use."""

    domain: str
    words: dict[str, str] = {}
    rules: tuple[Rule, ...]


class Problem(NamedTuple):
    """Something wrong with a rule file."""

    file: str
    rule: str
    message: str


def rule_files() -> tuple[Path, ...]:
    """The rule files that ship with SPSD, in a stable order."""
    return tuple(sorted(path for path in _FOLDER.glob("*.yaml") if path.name != _WORDS))


def load_rules(paths: Iterable[Path]) -> tuple[Rule, ...]:
    """Read rule files; word lists are put in their places.

    Raises:
        ConfigurationError: a file cannot be read or is not a valid rule file; the message names it.
    """
    shared = _read_yaml(_FOLDER / _WORDS).get("words", {})
    rules: list[Rule] = []
    for path in paths:
        rules.extend(_load_file(path, shared).rules)
    return tuple(rules)


def _load_file(path: Path, shared: Mapping[str, str]) -> RuleFile:
    try:
        parsed = RuleFile.model_validate(_read_yaml(path))
    except ValidationError as error:
        raise ConfigurationError(f"{path.name} is not a valid rule file: {error}") from error
    words = {**shared, **parsed.words}
    rules = tuple(_with_words(rule, words, path) for rule in parsed.rules)
    return parsed.model_copy(update={"rules": rules})


def _read_yaml(path: Path) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 (safe)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"cannot read rule file {path.name}: {error}") from error
    if not isinstance(loaded, dict):
        raise ConfigurationError(f"rule file {path.name} must hold a mapping")
    return loaded


def _with_words(rule: Rule, words: Mapping[str, str], path: Path) -> Rule:
    def expand(patterns: Sequence[str]) -> tuple[str, ...]:
        return tuple(_expand(pattern, words, f"{path.name}, {rule.id}") for pattern in patterns)

    return rule.model_copy(
        update={
            "patterns": expand(rule.patterns),
            "all_of": tuple(expand(group) for group in rule.all_of),
            "unless": expand(rule.unless),
        }
    )


def _expand(pattern: str, words: Mapping[str, str], where: str, depth: int = 0) -> str:
    def replacement(place: re.Match[str]) -> str:
        name = place[1]
        if name not in words or depth > 5:
            raise ConfigurationError(f"{where}: there is no word list <{name}>, or it holds itself")
        phrases = [phrase for phrase in _LIST.split(words[name].strip()) if phrase]
        alternatives = "|".join(_expand(phrase, words, where, depth + 1) for phrase in phrases)
        return f"(?:{alternatives})"

    return _PLACE.sub(replacement, pattern)


def check_rules(paths: Iterable[Path]) -> list[Problem]:
    """Examine rule files: form, ids, patterns, and every example against its own rule."""
    from spsd_core.safety.matching import CompiledRules

    problems: list[Problem] = []
    seen: set[str] = set()
    for path in paths:
        try:
            rules = load_rules([path])
            domain = RuleFile.model_validate(_read_yaml(path)).domain
        except (ConfigurationError, ValidationError) as error:
            problems.append(Problem(path.name, "", str(error)))
            continue
        if domain != path.stem or domain not in DOMAINS:
            problems.append(Problem(path.name, "", f"domain {domain!r} does not match the file"))
        for rule in rules:
            messages = list(_form_problems(rule, domain, seen))
            seen.add(rule.id)
            if not messages:
                messages += _example_problems(rule, CompiledRules)
            problems.extend(Problem(path.name, rule.id, message) for message in messages)
    return problems


def _form_problems(rule: Rule, domain: str, seen: set[str]) -> Iterable[str]:
    if rule.domain != domain:
        yield f"id must begin with {domain}."
    if rule.id in seen:
        yield "id is used twice"
    if not rule.patterns and len(rule.all_of) < 2:
        yield "needs patterns, or at least two groups in all_of"
    if len(rule.must_catch) < 2 or len(rule.must_not_catch) < 2:
        yield "needs two examples and two near misses"
    for pattern in (*rule.patterns, *rule.unless, *(p for group in rule.all_of for p in group)):
        if _UNFOLDED.search(_SYNTAX.sub("", pattern)):
            yield f"pattern {pattern!r} can never match: it is not in folded form"
        if ".*" in pattern or ".+" in pattern:
            yield f"pattern {pattern!r} bridges a gap of any length; use all_of and within"


def _example_problems(rule: Rule, compiler: type[CompiledRules]) -> list[str]:
    try:
        compiled = compiler([rule])
    except ConfigurationError as error:
        return [str(error)]
    missed = [f"does not catch {text!r}" for text in rule.must_catch if not compiled.find(text)]
    caught = [f"catches {text!r}" for text in rule.must_not_catch if compiled.find(text)]
    return missed + caught
