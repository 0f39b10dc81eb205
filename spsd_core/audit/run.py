"""An audit: a log goes through the distiller, each distinct text once, and is added up."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from spsd_core import __version__
from spsd_core.audit.calls import Frames, calls_of, tasks_of
from spsd_core.audit.figures import Figures
from spsd_core.audit.options import AuditOptions
from spsd_core.audit.readers import Form, Place, Read, detect, read_entries
from spsd_core.audit.reading import Outcome, Task
from spsd_core.audit.recommending import try_settings
from spsd_core.audit.report import AuditReport, build_report
from spsd_core.audit.shapes import Entry, LeftOut
from spsd_core.audit.sources import Source
from spsd_core.audit.state import State, read_state, write_state
from spsd_core.audit.units import price_of
from spsd_core.audit.workers import Batch, Workers, cores
from spsd_core.exceptions import ConfigurationError
from spsd_core.memo import text_key
from spsd_core.settings import Settings
from spsd_core.tokens import build_request_counter

__all__ = ["Progress", "audit_log"]

Progress = Callable[[int, int | None, Figures], None]
"""Told now and then: bytes of the log done, of how many, and the figures so far."""

_CHUNK_TASKS = 192
_CHUNK_CHARS = 2_000_000
_CHUNK_RECORDS = 4_096
_CHUNK_BYTES = 8_000_000
"""Of the log; texts that are known fill memory as well."""
_BATCH_TASKS = 32
_BATCH_CHARS = 30_000
_REMEMBERED = 20_000
"""Outcomes kept, so that a text that comes again is not examined again."""


@dataclass(slots=True)
class _Chunk:
    """Some records, and where the outcomes of their texts will be."""

    reads: list[Read] = field(default_factory=list)
    known: dict[Task, _Ticket] = field(default_factory=dict)


@dataclass(slots=True)
class _Ticket:
    """An outcome, or its place in a batch that is being worked on."""

    batch: Batch | None = None
    place: int = 0
    outcome: Outcome | None = None

    def redeem(self) -> Outcome:
        if self.outcome is None:
            assert self.batch is not None, "submitted with its chunk"  # noqa: S101
            self.outcome, self.batch = self.batch.outcomes()[self.place], None
        return self.outcome


def audit_log(
    path: str,
    settings: Settings | None = None,
    options: AuditOptions | None = None,
    *,
    progress: Progress | None = None,
) -> AuditReport:
    """Audit a log: what distilling would save on it, and what it would do to it.

    Nothing is sent anywhere. Memory does not grow with the log.

    Args:
        path: the log, or `-` for standard input.
        settings: of the distiller.
        options: how the log is read, and what is made of it.
        progress: told how far it is.

    Raises:
        ConfigurationError: the log, an option or the state file is not right; the message says
            what to do.
        OSError: a file cannot be read or written.
        AuditWorkerDiedError: a process was killed.
    """
    # shadow and split say what is sent, an audit what would be
    settings = (settings or Settings()).model_copy(update={"mode": "on"})
    options = options or AuditOptions()
    price_of(options)  # a wrong price file is better found now than in an hour
    with Workers(settings, options.workers or cores()) as workers, Source(path) as source:
        audit = _Audit(source, settings, options, workers)
        audit.go(progress)
        sample = audit.figures.sample()
        trials = try_settings(workers, sample) if sample else ()
    return build_report(audit.figures, settings, options, trials, tokenizer=audit.tokenizer)


class _Audit:
    """One log on its way."""

    def __init__(
        self, source: Source, settings: Settings, options: AuditOptions, workers: Workers
    ) -> None:
        self.figures = Figures(options)
        self._source = source
        self._settings = settings
        self._options = options
        self._workers = workers
        self._counter = build_request_counter(settings.target)
        self._frames = Frames(self._counter)
        self._remembered: OrderedDict[tuple[str, bytes], _Ticket] = OrderedDict()
        self._terms: dict[str, Any] = {
            "settings": settings.fingerprint(),
            **options.counting(),
            "SPSD version": __version__,
        }
        self._form: Form | None = None
        self._place = Place()
        self._adding = False
        self._unfinished = False
        """Whether something was added up that is not to be in the state: see `Read.unfinished`."""
        self._saved_at = time.monotonic()
        self._take_up()

    def _take_up(self) -> None:
        """Go on where an earlier run was."""
        path = self._options.state
        if path:
            self._terms["tokenizer"] = self.tokenizer
        state = read_state(path, self._terms) if path else None
        if state is None:
            self._form = detect(self._source, self._options.format, self._options.column)
            return
        self._source.skip(state.place.offset, state.identity)
        self._form, self._place = state.form, state.place
        try:
            self.figures.restore(state.figures)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"--state {path} is damaged ({error}); remove it, or give another file"
            ) from error

    @property
    def tokenizer(self) -> str:
        """What counts the tokens, as this process finds it."""
        self._counter.text("load")
        return self._counter.name

    def go(self, progress: Progress | None) -> None:
        """Read to the end, keeping the workers busy a chunk ahead of the adding up."""
        under_way: deque[_Chunk] = deque()
        try:
            for chunk in self._chunks():
                under_way.append(chunk)
                if len(under_way) > (0 if self._workers.count == 1 else 2):
                    self._add(under_way.popleft(), progress)
            while under_way:
                self._add(under_way.popleft(), progress)
        finally:
            self._save()

    def _chunks(self) -> Iterator[_Chunk]:
        assert self._form is not None, "set when built"  # noqa: S101
        chunk, todo, chars = _Chunk(), list[tuple[_Ticket, Task]](), 0
        began = self._place.offset
        reads = read_entries(self._source, self._form, self._place, self._options.run_types)
        for read in reads:
            chunk.reads.append(read)
            for task in self._tasks(read):
                ticket = self._ticket(chunk, task)
                if ticket is not None:
                    todo.append((ticket, task))
                    chars += len(task[1])
            full = len(todo) >= _CHUNK_TASKS or chars >= _CHUNK_CHARS
            full = full or read.after.offset - began >= _CHUNK_BYTES
            if full or len(chunk.reads) >= _CHUNK_RECORDS:
                self._submit(todo)
                yield chunk
                chunk, todo, chars, began = _Chunk(), [], 0, read.after.offset
        if chunk.reads:
            self._submit(todo)
            yield chunk

    def _tasks(self, read: Read) -> Iterator[Task]:
        if isinstance(read.entry, Entry):
            yield from tasks_of(read.entry, self._settings)

    def _ticket(self, chunk: _Chunk, task: Task) -> _Ticket | None:
        """A new ticket where nobody has examined the text; the chunk gets it in any case."""
        if task in chunk.known:
            return None
        key = (task[0], text_key(task[1]))  # the texts themselves would fill the memory
        known = self._remembered.get(key)
        ticket = known or _Ticket()
        chunk.known[task] = self._remembered[key] = ticket
        self._remembered.move_to_end(key)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return None if known else ticket

    def _submit(self, todo: list[tuple[_Ticket, Task]]) -> None:
        first = 0
        while first < len(todo):
            last, chars = first, 0
            while last < len(todo) and last - first < _BATCH_TASKS and chars < _BATCH_CHARS:
                chars += len(todo[last][1][1])
                last += 1
            batch = self._workers.submit([task for _, task in todo[first:last]])
            for place, (ticket, _) in enumerate(todo[first:last]):
                ticket.batch, ticket.place = batch, place
            first = last

    def _add(self, chunk: _Chunk, progress: Progress | None) -> None:
        for ticket in chunk.known.values():
            ticket.redeem()  # here it waits, and may be interrupted
        self._adding = True
        for read in chunk.reads:
            if read.unfinished and not self._unfinished:
                self._adding = False
                self._save()
                self._unfinished = self._adding = True
            self._add_one(read, chunk)
            self._place = read.after
        self._adding = False
        if time.monotonic() - self._saved_at >= self._options.checkpoint_s:
            self._save()
        if progress is not None:
            progress(self._source.done, self._source.size, self.figures)

    def _add_one(self, read: Read, chunk: _Chunk) -> None:
        if read.entry is None:
            self.figures.add_broken(read.line, read.problem)
        elif isinstance(read.entry, LeftOut):
            self.figures.add_left_out(read.entry.kind)
        else:
            calls = calls_of(
                read.entry,
                self._settings,
                self._frames,
                lambda task: chunk.known[task].redeem(),
            )
            self.figures.add(read.line, read.entry, calls)

    def _save(self) -> None:
        """Write the state; not where a chunk is half added up, or what may yet change was added.

        Then the one before stands.
        """
        path = self._options.state
        if path is None or self._adding or self._unfinished or self._form is None:
            return
        state = State(
            self._terms,
            self._source.identity(self._place.offset),
            self._form,
            self._place,
            self.figures.to_json(),
        )
        write_state(path, state)
        self._saved_at = time.monotonic()
