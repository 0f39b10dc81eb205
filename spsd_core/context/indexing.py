"""What is found out about a passage once, whatever is asked of it later."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from spsd_core.admission import find_chat_marker
from spsd_core.context.critical import critical_hits
from spsd_core.context.leaning import anchors
from spsd_core.context.operative import is_operative
from spsd_core.context.relevance import UnitText
from spsd_core.context.units import Unit, UnitKind, split_units
from spsd_core.distillation import Reason, RuleHit
from spsd_core.language import looks_english
from spsd_core.memo import text_key
from spsd_core.spans import Span

if TYPE_CHECKING:
    from spsd_core.reader import Encoder
    from spsd_core.safety import SafetyGate

__all__ = ["IndexedPassage", "PassageIndex", "build_index", "index_version"]

_FORM = "spsd1:"
_STEPS = 127
"""Vectors are kept as whole numbers from -127 to 127 times a scale of their own."""


@dataclass(frozen=True, eq=False)
class PassageIndex:
    """Units of a passage, their vectors, and what the gate sees in it. Holds no text."""

    key: bytes
    """Digest of the text it was made of."""
    version: str
    """Of the Reader and the rules it was made with; another one cannot use it."""
    units: tuple[Unit, ...]
    rows: Any
    """int8 [1 + units, width]: the vector of the passage, then those of its units, each divided by
    its scale."""
    scales: Any
    """float32 [1 + units]."""
    critical: tuple[RuleHit, ...] = ()
    """What makes it a passage whose shortening could do harm."""

    @cached_property
    def _vectors(self) -> Any:
        import numpy as np

        vectors = self.rows.astype(np.float32) * self.scales[:, None]
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    @property
    def vector(self) -> Any:
        """Of the whole passage, of length 1: [width]."""
        return self._vectors[0]

    @property
    def unit_vectors(self) -> Any:
        """Of its units, each of length 1: [units, width]."""
        return self._vectors[1:]

    def belongs_to(self, text: str, version: str) -> bool:
        """Whether it was made of this text, by this Reader and these rules."""
        inside = not self.units or self.units[-1].end <= len(text)
        return self.version == version and self.key == text_key(text) and inside

    def dumps(self) -> str:
        """It as printable ASCII, for a database, a file, or the metadata of a node."""
        head = {
            "key": self.key.hex(),
            "version": self.version,
            "units": [(unit.start, unit.end, unit.kind.value) for unit in self.units],
            "critical": [hit.model_dump() for hit in self.critical],
            "width": self.rows.shape[1],
        }
        raw = json.dumps(head).encode() + b"\n" + self.scales.tobytes() + self.rows.tobytes()
        return _FORM + base64.b85encode(zlib.compress(raw, 1)).decode("ascii")

    @classmethod
    def loads(cls, stored: str) -> PassageIndex:
        """What `dumps` wrote.

        Raises:
            ValueError: it is something else, or was cut off.
        """
        import numpy as np

        if not stored.startswith(_FORM):
            raise ValueError("not the index of a passage: it does not begin with " + _FORM)
        try:
            raw = zlib.decompress(base64.b85decode(stored[len(_FORM) :]))
            end = raw.index(b"\n")
            head = json.loads(raw[:end])
            units = tuple(Unit(int(a), int(b), UnitKind(kind)) for a, b, kind in head["units"])
            count, width = len(units) + 1, head["width"]
            scales = np.frombuffer(raw, np.float32, count, end + 1)
            rows = np.frombuffer(raw, np.int8, count * width, end + 1 + scales.nbytes)
            index = cls(
                key=bytes.fromhex(head["key"]),
                version=head["version"],
                units=units,
                rows=rows.reshape(count, width),
                scales=scales,
                critical=tuple(RuleHit(**hit) for hit in head["critical"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError, zlib.error) as error:
            raise ValueError(
                f"the index of a passage is damaged: {type(error).__name__}"
            ) from error
        if not (_in_order(units) and width > 0 and np.isfinite(scales).all()):
            raise ValueError("the index of a passage is damaged: what it says cannot be")
        return index


class IndexedPassage:
    """A passage with its index, and what is read off its words."""

    def __init__(self, text: str, index: PassageIndex) -> None:
        self.text = text
        self.index = index

    @cached_property
    def unit_texts(self) -> tuple[UnitText, ...]:
        """The words of each unit."""
        return tuple(UnitText(self.text[unit.start : unit.end]) for unit in self.index.units)

    @property
    def unit_vectors(self) -> Any:
        """Of its units, each of length 1: [units, width]."""
        return self.index.unit_vectors

    @property
    def vector(self) -> Any:
        """Of the whole passage, of length 1: [width]."""
        return self.index.vector

    @cached_property
    def terms(self) -> tuple[Counter[str], int]:
        """The terms of all its units, and how many there are."""
        joined: Counter[str] = Counter()
        for unit in self.unit_texts:
            joined.update(unit.terms)
        return joined, sum(unit.size for unit in self.unit_texts)

    @cached_property
    def untouchable(self) -> Reason | None:
        """Why it stays whole whatever is asked and allowed, if it does."""
        if not self.index.units:
            return Reason.EMPTY
        if find_chat_marker(self.text):
            return Reason.CHAT_MARKERS
        return None if looks_english(self.text) else Reason.UNSUPPORTED_LANGUAGE

    @cached_property
    def anchors(self) -> tuple[tuple[int, ...], ...]:
        """What each unit leans on."""
        return anchors(self.text, self.index.units)


def _in_order(units: tuple[Unit, ...]) -> bool:
    edges = [edge for unit in units for edge in (unit.start, unit.end)]
    return edges == sorted(edges) and all(0 <= unit.start < unit.end for unit in units)


def build_index(
    text: str, encoder: Encoder, gate: SafetyGate, version: str, deadline: float | None
) -> PassageIndex:
    """Read a passage once.

    Args:
        text: the passage.
        encoder: the Reader.
        gate: its rules are asked of each unit.
        version: names the two (`index_version`).
        deadline: `time.monotonic()` value after which the Reader stops.

    Raises:
        DeadlineExceeded: the deadline passed before it was read to its end.
    """
    import numpy as np

    units = split_units(text)
    reading, vectors = encoder.read_spans(
        text, [Span(unit.start, unit.end) for unit in units], deadline
    )
    rows = np.concatenate([np.array([reading.vector], dtype=np.float32), vectors])
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-9).astype(np.float32) / np.float32(_STEPS)
    return PassageIndex(
        key=text_key(text),
        version=version,
        units=units,
        rows=np.rint(rows / scales[:, None]).astype(np.int8),
        scales=scales,
        critical=critical_hits(
            units,
            [_unit_hits(text, unit, gate) for unit in units],
            [hit.domain for hit in reading.critical_hits()],
            is_operative(text),
            len(text),
        ),
    )


def _unit_hits(text: str, unit: Unit, gate: SafetyGate) -> list[RuleHit]:
    return [
        hit.model_copy(update={"start": hit.start + unit.start, "end": hit.end + unit.start})
        for hit in gate.hits(text[unit.start : unit.end])
    ]


def index_version(card: dict[str, Any], rules: str) -> str:
    """Names the Reader, the rules and the form of an index."""
    return f"{card['sha256']['reader.onnx'][:12]}-{rules}-1"
