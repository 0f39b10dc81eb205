"""Passages that the tests of retrieved context share, with a question that one sentence answers."""

from __future__ import annotations

from typing import Any

from llama_index.core import MockEmbedding, StorageContext, VectorStoreIndex
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

QUESTION = "When was the lighthouse of Norhaven lit for the first time?"
ANSWER = "The lighthouse of Norhaven was lit for the first time on 3 October 1887."
AMBLING = "In summer the town holds a market where cheese, wool and honey are sold."

LIGHTHOUSE = (
    "Norhaven is a small town on the northern coast. "
    f"{ANSWER} "
    "Its walls are built of grey granite that was brought from a quarry inland. "
    "A spiral staircase of 214 steps leads up to the lamp. "
    f"{AMBLING} "
    "The local football club plays in green shirts and has never won a cup. "
    "Many visitors come for the walks along the cliffs."
)
FISHERY = (
    "Herring was the wealth of the coast for three centuries. "
    "Boats went out at dusk and came back in the morning with the tide. "
    "Women salted the fish in barrels and sold them as far as Lisbon. "
    "When the shoals moved away in the 1920s, many families left for the cities. "
    "A museum in the old smokehouse shows nets, oars and photographs."
)
RAILWAY = (
    "The railway reached the valley in 1902 after eleven years of work. "
    "Its longest tunnel measures 3.4 kilometres and runs below the ridge. "
    "Trains of the first years were pulled by small steam engines from Leeds. "
    "Since 1961 the line has been electric, and a train leaves every hour. "
    "The station building has a clock tower and a waiting room with painted tiles."
)
LEAFLET = (
    "Do not take more than 4 tablets of ibuprofen in 24 hours. "
    "If you have taken an overdose, call a doctor or go to the nearest hospital at once. "
    "Keep this medicine out of the reach of children. "
    "Tell your doctor if you are pregnant or have had a stomach ulcer."
)
PASSAGES = (LIGHTHOUSE, FISHERY, RAILWAY)


def nodes(*texts: str) -> list[TextNode]:
    """Nodes of some texts with all that a node may carry."""
    source = RelatedNodeInfo(node_id="the-book", metadata={"shelf": 7})
    return [
        TextNode(
            id_=f"node-{number}",
            text=text,
            metadata={"title": f"Chapter {number}", "author": "A. Writer", "page": number},
            excluded_llm_metadata_keys=["page"],
            excluded_embed_metadata_keys=["author"],
            relationships={NodeRelationship.SOURCE: source},
            metadata_template="<{key}={value}>",
            metadata_separator=" ",
            text_template="[{metadata_str}]\n{content}",
            start_char_idx=10,
            end_char_idx=10 + len(text),
        )
        for number, text in enumerate(texts or PASSAGES, start=1)
    ]


def index_of(*texts: str, embedding: Any = None) -> VectorStoreIndex:
    """An index in memory that retrieves all of them, and keeps their nodes as it got them."""
    return VectorStoreIndex(
        nodes(*texts),
        embed_model=embedding or MockEmbedding(embed_dim=8),
        storage_context=StorageContext.from_defaults(),
        store_nodes_override=True,
    )
