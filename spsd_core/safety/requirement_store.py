"""The requirements of the shipped patterns, worked out beforehand: that takes seconds.

`python -m spsd_core.safety.requirement_store` writes `rules/requirements.json` anew; a test holds
it current. A pattern that is not in it, a user's for example, is worked out when it is met.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from spsd_core.safety.requirements import Need, Requirement, requirements

__all__ = ["requirements_of", "write_store"]

_STORE = Path(__file__).parent / "rules" / "requirements.json"


def requirements_of(folded_pattern: str) -> tuple[Requirement, ...]:
    """`requirements`, from the store where it has them."""
    stored = _stored().get(_key(folded_pattern))
    return requirements(folded_pattern) if stored is None else stored


@cache
def _stored() -> dict[str, tuple[Requirement, ...]]:
    try:
        store = json.loads(_STORE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # slower, not wrong
    needs = [frozenset(words.split("|")) for words in store["needs"]]
    return {
        key: tuple(tuple(needs[number] for number in numbers) for numbers in alternatives)
        for key, alternatives in store["patterns"].items()
    }


def _key(pattern: str) -> str:
    return hashlib.blake2b(pattern.encode(), digest_size=6).hexdigest()


def write_store(patterns: list[str], path: Path = _STORE) -> None:
    """Work out the requirements of folded patterns and write them down."""
    numbers: dict[Need, int] = {}
    found = {
        _key(pattern): [
            [numbers.setdefault(need, len(numbers)) for need in needs]
            for needs in requirements(pattern)
        ]
        for pattern in patterns
    }
    store = {"needs": ["|".join(sorted(need)) for need in numbers], "patterns": found}
    path.write_text(json.dumps(store, separators=(",", ":")) + "\n", encoding="utf-8")


def _main() -> None:
    from spsd_core.safety.matching import plain_patterns
    from spsd_core.safety.ruleset import load_rules, rule_files

    write_store(plain_patterns(load_rules(rule_files())))


if __name__ == "__main__":
    _main()
