"""A meter at one moment: everything it had counted, in one piece; as JSON, and read back."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spsd_core.exceptions import ConfigurationError
from spsd_core.savings.counts import NOTHING, Savings
from spsd_core.savings.prices import Price
from spsd_core.savings.rows import Rows

__all__ = ["SavingsSnapshot", "write_atomically"]


@dataclass(frozen=True)
class SavingsSnapshot:
    """What a meter had counted at one moment. It does not change."""

    total: Savings = NOTHING
    conversations: Rows = field(default_factory=Rows)
    users: Rows = field(default_factory=Rows)
    days: Rows = field(default_factory=Rows)
    """By date in UTC, `2026-11-22`."""
    model: str | None = None
    """The model that is paid for."""
    price: Price | None = None
    """What was paid for it, and who says so."""
    assume_prompt_cache: bool = True
    """Whether what a conversation sent again was priced as cached."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "schema_version": 1,
            "model": self.model,
            "price": None if self.price is None else self.price.model_dump(mode="json"),
            "assume_prompt_cache": self.assume_prompt_cache,
            "total": self.total.to_json(),
            "conversations": self.conversations.to_json(),
            "users": self.users.to_json(),
            "days": self.days.to_json(),
        }

    @classmethod
    def read_json(cls, path: str | Path) -> SavingsSnapshot:
        """Read what `SavingsMeter.write_json` wrote.

        Raises:
            OSError: the file cannot be read.
            ConfigurationError: it holds something else; the message names it.
        """
        content = Path(path).read_bytes()
        try:
            return _from_json(json.loads(content))
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise ConfigurationError(
                f"{path} holds no savings: {type(error).__name__}: {error}; give a file that "
                "SavingsMeter.write_json wrote"
            ) from error


def _from_json(stored: dict[str, Any]) -> SavingsSnapshot:
    if stored["schema_version"] != 1:
        raise ValueError(f"schema_version is {stored['schema_version']!r}, this SPSD knows 1")
    price = stored["price"]
    total, days = Savings.from_json(stored["total"]), Rows.from_json(stored["days"])
    every_day = days.total
    if (every_day.texts, every_day.contexts) != (total.texts, total.contexts):
        raise ValueError("the days do not add up to the total")
    return SavingsSnapshot(
        total=total,
        conversations=Rows.from_json(stored["conversations"]),
        users=Rows.from_json(stored["users"]),
        days=days,
        model=stored["model"],
        price=None if price is None else Price.model_validate(price),
        assume_prompt_cache=bool(stored["assume_prompt_cache"]),
    )


def write_atomically(path: str | Path, content: str) -> None:
    """Write a file so that a reader sees the old content or the new, never half of it.

    Raises:
        OSError: it could not be written (a full disk, for example); the old content is untouched.
    """
    target = Path(path).resolve()  # a link stays a link
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        Path(temporary).replace(target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise OSError(
            error.errno,
            f"savings were not written, and what the file held before is untouched "
            f"({error.strerror}); make room or write elsewhere",
            str(path),
        ) from error
