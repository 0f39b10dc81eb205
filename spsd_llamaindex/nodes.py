"""Nodes to and from the passages a context distiller knows. Pure functions, nothing else.

Only the text of a node is a passage: its metadata, which the model reads before it, stay as they
are. An index hands out its own nodes, so a node is never changed; a new one takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.schema import (
    BaseNode,
    ImageNode,
    IndexNode,
    Node,
    NodeWithScore,
    TextNode,
)

from spsd_core.context.types import ContextDistillation, Passage

__all__ = ["INDEX_KEY", "apply_context", "passages_in", "text_of", "with_index"]

INDEX_KEY = "spsd_index"
"""Key of a node's metadata under which ingestion puts the index of its text."""


def text_of(node: BaseNode) -> str | None:
    """The text that may be shortened; None for images, references and other media."""
    if isinstance(node, (ImageNode, IndexNode)):
        return None
    if isinstance(node, TextNode):
        return node.text
    if not isinstance(node, Node) or node.text_resource is None:
        return None
    if node.image_resource or node.audio_resource or node.video_resource:
        return None
    return node.text_resource.text


def passages_in(nodes: Sequence[NodeWithScore]) -> list[Passage]:
    """The texts among some nodes, in order, each with its index where ingestion left one."""
    passages = []
    for scored in nodes:
        text = text_of(scored.node)
        if text is not None:
            index = scored.node.metadata.get(INDEX_KEY)
            index = index if isinstance(index, str) else None
            passages.append(Passage(text, id=scored.node.node_id, index=index))
    return passages


def apply_context(
    nodes: Sequence[NodeWithScore], result: ContextDistillation, *, drop_empty: bool = False
) -> list[NodeWithScore]:
    """The nodes with what is left of their texts. Those that keep their text are the given ones.

    Args:
        nodes: what `passages_in` was called with; they are not changed.
        result: what a context distiller made of its answer.
        drop_empty: whether a node of which nothing is left goes.

    Raises:
        ValueError: `result` is that of other nodes.
    """
    originals = [text_of(scored.node) for scored in nodes]
    if len(originals) - originals.count(None) != len(result.passages):
        raise ValueError(f"{len(nodes)} nodes cannot take {len(result.passages)} passages")
    texts = iter(result.passages)
    made = []
    for scored, original in zip(nodes, originals):
        text = original if original is None else next(texts)
        if text is None or text == original:
            made.append(scored)
        elif text or not drop_empty:
            made.append(scored.model_copy(update={"node": _with_text(scored.node, text)}))
    return made


def with_index(node: BaseNode, index: str) -> BaseNode:
    """A copy that carries the index of its text, where neither LLM nor embedding model reads it."""
    copy = _copy(node)
    copy.metadata[INDEX_KEY] = index
    for excluded in (copy.excluded_llm_metadata_keys, copy.excluded_embed_metadata_keys):
        if INDEX_KEY not in excluded:
            excluded.append(INDEX_KEY)
    return copy


def _with_text(node: BaseNode, text: str) -> BaseNode:
    if isinstance(node, Node) and node.text_resource is not None:
        resource = node.text_resource.model_copy(update={"text": text})
        return _copy(node, text_resource=resource)
    return _copy(node, text=text)


def _copy(node: BaseNode, **update: Any) -> BaseNode:
    """With collections of its own, so that who changes the one does not change the other."""
    own: dict[str, Any] = {
        "metadata": dict(node.metadata),
        "relationships": dict(node.relationships),
        "excluded_llm_metadata_keys": list(node.excluded_llm_metadata_keys),
        "excluded_embed_metadata_keys": list(node.excluded_embed_metadata_keys),
    }
    return node.model_copy(update={**own, **update})
