"""Real prompts with stand-off labels: the labels are in the project, the texts are not.

`corpus/real.jsonl` holds file, id, digest, labels and offsets. Where the folder of the texts is at
hand, seven in ten of the messages may be trained on; the others are for development.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from training.markup import Message, RoleSpan

__all__ = ["development_part", "read_real_texts", "training_part"]

_DEVELOPMENT = frozenset("79bdf")
"""Last digits of the sha256 of the texts that are never trained on: about three in ten."""
_LABELS = Path(__file__).parent / "corpus" / "real.jsonl"
_SECOND_LABELS = Path(__file__).parent / "corpus" / "real_second.jsonl"


def read_real_texts(folder: Path, *, second: bool = False) -> list[Message]:
    """The labelled messages whose texts are in the JSON-lines files of `folder`.

    Args:
        folder: of the texts.
        second: the second, blind labelling of some of them instead.

    Raises:
        ValueError: a text is not the one that was labelled.
    """
    texts: dict[tuple[str, str], str] = {}
    path = _SECOND_LABELS if second else _LABELS
    labels = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for name in sorted({label["file"] for label in labels}):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts[name, row["id"]] = row["text"]
    return [_message(label, texts[label["file"], label["id"]]) for label in labels]


def _message(label: dict[str, object], text: str) -> Message:
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    if digest != label["sha256"]:
        raise ValueError(f"{label['id']} is not the text that was labelled")
    spans = label["spans"]
    assert isinstance(spans, list)
    return Message(
        id=f"real:{label['id']}",
        text=text,
        spans=tuple(RoleSpan(*span) for span in spans),
        has_roles=True,
        persona=f"real-{digest}",
        kind=str(label["kind"]),
        domain=str(label["domain"]),
        affect=str(label["affect"]),
    )


def training_part(messages: list[Message]) -> list[Message]:
    """Those that may be trained on; equal texts are in the same part."""
    return [message for message in messages if _is_for_training(message)]


def development_part(messages: list[Message]) -> list[Message]:
    """Those that are never trained on."""
    return [message for message in messages if not _is_for_training(message)]


def _is_for_training(message: Message) -> bool:
    return message.persona[-1] not in _DEVELOPMENT
