"""Safety rules as data: YAML files, read and validated here. `checking` examines their examples.

A file looks like this (files that begin with `_` hold only `words`, shared by all files)::

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
    allow:                                          # your phrases that are harmless where you work
      - reason: Our machines have a kill switch.
        rules: [harmful.violence, crisis]           # ids or domains; left out: every rule
        patterns: [kill ?switch(es)?]               # evidence that touches one of these is void
        must_catch: [...]                           # at least two texts that are gated all the same
        must_not_catch: [...]                       # at least two that were gated and no longer are

`domain` may be one of SPSD's own or a new one; a file that holds only `allow` needs none.
Patterns are RE2 regular expressions over the *folded* text (see `spsd_core.safety.folding`): lower
case, no apostrophes (`cant`), single spaces, no hyphens or brackets, no accents. They match whole
words; patterns with characters of scripts that write without spaces match anywhere. Do not bridge
gaps with `.*`: that is what `all_of` and `within` are for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from spsd_core.exceptions import ConfigurationError

__all__ = ["MAX_WITHIN", "Allowance", "Rule", "RuleFile", "load_file", "load_rules", "rule_files"]

MAX_WITHIN = 300
"""Longest window of combined evidence, in folded characters."""

_FOLDER = Path(__file__).with_name("rules")
_PLACE = re.compile(r"<([a-z_]+)>")
_LIST = re.compile(r",\s+")  # with the space, so that x{2,} can stand in a list


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


class Allowance(_Part):
    """Phrases that are harmless where the user works, whatever the rules say."""

    reason: str = Field(min_length=10)
    rules: tuple[str, ...] = ()
    """Ids of rules, or domains; empty: every rule."""
    patterns: Patterns
    must_catch: tuple[str, ...]
    must_not_catch: tuple[str, ...]

    def concerns(self, rule: Rule) -> bool:
        """Whether evidence of `rule` is void where it touches one of the phrases."""
        return not self.rules or rule.id in self.rules or rule.domain in self.rules


class RuleFile(_Part):
    """The rules of one domain, the allowances, and the word lists they use."""

    domain: str | None = Field(default=None, pattern=r"^[a-z_]+$")
    words: dict[str, str] = {}
    rules: tuple[Rule, ...] = ()
    allow: tuple[Allowance, ...] = ()

    @model_validator(mode="after")
    def _holds_something(self) -> RuleFile:
        if self.rules and self.domain is None:
            raise ValueError("domain is missing: say which domain the rules belong to")
        if not self.rules and not self.allow:
            raise ValueError("there are neither rules nor allow in it")
        return self


def rule_files() -> tuple[Path, ...]:
    """The rule files that ship with SPSD, in a stable order."""
    return tuple(path for path in sorted(_FOLDER.glob("*.yaml")) if path.name[0] != "_")


@cache
def _shared_words() -> dict[str, str]:
    words: dict[str, str] = {}
    for path in sorted(_FOLDER.glob("_*.yaml")):
        words.update(_read_yaml(path).get("words", {}))
    return words


def load_rules(paths: Iterable[Path]) -> tuple[Rule, ...]:
    """The rules in some files; word lists are put in their places.

    Raises:
        ConfigurationError: a file cannot be read or is not a valid rule file; the message names it.
    """
    return tuple(rule for path in paths for rule in load_file(path).rules)


def load_file(path: Path) -> RuleFile:
    """Read one rule file; word lists are put in their places. Raises as `load_rules`."""
    try:
        parsed = RuleFile.model_validate(_read_yaml(path))
    except ValidationError as error:
        raise ConfigurationError(f"{path.name} is not a valid rule file: {error}") from error
    words = {**_shared_words(), **parsed.words}

    def expand(patterns: Iterable[str], where: str) -> tuple[str, ...]:
        return tuple(_expand(pattern, words, f"{path.name}, {where}") for pattern in patterns)

    rules = tuple(_with_words(rule, expand) for rule in parsed.rules)
    allow = tuple(
        item.model_copy(update={"patterns": expand(item.patterns, "allow")})
        for item in parsed.allow
    )
    return parsed.model_copy(update={"rules": rules, "allow": allow})


def _with_words(rule: Rule, expand: Callable[[Iterable[str], str], tuple[str, ...]]) -> Rule:
    return rule.model_copy(
        update={
            "patterns": expand(rule.patterns, rule.id),
            "all_of": tuple(expand(group, rule.id) for group in rule.all_of),
            "unless": expand(rule.unless, rule.id),
        }
    )


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


def _expand(pattern: str, words: Mapping[str, str], where: str, depth: int = 0) -> str:
    def replacement(place: re.Match[str]) -> str:
        name = place[1]
        if name not in words or depth > 5:
            raise ConfigurationError(f"{where}: there is no word list <{name}>, or it holds itself")
        phrases = [phrase for phrase in _LIST.split(words[name].strip()) if phrase]
        alternatives = "|".join(_expand(phrase, words, where, depth + 1) for phrase in phrases)
        return f"(?:{alternatives})"

    return _PLACE.sub(replacement, pattern)
