"""What the tests of the audit share: texts, logs, and a quick way to audit them in this process."""

from __future__ import annotations

import json
import os
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from spsd_core import Settings
from spsd_core.audit import AuditOptions, AuditReport, audit_log
from spsd_core.audit.readers import Form, Place, Read, detect, read_entries
from spsd_core.audit.shapes import Entry
from spsd_core.audit.sources import Source
from spsd_core.engines.protocol import Draft, DraftRequest, Engine

POLITE = "Hi! Could you please name three rivers in Spain? Thank you so much!"
ANOTHER = "Hello! Could you please name four lakes in Finland? Thanks a lot!"
PLAIN = "Name the seven highest mountains of the Alps."
SHORT = "Thanks!"
MEDICAL = "Hello there, my son has had a fever of 40 degrees since last night."

LEXICAL = Settings(engines=("lexical",))


def write_log(path: Path, *records: object) -> str:
    """A log of JSON lines; a text is written as it is, for lines that are broken."""
    rows = (one if isinstance(one, str) else json.dumps(one) for one in records)
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return str(path)


def audited(log: str | Path, settings: Settings = LEXICAL, **options: Any) -> AuditReport:
    """The report on a log, made in this process."""
    given: dict[str, Any] = {"workers": 1, "sample": 0, "replicates": 100, **options}
    return audit_log(str(log), settings, AuditOptions(**given))


def read_all(path: Path, **options: Any) -> list[Read]:
    """The records of a log."""
    given = AuditOptions(**options)
    with Source(str(path)) as source:
        form: Form = detect(source, given.format, given.column)
        return list(read_entries(source, form, Place(), given.run_types))


def said(read: Read) -> list[tuple[str, str]]:
    """The messages of a record that is in order: role and text."""
    assert isinstance(read.entry, Entry), read.problem
    return [(one.role, "|".join(one.parts)) for one in read.entry.messages]


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what a clock measured: it differs from run to run."""
    plain: dict[str, Any] = json.loads(json.dumps(report))
    del plain["energy"]
    for unit in ("per_call", "per_conversation", "per_month"):
        plain[unit].pop("energy_net_wh", None)
    for trial in plain["trials"]:
        del trial["ms"]
    if plain["recommended"]:
        del plain["recommended"]["why"]
    return plain


class DyingEngine:
    """A fake engine that takes its process with it, as the system does when memory is short."""

    name = "dying"

    def submit(self, request: DraftRequest) -> Future[Draft | None]:
        os._exit(9)

    def close(self) -> None:
        pass


def dying(settings: Settings) -> Engine:
    return DyingEngine()
