"""`extract` first, `rewrite` second: when the model is asked, and what its draft has to keep."""

from __future__ import annotations

from spsd_core import Distiller, RewriteSettings, Settings, VerifierSettings
from spsd_core.distillation import Reason
from spsd_core.engines.extract import ExtractEngine
from spsd_core.testing import ScriptedEngine

SHORT = "Good morning! Could you please list three rivers of Kenya? Thank you so much!"
STORY = (
    "Good morning! My old garden pump came from the shop on the corner. My neighbour carried it "
    "over the wall for me, we set it up beside the pond under the willow, and it ran all summer. "
    "In autumn we took it out, cleaned it and put it in the shed behind the bicycles. Now it "
    "hums and moves no water. I cleaned the filter and the hose, and both are clear. Please "
    "explain how I can check the impeller of the pump. Thank you so much!"
)
DRAFT = (
    "My old garden pump came from the shop on the corner. My neighbour carried it over the wall, "
    "we set it up beside the pond under the willow, it ran all summer. In autumn we took it out, "
    "cleaned it, put it in the shed behind the bicycles. Now it hums, moves no water. I cleaned "
    "filter and hose, both are clear. Explain how I can check the impeller of the pump."
)


def cascade(text: str, draft: str, **rewrite: int) -> tuple[Distiller, ScriptedEngine]:
    model = ScriptedEngine("rewrite", {text: draft})
    settings = Settings(
        rewrite=RewriteSettings.model_validate({"min_saving_share": 0, **rewrite}),
        verifier=VerifierSettings(repair=False),
    )
    return Distiller(settings, engines=[ExtractEngine(), model]), model


def test_a_text_without_a_story_is_not_worth_a_model() -> None:
    distiller, model = cascade(SHORT, "List three rivers of Kenya?")
    result = distiller.distill(SHORT)
    assert result.record.engine == "extract"
    assert model.requests == []
    assert any("narrative" in note for note in result.record.notes)


def test_a_text_without_a_story_goes_to_the_model_if_that_is_wanted() -> None:
    distiller, model = cascade(SHORT, "List three rivers of Kenya?", min_narrative_words=0)
    distiller.distill(SHORT)
    assert [request.text for request in model.requests] == [SHORT]


def test_a_story_goes_to_the_model() -> None:
    distiller, model = cascade(STORY, DRAFT)
    result = distiller.distill(STORY)
    assert [request.text for request in model.requests] == [STORY]
    assert result.record.engine == "rewrite", result.record.drafts
    assert result.text == DRAFT


def test_a_draft_that_loses_the_task_is_refused_and_the_extract_is_sent() -> None:
    without = DRAFT.replace("Explain how I can check the impeller of the pump.", "Explain how.")
    distiller, _ = cascade(STORY, without)
    result = distiller.distill(STORY)
    assert result.record.engine == "extract"
    refused = result.record.drafts[-1]
    assert (refused.engine, refused.accepted) == ("rewrite", False)
    assert refused.reason in {Reason.LOST_CONTENT, Reason.LOST_QUESTION}
    assert "task" in {check.check for check in refused.checks if not check.passed}
