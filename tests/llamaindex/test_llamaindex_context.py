"""`ContextDistillPostprocessor` on nodes: what it shortens, and all that it leaves alone."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core import Document
from llama_index.core.callbacks import CallbackManager
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.postprocessor import (
    MetadataReplacementPostProcessor,
    SimilarityPostprocessor,
)
from llama_index.core.schema import (
    BaseNode,
    ImageNode,
    IndexNode,
    MediaResource,
    MetadataMode,
    Node,
    NodeWithScore,
    QueryBundle,
    TextNode,
)

from llamaindex.passages import (
    AMBLING,
    ANSWER,
    LEAFLET,
    LIGHTHOUSE,
    PASSAGES,
    QUESTION,
    nodes,
)
from spsd_core import (
    Call,
    ConfigurationError,
    ContextDistillation,
    ContextDistiller,
    Reason,
    Settings,
)
from spsd_llamaindex import (
    ContextDistillEvent,
    ContextDistillPostprocessor,
    DistillationCallbackHandler,
)

POLITE = "Hi! Could you please tell me when the lighthouse of Norhaven was first lit? Thanks a lot!"
CRITICAL = "I feel awful and I want to end my life. How long is the tunnel of the railway?"


@pytest.fixture(scope="module")
def distiller() -> ContextDistiller:
    return ContextDistiller()


def scored(*given: BaseNode) -> list[NodeWithScore]:
    made = given or tuple(nodes())
    return [NodeWithScore(node=node, score=0.9 - n / 10) for n, node in enumerate(made)]


def texts(found: list[NodeWithScore]) -> list[str]:
    return [one.node.get_content() for one in found]


@pytest.fixture
def events() -> Iterator[list[ContextDistillEvent]]:
    seen: list[ContextDistillEvent] = []

    class Handler(BaseEventHandler):
        def handle(self, event: Any, **_: Any) -> None:
            if isinstance(event, ContextDistillEvent):
                seen.append(event)

    handler = Handler()
    get_dispatcher().add_event_handler(handler)
    yield seen
    get_dispatcher().event_handlers.remove(handler)


def test_the_sentence_that_answers_stays_and_others_go(distiller: ContextDistiller) -> None:
    """Whole sentences, verbatim."""
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.2)
    found = step.postprocess_nodes(scored(), query_str=QUESTION)
    assert ANSWER in found[0].get_content()
    assert AMBLING not in found[0].get_content()
    for text, passage in zip(texts(found), PASSAGES):
        assert all(sentence.strip(" .") in passage for sentence in text.split(". "))


async def test_the_async_form_gives_the_same(distiller: ContextDistiller) -> None:
    """Node for node."""
    step = ContextDistillPostprocessor(distiller=distiller, target_tokens=80)
    found = await step.apostprocess_nodes(scored(), query_str=QUESTION)
    assert found == step.postprocess_nodes(scored(), query_str=QUESTION)
    assert found != scored()


def test_all_but_the_text_of_a_node_stays(distiller: ContextDistiller) -> None:
    """Ids, scores, metadata, relationships, excluded keys, templates, places; and their classes."""
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.3, drop_empty=False)
    found = step.postprocess_nodes(scored(), query_str=QUESTION)
    assert len(found) == 3
    for one, original in zip(found, scored()):
        assert type(one.node) is TextNode
        text = one.node.get_content()
        assert text != original.node.get_content()
        expected = original.model_dump()
        expected["node"]["text"] = text
        assert one.model_dump() == expected


def test_the_metadata_that_the_model_reads_stay(distiller: ContextDistiller) -> None:
    """The node's own template puts them before the text."""
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.3)
    first, *_ = step.postprocess_nodes(scored(), query_str=QUESTION)
    read = first.node.get_content(metadata_mode=MetadataMode.LLM)
    assert read == f"[<title=Chapter 1> <author=A. Writer>]\n{first.node.get_content()}"


def test_the_nodes_it_gets_are_not_changed(distiller: ContextDistiller) -> None:
    """An index hands out its own; and what is done to the new ones does not reach those."""
    given = scored()
    before = copy.deepcopy(given)
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.3)
    found = step.postprocess_nodes(given, query_str=QUESTION)
    for one in found:
        one.node.metadata["seen"] = True
        one.node.relationships.clear()
        one.node.excluded_llm_metadata_keys.clear()
        one.node.excluded_embed_metadata_keys.append("seen")
        one.score = 0.0
    assert given == before


def test_what_is_no_plain_text_is_left_alone(distiller: ContextDistiller) -> None:
    """Images with a caption, references to an index, text beside an image; in their places."""
    picture = MediaResource(url="http://127.0.0.1/lamp.png")
    others: list[BaseNode] = [
        ImageNode(text=LIGHTHOUSE, image_url="http://127.0.0.1/lamp.png"),
        IndexNode(text=LIGHTHOUSE, index_id="towns"),
        Node(text_resource=MediaResource(text=LIGHTHOUSE), image_resource=picture),
        Node(image_resource=picture),
    ]
    given = scored(others[0], nodes()[0], *others[1:], nodes()[1])
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.5, drop_empty=False)
    found = step.postprocess_nodes(given, query_str=QUESTION)
    assert [one.node for one in found if one.node in others] == others
    assert [a is b for a, b in zip(found, given)] == [True, False, True, True, True, False]


def test_documents_are_texts_too(distiller: ContextDistiller) -> None:
    """They keep their text elsewhere than other nodes."""
    document = Document(text=LIGHTHOUSE, metadata={"title": "Norhaven"}, id_="d")
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.5)
    (found,) = step.postprocess_nodes(scored(document), query_str=QUESTION)
    assert ANSWER in found.node.get_content()
    assert len(found.node.get_content()) < len(LIGHTHOUSE)
    assert isinstance(found.node, Document)
    assert (found.node.id_, found.node.metadata) == ("d", {"title": "Norhaven"})
    assert document.text == LIGHTHOUSE


def test_an_emptied_node_goes_unless_asked_otherwise(distiller: ContextDistiller) -> None:
    """Or else `refine` and `accumulate` would send a request for it."""
    kept = ContextDistillPostprocessor(distiller=distiller, target_tokens=25, drop_empty=False)
    found = kept.postprocess_nodes(scored(), query_str=QUESTION)
    assert [one.node_id for one in found] == ["node-1", "node-2", "node-3"]
    assert "" in texts(found)
    dropping = ContextDistillPostprocessor(distiller=distiller, target_tokens=25)
    assert dropping.postprocess_nodes(scored(), query_str=QUESTION) == [
        one for one in found if one.node.get_content()
    ]


@pytest.mark.parametrize("drop_empty", [True, False])
def test_a_node_that_came_empty_is_not_dropped(
    distiller: ContextDistiller, drop_empty: bool
) -> None:
    """It was somebody else who emptied it."""
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.5, drop_empty=drop_empty)
    empty, *others = scored(TextNode(text=""), *nodes())
    found = step.postprocess_nodes([empty, *others], query_str=QUESTION)
    assert found[0] is empty
    assert found[1:] != others


@pytest.mark.parametrize("question", [None, QueryBundle(""), QueryBundle("  \n")])
def test_without_a_question_nothing_is_shortened(
    distiller: ContextDistiller, events: list[ContextDistillEvent], question: QueryBundle | None
) -> None:
    """And the record says so."""
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.3)
    given = scored()
    found = step.postprocess_nodes(given, question)
    assert all(one is original for one, original in zip(found, given))
    assert [event.decision for event in events] == ["passthrough"]
    assert events[0].tokens_after == events[0].tokens_before


def test_no_nodes_give_no_nodes(distiller: ContextDistiller) -> None:
    assert ContextDistillPostprocessor(distiller=distiller).postprocess_nodes([]) == []


def test_a_critical_question_leaves_every_node_as_it_was(distiller: ContextDistiller) -> None:
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.3)
    assert step.postprocess_nodes(scored(), query_str=CRITICAL) == scored()


def test_a_critical_passage_stays_beside_others_that_are_shortened(
    distiller: ContextDistiller,
) -> None:
    """Word for word."""
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.3)
    given = scored(*nodes(LIGHTHOUSE, LEAFLET))
    found = step.postprocess_nodes(given, query_str=QUESTION)
    assert found[1] is given[1]
    assert found[0] is not given[0]


def test_it_works_before_and_behind_other_postprocessors(distiller: ContextDistiller) -> None:
    """What they go by (scores, metadata) is still there."""
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.3, drop_empty=False)
    cut = SimilarityPostprocessor(similarity_cutoff=0.75)
    window = MetadataReplacementPostProcessor(target_metadata_key="title")
    found = cut.postprocess_nodes(step.postprocess_nodes(scored(), query_str=QUESTION))
    assert [one.node_id for one in found] == ["node-1", "node-2"]
    given = scored()
    found = window.postprocess_nodes(step.postprocess_nodes(given, query_str=QUESTION))
    assert texts(found) == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert given == scored()


TEXTS = st.lists(st.text(max_size=300) | st.sampled_from([*PASSAGES, LEAFLET, ANSWER]), max_size=4)


@settings(max_examples=40)
@given(TEXTS, st.text(max_size=80) | st.just(QUESTION), st.floats(0.05, 1.0), st.booleans())
def test_whatever_the_texts_are_nodes_keep_their_order_and_grow_by_nothing(
    given_texts: list[str], question: str, ratio: float, drop_empty: bool
) -> None:
    """Nothing raises, and no node is made longer."""
    step = ContextDistillPostprocessor(distiller=_SHARED, ratio=ratio, drop_empty=drop_empty)
    before = scored(*nodes(*given_texts)) if given_texts else []
    found = step.postprocess_nodes(copy.deepcopy(before), query_str=question)
    lengths = {one.node_id: len(one.node.get_content()) for one in before}
    assert [one.node_id for one in found] == [i for i in lengths if i in {f.node_id for f in found}]
    assert all(len(one.node.get_content()) <= lengths[one.node_id] for one in found)


_SHARED = ContextDistiller()


class Careful(DistillationCallbackHandler):
    """Refuses what was shortened for one tenant."""

    def spsd_veto_context(self, call: Call, proposal: ContextDistillation) -> bool:
        assert call.text == QUESTION
        assert call.framework == "llamaindex"
        return bool(call.metadata.get("tenant") == "careful")


@pytest.mark.parametrize("replaced", [False, True], ids=["its own manager", "an engine's instead"])
@pytest.mark.parametrize("tenant", ["careful", "other"])
def test_observers_come_through_the_callback_manager(
    distiller: ContextDistiller, tenant: str, replaced: bool
) -> None:
    """Chat engines put their manager in place of the one it has; a policy must not go with it."""
    handler = Careful()
    step = ContextDistillPostprocessor(
        distiller=distiller,
        ratio=0.3,
        metadata={"tenant": tenant},
        callback_manager=CallbackManager([handler]),
    )
    if replaced:
        step.callback_manager = CallbackManager([])
    found = step.postprocess_nodes(scored(), query_str=QUESTION)
    (record,) = handler.context_records
    assert (found == scored()) == (tenant == "careful")
    assert record.reason == (Reason.VETOED if tenant == "careful" else Reason.SHORTENED)
    assert [passage.id for passage in record.passages] == ["node-1", "node-2", "node-3"]


def test_observers_of_its_own_are_told_once(distiller: ContextDistiller) -> None:
    handler = Careful()
    manager = CallbackManager([handler])
    step = ContextDistillPostprocessor(distiller=distiller, callback_manager=manager)
    step.postprocess_nodes(scored(), query_str=QUESTION)
    assert len(handler.context_records) == 1


def test_the_event_carries_the_record(
    distiller: ContextDistiller, events: list[ContextDistillEvent]
) -> None:
    """And no word of question or passages."""
    step = ContextDistillPostprocessor(distiller=distiller, ratio=0.3)
    step.postprocess_nodes(scored(), query_str=QUESTION)
    (event,) = events
    assert (event.decision, event.reason, event.passages) == ("distilled", "shortened", 3)
    assert event.tokens_after < event.tokens_before
    assert event.record["budget"] == "ratio"
    assert "lighthouse" not in str(event.model_dump()).lower()


def test_it_can_be_saved_and_sent_to_another_process() -> None:
    """Without the server's key, which a dump should not hold."""
    rewrite = {"api_key": "secret", "base_url": "http://127.0.0.1/v1", "model": "m"}
    chosen = {"context": {"min_tokens": 20}, "rewrite": {**rewrite, "backend": "openai_compatible"}}
    step = ContextDistillPostprocessor(chosen, ratio=0.3, drop_empty=True)
    saved = step.to_dict()
    assert "secret" not in str(saved)
    read = ContextDistillPostprocessor.from_dict(saved)
    assert read.distiller.settings.context.min_tokens == 20
    assert (read.ratio, read.target_tokens, read.drop_empty) == (0.3, None, True)
    sent = pickle.loads(pickle.dumps(ContextDistillPostprocessor(ratio=0.3, metadata={"a": 1})))
    assert sent.call_metadata == {"a": 1}
    found = sent.postprocess_nodes(scored(), query_str=QUESTION)
    assert ANSWER in found[0].get_content()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ratio": 0.0}, "ratio is 0.0"),
        ({"ratio": 1.5}, "ratio is 1.5"),
        ({"target_tokens": 0}, "target_tokens is 0"),
        ({"target_tokens": float("nan")}, "target_tokens is nan"),
        ({"ratio": 0.5, "target_tokens": 9}, "either ratio or target_tokens"),
        ({"settings": Settings(), "distiller": _SHARED}, "settings or a distiller"),
        ({"distiller": "sentences"}, "is a str, not a ContextDistiller"),
    ],
)
def test_a_wrong_setting_raises_when_it_is_built(wrong: dict[str, Any], message: str) -> None:
    """And says what to do."""
    with pytest.raises(ConfigurationError, match=message):
        ContextDistillPostprocessor(**wrong)
