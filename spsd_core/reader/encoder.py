"""The encoder session: texts in, roles of words out, by one forward pass a batch of windows."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spsd_core.exceptions import DeadlineExceeded, EngineUnavailable
from spsd_core.onnx import load_onnxruntime
from spsd_core.reader.types import Certainty, RoleReading, WordRole
from spsd_core.spans import Span

__all__ = ["Encoder", "shared_encoder"]

_WEIGHTS = Path(__file__).with_name("weights")
_FRAME = 2
"""Pieces around every window: [CLS] and [SEP]."""
_WINDOW = 254
"""Pieces in a window, without its frame; the Reader was trained on texts up to this long."""
_OVERLAP = 64
"""Pieces that neighbouring windows share; each takes the half that is farther from its edge."""
_BATCH = 2
"""Windows in one forward pass: bounds the memory."""

_lock = threading.Lock()
_shared: Encoder | None = None


def shared_encoder() -> Encoder:
    """The packaged Reader, loaded once a process.

    Raises:
        EngineUnavailable: a package or a file is missing or damaged; the message says what to do.
    """
    global _shared
    if _shared is None:
        with _lock:
            if _shared is None:
                _shared = Encoder()
    return _shared


class _Window(NamedTuple):
    """Some pieces of a text, and those of them it answers for."""

    first: int
    last: int
    own_first: int
    own_last: int


class Encoder:
    """A loaded Reader. Immutable, safe to use from many threads at once.

    Args:
        folder: holds `reader.onnx`, `tokenizer.json`, `reader.json`; default: the packaged ones.
        threads: of one forward pass; default: the cores this process may use, at most 4.

    Raises:
        EngineUnavailable: a package or a file is missing or damaged; the message says what to do.
    """

    def __init__(self, folder: Path = _WEIGHTS, threads: int | None = None) -> None:
        self.card = _read_card(folder)
        self._session = _session(folder / "reader.onnx", threads or _cores())
        self._tokenizer = _tokenizer(folder / "tokenizer.json")

    def read(self, text: str, deadline: float | None = None) -> RoleReading:
        """Read one text. Takes any str; long ones are read in overlapping windows.

        Windows of one text share a forward pass, those of two texts never do: int8 scales are
        chosen for a pass as a whole, and what is said of a text must not hang on its company.

        Args:
            text: what to read.
            deadline: `time.monotonic()` value after which no further pass is begun.

        Raises:
            DeadlineExceeded: the deadline passed before the text was read to its end.
        """
        encoding = self._tokenizer.encode(_clean(text))
        return _reading(text, encoding, self._gather(encoding, deadline), self.card)

    def read_spans(
        self, text: str, spans: Sequence[Span], deadline: float | None = None
    ) -> tuple[RoleReading, Any]:
        """Read one text, and give the vector of each of its spans, by the same forward pass.

        A span's vector is the mean over its word pieces, each seen in its surroundings, so that
        "It was built in 1889" is near what is asked about the tower named a sentence before.

        Args:
            text: what to read.
            spans: sentences, say; in characters of the text, in order, not overlapping.
            deadline: `time.monotonic()` value after which no further pass is begun.

        Returns:
            The reading, and an array [spans, width] of vectors of length 1 (zeros for a span
            without a piece).

        Raises:
            DeadlineExceeded: the deadline passed before the text was read to its end.
        """
        encoding = self._tokenizer.encode(_clean(text))
        sums = _SpanSums(spans, encoding)
        gathered = self._gather(encoding, deadline, sums)
        return _reading(text, encoding, gathered, self.card), sums.vectors()

    def read_asked(self, text: str, deadline: float | None = None) -> tuple[RoleReading, Any]:
        """Read a question, and give the vector of what it asks, by the same forward pass.

        The vector is the mean over the pieces of `RoleReading.asked_words`, at length 1: "Hi! Could
        you please tell me" points nowhere. Where there are none, or the text is longer than one
        window, it is the vector of the whole.

        Raises:
            DeadlineExceeded: the deadline passed before the text was read to its end.
        """
        import numpy as np

        encoding = self._tokenizer.encode(_clean(text))
        pieces = _Pieces()
        reading = _reading(text, encoding, self._gather(encoding, deadline, pieces), self.card)
        whole = np.array(reading.vector, dtype=np.float32)
        asked = reading.asked_words()
        if not asked or len(asked) == len(reading.words) or len(pieces.windows) > 1:
            return reading, whole
        owners = {word.start for word in asked}
        firsts = {  # where the word begins that a piece belongs to
            place: encoding.word_to_chars(owner)[0]
            for place, owner in enumerate(encoding.word_ids[1:-1])
        }
        rows = [place for place, first in firsts.items() if first in owners]
        mean = pieces.windows[0][rows].mean(axis=0)
        return reading, mean / max(float(np.linalg.norm(mean)), 1e-9)

    def _gather(
        self, encoding: Any, deadline: float | None, sums: _SpanSums | _Pieces | None = None
    ) -> _Gathered:
        gathered = _Gathered(len(encoding.ids) - _FRAME, len(self.card["roles"]))
        for batch in _batches(_windows(len(encoding.ids) - _FRAME)):
            if deadline is not None and time.monotonic() >= deadline:
                raise DeadlineExceeded("the deadline passed while the Reader worked")
            for window, answer in zip(batch, self._run(batch, encoding.ids)):
                gathered.add(window, answer)
                if sums is not None:
                    sums.add(window, answer)
        return gathered

    def _run(self, batch: Sequence[_Window], all_ids: Sequence[int]) -> Iterator[_Answer]:
        import numpy as np

        longest = max(window.last - window.first for window in batch) + _FRAME
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(batch):
            inner = all_ids[window.first + 1 : window.last + 1]
            framed = [all_ids[0], *inner, all_ids[-1]]
            ids[row, : len(framed)] = framed
            mask[row, : len(framed)] = 1
        found = self._session.run(None, {"ids": ids, "mask": mask})
        for row, window in enumerate(batch):
            own = slice(1, 1 + window.last - window.first)
            yield _Answer(
                found[0][row, own],
                found[1][row],
                found[2][row],
                found[3][row],
                found[4][row, own],
            )


class _Answer(NamedTuple):
    """What the model says about one window (arrays)."""

    roles: Any
    domains: Any
    affects: Any
    vector: Any
    pieces: Any


class _Gathered:
    """The answers of the windows of one text."""

    def __init__(self, pieces: int, roles: int) -> None:
        import numpy as np

        self.roles: Any = np.zeros((pieces, roles), dtype=np.float32)
        self.answers: list[tuple[int, _Answer]] = []

    def add(self, window: _Window, answer: _Answer) -> None:
        own = slice(window.own_first - window.first, window.own_last - window.first)
        self.roles[window.own_first : window.own_last] = answer.roles[own]
        self.answers.append((max(1, window.own_last - window.own_first), answer))


class _Pieces:
    """The vectors of the pieces of a text; of a long one only that there are several windows."""

    def __init__(self) -> None:
        self.windows: list[Any] = []

    def add(self, window: _Window, answer: _Answer) -> None:
        own = slice(window.own_first - window.first, window.own_last - window.first)
        if len(self.windows) < 2:
            self.windows.append(answer.pieces[own])


class _SpanSums:
    """Sums of the vectors of the pieces that begin in each span of a text."""

    def __init__(self, spans: Sequence[Span], encoding: Any) -> None:
        import numpy as np

        self._spans = len(spans)
        starts = np.array([start for start, _ in encoding.offsets[1:-1]], dtype=np.int64)
        borders = np.array(spans, dtype=np.int64).reshape(-1, 2)
        owners = np.searchsorted(borders[:, 0], starts, side="right") - 1
        inside = (owners >= 0) & (starts < borders[owners, 1]) if len(spans) else owners >= 0
        self._owners: Any = np.where(inside, owners, len(spans))
        self._sums: Any = None

    def add(self, window: _Window, answer: _Answer) -> None:
        import numpy as np

        if self._sums is None:  # one row more: pieces of no span
            self._sums = np.zeros((self._spans + 1, answer.pieces.shape[1]), dtype=np.float32)
        own = slice(window.own_first - window.first, window.own_last - window.first)
        owners = self._owners[window.own_first : window.own_last]
        np.add.at(self._sums, owners, answer.pieces[own])

    def vectors(self) -> Any:
        import numpy as np

        sums = self._sums[: self._spans]
        return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)


def _windows(pieces: int) -> Iterator[_Window]:
    """Windows over a text. A text without pieces gets an empty one: the frame alone is read."""
    start = own = 0
    while True:
        end = min(pieces, start + _WINDOW)
        if end == pieces:
            yield _Window(start, end, own, end)
            return
        border = end - _OVERLAP // 2
        yield _Window(start, end, own, border)
        own = border
        start = end - _OVERLAP


def _batches(windows: Iterable[_Window]) -> Iterator[list[_Window]]:
    """Windows in their order, a few at a time."""
    batch: list[_Window] = []
    for window in windows:
        batch.append(window)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _reading(text: str, encoding: Any, found: _Gathered, card: dict[str, Any]) -> RoleReading:
    import numpy as np

    shares = np.array([share for share, _ in found.answers], dtype=np.float64)
    shares /= shares.sum()
    answers = [answer for _, answer in found.answers]
    if not encoding.ids[_FRAME:]:
        return _nothing(text, card, len(answers[0].vector))
    # a critical domain anywhere makes the text critical; a feeling is weighed over all of it
    domains = np.max([answer.domains for answer in answers], axis=0)
    none = card["domains"].index("none")
    domains[none] = np.min([answer.domains[none] for answer in answers])
    affects = shares @ np.array([answer.affects for answer in answers])
    vector = shares @ np.array([answer.vector for answer in answers])
    vector /= max(float(np.linalg.norm(vector)), 1e-9)
    return RoleReading(
        text=text,
        words=tuple(_words(encoding, found.roles)),
        domains=dict(zip(card["domains"], map(float, domains))),
        affects=dict(zip(card["affects"], map(float, affects))),
        vector=tuple(map(float, vector)),
        critical_threshold=card["thresholds"]["critical"],
        certainty=Certainty(**card["thresholds"].get("certainty", {})),
    )


def _nothing(text: str, card: dict[str, Any], width: int) -> RoleReading:
    """The view of a text without a word: of no domain, no feeling."""
    return RoleReading(
        text=text,
        words=(),
        domains={name: float(name == "none") for name in card["domains"]},
        affects={name: float(name == "neutral") for name in card["affects"]},
        vector=(1.0, *([0.0] * (width - 1))),
    )


def _words(encoding: Any, roles: Any) -> Iterator[WordRole]:
    """The pieces of a word together: the mean of their chances."""
    first = 0
    owners = encoding.word_ids[1:-1]
    offsets = encoding.offsets[1:-1]
    while first < len(owners):
        last = first + 1
        while last < len(owners) and owners[last] == owners[first]:
            last += 1
        chances = roles[first:last].mean(axis=0)
        yield WordRole(offsets[first][0], offsets[last - 1][1], tuple(map(float, chances)))
        first = last


def _clean(text: str) -> str:
    """Halves of surrogate pairs, which a tokenizer cannot take, as spaces: lengths stay."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(" " if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def _cores() -> int:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(4, count or 1)


def _read_card(folder: Path) -> dict[str, Any]:
    """Labels and calibration, once the files are found to be what was shipped."""
    again = "install spsd again, or make the weights anew (training/README.md)"
    try:
        card: dict[str, Any] = json.loads((folder / "reader.json").read_text(encoding="utf-8"))
        for name, digest in card["sha256"].items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
                raise EngineUnavailable(f"the Reader's file {name} is damaged: {again}")
    except OSError as error:
        name = Path(error.filename or "reader.json").name
        raise EngineUnavailable(f"the Reader's file {name} cannot be read: {again}") from error
    except (ValueError, KeyError, AttributeError) as error:
        raise EngineUnavailable(f"the Reader's file reader.json is damaged: {again}") from error
    return card


def _session(path: Path, threads: int) -> Any:
    try:
        onnxruntime = load_onnxruntime()
    except ImportError as error:
        raise EngineUnavailable("the Reader needs onnxruntime: pip install onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has exceptions of its own for every cause
        raise EngineUnavailable(
            f"onnxruntime cannot load the Reader: {type(error).__name__}"
        ) from error


def _tokenizer(path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise EngineUnavailable("the Reader needs tokenizers: pip install tokenizers") from error
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
